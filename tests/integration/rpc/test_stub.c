/* protobuf-c's generated functions as calls, over the transport named on the command line. */
#include "rpc/stub.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdatomic.h>
#include <stdlib.h>

static const char *transport;

/* How calls ended; some of it for one call at a time. */
struct ends {
    struct tally tally;
    enum cvn_code code;
    atomic_uint n_ok;
    size_t bytes;
};
#define ENDS_INIT                                                                                  \
    {                                                                                              \
        .tally = TALLY_INIT                                                                        \
    }

static void note_status(void *closure_data, const struct cvn_status *status)
{
    struct ends *ends = closure_data;
    ends->code = status->code;
}

static void take_empty(const Convene__Testing__Empty *reply, void *closure_data)
{
    struct ends *ends = closure_data;
    assert_int_equal(reply != NULL, ends->code == CVN_OK);
    tally_add(&ends->tally);
}

static void take_simple(const Convene__Testing__SimpleResponse *reply, void *closure_data)
{
    struct ends *ends = closure_data;
    ends->bytes = reply ? reply->payload->body.len : 0;
    tally_add(&ends->tally);
}

/* For many at once, whose statuses nobody keeps. */
static void count(const Convene__Testing__Empty *reply, void *closure_data)
{
    struct ends *ends = closure_data;
    if (reply)
        atomic_fetch_add(&ends->n_ok, 1);
    tally_add(&ends->tally);
}

struct stubs {
    struct rig rig;
    struct cvn_stub stub;
};

static void start(struct stubs *stubs)
{
    rig_start(&stubs->rig, &(struct rig_options){.transport = transport});
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    cvn_stub_init(&stubs->stub, stubs->rig.channel, &convene__testing__test_service__descriptor,
                  &options);
    stubs->stub.ended = note_status;
}

static void test_reply_comes_to_the_closure(void **state)
{
    struct stubs stubs;
    struct ends ends = ENDS_INIT;
    start(&stubs);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    convene__testing__test_service__empty_call(&stubs.stub.base, &empty, take_empty, &ends);
    tally_wait(&ends.tally, 1);
    assert_int_equal(ends.code, CVN_OK);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.response_size = 1234;
    convene__testing__test_service__unary_call(&stubs.stub.base, &request, take_simple, &ends);
    tally_wait(&ends.tally, 2);
    assert_int_equal(ends.bytes, 1234);
    protobuf_c_service_destroy(&stubs.stub.base);
    rig_stop(&stubs.rig);
}

static void test_failure_comes_as_NULL_with_its_status(void **state)
{
    struct stubs stubs;
    struct ends ends = ENDS_INIT;
    start(&stubs);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    convene__testing__test_service__unimplemented_call(&stubs.stub.base, &empty, take_empty, &ends);
    tally_wait(&ends.tally, 1);
    assert_int_equal(ends.code, CVN_UNIMPLEMENTED);
    stubs.stub.options.timeout_ms = -1;
    convene__testing__test_service__empty_call(&stubs.stub.base, &empty, take_empty, &ends);
    tally_wait(&ends.tally, 2);
    assert_int_equal(ends.code, CVN_DEADLINE_EXCEEDED);
    rig_stop(&stubs.rig);
}

static void test_a_thousand_at_once(void **state)
{
    enum { N = 1000 };
    struct stubs stubs;
    struct ends ends = ENDS_INIT;
    start(&stubs);
    stubs.stub.ended = NULL;
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    for (int i = 0; i < N; i++)
        convene__testing__test_service__empty_call(&stubs.stub.base, &empty, count, &ends);
    tally_wait(&ends.tally, N);
    assert_int_equal(ends.n_ok, N);
    rig_stop(&stubs.rig);
}

static void test_channel_that_closes_ends_calls_once(void **state)
{
    enum { N = 100 };
    struct stubs stubs;
    struct ends ends = ENDS_INIT;
    start(&stubs);
    stubs.stub.ended = NULL;
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    for (int i = 0; i < N; i++)
        convene__testing__test_service__empty_call(&stubs.stub.base, &empty, count, &ends);
    rig_stop(&stubs.rig);
    assert_int_equal(tally_get(&ends.tally), N);
}

int main(int argc, char **argv)
{
    transport = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply_comes_to_the_closure),
        cmocka_unit_test(test_failure_comes_as_NULL_with_its_status),
        cmocka_unit_test(test_a_thousand_at_once),
        cmocka_unit_test(test_channel_that_closes_ends_calls_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
