/* What peers that break the rules can do to a server, and to the others on it. */
#include "echo.pb-c.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "tests/integration/rpc/peer.h"
#include "tests/support/cmocka_all.h"

#include <endian.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define METHOD "convene.testing.EchoService/UnaryEcho"

enum { ARENA_BYTES = 1 << 20, N_RECORDS = 64 };

static const char *transport;

struct fixture {
    char url[128];
    struct cvn_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n_logged;
    enum cvn_code logged[N_RECORDS];
    char logged_method[256];
};

static void echo(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    (void)user;
    cvn_server_call_finish(call, NULL, request);
}

static const struct cvn_method methods[2] = {{echo}, {NULL}};

static void note_record(void *user, const struct cvn_call_record *record, bool begun)
{
    (void)begun;
    struct fixture *f = user;
    (void)pthread_mutex_lock(&f->lock);
    if (f->n_logged < N_RECORDS)
        f->logged[f->n_logged] = record->code;
    f->n_logged++;
    (void)snprintf(f->logged_method, sizeof f->logged_method, "%s", record->method);
    (void)pthread_cond_signal(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static void wait_logged(struct fixture *f, unsigned n)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->n_logged < n)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}

static int set_up(void **state)
{
    static int n;
    struct fixture *f = calloc(1, sizeof *f);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    if (strcmp(transport, "tcp") == 0)
        (void)snprintf(f->url, sizeof f->url, "tcp://127.0.0.1:0");
    else
        (void)snprintf(f->url, sizeof f->url, "ipc:///tmp/convene-peers-%d-%d.sock", (int)getpid(),
                       n++);
    *state = f;
    return 0;
}

static void start_server(struct fixture *f, struct cvn_server_options options)
{
    options.n_workers = 2;
    options.interceptors = &(struct cvn_interceptor){.end = note_record, .user = f};
    options.n_interceptors = 1;
    assert_int_equal(cvn_server_new(&f->server, &options), 0);
    assert_int_equal(cvn_server_add_service(f->server, &convene__testing__echo_service__descriptor,
                                            methods, NULL),
                     0);
    assert_int_equal(cvn_server_listen(f->server, f->url, NULL), 0);
    if (cvn_server_port(f->server))
        (void)snprintf(f->url, sizeof f->url, "tcp://127.0.0.1:%u", cvn_server_port(f->server));
    assert_int_equal(cvn_server_start(f->server), 0);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_server_free(f->server);
    free(f);
    return 0;
}

/* That somebody else is still served. */
static void check_served(const struct fixture *f)
{
    struct cvn_channel *channel;
    assert_int_equal(cvn_channel_new(&channel, f->url, NULL, NULL), 0);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT;
    ProtobufCMessage *reply;
    struct cvn_status status;
    struct cvn_call_request request = {
        .service = &convene__testing__echo_service__descriptor,
        .method = "UnaryEcho",
        .message = &sent.base,
        .options = {.timeout_ms = 60000},
    };
    assert_int_equal(cvn_channel_call(channel, &request, &arena, &status, &reply), CVN_OK);
    cvn_channel_free(channel);
}

static struct cvn_frame piece(uint32_t call, uint8_t flags, struct cvn_slice body)
{
    return (struct cvn_frame){CVN_FRAME_MSG, flags, call, body};
}

/* Takes SETTINGS and not one TRAILERS, so that whatever is answered cuts the peer off. */
enum { NO_ROOM_BYTES = 32 };

static void test_peer_is_cut_off_when_a_refusal_finds_no_room(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.max_connection_bytes = NO_ROOM_BYTES,
                                                .max_message_bytes = 16});
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, METHOD, 0);
    peer_open(&peer, 2, METHOD, 0);
    struct cvn_frame frame = piece(1, CVN_FRAME_MORE, cvn_slice("seventeen letters", 17));
    peer_send(&peer, &frame, 1);
    peer_wait_closed(&peer);
    wait_logged(f, 2);
    peer_deinit(&peer);
}

static void test_peer_is_cut_off_when_an_overdue_call_finds_no_room(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.max_connection_bytes = NO_ROOM_BYTES});
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, METHOD, 1);
    peer_wait_closed(&peer);
    wait_logged(f, 1);
    assert_int_equal(f->logged[0], CVN_DEADLINE_EXCEEDED);
    peer_deinit(&peer);
}

static void test_drain_when_unfinished_requests_find_no_room(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.max_connection_bytes = NO_ROOM_BYTES});
    struct peer peer;
    peer_init(&peer, f->url);
    for (uint32_t call = 1; call <= 3; call++)
        peer_open(&peer, call, METHOD, 0);
    peer_ping(&peer);
    assert_int_equal(cvn_server_drain(f->server, 0), 3);
    peer_wait_closed(&peer);
    wait_logged(f, 3);
    peer_deinit(&peer);
}

static void test_garbage_closes_its_own_connection(void **state)
{
    static const char *const garbage[] = {
        "",
        "C",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CV\1\0AAAAAAAABBBB\xff\xff..", /* more frames than a bundle may have */
        "CV\2\0AAAAAAAABBBB....",       /* another version */
    };
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){0});
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct peer peer;
        peer_init(&peer, f->url);
        /* The texts with a NUL in them are longer than strlen says. */
        size_t len = garbage[i][0] == 'C' && garbage[i][1] == 'V' ? 20 : strlen(garbage[i]);
        peer_send_bytes(&peer, cvn_slice(garbage[i], len));
        peer_wait_closed(&peer);
        peer_deinit(&peer);
    }
    check_served(f);
}

static size_t peak_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    size_t kib = 0;
    assert_non_null(file);
    while (kib == 0 && fgets(line, sizeof line, file))
        (void)sscanf(line, "VmPeak: %zu", &kib);
    (void)fclose(file);
    assert_true(kib > 0);
    return kib;
}

/* Unless told not to, nng's sockets make room for whatever length a peer announces. */
static void test_announcement_of_8_GiB(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){0});
    struct peer peer;
    peer_init(&peer, f->url);
    size_t before = peak_kib();
    uint8_t head[1 + sizeof(uint64_t) + 4] = {1};
    uint64_t len = htobe64(UINT64_C(8) << 30);
    memcpy(head + 1, &len, sizeof len);
    head[1 + sizeof len] = 0x80;    /* the request's id; the rest of it is 0 */
    size_t skip = peer.ipc ? 0 : 1; /* tcp has no kind in front */
    assert_int_equal(write(peer.fd, head + skip, sizeof head - skip), sizeof head - skip);
    peer_wait_closed(&peer);
    assert_true(peak_kib() - before < (size_t)1 << 20);
    check_served(f);
    peer_deinit(&peer);
}

static void test_peer_that_never_reads_is_cut_off(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.max_connection_bytes = 256 * 1024});
    struct peer peer;
    peer_init(&peer, f->url);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT;
    static uint8_t large[40000], packed[sizeof large + 64];
    sent.body = (ProtobufCBinaryData){sizeof large, large};
    size_t len = convene__testing__echo__pack(&sent, packed);
    for (uint32_t call = 1; call <= 60; call++) {
        peer_open(&peer, call, METHOD, 0);
        struct cvn_frame frame = piece(call, CVN_FRAME_END_STREAM, cvn_slice(packed, len));
        peer_send(&peer, &frame, 1);
    }
    peer_wait_closed(&peer);
    check_served(f);
    peer_deinit(&peer);
}

static void check_refused(struct fixture *f, const struct cvn_frame *frames, uint16_t n_frames)
{
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, METHOD, 0);
    peer_send(&peer, frames, n_frames);
    assert_int_equal(peer_code(&peer, 1), CVN_INTERNAL);
    peer_deinit(&peer);
}

static void test_unary_call_takes_exactly_one_message(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){0});
    struct cvn_slice nothing = cvn_slice(NULL, 0);
    struct cvn_frame half_close = {.type = CVN_FRAME_HALF_CLOSE, .call = 1};
    check_refused(f, &half_close, 1);
    check_refused(f, (struct cvn_frame[]){piece(1, CVN_FRAME_MORE, nothing), half_close}, 2);
    check_refused(
        f, (struct cvn_frame[]){piece(1, 0, nothing), piece(1, CVN_FRAME_END_STREAM, nothing)}, 2);
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, METHOD, 0);
    peer_send(&peer, (struct cvn_frame[]){piece(1, 0, nothing), half_close}, 2);
    assert_int_equal(peer_code(&peer, 1), CVN_OK);
    peer_deinit(&peer);
}

static void test_refused_calls_are_logged(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.max_message_bytes = 16});
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, "convene.testing.EchoService/NotThere", 0);
    wait_logged(f, 1);
    assert_int_equal(f->logged[0], CVN_UNIMPLEMENTED);
    assert_string_equal(f->logged_method, "convene.testing.EchoService/NotThere");
    peer_open(&peer, 2, METHOD, 0);
    struct cvn_frame frame = piece(2, 0, cvn_slice("seventeen letters", 17));
    peer_send(&peer, &frame, 1);
    wait_logged(f, 2);
    assert_int_equal(f->logged[1], CVN_RESOURCE_EXHAUSTED);
    peer_open(&peer, 3, METHOD, 0);
    peer_send(&peer, &(struct cvn_frame){.type = CVN_FRAME_CANCEL, .call = 3}, 1);
    wait_logged(f, 3);
    assert_int_equal(f->logged[2], CVN_CANCELLED);
    peer_open(&peer, 4, METHOD, 0);
    frame = piece(4, CVN_FRAME_END_STREAM, cvn_slice(NULL, 0));
    peer_send(&peer, &frame, 1);
    wait_logged(f, 4);
    assert_int_equal(f->logged[3], CVN_OK);
    peer_deinit(&peer);
    cvn_server_free(f->server);
    f->server = NULL;
    assert_int_equal(f->n_logged, 4);
}

static void test_method_names_are_logged_only_when_printable(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){0});
    struct peer peer;
    peer_init(&peer, f->url);
    peer_open(&peer, 1, "a/b\n2026 OK \xff", 0);
    assert_int_equal(peer_code(&peer, 1), CVN_UNIMPLEMENTED);
    wait_logged(f, 1);
    assert_string_equal(f->logged_method, "");
    peer_deinit(&peer);
}

/* Late is beyond the time that the test is given. */
enum { SOON_MS = 50, LATE_MS = 10 * 60 * 1000 };

static void test_peer_that_says_nothing_is_closed(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.hello_timeout_ms = 2000});
    struct peer mute, greeted;
    peer_init(&greeted, f->url);
    peer_connect(&mute, f->url);
    peer_wait_closed(&mute);
    peer_ping(&greeted); /* who said HELLO may be silent for longer */
    check_served(f);
    peer_deinit(&mute);
    peer_deinit(&greeted);
}

static void test_peer_that_does_not_answer_is_closed(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){.hello_timeout_ms = LATE_MS,
                                                .keepalive_time_ms = SOON_MS,
                                                .keepalive_timeout_ms = 1000});
    struct peer peer;
    peer_init(&peer, f->url);
    peer_wait_closed(&peer);
    check_served(f);
    peer_deinit(&peer);
}

static void test_peer_that_answers_stays(void **state)
{
    struct fixture *f = *state;
    start_server(
        f, (struct cvn_server_options){.hello_timeout_ms = LATE_MS, .keepalive_time_ms = SOON_MS});
    struct peer peer;
    peer_init(&peer, f->url);
    for (int i = 0; i < 3; i++)
        peer_answer_ping(&peer);
    peer_ping(&peer);
    peer_deinit(&peer);
}

static void *drain(void *arg)
{
    (void)cvn_server_drain(arg, 60000);
    return NULL;
}

/* A connection that comes while the server stops is told at once to go elsewhere. */
static void test_new_connection_is_sent_away_while_draining(void **state)
{
    struct fixture *f = *state;
    start_server(f, (struct cvn_server_options){0});
    struct peer first, late;
    peer_init(&first, f->url);
    /* Half a request, which holds the drain. */
    peer_open(&first, 1, METHOD, 0);
    peer_ping(&first);
    pthread_t drainer;
    assert_int_equal(pthread_create(&drainer, NULL, drain, f->server), 0);
    peer_wait_goaway(&first);
    peer_init(&late, f->url);
    assert_true(late.sent_away);
    peer_send(&first, &(struct cvn_frame){.type = CVN_FRAME_CANCEL, .call = 1}, 1);
    peer_send(&first, NULL, 0); /* acknowledges the GOAWAY */
    peer_send(&late, NULL, 0);
    (void)pthread_join(drainer, NULL);
    peer_deinit(&first);
    peer_deinit(&late);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "ipc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_peer_is_cut_off_when_a_refusal_finds_no_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_peer_is_cut_off_when_an_overdue_call_finds_no_room,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drain_when_unfinished_requests_find_no_room, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_says_nothing_is_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_does_not_answer_is_closed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_answers_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_connection_is_sent_away_while_draining, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_garbage_closes_its_own_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_announcement_of_8_GiB, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_never_reads_is_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unary_call_takes_exactly_one_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_refused_calls_are_logged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_method_names_are_logged_only_when_printable, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
