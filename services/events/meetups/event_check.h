/* What an event must be like, apart from what the store knows. Pure but for the zones. */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_CHECK_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_CHECK_H

#include "base/arena.h"
#include "base/problems.h"
#include "base/zone.h"
#include "convene/events/v1/event.pb-c.h"

enum {
    CVN_EVENT_TITLE_MAX = 300,
    CVN_EVENT_DESCRIPTION_MAX = 50000,
    CVN_EVENT_EXTERNAL_ID_MAX = 200,
    CVN_EVENT_VENUE_NAME_MAX = 200,
    CVN_EVENT_ADDRESS_MAX = 500,
    CVN_EVENT_CAPACITY_MAX = 1000000,
    CVN_EVENT_GUESTS_MAX = 10,
    CVN_EVENT_HOSTS_MAX = 20,
    CVN_EVENT_COST_NOTE_MAX = 200,
    CVN_EVENT_DAYS_MAX = 31,
    CVN_EVENT_OFFER_MINUTES_MIN = 5,
    CVN_EVENT_OFFER_MINUTES_MAX = 14 * 24 * 60,
};

/*
 * Notes what is wrong under the path given ("event" or "events[3]"); event may be NULL. 0 or
 * -ENOMEM.
 */
int cvn_event_check(struct cvn_problems *problems, const char *path,
                    const Convene__Events__V1__Event *event, struct cvn_zones *zones);

/*
 * Drops fields of the event that this version does not know, so that nothing is stored unchecked,
 * and fills in what follows from a checked event: unspecified choices become their defaults, the
 * zone the group's when it has none, local times their full form, and the instants what these make.
 * 0 or -ENOMEM.
 */
int cvn_event_complete(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                       const char *group_zone, struct cvn_zones *zones);

#endif
