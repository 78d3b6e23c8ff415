/* Places by name (base/places.h), as requests ask for them and as events have them. */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_PLACE_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_PLACE_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

enum { CVN_EVENT_PLACES_NAMED = 6 }; /* at most, when a request is asked back */

/*
 * The city that a checked PlaceName means. 0 and *ret in the arena; CVN_REFUSED with
 * INVALID_ARGUMENT and the reason PLACE_UNKNOWN or PLACE_AMBIGUOUS, saying which there are;
 * -ENOMEM.
 */
int cvn_event_place_find(struct cvn_ctx *ctx, const Convene__Events__V1__PlaceName *asked,
                         Convene__Events__V1__FoundPlace **ret);

/*
 * Sets the event's city_center: where its venue has a city and no location, the centre of that
 * city, in the venue's country or the group's, if it is clear which one is meant. 0 or -ENOMEM.
 */
int cvn_event_place_locate(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                           const char *group_country);

#endif
