/*
 * Writes events as iCalendar (RFC 5545): a whole VCALENDAR with the time zones that its events
 * need. The same events give the same bytes; no address of a person is among them. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_WRITE_H
#define CVN_SERVICES_EVENTS_CALENDAR_WRITE_H

#include "convene/events/v1/series.pb-c.h"
#include "services/events/calendar/timezone_out.h"

enum { CVN_CALENDAR_WRITTEN_ZONE = 1 }; /* outcome: an event's zone is unknown */

/* Who holds an event. */
struct cvn_calendar_host {
    const char *group_id; /* "grp_…" */
    const char *name;     /* "" where unknown */
};

struct cvn_calendar_zone_use {
    const struct cvn_zone *zone;
    struct cvn_calendar_span span;
};

/* Embedded by value. */
struct cvn_calendar_writer {
    struct cvn_zones *zones;
    struct cvn_calendar_out out;        /* the components */
    struct cvn_calendar_zone_use *uses; /* each zone once: no more than tzdata has */
    size_t n_uses, uses_room;
    size_t n_components;
};

void cvn_calendar_writer_init(struct cvn_calendar_writer *writer, struct cvn_zones *zones,
                              struct cvn_arena *arena);

/*
 * Adds one event. series (may be NULL) is the one that it is an occurrence of: it is then written
 * with the series' UID and its RECURRENCE-ID. 0; CVN_CALENDAR_WRITTEN_ZONE; -ENOMEM or a fault of
 * reading tzdata.
 */
int cvn_calendar_write_event(struct cvn_calendar_writer *writer,
                             const Convene__Events__V1__Event *event,
                             const Convene__Events__V1__Series *series,
                             const struct cvn_calendar_host *host);

/* Adds a series as one component with its rule. Results as for an event. */
int cvn_calendar_write_series(struct cvn_calendar_writer *writer,
                              const Convene__Events__V1__Series *series,
                              const struct cvn_calendar_host *host);

/* The whole calendar, in the arena; the name may be empty. 0 or -ENOMEM. */
int cvn_calendar_writer_finish(struct cvn_calendar_writer *writer, const char *name,
                               struct cvn_slice *ret);

/*
 * The series' rule as it is written: its UNTIL in UTC (a date for whole days), ended where the
 * series was split. In the arena; NULL when it is spent.
 */
const char *cvn_calendar_rule(struct cvn_arena *arena, const Convene__Events__V1__Series *series,
                              const struct cvn_zone *zone);

#endif
