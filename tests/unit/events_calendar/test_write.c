/* What is written: folded, escaped, right in every zone, and read by libical as it was meant. */
#include "services/events/calendar/write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_calendar/reading.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const char *literal)
{
    return (char *)(uintptr_t)literal;
}

/* An event with much to say. The parts lie beside it; not to be moved. */
struct subject {
    Convene__Events__V1__Event event;
    Convene__Events__V1__Series series;
    Convene__Events__V1__Venue venue;
    Convene__Events__V1__LatLng point;
    Google__Protobuf__Timestamp start, end, update;
    char *topics[2];
};

static const struct cvn_calendar_host host = {"grp_01jd3x00000000000000000000",
                                              "Berlin \"C\"; Meetup"};

static void subject_init(struct subject *s)
{
    convene__events__v1__event__init(&s->event);
    convene__events__v1__series__init(&s->series);
    convene__events__v1__venue__init(&s->venue);
    convene__events__v1__lat_lng__init(&s->point);
    google__protobuf__timestamp__init(&s->start);
    s->end = s->update = s->start;
    s->start.seconds = 1796146200; /* 2026-12-01T18:30 in Berlin */
    s->end.seconds = s->start.seconds + 7200;
    s->update.seconds = 1793534400; /* 2026-11-01T12:00Z */
    s->point.latitude = 52.5129;
    s->point.longitude = -13.25;
    s->venue.name = text_of("c-base; e. V.");
    s->venue.address = text_of("Rungestr. 20, 10179");
    s->venue.city = text_of("Berlin");
    s->venue.location = &s->point;
    s->event.id = text_of("evt_01jd3x00000000000000000001");
    s->event.external_id = text_of("uid,1@example.org");
    s->event.title = text_of("Zeiger, \\ und; Ärger");
    s->event.description =
        text_of("Erste Zeile\nZweite: ein sehr langer Text, der "
                "gefaltet werden muss, mit vielen Umlauten äöüäöüäöüäöü"
                "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöü und 日本語日本語日本語日本語日本語");
    s->event.start_local = text_of("2026-12-01T18:30:00");
    s->event.end_local = text_of("2026-12-01T20:30:00");
    s->event.time_zone = text_of("Europe/Berlin");
    s->event.start_time = &s->start;
    s->event.end_time = &s->end;
    s->event.update_time = s->event.create_time = &s->update;
    s->event.venue = &s->venue;
    s->topics[0] = text_of("C, C++");
    s->topics[1] = text_of("embedded");
    s->event.topics = s->topics;
    s->event.n_topics = 2;
    s->event.language = text_of("de");
    s->event.url = text_of("https://example.org/e?a=1,2;b");
    s->event.online_url = text_of("https://meet.example.org/x");
    s->event.capacity = 40;
    s->event.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    s->event.status = STATUS(SCHEDULED);
    s->event.sequence = 3;
    s->event.attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED;
    s->series.id = text_of("ser_01jd3x00000000000000000002");
    s->series.event = &s->event;
    s->series.update_time = &s->update;
    s->series.rrule = text_of("FREQ=WEEKLY;BYDAY=TU");
}

static struct cvn_calendar_writer *writer_of(struct reading *reading)
{
    struct cvn_calendar_writer *writer = cvn_arena_alloc(&reading->arena, sizeof *writer);
    assert_non_null(writer);
    cvn_calendar_writer_init(writer, reading->zones, &reading->arena);
    return writer;
}

/* The calendar as a string. */
static const char *finish(struct cvn_calendar_writer *writer)
{
    struct cvn_slice content;
    assert_int_equal(cvn_calendar_writer_finish(writer, "Name", &content), 0);
    char *text = cvn_arena_copy(writer->out.arena, content.data, content.len);
    assert_non_null(text);
    return text;
}

static const char *written(struct reading *reading, struct subject *s)
{
    struct cvn_calendar_writer *writer = writer_of(reading);
    assert_int_equal(cvn_calendar_write_event(writer, &s->event, NULL, &host), 0);
    return finish(writer);
}

static void test_write_when_lines_are_long_folds_between_characters(void **state)
{
    struct subject s;
    subject_init(&s);
    const char *text = written(*state, &s);
    size_t longest = 0;
    for (const char *line = text; *line;) {
        const char *end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true((size_t)(end - line) <= CVN_CALENDAR_FOLD_AT);
        assert_null(memchr(line, '\n', (size_t)(end - line)));
        /* No line begins in the middle of a character. */
        assert_true(((unsigned char)line[line[0] == ' '] & 0xc0) != 0x80);
        longest = (size_t)(end - line) > longest ? (size_t)(end - line) : longest;
        line = end + 2;
    }
    assert_int_equal(longest, CVN_CALENDAR_FOLD_AT);
}

static void test_write_when_twice_gives_the_same_bytes(void **state)
{
    struct subject s;
    subject_init(&s);
    assert_string_equal(written(*state, &s), written(*state, &s));
}

static void test_write_when_read_again_says_the_same(void **state)
{
    struct subject s;
    subject_init(&s);
    const char *text = written(*state, &s);
    char *copy = strdup(text);
    const struct cvn_calendar *calendar = read_bytes(*state, copy, strlen(copy));
    free(copy);
    assert_int_equal(calendar->n_records, 1);
    const struct cvn_calendar_item *item = calendar->records[0].main;
    assert_int_equal(item->result.n_reasons, 0);
    assert_string_equal(item->result.uid, s.event.external_id);
    assert_string_equal(item->event->title, s.event.title);
    assert_string_equal(item->event->description, s.event.description);
    assert_string_equal(item->event->venue->name, s.venue.name);
    assert_string_equal(item->event->venue->address, s.venue.address);
    assert_string_equal(item->event->venue->city, s.venue.city);
    assert_true(item->event->venue->location->longitude == s.point.longitude);
    assert_string_equal(item->event->topics[0], s.topics[0]);
    assert_string_equal(item->event->url, s.event.url);
    assert_string_equal(item->event->online_url, s.event.online_url);
    assert_string_equal(item->event->language, "de");
    assert_int_equal(item->event->capacity, 40);
    assert_int_equal(item->event->attendance_mode, s.event.attendance_mode);
    assert_int_equal(item->sequence, 3);
    assert_int_equal(item->modified_s, s.update.seconds);
}

static void test_write_says_who_holds_it_without_an_address(void **state)
{
    struct subject s;
    subject_init(&s);
    const char *text = written(*state, &s);
    assert_non_null(strstr(text, "ORGANIZER;CN=\"Berlin 'C'; Meetup\":urn:uuid:"));
    assert_null(strstr(text, "mailto:"));
}

static void test_write_when_cancelled_or_postponed_shows_it(void **state)
{
    struct subject s;
    subject_init(&s);
    s.event.status = STATUS(CANCELLED);
    s.event.status_reason = text_of("Nobody came");
    const char *text = written(*state, &s);
    assert_non_null(strstr(text, "\r\nSTATUS:CANCELLED\r\n"));
    assert_non_null(strstr(text, "\r\nX-CONVENE-REASON:Nobody came\r\n"));
    s.event.status = STATUS(POSTPONED);
    text = written(*state, &s);
    assert_non_null(strstr(text, "\r\nSTATUS:TENTATIVE\r\nX-CONVENE-STATUS:POSTPONED\r\n"));
    s.event.status = STATUS(SCHEDULED);
    s.event.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT;
    text = written(*state, &s);
    assert_non_null(strstr(text, "\r\nSTATUS:TENTATIVE\r\nX-CONVENE-PUBLICATION:DRAFT\r\n"));
}

static void test_write_when_there_is_no_key_names_the_id(void **state)
{
    struct subject s;
    subject_init(&s);
    s.event.external_id = text_of("");
    assert_non_null(strstr(written(*state, &s), "UID:evt_01jd3x00000000000000000001@convene\r\n"));
}

static void test_series_has_rule_dates_and_the_occurrences_of_one_uid(void **state)
{
    struct subject s;
    subject_init(&s);
    char *further[] = {text_of("2026-12-03T18:30:00")};
    char *left_out[] = {text_of("2026-12-08T18:30:00"), text_of("2026-12-15T18:30:00")};
    s.series.further_starts = further;
    s.series.n_further_starts = 1;
    s.series.excluded_starts = left_out;
    s.series.n_excluded_starts = 2;
    struct cvn_calendar_writer *writer = writer_of(*state);
    assert_int_equal(cvn_calendar_write_series(writer, &s.series, &host), 0);
    Convene__Events__V1__Event changed = s.event;
    changed.recurrence_id = text_of("2026-12-22T18:30:00");
    assert_int_equal(cvn_calendar_write_event(writer, &changed, &s.series, &host), 0);
    assert_int_equal(writer->n_components, 2);
    const char *text = finish(writer);
    assert_non_null(strstr(text, "\r\nRRULE:FREQ=WEEKLY;BYDAY=TU\r\n"));
    assert_non_null(strstr(text, "\r\nRDATE;TZID=Europe/Berlin:20261203T183000\r\n"));
    assert_non_null(
        strstr(text, "\r\nEXDATE;TZID=Europe/Berlin:20261208T183000,20261215T183000\r\n"));
    assert_non_null(strstr(text, "\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261222T183000\r\n"));
    const char *uid = strstr(text, "UID:uid\\,1@example.org");
    assert_non_null(uid);
    assert_non_null(strstr(uid + 1, "UID:uid\\,1@example.org"));
    /* One zone, from the year before on and without end. */
    const char *zone = strstr(text, "BEGIN:VTIMEZONE");
    assert_non_null(zone);
    assert_null(strstr(zone + 1, "BEGIN:VTIMEZONE"));
    assert_non_null(strstr(text, "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"));
}

static void test_rule_when_written_ends_in_utc(void **state)
{
    static const struct {
        const char *rule, *ends_before, *want;
        bool all_day;
    } rows[] = {
        {"FREQ=DAILY", "", "FREQ=DAILY", false},
        {"FREQ=DAILY;UNTIL=20270401", "", "FREQ=DAILY;UNTIL=20270401T215959Z", false},
        {"FREQ=DAILY;UNTIL=20270401T120000;BYDAY=MO", "",
         "FREQ=DAILY;UNTIL=20270401T100000Z;BYDAY=MO", false},
        {"FREQ=DAILY;UNTIL=20270401T120000Z", "", "FREQ=DAILY;UNTIL=20270401T120000Z", false},
        {"FREQ=DAILY;UNTIL=20270401T220000Z", "", "FREQ=DAILY;UNTIL=20270402", true},
        {"FREQ=DAILY;COUNT=9", "2027-01-05T18:30:00", "FREQ=DAILY;UNTIL=20270105T172959Z", false},
        {"UNTIL=20280101T000000Z;FREQ=DAILY", "2027-01-05T00:00:00", "FREQ=DAILY;UNTIL=20270104",
         true},
        {"", "2027-01-05T00:00:00", "", false},
    };
    struct reading *reading = *state;
    const struct cvn_zone *zone;
    assert_int_equal(cvn_zones_find(reading->zones, "Europe/Berlin", &zone), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct subject s;
        subject_init(&s);
        s.series.rrule = text_of(rows[i].rule);
        s.series.ends_before = text_of(rows[i].ends_before);
        s.event.all_day = rows[i].all_day;
        assert_string_equal(cvn_calendar_rule(&reading->arena, &s.series, zone), rows[i].want);
    }
}

/* What comes from where a series was split on is another's. */
static void test_write_when_a_series_was_split_leaves_later_dates_out(void **state)
{
    struct cvn_calendar_writer *writer = writer_of(*state);
    char *further[] = {text_of("2027-02-08T10:00:00"), text_of("2027-02-09T18:30:00"),
                       text_of("2027-02-10T10:00:00")};
    struct subject s;
    subject_init(&s);
    s.series.ends_before = text_of("2027-02-09T18:30:00");
    s.series.further_starts = further;
    s.series.n_further_starts = 3;
    assert_int_equal(cvn_calendar_write_series(writer, &s.series, &host), 0);
    const char *text = finish(writer);
    assert_non_null(strstr(text, "\r\nRDATE;TZID=Europe/Berlin:20270208T100000\r\n"));
}

static void test_write_when_of_many_zones_has_each_once(void **state)
{
    static const char *const names[] = {"Europe/Berlin", "Europe/Rome",  "Asia/Tokyo",
                                        "Asia/Kolkata",  "America/Lima", "Africa/Lagos",
                                        "Pacific/Fiji",  "Asia/Dubai",   "Europe/Kyiv"};
    enum { N = sizeof names / sizeof *names };
    struct cvn_calendar_writer *writer = writer_of(*state);
    struct subject s;
    subject_init(&s);
    for (size_t i = 0; i < 2 * (size_t)N; i++) {
        s.event.time_zone = text_of(names[i % N]);
        assert_int_equal(cvn_calendar_write_event(writer, &s.event, NULL, &host), 0);
    }
    const char *text = finish(writer);
    for (size_t i = 0; i < N; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "\r\nTZID:%s\r\n", names[i]);
        const char *at = strstr(text, line);
        assert_non_null(at);
        assert_null(strstr(at + 1, line));
    }
}

static void test_write_when_whole_days_has_dates(void **state)
{
    struct subject s;
    subject_init(&s);
    s.event.all_day = true;
    s.event.start_local = text_of("2026-12-24T00:00:00");
    s.event.end_local = text_of("2026-12-27T00:00:00");
    const char *text = written(*state, &s);
    assert_non_null(strstr(text, "\r\nDTSTART;VALUE=DATE:20261224\r\n"));
    assert_non_null(strstr(text, "\r\nDTEND;VALUE=DATE:20261227\r\n"));
}

/* Text of libical's, which wants CR LF undone. */
static icalcomponent *parse(const char *text)
{
    icalcomponent *calendar = icalparser_parse_string(text);
    assert_non_null(calendar);
    assert_int_equal(icalcomponent_count_errors(calendar), 0);
    return calendar;
}

static void test_libical_when_it_reads_an_event_finds_what_was_meant(void **state)
{
    struct subject s;
    subject_init(&s);
    icalcomponent *calendar = parse(written(*state, &s));
    assert_int_not_equal(icalrestriction_check(calendar), 0); /* all that must be is there */
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    assert_non_null(event);
    assert_string_equal(icalcomponent_get_summary(event), s.event.title);
    assert_string_equal(icalcomponent_get_description(event), s.event.description);
    assert_string_equal(icalcomponent_get_uid(event), s.event.external_id);
    assert_string_equal(icalcomponent_get_location(event),
                        "c-base; e. V., Rungestr. 20, 10179, Berlin");
    assert_int_equal(icalcomponent_get_sequence(event), 3);
    assert_int_equal(icalcomponent_get_status(event), ICAL_STATUS_CONFIRMED);
    icalproperty *start = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    struct icaltimetype time = icalproperty_get_dtstart(start);
    assert_int_equal(time.year, 2026);
    assert_int_equal(time.hour, 18);
    icalcomponent_free(calendar);
}

/* The VTIMEZONE alone, asked for the offset at each step, against base/zone. */
static void compare_zone(struct reading *reading, const char *name, int first_year, int last_year)
{
    const struct cvn_zone *zone;
    assert_int_equal(cvn_zones_find(reading->zones, name, &zone), 0);
    struct cvn_calendar_out out = {.arena = &reading->arena};
    struct cvn_civil from = {first_year, 1, 1, 0, 0, 0}, to = {last_year, 12, 31, 0, 0, 0};
    struct cvn_calendar_span span = {cvn_zone_utc_ms(zone, &from), cvn_zone_utc_ms(zone, &to),
                                     false};
    cvn_calendar_out_timezone(&out, zone, &span);
    cvn_calendar_out_raw(&out, "", 1);
    assert_false(out.failed);
    for (const char *rdate = strstr(out.data, "RDATE"); rdate; rdate = strstr(rdate + 1, "RDATE"))
        assert_null(memchr(rdate, 'Z', strcspn(rdate, "\r")));
    icalcomponent *component = parse(out.data);
    icaltimezone *read = icaltimezone_new();
    assert_int_equal(icaltimezone_set_component(read, component), 1);
    for (int64_t ms = span.first_ms; ms <= span.last_ms; ms += INT64_C(7) * 3600 * 1000) {
        struct cvn_civil utc = cvn_civil_of_seconds(ms / 1000);
        struct icaltimetype time = {.year = utc.year,
                                    .month = utc.month,
                                    .day = utc.day,
                                    .hour = utc.hour,
                                    .minute = utc.minute,
                                    .second = utc.second};
        int is_daylight = 0;
        int offset_s = icaltimezone_get_utc_offset_of_utc_time(read, &time, &is_daylight);
        if (offset_s != cvn_zone_offset_s(zone, ms))
            print_error("%s at %d-%02d-%02dT%02d\n%s", name, utc.year, utc.month, utc.day, utc.hour,
                        out.data);
        assert_int_equal(offset_s, cvn_zone_offset_s(zone, ms));
    }
    icaltimezone_free(read, 1);
}

static void test_timezone_when_libical_reads_it_has_every_offset_right(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin",       "America/New_York", "America/Sao_Paulo", "Africa/Casablanca",
        "Australia/Lord_Howe", "Europe/Dublin",    "Asia/Kolkata",      "Etc/UTC",
        "America/St_Johns",    "Asia/Gaza",        "Pacific/Apia",      "Europe/Istanbul"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        compare_zone(*state, names[i], 2010, 2019);
        compare_zone(*state, names[i], 2026, 2028);
    }
}

static void test_timezone_when_nothing_changes_is_one_observance(void **state)
{
    struct reading *reading = *state;
    const struct cvn_zone *zone;
    assert_int_equal(cvn_zones_find(reading->zones, "Etc/UTC", &zone), 0);
    struct cvn_calendar_out out = {.arena = &reading->arena};
    struct cvn_calendar_span span = {0, 1000, true};
    cvn_calendar_out_timezone(&out, zone, &span);
    cvn_calendar_out_raw(&out, "", 1);
    assert_string_equal(out.data, "BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\nBEGIN:STANDARD\r\n"
                                  "DTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\n"
                                  "TZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reading_setup, reading_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_write_when_lines_are_long_folds_between_characters),
        CASE(test_write_when_twice_gives_the_same_bytes),
        CASE(test_write_when_read_again_says_the_same),
        CASE(test_write_says_who_holds_it_without_an_address),
        CASE(test_write_when_cancelled_or_postponed_shows_it),
        CASE(test_write_when_there_is_no_key_names_the_id),
        CASE(test_series_has_rule_dates_and_the_occurrences_of_one_uid),
        CASE(test_rule_when_written_ends_in_utc),
        CASE(test_write_when_a_series_was_split_leaves_later_dates_out),
        CASE(test_write_when_of_many_zones_has_each_once),
        CASE(test_write_when_whole_days_has_dates),
        CASE(test_libical_when_it_reads_an_event_finds_what_was_meant),
        CASE(test_timezone_when_libical_reads_it_has_every_offset_right),
        CASE(test_timezone_when_nothing_changes_is_one_observance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
