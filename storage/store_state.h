/* The store from the inside: what its files share. */
#ifndef CVN_STORAGE_STORE_STATE_H
#define CVN_STORAGE_STORE_STATE_H

#include "storage/engine.h"
#include "storage/queue.h"
#include "storage/store.h"

#include <pthread.h>

/* A snapshot knows its store, so that it can be released alone. */
struct cvn_store_snapshot {
    struct cvn_txn txn;
    struct cvn_store *store;
    int64_t began_ns;
    struct cvn_store_snapshot *older, *newer; /* of those in use; newer also in the pool */
};

struct cvn_store {
    struct cvn_store_options options;
    struct cvn_engine *engine;
    int lock_fd;

    pthread_mutex_t lock;
    pthread_cond_t work;             /* an update waits, something is to be mended, or closing */
    pthread_cond_t snapshots;        /* one was released, or the engine is free again */
    struct cvn_store_snapshot *pool; /* that were released, reset */
    struct cvn_store_snapshot *oldest, *newest;
    uint32_t n_snapshots; /* in use, or being taken */
    bool held;            /* the engine is being grown or reopened: no snapshot until it is over */
    bool broken;          /* a snapshot met CVN_ENGINE_BROKEN */
    struct cvn_queue queue;
    bool closing;
    struct cvn_store_stats stats;

    pthread_mutex_t listeners_lock; /* innermost but for what changed takes */
    struct cvn_store_listener *listeners;

    pthread_t writer;
    bool writer_started;
};

/* snapshot.c */

/* Waits until every snapshot is released and keeps new ones waiting, with the lock held. */
void cvn_store_hold(struct cvn_store *store);
void cvn_store_unhold(struct cvn_store *store);
/* Ends the pooled snapshots, which hold places in the engine. */
void cvn_store_drop_pool(struct cvn_store *store);

/* listener.c */

void cvn_store_tell_listeners(struct cvn_store *store);

/* engine_care.c */

/* Makes the map larger, once every snapshot is released. 0, or -ENOSPC at the option's limit. */
int cvn_store_grow(struct cvn_store *store);
/* Reopens the engine if it cannot go on without. 0 when it can be used. */
int cvn_store_mend(struct cvn_store *store);

/* maintain.c */

/* What a step of maintenance is to do and did. */
struct cvn_maintenance {
    int64_t now_ms;
    int64_t change_keep_ms;
    struct cvn_store *clear_readers_of; /* NULL: not */
    size_t n_purged, n_trimmed;
};

/* As an update: CVN_STORE_ABSENT, with nothing written, when nothing is due. */
int cvn_store_run_maintenance(struct cvn_txn *txn, void *maintenance);
struct cvn_maintenance cvn_store_plan_maintenance(const struct cvn_store *store);
/* Counts what a step did. True when there may be more. */
bool cvn_store_count_maintenance(struct cvn_store *store, const struct cvn_maintenance *done,
                                 int result);
void cvn_store_clear_readers(struct cvn_store *store);

/* writer.c */

int64_t cvn_store_now_ns(const struct cvn_store *store);
/* Takes one batch off the queue, if there is one, runs it and answers. */
bool cvn_store_write_batch(struct cvn_store *store);
/* The thread: drains the queue and maintains the store until it closes. */
void *cvn_store_write(void *store);

#endif
