#include "base/civil.h"
#include "base/duration.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static void test_days_and_back_for_every_day_from_1600_to_2400(void **state)
{
    int64_t expected = cvn_civil_days(1600, 1, 1);
    assert_int_equal(expected, -135140);
    for (int year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= cvn_civil_days_in_month(year, month); day++, expected++) {
                assert_int_equal(cvn_civil_days(year, month, day), expected);
                struct cvn_civil c = cvn_civil_of_seconds(expected * 86400 + 86399);
                assert_true(c.year == year && c.month == month && c.day == day);
                assert_true(c.hour == 23 && c.minute == 59 && c.second == 59);
            }
}

static void test_weekday_of_known_days(void **state)
{
    const struct cvn_civil epoch = {1970, 1, 1, 0, 0, 0}, moon = {1969, 7, 20, 0, 0, 0},
                           leap = {2024, 2, 29, 12, 0, 0}, late = {2100, 12, 31, 0, 0, 0};
    assert_int_equal(cvn_civil_weekday(&epoch), CVN_THURSDAY);
    assert_int_equal(cvn_civil_weekday(&moon), CVN_SUNDAY);
    assert_int_equal(cvn_civil_weekday(&leap), CVN_THURSDAY);
    assert_int_equal(cvn_civil_weekday(&late), CVN_FRIDAY);
}

static void test_parse_reads_what_format_writes(void **state)
{
    struct cvn_civil c;
    char text[CVN_CIVIL_TEXT_BYTES];
    assert_true(cvn_civil_parse(&c, "2026-12-01T18:30"));
    cvn_civil_format(text, &c);
    assert_string_equal(text, "2026-12-01T18:30:00");
    assert_true(cvn_civil_parse(&c, "2024-02-29T23:59:59"));
    cvn_civil_format(text, &c);
    assert_string_equal(text, "2024-02-29T23:59:59");
}

static void test_parse_refuses_what_is_no_civil_time(void **state)
{
    static const char *const wrong[] = {
        "",
        "2026-12-01",
        "2026-12-01T",
        "2026-12-01T18",
        "2026-12-01T18:3",
        "2026-12-01T18:30:",
        "2026-12-01T18:30:0",
        "2026-12-01T18:30:000",
        "2026-12-01T18:30Z",
        "2026-12-01T18:30:00+01:00",
        "2026-12-01 18:30",
        "2026-12-01t18:30",
        " 2026-12-01T18:30",
        "2026-12-01T18:30 ",
        "2026-13-01T18:30",
        "2026-00-01T18:30",
        "2026-12-00T18:30",
        "2026-02-29T18:30",
        "2100-02-29T18:30",
        "2024-02-30T18:30",
        "2026-04-31T18:30",
        "2026-12-01T24:00",
        "2026-12-01T18:60",
        "2026-12-01T18:30:60",
        "1969-12-31T23:59",
        "2101-01-01T00:00",
        "20261201T183000",
        "+026-12-01T18:30",
    };
    struct cvn_civil c = {1, 2, 3, 4, 5, 6}, before = c;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_civil_parse(&c, wrong[i]))
            fail_msg("accepted %s", wrong[i]);
    assert_memory_equal(&c, &before, sizeof c);
    assert_true(cvn_civil_parse(&c, "1970-01-01T00:00"));
    assert_true(cvn_civil_parse(&c, "2100-12-31T23:59:59"));
}

static void test_instant_with_offset_names_the_same_moment(void **state)
{
    static const struct {
        const char *text;
        int64_t utc_ms;
        int offset_s;
    } cases[] = {
        {"2026-12-01T18:30:00Z", 1796149800000, 0},
        {"2026-12-01T19:30:00+01:00", 1796149800000, 3600},
        {"2026-12-01T15:00:00-03:30", 1796149800000, -12600},
        {"2026-12-02T00:15:00.250+05:45", 1796149800250, 20700},
        {"1970-01-01T00:00:00+01:00", -3600000, 3600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t utc_ms;
        int offset_s;
        char text[CVN_INSTANT_TEXT_BYTES];
        assert_true(cvn_instant_parse(&utc_ms, &offset_s, cases[i].text));
        assert_int_equal(utc_ms, cases[i].utc_ms);
        assert_int_equal(offset_s, cases[i].offset_s);
        cvn_instant_format(text, utc_ms, offset_s);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_instant_fraction_is_cut_to_milliseconds(void **state)
{
    int64_t utc_ms;
    assert_true(cvn_instant_parse(&utc_ms, NULL, "1970-01-01T00:00:01.5Z"));
    assert_int_equal(utc_ms, 1500);
    assert_true(cvn_instant_parse(&utc_ms, NULL, "1970-01-01T00:00:01.123999999Z"));
    assert_int_equal(utc_ms, 1123);
}

static void test_instant_refuses_what_rfc_3339_does_not_know(void **state)
{
    static const char *const wrong[] = {
        "2026-12-01T18:30:00",       "2026-12-01T18:30Z",
        "2026-12-01T18:30:00z",      "2026-12-01T18:30:00+0100",
        "2026-12-01T18:30:00+01",    "2026-12-01T18:30:00+24:00",
        "2026-12-01T18:30:00+01:60", "2026-12-01T18:30:00.Z",
        "2026-12-01T18:30:00Z ",     "2026-12-01T18:30:00.1234567890Z",
        "2026-02-30T18:30:00Z",      "2026-12-01T18:30:00 +01:00",
    };
    int64_t utc_ms = 42;
    int offset_s = 43;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_instant_parse(&utc_ms, &offset_s, wrong[i]))
            fail_msg("accepted %s", wrong[i]);
    assert_true(utc_ms == 42 && offset_s == 43);
}

static void test_duration_reads_and_writes_iso_8601(void **state)
{
    static const struct {
        const char *text;
        int days;
        int64_t seconds;
        const char *written;
    } cases[] = {
        {"PT2H", 0, 7200, "PT2H"},
        {"PT90M", 0, 5400, "PT1H30M"},
        {"P1DT30M", 1, 1800, "P1DT30M"},
        {"PT0S", 0, 0, "PT0S"},
        {"P0D", 0, 0, "PT0S"},
        {"P2W", 14, 0, "P14D"},
        {"PT1H1M1S", 0, 3661, "PT1H1M1S"},
        {"P36600D", 36600, 0, "P36600D"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cvn_duration d;
        char text[CVN_DURATION_TEXT_BYTES];
        assert_true(cvn_duration_parse(&d, cases[i].text));
        assert_int_equal(d.days, cases[i].days);
        assert_int_equal(d.seconds, cases[i].seconds);
        cvn_duration_format(text, d);
        assert_string_equal(text, cases[i].written);
        assert_int_equal(cvn_duration_ms(d), (cases[i].days * 86400LL + d.seconds) * 1000);
    }
}

static void test_duration_refuses_what_has_no_length(void **state)
{
    static const char *const wrong[] = {
        "",     "P",     "PT",      "2H",        "P2H",    "PT2D",   "P1Y",
        "P1M",  "-PT2H", "PT2H ",   "PT-2H",     "PT1.5H", "PT1M1H", "PT1H1H",
        "P1DT", "PTH",   "P36601D", "PT878401H", "P1W1",   "pt2h",   "PT9999999999999H",
    };
    struct cvn_duration d = {7, 8};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_duration_parse(&d, wrong[i]))
            fail_msg("accepted %s", wrong[i]);
    assert_true(d.days == 7 && d.seconds == 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_and_back_for_every_day_from_1600_to_2400),
        cmocka_unit_test(test_weekday_of_known_days),
        cmocka_unit_test(test_parse_reads_what_format_writes),
        cmocka_unit_test(test_parse_refuses_what_is_no_civil_time),
        cmocka_unit_test(test_instant_with_offset_names_the_same_moment),
        cmocka_unit_test(test_instant_fraction_is_cut_to_milliseconds),
        cmocka_unit_test(test_instant_refuses_what_rfc_3339_does_not_know),
        cmocka_unit_test(test_duration_reads_and_writes_iso_8601),
        cmocka_unit_test(test_duration_refuses_what_has_no_length),
    };
    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
