/*
 * The seats of an event: how many are taken, who waits, and the one way in which either changes.
 * Every change that frees seats serves the queue in the same transaction.
 */
#ifndef CVN_SERVICES_EVENTS_SEATS_H
#define CVN_SERVICES_EVENTS_SEATS_H

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "services/events/rules/rsvp.h"
#include "services/runtime/ctx.h"

#include <stdint.h>

enum {
    CVN_OFFER_HOURS = 24,         /* for which an offered seat is held, at most to the start */
    CVN_OFFERS_ENDED_MAX = 10000, /* in one transaction; the rest end with the next write */
};

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
 * Brings seats and queue in line with the event as it is now: ends offers that ran out, or all of
 * them where the event is cancelled, and serves the queue. To be called in a write that raised
 * the capacity, changed the waitlist's mode or policy, published, cancelled or moved the event;
 * event is the message as it was just stored. 0 or a fault.
 */
int cvn_seats_settle(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const Convene__Events__V1__Event *event);

/* One write to the RSVPs of one event. Embedded by value; the fields are its own. */
struct cvn_seating {
    struct cvn_ctx *ctx;
    struct cvn_id event_id;
    struct cvn_rsvp_event event; /* its counts are those of seats */
    struct cvn_seats seats;
    struct cvn_seats stored;
};

/* Begins: reads the counters, ends offers that ran out and serves who is next. 0 or a fault. */
int cvn_seating_begin(struct cvn_seating *seating, struct cvn_ctx *ctx,
                      const struct cvn_id *event_id, const Convene__Events__V1__Event *event);

/* Who acts, and what is known of them beside their RSVP. */
struct cvn_seating_action {
    struct cvn_id person;
    bool banned;
    bool outsider; /* rules/rsvp.h, struct cvn_rsvp_person */
    struct cvn_rsvp_request request;
};

/*
 * Lets the rules decide, writes the RSVP and all rows that go with it, and serves the queue where
 * seats came free. 0; CVN_REFUSED, with nothing written; a fault.
 */
int cvn_seating_act(struct cvn_seating *seating, const struct cvn_seating_action *action);

/* Ends: writes the counters if they changed. 0 or a fault. */
int cvn_seating_end(struct cvn_seating *seating);

#endif
