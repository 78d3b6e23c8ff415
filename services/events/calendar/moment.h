/*
 * Dates and times of iCalendar (RFC 5545, sections 3.3.4, 3.3.5 and 3.3.6) and the zones that they
 * stand in. What a local time means in UTC is asked of base/zone alone. Pure but for the zones.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_MOMENT_H
#define CVN_SERVICES_EVENTS_CALENDAR_MOMENT_H

#include "base/civil.h"
#include "base/zone.h"
#include "services/events/calendar/document.h"

/* A date, or a time on a clock. */
struct cvn_calendar_moment {
    struct cvn_civil civil; /* at 00:00:00 for a date */
    bool is_date;
    bool is_utc;
    const struct cvn_zone *zone; /* of its TZID; NULL without one */
};

/* Where times without a zone of their own stand. */
struct cvn_calendar_places {
    struct cvn_zones *zones;
    const struct cvn_zone *home;     /* for times without a zone; not NULL */
    const struct cvn_zone *fallback; /* for zones that nobody knows; NULL: these are refused */
    const struct cvn_calendar_document *document; /* whose VTIMEZONEs are looked at; may be NULL */
};

enum cvn_calendar_moment_fault {
    CVN_CALENDAR_MOMENT_FINE = 0,
    CVN_CALENDAR_MOMENT_FORM,  /* neither a date nor a time */
    CVN_CALENDAR_MOMENT_RANGE, /* no such day or time, or not in the years of base/civil */
};

/*
 * Reads "20261201", "20261201T183000" or "20261201T183000Z", of len bytes; lower case and a missing
 * second are read over, and a second of 60 is read as 59.
 */
enum cvn_calendar_moment_fault cvn_calendar_moment_parse(struct cvn_calendar_moment *ret,
                                                         const char *text, size_t len);

/* How a zone was found. */
enum cvn_calendar_zone_how {
    CVN_CALENDAR_ZONE_KNOWN,   /* by its name */
    CVN_CALENDAR_ZONE_MATCHED, /* by the rules of its VTIMEZONE */
    CVN_CALENDAR_ZONE_GUESSED, /* not at all: the fallback */
};

/*
 * Finds the zone of a TZID, for a time around civil. 0; CVN_ZONE_UNKNOWN; -ENOMEM or a fault of
 * reading tzdata.
 */
int cvn_calendar_zone_of(const struct cvn_calendar_places *places, const char *tzid,
                         const struct cvn_civil *civil, const struct cvn_zone **ret_zone,
                         enum cvn_calendar_zone_how *ret_how);

/* The instant of a moment, in milliseconds since 1970 UTC; a date is read in that zone. */
int64_t cvn_calendar_moment_ms(const struct cvn_calendar_moment *moment,
                               const struct cvn_zone *zone);

/*
 * What clocks in the zone show at the moment; a date, and a time without a zone, show what they
 * say.
 */
struct cvn_civil cvn_calendar_moment_in(const struct cvn_calendar_moment *moment,
                                        const struct cvn_zone *zone);

/* Reads "P1DT2H", "-PT15M": its length with days of 24 hours, in seconds. False when it is none. */
bool cvn_calendar_duration(const char *text, int64_t *ret_s);

#endif
