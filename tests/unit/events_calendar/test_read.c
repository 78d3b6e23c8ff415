/* What is read of a calendar: properties, series, occurrences changed by themselves, and limits. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_calendar/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME                                                                                       \
    "DTSTART;TZID=Europe/Berlin:20261201T183000\nDTEND;TZID=Europe/Berlin:20261201T203000\n"

static void test_read_when_all_is_said_takes_all(void **state)
{
    const struct cvn_calendar_item *item = read_event(
        *state, TIME
        "SUMMARY;LANGUAGE=de:Ein Abend\\, mit C\n"
        "DESCRIPTION:Zwei Zeilen\\nund mehr\n"
        "LOCATION:c-base\\, Rungestr. 20\\, 10179 Berlin\n"
        "GEO:52.5129;13.4201\nURL:https://example.org/c\n"
        "CATEGORIES:C,embedded\nCATEGORIES:c\nCONFERENCE;VALUE=URI:https://meet.example.org/x\n"
        "STATUS:CONFIRMED\nSEQUENCE:7\nLAST-MODIFIED:20261101T120000Z\n"
        "X-ALT-DESC;FMTTYPE=text/html:<b>no</b>\n"
        "ATTENDEE;CN=Somebody:mailto:somebody@example.org\n");
    const Convene__Events__V1__Event *e = item->event;
    assert_int_equal(item->result.outcome, OUTCOME(UNSPECIFIED));
    assert_int_equal(item->result.n_reasons, 0);
    assert_string_equal(item->result.uid, "one");
    assert_int_equal(item->result.line, 2);
    assert_string_equal(e->title, "Ein Abend, mit C");
    assert_string_equal(e->language, "de");
    assert_string_equal(e->description, "Zwei Zeilen\nund mehr");
    assert_string_equal(e->start_local, "2026-12-01T18:30:00");
    assert_string_equal(e->end_local, "2026-12-01T20:30:00");
    assert_string_equal(e->time_zone, "Europe/Berlin");
    assert_string_equal(e->venue->name, "c-base");
    assert_string_equal(e->venue->address, "Rungestr. 20, 10179 Berlin");
    assert_true(e->venue->location->latitude == 52.5129);
    assert_string_equal(e->url, "https://example.org/c");
    assert_string_equal(e->online_url, "https://meet.example.org/x");
    assert_int_equal(e->attendance_mode,
                     CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED);
    assert_int_equal(e->n_topics, 2);
    assert_string_equal(e->topics[1], "embedded");
    assert_int_equal(item->status, STATUS(SCHEDULED));
    assert_int_equal(item->sequence, 7);
    assert_int_equal(item->modified_s, 1793534400);
}

static void test_read_when_the_numbers_of_fields_are_named_they_are_right(void **state)
{
    static const struct {
        enum cvn_calendar_number number;
        const char *name;
    } rows[] = {
        {CVN_CALENDAR_TITLE, "title"},       {CVN_CALENDAR_DESCRIPTION, "description"},
        {CVN_CALENDAR_START, "start_local"}, {CVN_CALENDAR_END, "end_local"},
        {CVN_CALENDAR_ZONE, "time_zone"},    {CVN_CALENDAR_MODE, "attendance_mode"},
        {CVN_CALENDAR_VENUE, "venue"},       {CVN_CALENDAR_ONLINE_URL, "online_url"},
        {CVN_CALENDAR_TOPICS, "topics"},     {CVN_CALENDAR_LANGUAGE, "language"},
        {CVN_CALENDAR_URL, "url"},           {CVN_CALENDAR_ALL_DAY, "all_day"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
            &convene__events__v1__event__descriptor, rows[i].number);
        assert_non_null(field);
        assert_string_equal(field->name, rows[i].name);
    }
}

static void test_read_when_whole_days_ends_after_the_last(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\n");
    assert_true(item->event->all_day);
    assert_string_equal(item->event->start_local, "2026-12-24T00:00:00");
    assert_string_equal(item->event->end_local, "2026-12-27T00:00:00");
    assert_string_equal(item->event->time_zone, "Europe/Berlin");
    item = read_event(*state, "DTSTART;VALUE=DATE:20261224\n");
    assert_string_equal(item->event->end_local, "2026-12-25T00:00:00");
    item = read_event(*state, "DTSTART;VALUE=DATE:20261224\nDTEND:20261225T100000\n");
    assert_string_equal(item->event->end_local, "2026-12-26T00:00:00");
    item = read_event(*state, "DTSTART;VALUE=DATE:20261224\nDURATION:PT90M\n");
    assert_string_equal(item->event->end_local, "2026-12-25T00:00:00");
    item = read_event(*state, "DTSTART;VALUE=DATE:20261224\nDURATION:P2D\n");
    assert_string_equal(item->event->end_local, "2026-12-26T00:00:00");
}

static void test_read_when_there_is_a_duration_adds_it(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, "DTSTART;TZID=Europe/Berlin:20261201T183000\nDURATION:PT1H30M\n");
    assert_string_equal(item->event->end_local, "2026-12-01T20:00:00");
    item = read_event(*state, "DTSTART:20261201T183000Z\nDURATION:-PT1H\n");
    assert_int_equal(item->result.outcome, OUTCOME(REFUSED));
    assert_true(says(item, "line 5: DURATION -PT1H"));
}

static void test_read_when_floating_takes_the_calendars_zone_then_the_groups(void **state)
{
    struct reading *reading = *state;
    const struct cvn_calendar_item *item = read_event(reading, "DTSTART:20261201T183000\n");
    assert_string_equal(item->event->time_zone, "Europe/Berlin");
    assert_string_equal(item->event->end_local, item->event->start_local);
    const struct cvn_calendar *calendar =
        read_calendar(reading, "X-WR-TIMEZONE:America/Vancouver\nX-WR-CALNAME:A\\, b\n"
                               "BEGIN:VEVENT\nUID:a\nDTSTART:20261201T183000\nEND:VEVENT\n"
                               "BEGIN:VEVENT\nUID:b\nDTSTART:20261201T183000Z\nEND:VEVENT\n");
    assert_string_equal(calendar->name, "A, b");
    assert_string_equal(calendar->records[0].main->event->time_zone, "America/Vancouver");
    assert_string_equal(calendar->records[0].main->event->start_local, "2026-12-01T18:30:00");
    assert_string_equal(calendar->records[1].main->event->time_zone, "America/Vancouver");
    assert_string_equal(calendar->records[1].main->event->start_local, "2026-12-01T10:30:00");
    reading->time_zone = "Asia/Tokyo";
    item = read_event(reading, "DTSTART:20261201T183000\n");
    assert_string_equal(item->event->time_zone, "Asia/Tokyo");
}

static void test_read_when_tentative_becomes_a_draft(void **state)
{
    const struct cvn_calendar_item *item = read_event(*state, TIME "STATUS:TENTATIVE\n");
    assert_int_equal(item->publication, CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT);
    assert_true(says(item, "TENTATIVE"));
    item = read_event(*state, TIME "STATUS:CANCELLED\n");
    assert_int_equal(item->status, STATUS(CANCELLED));
    item = read_event(*state, TIME "STATUS:TENTATIVE\nX-CONVENE-STATUS:POSTPONED\n");
    assert_int_equal(item->status, STATUS(POSTPONED));
    assert_int_equal(item->publication, 0);
    item = read_event(*state, TIME "STATUS:DRAFT\n");
    assert_int_equal(item->status, 0);
    assert_true(says(item, "line 6: STATUS:DRAFT was passed over"));
}

static void test_read_when_the_place_is_an_address_is_online(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, TIME "LOCATION:https://meet.example.org/room\n");
    assert_null(item->event->venue);
    assert_string_equal(item->event->online_url, "https://meet.example.org/room");
    assert_int_equal(item->event->attendance_mode,
                     CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE);
}

static void test_read_when_something_is_of_no_use_says_which_line(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, TIME "URL:ftp://x\nGEO:91;0\nGEO:nan;0\nEXDATE:soon\nEXDATE:\nX\n");
    assert_int_equal(item->result.outcome, OUTCOME(UNSPECIFIED));
    assert_true(says(item, "line 6: URL:ftp://x"));
    assert_true(says(item, "line 7: GEO:91"));
    assert_true(says(item, "line 8: GEO:nan"));
    assert_true(says(item, "line 9: EXDATE \"soon\""));
    assert_true(says(item, "line 11 was passed over"));
}

static void test_read_when_it_cannot_be_an_event_says_why(void **state)
{
    static const struct {
        const char *lines, *why;
    } rows[] = {
        {"SUMMARY:x\n", "There is no DTSTART"},
        {"DTSTART:INVALID\n", "line 4: DTSTART \"INVALID\" is no date"},
        {"DTSTART:18640509T000000Z\n", "the years 1970 to 2100"},
        {"DTSTART:20260230\n", "no day and time"},
        {"DTSTART:20261201T100000Z\nDTEND:20261201T090000Z\n", "before its start"},
        {TIME "RRULE:FREQ=HOURLY\n", "line 6: RRULE repeats more than daily"},
        {TIME "RRULE:FREQ=NEVER\n", "is no rule"},
        {TIME "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n", "never falls"},
        {TIME "SUMMARY:\xff\n", "line 6: SUMMARY is not in UTF-8"},
        {TIME "UID:a\\nb\n", "UID has control"},
        {TIME "RECURRENCE-ID;RANGE=THISANDFUTURE:20261201T100000Z\n", "RANGE=THISANDFUTURE"},
        {TIME "RECURRENCE-ID:never\n", "RECURRENCE-ID \"never\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct cvn_calendar_item *item = read_event(*state, rows[i].lines);
        assert_int_equal(item->result.outcome, OUTCOME(REFUSED));
        assert_non_null(strstr(item->result.reasons[0], rows[i].why));
    }
}

static void test_read_when_there_is_no_uid_makes_the_same_one_again(void **state)
{
    const char *text = "BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20261201\nEND:VEVENT\n";
    char first[64];
    const struct cvn_calendar *calendar = read_calendar(*state, text);
    assert_true(says(calendar->records[0].main, "There is no UID"));
    (void)snprintf(first, sizeof first, "%s", calendar->records[0].uid);
    assert_string_equal(read_calendar(*state, text)->records[0].uid, first);
    calendar = read_calendar(*state, "BEGIN:VEVENT\nSUMMARY:y\nDTSTART:20261201\nEND:VEVENT\n");
    assert_string_not_equal(calendar->records[0].uid, first);
}

static void test_series_when_there_are_dates_are_local_and_sorted(void **state)
{
    const struct cvn_calendar *calendar = read_calendar(
        *state,
        "BEGIN:VEVENT\nUID:s\nSUMMARY:x\n" TIME "RRULE:freq=weekly;byday=tu;\n"
        "RDATE;TZID=Europe/Berlin:20270105T190000\nRDATE;VALUE=PERIOD:20261230T170000Z/PT1H\n"
        "EXDATE:20261215T173000Z\nEXDATE;VALUE=DATE:20261208\nEND:VEVENT\n");
    const Convene__Events__V1__Series *series = calendar->records[0].series;
    assert_non_null(series);
    assert_string_equal(series->rrule, "FREQ=WEEKLY;BYDAY=TU");
    assert_int_equal(series->n_further_starts, 2);
    assert_string_equal(series->further_starts[0], "2026-12-30T18:00:00");
    assert_string_equal(series->further_starts[1], "2027-01-05T19:00:00");
    assert_int_equal(series->n_excluded_starts, 2);
    assert_string_equal(series->excluded_starts[0], "2026-12-08T18:30:00");
    assert_string_equal(series->excluded_starts[1], "2026-12-15T18:30:00");
    assert_int_equal(calendar->records[0].main->result.n_reasons, 0);
}

static void test_series_when_there_are_several_rules_lists_the_further_ones(void **state)
{
    const struct cvn_calendar *calendar =
        read_calendar(*state, "BEGIN:VEVENT\nUID:s\n" TIME "RRULE:FREQ=WEEKLY;BYDAY=TU\n"
                              "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=3\nEXRULE:FREQ=MONTHLY;COUNT=2\n"
                              "END:VEVENT\n");
    const Convene__Events__V1__Series *series = calendar->records[0].series;
    assert_int_equal(series->n_further_starts, 3);
    assert_string_equal(series->further_starts[0], "2026-12-03T18:30:00");
    assert_int_equal(series->n_excluded_starts, 1);
    assert_string_equal(series->excluded_starts[0], "2027-01-01T18:30:00");
    assert_true(says(calendar->records[0].main, "it has 2 rules"));
    calendar = read_calendar(*state, "BEGIN:VEVENT\nUID:s\n" TIME "RRULE:FREQ=WEEKLY\n"
                                     "RRULE:FREQ=DAILY\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 0);
    assert_true(says(calendar->others[0], "make it several series"));
}

static void test_series_when_an_exdate_hits_nothing_says_so(void **state)
{
    const struct cvn_calendar_item *item =
        read_event(*state, TIME "RRULE:FREQ=WEEKLY\nEXDATE:20261208T120000Z\n");
    assert_true(says(item, "1 EXDATE leaves nothing out: there is no occurrence at "
                           "2026-12-08T13:00:00 in Europe/Berlin"));
}

static void test_series_when_refused_takes_its_occurrences_along(void **state)
{
    const struct cvn_calendar *calendar = read_calendar(
        *state, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:20261208T173000Z\n" TIME "END:VEVENT\n"
                "BEGIN:VEVENT\nUID:s\n" TIME "RRULE:FREQ=SECONDLY\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 0);
    assert_int_equal(calendar->n_others, 2);
    assert_true(says(calendar->others[0], "Its series, on line 8, was refused"));
}

/* n copies of a VEVENT that has its number in it, as a calendar. */
static const struct cvn_calendar *read_many(struct reading *reading, int n, const char *format)
{
    size_t room = strlen(format) + 32, len = 0;
    char *text = test_malloc((size_t)n * room + 64);
    len += (size_t)sprintf(text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, room, "BEGIN:VEVENT\nUID:%d\n", i),
            len += (size_t)sprintf(text + len, "%s", format);
    len += (size_t)sprintf(text + len, "END:VCALENDAR\n");
    const struct cvn_calendar *calendar = read_bytes(reading, text, len);
    test_free(text);
    return calendar;
}

static void test_read_when_events_are_too_many_refuses_the_file(void **state)
{
    static const char event[] = "DTSTART:20261201\nEND:VEVENT\n";
    const struct cvn_calendar *calendar = read_many(*state, CVN_CALENDAR_EVENTS_MAX, event);
    assert_int_equal(calendar->refusal, CVN_CALENDAR_OK);
    assert_int_equal(calendar->n_records, CVN_CALENDAR_EVENTS_MAX);
    calendar = read_many(*state, CVN_CALENDAR_EVENTS_MAX + 1, event);
    assert_int_equal(calendar->refusal, CVN_CALENDAR_REFUSED_EVENTS);
}

static void test_read_when_series_are_too_many_refuses_the_rest(void **state)
{
    const struct cvn_calendar *calendar =
        read_many(*state, CVN_CALENDAR_SERIES_MAX + 1,
                  "DTSTART:20261201\nRRULE:FREQ=YEARLY;COUNT=2\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, CVN_CALENDAR_SERIES_MAX);
    assert_int_equal(calendar->n_others, 1);
    assert_true(says(calendar->others[0], "over 500 series"));
}

static void test_read_when_time_is_up_refuses_the_rest(void **state)
{
    struct reading *reading = *state;
    reading->tick_ms = CVN_CALENDAR_TIME_MS_MAX / 4;
    const struct cvn_calendar *calendar =
        read_many(reading, 4, "DTSTART:20261201\nRRULE:FREQ=YEARLY;COUNT=2\nEND:VEVENT\n");
    assert_int_equal(calendar->n_records, 2);
    assert_int_equal(calendar->n_others, 2);
    assert_true(says(calendar->others[0], "takes too long"));
}

static void test_read_when_dates_are_too_many_refuses_the_series(void **state)
{
    for (int over = 0; over < 2; over++) {
        char *text = test_malloc(20 * (CVN_CALENDAR_DATES_MAX + 2) + 200);
        size_t len = (size_t)sprintf(text, TIME "RRULE:FREQ=DAILY\nEXDATE:20270101");
        for (int i = 1; i < CVN_CALENDAR_DATES_MAX + over; i++)
            len += (size_t)sprintf(text + len, ",%04d%02d%02d", 2027 + i / 300, 1 + i / 25 % 12,
                                   1 + i % 25);
        (void)sprintf(text + len, "\n");
        const struct cvn_calendar_item *item = read_event(*state, text);
        assert_int_equal(item->result.outcome, over ? OUTCOME(REFUSED) : OUTCOME(UNSPECIFIED));
        test_free(text);
    }
}

/* An event with n components within it, each in the other. */
static const struct cvn_calendar_item *read_deep(struct reading *reading, int n)
{
    char text[4096] = TIME;
    for (int i = 0; i < n; i++)
        strcat(text, "BEGIN:X-BOX\n");
    for (int i = 0; i < n; i++)
        strcat(text, "END:X-BOX\n");
    return read_event(reading, text);
}

static void test_read_when_too_deep_refuses_the_event(void **state)
{
    assert_int_equal(read_deep(*state, CVN_CALENDAR_DEPTH_MAX - 2)->result.outcome,
                     OUTCOME(UNSPECIFIED));
    assert_int_equal(read_deep(*state, CVN_CALENDAR_DEPTH_MAX - 1)->result.outcome,
                     OUTCOME(REFUSED));
    assert_int_equal(read_deep(*state, 100)->result.outcome, OUTCOME(REFUSED));
}

static void test_read_when_properties_are_too_many_refuses_the_event(void **state)
{
    for (int over = 0; over < 2; over++) {
        char *text = test_malloc(16 * (CVN_CALENDAR_PROPERTIES_MAX + 2));
        size_t len = (size_t)sprintf(text, "DTSTART:20261201\n");
        for (int i = 2; i < CVN_CALENDAR_PROPERTIES_MAX + over; i++)
            len += (size_t)sprintf(text + len, "SEQUENCE:1\n");
        const struct cvn_calendar_item *item = read_event(*state, text);
        assert_int_equal(item->result.outcome, over ? OUTCOME(REFUSED) : OUTCOME(UNSPECIFIED));
        test_free(text);
    }
}

static void test_read_when_texts_are_long_cuts_and_says_so(void **state)
{
    char *text = test_malloc(60000);
    size_t len = (size_t)sprintf(text, TIME "SUMMARY:");
    memset(text + len, 't', 301);
    len += 301;
    len += (size_t)sprintf(text + len, "\nDESCRIPTION:");
    memset(text + len, 'd', 50001);
    len += 50001;
    (void)sprintf(text + len, "\n");
    const struct cvn_calendar_item *item = read_event(*state, text);
    test_free(text);
    assert_int_equal(strlen(item->event->title), CVN_CALENDAR_TITLE_MAX);
    assert_int_equal(strlen(item->event->description), CVN_CALENDAR_DESCRIPTION_MAX);
    assert_true(says(item, "SUMMARY was cut to 300 bytes"));
    assert_true(says(item, "DESCRIPTION was cut to 50000 bytes"));
}

static void test_read_when_there_is_more_than_events_says_what_was_left_out(void **state)
{
    const struct cvn_calendar *calendar =
        read_calendar(*state, "BEGIN:VTODO\nUID:t\nEND:VTODO\nBEGIN:VTODO\nEND:VTODO\n"
                              "BEGIN:VFREEBUSY\nEND:VFREEBUSY\nBEGIN:X-Y\nEND:X-Y\njunk\n");
    assert_true(notes(calendar, "2 VTODO were left out"));
    assert_true(notes(calendar, "1 VFREEBUSY was left out"));
    assert_true(notes(calendar, "1 other component was left out"));
    assert_true(notes(calendar, "1 line outside of events"));
    assert_true(notes(calendar, "There are no events in the file."));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reading_setup, reading_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_read_when_all_is_said_takes_all),
        CASE(test_read_when_the_numbers_of_fields_are_named_they_are_right),
        CASE(test_read_when_whole_days_ends_after_the_last),
        CASE(test_read_when_there_is_a_duration_adds_it),
        CASE(test_read_when_floating_takes_the_calendars_zone_then_the_groups),
        CASE(test_read_when_tentative_becomes_a_draft),
        CASE(test_read_when_the_place_is_an_address_is_online),
        CASE(test_read_when_something_is_of_no_use_says_which_line),
        CASE(test_read_when_it_cannot_be_an_event_says_why),
        CASE(test_read_when_there_is_no_uid_makes_the_same_one_again),
        CASE(test_series_when_there_are_dates_are_local_and_sorted),
        CASE(test_series_when_there_are_several_rules_lists_the_further_ones),
        CASE(test_series_when_an_exdate_hits_nothing_says_so),
        CASE(test_series_when_refused_takes_its_occurrences_along),
        CASE(test_read_when_events_are_too_many_refuses_the_file),
        CASE(test_read_when_series_are_too_many_refuses_the_rest),
        CASE(test_read_when_time_is_up_refuses_the_rest),
        CASE(test_read_when_dates_are_too_many_refuses_the_series),
        CASE(test_read_when_too_deep_refuses_the_event),
        CASE(test_read_when_properties_are_too_many_refuses_the_event),
        CASE(test_read_when_texts_are_long_cuts_and_says_so),
        CASE(test_read_when_there_is_more_than_events_says_what_was_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
