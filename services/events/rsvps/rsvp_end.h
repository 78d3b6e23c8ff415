/* Ending the RSVPs of one person to many events, each of which then serves its queue. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_END_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_END_H

#include "services/runtime/ctx.h"

#include <stdbool.h>
#include <stddef.h>

struct cvn_rsvps_ended {
    size_t n;
    bool more; /* there are more than the limit let end */
};

/*
 * Removes the person from the group's events that have not begun, at most max of them; of the last
 * CVN_RSVPS_OF_PERSON_MAX that they answered. 0 or a fault.
 */
int cvn_rsvps_end_in_group(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person, size_t max, struct cvn_rsvps_ended *ret);

/*
 * Says no for the person to an event that has not begun, if they have a seat, wait for one, ask or
 * are invited. *ret_ended: whether there was anything to give up. 0; CVN_STORE_ABSENT without an
 * RSVP; a fault.
 */
int cvn_rsvp_give_up(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                     bool *ret_ended);

#endif
