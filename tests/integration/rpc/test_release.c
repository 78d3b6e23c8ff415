/*
 * Everything that a call held is free again when it ended before its time: by cancel, by deadline
 * or with its client, whatever it was at. Counted, over the transport named.
 */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <malloc.h>
#include <sched.h>
#include <stdlib.h>

enum {
    N_CALLS = 50,
    N_ROUNDS = 6,
    PAYLOAD_BYTES = 20000, /* more than one of them is more than a stream's credit of the tests */
    CREDIT_BYTES = 10000,
    HEAP_GROWTH_BYTES_MAX = 256 * 1024, /* much less than what one round's calls hold */
};

static const char *transport;

static const struct cvn_server_options server_options = {.stream_credit_bytes = CREDIT_BYTES};
static const struct cvn_channel_options channel_options = {.stream_credit_bytes = CREDIT_BYTES};

static void start(struct rig *rig)
{
    rig_start(rig, &(struct rig_options){.transport = transport,
                                         .server = &server_options,
                                         .channel = &channel_options});
}

/* Waits until neither side holds anything of any call. */
static void wait_released(struct rig *rig, struct cvn_channel *channel)
{
    struct cvn_server_stats server;
    struct cvn_channel_stats client = {0};
    for (;;) {
        cvn_server_read_stats(rig->server, &server);
        if (channel)
            cvn_channel_read_stats(channel, &client);
        if (server.n_calls + client.n_calls == 0 &&
            server.incoming_bytes + server.outgoing_bytes + client.unsent_bytes == 0)
            break;
        (void)sched_yield();
    }
    assert_int_equal(atomic_load(&rig->service.n_live), 0);
}

/* Waits until the server has so many calls. */
static void wait_calls(struct rig *rig, unsigned n)
{
    struct cvn_server_stats server;
    do
        cvn_server_read_stats(rig->server, &server);
    while (server.n_calls < n);
}

/* How a call is made to hold something, until it is freed. */
typedef struct cvn_stream *hold(struct rig *rig, const struct cvn_call_options *options);

/* A handler that runs, with its request. */
static struct cvn_stream *hold_handler(struct rig *rig, const struct cvn_call_options *options)
{
    static uint8_t body[PAYLOAD_BYTES];
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    request.payload = &payload;
    request.hold = true;
    return rig_stream_with(rig, "UnaryCall", &request.base, options, NULL);
}

/* Replies that nobody reads: some wait at the client, some for credit, some in the handler. */
static struct cvn_stream *hold_replies(struct rig *rig, const struct cvn_call_options *options)
{
    struct cvn_stream *stream = rig_stream_with(rig, "FullDuplexCall", NULL, options, NULL);
    for (int i = 0; i < 6; i++)
        (void)rig_ask(stream, PAYLOAD_BYTES, 1);
    return stream;
}

/* Requests that wait for credit, which a handler that cannot write does not give. */
static struct cvn_stream *hold_requests(struct rig *rig, const struct cvn_call_options *options)
{
    struct cvn_stream *stream = hold_replies(rig, options);
    static uint8_t body[PAYLOAD_BYTES];
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    request.payload = &payload;
    while (cvn_stream_try_write(stream, &request.base) == 0)
        ;
    return stream;
}

static size_t heap_bytes(void)
{
    (void)malloc_trim(0);
    return mallinfo2().uordblks; /* 0 with a sanitizer, which tells of leaks itself */
}

/* Waits until the heap is what it was: nng frees what it has sent a little later. */
static void check_heap(int round, size_t *first)
{
    if (round == 1) /* tables have grown by then */
        *first = heap_bytes();
    else if (round > 1)
        while (heap_bytes() > *first + HEAP_GROWTH_BYTES_MAX)
            (void)sched_yield();
}

static void cancel_all(hold *make)
{
    static const struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS,
                                                    .wait_for_ready = true};
    struct rig rig;
    size_t first = 0;
    start(&rig);
    for (int round = 0; round < N_ROUNDS; round++) {
        struct cvn_stream *streams[N_CALLS];
        for (int i = 0; i < N_CALLS; i++)
            streams[i] = make(&rig, &options);
        wait_calls(&rig, N_CALLS);
        for (int i = 0; i < N_CALLS; i++)
            cvn_stream_cancel(streams[i]);
        for (int i = 0; i < N_CALLS; i++)
            assert_int_equal(rig_finish(streams[i]), CVN_CANCELLED);
        wait_released(&rig, rig.channel);
        check_heap(round, &first);
    }
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

static void test_cancelled_when_the_handler_runs(void **state)
{
    cancel_all(hold_handler);
}

static void test_cancelled_when_replies_wait(void **state)
{
    cancel_all(hold_replies);
}

static void test_cancelled_when_requests_wait(void **state)
{
    cancel_all(hold_requests);
}

/* Before there is a connection on which anything could leave. */
static void test_cancelled_when_nothing_has_left(void **state)
{
    static const struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS,
                                                    .wait_for_ready = true};
    struct rig rig = {.server = NULL};
    struct cvn_stream *streams[N_CALLS];
    struct cvn_channel_stats stats;
    transport_vacant(transport, rig.url);
    assert_int_equal(transport_connect(&rig.channel, rig.url, &channel_options, NULL), 0);
    for (int i = 0; i < N_CALLS; i++)
        streams[i] = hold_handler(&rig, &options);
    cvn_channel_read_stats(rig.channel, &stats);
    assert_int_equal(stats.n_calls, N_CALLS);
    assert_true(stats.unsent_bytes >= (size_t)N_CALLS * PAYLOAD_BYTES);
    for (int i = 0; i < N_CALLS; i++)
        cvn_stream_cancel(streams[i]);
    for (int i = 0; i < N_CALLS; i++)
        assert_int_equal(rig_finish(streams[i]), CVN_CANCELLED);
    cvn_channel_read_stats(rig.channel, &stats);
    assert_int_equal(stats.n_calls, 0);
    assert_int_equal(stats.unsent_bytes, 0);
    rig_stop(&rig);
}

static void test_deadline_passes_when_all_wait(void **state)
{
    static const struct cvn_call_options options = {.timeout_ms = 300, .wait_for_ready = true};
    static hold *const makes[] = {hold_handler, hold_replies, hold_requests};
    struct rig rig;
    start(&rig);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    struct cvn_stream *streams[N_CALLS];
    for (int i = 0; i < N_CALLS; i++)
        streams[i] = makes[i % 3](&rig, &options);
    for (int i = 0; i < N_CALLS; i++)
        assert_int_equal(rig_finish(streams[i]), CVN_DEADLINE_EXCEEDED);
    wait_released(&rig, rig.channel);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

/* A client that goes amid everything; another one of the same server goes on. */
static void test_client_gone_when_all_wait(void **state)
{
    static const struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS,
                                                    .wait_for_ready = true};
    static hold *const makes[] = {hold_handler, hold_replies, hold_requests};
    struct rig rig;
    size_t first = 0;
    start(&rig);
    for (int round = 0; round < N_ROUNDS; round++) {
        struct rig other = {.server = NULL};
        assert_int_equal(transport_connect(&other.channel, rig.url, &channel_options, NULL), 0);
        struct cvn_stream *streams[N_CALLS];
        for (int i = 0; i < N_CALLS; i++)
            streams[i] = makes[i % 3](&other, &options);
        wait_calls(&rig, N_CALLS);
        for (int i = 0; i < N_CALLS; i++)
            cvn_stream_free(streams[i]);
        cvn_channel_free(other.channel);
        wait_released(&rig, rig.channel);
        check_heap(round, &first);
    }
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancelled_when_the_handler_runs),
        cmocka_unit_test(test_cancelled_when_replies_wait),
        cmocka_unit_test(test_cancelled_when_requests_wait),
        cmocka_unit_test(test_cancelled_when_nothing_has_left),
        cmocka_unit_test(test_deadline_passes_when_all_wait),
        cmocka_unit_test(test_client_gone_when_all_wait),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
