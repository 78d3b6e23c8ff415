/* The counters of an event's seats, in a row beside it. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_SEAT_COUNTS_H
#define CVN_SERVICES_EVENTS_RSVPS_SEAT_COUNTS_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"

#include <stdbool.h>
#include <stdint.h>

/* Stored: the numbers never change. Events that are not hybrid have seats of the first kind only.
 */
enum cvn_seat_kind {
    CVN_SEATS_ROOM = 0,
    CVN_SEATS_ONLINE = 1,
};

enum { CVN_SEAT_KINDS = 2, CVN_CHAIN_BYTES = 32 };

/* What the history says of the event's seats (move_log.h). */
struct cvn_seat_settings {
    uint32_t capacity[CVN_SEAT_KINDS];
    uint8_t waitlist; /* rules/rsvp.h */
    uint8_t policy;   /* rules/waitlist.h */
};

struct cvn_seats {
    uint32_t seats_taken[CVN_SEAT_KINDS];    /* party sizes of all that hold seats */
    uint32_t waitlist_count[CVN_SEAT_KINDS]; /* parties in the queue */
    uint32_t n_offers;                       /* OFFERED RSVPs */
    uint32_t n_nonces;                       /* of check-ins */
    uint64_t next_queue_number;
    uint64_t n_rsvps; /* rows of any state: whether somebody has ever answered */
    bool frozen;      /* offers were made to stand still */
    uint64_t n_moves; /* steps of the history, and the hash of the last */
    uint8_t chain[CVN_CHAIN_BYTES];
    struct cvn_seat_settings settings; /* as the history says last; meaningless without moves */
};

/* The counters of an event; all 0 (and the next queue number 1) before the first RSVP. */
int cvn_seats_get(struct cvn_ctx *ctx, const struct cvn_id *event_id, struct cvn_seats *ret);

/* The counters as they are stored; an empty slice where nothing is. 0, or -EUCLEAN. Pure. */
int cvn_seats_read(struct cvn_slice value, struct cvn_seats *ret);

/* 0 or a fault. */
int cvn_seats_put(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                  const struct cvn_seats *seats);

/* Whether a seat is free of any kind that the event has; a capacity of 0 is unlimited. Pure. */
bool cvn_seats_free(const uint32_t capacity[CVN_SEAT_KINDS], const uint32_t taken[CVN_SEAT_KINDS],
                    bool hybrid);

bool cvn_seats_same(const struct cvn_seats *a, const struct cvn_seats *b);

/* The kind of seats that an RSVP is about; the room's for NULL. Pure. */
enum cvn_seat_kind cvn_seat_kind_of(const Convene__Events__V1__Rsvp *rsvp);

#endif
