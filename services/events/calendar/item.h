/* Reading one VEVENT. Pure but for the zones. */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_ITEM_H
#define CVN_SERVICES_EVENTS_CALENDAR_ITEM_H

#include "services/events/calendar/import.h"

/*
 * Reads the component's properties; an item that cannot be imported has its outcome and reasons.
 * 0; -ENOMEM or a fault of reading tzdata.
 */
int cvn_calendar_item_read(struct cvn_calendar_item *item,
                           const struct cvn_calendar_component *component,
                           const struct cvn_calendar_places *places, struct cvn_arena *arena);

/*
 * Gives the item's event its local times, in the zone of its DTSTART or, where that has none, in
 * the zone given. Refuses what ends before it starts. 0 or -ENOMEM.
 */
int cvn_calendar_item_place(struct cvn_calendar_item *item, const struct cvn_zone *zone,
                            struct cvn_arena *arena);

/* Whether its outcome was decided: it was refused, or there is nothing to do. */
bool cvn_calendar_item_decided(const struct cvn_calendar_item *item);

/* The local time as text in the arena; NULL when it is spent. */
char *cvn_calendar_local(struct cvn_arena *arena, const struct cvn_civil *civil);

#endif
