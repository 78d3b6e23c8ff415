#include "tests/support/cmocka_all.h"

#include "client/cli/when.h"

#include <errno.h>
#include <string.h>

static struct cvn_zones *zones;
static const struct cvn_zone *berlin;

/* Wednesday, 2 December 2026, 15:00 in Berlin. */
#define NOW_MS INT64_C(1796220000000)

static int set_up(void **state)
{
    (void)state;
    return cvn_zones_new(&zones) || cvn_zones_find(zones, "Europe/Berlin", &berlin);
}

static int tear_down(void **state)
{
    (void)state;
    cvn_zones_free(zones);
    return 0;
}

static int64_t berlin_ms(const char *local)
{
    struct cvn_civil civil;
    assert_true(cvn_civil_parse(&civil, local));
    return cvn_zone_utc_ms(berlin, &civil);
}

static void check(const char *text, const char *from, const char *before)
{
    struct cvn_when when;
    struct cvn_error err = {""};
    if (cvn_when_parse(&when, text, NOW_MS, berlin, &err)) {
        fail_msg("%s: %s", text, err.text);
    }
    assert_int_equal(when.from_ms, berlin_ms(from));
    assert_int_equal(when.before_ms, berlin_ms(before));
}

static void test_now_is_what_this_test_believes(void **state)
{
    (void)state;
    assert_int_equal(NOW_MS, berlin_ms("2026-12-02T15:00"));
}

static void test_days_are_those_of_the_zone(void **state)
{
    (void)state;
    check("today", "2026-12-02T00:00", "2026-12-03T00:00");
    check("tomorrow", "2026-12-03T00:00", "2026-12-04T00:00");
    check("Yesterday", "2026-12-01T00:00", "2026-12-02T00:00");
}

static void test_weeks_run_from_monday_to_sunday(void **state)
{
    (void)state;
    check("this-week", "2026-11-30T00:00", "2026-12-07T00:00");
    check("next-week", "2026-12-07T00:00", "2026-12-14T00:00");
    check("this-weekend", "2026-12-05T00:00", "2026-12-07T00:00");
}

static void test_weekday_is_the_next_from_today_on(void **state)
{
    (void)state;
    check("wednesday", "2026-12-02T00:00", "2026-12-03T00:00");
    check("fri", "2026-12-04T00:00", "2026-12-05T00:00");
    check("tuesday", "2026-12-08T00:00", "2026-12-09T00:00");
}

static void test_months_turn_the_year(void **state)
{
    (void)state;
    check("this-month", "2026-12-01T00:00", "2027-01-01T00:00");
    check("next-month", "2027-01-01T00:00", "2027-02-01T00:00");
    check("2028-02", "2028-02-01T00:00", "2028-03-01T00:00");
}

static void test_offsets_count_from_now(void **state)
{
    (void)state;
    check("+7d", "2026-12-09T15:00", "2026-12-09T15:00");
    check("-2w", "2026-11-18T15:00", "2026-11-18T15:00");
    check("+36h", "2026-12-04T03:00", "2026-12-04T03:00");
    check("+90min", "2026-12-02T16:30", "2026-12-02T16:30");
}

/* 28 March 2027 has 23 hours in Berlin; 16 weeks and 4 days from now it is past that. */
static void test_days_keep_the_hour_when_clocks_change(void **state)
{
    (void)state;
    check("+20w", "2027-04-21T15:00", "2027-04-21T15:00");
    check("2027-03-28", "2027-03-28T00:00", "2027-03-29T00:00");
}

static void test_dates_and_times_are_local(void **state)
{
    (void)state;
    check("2026-12-31", "2026-12-31T00:00", "2027-01-01T00:00");
    check("2026-12-01T18:30", "2026-12-01T18:30", "2026-12-01T18:30");
    check("2026-12-01T18:30:00Z", "2026-12-01T19:30", "2026-12-01T19:30");
    check("now", "2026-12-02T15:00", "2026-12-02T15:00");
}

static void test_nonsense_is_refused_with_what_would_be_right(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "soon",       "2026-13-01", "2026-02-30",
                                      "+7",        "+d",         "+9999999d",  "2026-12-1",
                                      "this week", "12/01/2026", "1969-01-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cvn_when when;
        struct cvn_error err = {""};
        if (cvn_when_parse(&when, bad[i], NOW_MS, berlin, &err) != -EINVAL) {
            fail_msg("%s was accepted", bad[i]);
        }
        assert_non_null(strstr(err.text, "this-week"));
    }
}

static void test_format_adds_the_year_when_it_is_another(void **state)
{
    (void)state;
    char text[CVN_WHEN_TEXT_BYTES];
    const struct cvn_civil civil = {2026, 12, 1, 18, 30, 0};
    cvn_when_format(text, &civil, 2026);
    assert_string_equal(text, "Tue 1 Dec 18:30");
    cvn_when_format(text, &civil, 2025);
    assert_string_equal(text, "Tue 1 Dec 2026 18:30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now_is_what_this_test_believes),
        cmocka_unit_test(test_days_are_those_of_the_zone),
        cmocka_unit_test(test_weeks_run_from_monday_to_sunday),
        cmocka_unit_test(test_weekday_is_the_next_from_today_on),
        cmocka_unit_test(test_months_turn_the_year),
        cmocka_unit_test(test_offsets_count_from_now),
        cmocka_unit_test(test_days_keep_the_hour_when_clocks_change),
        cmocka_unit_test(test_dates_and_times_are_local),
        cmocka_unit_test(test_nonsense_is_refused_with_what_would_be_right),
        cmocka_unit_test(test_format_adds_the_year_when_it_is_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
