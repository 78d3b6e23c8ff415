/*
 * The rows beside RSVPs: a row of the queue for each WAITLISTED one, under the kind of seats it
 * waits for and its rank, and a row for each OFFERED one, under the time at which the offer runs
 * out. seats.c keeps them.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_QUEUE_TABLE_H
#define CVN_SERVICES_EVENTS_RSVPS_QUEUE_TABLE_H

#include "services/events/rsvps/seat_counts.h"
#include "services/runtime/ctx.h"
#include "storage/txn.h"

enum {
    CVN_QUEUE_PARTIES_MAX = 50000,   /* waiting for one kind of seats of one event */
    CVN_LOTTERY_PARTIES_MAX = 10000, /* the same while lots are to be drawn among them */
};

/* Where in the queue: ranks ascend, and those of new numbers leave room between them. */
struct cvn_queue_place {
    enum cvn_seat_kind kind;
    uint64_t rank;
};

/* The rank of whoever joins the queue under that number. */
#define CVN_QUEUE_RANK(number) ((uint64_t)(number) << 32)

/* The place of an RSVP that is WAITLISTED. */
struct cvn_queue_place cvn_queue_place_of(const Convene__Events__V1__Rsvp *rsvp);

/* One party in the queue. */
struct cvn_queued {
    struct cvn_queue_place place;
    uint64_t queue_number;
    struct cvn_id person;
    uint32_t party;     /* seats, at least 1 */
    uint32_t overtaken; /* by how many it has been passed (rules/waitlist.h) */
};

void cvn_queue_key(struct cvn_key *key, const struct cvn_id *event,
                   const struct cvn_queue_place *place);

/* 0 or a fault. */
int cvn_queue_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_queued *queued);

/* 0; CVN_STORE_ABSENT; a fault. */
int cvn_queue_get(struct cvn_ctx *ctx, const struct cvn_id *event,
                  const struct cvn_queue_place *place, struct cvn_queued *ret);
int cvn_queue_delete(struct cvn_ctx *ctx, const struct cvn_id *event,
                     const struct cvn_queue_place *place);

/* Reads a row of the queue. False when it is damaged. */
bool cvn_queue_read(struct cvn_slice key, struct cvn_slice value, struct cvn_queued *ret);

/* Begins a walk over the queues, that for the room first. Results as cvn_cursor_init. */
int cvn_queue_walk(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_cursor *cursor);

/* The same over one of them. */
int cvn_queue_walk_kind(struct cvn_ctx *ctx, const struct cvn_id *event, enum cvn_seat_kind kind,
                        struct cvn_cursor *cursor);

/* The first parties of a queue, at most *n, which becomes how many there are. 0 or a fault. */
int cvn_queue_head(struct cvn_ctx *ctx, const struct cvn_id *event, enum cvn_seat_kind kind,
                   struct cvn_queued *queue, size_t *n);

/* How many parties are in the queue before that place; linear in them. 0 or a fault. */
int cvn_queue_before(struct cvn_ctx *ctx, const struct cvn_id *event,
                     const struct cvn_queue_place *place, uint32_t *ret_n);

/* 0 or a fault; delete also CVN_STORE_ABSENT. */
int cvn_offer_put(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                  const struct cvn_id *person);
int cvn_offer_delete(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                     const struct cvn_id *person);

/* The offer that runs out first; INT64_MAX for one that stands still. 0; CVN_STORE_ABSENT; a fault.
 */
int cvn_offer_first(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person);

/* An offer that stands still. Results as for first. */
int cvn_offer_still(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person);

#endif
