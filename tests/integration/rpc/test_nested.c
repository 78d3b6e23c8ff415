/*
 * What reaches a handler and what it passes on: hooks, cancellation, deadline and trace of the call
 * on whose behalf it makes others. Over the transport named on the command line.
 */
#include "rpc/clock.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

static const char *transport;

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* What a handler of UnaryCall does with its call, and what it saw. */
struct bench {
    void (*handle)(struct cvn_server_call *call, struct bench *bench);
    struct tally asked, hooked;
    struct cvn_server_call *call; /* the last one */
    struct cvn_channel *inner;    /* for nested calls */
    enum cvn_code inner_code;
    int64_t deadline_ms;
    char trace[64];
};
#define BENCH_INIT(function)                                                                       \
    {                                                                                              \
        .handle = (function), .asked = TALLY_INIT, .hooked = TALLY_INIT                            \
    }

static void unary_call(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct bench *bench = user;
    bench->call = call;
    bench->handle(call, bench);
}

static const struct cvn_method methods[7] = {[1] = {.unary = unary_call}};

static void start(struct rig *rig, struct bench *bench)
{
    rig_start(rig,
              &(struct rig_options){.transport = transport, .methods = methods, .user = bench});
}

static struct cvn_stream *begin_call(struct rig *rig, const struct cvn_call_options *options)
{
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    struct cvn_call_options usual = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    return rig_stream_with(rig, "UnaryCall", &request.base, options ? options : &usual, NULL);
}

static void count_hook(void *arg)
{
    struct bench *bench = arg;
    tally_add(&bench->hooked);
}

static void hook_and_finish(struct cvn_server_call *call, struct bench *bench)
{
    cvn_server_call_on_cancel(call, count_hook, bench);
    cvn_server_call_finish(call, NULL, NULL);
}

static void test_hook_is_quiet_when_the_call_is_finished(void **state)
{
    struct bench bench = BENCH_INIT(hook_and_finish);
    struct rig rig;
    start(&rig, &bench);
    for (int i = 0; i < 20; i++)
        assert_int_equal(rig_finish(begin_call(&rig, NULL)), CVN_OK);
    rig_stop(&rig);
    assert_int_equal(tally_get(&bench.hooked), 0);
}

static void hook_and_wait(struct cvn_server_call *call, struct bench *bench)
{
    cvn_server_call_on_cancel(call, count_hook, bench);
    tally_add(&bench->asked);
}

static void finish_held(struct cvn_server_call *call)
{
    cvn_server_call_on_cancel(call, NULL, NULL);
    cvn_server_call_finish(call, NULL, NULL);
}

static void test_hook_is_told_once_of_a_cancellation(void **state)
{
    struct bench bench = BENCH_INIT(hook_and_wait);
    struct rig rig;
    start(&rig, &bench);
    struct cvn_stream *stream = begin_call(&rig, NULL);
    tally_wait(&bench.asked, 1);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    tally_wait(&bench.hooked, 1);
    assert_true(cvn_server_call_cancelled(bench.call));
    finish_held(bench.call);
    rig_stop(&rig);
    assert_int_equal(tally_get(&bench.hooked), 1);
}

/* A call and whose it is, for a hook that finishes it. */
struct held {
    struct cvn_server_call *call;
    struct bench *bench;
};

static void finish_by_hook(void *arg)
{
    struct held held = *(struct held *)arg; /* which is the call's */
    cvn_server_call_finish(held.call, &(struct cvn_status){.code = CVN_CANCELLED}, NULL);
    tally_add(&held.bench->hooked);
}

static void wait_for_hook(struct cvn_server_call *call, struct bench *bench)
{
    struct held *held = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *held);
    *held = (struct held){call, bench};
    tally_add(&bench->asked);
    cvn_server_call_on_cancel(call, finish_by_hook, held);
}

/* One that passes before the handler has the call is none that it hears of: then a longer one. */
static void test_hook_is_told_of_the_deadline(void **state)
{
    struct bench bench = BENCH_INIT(wait_for_hook);
    struct rig rig;
    start(&rig, &bench);
    for (int64_t ms = 50; tally_get(&bench.hooked) == 0; ms *= 2) {
        struct cvn_call_options options = {.timeout_ms = ms, .wait_for_ready = true};
        assert_int_equal(rig_finish(begin_call(&rig, &options)), CVN_DEADLINE_EXCEEDED);
    }
    rig_stop(&rig);
    assert_int_equal(tally_get(&bench.hooked), tally_get(&bench.asked));
}

static void test_hook_is_told_of_a_client_that_is_gone(void **state)
{
    struct bench bench = BENCH_INIT(hook_and_wait);
    struct rig rig;
    start(&rig, &bench);
    struct cvn_stream *stream = begin_call(&rig, NULL);
    tally_wait(&bench.asked, 1);
    cvn_stream_free(stream);
    cvn_channel_free(rig.channel);
    rig.channel = NULL;
    tally_wait(&bench.hooked, 1);
    finish_held(bench.call);
    rig_stop(&rig);
}

static void count_only(struct cvn_server_call *call, struct bench *bench)
{
    tally_add(&bench->asked);
}

static void test_hook_set_after_the_cancellation_is_told_at_once(void **state)
{
    struct bench bench = BENCH_INIT(count_only);
    struct rig rig;
    start(&rig, &bench);
    struct cvn_stream *stream = begin_call(&rig, NULL);
    tally_wait(&bench.asked, 1);
    cvn_stream_free(stream);
    while (!cvn_server_call_cancelled(bench.call))
        ;
    cvn_server_call_on_cancel(bench.call, count_hook, &bench);
    assert_int_equal(tally_get(&bench.hooked), 1);
    finish_held(bench.call);
    rig_stop(&rig);
}

static void test_hook_may_finish_the_call(void **state)
{
    struct bench bench = BENCH_INIT(wait_for_hook);
    struct rig rig;
    start(&rig, &bench);
    for (unsigned i = 1; i <= 50; i++) {
        struct cvn_stream *stream = begin_call(&rig, NULL);
        tally_wait(&bench.asked, i);
        cvn_stream_free(stream);
        tally_wait(&bench.hooked, i);
    }
    rig_stop(&rig);
}

/* The inner server of two: keeps calls until they are cancelled, and notes what came. */
static void note_and_wait(struct cvn_server_call *call, struct bench *bench)
{
    const char *trace = cvn_metadata_get(cvn_server_call_metadata(call), "traceparent");
    (void)snprintf(bench->trace, sizeof bench->trace, "%s", trace ? trace : "");
    bench->deadline_ms = cvn_server_call_deadline_ms(call);
    wait_for_hook(call, bench);
}

static void note_and_finish(struct cvn_server_call *call, struct bench *bench)
{
    bench->deadline_ms = cvn_server_call_deadline_ms(call);
    const char *trace = cvn_metadata_get(cvn_server_call_metadata(call), "traceparent");
    (void)snprintf(bench->trace, sizeof bench->trace, "%s", trace ? trace : "");
    cvn_server_call_finish(call, NULL, NULL);
}

/* The outer one asks the inner one on behalf of its caller, and answers as it was answered. */
static void ask_inner(struct cvn_server_call *call, struct bench *bench)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &request.base,
                                    .options = {.wait_for_ready = true, .parent = call}};
    struct cvn_status status;
    ProtobufCMessage *reply;
    bench->inner_code = cvn_channel_call(bench->inner, &what, &arena, &status, &reply);
    cvn_server_call_finish(call, &status, NULL);
    tally_add(&bench->asked);
}

struct pair {
    struct rig outer, inner;
    struct bench outer_bench, inner_bench;
};

static void start_pair(struct pair *pair, void (*inner)(struct cvn_server_call *, struct bench *))
{
    *pair = (struct pair){.outer_bench = BENCH_INIT(ask_inner), .inner_bench = BENCH_INIT(inner)};
    start(&pair->inner, &pair->inner_bench);
    pair->outer_bench.inner = pair->inner.channel;
    start(&pair->outer, &pair->outer_bench);
}

static void stop_pair(struct pair *pair)
{
    rig_stop(&pair->outer);
    rig_stop(&pair->inner);
}

static void test_deadline_and_trace_reach_a_nested_call(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct pair pair;
    start_pair(&pair, note_and_finish);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, &arena);
    assert_int_equal(cvn_metadata_add(&metadata, "traceparent", cvn_slice_of_string(TRACE)), 0);
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .metadata = &metadata};
    assert_int_equal(rig_finish(begin_call(&pair.outer, &options)), CVN_OK);
    assert_string_equal(pair.inner_bench.trace, TRACE);
    /* Without the outer one's it would be that of a call without any, 24 hours away. */
    assert_true(pair.inner_bench.deadline_ms <= cvn_rpc_now_ms() + RIG_TIMEOUT_MS);
    stop_pair(&pair);
}

static void test_cancellation_reaches_a_nested_call(void **state)
{
    struct pair pair;
    start_pair(&pair, note_and_wait);
    for (unsigned i = 1; i <= 20; i++) {
        struct cvn_stream *stream = begin_call(&pair.outer, NULL);
        tally_wait(&pair.inner_bench.asked, i);
        cvn_stream_cancel(stream);
        assert_int_equal(rig_finish(stream), CVN_CANCELLED);
        tally_wait(&pair.inner_bench.hooked, i);
        tally_wait(&pair.outer_bench.asked, i);
        assert_int_equal(pair.outer_bench.inner_code, CVN_CANCELLED);
    }
    stop_pair(&pair);
}

static void test_deadline_of_the_outer_call_ends_the_nested_one(void **state)
{
    struct pair pair;
    start_pair(&pair, note_and_wait);
    for (int64_t ms = 50; tally_get(&pair.inner_bench.hooked) == 0; ms *= 2) {
        struct cvn_call_options options = {.timeout_ms = ms, .wait_for_ready = true};
        assert_int_equal(rig_finish(begin_call(&pair.outer, &options)), CVN_DEADLINE_EXCEEDED);
    }
    stop_pair(&pair);
    /* By its own alarm or by the outer call's end, whichever was first. */
    assert_true(pair.outer_bench.inner_code == CVN_DEADLINE_EXCEEDED ||
                pair.outer_bench.inner_code == CVN_CANCELLED);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hook_is_quiet_when_the_call_is_finished),
        cmocka_unit_test(test_hook_is_told_once_of_a_cancellation),
        cmocka_unit_test(test_hook_is_told_of_the_deadline),
        cmocka_unit_test(test_hook_is_told_of_a_client_that_is_gone),
        cmocka_unit_test(test_hook_set_after_the_cancellation_is_told_at_once),
        cmocka_unit_test(test_hook_may_finish_the_call),
        cmocka_unit_test(test_deadline_and_trace_reach_a_nested_call),
        cmocka_unit_test(test_cancellation_reaches_a_nested_call),
        cmocka_unit_test(test_deadline_of_the_outer_call_ends_the_nested_one),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
