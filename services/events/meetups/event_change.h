/* Changing what is said of an event that is stored: who may, whether the rules let it, and storing
 * it.
 */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_CHANGE_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_CHANGE_H

#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rules/publication.h"

enum { CVN_EVENT_REASON_MAX = 500 };

/*
 * The event of an id that the caller organises. 0; CVN_REFUSED, saying that they may not do what
 * is meant ("cancel this event"); a fault.
 */
int cvn_event_find_organised(struct cvn_ctx *ctx, const char *id, const char *what,
                             struct cvn_rsvp_case *ret);

/* What the rules make of an action (rules/publication.h). 0 or CVN_REFUSED with their sentence. */
int cvn_event_decide_status(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event,
                            enum cvn_event_action action, int64_t new_start_ms,
                            struct cvn_event_decision *ret);

/* Gives the event the status decided. An occurrence counts as changed by itself
 * from then on. */
void cvn_event_set_status(Convene__Events__V1__Event *event,
                          const struct cvn_event_decision *decision);

/*
 * Stores the event with its status as decided, brings its seats in line and shows it as organisers
 * see it. An occurrence counts as changed by itself from then on. 0 or a fault.
 */
int cvn_event_store_status(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                           const struct cvn_event_decision *decision,
                           Convene__Events__V1__Event *reply);

/* Publishes, unpublishes or archives the event of an id. 0, CVN_REFUSED or a fault. */
int cvn_event_set_publication(struct cvn_ctx *ctx, const char *id,
                              enum cvn_publication_action action,
                              Convene__Events__V1__Event *reply);

#endif
