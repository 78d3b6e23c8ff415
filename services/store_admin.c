#include "services/store_admin.h"

#include "convene/admin/v1/store.pb-c.h"
#include "services/runtime/methods.h"
#include "services/store_backup.h"
#include "storage/change_log.h"
#include "storage/verify.h"

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

static int fill_check(struct cvn_ctx *ctx, const struct cvn_admin_store *store,
                      const struct cvn_verify_report *report, Convene__Admin__V1__StoreCheck *out)
{
    convene__admin__v1__store_check__init(out);
    out->name = (char *)(uintptr_t)store->name;
    out->keys = report->n_keys;
    out->rows = report->n_rows;
    out->entries = report->n_entries;
    out->changes = report->n_changes;
    out->replays = report->n_replays;
    out->last_change = report->last_change;
    out->finding_count = report->n_findings;
    size_t n = cvn_verify_n_kept(report);
    out->findings = cvn_arena_alloc_array(ctx->arena, n + 1, sizeof *out->findings);
    if (!out->findings)
        return -ENOMEM;
    for (; out->n_findings < n; out->n_findings++) {
        char *text = cvn_arena_strdup(ctx->arena, report->findings[out->n_findings]);
        if (!text)
            return -ENOMEM;
        out->findings[out->n_findings] = text;
    }
    return 0;
}

static int check_store(struct cvn_ctx *ctx, const struct cvn_admin_store *store,
                       Convene__Admin__V1__StoreCheck *out)
{
    struct cvn_verify_report *report = cvn_arena_alloc(ctx->arena, sizeof *report);
    struct cvn_txn *snapshot;
    int r = report ? cvn_store_snapshot(store->store, &snapshot) : -ENOMEM;
    if (r)
        return r;
    r = cvn_store_verify(snapshot, store->tables, report);
    cvn_snapshot_release(snapshot);
    return r ? r : fill_check(ctx, store, report, out);
}

static int prepare_check_stores(struct cvn_ctx *ctx, const void *message)
{
    const Convene__Admin__V1__CheckStoresRequest *request = message;
    const struct cvn_store_admin *admin = ctx->service;
    Convene__Admin__V1__StoreChecks *checks = cvn_arena_alloc(ctx->arena, sizeof *checks);
    if (!checks)
        return -ENOMEM;
    convene__admin__v1__store_checks__init(checks);
    checks->checks = cvn_arena_alloc_array(ctx->arena, admin->n_stores, sizeof *checks->checks);
    int r = checks->checks ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < admin->n_stores; i++) {
        if (*request->store && strcmp(request->store, admin->stores[i].name) != 0)
            continue;
        Convene__Admin__V1__StoreCheck *check = cvn_arena_alloc(ctx->arena, sizeof *check);
        r = check ? check_store(ctx, &admin->stores[i], check) : -ENOMEM;
        if (r == 0)
            checks->checks[checks->n_checks++] = check;
    }
    if (r == 0 && checks->n_checks == 0)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "The server has no store \"%.60s\".",
                              request->store);
    ctx->prepared = checks;
    return r;
}

static int run_check_stores(struct cvn_ctx *ctx, const void *request, void *reply)
{
    (void)request;
    memcpy(reply, ctx->prepared, sizeof(Convene__Admin__V1__StoreChecks));
    return 0;
}

static const struct cvn_service_method methods[] = {
    {"GetStores", CVN_METHOD_READ, CVN_ACCESS_ADMIN, .prepare = prepare_get_stores,
     .run = run_get_stores, .scope = CVN_SCOPE_ADMIN},
    {"CheckStores", CVN_METHOD_READ, CVN_ACCESS_ADMIN, .prepare = prepare_check_stores,
     .run = run_check_stores, .scope = CVN_SCOPE_ADMIN},
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
    return r ? r : cvn_store_backup_bind(admin, server);
}
