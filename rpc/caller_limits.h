/*
 * Limits by caller: how many calls one may have in flight and how often it may begin one, as an
 * interceptor to put behind authentication or in front of it. A call beyond them ends with
 * RESOURCE_EXHAUSTED, RetryInfo and, in its trailing metadata, `grpc-retry-pushback-ms` (gRPC's
 * proposal A6), so that a client with a retry policy comes back when there is room.
 */
#ifndef CVN_RPC_CALLER_LIMITS_H
#define CVN_RPC_CALLER_LIMITS_H

#include "rpc/server.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A token bucket: it fills at a rate up to its size, and each call takes one token. Embedded by
 * value; zeroed it is full. All times are of one clock.
 */
struct cvn_bucket {
    int64_t missing_micro; /* millionths of a token below the brim */
    int64_t at_ms;         /* when that was so */
};

/*
 * Takes a token. 0, or the milliseconds after which there will be one, at least 1. per_second and
 * size are at least 1 and at most a million.
 */
int64_t cvn_bucket_take(struct cvn_bucket *bucket, uint32_t per_second, uint32_t size,
                        int64_t now_ms);

enum {
    CVN_LIMITS_CALLER_BYTES_MAX = 64,
    CVN_LIMITS_CALLERS_DEFAULT = 10000, /* remembered at a time */
    CVN_LIMITS_RATE_MAX = 1000000,
    CVN_LIMITS_BUSY_RETRY_MS = 100, /* after which one with too many calls may try again */
};

/* Zero what you do not care about. */
struct cvn_limits_options {
    uint32_t max_calls;             /* in flight of one caller; 0: no limit */
    size_t max_bytes;               /* of their requests together; 0: no limit */
    uint32_t per_second;            /* calls of one caller; 0: no limit */
    uint32_t burst;                 /* size of the bucket; per_second when 0 */
    uint32_t max_callers;           /* of which the one not heard of for longest is forgotten */
    int64_t (*now_ms)(void *clock); /* monotonic; the system's when NULL */
    void *clock;
    /*
     * Writes who calls, as text; false for a caller without limits. Any thread. NULL: the call's
     * principal, and where it has none the connection.
     */
    bool (*caller)(void *user, const struct cvn_server_call *call,
                   char text[CVN_LIMITS_CALLER_BYTES_MAX]);
    void *user;
};

struct cvn_limits;

/* 0; -EINVAL for a rate or burst over CVN_LIMITS_RATE_MAX; -ENOMEM. *ret is the caller's. */
int cvn_limits_new(struct cvn_limits **ret, const struct cvn_limits_options *options);

/* After the servers that use it. NULL is accepted. */
void cvn_limits_free(struct cvn_limits *limits);

/* What keeps the limits for a server's calls; the limits must outlive the server. */
struct cvn_interceptor cvn_limits_interceptor(struct cvn_limits *limits);

struct cvn_limits_stats {
    size_t n_callers;          /* remembered */
    size_t n_calls;            /* in flight of them */
    uint64_t n_refused_calls;  /* for having too many in flight, or too many bytes */
    uint64_t n_refused_rate;   /* for coming too often */
    uint64_t n_refused_others; /* as every caller remembered has calls in flight */
};
void cvn_limits_read_stats(struct cvn_limits *limits, struct cvn_limits_stats *ret);

#endif
