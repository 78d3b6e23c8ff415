/*
 * The seats of an event: how many are taken, who waits, and the one way in which either changes.
 * Every change that frees seats serves the queue in the same transaction, and every change is a
 * step of the event's history (move_log.h).
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_SEATS_H
#define CVN_SERVICES_EVENTS_RSVPS_SEATS_H

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "services/events/rsvps/seat_counts.h"
#include "services/events/rules/rsvp.h"
#include "services/runtime/ctx.h"

#include <stdint.h>

enum {
    CVN_OFFER_MINUTES = 24 * 60,  /* for which an offered seat is held where the event does not say
                                     otherwise, at most to the start */
    CVN_OFFERS_ENDED_MAX = 10000, /* in one transaction; the rest end with the next write */
    CVN_RSVP_ANSWERS_MAX = 500,   /* times that a person may answer to one event */
};

/*
 * Brings seats and queue in line with the event as it is now: ends offers that ran out, or all of
 * them where the event is cancelled, has those of a postponed one stand still, and serves the
 * queue. To be called in a write that changed capacity, the waitlist's mode or policy, published,
 * cancelled or moved the event; event is the message as it was just stored. 0 or a fault.
 */
int cvn_seats_settle(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const Convene__Events__V1__Event *event);

/* One write to the RSVPs of one event. Embedded by value; the fields are its own. */
struct cvn_seating {
    struct cvn_ctx *ctx;
    struct cvn_id event_id;
    const Convene__Events__V1__Event *message; /* borrowed */
    bool hybrid;                               /* RSVPs are for the room or for online */
    bool settles;                              /* what an event that was stored just now leads to */
    struct cvn_rsvp_event event; /* capacity and counts are those of the kind asked about last */
    uint32_t capacity[CVN_SEAT_KINDS];
    int64_t offer_ms;
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
    bool other_kind; /* seats of that kind are asked for; else those there were, or the room */
    enum cvn_seat_kind kind; /* of a hybrid event */
    const char *reason;      /* for the history; NULL for none */
    /* What replaces the answers so far, where it is given; borrowed. */
    bool has_answers;
    size_t n_answers;
    Convene__Events__V1__QuestionAnswer **answers;
};

/*
 * Lets the rules decide, writes the RSVP and all rows that go with it, and serves the queue where
 * seats came free. 0; CVN_REFUSED, with nothing written; a fault.
 */
int cvn_seating_act(struct cvn_seating *seating, const struct cvn_seating_action *action);

/*
 * Moves somebody who waits to a place in their queue, 1 for the next to be served; further back
 * than the queue is long is its end. 0; CVN_REFUSED; a fault.
 */
int cvn_seating_reorder(struct cvn_seating *seating, const struct cvn_id *person, uint32_t position,
                        const char *reason);

/* Ends: writes the counters if they changed. 0 or a fault. */
int cvn_seating_end(struct cvn_seating *seating);

#endif
