#include "rpc/retry.h"
#include "tests/support/cmocka_all.h"

static const struct cvn_retry_policy usual = {.max_attempts = 5,
                                              .codes = CVN_RETRY_CODE(CVN_UNAVAILABLE)};

static struct cvn_retry_throttle throttle_of(const struct cvn_retry_policy *policy)
{
    struct cvn_retry_throttle throttle;
    cvn_retry_throttle_init(&throttle, policy);
    return throttle;
}

static int64_t delay(const struct cvn_retry_policy *policy, enum cvn_code code, unsigned n_attempts,
                     uint32_t random)
{
    struct cvn_retry_throttle throttle = throttle_of(policy);
    return cvn_retry_delay_ms(
        policy, &throttle,
        &(struct cvn_retry_question){.code = code, .n_attempts = n_attempts, .random = random});
}

static void test_policy_that_is_zeroed_retries_nothing(void **state)
{
    static const struct cvn_retry_policy none;
    for (int code = CVN_OK; code <= CVN_UNAUTHENTICATED; code++)
        assert_int_equal(delay(&none, (enum cvn_code)code, 1, 0), -1);
}

static void test_codes_that_are_named_and_no_others(void **state)
{
    for (int code = CVN_OK; code <= CVN_UNAUTHENTICATED; code++)
        assert_int_equal(delay(&usual, (enum cvn_code)code, 1, 0) >= 0, code == CVN_UNAVAILABLE);
    struct cvn_retry_policy all = usual;
    all.codes = UINT32_MAX;
    assert_int_equal(delay(&all, CVN_OK, 1, 0), -1);
}

static void test_attempts_up_to_the_policy_and_gRPC_s_limit(void **state)
{
    struct cvn_retry_policy policy = usual;
    policy.max_attempts = 3;
    assert_true(delay(&policy, CVN_UNAVAILABLE, 2, 0) >= 0);
    assert_int_equal(delay(&policy, CVN_UNAVAILABLE, 3, 0), -1);
    policy.max_attempts = 1000;
    assert_true(delay(&policy, CVN_UNAVAILABLE, CVN_RETRY_ATTEMPTS_MAX - 1, 0) >= 0);
    assert_int_equal(delay(&policy, CVN_UNAVAILABLE, CVN_RETRY_ATTEMPTS_MAX, 0), -1);
}

/* 1 s x 1.6 each time, and a fifth less or more. */
static void test_backoff_grows_and_is_spread(void **state)
{
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 1, 0), 800);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 1, 200), 1000);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 1, 400), 1200);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 1, 401), 800);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 2, 0), 1280);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 3, 0), 2048);
    assert_int_equal(delay(&usual, CVN_UNAVAILABLE, 4, 0), 3277);
}

static void test_backoff_up_to_its_maximum(void **state)
{
    struct cvn_retry_policy policy = usual;
    policy.initial_backoff_ms = 100;
    policy.multiplier_percent = 1000;
    policy.max_backoff_ms = 999;
    assert_int_equal(delay(&policy, CVN_UNAVAILABLE, 1, 20), 100);
    assert_int_equal(delay(&policy, CVN_UNAVAILABLE, 2, 0), 800);
    policy.initial_backoff_ms = INT32_MAX;
    policy.max_backoff_ms = INT32_MAX;
    policy.multiplier_percent = INT32_MAX;
    int64_t ms = delay(&policy, CVN_UNAVAILABLE, 4, UINT32_MAX);
    assert_true(ms > 0 && ms <= (int64_t)INT32_MAX * 12 / 10);
}

static int64_t delay_after(const char *pushback, enum cvn_code code)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 64 * 1024);
    struct cvn_metadata trailing;
    cvn_metadata_init(&trailing, &arena);
    assert_int_equal(
        cvn_metadata_add(&trailing, CVN_RETRY_METADATA_PUSHBACK, cvn_slice_of_string(pushback)), 0);
    struct cvn_retry_throttle throttle = throttle_of(&usual);
    return cvn_retry_delay_ms(
        &usual, &throttle,
        &(struct cvn_retry_question){.code = code, .n_attempts = 1, .trailing = &trailing});
}

static void test_pushback_says_when_or_never(void **state)
{
    assert_int_equal(delay_after("0", CVN_UNAVAILABLE), 0);
    assert_int_equal(delay_after("37", CVN_UNAVAILABLE), 37);
    assert_int_equal(delay_after("120000", CVN_UNAVAILABLE), 120000);
    assert_int_equal(delay_after("120001", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("-1", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("soon", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("10ms", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("99999999999999999999", CVN_UNAVAILABLE), -1);
    assert_int_equal(delay_after("37", CVN_INTERNAL), -1);
}

static int64_t delay_advised(const struct cvn_retry_policy *policy, enum cvn_code code,
                             int64_t advised_ms, uint32_t random)
{
    struct cvn_retry_throttle throttle = throttle_of(policy);
    struct cvn_retry_question question = {
        .code = code, .n_attempts = 1, .advised_ms = advised_ms, .random = random};
    return cvn_retry_delay_ms(policy, &throttle, &question);
}

/* RetryInfo says when at the earliest; a fifth more at most keeps callers apart. */
static void test_advice_is_waited_for(void **state)
{
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 100, 0), 100);
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 100, 20), 120);
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 100, 21), 100);
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 120000, 0), 120000);
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 120001, 0), -1);
    assert_int_equal(delay_advised(&usual, CVN_UNAVAILABLE, 0, 200), 1000);
    assert_int_equal(delay_advised(&usual, CVN_INTERNAL, 100, 0), -1);
}

static void test_codes_that_the_server_must_say_when_for(void **state)
{
    struct cvn_retry_policy policy = usual;
    policy.told_codes = CVN_RETRY_CODE(CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(delay_advised(&policy, CVN_RESOURCE_EXHAUSTED, 100, 0), 100);
    assert_int_equal(delay_advised(&policy, CVN_RESOURCE_EXHAUSTED, 0, 0), -1);
    assert_int_equal(delay_advised(&policy, CVN_UNAVAILABLE, 0, 200), 1000);
    policy.codes = 0;
    assert_int_equal(delay_advised(&policy, CVN_UNAVAILABLE, 0, 200), -1);
    policy.max_tokens = 2;
    struct cvn_retry_throttle throttle = throttle_of(&policy);
    struct cvn_retry_question question = {
        .code = CVN_RESOURCE_EXHAUSTED, .n_attempts = 1, .advised_ms = 100};
    assert_int_equal(cvn_retry_delay_ms(&policy, &throttle, &question), 100);
    cvn_retry_throttle_note(&throttle, &policy, CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(cvn_retry_delay_ms(&policy, &throttle, &question), -1);
}

static void test_throttle_stops_at_half_of_the_tokens(void **state)
{
    struct cvn_retry_policy policy = usual;
    policy.max_tokens = 10;
    policy.token_permille = 100;
    struct cvn_retry_throttle throttle = throttle_of(&policy);
    struct cvn_retry_question question = {.code = CVN_UNAVAILABLE, .n_attempts = 1};
    for (int i = 0; i < 4; i++)
        cvn_retry_throttle_note(&throttle, &policy, CVN_UNAVAILABLE);
    assert_true(cvn_retry_delay_ms(&policy, &throttle, &question) >= 0); /* 6 are left */
    cvn_retry_throttle_note(&throttle, &policy, CVN_UNAVAILABLE);
    assert_int_equal(cvn_retry_delay_ms(&policy, &throttle, &question), -1); /* 5 */
    cvn_retry_throttle_note(&throttle, &policy, CVN_INTERNAL); /* neither one nor the other */
    assert_int_equal(cvn_retry_delay_ms(&policy, &throttle, &question), -1);
    cvn_retry_throttle_note(&throttle, &policy, CVN_OK);
    assert_true(cvn_retry_delay_ms(&policy, &throttle, &question) >= 0); /* 5.1 */
}

static void test_throttle_stays_within_its_tokens(void **state)
{
    struct cvn_retry_policy policy = usual;
    policy.max_tokens = 4;
    policy.token_permille = 1000;
    struct cvn_retry_throttle throttle = throttle_of(&policy);
    for (int i = 0; i < 100; i++)
        cvn_retry_throttle_note(&throttle, &policy, CVN_UNAVAILABLE);
    assert_int_equal(throttle.permille, 0);
    for (int i = 0; i < 3; i++)
        cvn_retry_throttle_note(&throttle, &policy, CVN_OK);
    assert_int_equal(throttle.permille, 3000);
    for (int i = 0; i < 100; i++)
        cvn_retry_throttle_note(&throttle, &policy, CVN_OK);
    assert_int_equal(throttle.permille, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_that_is_zeroed_retries_nothing),
        cmocka_unit_test(test_codes_that_are_named_and_no_others),
        cmocka_unit_test(test_attempts_up_to_the_policy_and_gRPC_s_limit),
        cmocka_unit_test(test_backoff_grows_and_is_spread),
        cmocka_unit_test(test_backoff_up_to_its_maximum),
        cmocka_unit_test(test_pushback_says_when_or_never),
        cmocka_unit_test(test_advice_is_waited_for),
        cmocka_unit_test(test_codes_that_the_server_must_say_when_for),
        cmocka_unit_test(test_throttle_stops_at_half_of_the_tokens),
        cmocka_unit_test(test_throttle_stays_within_its_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
