#include "services/store_admin.h"

#include "convene/admin/v1/store.pb-c.h"
#include "services/runtime/methods.h"
#include "services/store_backup.h"
#include "services/store_check.h"
#include "storage/change_log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int fill_times(struct cvn_ctx *ctx, Convene__Admin__V1__Stores *stores)
{
    stores->read_time = cvn_arena_alloc(ctx->arena, sizeof *stores->read_time);
    if (!stores->read_time)
        return -ENOMEM;
    google__protobuf__timestamp__init(stores->read_time);
    stores->read_time->seconds = ctx->now_ms / 1000;
    stores->read_time->nanos = (int32_t)(ctx->now_ms % 1000) * 1000000;
    return 0;
}

static void fill_store(Convene__Admin__V1__Store *out, const struct cvn_store_stats *stats)
{
    out->keys = stats->n_keys;
    out->map_bytes = stats->map_bytes;
    out->used_bytes = stats->map_used_bytes;
    out->updates = stats->n_updates;
    out->undone = stats->n_undone;
    out->expired = stats->n_expired;
    out->refused = stats->n_refused;
    out->batches = stats->n_batches;
    out->faults = stats->n_faults;
    out->batch_most = stats->batch_most;
    out->queue_now = stats->queue_now;
    out->queue_most = stats->queue_most;
    out->commits = stats->n_commits;
    out->commit_sum_us = stats->commit_ns_sum / 1000;
    out->commit_most_us = stats->commit_ns_most / 1000;
    out->snapshots = stats->snapshots_now;
    out->snapshot_age_us = (uint64_t)stats->snapshot_ns_now / 1000;
    out->snapshot_most_us = (uint64_t)stats->snapshot_ns_most / 1000;
    out->readers = stats->readers_now;
    out->reader_lag = stats->reader_lag_most;
    out->replays_purged = stats->n_replays_purged;
    out->changes_trimmed = stats->n_changes_trimmed;
}

static int read_bounds(struct cvn_store *store, struct cvn_change_bounds *ret)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    r = cvn_change_bounds(snapshot, ret);
    cvn_snapshot_release(snapshot);
    return r;
}

/* In prepare, where no snapshot is held: each store has one of its own. */
static int prepare_get_stores(struct cvn_ctx *ctx, const void *request)
{
    (void)request;
    const struct cvn_store_admin *admin = ctx->service;
    Convene__Admin__V1__Stores *stores = cvn_arena_alloc(ctx->arena, sizeof *stores);
    if (!stores)
        return -ENOMEM;
    convene__admin__v1__stores__init(stores);
    stores->stores = cvn_arena_alloc_array(ctx->arena, admin->n_stores, sizeof *stores->stores);
    int r = stores->stores ? fill_times(ctx, stores) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < admin->n_stores; i++) {
        Convene__Admin__V1__Store *store = cvn_arena_alloc(ctx->arena, sizeof *store);
        if (!store)
            return -ENOMEM;
        convene__admin__v1__store__init(store);
        struct cvn_store_stats stats;
        struct cvn_change_bounds bounds;
        cvn_store_stats(admin->stores[i].store, &stats);
        r = read_bounds(admin->stores[i].store, &bounds);
        store->name = (char *)(uintptr_t)admin->stores[i].name;
        fill_store(store, &stats);
        if (r == 0) {
            store->first_change = bounds.first;
            store->last_change = bounds.last;
        }
        stores->stores[stores->n_stores++] = store;
    }
    ctx->prepared = stores;
    return r;
}

static int run_get_stores(struct cvn_ctx *ctx, const void *request, void *reply)
{
    (void)request;
    memcpy(reply, ctx->prepared, sizeof(Convene__Admin__V1__Stores));
    return 0;
}

static const struct cvn_service_method methods[] = {
    {"GetStores", CVN_METHOD_READ, CVN_ACCESS_ADMIN, .prepare = prepare_get_stores,
     .run = run_get_stores, .scope = CVN_SCOPE_ADMIN},
};

void cvn_store_admin_add(struct cvn_store_admin *admin, const struct cvn_admin_store *store)
{
    assert(admin->n_stores < CVN_STORE_ADMIN_STORES_MAX);
    admin->stores[admin->n_stores++] = *store;
}

int cvn_store_admin_bind(struct cvn_store_admin *admin, struct cvn_runtime *runtime,
                         struct cvn_server *server)
{
    admin->runtime = runtime;
    int r = cvn_methods_bind(runtime, server, &convene__admin__v1__store_service__descriptor,
                             methods, admin);
    if (r == 0)
        r = cvn_store_check_bind(admin, server);
    return r ? r : cvn_store_backup_bind(admin, server);
}
