/* The store from the inside: what store.c and writer.c share. */
#ifndef CVN_STORAGE_STORE_STATE_H
#define CVN_STORAGE_STORE_STATE_H

#include "storage/engine.h"
#include "storage/store.h"

#include <pthread.h>

struct cvn_store {
    struct cvn_store_options options;
    struct cvn_engine *engine;
    int lock_fd;

    pthread_mutex_t lock;
    pthread_cond_t work;      /* an update waits, or closing */
    pthread_cond_t snapshots; /* one was released, or growing is over */
    struct cvn_txn *pool;     /* snapshots that were released, reset */
    uint32_t n_snapshots;     /* in use */
    uint32_t n_pooled;
    bool growing; /* no new snapshot until it is over */
    struct cvn_update *first, *last;
    uint32_t n_queued;
    bool closing;
    struct cvn_store_stats stats;

    pthread_t writer;
    bool writer_started;
};

/* writer.c */

int64_t cvn_store_now_ns(const struct cvn_store *store);
/* Makes the map larger, once every snapshot is released. 0, or -ENOSPC at the option's limit. */
int cvn_store_grow(struct cvn_store *store);
/* Takes one batch off the queue, if there is one, runs it and answers. */
bool cvn_store_write_batch(struct cvn_store *store);
/* The thread: drains the queue until the store closes. */
void *cvn_store_write(void *store);

#endif
