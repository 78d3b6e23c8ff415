/* The texts of a VEVENT: title, description, place, topics and links. Pure. */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_ITEM_TEXT_H
#define CVN_SERVICES_EVENTS_CALENDAR_ITEM_TEXT_H

#include "services/events/calendar/import.h"

/* What was seen so far; embedded by value. */
struct cvn_calendar_texts {
    struct cvn_calendar_item *item;
    struct cvn_arena *arena;
    Convene__Events__V1__LatLng *point;
    bool exact_venue;  /* X-CONVENE-VENUE */
    bool found_online; /* an address to attend at */
};

void cvn_calendar_texts_init(struct cvn_calendar_texts *texts, struct cvn_calendar_item *item,
                             struct cvn_arena *arena);

/* Takes a property if it is one of these; what cannot be kept is remarked. 0 or -ENOMEM. */
int cvn_calendar_texts_take(struct cvn_calendar_texts *texts,
                            const struct cvn_calendar_property *property);

/* Fills in what follows from all of them. 0 or -ENOMEM. */
int cvn_calendar_texts_finish(struct cvn_calendar_texts *texts);

#endif
