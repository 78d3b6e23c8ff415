/* The limits of what a calendar may have: as much is taken, and one more is refused, cut or left.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_calendar/reading.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 20 };

struct text {
    char bytes[TEXT_BYTES];
    size_t len;
};

static struct text text;

static const char *begin(void)
{
    text.len = 0;
    text.bytes[0] = '\0';
    return text.bytes;
}

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text.len += (size_t)vsnprintf(text.bytes + text.len, TEXT_BYTES - text.len, format, args);
    va_end(args);
    assert_true(text.len < TEXT_BYTES);
}

static void put_times(char c, int n)
{
    assert_true(text.len + (size_t)n < TEXT_BYTES);
    memset(text.bytes + text.len, c, (size_t)n);
    text.len += (size_t)n;
    text.bytes[text.len] = '\0';
}

#define TIMES "SUMMARY:x\nDTSTART:20270301T173000Z\nDTEND:20270301T193000Z\n"

/* An event of the lines put, with times. */
static const struct cvn_calendar_item *event(struct reading *reading)
{
    put(TIMES);
    return read_event(reading, text.bytes);
}

static void test_zones_beyond_the_limit_are_not_known(void **state)
{
    struct reading *reading = *state;
    for (int over = 0; over <= 1; over++) {
        begin();
        for (int i = 1; i < CVN_CALENDAR_ZONES_MAX + over; i++)
            put("BEGIN:VTIMEZONE\nTZID:Z%d\nEND:VTIMEZONE\n", i);
        put("BEGIN:VTIMEZONE\nTZID:Last\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
            "TZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
            "BEGIN:VEVENT\nUID:one\nDTSTART;TZID=Last:20270301T173000\nEND:VEVENT\n");
        const struct cvn_calendar *calendar = read_calendar(reading, text.bytes);
        assert_int_equal(calendar->n_records, over ? 0 : 1);
        if (over)
            assert_true(says(calendar->others[0], "which nobody knows"));
        else
            assert_int_equal(start_ms(reading, calendar->records[0].main),
                             INT64_C(1803911400) * 1000);
    }
}

/* Those that count stand first; the last one says another offset, so that none is fixed. */
static void test_observances_beyond_the_limit_are_not_read(void **state)
{
    struct reading *reading = *state;
    for (int over = 0; over <= 1; over++) {
        begin();
        put("BEGIN:VTIMEZONE\nTZID:Z\n");
        for (int i = 0; i < CVN_CALENDAR_OBSERVANCES_MAX - 1 + over; i++)
            put("BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0300\nEND:STANDARD\n");
        put("BEGIN:STANDARD\nDTSTART:nonsense\nTZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n"
            "BEGIN:VEVENT\nUID:one\nDTSTART;TZID=Z:20270301T173000\nEND:VEVENT\n");
        const struct cvn_calendar *calendar = read_calendar(reading, text.bytes);
        assert_int_equal(calendar->n_records, over); /* without it the zone is a fixed one */
    }
}

static void test_uid_when_too_long_is_refused(void **state)
{
    for (int over = 0; over <= 1; over++) {
        begin();
        put("UID:");
        put_times('u', CVN_CALENDAR_UID_MAX + over);
        put("\n");
        const struct cvn_calendar_item *item = event(*state);
        assert_int_equal(item->result.outcome, over ? OUTCOME(REFUSED) : 0);
        assert_true(!over || says(item, "at most 180 can be kept"));
    }
}

static void test_rules_when_too_many_are_refused(void **state)
{
    static const char *const names[] = {"RRULE", "EXRULE"};
    for (int i = 0; i < 4; i++) {
        begin();
        put("RRULE:FREQ=WEEKLY;COUNT=3\n");
        int n = CVN_CALENDAR_RULES_MAX + i % 2 - (i < 2);
        for (int k = 0; k < n; k++)
            put("%s:FREQ=DAILY;COUNT=%d\n", names[i / 2], 2 + k);
        const struct cvn_calendar_item *item = event(*state);
        assert_int_equal(item->result.outcome, i % 2 ? OUTCOME(REFUSED) : 0);
    }
}

static void test_reasons_beyond_the_limit_are_dropped(void **state)
{
    for (int over = -1; over <= 1; over++) {
        begin();
        for (int i = 0; i < CVN_CALENDAR_REASONS_MAX + over; i++)
            put("URL:no address %d\n", i);
        const struct cvn_calendar_item *item = event(*state);
        assert_int_equal(item->result.n_reasons, CVN_CALENDAR_REASONS_MAX + (over < 0 ? -1 : 0));
    }
}

static void test_texts_when_too_long_are_cut(void **state)
{
    for (int over = 0; over <= 1; over++) {
        begin();
        put("LOCATION:v\\,");
        put_times('a', CVN_CALENDAR_ADDRESS_MAX + over);
        put("\nCATEGORIES:");
        put_times('t', CVN_CALENDAR_TOPIC_MAX + over);
        put("\nURL:https://example.org/");
        put_times('x', CVN_CALENDAR_URL_MAX + over - (int)strlen("https://example.org/"));
        put("\n");
        const struct cvn_calendar_item *item = event(*state);
        assert_int_equal(item->result.outcome, 0);
        assert_int_equal(strlen(item->event->venue->address), CVN_CALENDAR_ADDRESS_MAX);
        assert_int_equal(strlen(item->event->topics[0]), CVN_CALENDAR_TOPIC_MAX);
        /* An address that is cut would lead elsewhere. */
        assert_int_equal(strlen(item->event->url), over ? 0 : CVN_CALENDAR_URL_MAX);
        begin();
        put("LOCATION:");
        put_times('v', CVN_CALENDAR_VENUE_MAX + over);
        put("\n");
        assert_int_equal(strlen(event(*state)->event->venue->name), CVN_CALENDAR_VENUE_MAX);
    }
}

static void test_topics_beyond_the_limit_are_left_out(void **state)
{
    for (int over = 0; over <= 1; over++) {
        begin();
        put("CATEGORIES:t0");
        for (int i = 1; i < CVN_CALENDAR_TOPICS_MAX + over; i++)
            put(",t%d", i);
        put("\n");
        const struct cvn_calendar_item *item = event(*state);
        assert_int_equal(item->event->n_topics, CVN_CALENDAR_TOPICS_MAX);
        assert_int_equal(item->result.n_reasons, over);
    }
}

static void test_values_in_sentences_are_cut(void **state)
{
    for (int over = 0; over <= 1; over++) {
        begin();
        put("URL:");
        put_times('x', CVN_CALENDAR_SHOWN_MAX);
        put("%s\n", over ? "y" : "");
        const struct cvn_calendar_item *item = event(*state);
        assert_true(says(item, "xxxx"));
        assert_null(strchr(item->result.reasons[0], 'Y'));
        const char *shown = strchr(item->result.reasons[0], 'x');
        assert_int_equal(strspn(shown, "x"), CVN_CALENDAR_SHOWN_MAX);
        assert_true(shown[CVN_CALENDAR_SHOWN_MAX] != 'y');
    }
}

static void test_notes_beyond_the_limit_are_dropped(void **state)
{
    struct reading *reading = *state;
    struct cvn_calendar_document document = {.n_notes = 0};
    for (int i = 0; i <= CVN_CALENDAR_NOTES_MAX; i++)
        assert_int_equal(cvn_calendar_note(&document, &reading->arena, "note %d", i), 0);
    assert_int_equal(document.n_notes, CVN_CALENDAR_NOTES_MAX);
    assert_string_equal(document.notes[CVN_CALENDAR_NOTES_MAX - 1], "note 19");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reading_setup, reading_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_zones_beyond_the_limit_are_not_known),
        CASE(test_observances_beyond_the_limit_are_not_read),
        CASE(test_uid_when_too_long_is_refused),
        CASE(test_rules_when_too_many_are_refused),
        CASE(test_reasons_beyond_the_limit_are_dropped),
        CASE(test_texts_when_too_long_are_cut),
        CASE(test_topics_beyond_the_limit_are_left_out),
        CASE(test_values_in_sentences_are_cut),
        CASE(test_notes_beyond_the_limit_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
