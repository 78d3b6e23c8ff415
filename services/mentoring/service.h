/* The mentoring service: its state, its job thread, and how it is put together. */
#ifndef CVN_SERVICES_MENTORING_SERVICE_H
#define CVN_SERVICES_MENTORING_SERVICE_H

#include "base/zone.h"

#include <stdint.h>

struct cvn_channel;
struct cvn_mentoring;
struct cvn_runtime;
struct cvn_server;
struct cvn_store;
struct cvn_table;

/* All borrowed; they outlive the service. */
struct cvn_mentoring_options {
    struct cvn_store *store;
    struct cvn_zones *zones;
    struct cvn_channel *events; /* to the events service */
    int64_t (*wall_clock_ms)(void);
    unsigned runs_at_once;         /* 0: CVN_RUNS_AT_ONCE_DEFAULT (runs/queue.h) */
    int32_t threads_per_run;       /* for its slow parts; 0: 1. Changes no result */
    uint64_t runs_memory_bytes;    /* of those together; 0: CVN_RUNS_MEMORY_BYTES_MAX */
    int32_t publish_pairs_at_once; /* 0: CVN_PUBLISH_PAIRS_AT_ONCE (state.h) */
};

/* Every table of the service that has indexes, NULL at the end: for cvn_table_verify. */
extern const struct cvn_table *const cvn_mentoring_tables[];

/*
 * Marks the runs that a former process left as interrupted, and starts the threads that work on
 * runs; those that were queued go on. 0 or a fault. *ret is the caller's.
 */
int cvn_mentoring_new(struct cvn_mentoring **ret, const struct cvn_mentoring_options *options);

/* Adds programmes, enrolments and runs to the server. 0 or a fault. */
int cvn_mentoring_bind(struct cvn_mentoring *mentoring, struct cvn_runtime *runtime,
                       struct cvn_server *server);

/*
 * What the service does as time passes: proposals that nobody accepted expire, some at a turn. 1
 * where there may be more to do at once; 0, and *ret_next_ms is when there will be, unchanged for
 * not as things are; a fault. May wait for the store's writer.
 */
int cvn_mentoring_turn(struct cvn_mentoring *mentoring, int64_t now_ms, int64_t *ret_next_ms);

/*
 * Asks the runs that are being worked on to stop, and waits for the threads. After the server's
 * drain. NULL is accepted.
 */
void cvn_mentoring_stop(struct cvn_mentoring *mentoring);

/* Frees what is stopped; after the server is freed. NULL is accepted. */
void cvn_mentoring_free(struct cvn_mentoring *mentoring);

#endif
