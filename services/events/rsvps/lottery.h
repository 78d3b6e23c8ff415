/* Drawing lots for an event's seats. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_LOTTERY_H
#define CVN_SERVICES_EVENTS_RSVPS_LOTTERY_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

/*
 * Draws: orders all who wait by lot, reveals the seed in the event, which is stored, and serves
 * the queue in the order drawn. 0; CVN_REFUSED where it is no lottery, lots were drawn, or nobody
 * could be promoted now; a fault.
 */
int cvn_lottery_draw(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event);

#endif
