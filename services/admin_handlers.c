#include "services/admin_handlers.h"

#include "convene/admin/v1/admin.pb-c.h"
#include "rpc/metrics.h"
#include "rpc/metrics_text.h"
#include "services/runtime/methods.h"
#include "services/store_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Google__Protobuf__Timestamp *timestamp(struct cvn_arena *arena, int64_t ms)
{
    Google__Protobuf__Timestamp *at = cvn_arena_alloc(arena, sizeof *at);
    if (!at)
        return NULL;
    google__protobuf__timestamp__init(at);
    at->seconds = ms / 1000;
    at->nanos = (int32_t)(ms % 1000) * 1000000;
    return at;
}

static Convene__Admin__V1__MethodKind kind_of(const struct cvn_metrics_row *row)
{
    if (row->client_streaming)
        return row->server_streaming
                   ? CONVENE__ADMIN__V1__METHOD_KIND__METHOD_KIND_BIDI_STREAMING
                   : CONVENE__ADMIN__V1__METHOD_KIND__METHOD_KIND_CLIENT_STREAMING;
    return row->server_streaming ? CONVENE__ADMIN__V1__METHOD_KIND__METHOD_KIND_SERVER_STREAMING
                                 : CONVENE__ADMIN__V1__METHOD_KIND__METHOD_KIND_UNARY;
}

/* 0 or -ENOMEM, as the two below. */
static int fill_codes(Convene__Admin__V1__MethodStats *stats, const struct cvn_metrics_row *row,
                      struct cvn_arena *arena)
{
    stats->codes = cvn_arena_alloc_array(arena, CVN_METRICS_CODES, sizeof *stats->codes);
    Convene__Admin__V1__CodeCount *counts =
        cvn_arena_alloc_array(arena, CVN_METRICS_CODES, sizeof *counts);
    if (!stats->codes || !counts)
        return -ENOMEM;
    for (int32_t code = 0; code < CVN_METRICS_CODES; code++) {
        if (row->handled[code] == 0)
            continue;
        Convene__Admin__V1__CodeCount *count = &counts[stats->n_codes];
        convene__admin__v1__code_count__init(count);
        count->code = code;
        count->calls = row->handled[code];
        stats->codes[stats->n_codes++] = count;
    }
    return 0;
}

static uint64_t *copy_numbers(struct cvn_arena *arena, const uint64_t *numbers, size_t n)
{
    uint64_t *copy = cvn_arena_alloc_array(arena, n, sizeof *copy);
    return copy ? memcpy(copy, numbers, n * sizeof *copy) : NULL;
}

static int fill_method(Convene__Admin__V1__MethodStats *stats, const struct cvn_metrics_row *row,
                       struct cvn_arena *arena)
{
    convene__admin__v1__method_stats__init(stats);
    bool named = strcmp(row->service, row->method) != 0; /* else it is "unknown" */
    stats->method = named ? cvn_arena_printf(arena, "%s/%s", row->service, row->method)
                          : cvn_arena_strdup(arena, row->method);
    stats->kind = named ? kind_of(row) : CONVENE__ADMIN__V1__METHOD_KIND__METHOD_KIND_UNSPECIFIED;
    stats->started = row->started;
    stats->in_flight = row->in_flight;
    stats->bytes_in = row->bytes_in;
    stats->bytes_out = row->bytes_out;
    stats->n_latency_counts = CVN_METRICS_BOUNDS + 1;
    stats->latency_counts = copy_numbers(arena, row->latency, stats->n_latency_counts);
    stats->latency_sum_us = row->latency_sum_us;
    if (!stats->method || !stats->latency_counts)
        return -ENOMEM;
    return fill_codes(stats, row, arena);
}

static int fill_stats(struct cvn_ctx *ctx, const struct cvn_metrics_row *rows, size_t n,
                      Convene__Admin__V1__Stats *stats)
{
    const struct cvn_admin *admin = ctx->service;
    uint64_t bounds[CVN_METRICS_BOUNDS];
    for (size_t i = 0; i < CVN_METRICS_BOUNDS; i++)
        bounds[i] = (uint64_t)cvn_metrics_bounds_us[i];
    stats->version = cvn_arena_strdup(ctx->arena, CVN_VERSION);
    stats->start_time = timestamp(ctx->arena, admin->start_time_ms);
    stats->read_time = timestamp(ctx->arena, ctx->now_ms);
    stats->latency_bounds_us = copy_numbers(ctx->arena, bounds, CVN_METRICS_BOUNDS);
    stats->n_latency_bounds_us = CVN_METRICS_BOUNDS;
    stats->methods = cvn_arena_alloc_array(ctx->arena, n, sizeof *stats->methods);
    Convene__Admin__V1__MethodStats *methods =
        cvn_arena_alloc_array(ctx->arena, n, sizeof *methods);
    if (!stats->version || !stats->start_time || !stats->read_time || !stats->latency_bounds_us ||
        !stats->methods || !methods)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (fill_method(&methods[i], &rows[i], ctx->arena) < 0)
            return -ENOMEM;
        stats->methods[i] = &methods[i];
    }
    stats->n_methods = n;
    return 0;
}

static int run_get_stats(struct cvn_ctx *ctx, const void *message, void *reply)
{
    const Convene__Admin__V1__GetStatsRequest *request = message;
    const struct cvn_admin *admin = ctx->service;
    struct cvn_metrics_row *rows;
    size_t n;
    int r = cvn_metrics_snapshot(admin->metrics, ctx->arena, &rows, &n);
    if (r)
        return r;
    if (*request->service == '\0')
        return fill_stats(ctx, rows, n, reply);
    size_t first = 0, end;
    while (first < n && strcmp(rows[first].service, request->service) != 0)
        first++;
    for (end = first; end < n && strcmp(rows[end].service, request->service) == 0;)
        end++;
    if (first == end)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "The server has no service \"%.200s\".",
                              request->service);
    return fill_stats(ctx, rows + first, end - first, reply);
}

/* The text of the rows and the stores in the arena. 0, -EIO or -ENOMEM. */
static int write_text(struct cvn_ctx *ctx, const struct cvn_metrics_row *rows, size_t n, char **ret)
{
    const struct cvn_admin *admin = ctx->service;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return -ENOMEM;
    int r = cvn_metrics_write_text(out, rows, n);
    if (r == 0 && admin->stores)
        r = cvn_store_metrics_write(out, admin->stores);
    if (fclose(out) != 0 && r == 0)
        r = -EIO;
    if (r == 0)
        *ret = cvn_arena_strdup(ctx->arena, text);
    free(text);
    return r == 0 && !*ret ? -ENOMEM : r;
}

static int run_get_metrics(struct cvn_ctx *ctx, const void *request, void *reply)
{
    (void)request;
    const struct cvn_admin *admin = ctx->service;
    struct cvn_metrics_row *rows;
    size_t n;
    int r = cvn_metrics_snapshot(admin->metrics, ctx->arena, &rows, &n);
    return r ? r : write_text(ctx, rows, n, &((Convene__Admin__V1__Metrics *)reply)->text);
}

static const struct cvn_service_method methods[] = {
    {"GetStats", CVN_METHOD_READ, CVN_ACCESS_ADMIN, .run = run_get_stats, .scope = CVN_SCOPE_ADMIN},
    {"GetMetrics", CVN_METHOD_READ, CVN_ACCESS_ADMIN, .run = run_get_metrics,
     .scope = CVN_SCOPE_ADMIN},
};

int cvn_admin_bind(struct cvn_admin *admin, struct cvn_runtime *runtime, struct cvn_server *server)
{
    return cvn_methods_bind(runtime, server, &convene__admin__v1__admin_service__descriptor,
                            methods, admin);
}
