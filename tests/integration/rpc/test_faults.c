/*
 * Calls over a connection that breaks: cut at every boundary of what travels and in the middle of
 * every piece, held up, refused, or with a message cut short. One break costs at most one call,
 * which ends once and says UNAVAILABLE; the next gets through, and the server keeps nothing.
 */
#include "rpc/wire.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/proxy.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS_MAX = 512, N_ROUNDS = 2, REQUEST_ID_BYTES = 4, SHORT_MS = 50, SILENCE_MS = 500 };
/* Nobody asks a silent peer while a call lasts, so that what ends a call is the fault itself. */
enum { NEVER_MS = 2 * RIG_TIMEOUT_MS };

static const char *transport;

/* A server, a proxy to it and a channel through that; and how many calls there were of. */
struct scene {
    struct rig rig;
    struct proxy *proxy;
    unsigned n_calls; /* made by the test */
    atomic_uint n_ended, n_server_begun, n_server_ended;
};

static void note_end(void *user, const char *method, enum cvn_code code, int64_t duration_us)
{
    struct scene *scene = user;
    atomic_fetch_add(&scene->n_ended, 1);
}

static enum cvn_code note_server_begin(void *user, struct cvn_server_call *call,
                                       struct cvn_status *status)
{
    struct scene *scene = user;
    atomic_fetch_add(&scene->n_server_begun, 1);
    return CVN_OK;
}

static void note_server_end(void *user, const struct cvn_call_record *record, bool begun)
{
    struct scene *scene = user;
    if (begun)
        atomic_fetch_add(&scene->n_server_ended, 1);
}

/* All but the channel, so that the proxy can be told what to do first. */
static void open_server(struct scene *scene)
{
    *scene = (struct scene){.n_calls = 0};
    struct cvn_interceptor interceptor = {note_server_begin, note_server_end, scene};
    struct cvn_server_options server = {.n_workers = 2,
                                        .hello_timeout_ms = NEVER_MS,
                                        .keepalive_time_ms = NEVER_MS,
                                        .interceptors = &interceptor,
                                        .n_interceptors = 1};
    char server_url[TRANSPORT_URL_BYTES];
    struct rig_options options = {.transport = transport, .server = &server};
    scene->rig.server = rig_serve(&options, &scene->rig.service, server_url, false);
    scene->proxy = proxy_new(server_url, scene->rig.url);
}

static void open_channel(struct scene *scene, int connect_timeout_ms)
{
    struct cvn_client_interceptor interceptor = {.end = note_end, .user = scene};
    struct cvn_channel_options options = {.connect_timeout_ms = connect_timeout_ms,
                                          .keepalive_time_ms = NEVER_MS,
                                          .interceptors = &interceptor,
                                          .n_interceptors = 1};
    assert_int_equal(cvn_channel_new(&scene->rig.channel, scene->rig.url, &options, NULL), 0);
}

/* Closes all and checks that nothing is left of any call. */
static void close_scene(struct scene *scene)
{
    cvn_channel_free(scene->rig.channel);
    assert_int_equal(atomic_load(&scene->n_ended), scene->n_calls);
    assert_int_equal(cvn_server_drain(scene->rig.server, RIG_TIMEOUT_MS), 0);
    assert_int_equal(atomic_load(&scene->rig.service.n_live), 0);
    cvn_server_free(scene->rig.server);
    assert_int_equal(atomic_load(&scene->n_server_ended), atomic_load(&scene->n_server_begun));
    proxy_free(scene->proxy);
}

static const struct cvn_call_options patient = {.timeout_ms = RIG_TIMEOUT_MS,
                                                .wait_for_ready = true};

/* A call of UnaryCall with something in both directions. */
static enum cvn_code call_unary(struct scene *scene)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    uint8_t body[40] = {0};
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    request.payload = &payload;
    request.response_size = 60;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &request.base,
                                    .options = patient};
    struct cvn_status status;
    ProtobufCMessage *reply;
    scene->n_calls++;
    enum cvn_code code = cvn_channel_call(scene->rig.channel, &what, &arena, &status, &reply);
    if (code == CVN_OK)
        assert_int_equal(((Convene__Testing__SimpleResponse *)reply)->payload->body.len, 60);
    return code;
}

/* FullDuplexCall: a few requests, a reply to each. */
static enum cvn_code call_duplex(struct scene *scene)
{
    int n_read = 0;
    bool ended = false;
    scene->n_calls++;
    struct cvn_stream *stream = rig_stream(&scene->rig, "FullDuplexCall", NULL);
    while (n_read < N_ROUNDS && rig_ask(stream, 30, 20) == 0 && rig_read(stream) == 30)
        n_read++;
    if (n_read == N_ROUNDS && cvn_stream_writes_done(stream) == 0)
        ended = rig_read(stream) == -1;
    enum cvn_code code = rig_finish(stream);
    assert_true(code != CVN_OK || (n_read == N_ROUNDS && ended));
    return code;
}

typedef enum cvn_code make_call(struct scene *scene);

/* Offsets at which to cut what travels in one direction. */
struct points {
    uint64_t at[POINTS_MAX];
    size_t n;
};

/* Adds the middle of a piece and its end, if there is any of it. */
static uint64_t add_piece(struct points *points, uint64_t begin, uint64_t len)
{
    assert_true(points->n + 2 <= POINTS_MAX);
    if (len > 1)
        points->at[points->n++] = begin + len / 2;
    if (len > 0)
        points->at[points->n++] = begin + len;
    return begin + len;
}

static uint64_t add_bundle(struct points *points, uint64_t at, struct cvn_slice bytes)
{
    struct cvn_bundle_header header;
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), 0);
    at = add_piece(points, at, CVN_WIRE_BUNDLE_HEADER_BYTES);
    for (unsigned i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        assert_int_equal(cvn_wire_read_frame(&bytes, &frame), 0);
        at = add_piece(points, at, CVN_WIRE_FRAME_HEADER_BYTES);
        at = add_piece(points, at, frame.body.len);
    }
    assert_int_equal(bytes.len, 0);
    return at;
}

/* Before anything, amid and behind each piece of what was recorded. */
static void find_points(struct points *points, struct cvn_slice record, size_t header_bytes)
{
    *points = (struct points){.at = {0}, .n = 1};
    const uint8_t *bytes = record.data;
    uint64_t at = add_piece(points, 0, PROXY_GREETING_BYTES);
    while (at < record.len) {
        uint64_t len;
        memcpy(&len, bytes + at + header_bytes - sizeof len, sizeof len);
        len = be64toh(len);
        at = add_piece(points, at, header_bytes);
        at = add_piece(points, at, REQUEST_ID_BYTES);
        at = add_bundle(points, at, cvn_slice(bytes + at, len - REQUEST_ID_BYTES));
    }
    assert_int_equal(at, record.len);
}

/* One exchange that nothing happens to. */
static void record_points(make_call *call, struct points points[2])
{
    struct scene scene;
    open_server(&scene);
    open_channel(&scene, 0);
    assert_int_equal(call(&scene), CVN_OK);
    cvn_channel_free(scene.rig.channel);
    scene.rig.channel = NULL;
    for (int i = 0; i < 2; i++)
        find_points(&points[i], proxy_record(scene.proxy, (enum proxy_direction)i),
                    proxy_message_header_bytes(scene.proxy));
    close_scene(&scene);
}

struct outcomes {
    unsigned n, n_cut, n_unavailable;
};

/*
 * The call whose connection is cut, and one after it. One of them may be lost, either, as the
 * client may hear of a cut behind the last byte of the first when it has sent the second.
 */
static void cut_and_call(make_call *call, enum proxy_direction direction, uint64_t at,
                         struct outcomes *outcomes)
{
    struct scene scene;
    unsigned n_ok = 0, n_lost = 0;
    open_server(&scene);
    proxy_cut_at(scene.proxy, direction, at);
    open_channel(&scene, 0);
    while (n_ok < 2) {
        enum cvn_code code = call(&scene);
        if (code == CVN_OK)
            n_ok++;
        else if (code == CVN_UNAVAILABLE && n_lost == 0 && proxy_has_cut(scene.proxy))
            n_lost++;
        else
            fail_msg("Cut at byte %llu, direction %d: %s after %u OK, %u lost.",
                     (unsigned long long)at, (int)direction, cvn_code_name(code), n_ok, n_lost);
    }
    outcomes->n++;
    outcomes->n_cut += proxy_has_cut(scene.proxy);
    outcomes->n_unavailable += n_lost;
    close_scene(&scene);
}

static void cut_everywhere(make_call *call)
{
    struct points points[2];
    struct outcomes outcomes = {0, 0, 0};
    record_points(call, points);
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < points[i].n; j++)
            cut_and_call(call, (enum proxy_direction)i, points[i].at[j], &outcomes);
    print_message("%u cuts, %u calls lost\n", outcomes.n_cut, outcomes.n_unavailable);
    /* Two calls make more bytes than the one that was recorded. */
    assert_int_equal(outcomes.n_cut, outcomes.n);
    assert_true(outcomes.n_unavailable > 0 && outcomes.n_unavailable < outcomes.n);
}

static void test_cut_when_unary(void **state)
{
    cut_everywhere(call_unary);
}

static void test_cut_when_stream(void **state)
{
    cut_everywhere(call_duplex);
}

/* A message that arrives short is a broken protocol: its connection ends, and the call with it. */
static void truncate_and_call(enum proxy_direction direction, uint64_t n_bytes)
{
    struct scene scene;
    open_server(&scene);
    proxy_truncate(scene.proxy, direction, 1, n_bytes); /* 0 is HELLO and SETTINGS */
    open_channel(&scene, 0);
    assert_int_equal(call_unary(&scene), CVN_UNAVAILABLE);
    assert_int_equal(call_unary(&scene), CVN_OK);
    assert_int_equal(proxy_connections(scene.proxy), 2);
    close_scene(&scene);
}

static void test_truncate_when_request(void **state)
{
    truncate_and_call(PROXY_TO_SERVER, REQUEST_ID_BYTES + CVN_WIRE_BUNDLE_HEADER_BYTES - 1);
    truncate_and_call(PROXY_TO_SERVER, REQUEST_ID_BYTES + CVN_WIRE_BUNDLE_HEADER_BYTES + 20);
    truncate_and_call(PROXY_TO_SERVER, REQUEST_ID_BYTES - 1);
}

static void test_truncate_when_reply(void **state)
{
    truncate_and_call(PROXY_TO_CLIENT, REQUEST_ID_BYTES + CVN_WIRE_BUNDLE_HEADER_BYTES - 1);
    truncate_and_call(PROXY_TO_CLIENT, REQUEST_ID_BYTES + CVN_WIRE_BUNDLE_HEADER_BYTES + 20);
    truncate_and_call(PROXY_TO_CLIENT, REQUEST_ID_BYTES - 1);
}

static void hold_and_miss_deadline(enum proxy_direction direction)
{
    struct scene scene;
    open_server(&scene);
    open_channel(&scene, 0);
    assert_int_equal(call_unary(&scene), CVN_OK);
    proxy_hold(scene.proxy, direction);
    struct cvn_call_options hurried = {.timeout_ms = SHORT_MS};
    scene.n_calls++;
    assert_int_equal(rig_empty_call(scene.rig.channel, &hurried), CVN_DEADLINE_EXCEEDED);
    proxy_release(scene.proxy, direction);
    assert_int_equal(call_duplex(&scene), CVN_OK);
    assert_int_equal(proxy_connections(scene.proxy), 1);
    close_scene(&scene);
}

static void test_deadline_when_request_is_held(void **state)
{
    hold_and_miss_deadline(PROXY_TO_SERVER);
}

static void test_deadline_when_reply_is_held(void **state)
{
    hold_and_miss_deadline(PROXY_TO_CLIENT);
}

static void hold_and_cancel(enum proxy_direction direction)
{
    struct scene scene;
    open_server(&scene);
    open_channel(&scene, 0);
    assert_int_equal(call_unary(&scene), CVN_OK);
    proxy_hold(scene.proxy, direction);
    scene.n_calls++;
    struct cvn_stream *stream = rig_stream(&scene.rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    proxy_wait_held(scene.proxy, direction);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    proxy_release(scene.proxy, direction);
    assert_int_equal(call_duplex(&scene), CVN_OK);
    assert_int_equal(proxy_connections(scene.proxy), 1);
    close_scene(&scene);
}

static void test_cancel_when_request_is_held(void **state)
{
    hold_and_cancel(PROXY_TO_SERVER);
}

static void test_cancel_when_reply_is_held(void **state)
{
    hold_and_cancel(PROXY_TO_CLIENT);
}

/* A server that says nothing any more, not even to a PING, is taken for lost. */
static void test_keepalive_when_the_server_is_silent(void **state)
{
    struct scene scene;
    open_server(&scene);
    struct cvn_client_interceptor interceptor = {.end = note_end, .user = &scene};
    struct cvn_channel_options options = {.interceptors = &interceptor,
                                          .n_interceptors = 1,
                                          .keepalive_time_ms = SHORT_MS,
                                          .keepalive_timeout_ms = SILENCE_MS};
    assert_int_equal(cvn_channel_new(&scene.rig.channel, scene.rig.url, &options, NULL), 0);
    assert_int_equal(call_unary(&scene), CVN_OK);
    proxy_hold(scene.proxy, PROXY_TO_CLIENT);
    scene.n_calls++;
    struct cvn_call_options unhurried = {.timeout_ms = RIG_TIMEOUT_MS};
    assert_int_equal(rig_empty_call(scene.rig.channel, &unhurried), CVN_UNAVAILABLE);
    proxy_release(scene.proxy, PROXY_TO_CLIENT);
    assert_int_equal(call_unary(&scene), CVN_OK);
    assert_true(proxy_connections(scene.proxy) >= 2);
    close_scene(&scene);
}

/* One that answers its PINGs is not, however long a call takes. */
static void test_keepalive_when_the_server_takes_long(void **state)
{
    struct scene scene;
    open_server(&scene);
    struct cvn_client_interceptor interceptor = {.end = note_end, .user = &scene};
    struct cvn_channel_options options = {.interceptors = &interceptor,
                                          .n_interceptors = 1,
                                          .keepalive_time_ms = SHORT_MS,
                                          .keepalive_timeout_ms = RIG_TIMEOUT_MS};
    assert_int_equal(cvn_channel_new(&scene.rig.channel, scene.rig.url, &options, NULL), 0);
    scene.n_calls++;
    struct cvn_stream *stream = rig_stream(&scene.rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    assert_int_equal(rig_read(stream), 30);
    proxy_wait_messages(scene.proxy, PROXY_TO_SERVER, 6); /* HELLO, call, PINGs */
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    assert_int_equal(rig_read(stream), 30);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    assert_int_equal(proxy_connections(scene.proxy), 1);
    close_scene(&scene);
}

/* The server hears of a connection's end when the client has long had another. */
static void test_end_of_a_connection_comes_after_the_next_one_s_calls(void **state)
{
    struct scene scene;
    open_server(&scene);
    open_channel(&scene, 0);
    scene.n_calls++;
    struct cvn_stream *stream = rig_stream(&scene.rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    assert_int_equal(rig_read(stream), 30);
    proxy_cut_client(scene.proxy);
    assert_int_equal(rig_finish(stream), CVN_UNAVAILABLE);
    assert_int_equal(call_unary(&scene), CVN_OK);
    assert_int_equal(call_duplex(&scene), CVN_OK);
    while (atomic_load(&scene.rig.service.n_live) > 1)
        ; /* a client may hear of a call's end before the server's own count does */
    assert_int_equal(atomic_load(&scene.rig.service.n_live), 1);
    scene.n_calls++;
    stream = rig_stream(&scene.rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    assert_int_equal(rig_read(stream), 30);
    proxy_cut_server(scene.proxy);
    while (atomic_load(&scene.rig.service.n_live) > 1)
        ;
    assert_int_equal(rig_ask(stream, 30, 20), 0);
    assert_int_equal(rig_read(stream), 30);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(proxy_connections(scene.proxy), 2);
    close_scene(&scene);
}

static void test_refuse_when_no_connection_was_made(void **state)
{
    struct scene scene;
    open_server(&scene);
    proxy_refuse(scene.proxy, true);
    open_channel(&scene, SHORT_MS);
    struct cvn_call_options impatient = {.timeout_ms = RIG_TIMEOUT_MS};
    scene.n_calls++;
    assert_int_equal(rig_empty_call(scene.rig.channel, &impatient), CVN_UNAVAILABLE);
    assert_int_equal(proxy_connections(scene.proxy), 0);
    proxy_refuse(scene.proxy, false);
    assert_int_equal(call_unary(&scene), CVN_OK);
    assert_int_equal(proxy_connections(scene.proxy), 1);
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: test_rpc_faults ipc|tcp\n");
        return 2;
    }
    transport = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_when_unary),
        cmocka_unit_test(test_cut_when_stream),
        cmocka_unit_test(test_truncate_when_request),
        cmocka_unit_test(test_truncate_when_reply),
        cmocka_unit_test(test_deadline_when_request_is_held),
        cmocka_unit_test(test_deadline_when_reply_is_held),
        cmocka_unit_test(test_cancel_when_request_is_held),
        cmocka_unit_test(test_cancel_when_reply_is_held),
        cmocka_unit_test(test_keepalive_when_the_server_is_silent),
        cmocka_unit_test(test_keepalive_when_the_server_takes_long),
        cmocka_unit_test(test_end_of_a_connection_comes_after_the_next_one_s_calls),
        cmocka_unit_test(test_refuse_when_no_connection_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
