#include "base/zone.h"
#include "tests/support/cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct cvn_zones *zones;

static int open_zones(void **state)
{
    return cvn_zones_new(&zones);
}

static int close_zones(void **state)
{
    cvn_zones_free(zones);
    return 0;
}

static const struct cvn_zone *zone_named(const char *name)
{
    const struct cvn_zone *zone = NULL;
    if (cvn_zones_find(zones, name, &zone) != 0)
        fail_msg("no zone %s", name);
    return zone;
}

/* Local in the zone is the instant; and, where back is given, the instant reads as back there. */
static void assert_local(const char *name, const char *local, const char *instant, const char *back)
{
    const struct cvn_zone *zone = zone_named(name);
    struct cvn_civil civil;
    int64_t expected_ms;
    char text[CVN_INSTANT_TEXT_BYTES];
    assert_true(cvn_civil_parse(&civil, local));
    assert_true(cvn_instant_parse(&expected_ms, NULL, instant));
    int64_t utc_ms = cvn_zone_utc_ms(zone, &civil);
    if (utc_ms != expected_ms) {
        cvn_instant_format(text, utc_ms, 0);
        fail_msg("%s %s: %s, not %s", local, name, text, instant);
    }
    civil = cvn_zone_civil(zone, utc_ms);
    cvn_civil_format(text, &civil);
    assert_string_equal(text, back ? back : local);
}

static void test_ordinary_times_in_known_zones(void **state)
{
    assert_local("Europe/Berlin", "2026-12-01T18:30:00", "2026-12-01T17:30:00Z", NULL);
    assert_local("Europe/Berlin", "2026-07-01T18:30:00", "2026-07-01T16:30:00Z", NULL);
    assert_local("America/New_York", "2040-07-04T20:00:00", "2040-07-05T00:00:00Z", NULL);
    assert_local("America/New_York", "2040-12-04T20:00:00", "2040-12-05T01:00:00Z", NULL);
    assert_local("America/New_York", "2100-07-04T20:00:00", "2100-07-05T00:00:00Z", NULL);
    assert_local("Australia/Lord_Howe", "2026-01-10T12:00:00", "2026-01-10T01:00:00Z", NULL);
    assert_local("Australia/Lord_Howe", "2026-06-10T12:00:00", "2026-06-10T01:30:00Z", NULL);
    assert_local("Australia/Lord_Howe", "2040-01-10T12:00:00", "2040-01-10T01:00:00Z", NULL);
    assert_local("Asia/Kathmandu", "2026-03-01T10:00:00", "2026-03-01T04:15:00Z", NULL);
    assert_local("America/Mexico_City", "2022-07-01T10:00:00", "2022-07-01T15:00:00Z", NULL);
    assert_local("America/Mexico_City", "2024-07-01T10:00:00", "2024-07-01T16:00:00Z", NULL);
    assert_local("America/Sao_Paulo", "2014-07-01T10:00:00", "2014-07-01T13:00:00Z", NULL);
    assert_local("America/Sao_Paulo", "2019-01-01T10:00:00", "2019-01-01T12:00:00Z", NULL);
    assert_local("America/Sao_Paulo", "2025-01-01T10:00:00", "2025-01-01T13:00:00Z", NULL);
    assert_local("Europe/Dublin", "2026-07-01T10:00:00", "2026-07-01T09:00:00Z", NULL);
    assert_local("America/St_Johns", "2045-07-01T10:00:00", "2045-07-01T12:30:00Z", NULL);
    assert_local("UTC", "2026-12-01T18:30:00", "2026-12-01T18:30:00Z", NULL);
    assert_local("Etc/UTC", "1970-01-01T00:00:00", "1970-01-01T00:00:00Z", NULL);
}

static void test_gap_is_read_with_the_offset_before_it(void **state)
{
    assert_local("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z", NULL);
    assert_local("Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z",
                 "2026-03-29T03:00:00");
    assert_local("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z",
                 "2026-03-29T03:30:00");
    assert_local("Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z", NULL);
    assert_local("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z",
                 "2026-10-04T02:45:00");
    assert_local("America/New_York", "2040-03-11T02:30:00", "2040-03-11T07:30:00Z",
                 "2040-03-11T03:30:00");
}

static void test_repeated_hour_means_the_first(void **state)
{
    assert_local("Europe/Berlin", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z", NULL);
    assert_local("Europe/Berlin", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z", NULL);
    assert_local("Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z", NULL);
    assert_local("Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z", NULL);
    assert_local("America/New_York", "2007-11-04T01:30:00", "2007-11-04T05:30:00Z", NULL);
}

/* Samoa went from east to west of the date line: there was no December 30. */
static void test_day_left_out_at_the_date_line(void **state)
{
    assert_local("Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z", NULL);
    assert_local("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z",
                 "2011-12-31T12:00:00");
    assert_local("Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z", NULL);
}

static void test_offset_changes_at_the_very_instant(void **state)
{
    const struct cvn_zone *berlin = zone_named("Europe/Berlin");
    int64_t at_ms;
    assert_true(cvn_instant_parse(&at_ms, NULL, "2026-03-29T01:00:00Z"));
    assert_int_equal(cvn_zone_offset_s(berlin, at_ms - 1), 3600);
    assert_int_equal(cvn_zone_offset_s(berlin, at_ms), 7200);
    assert_int_equal(cvn_zone_offset_s(berlin, INT64_MAX), 3600);
    assert_int_equal(cvn_zone_offset_s(berlin, INT64_MIN), 3600);
}

/* The zones libical gets wrong are among them. */
static void test_every_fifth_hour_there_and_back_in_difficult_zones(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin",  "America/St_Johns",  "Australia/Lord_Howe", "Africa/Casablanca",
        "Pacific/Apia",   "America/Sao_Paulo", "America/Santiago",    "Pacific/Easter",
        "America/Havana", "Asia/Gaza",         "Africa/Cairo",        "Europe/Dublin",
    };
    const int64_t step_ms = 5 * 3600000, last_ms = cvn_civil_days(2101, 1, 1) * 86400000;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct cvn_zone *zone = zone_named(names[i]);
        for (int64_t utc_ms = 86400000; utc_ms < last_ms - 86400000; utc_ms += step_ms) {
            struct cvn_civil civil = cvn_zone_civil(zone, utc_ms);
            int64_t back_ms = cvn_zone_utc_ms(zone, &civil);
            /* Earlier only in the second of two occurrences, and then it shows the same. */
            struct cvn_civil again = cvn_zone_civil(zone, back_ms);
            if (back_ms > utc_ms || memcmp(&civil, &again, sizeof civil) != 0)
                fail_msg("%s at %lld", names[i], (long long)utc_ms);
        }
    }
}

static void test_other_names_are_unknown(void **state)
{
    static const char *const wrong[] = {
        "",
        "Europe",
        "Europe/",
        "Europe/Atlantis",
        "europe/berlin",
        "Europe/berlin",
        "EUROPE/BERLIN",
        " Europe/Berlin",
        "Europe/Berlin ",
        "Europe//Berlin",
        "/Europe/Berlin",
        "/usr/share/zoneinfo/Europe/Berlin",
        "../zoneinfo/Europe/Berlin",
        "Europe/../Europe/Berlin",
        "Europe/./Berlin",
        "/freeassociation.sourceforge.net/Europe/Berlin",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "localtime",
        "posixrules",
        "Factory",
        "zone.tab",
        "tzdata.zi",
        "W. Europe Standard Time",
        "Europe/Berlin/Mitte",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    const struct cvn_zone *zone = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_zones_find(zones, wrong[i], &zone) != CVN_ZONE_UNKNOWN)
            fail_msg("found \"%s\"", wrong[i]);
    assert_null(zone);
}

static void test_old_and_odd_names_are_known(void **state)
{
    static const char *const names[] = {"Europe/Kiev", "Europe/Kyiv",
                                        "US/Pacific",  "America/Argentina/Buenos_Aires",
                                        "Etc/GMT+5",   "America/Port-au-Prince",
                                        "EST5EDT",     "GB"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(cvn_zone_name(zone_named(names[i])), names[i]);
    assert_ptr_equal(zone_named("GB"), zone_named("GB"));
}

struct finder {
    pthread_barrier_t *barrier;
    const struct cvn_zone *found[4];
};

static void *find_all(void *arg)
{
    static const char *const names[] = {"Asia/Tokyo", "Asia/Tehran", "Africa/Accra",
                                        "Asia/Nowhere"};
    struct finder *finder = arg;
    (void)pthread_barrier_wait(finder->barrier);
    for (int i = 0; i < 4; i++)
        (void)cvn_zones_find(zones, names[i], &finder->found[i]);
    return NULL;
}

static void test_first_use_from_several_threads(void **state)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    struct finder finders[THREADS] = {0};
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        finders[i].barrier = &barrier;
        assert_int_equal(pthread_create(&threads[i], NULL, find_all, &finders[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_memory_equal(finders[i].found, finders[0].found, sizeof finders[0].found);
        assert_non_null(finders[i].found[2]);
        assert_null(finders[i].found[3]);
    }
    (void)pthread_barrier_destroy(&barrier);
}

static void test_next_change_is_after_the_instant_and_ends_by_2102(void **state)
{
    const struct cvn_zone *zone = zone_named("Europe/Berlin");
    int64_t spring_ms = 0, next_ms = 0;
    (void)state;
    assert_true(cvn_instant_parse(&spring_ms, NULL, "2027-03-28T01:00:00Z"));
    assert_true(cvn_zone_next_change(zone, spring_ms - 1, &next_ms));
    assert_int_equal(next_ms, spring_ms);
    assert_true(cvn_zone_next_change(zone, spring_ms, &next_ms));
    assert_true(cvn_instant_parse(&spring_ms, NULL, "2027-10-31T01:00:00Z"));
    assert_int_equal(next_ms, spring_ms);
    int n = 0;
    for (int64_t at_ms = INT64_MIN; cvn_zone_next_change(zone, at_ms, &next_ms); at_ms = next_ms)
        n++;
    assert_in_range(n, 2 * (2101 - 1980), 2 * (2102 - 1980));
    assert_false(cvn_zone_next_change(zone, next_ms, &spring_ms));
    assert_false(cvn_zone_next_change(zone_named("Etc/UTC"), INT64_MIN, &next_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_times_in_known_zones),
        cmocka_unit_test(test_gap_is_read_with_the_offset_before_it),
        cmocka_unit_test(test_repeated_hour_means_the_first),
        cmocka_unit_test(test_day_left_out_at_the_date_line),
        cmocka_unit_test(test_offset_changes_at_the_very_instant),
        cmocka_unit_test(test_every_fifth_hour_there_and_back_in_difficult_zones),
        cmocka_unit_test(test_other_names_are_unknown),
        cmocka_unit_test(test_old_and_odd_names_are_known),
        cmocka_unit_test(test_next_change_is_after_the_instant_and_ends_by_2102),
        cmocka_unit_test(test_first_use_from_several_threads),
    };
    return cmocka_run_group_tests_name("zone", tests, open_zones, close_zones);
}
