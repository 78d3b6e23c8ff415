/* What a service does by itself, in the server's name: the context of its updates of the store. */
#ifndef CVN_SERVICES_RUNTIME_TASK_H
#define CVN_SERVICES_RUNTIME_TASK_H

#include "services/runtime/ctx.h"

/* One update of the store, or one look at it. */
struct cvn_task {
    void *service; /* the service's own state, as in cvn_ctx */
    int64_t now_ms;
    struct cvn_id id;                   /* of what it is about */
    uint8_t entropy[CVN_ENTROPY_BYTES]; /* for what makes ids */
};

/*
 * A context in the transaction, of an administrator whom the change log calls "clock"; arena and
 * status are the caller's and outlive it.
 */
struct cvn_ctx cvn_task_ctx(const struct cvn_task *task, struct cvn_txn *txn,
                            struct cvn_arena *arena, struct cvn_status *status);

/*
 * The first id that a key space holds, keys being [space][id]: what is to be done next. 0;
 * CVN_STORE_ABSENT where there is none; -EUCLEAN where a key is longer; another fault.
 */
int cvn_task_first(struct cvn_txn *txn, uint8_t space, struct cvn_id *ret);

/* The same in a snapshot of its own; CVN_STORE_ABSENT also when there is none just now. */
int cvn_task_look(struct cvn_store *store, uint8_t space, struct cvn_id *ret);

#endif
