/* Draws of lots, as everybody may see them. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_DRAW_HANDLERS_H
#define CVN_SERVICES_EVENTS_RSVPS_DRAW_HANDLERS_H

#include "services/runtime/ctx.h"

/* Runs of RsvpService.DrawLots, GetDraw and ListDrawTickets. */
int cvn_draw_lots(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_draw_get(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_draw_list_tickets(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
