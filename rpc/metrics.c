#include "rpc/metrics.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * CVN_METRICS_METHODS_MAX, CACHE_LINE_BYTES = 64 };

const int64_t cvn_metrics_bounds_us[CVN_METRICS_BOUNDS] = {
    100,    200,    500,     1000,    2000,    5000,     10000,    20000,    50000,     100000,
    200000, 500000, 1000000, 2000000, 5000000, 10000000, 20000000, 50000000, 100000000,
};

/* Rows of different methods share no cache line, so that their counting threads do not either. */
struct row {
    _Alignas(CACHE_LINE_BYTES) atomic_uint_fast64_t started;
    atomic_uint_fast64_t handled[CVN_METRICS_CODES];
    atomic_uint_fast64_t bytes_in, bytes_out;
    atomic_uint_fast64_t latency[CVN_METRICS_BOUNDS + 1];
    atomic_uint_fast64_t latency_sum_us;
    const char *service, *method;
    size_t service_len;
    bool client_streaming, server_streaming;
};

/* A hash table, open addressing. Rows are only ever added, so that finding one needs no lock. */
struct cvn_metrics {
    _Atomic(struct row *) slots[SLOTS];
    struct row *unknown;
    pthread_mutex_t adding;
    size_t n; /* under adding */
};

static struct row *new_row(const char *service, const char *method)
{
    struct row *row = aligned_alloc(CACHE_LINE_BYTES, sizeof *row);
    if (!row)
        return NULL;
    memset(row, 0, sizeof *row);
    row->service = service;
    row->service_len = strlen(service);
    row->method = method;
    return row;
}

int cvn_metrics_new(struct cvn_metrics **ret)
{
    struct cvn_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return -ENOMEM;
    metrics->unknown = new_row("unknown", "unknown");
    if (!metrics->unknown) {
        free(metrics);
        return -ENOMEM;
    }
    (void)pthread_mutex_init(&metrics->adding, NULL);
    *ret = metrics;
    return 0;
}

void cvn_metrics_free(struct cvn_metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(atomic_load(&metrics->slots[i]));
    free(metrics->unknown);
    (void)pthread_mutex_destroy(&metrics->adding);
    free(metrics);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. The names are the program's own: nobody can choose them so
 * that they collide. */
static size_t first_slot(struct cvn_slice service, struct cvn_slice method)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const struct cvn_slice parts[] = {service, method};
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p].len; i++)
            hash = (hash ^ ((const uint8_t *)parts[p].data)[i]) * UINT64_C(0x100000001b3);
    return hash % SLOTS;
}

static bool is_row_of(const struct row *row, struct cvn_slice service, struct cvn_slice method)
{
    return row->service_len == service.len &&
           memcmp(row->service, service.data, service.len) == 0 &&
           strlen(row->method) == method.len && memcmp(row->method, method.data, method.len) == 0;
}

/* The method's slot, or the empty one where it would be. There is always an empty one. */
static size_t find_slot(const struct cvn_metrics *metrics, struct cvn_slice service,
                        struct cvn_slice method)
{
    size_t i = first_slot(service, method);
    const struct row *row;
    while ((row = atomic_load_explicit(&metrics->slots[i], memory_order_acquire)) &&
           !is_row_of(row, service, method))
        i = (i + 1) % SLOTS;
    return i;
}

/* The row of "package.Service/Method". */
static struct row *find_row(const struct cvn_metrics *metrics, const char *full_name)
{
    const char *slash = strchr(full_name, '/');
    if (!slash)
        return metrics->unknown;
    size_t i = find_slot(metrics, cvn_slice(full_name, (size_t)(slash - full_name)),
                         cvn_slice_of_string(slash + 1));
    struct row *row = atomic_load_explicit(&metrics->slots[i], memory_order_acquire);
    return row ? row : metrics->unknown;
}

static int add_method(struct cvn_metrics *metrics, const char *service, const char *method,
                      const struct cvn_types_method *type)
{
    size_t i = find_slot(metrics, cvn_slice_of_string(service), cvn_slice_of_string(method));
    if (atomic_load(&metrics->slots[i]))
        return 0;
    if (metrics->n == CVN_METRICS_METHODS_MAX)
        return -E2BIG;
    struct row *row = new_row(service, method);
    if (!row)
        return -ENOMEM;
    row->client_streaming = type && type->client_streaming;
    row->server_streaming = type && type->server_streaming;
    metrics->n++;
    atomic_store_explicit(&metrics->slots[i], row, memory_order_release);
    return 0;
}

static const struct cvn_types_method *find_type(const struct cvn_types_service *service,
                                                const char *method)
{
    for (size_t i = 0; service && i < service->n_methods; i++)
        if (strcmp(service->methods[i].name, method) == 0)
            return &service->methods[i];
    return NULL;
}

int cvn_metrics_add_service(struct cvn_metrics *metrics,
                            const ProtobufCServiceDescriptor *descriptor,
                            const struct cvn_types *types)
{
    const struct cvn_types_service *service =
        types ? cvn_types_service(types, descriptor->name) : NULL;
    int r = 0;
    (void)pthread_mutex_lock(&metrics->adding);
    for (unsigned i = 0; r == 0 && i < descriptor->n_methods; i++) {
        const char *method = descriptor->methods[i].name;
        r = add_method(metrics, descriptor->name, method, find_type(service, method));
    }
    (void)pthread_mutex_unlock(&metrics->adding);
    return r;
}

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
    (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static enum cvn_code begin(void *user, struct cvn_server_call *call, struct cvn_status *status)
{
    (void)status;
    struct cvn_metrics *metrics = user;
    add(&find_row(metrics, cvn_server_call_method(call))->started, 1);
    return CVN_OK;
}

static size_t range_of(int64_t duration_us)
{
    size_t i = 0;
    while (i < CVN_METRICS_BOUNDS && duration_us > cvn_metrics_bounds_us[i])
        i++;
    return i;
}

static void end(void *user, const struct cvn_call_record *record, bool begun)
{
    struct cvn_metrics *metrics = user;
    struct row *row = record->known ? find_row(metrics, record->method) : metrics->unknown;
    int64_t duration_us = record->duration_us > 0 ? record->duration_us : 0;
    unsigned code = (unsigned)record->code < CVN_METRICS_CODES ? record->code : CVN_UNKNOWN;
    if (!begun) /* refused or cancelled before any worker had it */
        add(&row->started, 1);
    add(&row->bytes_in, record->bytes_in);
    add(&row->bytes_out, record->bytes_out);
    add(&row->latency[range_of(duration_us)], 1);
    add(&row->latency_sum_us, (uint64_t)duration_us);
    /* Behind started, so that whoever sees this one sees that one too. */
    (void)atomic_fetch_add_explicit(&row->handled[code], 1, memory_order_release);
}

struct cvn_interceptor cvn_metrics_interceptor(struct cvn_metrics *metrics)
{
    return (struct cvn_interceptor){.begin = begin, .end = end, .user = metrics};
}

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_acquire);
}

static void read_row(const struct row *row, struct cvn_metrics_row *ret)
{
    *ret = (struct cvn_metrics_row){
        .service = row->service,
        .method = row->method,
        .client_streaming = row->client_streaming,
        .server_streaming = row->server_streaming,
    };
    for (size_t i = 0; i < CVN_METRICS_CODES; i++)
        ret->handled[i] = load(&row->handled[i]);
    ret->started = load(&row->started);
    ret->in_flight = ret->started - cvn_metrics_handled(ret);
    ret->bytes_in = load(&row->bytes_in);
    ret->bytes_out = load(&row->bytes_out);
    for (size_t i = 0; i <= CVN_METRICS_BOUNDS; i++)
        ret->latency[i] = load(&row->latency[i]);
    ret->latency_sum_us = load(&row->latency_sum_us);
}

static int compare_rows(const void *a, const void *b)
{
    const struct cvn_metrics_row *x = a, *y = b;
    int r = strcmp(x->service, y->service);
    return r ? r : strcmp(x->method, y->method);
}

int cvn_metrics_snapshot(const struct cvn_metrics *metrics, struct cvn_arena *arena,
                         struct cvn_metrics_row **ret, size_t *ret_n)
{
    const struct row *found[CVN_METRICS_METHODS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct row *row = atomic_load_explicit(&metrics->slots[i], memory_order_acquire);
        if (row)
            found[n++] = row;
    }
    struct cvn_metrics_row *rows = cvn_arena_alloc_array(arena, n + 1, sizeof *rows);
    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        read_row(found[i], &rows[i]);
    qsort(rows, n, sizeof *rows, compare_rows);
    read_row(metrics->unknown, &rows[n]);
    *ret = rows;
    *ret_n = n + 1;
    return 0;
}

uint64_t cvn_metrics_handled(const struct cvn_metrics_row *row)
{
    uint64_t n = 0;
    for (size_t i = 0; i < CVN_METRICS_CODES; i++)
        n += row->handled[i];
    return n;
}

int64_t cvn_metrics_quantile_us(const struct cvn_metrics_row *row, double q)
{
    uint64_t n = 0, below = 0;
    for (size_t i = 0; i <= CVN_METRICS_BOUNDS; i++)
        n += row->latency[i];
    if (n == 0)
        return -1;
    double rank = (q < 0 ? 0 : q > 1 ? 1 : q) * (double)n;
    for (size_t i = 0; i < CVN_METRICS_BOUNDS; i++) {
        uint64_t here = row->latency[i];
        if (here > 0 && (double)(below + here) >= rank) {
            double low = i > 0 ? (double)cvn_metrics_bounds_us[i - 1] : 0;
            double high = (double)cvn_metrics_bounds_us[i];
            return (int64_t)(low + (high - low) * (rank - (double)below) / (double)here + 0.5);
        }
        below += here;
    }
    return cvn_metrics_bounds_us[CVN_METRICS_BOUNDS - 1];
}
