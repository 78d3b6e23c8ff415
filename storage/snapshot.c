#include "storage/store_state.h"

#include <errno.h>
#include <stdlib.h>

void cvn_store_hold(struct cvn_store *store)
{
    store->held = true;
    while (store->n_snapshots > 0)
        (void)pthread_cond_wait(&store->snapshots, &store->lock);
}

void cvn_store_unhold(struct cvn_store *store)
{
    store->held = false;
    (void)pthread_cond_broadcast(&store->snapshots);
}

void cvn_store_drop_pool(struct cvn_store *store)
{
    while (store->pool) {
        struct cvn_store_snapshot *next = store->pool->newer;
        cvn_engine_abort(&store->pool->txn);
        free(store->pool);
        store->pool = next;
    }
}

/* Takes a place among the snapshots, and one from the pool if there is one. */
static int admit(struct cvn_store *store, struct cvn_store_snapshot **ret_pooled)
{
    int r = 0;
    (void)pthread_mutex_lock(&store->lock);
    while (store->held)
        (void)pthread_cond_wait(&store->snapshots, &store->lock);
    if (store->n_snapshots == store->options.readers_max) {
        r = CVN_STORE_BUSY;
    } else {
        store->n_snapshots++;
        *ret_pooled = store->pool;
        if (store->pool)
            store->pool = store->pool->newer;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* Gives the place back without having used it; the snapshot, if any, goes. */
static void leave(struct cvn_store *store, struct cvn_store_snapshot *snapshot, int fault)
{
    if (snapshot && snapshot->txn.inner)
        cvn_engine_abort(&snapshot->txn);
    free(snapshot);
    (void)pthread_mutex_lock(&store->lock);
    store->n_snapshots--;
    if (fault == CVN_ENGINE_BROKEN) {
        store->broken = true;
        (void)pthread_cond_signal(&store->work);
    }
    (void)pthread_cond_broadcast(&store->snapshots);
    (void)pthread_mutex_unlock(&store->lock);
}

/* The snapshot is in use from now on. */
static void enter(struct cvn_store *store, struct cvn_store_snapshot *snapshot)
{
    (void)pthread_mutex_lock(&store->lock);
    snapshot->began_ns = cvn_store_now_ns(store);
    snapshot->newer = NULL;
    snapshot->older = store->newest;
    if (store->newest)
        store->newest->newer = snapshot;
    else
        store->oldest = snapshot;
    store->newest = snapshot;
    (void)pthread_mutex_unlock(&store->lock);
}

static int begin(struct cvn_store *store, struct cvn_store_snapshot **snapshot)
{
    if (*snapshot && (*snapshot)->txn.inner)
        return store->engine->type->renew((*snapshot)->txn.inner);
    if (!*snapshot)
        *snapshot = calloc(1, sizeof **snapshot);
    if (!*snapshot)
        return -ENOMEM;
    (*snapshot)->store = store;
    return cvn_engine_begin(store->engine, &(*snapshot)->txn, false);
}

/* Another process made the map larger than this one, which only reads, has it. */
static int follow_growth(struct cvn_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    int r = store->n_snapshots > 1 ? CVN_STORE_BUSY : store->engine->type->grow(store->engine, 0);
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

int cvn_store_snapshot(struct cvn_store *store, struct cvn_txn **ret)
{
    struct cvn_store_snapshot *snapshot = NULL;
    int r = admit(store, &snapshot);
    if (r)
        return r;
    r = begin(store, &snapshot);
    if (r == CVN_ENGINE_FULL) {
        r = follow_growth(store);
        if (r == 0)
            r = begin(store, &snapshot);
    }
    if (r) {
        leave(store, snapshot, r);
        return r <= CVN_ENGINE_FULL ? -EIO : r;
    }
    enter(store, snapshot);
    *ret = &snapshot->txn;
    return 0;
}

void cvn_snapshot_release(struct cvn_txn *txn)
{
    if (!txn)
        return;
    struct cvn_store_snapshot *snapshot = (struct cvn_store_snapshot *)txn;
    struct cvn_store *store = snapshot->store;
    txn->engine->type->reset(txn->inner);
    (void)pthread_mutex_lock(&store->lock);
    int64_t held_ns = cvn_store_now_ns(store) - snapshot->began_ns;
    if (held_ns > store->stats.snapshot_ns_most)
        store->stats.snapshot_ns_most = held_ns;
    *(snapshot->older ? &snapshot->older->newer : &store->oldest) = snapshot->newer;
    *(snapshot->newer ? &snapshot->newer->older : &store->newest) = snapshot->older;
    snapshot->newer = store->pool;
    store->pool = snapshot;
    store->n_snapshots--;
    (void)pthread_cond_broadcast(&store->snapshots);
    (void)pthread_mutex_unlock(&store->lock);
}

void cvn_store_stats(struct cvn_store *store, struct cvn_store_stats *ret)
{
    struct cvn_engine_figures figures;
    (void)pthread_mutex_lock(&store->lock);
    *ret = store->stats;
    ret->queue_now = store->queue.n;
    ret->snapshots_now = store->n_snapshots;
    if (store->oldest)
        ret->snapshot_ns_now = cvn_store_now_ns(store) - store->oldest->began_ns;
    store->engine->type->measure(store->engine, &figures);
    (void)pthread_mutex_unlock(&store->lock);
    if (ret->snapshot_ns_now > ret->snapshot_ns_most)
        ret->snapshot_ns_most = ret->snapshot_ns_now;
    ret->map_bytes = figures.map_bytes;
    ret->map_used_bytes = figures.used_bytes;
    ret->n_keys = figures.n_keys;
    ret->readers_now = figures.n_readers;
    ret->reader_lag_most = figures.reader_lag_most;
}
