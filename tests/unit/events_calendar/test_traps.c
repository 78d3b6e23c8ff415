/* What goes wrong with iCalendar elsewhere, libical 3.0.16 included, and must not here. */
#include "base/text.h"
#include "services/events/calendar/zone_name.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_calendar/reading.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 5 };

static const char many_zones[] =
    "BEGIN:VCALENDAR\n"
    "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=America/New_York:20270701T180000\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:b\nDTSTART;TZID=W. Europe Standard Time:20270701T180000\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:c\nDTSTART;TZID=Asia/Kolkata:20270701T180000\n"
    "RRULE:FREQ=WEEKLY;UNTIL=20280101T000000Z\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:d\nDTSTART;TZID=Australia/Lord_Howe:20270701T180000\nEND:VEVENT\n"
    "END:VCALENDAR\n";

static int64_t stand_still(void *arg)
{
    (void)arg;
    return 0;
}

struct racer {
    pthread_t thread;
    struct cvn_zones *zones;
    int n_right;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct cvn_arena arena;
        struct cvn_calendar calendar;
        const struct cvn_calendar_piece piece = {.content =
                                                     cvn_slice(many_zones, sizeof many_zones - 1)};
        const struct cvn_calendar_import how = {
            .file = {&piece, 1},
            .zones = racer->zones,
            .time_zone = "",
            .group_zone = "Europe/Berlin",
            .clock_ms = stand_still,
        };
        cvn_arena_init(&arena, 1 << 20);
        racer->n_right += cvn_calendar_read(&calendar, &how, &arena) == 0 &&
                          calendar.n_records == 4 &&
                          strcmp(calendar.records[1].main->event->time_zone, "Europe/Berlin") == 0;
        cvn_arena_deinit(&arena);
    }
    return NULL;
}

/* libical crashes when several threads use a zone for the first time; none of its zones is used. */
static void test_zones_when_first_used_by_many_threads_are_right(void **state)
{
    struct reading *reading = *state;
    struct racer racers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.zones = reading->zones};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(racers[i].thread, NULL);
        assert_int_equal(racers[i].n_right, ROUNDS);
    }
}

/* MINUTELY never ends in libical, and this HOURLY takes it seconds. */
static void test_rules_when_below_a_day_are_refused(void **state)
{
    static const char *const rules[] = {"FREQ=HOURLY;BYMONTHDAY=30;BYMONTH=2", "FREQ=MINUTELY",
                                        "FREQ=SECONDLY;COUNT=1"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "DTSTART:20261201T100000Z\nRRULE:%s\n", rules[i]);
        const struct cvn_calendar_item *item = read_event(*state, text);
        assert_int_equal(item->result.outcome, OUTCOME(REFUSED));
        assert_true(says(item, "repeats more than daily"));
    }
}

/* RFC 5545, section 3.3.5: a time left out is read with the offset before; of two the first. */
static void test_times_when_clocks_change_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *local;
        int64_t utc_s;
    } rows[] = {
        {"20270328T013000", 1806193800}, /* 00:30Z, before the gap */
        {"20270328T023000", 1806197400}, /* 01:30Z, in it */
        {"20270328T033000", 1806197400}, /* 01:30Z */
        {"20271031T023000", 1824942600}, /* 00:30Z, the first of two */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[100];
        (void)snprintf(text, sizeof text, "DTSTART;TZID=Europe/Berlin:%s\n", rows[i].local);
        const struct cvn_calendar_item *item = read_event(*state, text);
        assert_int_equal(start_ms(*state, item), rows[i].utc_s * 1000);
    }
}

/* libical takes Sao Paulo's clocks for changed in the wrong week of 2014. */
static void test_times_when_libical_guesses_the_zone_wrong_are_right(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, "DTSTART;TZID=America/Sao_Paulo:20141018T120000\n");
    assert_int_equal(start_ms(*state, item), INT64_C(1413644400) * 1000); /* still at -03:00 */
    item = read_event(*state, "DTSTART;TZID=America/Sao_Paulo:20141020T120000\n");
    assert_int_equal(start_ms(*state, item), INT64_C(1413813600) * 1000); /* at -02:00 */
}

static const char *zone_of(struct reading *reading, const char *tzid)
{
    const struct cvn_zone *zone;
    int r = cvn_calendar_zone_find(reading->zones, tzid, &zone);
    return r == 0 ? cvn_zone_name(zone) : "";
}

/* libical writes such prefixes itself, and its setting for none of them is passed over. */
static void test_zones_when_a_vendor_prefixes_them_are_found(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin", "/citadel.org/20260101_1/Europe/Berlin", " Europe/Berlin ",
        "/freeassociation.sourceforge.net/Europe/Berlin", "/mozilla.org/20050126_1/Europe/Berlin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(zone_of(*state, names[i]), "Europe/Berlin");
    assert_string_equal(zone_of(*state, "/x/America/Argentina/Buenos_Aires"),
                        "America/Argentina/Buenos_Aires");
}

static void test_zones_when_windows_names_them_are_found(void **state)
{
    static const struct {
        const char *name, *iana;
    } rows[] = {
        {"W. Europe Standard Time", "Europe/Berlin"},
        {"Eastern Standard Time", "America/New_York"},
        {"(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"},
        {"(UTC-05:00) Eastern Time (US and Canada)", "America/New_York"},
        {"(GMT+10:00) Canberra, Melbourne, Sydney", "Australia/Sydney"},
        {"(UTC-03:00) Bras\xc3\xadlia", "America/Sao_Paulo"},
        {"(UTC+05:45) Kathmandu", "Asia/Katmandu"},
        {"UTC", "UTC"},
        {"UTC+11", "Etc/GMT-11"},
        {"GMT-03:00", "Etc/GMT+3"},
        {"UTC+0", "Etc/UTC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(zone_of(*state, rows[i].name), rows[i].iana);
}

static void test_zones_when_nobody_knows_them_are_not_made_up(void **state)
{
    static const char *const names[] = {"",
                                        " ",
                                        "Moon/Base",
                                        "UTC+5:30",
                                        "UTC+99",
                                        "GMT*3",
                                        "(UTC",
                                        "(UTC+01:00) Atlantis",
                                        "../../etc/passwd",
                                        "Eastern",
                                        "localtime"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(zone_of(*state, names[i]), "");
    char text[CVN_CALENDAR_TZID_MAX + 2];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(zone_of(*state, text), "");
}

#define EVENT "BEGIN:VEVENT\nUID:z\nDTSTART;TZID=My Zone:20270701T180000\nSUMMARY:x\nEND:VEVENT\n"

static void test_event_when_nobody_knows_its_zone_is_refused_or_read_elsewhere(void **state)
{
    struct reading *reading = *state;
    const struct cvn_calendar *calendar = read_calendar(reading, EVENT);
    assert_int_equal(calendar->n_records, 0);
    assert_true(says(calendar->others[0], "line 4: DTSTART is in the time zone \"My Zone\", which "
                                          "nobody knows"));
    calendar = read_calendar(reading, "X-WR-TIMEZONE:Asia/Tokyo\n" EVENT);
    assert_string_equal(calendar->records[0].main->event->time_zone, "Asia/Tokyo");
    assert_true(says(calendar->records[0].main, "nobody knows the time zone \"My Zone\""));
    calendar = read_calendar(reading, "X-WR-TIMEZONE:Moon/Base\n" EVENT);
    assert_int_equal(calendar->n_records, 0);
    assert_true(notes(calendar, "X-WR-TIMEZONE:Moon/Base"));
    reading->time_zone = "Asia/Tokyo";
    calendar = read_calendar(reading, EVENT);
    assert_string_equal(calendar->records[0].main->event->time_zone, "Asia/Tokyo");
}

#define RULES(march, november)                                                                     \
    "BEGIN:VTIMEZONE\nTZID:My Zone\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n"                     \
    "TZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=" march               \
    "\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:-0400\n"                \
    "TZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=" november                               \
    "\nEND:STANDARD\nEND:VTIMEZONE\n"

static void test_event_when_its_zone_is_known_by_its_rules_is_read_there(void **state)
{
    const struct cvn_calendar *calendar = read_calendar(*state, RULES("2SU", "1SU") EVENT);
    assert_string_equal(calendar->records[0].main->event->time_zone, "America/New_York");
    assert_true(says(calendar->records[0].main, "has the rules of America/New_York"));
    calendar = read_calendar(*state, RULES("-1SU", "1SU") EVENT); /* three weeks off in March */
    assert_int_equal(calendar->n_records, 0);
    calendar = read_calendar(*state, "BEGIN:VTIMEZONE\nTZID:My Zone\nBEGIN:STANDARD\n"
                                     "DTSTART:19700101T000000\nTZOFFSETFROM:+1100\n"
                                     "TZOFFSETTO:+1100\nEND:STANDARD\nEND:VTIMEZONE\n" EVENT);
    assert_string_equal(calendar->records[0].main->event->time_zone, "Etc/GMT-11");
    calendar = read_calendar(*state, "BEGIN:VTIMEZONE\nTZID:My Zone\n"
                                     "X-LIC-LOCATION:Europe/Oslo\nEND:VTIMEZONE\n" EVENT);
    assert_string_equal(calendar->records[0].main->event->time_zone, "Europe/Oslo");
    assert_int_equal(calendar->records[0].main->result.n_reasons, 0);
}

/* libical counts the occurrences that are changed twice. */
static void test_overrides_when_merged_are_one_for_each_occurrence(void **state)
{
    const struct cvn_calendar *calendar = read_calendar(
        *state,
        "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID;TZID=Europe/Berlin:20270112T183000\n"
        "DTSTART;TZID=Europe/Berlin:20270113T183000\nSUMMARY:moved\nSEQUENCE:1\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:s\nDTSTART;TZID=Europe/Berlin:20270105T183000\n"
        "RRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:weekly\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20270112T173000Z\n" /* the same instant */
        "DTSTART:20270114T173000Z\nSUMMARY:moved again\nSEQUENCE:2\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20270119T173000Z\n"
        "DTSTART:20270119T183000Z\nSUMMARY:later\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 1);
    const struct cvn_calendar_record *record = &calendar->records[0];
    assert_string_equal(record->main->event->title, "weekly");
    assert_int_equal(record->n_overrides, 2);
    assert_string_equal(record->overrides[0]->event->title, "moved again");
    assert_string_equal(record->overrides[0]->result.recurrence_id, "2027-01-12T18:30:00");
    assert_string_equal(record->overrides[0]->event->start_local, "2027-01-14T18:30:00");
    assert_string_equal(record->overrides[0]->event->time_zone, "Europe/Berlin");
    assert_int_equal(calendar->n_others, 1);
    assert_int_equal(calendar->others[0]->result.outcome, OUTCOME(SKIPPED));
    assert_true(says(calendar->others[0], "Line 15 says the same event anew"));
}

static void test_override_when_a_whole_day_is_named_by_a_time_is_found(void **state)
{
    const struct cvn_calendar *calendar = read_calendar(
        *state, "BEGIN:VEVENT\nUID:s\nDTSTART;VALUE=DATE:20260219\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n"
                "BEGIN:VEVENT\nUID:s\n"
                "RECURRENCE-ID;TZID=Eastern Standard Time:20260226T000000\n"
                "DTSTART;VALUE=DATE:20260227\nEND:VEVENT\n");
    assert_string_equal(calendar->records[0].overrides[0]->result.recurrence_id,
                        "2026-02-26T00:00:00");
}

static enum cvn_calendar_refusal refusal_of(struct reading *reading, const char *bytes, size_t len)
{
    return read_bytes(reading, bytes, len)->refusal;
}

/* libical answers these with nothing, and Latin-1 with what looks like text. */
static void test_file_when_it_is_none_is_refused_with_its_reason(void **state)
{
    static const char wide[] = "\xff\xfe"
                               "B\0E\0G\0I\0N\0",
                      bare[] = "B\0E\0G\0I\0N\0:\0";
    assert_int_equal(refusal_of(*state, "", 0), CVN_CALENDAR_REFUSED_EMPTY);
    assert_int_equal(refusal_of(*state, wide, sizeof wide - 1), CVN_CALENDAR_REFUSED_UTF16);
    assert_int_equal(refusal_of(*state, bare, sizeof bare - 1), CVN_CALENDAR_REFUSED_UTF16);
    assert_int_equal(refusal_of(*state, "BEGIN:VCARD\nEND:VCARD\n", 22), CVN_CALENDAR_REFUSED_KIND);
    assert_int_equal(refusal_of(*state, "PK\x03\x04", 4), CVN_CALENDAR_REFUSED_KIND);
    for (int r = CVN_CALENDAR_REFUSED_EMPTY; r <= CVN_CALENDAR_REFUSED_EVENTS; r++)
        assert_true(strlen(cvn_calendar_refusal_text((enum cvn_calendar_refusal)r)) > 10);
}

static void test_file_when_too_large_is_refused(void **state)
{
    static const char begin[] = "BEGIN:VCALENDAR\nEND:VCALENDAR\n";
    char *text = test_malloc(CVN_CALENDAR_FILE_MAX + 1);
    memset(text, '\n', CVN_CALENDAR_FILE_MAX + 1);
    memcpy(text, begin, sizeof begin - 1);
    assert_int_equal(refusal_of(*state, text, CVN_CALENDAR_FILE_MAX), CVN_CALENDAR_OK);
    assert_int_equal(refusal_of(*state, text, CVN_CALENDAR_FILE_MAX + 1),
                     CVN_CALENDAR_REFUSED_SIZE);
    test_free(text);
}

static void test_file_when_cut_off_keeps_what_is_whole(void **state)
{
    static const char text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20261201\n"
                               "END:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261202\nSUMM";
    const struct cvn_calendar *calendar = read_bytes(*state, text, sizeof text - 1);
    assert_int_equal(calendar->n_records, 1);
    assert_string_equal(calendar->records[0].uid, "a");
    assert_int_equal(calendar->n_others, 1);
    assert_true(says(calendar->others[0], "no END:VEVENT"));
    assert_true(notes(calendar, "may be cut off"));
}

static void test_file_when_cut_off_within_a_name_of_other_bytes_says_no_such_byte(void **state)
{
    static const char text[] = "BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCAL\xff\xfe\n";
    const struct cvn_calendar *calendar = read_bytes(*state, text, sizeof text - 1);
    for (size_t i = 0; i < calendar->n_notes; i++)
        assert_true(cvn_text_valid(cvn_slice_of_string(calendar->notes[i])));
    assert_true(notes(calendar, "may be cut off"));
}

static void test_event_when_its_end_is_missing_spoils_no_other(void **state)
{
    const struct cvn_calendar *calendar =
        read_calendar(*state, "BEGIN:VEVENT\nUID:a\nDTSTART:20261201\n"
                              "BEGIN:VEVENT\nUID:b\nDTSTART:20261202\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 1);
    assert_string_equal(calendar->records[0].uid, "b");
    assert_int_equal(calendar->n_others, 1);
}

static void test_event_when_in_latin_1_is_refused_alone(void **state)
{
    const struct cvn_calendar *calendar =
        read_calendar(*state, "BEGIN:VEVENT\nUID:a\nSUMMARY:Caf\xe9\nDTSTART:20261201\nEND:VEVENT\n"
                              "BEGIN:VEVENT\nUID:b\nDTSTART:20261202\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 1);
    assert_true(says(calendar->others[0], "line 4: SUMMARY is not in UTF-8"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reading_setup, reading_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_zones_when_first_used_by_many_threads_are_right),
        CASE(test_rules_when_below_a_day_are_refused),
        CASE(test_times_when_clocks_change_are_those_of_the_rfc),
        CASE(test_times_when_libical_guesses_the_zone_wrong_are_right),
        CASE(test_zones_when_a_vendor_prefixes_them_are_found),
        CASE(test_zones_when_windows_names_them_are_found),
        CASE(test_zones_when_nobody_knows_them_are_not_made_up),
        CASE(test_event_when_nobody_knows_its_zone_is_refused_or_read_elsewhere),
        CASE(test_event_when_its_zone_is_known_by_its_rules_is_read_there),
        CASE(test_overrides_when_merged_are_one_for_each_occurrence),
        CASE(test_override_when_a_whole_day_is_named_by_a_time_is_found),
        CASE(test_file_when_it_is_none_is_refused_with_its_reason),
        CASE(test_file_when_too_large_is_refused),
        CASE(test_file_when_cut_off_keeps_what_is_whole),
        CASE(test_file_when_cut_off_within_a_name_of_other_bytes_says_no_such_byte),
        CASE(test_event_when_its_end_is_missing_spoils_no_other),
        CASE(test_event_when_in_latin_1_is_refused_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
