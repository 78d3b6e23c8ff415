/* Reading calendars of a test's own making. */
#ifndef CVN_TESTS_EVENTS_CALENDAR_READING_H
#define CVN_TESTS_EVENTS_CALENDAR_READING_H

#include "services/events/calendar/import.h"

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

/* Zones, and the calendar read last; one thread. */
struct reading {
    struct cvn_zones *zones;
    struct cvn_arena arena;
    struct cvn_calendar calendar;
    const char *time_zone; /* asked for; "" at first */
    int64_t now_ms;        /* of the clock, */
    int64_t tick_ms;       /* which goes on by so much whenever it is looked at */
};

int reading_setup(void **state);
int reading_teardown(void **state);

/* Reads the bytes, in a group of Europe/Berlin; asserts that nothing fails. */
const struct cvn_calendar *read_bytes(struct reading *reading, const char *bytes, size_t len);

/* Reads a VCALENDAR with the lines in it, which end in "\n" or "\r\n". */
const struct cvn_calendar *read_calendar(struct reading *reading, const char *lines);

/* Reads one VEVENT of UID "one" with the lines in it; its item, whatever became of it. */
const struct cvn_calendar_item *read_event(struct reading *reading, const char *lines);

/* Whether some reason of the item has the words in it. */
bool says(const struct cvn_calendar_item *item, const char *words);

/* Whether some note about the file has the words in it. */
bool notes(const struct cvn_calendar *calendar, const char *words);

/* The instant of the event's start, in the event's zone. */
int64_t start_ms(struct reading *reading, const struct cvn_calendar_item *item);

#endif
