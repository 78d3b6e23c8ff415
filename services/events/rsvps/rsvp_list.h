/* ListRsvps: the queue in its order, then the others by person. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_LIST_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_LIST_H

#include "services/runtime/ctx.h"

/* As `run` of struct cvn_service_method. */
int cvn_rsvps_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
