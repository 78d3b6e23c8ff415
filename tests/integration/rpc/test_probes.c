/*
 * What nng 1.5.2's raw sockets do to those who trust them, as probes of them showed: drop what a
 * slow reader has not taken, mix up the order, let one peer delay all others, give a new server
 * what was meant for the one before, and believe any length. Each with its remedy in place, over
 * the transport named. Over inproc the other side is such a socket; over the others it would hang
 * on closing.
 */
#include "rpc/wire.h"
#include "tests/integration/rpc/peer.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/proxy.h"

#include "convene/rpc/v1/frame.pb-c.h"

#include <endian.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM_METHOD "convene.testing.TestService/StreamingOutputCall"
#define UNARY_METHOD "convene.testing.TestService/UnaryCall"

enum {
    N_SLOW = 5000,
    N_ORDERED = 50000,
    N_STRANDED = 400,
    NO_CREDIT_NEEDED = 1 << 30,
    REQUEST_ID = (int)0x80000001u,
    FLOODER_BYTES_MAX = 1 << 20,
};

static const char *transport;

/* A service that numbers its replies and notes the numbers of its requests. */
struct numbers {
    unsigned n_wanted;
    atomic_uint n_out_of_order;
    atomic_uint seen[N_STRANDED];
    atomic_bool stop;
};

struct count {
    unsigned n;
};

/* A number in a payload of 4 bytes. */
static Convene__Testing__Payload number_payload(uint8_t body[4], uint32_t number)
{
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    number = htobe32(number);
    memcpy(body, &number, sizeof number);
    payload.body = (ProtobufCBinaryData){sizeof number, body};
    return payload;
}

static uint32_t number_of(const Convene__Testing__Payload *payload)
{
    uint32_t number;
    assert_non_null(payload);
    assert_int_equal(payload->body.len, sizeof number);
    memcpy(&number, payload->body.data, sizeof number);
    return be32toh(number);
}

static void write_numbers(struct cvn_server_call *call, void *user)
{
    struct numbers *numbers = user;
    struct count *count = cvn_server_call_state(call);
    while (count->n < numbers->n_wanted) {
        uint8_t body[4];
        Convene__Testing__Payload payload = number_payload(body, count->n);
        Convene__Testing__StreamingOutputCallResponse reply =
            CONVENE__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
        reply.payload = &payload;
        if (cvn_server_call_write(call, &reply.base) != 0)
            return; /* writable or cancelled is told */
        count->n++;
    }
    cvn_server_call_finish(call, NULL, NULL);
}

static void begin_numbers(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    cvn_server_call_set_state(call, calloc(1, sizeof(struct count)));
    write_numbers(call, user);
}

static void begin_counting(struct cvn_server_call *call, void *user)
{
    cvn_server_call_set_state(call, calloc(1, sizeof(struct count)));
}

static void count_number(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    struct numbers *numbers = user;
    struct count *count = cvn_server_call_state(call);
    const Convene__Testing__StreamingInputCallRequest *request = (const void *)message;
    if (number_of(request->payload) != count->n++)
        atomic_fetch_add(&numbers->n_out_of_order, 1);
}

static void end_counting(struct cvn_server_call *call, void *user)
{
    const struct count *count = cvn_server_call_state(call);
    Convene__Testing__StreamingInputCallResponse reply =
        CONVENE__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    reply.aggregated_payload_size = (int32_t)count->n;
    cvn_server_call_finish(call, NULL, &reply.base);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    cvn_server_call_finish(call, &(struct cvn_status){.code = CVN_CANCELLED}, NULL);
}

static void free_count(struct cvn_server_call *call, void *user)
{
    free(cvn_server_call_state(call));
}

static void empty_call(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    cvn_server_call_finish(call, NULL, NULL);
}

static void note_number(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    struct numbers *numbers = user;
    const Convene__Testing__SimpleRequest *request = (const void *)message;
    uint32_t number = number_of(request->payload);
    if (number < N_STRANDED)
        atomic_fetch_add(&numbers->seen[number], 1);
    cvn_server_call_finish(call, NULL, NULL);
}

static const struct cvn_stream_handler writing = {
    .writable = write_numbers, .cancelled = give_up, .done = free_count};
static const struct cvn_stream_handler reading = {.begin = begin_counting,
                                                  .message = count_number,
                                                  .half_close = end_counting,
                                                  .cancelled = give_up,
                                                  .done = free_count};
static const struct cvn_method methods[7] = {[0] = {.unary = empty_call},
                                             [1] = {.unary = note_number},
                                             [2] = {.unary = begin_numbers, .stream = &writing},
                                             [3] = {.stream = &reading}};

static void start(struct rig *rig, struct numbers *numbers, const struct cvn_server_options *server)
{
    rig_start(rig,
              &(struct rig_options){
                  .transport = transport, .methods = methods, .user = numbers, .server = server});
}

static struct cvn_stream *open_numbers(struct rig *rig)
{
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    return rig_stream(rig, "StreamingOutputCall", &request.base);
}

static void read_numbers(struct cvn_stream *stream, unsigned n)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    for (unsigned i = 0; i < n; i++) {
        ProtobufCMessage *message;
        assert_int_equal(cvn_stream_read(stream, &arena, &message), 0);
        const Convene__Testing__StreamingOutputCallResponse *reply = (const void *)message;
        assert_int_equal(number_of(reply->payload), i);
        cvn_arena_reset(&arena);
    }
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

/* A client that speaks for itself: over inproc by a raw socket of nng's, else by a plain one. */
struct raw {
    bool is_nng;
    nng_socket socket;
    struct peer peer; /* its counts are used with either */
};

static void nng_send_frames(struct raw *raw, const struct cvn_frame *frames, uint16_t n_frames,
                            int flags)
{
    nng_msg *msg;
    assert_int_equal(nng_msg_alloc(&msg, CVN_WIRE_BUNDLE_HEADER_BYTES), 0);
    cvn_wire_put_bundle_header(
        nng_msg_body(msg), &(struct cvn_bundle_header){raw->peer.epoch, raw->peer.heard, n_frames});
    for (uint16_t i = 0; i < n_frames; i++) {
        uint8_t header[CVN_WIRE_FRAME_HEADER_BYTES];
        cvn_wire_put_frame_header(header, &frames[i]);
        assert_int_equal(nng_msg_append(msg, header, sizeof header), 0);
        assert_int_equal(nng_msg_append(msg, frames[i].body.data, frames[i].body.len), 0);
    }
    assert_int_equal(nng_msg_header_append_u32(msg, (uint32_t)REQUEST_ID), 0);
    if (nng_sendmsg(raw->socket, msg, flags) != 0) {
        assert_int_equal(flags, NNG_FLAG_NONBLOCK); /* the server takes no more just now */
        nng_msg_free(msg);
    }
}

static void raw_send(struct raw *raw, const struct cvn_frame *frames, uint16_t n_frames)
{
    if (raw->is_nng)
        nng_send_frames(raw, frames, n_frames, 0);
    else
        peer_send(&raw->peer, frames, n_frames);
}

/* A bundle that came. */
struct bundle {
    nng_msg *msg;
    uint8_t *bytes;
    struct cvn_slice frames;
    uint16_t n_frames;
};

static void raw_take(struct raw *raw, struct bundle *bundle)
{
    size_t len;
    struct cvn_bundle_header header;
    *bundle = (struct bundle){.msg = NULL};
    if (raw->is_nng) {
        assert_int_equal(nng_recvmsg(raw->socket, &bundle->msg, 0), 0);
        bundle->frames = cvn_slice(nng_msg_body(bundle->msg), nng_msg_len(bundle->msg));
    } else {
        bundle->bytes = peer_take(&raw->peer, &len);
        assert_non_null(bundle->bytes);
        bundle->frames = cvn_slice(bundle->bytes, len);
    }
    assert_int_equal(cvn_wire_read_bundle(&bundle->frames, &header), 0);
    raw->peer.epoch = header.epoch;
    raw->peer.heard += header.n_frames > 0;
    bundle->n_frames = header.n_frames;
}

static void bundle_free(struct bundle *bundle)
{
    if (bundle->msg)
        nng_msg_free(bundle->msg);
    free(bundle->bytes);
}

/* Says HELLO and waits for the SETTINGS. */
static void raw_connect(struct raw *raw, const char *url)
{
    Convene__Rpc__V1__Hello hello = CONVENE__RPC__V1__HELLO__INIT;
    hello.stream_credit = NO_CREDIT_NEEDED;
    uint8_t body[64];
    struct cvn_slice packed = cvn_slice(body, convene__rpc__v1__hello__pack(&hello, body));
    *raw = (struct raw){.is_nng = strcmp(transport, "inproc") == 0};
    if (!raw->is_nng) {
        peer_init_with(&raw->peer, url, packed);
        return;
    }
    struct bundle settings;
    assert_int_equal(nng_req0_open_raw(&raw->socket), 0);
    assert_int_equal(nng_dial(raw->socket, url, NULL, 0), 0);
    raw_send(raw, &(struct cvn_frame){.type = CVN_FRAME_HELLO, .body = packed}, 1);
    raw_take(raw, &settings);
    bundle_free(&settings);
}

static void raw_close(struct raw *raw)
{
    if (raw->is_nng)
        (void)nng_close(raw->socket);
    else
        (void)close(raw->peer.fd);
}

static size_t pack_open(uint8_t body[128], const char *method)
{
    Convene__Rpc__V1__Open open = CONVENE__RPC__V1__OPEN__INIT;
    open.method = (char *)(uintptr_t)method;
    return convene__rpc__v1__open__pack(&open, body);
}

static void raw_call(struct raw *raw, uint32_t call, const char *method)
{
    uint8_t body[128];
    size_t len = pack_open(body, method);
    struct cvn_frame frames[2] = {
        {.type = CVN_FRAME_OPEN, .call = call, .body = cvn_slice(body, len)},
        {.type = CVN_FRAME_MSG, .flags = CVN_FRAME_END_STREAM, .call = call}};
    raw_send(raw, frames, 2);
}

/* Checks that a frame is the next number. True for TRAILERS. */
static bool check_number(const struct cvn_frame *frame, unsigned *n)
{
    if (frame->type == CVN_FRAME_TRAILERS)
        return true;
    assert_int_equal(frame->type, CVN_FRAME_MSG);
    Convene__Testing__StreamingOutputCallResponse *reply =
        convene__testing__streaming_output_call_response__unpack(NULL, frame->body.len,
                                                                 frame->body.data);
    assert_non_null(reply);
    assert_int_equal(number_of(reply->payload), (*n)++);
    convene__testing__streaming_output_call_response__free_unpacked(reply, NULL);
    return false;
}

/* A raw REP socket keeps 64 messages for a pipe and drops the rest: 32 bundles are all it gets. */
static void test_slow_reader_gets_all_in_order_beside_a_fast_one(void **state)
{
    struct numbers numbers = {.n_wanted = N_SLOW};
    struct rig rig;
    struct raw slow;
    start(&rig, &numbers, NULL);
    raw_connect(&slow, rig.url);
    raw_call(&slow, 1, STREAM_METHOD);
    read_numbers(open_numbers(&rig), N_SLOW);
    unsigned n = 0;
    for (bool over = false; !over;) {
        struct bundle bundle;
        raw_take(&slow, &bundle);
        for (uint16_t i = 0; i < bundle.n_frames; i++) {
            struct cvn_frame frame;
            assert_int_equal(cvn_wire_read_frame(&bundle.frames, &frame), 0);
            over = check_number(&frame, &n);
        }
        bundle_free(&bundle);
        raw_send(&slow, NULL, 0); /* acknowledges */
    }
    assert_int_equal(n, N_SLOW);
    raw_close(&slow);
    rig_stop(&rig);
}

/* With several receivers on one socket messages overtake each other. */
static void test_fifty_thousand_replies_in_order(void **state)
{
    struct numbers numbers = {.n_wanted = N_ORDERED};
    struct rig rig;
    start(&rig, &numbers, NULL);
    read_numbers(open_numbers(&rig), N_ORDERED);
    rig_stop(&rig);
}

static void test_fifty_thousand_requests_in_order(void **state)
{
    struct numbers numbers = {.n_wanted = 0};
    struct rig rig;
    start(&rig, &numbers, NULL);
    struct cvn_stream *stream = rig_stream(&rig, "StreamingInputCall", NULL);
    for (uint32_t i = 0; i < N_ORDERED; i++) {
        uint8_t body[4];
        Convene__Testing__Payload payload = number_payload(body, i);
        Convene__Testing__StreamingInputCallRequest request =
            CONVENE__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
        request.payload = &payload;
        assert_int_equal(cvn_stream_write(stream, &request.base), 0);
    }
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    ProtobufCMessage *message;
    assert_int_equal(cvn_stream_read(stream, &arena, &message), 0);
    const Convene__Testing__StreamingInputCallResponse *reply = (const void *)message;
    assert_int_equal(reply->aggregated_payload_size, N_ORDERED);
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(atomic_load(&numbers.n_out_of_order), 0);
    rig_stop(&rig);
}

/* Opens calls as fast as it can and reads nothing, until it is told to stop. */
struct flooder {
    struct raw raw;
    struct numbers *numbers;
    struct tally sent;
};

static void *flood(void *arg)
{
    struct flooder *flooder = arg;
    uint8_t body[128];
    struct cvn_frame open = {.type = CVN_FRAME_OPEN,
                             .body = cvn_slice(body, pack_open(body, UNARY_METHOD))};
    while (!atomic_load(&flooder->numbers->stop)) {
        open.call++;
        if (flooder->raw.is_nng)
            nng_send_frames(&flooder->raw, &open, 1, NNG_FLAG_NONBLOCK);
        else
            peer_send(&flooder->raw.peer, &open, 1);
        if (open.call % 64 == 0)
            tally_add(&flooder->sent);
    }
    return NULL;
}

/* All pipes of a socket share one queue: what comes is taken at once, and too much is refused. */
static void test_flooding_peer_delays_nobody(void **state)
{
    struct numbers numbers = {.n_wanted = 0};
    struct cvn_server_options options = {.max_connection_bytes = FLOODER_BYTES_MAX};
    struct flooder flooder = {.numbers = &numbers, .sent = TALLY_INIT};
    struct rig rig;
    pthread_t thread;
    start(&rig, &numbers, &options);
    raw_connect(&flooder.raw, rig.url);
    assert_int_equal(pthread_create(&thread, NULL, flood, &flooder), 0);
    for (unsigned i = 1; i <= 200; i++) {
        tally_wait(&flooder.sent, i); /* there is a flood indeed */
        assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    }
    atomic_store(&numbers.stop, true);
    if (!flooder.raw.is_nng)
        (void)shutdown(flooder.raw.peer.fd, SHUT_RDWR); /* ends a write that waits */
    (void)pthread_join(thread, NULL);
    raw_close(&flooder.raw);
    rig_stop(&rig);
}

/* A server that says SETTINGS, takes what comes for a while, and never says anything else. */
static void serve_mutely(struct raw *raw, const char *url)
{
    static const uint64_t epoch = UINT64_C(0x8000000700000001);
    *raw = (struct raw){.is_nng = true};
    assert_int_equal(nng_rep0_open_raw(&raw->socket), 0);
    assert_int_equal(nng_listen(raw->socket, url, NULL, 0), 0);
    nng_msg *msg;
    assert_int_equal(nng_recvmsg(raw->socket, &msg, 0), 0);
    nng_pipe pipe = nng_msg_get_pipe(msg);
    nng_msg_free(msg);
    Convene__Rpc__V1__Settings settings = CONVENE__RPC__V1__SETTINGS__INIT;
    settings.max_message_bytes = 1 << 20;
    uint8_t body[64];
    size_t len = convene__rpc__v1__settings__pack(&settings, body);
    struct cvn_frame frame = {.type = CVN_FRAME_SETTINGS, .body = cvn_slice(body, len)};
    uint8_t header[CVN_WIRE_FRAME_HEADER_BYTES];
    cvn_wire_put_frame_header(header, &frame);
    assert_int_equal(nng_msg_alloc(&msg, CVN_WIRE_BUNDLE_HEADER_BYTES), 0);
    cvn_wire_put_bundle_header(nng_msg_body(msg), &(struct cvn_bundle_header){epoch, 1, 1});
    (void)nng_msg_append(msg, header, sizeof header);
    (void)nng_msg_append(msg, body, len);
    (void)nng_msg_header_append_u32(msg, nng_pipe_id(pipe));
    (void)nng_msg_header_append_u32(msg, (uint32_t)REQUEST_ID);
    assert_int_equal(nng_sendmsg(raw->socket, msg, 0), 0);
}

/* A call that was under way when its server went. */
struct stranded {
    struct tally *ended;
    enum cvn_code code;
};

static void note_end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct stranded *stranded = arg;
    stranded->code = status->code;
    tally_add(stranded->ended);
}

static void start_numbered(struct cvn_channel *channel, uint32_t number, struct stranded *stranded)
{
    uint8_t body[4], packed[64];
    Convene__Testing__Payload payload = number_payload(body, number);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.payload = &payload;
    struct cvn_slice bytes =
        cvn_slice(packed, convene__testing__simple_request__pack(&request, packed));
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    (void)cvn_channel_start(channel, UNARY_METHOD, bytes, &options,
                            (struct cvn_call_sink){note_end, stranded});
}

/*
 * What waits in a raw REQ socket goes to whoever listens next. Here nothing that has left for one
 * server reaches another; what has not left does, once.
 */
static void check_stranded(struct stranded stranded[N_STRANDED], struct numbers *numbers)
{
    unsigned n_lost = 0;
    tally_wait(stranded[0].ended, N_STRANDED);
    for (unsigned i = 0; i < N_STRANDED; i++) {
        bool lost = stranded[i].code == CVN_UNAVAILABLE;
        assert_true(lost || stranded[i].code == CVN_OK);
        assert_int_equal(atomic_load(&numbers->seen[i]), lost ? 0 : 1);
        n_lost += lost;
    }
    assert_true(n_lost > 0 && n_lost < N_STRANDED);
}

static void start_stranded(struct cvn_channel *channel, struct stranded stranded[N_STRANDED],
                           struct tally *ended)
{
    for (uint32_t i = 0; i < N_STRANDED; i++) {
        stranded[i] = (struct stranded){.ended = ended, .code = CVN_OK};
        start_numbered(channel, i, &stranded[i]);
    }
}

static void test_frames_for_a_server_that_is_gone_reach_no_other(void **state)
{
    struct tally ended = TALLY_INIT;
    struct stranded stranded[N_STRANDED];
    struct numbers numbers = {.n_wanted = 0};
    struct rig rig = {.server = NULL};
    struct raw mute;
    nng_msg *msg;
    transport_vacant(transport, rig.url);
    assert_int_equal(transport_connect(&rig.channel, rig.url, NULL, NULL), 0);
    serve_mutely(&mute, rig.url);
    start_stranded(rig.channel, stranded, &ended);
    assert_int_equal(nng_recvmsg(mute.socket, &msg, 0), 0); /* at least one bundle has left */
    nng_msg_free(msg);
    (void)nng_close(mute.socket);
    rig.server = rig_serve(
        &(struct rig_options){.transport = transport, .methods = methods, .user = &numbers}, NULL,
        rig.url, true);
    check_stranded(stranded, &numbers);
    rig_stop(&rig);
}

/* The same of a connection and the next: what is lost with the one does not come over the other. */
static void test_frames_for_a_connection_that_is_gone_reach_no_other(void **state)
{
    struct tally ended = TALLY_INIT;
    struct stranded stranded[N_STRANDED];
    struct numbers numbers = {.n_wanted = 0};
    struct rig rig = {.server = NULL};
    char server_url[TRANSPORT_URL_BYTES];
    rig.server = rig_serve(
        &(struct rig_options){.transport = transport, .methods = methods, .user = &numbers}, NULL,
        server_url, false);
    struct proxy *proxy = proxy_new(server_url, rig.url);
    assert_int_equal(cvn_channel_new(&rig.channel, rig.url, NULL, NULL), 0);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    proxy_hold(proxy, PROXY_TO_SERVER);
    start_stranded(rig.channel, stranded, &ended);
    proxy_wait_held(proxy, PROXY_TO_SERVER);
    proxy_cut_now(proxy);
    proxy_release(proxy, PROXY_TO_SERVER);
    check_stranded(stranded, &numbers);
    rig_stop(&rig);
    proxy_free(proxy);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest ordered[] = {
        cmocka_unit_test(test_fifty_thousand_replies_in_order),
        cmocka_unit_test(test_fifty_thousand_requests_in_order),
    };
    const struct CMUnitTest peers[] = {
        cmocka_unit_test(test_slow_reader_gets_all_in_order_beside_a_fast_one),
        cmocka_unit_test(test_flooding_peer_delays_nobody),
    };
    const struct CMUnitTest of_sockets[] = {
        cmocka_unit_test(test_frames_for_a_server_that_is_gone_reach_no_other)};
    const struct CMUnitTest of_streams[] = {
        cmocka_unit_test(test_frames_for_a_connection_that_is_gone_reach_no_other),
    };
    int n_failed = cmocka_run_group_tests_name(transport, ordered, NULL, NULL);
    if (strcmp(transport, "tls+tcp") == 0) /* below TLS it is tcp's */
        return n_failed;
    n_failed += cmocka_run_group_tests_name(transport, peers, NULL, NULL);
    if (strcmp(transport, "inproc") == 0)
        n_failed += cmocka_run_group_tests_name(transport, of_sockets, NULL, NULL);
    else
        n_failed += cmocka_run_group_tests_name(transport, of_streams, NULL, NULL);
    return n_failed;
}
