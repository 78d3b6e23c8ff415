/*
 * VTIMEZONEs out, from the transitions that base/zone reads of tzdata: libical's are wrong in many
 * zones, and what it cuts to a span has RDATEs in UTC, which RFC 5545 does not allow. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_TIMEZONE_OUT_H
#define CVN_SERVICES_EVENTS_CALENDAR_TIMEZONE_OUT_H

#include "base/zone.h"
#include "services/events/calendar/text_out.h"

/* The instants that must be right, in milliseconds since 1970. */
struct cvn_calendar_span {
    int64_t first_ms, last_ms;
    bool open; /* for ever: rules go on without end */
};

/* Adds the VTIMEZONE of the zone for the span. */
void cvn_calendar_out_timezone(struct cvn_calendar_out *out, const struct cvn_zone *zone,
                               const struct cvn_calendar_span *span);

#endif
