/*
 * A list of operations on a store, made from a seed, and the running of such a list on a store and
 * a model side by side. Any part of a list is a list that can be run, so that one which fails can
 * be shrunk.
 */
#ifndef CVN_TESTS_PROPERTY_OPS_H
#define CVN_TESTS_PROPERTY_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cvn_engine_type;

enum op_kind {
    /* Inside an update. */
    OP_PUT,    /* key, number of the row */
    OP_DELETE, /* key */
    OP_WALK,   /* lower and upper key, seed of what is changed during the walk */
    OP_CHANGE, /* appends to the change log */
    OP_ABORT,  /* the update is undone at its end */
    OP_LATE,   /* the update's deadline has passed */
    /* Inside an update or on a snapshot. */
    OP_GET,    /* key */
    OP_RANGE,  /* lower and upper key, direction and limit */
    OP_INDEX,  /* table, lower and upper word, direction and limit */
    OP_LOOKUP, /* table, unique number */
    /* Between updates. */
    OP_PAGE,   /* pager, how many, what to page through */
    OP_HOLD,   /* takes a snapshot, or compares and releases the one held */
    OP_HELD,   /* compares the one held */
    OP_VERIFY, /* the whole store */
    OP_REOPEN,
};
enum { OP_KINDS = OP_REOPEN + 1, OPS_MAX = 4096 };

/* Neighbours of one batch are one commit, those of one update one update. */
struct op {
    enum op_kind kind;
    uint32_t batch;  /* 0: between updates */
    uint32_t update; /* in the batch */
    uint32_t a, b, c;
};

struct ops {
    struct op at[OPS_MAX];
    size_t n;
};

/* What the list is run on. */
struct ops_store {
    const struct cvn_engine_type *engine;
    uint64_t map_bytes; /* a small one has to grow; then no snapshot is held */
    bool hold;
};

enum { OPS_FAILURE_BYTES = 256 };

/* Makes about n operations from the seed. */
void ops_make(struct ops *ops, uint64_t seed, size_t n);

/* Runs the list on a new store. True when store and model agreed all the way. */
bool ops_run(const struct ops *ops, const struct ops_store *store, char failure[OPS_FAILURE_BYTES]);

/* Takes away what is not needed for the list to fail; at most so many runs. */
void ops_shrink(struct ops *ops, const struct ops_store *store, unsigned runs_max);

void ops_print(const struct ops *ops, FILE *to);

#endif
