/* The context of what the events service does by itself, in the server's name. */
#ifndef CVN_SERVICES_EVENTS_TASK_CTX_H
#define CVN_SERVICES_EVENTS_TASK_CTX_H

#include "services/events/service.h"
#include "services/runtime/ctx.h"

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

#endif
