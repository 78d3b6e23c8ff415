/* Making a series of a VEVENT that repeats. Pure but for the zones. */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_SERIES_H
#define CVN_SERVICES_EVENTS_CALENDAR_SERIES_H

#include "services/events/calendar/import.h"

/* Whether the item is more than one event. */
bool cvn_calendar_repeats(const struct cvn_calendar_item *item);

/*
 * Fills the record's series from its main item, whose times are placed in the zone; refuses the
 * item where its rules cannot be kept. Further RRULEs become single dates. 0 or -ENOMEM.
 */
int cvn_calendar_series_make(struct cvn_calendar_record *record, const struct cvn_zone *zone,
                             int64_t now_ms, struct cvn_arena *arena);

/*
 * A date of the series (RDATE, EXDATE, RECURRENCE-ID) as local time in the zone; one without a time
 * is at the series' own.
 */
struct cvn_civil cvn_calendar_series_date(const struct cvn_calendar_item *main,
                                          const struct cvn_calendar_moment *moment,
                                          const struct cvn_zone *zone);

#endif
