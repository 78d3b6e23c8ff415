#include "storage/store_state.h"

#include <errno.h>

int cvn_store_grow(struct cvn_store *store)
{
    struct cvn_engine_figures figures;
    uint64_t max = store->options.map_max_bytes;
    (void)pthread_mutex_lock(&store->lock);
    store->engine->type->measure(store->engine, &figures);
    int r = -ENOSPC;
    if (figures.map_bytes < max) {
        uint64_t more = figures.map_bytes > max / 2 ? max : figures.map_bytes * 2;
        cvn_store_hold(store);
        r = store->engine->type->grow(store->engine, more);
        cvn_store_unhold(store);
        store->stats.n_growths += r == 0;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* Whether the engine refuses everything. */
static bool is_broken(struct cvn_store *store)
{
    struct cvn_engine_txn *probe;
    int r = store->engine->type->begin(store->engine, false, &probe);
    if (r == 0)
        store->engine->type->abort(probe);
    return r == CVN_ENGINE_BROKEN;
}

int cvn_store_mend(struct cvn_store *store)
{
    int r = 0;
    (void)pthread_mutex_lock(&store->lock);
    if (is_broken(store)) {
        cvn_store_hold(store);
        cvn_store_drop_pool(store);
        r = store->engine->type->reopen(store->engine);
        store->stats.n_reopenings += r == 0;
        cvn_store_unhold(store);
    }
    store->broken = false; /* if it still is, the next that meets it says so */
    (void)pthread_mutex_unlock(&store->lock);
    return r <= CVN_ENGINE_FULL ? -EIO : r;
}
