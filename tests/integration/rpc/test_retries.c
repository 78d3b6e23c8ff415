/* Further attempts, over the transport named on the command line. */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

static const char *transport;

/* Fails so many calls, and then answers; notes what the calls said of themselves. */
struct failer {
    atomic_uint n_to_fail;
    enum cvn_code code;
    const char *pushback; /* sent with each failure; NULL for none */
    bool initial_metadata_first;
    struct tally asked;
    char attempts[8][8]; /* "grpc-previous-rpc-attempts" of each call; "" without */
};
#define FAILER_INIT(n, with)                                                                       \
    {                                                                                              \
        .n_to_fail = (n), .code = (with), .asked = TALLY_INIT                                      \
    }

static void note_attempts(struct failer *failer, const struct cvn_server_call *call)
{
    const char *attempts =
        cvn_metadata_get(cvn_server_call_metadata(call), CVN_RETRY_METADATA_ATTEMPTS);
    unsigned n = tally_get(&failer->asked);
    if (n < 8)
        (void)snprintf(failer->attempts[n], sizeof failer->attempts[n], "%s",
                       attempts ? attempts : "");
    tally_add(&failer->asked);
}

static void unary_call(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct failer *failer = user;
    note_attempts(failer, call);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, cvn_server_call_arena(call));
    if (failer->initial_metadata_first)
        (void)cvn_server_call_send_initial_metadata(call, &metadata);
    if (atomic_load(&failer->n_to_fail) == 0) {
        cvn_server_call_finish(call, NULL, NULL);
        return;
    }
    atomic_fetch_sub(&failer->n_to_fail, 1);
    if (failer->pushback) {
        (void)cvn_metadata_add(&metadata, CVN_RETRY_METADATA_PUSHBACK,
                               cvn_slice_of_string(failer->pushback));
        (void)cvn_server_call_set_trailing_metadata(call, &metadata);
    }
    cvn_server_call_finish(call, &(struct cvn_status){.code = failer->code}, NULL);
}

static const struct cvn_method failing_methods[7] = {
    [0] = {.unary = unary_call}, [1] = {.unary = unary_call}, [2] = {.unary = unary_call}};

static const struct cvn_channel_options with_retries = {
    .retry = {.max_attempts = 4,
              .initial_backoff_ms = 1,
              .codes = CVN_RETRY_CODE(CVN_UNAVAILABLE) | CVN_RETRY_CODE(CVN_ABORTED)}};

static void start(struct rig *rig, struct failer *failer, const struct cvn_channel_options *options)
{
    rig_start(rig, &(struct rig_options){.transport = transport,
                                         .methods = failing_methods,
                                         .user = failer,
                                         .channel = options});
}

static uint64_t retries_of(struct rig *rig)
{
    struct cvn_channel_stats stats;
    cvn_channel_read_stats(rig->channel, &stats);
    return stats.n_retries;
}

static void test_named_code_is_retried(void **state)
{
    struct failer failer = FAILER_INIT(2, CVN_ABORTED);
    struct rig rig;
    start(&rig, &failer, &with_retries);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    assert_int_equal(tally_get(&failer.asked), 3);
    assert_int_equal(retries_of(&rig), 2);
    assert_string_equal(failer.attempts[0], "");
    assert_string_equal(failer.attempts[1], "1");
    assert_string_equal(failer.attempts[2], "2");
    rig_stop(&rig);
}

static void test_other_codes_are_not_retried(void **state)
{
    struct failer failer = FAILER_INIT(1, CVN_INTERNAL);
    struct rig rig;
    start(&rig, &failer, &with_retries);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_INTERNAL);
    assert_int_equal(tally_get(&failer.asked), 1);
    rig_stop(&rig);
}

static void test_without_a_policy_nothing_is_retried(void **state)
{
    struct failer failer = FAILER_INIT(1, CVN_UNAVAILABLE);
    struct rig rig;
    start(&rig, &failer, NULL);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 1);
    rig_stop(&rig);
}

static void test_method_with_a_policy_of_its_own(void **state)
{
    static const struct cvn_retry_policy told = {
        .max_attempts = 3, .told_codes = CVN_RETRY_CODE(CVN_RESOURCE_EXHAUSTED)};
    struct failer failer = FAILER_INIT(1, CVN_RESOURCE_EXHAUSTED);
    struct rig rig;
    start(&rig, &failer, &with_retries);
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .retry = &told};
    assert_int_equal(rig_empty_call(rig.channel, &options), CVN_RESOURCE_EXHAUSTED);
    failer.pushback = "1";
    atomic_store(&failer.n_to_fail, 2);
    assert_int_equal(rig_empty_call(rig.channel, &options), CVN_OK);
    assert_int_equal(tally_get(&failer.asked), 4);
    failer.code = CVN_ABORTED; /* which only the channel's policy names */
    atomic_store(&failer.n_to_fail, 1);
    assert_int_equal(rig_empty_call(rig.channel, &options), CVN_ABORTED);
    rig_stop(&rig);
}

static void test_attempts_are_limited(void **state)
{
    struct failer failer = FAILER_INIT(3, CVN_UNAVAILABLE);
    struct rig rig;
    start(&rig, &failer, &with_retries);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK); /* the fourth attempt */
    atomic_store(&failer.n_to_fail, 4);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 8);
    rig_stop(&rig);
}

static void test_no_retry_after_initial_metadata(void **state)
{
    struct failer failer = FAILER_INIT(1, CVN_UNAVAILABLE);
    failer.initial_metadata_first = true;
    struct rig rig;
    start(&rig, &failer, &with_retries);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 1);
    rig_stop(&rig);
}

static void test_server_asks_for_no_retry(void **state)
{
    struct failer failer = FAILER_INIT(1, CVN_UNAVAILABLE);
    failer.pushback = "-1";
    struct rig rig;
    start(&rig, &failer, &with_retries);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 1);
    rig_stop(&rig);
}

/* The policy's own backoff would be past the deadline. */
static void test_server_says_when_to_retry(void **state)
{
    struct failer failer = FAILER_INIT(2, CVN_UNAVAILABLE);
    failer.pushback = "1";
    struct cvn_channel_options options = with_retries;
    options.retry.initial_backoff_ms = RIG_TIMEOUT_MS * 2;
    options.retry.max_backoff_ms = RIG_TIMEOUT_MS * 2;
    struct rig rig;
    start(&rig, &failer, &options);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    failer.pushback = NULL;
    atomic_store(&failer.n_to_fail, 1);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    rig_stop(&rig);
}

static void test_throttled_channel_does_not_retry(void **state)
{
    struct failer failer = FAILER_INIT(1000, CVN_UNAVAILABLE);
    struct cvn_channel_options options = with_retries;
    options.retry.max_tokens = 4;
    options.retry.token_permille = 500;
    struct rig rig;
    start(&rig, &failer, &options);
    /* 4 tokens: the first failure leaves 3, the second 2, which is no more than half. */
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 2);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_UNAVAILABLE);
    assert_int_equal(tally_get(&failer.asked), 3);
    atomic_store(&failer.n_to_fail, 0);
    for (int i = 0; i < 6; i++) /* 1 token and 3 more */
        assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    atomic_store(&failer.n_to_fail, 1);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

static void test_server_streaming_call_is_retried(void **state)
{
    struct failer failer = FAILER_INIT(1, CVN_UNAVAILABLE);
    failer.pushback = "1";
    struct rig rig;
    start(&rig, &failer, &with_retries);
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "StreamingOutputCall", &request.base);
    assert_int_equal(rig_read(stream), 0);
    assert_int_equal(rig_read(stream), -1);
    /* Trailing metadata is that of the attempt that ended the call. */
    assert_null(cvn_stream_trailing_metadata(stream));
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(tally_get(&failer.asked), 2);
    rig_stop(&rig);
}

static void test_cancel_while_an_attempt_is_waited_for(void **state)
{
    struct failer failer = FAILER_INIT(1000, CVN_UNAVAILABLE);
    struct cvn_channel_options options = with_retries;
    options.retry.initial_backoff_ms = RIG_TIMEOUT_MS / 4;
    struct rig rig;
    start(&rig, &failer, &options);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "EmptyCall", &empty.base);
    tally_wait(&failer.asked, 1);
    while (retries_of(&rig) == 0)
        ;
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    assert_int_equal(tally_get(&failer.asked), 1);
    rig_stop(&rig);
}

static void test_wait_for_ready_waits_for_a_server(void **state)
{
    struct rig rig = {.server = NULL};
    transport_vacant(transport, rig.url);
    struct cvn_channel_options options = {.connect_timeout_ms = 1};
    assert_int_equal(transport_connect(&rig.channel, rig.url, &options, NULL), 0);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_stream *patient = rig_stream(&rig, "EmptyCall", &empty.base);
    struct cvn_call_options hasty = {.timeout_ms = RIG_TIMEOUT_MS};
    assert_int_equal(rig_empty_call(rig.channel, &hasty), CVN_UNAVAILABLE);
    assert_false(cvn_stream_ended(patient));
    rig.server =
        rig_serve(&(struct rig_options){.transport = transport}, &rig.service, rig.url, true);
    assert_int_equal(rig_finish(patient), CVN_OK);
    rig_stop(&rig);
}

static void test_nobody_listening_is_told_without_waiting_for_a_connection(void **state)
{
    struct rig rig = {.server = NULL};
    transport_vacant(transport, rig.url);
    struct cvn_channel_options options = {.connect_timeout_ms = 3600 * 1000,
                                          .refused_timeout_ms = 1};
    assert_int_equal(transport_connect(&rig.channel, rig.url, &options, NULL), 0);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_stream *patient = rig_stream(&rig, "EmptyCall", &empty.base);
    struct cvn_call_options hasty = {0};
    for (int i = 0; i < 3; i++) /* also once it is known */
        assert_int_equal(rig_empty_call(rig.channel, &hasty), CVN_UNAVAILABLE);
    assert_false(cvn_stream_ended(patient));
    rig.server =
        rig_serve(&(struct rig_options){.transport = transport}, &rig.service, rig.url, true);
    assert_int_equal(rig_finish(patient), CVN_OK);
    assert_int_equal(rig_empty_call(rig.channel, &hasty), CVN_OK);
    rig_stop(&rig);
}

static void test_one_of_several_addresses_that_refuses_is_no_answer(void **state)
{
    struct rig rig = {.server = NULL};
    char urls[2 * sizeof rig.url], other[sizeof rig.url];
    transport_vacant(transport, other);
    transport_vacant(transport, rig.url);
    rig.server =
        rig_serve(&(struct rig_options){.transport = transport}, &rig.service, rig.url, true);
    (void)snprintf(urls, sizeof urls, "%s,%s", other, rig.url);
    struct cvn_channel_options options = {.connect_timeout_ms = RIG_TIMEOUT_MS,
                                          .refused_timeout_ms = 1};
    assert_int_equal(transport_connect(&rig.channel, urls, &options, NULL), 0);
    struct cvn_call_options hasty = {.timeout_ms = RIG_TIMEOUT_MS};
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_empty_call(rig.channel, &hasty), CVN_OK);
    rig_stop(&rig);
}

static void test_wait_for_ready_ends_with_the_deadline(void **state)
{
    struct rig rig = {.server = NULL};
    transport_vacant(transport, rig.url);
    assert_int_equal(transport_connect(&rig.channel, rig.url, NULL, NULL), 0);
    struct cvn_call_options options = {.timeout_ms = 50, .wait_for_ready = true};
    assert_int_equal(rig_empty_call(rig.channel, &options), CVN_DEADLINE_EXCEEDED);
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_code_is_retried),
        cmocka_unit_test(test_other_codes_are_not_retried),
        cmocka_unit_test(test_without_a_policy_nothing_is_retried),
        cmocka_unit_test(test_method_with_a_policy_of_its_own),
        cmocka_unit_test(test_attempts_are_limited),
        cmocka_unit_test(test_no_retry_after_initial_metadata),
        cmocka_unit_test(test_server_asks_for_no_retry),
        cmocka_unit_test(test_server_says_when_to_retry),
        cmocka_unit_test(test_throttled_channel_does_not_retry),
        cmocka_unit_test(test_server_streaming_call_is_retried),
        cmocka_unit_test(test_cancel_while_an_attempt_is_waited_for),
        cmocka_unit_test(test_wait_for_ready_waits_for_a_server),
        cmocka_unit_test(test_wait_for_ready_ends_with_the_deadline),
        cmocka_unit_test(test_nobody_listening_is_told_without_waiting_for_a_connection),
        cmocka_unit_test(test_one_of_several_addresses_that_refuses_is_no_answer),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
