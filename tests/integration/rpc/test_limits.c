/* What one caller may have and do, at each boundary, over the transport named. */
#include "rpc/caller_limits.h"
#include "rpc/retry.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdatomic.h>
#include <stdlib.h>

static const char *transport;
static atomic_llong clock_ms;

static int64_t read_clock(void *clock)
{
    return atomic_load(&clock_ms);
}

struct bench {
    struct rig rig;
    struct cvn_limits *limits;
    struct cvn_channel *neighbour;
};

static void start(struct bench *bench, struct cvn_limits_options options)
{
    options.now_ms = read_clock;
    assert_int_equal(cvn_limits_new(&bench->limits, &options), 0);
    struct cvn_interceptor interceptor = cvn_limits_interceptor(bench->limits);
    struct cvn_server_options server = {.interceptors = &interceptor, .n_interceptors = 1};
    rig_start(&bench->rig, &(struct rig_options){.transport = transport, .server = &server});
    assert_int_equal(transport_connect(&bench->neighbour, bench->rig.url, NULL, NULL), 0);
}

static void stop(struct bench *bench)
{
    cvn_channel_free(bench->neighbour);
    rig_stop(&bench->rig);
    struct cvn_limits_stats stats;
    cvn_limits_read_stats(bench->limits, &stats);
    assert_int_equal(stats.n_calls, 0);
    cvn_limits_free(bench->limits);
}

/* A stream that the server is at work on. */
static struct cvn_stream *hold(struct bench *bench)
{
    struct cvn_stream *stream = rig_stream(&bench->rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 1, 1), 0);
    assert_int_equal(rig_read(stream), 1);
    return stream;
}

static void let_go(struct cvn_stream *stream)
{
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

/* The server counts a call out just after its client has the status. */
static void await_calls(struct bench *bench, size_t n)
{
    struct cvn_limits_stats stats;
    do
        cvn_limits_read_stats(bench->limits, &stats);
    while (stats.n_calls != n);
}

static enum cvn_code call(struct bench *bench)
{
    return rig_empty_call(bench->rig.channel, NULL);
}

static void test_calls_in_flight_of_one_caller(void **state)
{
    struct bench bench;
    start(&bench, (struct cvn_limits_options){.max_calls = 2});
    struct cvn_stream *first = hold(&bench);
    assert_int_equal(call(&bench), CVN_OK); /* the second */
    await_calls(&bench, 1);
    struct cvn_stream *second = hold(&bench);
    assert_int_equal(call(&bench), CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(rig_empty_call(bench.neighbour, NULL), CVN_OK);
    let_go(first);
    await_calls(&bench, 1);
    assert_int_equal(call(&bench), CVN_OK);
    let_go(second);
    stop(&bench);
}

static void test_calls_of_one_caller_per_second(void **state)
{
    struct bench bench;
    atomic_store(&clock_ms, 1000);
    start(&bench, (struct cvn_limits_options){.per_second = 10, .burst = 3});
    for (int i = 0; i < 3; i++)
        assert_int_equal(call(&bench), CVN_OK);
    assert_int_equal(call(&bench), CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(rig_empty_call(bench.neighbour, NULL), CVN_OK);
    atomic_store(&clock_ms, 1099);
    assert_int_equal(call(&bench), CVN_RESOURCE_EXHAUSTED);
    atomic_store(&clock_ms, 1100);
    assert_int_equal(call(&bench), CVN_OK);
    assert_int_equal(call(&bench), CVN_RESOURCE_EXHAUSTED);
    struct cvn_limits_stats stats;
    cvn_limits_read_stats(bench.limits, &stats);
    assert_int_equal(stats.n_refused_rate, 3);
    stop(&bench);
}

static void test_refusal_says_when_to_come_back(void **state)
{
    struct bench bench;
    atomic_store(&clock_ms, 0);
    start(&bench, (struct cvn_limits_options){.per_second = 4, .burst = 1});
    assert_int_equal(call(&bench), CVN_OK);
    struct cvn_stream *stream = rig_stream(&bench.rig, "FullDuplexCall", NULL);
    assert_int_equal(rig_read(stream), -1);
    const struct cvn_metadata *trailing = cvn_stream_trailing_metadata(stream);
    assert_non_null(trailing);
    assert_string_equal(cvn_metadata_get(trailing, CVN_RETRY_METADATA_PUSHBACK), "250");
    assert_int_equal(rig_finish(stream), CVN_RESOURCE_EXHAUSTED);
    stop(&bench);
}

static enum cvn_code call_with(struct bench *bench, size_t bytes)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){bytes, cvn_arena_alloc(&arena, bytes)};
    request.payload = &payload;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &request.base,
                                    .options = {.timeout_ms = RIG_TIMEOUT_MS}};
    struct cvn_status status;
    ProtobufCMessage *reply;
    return cvn_channel_call(bench->rig.channel, &what, &arena, &status, &reply);
}

static void test_bytes_in_flight_of_one_caller(void **state)
{
    struct bench bench;
    start(&bench, (struct cvn_limits_options){.max_bytes = 1000});
    assert_int_equal(call_with(&bench, 5000), CVN_OK); /* alone it may be as large as any */
    await_calls(&bench, 0);
    struct cvn_stream *held = hold(&bench);
    assert_int_equal(call_with(&bench, 900), CVN_OK);
    await_calls(&bench, 1);
    assert_int_equal(call_with(&bench, 1001), CVN_RESOURCE_EXHAUSTED);
    let_go(held);
    stop(&bench);
}

static void test_callers_that_are_remembered(void **state)
{
    struct bench bench;
    start(&bench, (struct cvn_limits_options){.max_calls = 5, .max_callers = 1});
    struct cvn_stream *held = hold(&bench);
    assert_int_equal(rig_empty_call(bench.neighbour, NULL), CVN_RESOURCE_EXHAUSTED);
    let_go(held);
    await_calls(&bench, 0);
    assert_int_equal(rig_empty_call(bench.neighbour, NULL), CVN_OK);
    struct cvn_limits_stats stats;
    cvn_limits_read_stats(bench.limits, &stats);
    assert_int_equal(stats.n_callers, 1);
    assert_int_equal(stats.n_refused_others, 1);
    stop(&bench);
}

int main(int argc, char **argv)
{
    transport = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_in_flight_of_one_caller),
        cmocka_unit_test(test_calls_of_one_caller_per_second),
        cmocka_unit_test(test_refusal_says_when_to_come_back),
        cmocka_unit_test(test_bytes_in_flight_of_one_caller),
        cmocka_unit_test(test_callers_that_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
