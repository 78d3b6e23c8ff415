/*
 * The rows beside RSVPs: a row of the queue for each WAITLISTED one, under its queue number, and a
 * row for each OFFERED one, under the time at which the offer runs out. seats.c keeps them.
 */
#ifndef CVN_SERVICES_EVENTS_QUEUE_TABLE_H
#define CVN_SERVICES_EVENTS_QUEUE_TABLE_H

#include "services/runtime/ctx.h"
#include "storage/txn.h"

enum { CVN_QUEUE_PARTIES_MAX = 50000 }; /* waiting for one event */

/* One party in the queue. */
struct cvn_queued {
    uint64_t queue_number;
    struct cvn_id person;
    uint32_t party;     /* seats, at least 1 */
    uint32_t overtaken; /* by how many it has been passed (rules/waitlist.h) */
};

void cvn_queue_key(struct cvn_key *key, const struct cvn_id *event, uint64_t queue_number);

/* 0 or a fault. */
int cvn_queue_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_queued *queued);

/* 0; CVN_STORE_ABSENT; a fault. */
int cvn_queue_get(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number,
                  struct cvn_queued *ret);
int cvn_queue_delete(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number);

/* Reads a row of the queue. False when it is damaged. */
bool cvn_queue_read(struct cvn_slice key, struct cvn_slice value, struct cvn_queued *ret);

/* Begins a walk over the queue, in its order. Results as cvn_cursor_init. */
int cvn_queue_walk(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_cursor *cursor);

/* The first parties of the queue, at most max. 0 or a fault. */
int cvn_queue_head(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_queued *queue,
                   size_t max, size_t *ret_n);

/* How many parties are in the queue before that number; linear in them. 0 or a fault. */
int cvn_queue_before(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number,
                     uint32_t *ret_n);

/* 0 or a fault; delete also CVN_STORE_ABSENT. */
int cvn_offer_put(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                  const struct cvn_id *person);
int cvn_offer_delete(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                     const struct cvn_id *person);

/* The offer that runs out first. 0; CVN_STORE_ABSENT; a fault. */
int cvn_offer_first(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person);

#endif
