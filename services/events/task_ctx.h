/* The context of what the events service does by itself, in the server's name. */
#ifndef CVN_SERVICES_EVENTS_TASK_CTX_H
#define CVN_SERVICES_EVENTS_TASK_CTX_H

#include "services/events/service.h"
#include "services/runtime/ctx.h"

struct cvn_store;

/* One update of the store, or one look at it. */
struct cvn_task {
    struct cvn_events_service *service;
    int64_t now_ms;
    struct cvn_id id; /* of what it is about */
    uint8_t entropy[CVN_ENTROPY_BYTES];
};

/* A context in the transaction; arena and status are the caller's and outlive it. */
struct cvn_ctx cvn_task_ctx(const struct cvn_task *task, struct cvn_txn *txn,
                            struct cvn_arena *arena, struct cvn_status *status);

/*
 * The first id that a key space holds, keys being [space][id]: what is to be done next. 0;
 * CVN_STORE_ABSENT where there is none, or no snapshot just now; a fault.
 */
int cvn_task_first(struct cvn_store *store, uint8_t space, struct cvn_id *ret);

#endif
