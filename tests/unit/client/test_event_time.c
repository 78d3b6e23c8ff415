#include "tests/support/cmocka_all.h"

#include "client/cli/event_time.h"

#include <errno.h>
#include <string.h>

static struct cvn_zones *zones;
static const struct cvn_zone *berlin;
static struct cvn_error err;
static char local[CVN_CIVIL_TEXT_BYTES];

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

static void test_local_times_stay_local(void **state)
{
    (void)state;
    assert_int_equal(cvn_event_local(local, "2026-12-01T18:30", NULL, &err), 0);
    assert_string_equal(local, "2026-12-01T18:30:00");
    assert_int_equal(cvn_event_local(local, "2026-12-01 18:30:15", NULL, &err), 0);
    assert_string_equal(local, "2026-12-01T18:30:15");
}

static void test_instants_become_what_clocks_show_there(void **state)
{
    (void)state;
    assert_int_equal(cvn_event_local(local, "2026-12-01T18:30:00Z", berlin, &err), 0);
    assert_string_equal(local, "2026-12-01T19:30:00");
    assert_int_equal(cvn_event_local(local, "2026-07-01T18:30:00-05:00", berlin, &err), 0);
    assert_string_equal(local, "2026-07-02T01:30:00");
}

static void test_instant_without_a_zone_says_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(cvn_event_local(local, "2026-12-01T18:30:00Z", NULL, &err), -EINVAL);
    assert_non_null(strstr(err.text, "time_zone"));
}

static void test_what_is_no_time_is_quoted(void **state)
{
    (void)state;
    assert_int_equal(cvn_event_local(local, "soon", berlin, &err), -EINVAL);
    assert_non_null(strstr(err.text, "\"soon\""));
    assert_int_equal(cvn_event_local(local, "2026-12-01", berlin, &err), -EINVAL);
    assert_int_equal(cvn_event_local(local, "2026-02-30T10:00", berlin, &err), -EINVAL);
}

static void check_duration(const char *text, int64_t seconds)
{
    int64_t found = -1;
    if (cvn_event_duration(&found, text, &err)) {
        fail_msg("%s: %s", text, err.text);
    }
    assert_int_equal(found, seconds);
}

static void test_durations_in_every_spelling(void **state)
{
    (void)state;
    check_duration("PT2H", 7200);
    check_duration("PT0S", 0);
    check_duration("P1DT30M", 88200);
    check_duration("2h", 7200);
    check_duration("1h30m", 5400);
    check_duration("1h 30min", 5400);
    check_duration("90", 5400);
    check_duration("02:15", 8100);
    check_duration("31d", 31 * 86400);
}

static void test_durations_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-1h", "32d", "two hours", "h", "2x", "2:75", "P1Y"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t seconds;
        if (cvn_event_duration(&seconds, bad[i], &err) != -EINVAL) {
            fail_msg("%s was accepted", bad[i]);
        }
    }
}

static void test_later_turns_the_day(void **state)
{
    (void)state;
    assert_int_equal(cvn_event_later(local, "2026-12-31T23:00:00", 7200, &err), 0);
    assert_string_equal(local, "2027-01-01T01:00:00");
    assert_int_equal(cvn_event_later(local, "", 7200, &err), -EINVAL);
    assert_int_equal(cvn_event_later(local, "2100-12-31T23:00:00", 7200, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local_times_stay_local),
        cmocka_unit_test(test_instants_become_what_clocks_show_there),
        cmocka_unit_test(test_instant_without_a_zone_says_what_is_missing),
        cmocka_unit_test(test_what_is_no_time_is_quoted),
        cmocka_unit_test(test_durations_in_every_spelling),
        cmocka_unit_test(test_durations_out_of_bounds_are_refused),
        cmocka_unit_test(test_later_turns_the_day),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
