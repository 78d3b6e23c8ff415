/* What gRPC's users rely on in streams, over the transport named on the command line. */
#include "tests/integration/rpc/peer.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { N_STREAMS = 1000 };

static const char *transport;

/* How often FullDuplexCall's handler was told what; it never answers of itself. */
struct probe {
    struct tally begins, messages, half_closes, cancels, dones;
    enum cvn_code finish_at_begin; /* when not OK */
    enum cvn_code finish_at_message;
    bool with_trailing_metadata;
};
#define PROBE_INIT                                                                                 \
    {                                                                                              \
        .begins = TALLY_INIT, .messages = TALLY_INIT, .half_closes = TALLY_INIT,                   \
        .cancels = TALLY_INIT, .dones = TALLY_INIT                                                 \
    }

static void finish(struct cvn_server_call *call, enum cvn_code code)
{
    cvn_server_call_finish(call, &(struct cvn_status){.code = code}, NULL);
}

static void probe_begin(struct cvn_server_call *call, void *user)
{
    struct probe *probe = user;
    cvn_server_call_set_state(call, malloc(1)); /* whose loss or second end a sanitizer shows */
    tally_add(&probe->begins);
    struct cvn_metadata trailing;
    cvn_metadata_init(&trailing, cvn_server_call_arena(call));
    if (probe->with_trailing_metadata) {
        (void)cvn_metadata_add(&trailing, "x-why", cvn_slice_of_string("no such thing"));
        (void)cvn_server_call_set_trailing_metadata(call, &trailing);
    }
    if (probe->finish_at_begin != CVN_OK)
        finish(call, probe->finish_at_begin);
}

static void probe_message(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct probe *probe = user;
    tally_add(&probe->messages);
    if (probe->finish_at_message != CVN_OK)
        finish(call, probe->finish_at_message);
}

static void probe_half_close(struct cvn_server_call *call, void *user)
{
    struct probe *probe = user;
    tally_add(&probe->half_closes);
    finish(call, CVN_OK);
}

static void probe_cancelled(struct cvn_server_call *call, void *user)
{
    struct probe *probe = user;
    tally_add(&probe->cancels);
    finish(call, CVN_CANCELLED);
}

static void probe_done(struct cvn_server_call *call, void *user)
{
    struct probe *probe = user;
    free(cvn_server_call_state(call));
    cvn_server_call_set_state(call, NULL);
    tally_add(&probe->dones);
}

static const struct cvn_stream_handler probe_stream = {
    .begin = probe_begin,
    .message = probe_message,
    .half_close = probe_half_close,
    .cancelled = probe_cancelled,
    .done = probe_done,
};
static const struct cvn_method probe_methods[7] = {[4] = {.stream = &probe_stream}};

static void start_probe(struct rig *rig, struct probe *probe)
{
    rig_start(rig, &(struct rig_options){
                       .transport = transport, .methods = probe_methods, .user = probe});
}

static void start(struct rig *rig)
{
    rig_start(rig, &(struct rig_options){.transport = transport});
}

static void test_write_after_half_close(void **state)
{
    struct rig rig;
    start(&rig);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 7, 1), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_ask(stream, 7, 1), -EPIPE);
    assert_int_equal(rig_read(stream), 7);
    (void)cvn_stream_writes_done(stream); /* may find the call ended */
    assert_int_equal(rig_finish(stream), CVN_OK);
    rig_stop(&rig);
}

static void test_write_to_a_method_of_one_request(void **state)
{
    struct rig rig;
    start(&rig);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.hold = true;
    struct cvn_stream *stream = rig_stream(&rig, "UnaryCall", &request.base);
    assert_int_equal(rig_ask(stream, 1, 1), -EPIPE);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    rig_stop(&rig);
}

static void test_writes_after_the_server_finished(void **state)
{
    struct probe probe = PROBE_INIT;
    probe.finish_at_message = CVN_ABORTED;
    struct rig rig;
    start_probe(&rig, &probe);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    while (rig_ask(stream, -1, 1000) == 0)
        ;
    assert_int_equal(rig_ask(stream, -1, 1000), -EPIPE);
    assert_int_equal(cvn_stream_writes_done(stream), -EPIPE);
    assert_int_equal(rig_finish(stream), CVN_ABORTED);
    rig_stop(&rig);
    assert_int_equal(probe.messages.n, 1);
    assert_int_equal(probe.cancels.n, 0);
    assert_int_equal(probe.dones.n, 1);
}

static void test_status_before_the_requests_are_read(void **state)
{
    struct probe probe = PROBE_INIT;
    probe.finish_at_begin = CVN_FAILED_PRECONDITION;
    struct rig rig;
    start_probe(&rig, &probe);
    for (int i = 0; i < 20; i++) {
        struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
        (void)rig_ask(stream, -1, 1 << 20);
        (void)cvn_stream_writes_done(stream);
        assert_int_equal(rig_finish(stream), CVN_FAILED_PRECONDITION);
    }
    rig_stop(&rig);
    assert_int_equal(probe.messages.n, 0);
    assert_int_equal(probe.dones.n, 20);
}

static void test_trailing_metadata_only(void **state)
{
    struct probe probe = PROBE_INIT;
    probe.finish_at_begin = CVN_NOT_FOUND;
    probe.with_trailing_metadata = true;
    struct rig rig;
    start_probe(&rig, &probe);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_read(stream), -1);
    assert_null(cvn_stream_initial_metadata(stream));
    const struct cvn_metadata *trailing = cvn_stream_trailing_metadata(stream);
    assert_non_null(trailing);
    assert_string_equal(cvn_metadata_get(trailing, "x-why"), "no such thing");
    assert_int_equal(rig_finish(stream), CVN_NOT_FOUND);
    rig_stop(&rig);
}

static void test_request_that_does_not_read_as_one(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingInputCallRequest other =
        CONVENE__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    uint8_t body[3] = {1, 2, 3}; /* where FullDuplexCall has a number */
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    other.payload = &payload;
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    assert_int_equal(cvn_stream_write(stream, &other.base), 0);
    assert_int_equal(rig_finish(stream), CVN_INVALID_ARGUMENT);
    tally_wait(&probe.dones, 1);
    assert_int_equal(tally_get(&probe.cancels), 1); /* its handler may hold the call elsewhere */
    rig_stop(&rig);
    assert_int_equal(probe.messages.n, 0);
}

static void test_cancel_by_the_client(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    for (unsigned i = 1; i <= 50; i++) {
        struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
        assert_int_equal(rig_ask(stream, -1, 10), 0);
        tally_wait(&probe.messages, i);
        cvn_stream_cancel(stream);
        assert_int_equal(rig_ask(stream, -1, 10), -EPIPE);
        assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    }
    tally_wait(&probe.dones, 50);
    rig_stop(&rig);
    assert_int_equal(probe.cancels.n, 50);
    assert_int_equal(probe.dones.n, 50);
}

static void test_cancel_by_the_server(void **state)
{
    struct probe probe = PROBE_INIT;
    probe.finish_at_message = CVN_CANCELLED;
    struct rig rig;
    start_probe(&rig, &probe);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, -1, 10), 0);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    rig_stop(&rig);
    assert_int_equal(probe.cancels.n, 0);
    assert_int_equal(probe.dones.n, 1);
}

/* One that passes before the handler has the call is none that it hears of: then a longer one. */
static void test_deadline_on_a_stream(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    for (int64_t ms = 50; tally_get(&probe.dones) == 0; ms *= 2) {
        struct cvn_call_options options = {.timeout_ms = ms, .wait_for_ready = true};
        struct cvn_stream *stream = rig_stream_with(&rig, "FullDuplexCall", NULL, &options, NULL);
        assert_int_equal(rig_finish(stream), CVN_DEADLINE_EXCEEDED);
    }
    rig_stop(&rig);
    assert_int_equal(probe.cancels.n, probe.begins.n);
    assert_int_equal(probe.dones.n, probe.begins.n);
}

static void test_half_close_is_told_after_the_messages(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    for (int i = 0; i < 300; i++)
        assert_int_equal(rig_ask(stream, -1, 500), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
    rig_stop(&rig);
    assert_int_equal(probe.messages.n, 300);
    assert_int_equal(probe.half_closes.n, 1);
}

static void test_replies_are_read_after_the_end(void **state)
{
    struct rig rig;
    start(&rig);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(rig_ask(stream, i, 1), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    while (!cvn_stream_ended(stream))
        ;
    for (int i = 0; i < 10; i++)
        assert_int_equal(rig_read(stream), i);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
    rig_stop(&rig);
}

static void test_a_thousand_streams_at_once(void **state)
{
    static struct cvn_stream *streams[N_STREAMS];
    struct rig rig;
    start(&rig);
    for (int i = 0; i < N_STREAMS; i++)
        streams[i] = rig_stream(&rig, "FullDuplexCall", NULL);
    for (int i = 0; i < N_STREAMS; i++)
        assert_int_equal(rig_ask(streams[i], i, 100), 0);
    for (int i = 0; i < N_STREAMS; i++)
        assert_int_equal(rig_read(streams[i]), i);
    assert_int_equal(rig.service.n_live, N_STREAMS);
    for (int i = 0; i < N_STREAMS; i++)
        assert_int_equal(cvn_stream_writes_done(streams[i]), 0);
    for (int i = 0; i < N_STREAMS; i++)
        assert_int_equal(rig_finish(streams[i]), CVN_OK);
    rig_stop(&rig);
}

static void test_drain_ends_open_streams(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    struct cvn_stream *streams[3];
    for (int i = 0; i < 3; i++)
        streams[i] = rig_stream(&rig, "FullDuplexCall", NULL);
    tally_wait(&probe.begins, 3);
    assert_int_equal(cvn_server_drain(rig.server, 0), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_finish(streams[i]), CVN_UNAVAILABLE);
    rig_stop(&rig);
    assert_int_equal(probe.cancels.n, 3);
    assert_int_equal(probe.dones.n, 3);
}

static void *drain(void *server)
{
    return (void *)(uintptr_t)cvn_server_drain(server, RIG_TIMEOUT_MS);
}

static void test_drain_lets_streams_finish(void **state)
{
    struct rig rig;
    start(&rig);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 5, 1), 0);
    assert_int_equal(rig_read(stream), 5);
    pthread_t drainer;
    assert_int_equal(pthread_create(&drainer, NULL, drain, rig.server), 0);
    struct cvn_call_options hasty = {.timeout_ms = 100};
    while (rig_empty_call(rig.channel, &hasty) == CVN_OK)
        ;
    assert_int_equal(rig_ask(stream, 6, 1), 0);
    assert_int_equal(rig_read(stream), 6);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
    void *n_cancelled;
    (void)pthread_join(drainer, &n_cancelled);
    assert_int_equal((uintptr_t)n_cancelled, 0);
    rig_stop(&rig);
}

/* A client that vanishes: over a plain socket where one can speak to the server. */
static void vanish(struct rig *rig, struct probe *probe)
{
    if (strcmp(transport, "inproc") == 0 || strcmp(transport, "tls+tcp") == 0) {
        struct cvn_stream *stream = rig_stream(rig, "FullDuplexCall", NULL);
        tally_wait(&probe->begins, 1);
        cvn_stream_free(stream);
        return;
    }
    struct peer peer;
    peer_init(&peer, rig->url);
    peer_open(&peer, 1, "convene.testing.TestService/FullDuplexCall", 0);
    tally_wait(&probe->begins, 1);
    peer_deinit(&peer);
}

static void test_client_gone_amid_a_stream(void **state)
{
    struct probe probe = PROBE_INIT;
    struct rig rig;
    start_probe(&rig, &probe);
    vanish(&rig, &probe);
    tally_wait(&probe.dones, 1);
    rig_stop(&rig);
    assert_int_equal(probe.cancels.n, 1);
    assert_int_equal(probe.dones.n, 1);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_after_half_close),
        cmocka_unit_test(test_write_to_a_method_of_one_request),
        cmocka_unit_test(test_writes_after_the_server_finished),
        cmocka_unit_test(test_status_before_the_requests_are_read),
        cmocka_unit_test(test_trailing_metadata_only),
        cmocka_unit_test(test_request_that_does_not_read_as_one),
        cmocka_unit_test(test_cancel_by_the_client),
        cmocka_unit_test(test_cancel_by_the_server),
        cmocka_unit_test(test_deadline_on_a_stream),
        cmocka_unit_test(test_half_close_is_told_after_the_messages),
        cmocka_unit_test(test_replies_are_read_after_the_end),
        cmocka_unit_test(test_a_thousand_streams_at_once),
        cmocka_unit_test(test_drain_ends_open_streams),
        cmocka_unit_test(test_drain_lets_streams_finish),
        cmocka_unit_test(test_client_gone_amid_a_stream),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
