/* What organisers do with somebody's RSVP. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_DECIDE_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_DECIDE_H

#include "services/events/rsvps/rsvp_access.h"
#include "services/runtime/ctx.h"

/* Prepare and run of RsvpService.Decide (services/runtime/methods.h). */
int cvn_rsvp_check_decide(struct cvn_ctx *ctx, const void *request);
int cvn_rsvp_decide_for(struct cvn_ctx *ctx, const void *request, void *reply);

/*
 * Refuses to overwrite a mark of attendance with another one without a reason: a list of who came
 * that arrives late must not undo what somebody has corrected. 0, CVN_REFUSED or a fault.
 */
int cvn_rsvp_require_reason(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                            const struct cvn_seating_action *action);

#endif
