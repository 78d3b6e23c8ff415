/* The history of an event's RSVPs, for people. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_MOVES_HANDLERS_H
#define CVN_SERVICES_EVENTS_RSVPS_MOVES_HANDLERS_H

#include "services/runtime/ctx.h"

/* Runs of RsvpService.ListRsvpMoves and VerifyRsvpMoves. */
int cvn_rsvp_moves_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_rsvp_moves_verify(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
