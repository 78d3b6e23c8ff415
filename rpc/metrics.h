/*
 * What was called, how it ended and how long it took, by method: an interceptor to put first among
 * a server's. Counting takes no lock. The methods are told beforehand, so that no peer can make the
 * table grow; calls of any other count in one row, "unknown".
 */
#ifndef CVN_RPC_METRICS_H
#define CVN_RPC_METRICS_H

#include "rpc/server.h"
#include "rpc/types.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_METRICS_METHODS_MAX = 1024,
    CVN_METRICS_CODES = CVN_UNAUTHENTICATED + 1,
    CVN_METRICS_BOUNDS = 19,
};

/*
 * The upper ends of the latencies' ranges, in microseconds: 100 µs, 200 µs, 500 µs, 1 ms and so on
 * to 100 s. A call that took exactly so long is in the range below; a last range holds the rest.
 */
extern const int64_t cvn_metrics_bounds_us[CVN_METRICS_BOUNDS];

struct cvn_metrics;

/* Makes a table with the row "unknown" alone. 0 or -ENOMEM. *ret is the caller's. */
int cvn_metrics_new(struct cvn_metrics **ret);

/* After the servers that count in it. NULL is accepted. */
void cvn_metrics_free(struct cvn_metrics *metrics);

/*
 * Adds a row for each method of the service; those that are there already stay as they are. types
 * tells which of them stream; NULL when none does. The descriptor must outlive the table. 0; -E2BIG
 * when there would be more than CVN_METRICS_METHODS_MAX; -ENOMEM. Any thread, at any time.
 */
int cvn_metrics_add_service(struct cvn_metrics *metrics,
                            const ProtobufCServiceDescriptor *descriptor,
                            const struct cvn_types *types);

/* What counts a server's calls in the table, which must outlive the server. */
struct cvn_interceptor cvn_metrics_interceptor(struct cvn_metrics *metrics);

/* One method at one moment. */
struct cvn_metrics_row {
    const char *service; /* "convene.events.v1.EventService"; "unknown" */
    const char *method;  /* "ListEvents"; "unknown" */
    bool client_streaming, server_streaming;
    uint64_t started;
    uint64_t in_flight; /* started and not ended */
    uint64_t handled[CVN_METRICS_CODES];
    uint64_t bytes_in, bytes_out;             /* of messages */
    uint64_t latency[CVN_METRICS_BOUNDS + 1]; /* calls in each range, not cumulative */
    uint64_t latency_sum_us;
};

/*
 * Reads the rows into the arena, in the order of service and method, "unknown" last. 0 with *ret_n
 * of them, or -ENOMEM. Calls that end meanwhile may be counted in one number of a row and not yet
 * in another; none ended that was not started.
 */
int cvn_metrics_snapshot(const struct cvn_metrics *metrics, struct cvn_arena *arena,
                         struct cvn_metrics_row **ret, size_t *ret_n);

/* The calls of the row that have ended. */
uint64_t cvn_metrics_handled(const struct cvn_metrics_row *row);

/*
 * An estimate of how long at most the fraction q (0 to 1) of the calls took, in microseconds: calls
 * are taken to lie evenly in their range, as Prometheus' histogram_quantile does, and those past
 * the last bound at that bound. -1 when no call has ended.
 */
int64_t cvn_metrics_quantile_us(const struct cvn_metrics_row *row, double q);

#endif
