#include "storage/store_state.h"

#include <errno.h>
#include <stdlib.h>

/* Takes a place among the snapshots, and one from the pool if there is one. */
static int admit(struct cvn_store *store, struct cvn_txn **ret_pooled)
{
    int r = 0;
    (void)pthread_mutex_lock(&store->lock);
    while (store->growing)
        (void)pthread_cond_wait(&store->snapshots, &store->lock);
    if (store->n_snapshots == store->options.readers_max) {
        r = CVN_STORE_BUSY;
    } else {
        store->n_snapshots++;
        *ret_pooled = store->pool;
        if (store->pool)
            store->pool = store->pool->next;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* Gives the place back; the transaction, if any, goes to the pool. */
static void leave(struct cvn_store *store, struct cvn_txn *txn)
{
    (void)pthread_mutex_lock(&store->lock);
    store->n_snapshots--;
    if (txn) {
        txn->next = store->pool;
        store->pool = txn;
    }
    (void)pthread_cond_broadcast(&store->snapshots);
    (void)pthread_mutex_unlock(&store->lock);
}

/* A snapshot knows its store, so that it can be released alone. */
struct snapshot {
    struct cvn_txn txn;
    struct cvn_store *store;
};

int cvn_store_snapshot(struct cvn_store *store, struct cvn_txn **ret)
{
    struct cvn_txn *txn = NULL;
    int r = admit(store, &txn);
    if (r)
        return r;
    if (txn) {
        r = store->engine->type->renew(txn->inner);
    } else {
        struct snapshot *snapshot = calloc(1, sizeof *snapshot);
        r = snapshot ? cvn_engine_begin(store->engine, &snapshot->txn, false) : -ENOMEM;
        if (r) {
            free(snapshot);
            leave(store, NULL);
            return r;
        }
        snapshot->store = store;
        txn = &snapshot->txn;
    }
    if (r) {
        leave(store, txn);
        return r;
    }
    *ret = txn;
    return 0;
}

void cvn_snapshot_release(struct cvn_txn *txn)
{
    if (!txn)
        return;
    txn->engine->type->reset(txn->inner);
    leave(((struct snapshot *)txn)->store, txn);
}

void cvn_store_stats(struct cvn_store *store, struct cvn_store_stats *ret)
{
    struct cvn_engine_figures figures;
    (void)pthread_mutex_lock(&store->lock);
    *ret = store->stats;
    ret->queue_now = store->n_queued;
    ret->snapshots_now = store->n_snapshots;
    store->engine->type->measure(store->engine, &figures);
    (void)pthread_mutex_unlock(&store->lock);
    ret->map_bytes = figures.map_bytes;
    ret->map_used_bytes = figures.used_bytes;
}
