/*
 * Putting together what belongs together: components of one UID, the newest of those that say the
 * same occurrence twice, series with their changed occurrences. Pure but for the zones.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_MERGE_H
#define CVN_SERVICES_EVENTS_CALENDAR_MERGE_H

#include "services/events/calendar/import.h"

/*
 * Makes the calendar's records and others of the items, which stay the caller's and outlive it. 0;
 * -ENOMEM or a fault of reading tzdata.
 */
int cvn_calendar_merge(struct cvn_calendar *calendar, const struct cvn_calendar_import *how,
                       struct cvn_calendar_item *items, size_t n, struct cvn_arena *arena);

#endif
