/*
 * The seats of an event: how many are taken, who waits, and the one way in which either changes.
 * Every function that frees seats serves the queue in the same transaction.
 */
#ifndef CVN_SERVICES_EVENTS_SEATS_H
#define CVN_SERVICES_EVENTS_SEATS_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

#include <stdint.h>

struct cvn_seats {
    uint32_t seats_taken;    /* party sizes of all that hold seats */
    uint32_t waitlist_count; /* parties in the queue */
    uint32_t n_offers;       /* OFFERED RSVPs */
    uint64_t next_queue_number;
    uint64_t n_rsvps; /* rows of any state: whether somebody has ever answered */
};

/* The counters of an event; all 0 (and the next queue number 1) before the first RSVP. */
int cvn_seats_get(struct cvn_ctx *ctx, const struct cvn_id *event_id, struct cvn_seats *ret);

/*
 * Brings seats and queue in line with the event as it is now: expires offers that ran out, or all
 * of them where the event is cancelled, and serves the queue. To be called in a write that raised
 * the capacity, changed the waitlist's mode or policy, published, cancelled or moved the event;
 * event is the message as it was just stored. 0 or a fault.
 */
int cvn_seats_settle(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const Convene__Events__V1__Event *event);

#endif
