#include "rpc/caller_limits.h"
#include "tests/support/cmocka_all.h"

static void test_full_at_first_and_empty_after_its_size(void **state)
{
    struct cvn_bucket bucket = {0};
    for (int i = 0; i < 5; i++)
        assert_int_equal(cvn_bucket_take(&bucket, 10, 5, 1000), 0);
    assert_int_equal(cvn_bucket_take(&bucket, 10, 5, 1000), 100);
}

static void test_a_token_is_there_when_it_is_due_and_not_before(void **state)
{
    struct cvn_bucket bucket = {0};
    assert_int_equal(cvn_bucket_take(&bucket, 4, 1, 5000), 0);
    assert_int_equal(cvn_bucket_take(&bucket, 4, 1, 5000 + 249), 1);
    assert_int_equal(cvn_bucket_take(&bucket, 4, 1, 5000 + 250), 0);
    assert_int_equal(cvn_bucket_take(&bucket, 4, 1, 5000 + 250), 250);
}

static void test_refusals_cost_nothing(void **state)
{
    struct cvn_bucket bucket = {0};
    assert_int_equal(cvn_bucket_take(&bucket, 1, 1, 0), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(cvn_bucket_take(&bucket, 1, 1, 999), 1);
    assert_int_equal(cvn_bucket_take(&bucket, 1, 1, 1000), 0);
}

static void test_it_never_holds_more_than_its_size(void **state)
{
    struct cvn_bucket bucket = {0};
    assert_int_equal(cvn_bucket_take(&bucket, 1000, 2, 0), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cvn_bucket_take(&bucket, 1000, 2, INT64_MAX / 2), 0);
    assert_int_equal(cvn_bucket_take(&bucket, 1000, 2, INT64_MAX / 2), 1);
}

static void test_the_rate_over_a_long_time(void **state)
{
    struct cvn_bucket bucket = {0};
    int n = 0;
    for (int64_t now_ms = 0; now_ms < 10000; now_ms++)
        for (int i = 0; i < 3; i++)
            n += cvn_bucket_take(&bucket, 700, 10, now_ms) == 0;
    assert_in_range(n, 7000, 7010);
}

static void test_time_that_goes_back_gives_nothing(void **state)
{
    struct cvn_bucket bucket = {0};
    assert_int_equal(cvn_bucket_take(&bucket, 10, 1, 1000), 0);
    assert_int_equal(cvn_bucket_take(&bucket, 10, 1, 0), 100);
}

static void test_limits_refuse_a_rate_out_of_range(void **state)
{
    struct cvn_limits *limits;
    struct cvn_limits_options most = {.per_second = CVN_LIMITS_RATE_MAX,
                                      .burst = CVN_LIMITS_RATE_MAX};
    assert_int_equal(cvn_limits_new(&limits, &most), 0);
    cvn_limits_free(limits);
    struct cvn_limits_options fast = {.per_second = CVN_LIMITS_RATE_MAX + 1};
    assert_int_equal(cvn_limits_new(&limits, &fast), -22);
    struct cvn_limits_options large = {.per_second = 1, .burst = CVN_LIMITS_RATE_MAX + 1};
    assert_int_equal(cvn_limits_new(&limits, &large), -22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_at_first_and_empty_after_its_size),
        cmocka_unit_test(test_a_token_is_there_when_it_is_due_and_not_before),
        cmocka_unit_test(test_refusals_cost_nothing),
        cmocka_unit_test(test_it_never_holds_more_than_its_size),
        cmocka_unit_test(test_the_rate_over_a_long_time),
        cmocka_unit_test(test_time_that_goes_back_gives_nothing),
        cmocka_unit_test(test_limits_refuse_a_rate_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
