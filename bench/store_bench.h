/*
 * One job for several stores: a durable RSVP, that is a capacity check, a row, a counter and two
 * index entries; and, beside it, reading single occurrences of many by their ids, and lists of 50
 * in the order of their start.
 */
#ifndef CVN_BENCH_STORE_BENCH_H
#define CVN_BENCH_STORE_BENCH_H

#include <stdint.h>

enum { STORE_EVENTS = 1000, STORE_CAPACITY = 1000000, STORE_LIST = 50, STORE_GROUP_MAX = 256 };

struct store_rsvp {
    uint32_t event, person;
};

/* A store under test. All functions but close: 0, or anything else with a line on stderr. */
struct store_backend {
    const char *name;
    /* Makes it in the directory, with STORE_EVENTS events and so many occurrences. */
    int (*open)(void **ret, const char *directory, uint64_t n_occurrences);
    void (*close)(void *store);
    /* Connections for callers and readers, by number; NULL when the store needs none. */
    int (*connect)(void *store, unsigned number);
    /* Durable when it returns. NULL: group is what callers use. */
    int (*write)(void *store, unsigned caller, const struct store_rsvp *rsvp);
    /* Several in one transaction, durable when it returns; by one thread. May be NULL. */
    int (*group)(void *store, const struct store_rsvp *rsvps, unsigned n);
    /* Reads the occurrence of that number. */
    int (*get)(void *store, unsigned reader, uint64_t id);
    /* Reads STORE_LIST occurrences from that one on, in the order of their start. */
    int (*list)(void *store, unsigned reader, uint64_t from);
};

extern const struct store_backend store_convene;
extern const struct store_backend store_sqlite_grouped;
extern const struct store_backend store_postgres_grouped;
extern const struct store_backend store_postgres_single;

#endif
