/* Ending the RSVPs of one person to many events, each of which then serves its queue. */
#ifndef CVN_SERVICES_EVENTS_RSVP_END_H
#define CVN_SERVICES_EVENTS_RSVP_END_H

#include "services/runtime/ctx.h"

#include <stdbool.h>
#include <stddef.h>

struct cvn_rsvps_ended {
    size_t n;
    bool more; /* there are more than the limit let end */
};

/*
 * Removes the person from the group's events that have not begun, at most max of them; of the last
 * CVN_RSVPS_OF_PERSON_MAX that they answered. RSVPs to cancelled events stay as they are. 0 or a
 * fault.
 */
int cvn_rsvps_end_in_group(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person, size_t max, struct cvn_rsvps_ended *ret);

#endif
