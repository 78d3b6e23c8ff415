/*
 * The history of an event's RSVPs: one row for each step, kept as long as the event, each chained
 * to the one before it by a hash, so that a step that is missing, altered or out of order shows.
 * The counters of the seats (seat_counts.h) hold how many steps there are and the last hash.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_MOVE_LOG_H
#define CVN_SERVICES_EVENTS_RSVPS_MOVE_LOG_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/events/rsvps/seat_counts.h"
#include "storage/txn.h"

enum { CVN_MOVE_REASON_MAX = 500 };

/* One step as stored. */
struct cvn_move {
    Convene__Events__V1__RsvpMove *message; /* in an arena, without hash, display_name and what
                                               move_reason.h fills in */
    struct cvn_slice packed;                /* borrowed from the row */
    uint8_t hash[CVN_CHAIN_BYTES];          /* as the row says */
};

/* What stands before the first step. */
void cvn_move_genesis(uint8_t ret[CVN_CHAIN_BYTES], const struct cvn_id *event);

/* The hash of a step from that of the one before it. */
void cvn_move_hash(uint8_t ret[CVN_CHAIN_BYTES], const uint8_t before[CVN_CHAIN_BYTES],
                   struct cvn_slice packed);

/*
 * Appends a step: sets its number, time and principal, puts its reason aside (move_reason.h), and
 * takes the counters on. The message is
 * borrowed; its principal stays where it is given. 0 or a fault.
 */
int cvn_move_append(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_seats *seats,
                    Convene__Events__V1__RsvpMove *move);

/* Puts the hash of the last step into the RSVP that it is about. 0 or -ENOMEM. */
int cvn_move_sign(struct cvn_ctx *ctx, const struct cvn_seats *seats,
                  Convene__Events__V1__Rsvp *rsvp);

/* Begins a walk over the steps behind a number. Results as cvn_cursor_init. */
int cvn_move_walk(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t after,
                  struct cvn_cursor *cursor);

/*
 * Steps on; the message is in the arena. 0; CVN_STORE_ABSENT at the end; -EUCLEAN for a row that
 * cannot be read; a fault. *ret_number is the number in the row's key.
 */
int cvn_move_next(struct cvn_cursor *cursor, struct cvn_arena *arena, uint64_t *ret_number,
                  struct cvn_move *ret);

#endif
