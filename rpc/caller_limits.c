#include "rpc/caller_limits.h"

#include "rpc/clock.h"
#include "rpc/retry.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#define MICRO INT64_C(1000000)

struct caller {
    char text[CVN_LIMITS_CALLER_BYTES_MAX];
    struct cvn_bucket bucket;
    uint32_t n_calls;
    size_t bytes;
    UT_hash_handle hh; /* by text; the one heard of last is last */
};

/* A call that was let pass; lives in its arena. */
struct ticket {
    struct caller *caller;
    size_t bytes;
};

struct cvn_limits {
    struct cvn_limits_options options;
    pthread_mutex_t lock; /* of all below */
    struct caller *callers;
    struct cvn_limits_stats stats;
};

int64_t cvn_bucket_take(struct cvn_bucket *bucket, uint32_t per_second, uint32_t size,
                        int64_t now_ms)
{
    int64_t micro_per_ms = per_second * (MICRO / 1000);
    int64_t passed_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
    int64_t missing = passed_ms >= bucket->missing_micro / micro_per_ms + 1
                          ? 0
                          : bucket->missing_micro - passed_ms * micro_per_ms;
    if (missing < 0)
        missing = 0;
    int64_t over = missing + MICRO - size * MICRO;
    if (over > 0)
        return (over + micro_per_ms - 1) / micro_per_ms;
    bucket->missing_micro = missing + MICRO;
    bucket->at_ms = now_ms;
    return 0;
}

static int64_t monotonic_ms(void *clock)
{
    return cvn_rpc_now_ms();
}

static bool principal_or_connection(void *user, const struct cvn_server_call *call,
                                    char text[CVN_LIMITS_CALLER_BYTES_MAX])
{
    const char *principal = cvn_server_call_principal(call);
    if (*principal)
        (void)snprintf(text, CVN_LIMITS_CALLER_BYTES_MAX, "%s", principal);
    else
        (void)snprintf(text, CVN_LIMITS_CALLER_BYTES_MAX, "connection:%" PRIu64,
                       cvn_server_call_peer(call)->connection);
    return true;
}

int cvn_limits_new(struct cvn_limits **ret, const struct cvn_limits_options *options)
{
    if (options->per_second > CVN_LIMITS_RATE_MAX || options->burst > CVN_LIMITS_RATE_MAX)
        return -EINVAL;
    struct cvn_limits *limits = calloc(1, sizeof *limits);
    if (!limits)
        return -ENOMEM;
    limits->options = *options;
    if (!limits->options.burst)
        limits->options.burst = options->per_second;
    if (!limits->options.max_callers)
        limits->options.max_callers = CVN_LIMITS_CALLERS_DEFAULT;
    if (!limits->options.now_ms)
        limits->options.now_ms = monotonic_ms;
    if (!limits->options.caller)
        limits->options.caller = principal_or_connection;
    (void)pthread_mutex_init(&limits->lock, NULL);
    *ret = limits;
    return 0;
}

void cvn_limits_free(struct cvn_limits *limits)
{
    if (!limits)
        return;
    struct caller *caller, *next;
    HASH_ITER(hh, limits->callers, caller, next)
    {
        HASH_DELETE(hh, limits->callers, caller);
        free(caller);
    }
    (void)pthread_mutex_destroy(&limits->lock);
    free(limits);
}

/* Forgets the caller that was not heard of for longest and has no calls. False without one. */
static bool forget_one(struct cvn_limits *limits)
{
    struct caller *caller, *next;
    HASH_ITER(hh, limits->callers, caller, next)
    {
        if (caller->n_calls > 0)
            continue;
        HASH_DELETE(hh, limits->callers, caller);
        free(caller);
        return true;
    }
    return false;
}

/* The caller, as the one heard of last; NULL when no further one can be remembered. */
static struct caller *meet(struct cvn_limits *limits, const char *text)
{
    struct caller *caller;
    size_t len = strlen(text);
    HASH_FIND(hh, limits->callers, text, len, caller);
    if (caller) {
        HASH_DELETE(hh, limits->callers, caller);
    } else {
        if (HASH_COUNT(limits->callers) >= limits->options.max_callers && !forget_one(limits))
            return NULL;
        caller = calloc(1, sizeof *caller);
        if (!caller)
            return NULL;
        memcpy(caller->text, text, len + 1);
    }
    HASH_ADD_KEYPTR(hh, limits->callers, caller->text, len, caller);
    return caller;
}

/* Counts the call in, or how it is refused: the milliseconds to wait and what is too much. */
static int64_t admit(struct cvn_limits *limits, struct caller *caller, size_t bytes,
                     const char **ret_what)
{
    const struct cvn_limits_options *options = &limits->options;
    *ret_what = NULL;
    if (options->max_calls && caller->n_calls >= options->max_calls)
        *ret_what = "This caller has as many calls in flight as one may have";
    else if (options->max_bytes && caller->n_calls > 0 &&
             bytes > options->max_bytes - caller->bytes)
        *ret_what = "The requests in flight of this caller have as many bytes as one may send";
    if (*ret_what) {
        limits->stats.n_refused_calls++;
        return CVN_LIMITS_BUSY_RETRY_MS;
    }
    int64_t wait_ms = options->per_second
                          ? cvn_bucket_take(&caller->bucket, options->per_second, options->burst,
                                            options->now_ms(options->clock))
                          : 0;
    if (wait_ms > 0) {
        *ret_what = "Calls of this caller come faster than one may make them";
        limits->stats.n_refused_rate++;
        return wait_ms;
    }
    caller->n_calls++;
    caller->bytes += bytes;
    limits->stats.n_calls++;
    return 0;
}

static enum cvn_code refuse(struct cvn_server_call *call, struct cvn_status *status,
                            const char *what, int64_t wait_ms)
{
    struct cvn_arena *arena = cvn_server_call_arena(call);
    (void)cvn_status_set(status, arena, CVN_RESOURCE_EXHAUSTED, "%s; try again in %" PRId64 " ms.",
                         what, wait_ms);
    cvn_status_add_retry_info(status, arena, wait_ms);
    struct cvn_metadata trailing;
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, wait_ms);
    cvn_metadata_init(&trailing, arena);
    if (cvn_metadata_add(&trailing, CVN_RETRY_METADATA_PUSHBACK, cvn_slice_of_string(text)) == 0)
        (void)cvn_server_call_set_trailing_metadata(call, &trailing);
    return CVN_RESOURCE_EXHAUSTED;
}

static enum cvn_code begin(void *user, struct cvn_server_call *call, struct cvn_status *status)
{
    struct cvn_limits *limits = user;
    char text[CVN_LIMITS_CALLER_BYTES_MAX] = "";
    if (!limits->options.caller(limits->options.user, call, text))
        return CVN_OK;
    struct ticket *ticket = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *ticket);
    if (!ticket)
        return CVN_RESOURCE_EXHAUSTED;
    *ticket = (struct ticket){.bytes = cvn_server_call_bytes_in(call)};
    const char *what = "Too many callers are busy to take on another";
    int64_t wait_ms = CVN_LIMITS_BUSY_RETRY_MS;
    (void)pthread_mutex_lock(&limits->lock);
    ticket->caller = meet(limits, text);
    if (ticket->caller)
        wait_ms = admit(limits, ticket->caller, ticket->bytes, &what);
    else
        limits->stats.n_refused_others++;
    (void)pthread_mutex_unlock(&limits->lock);
    if (wait_ms > 0)
        return refuse(call, status, what, wait_ms);
    cvn_server_call_set_interceptor_state(call, ticket);
    return CVN_OK;
}

static void end(void *user, const struct cvn_call_record *record, bool begun)
{
    struct cvn_limits *limits = user;
    const struct ticket *ticket = begun ? record->interceptor_state : NULL;
    if (!ticket)
        return;
    (void)pthread_mutex_lock(&limits->lock);
    ticket->caller->n_calls--;
    ticket->caller->bytes -= ticket->bytes;
    limits->stats.n_calls--;
    (void)pthread_mutex_unlock(&limits->lock);
}

struct cvn_interceptor cvn_limits_interceptor(struct cvn_limits *limits)
{
    return (struct cvn_interceptor){begin, end, limits};
}

void cvn_limits_read_stats(struct cvn_limits *limits, struct cvn_limits_stats *ret)
{
    (void)pthread_mutex_lock(&limits->lock);
    *ret = limits->stats;
    ret->n_callers = HASH_COUNT(limits->callers);
    (void)pthread_mutex_unlock(&limits->lock);
}
