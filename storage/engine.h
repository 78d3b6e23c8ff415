/*
 * What an engine must promise: the ordered keyspace under the store, in the terms of this room.
 * Everything else here is written against this header; docs/architecture.md says the promises in
 * full, and tests/unit/storage/test_engine.c holds each engine to them.
 *
 * Results of all functions: 0, an outcome named where it may occur, one of the two conditions
 * below, or a fault (-errno). No engine's own codes, types or pointer lifetimes leave it.
 */
#ifndef CVN_STORAGE_ENGINE_H
#define CVN_STORAGE_ENGINE_H

#include "storage/txn.h"

struct cvn_engine;
struct cvn_engine_txn;
struct cvn_memory;
struct cvn_undo;

enum {
    /* The room given is used up: grow, and run the transaction again. */
    CVN_ENGINE_FULL = -4096,
    /* The engine met a fault after which it refuses everything until it is reopened. */
    CVN_ENGINE_BROKEN = -4097,
};

struct cvn_engine_options {
    const char *path;
    uint64_t map_bytes;
    uint32_t readers_max;
    bool read_only;
    struct cvn_memory *memory; /* of the engine in memory; may be NULL */
};

/* What is measured of an engine. */
struct cvn_engine_figures {
    uint64_t map_bytes;       /* the room given to it */
    uint64_t used_bytes;      /* of it, free pages counted */
    uint64_t n_keys;          /* as of the last commit */
    uint64_t reader_lag_most; /* commits since the oldest snapshot, of all processes, was taken */
    uint32_t n_readers;       /* snapshots, of all processes, pooled ones counted */
};

/* Where a cursor goes. */
enum cvn_engine_move {
    CVN_MOVE_FIRST,
    CVN_MOVE_LAST,
    CVN_MOVE_AT_OR_ABOVE, /* the key given, or the first above it */
    CVN_MOVE_BELOW,       /* the last below the key given */
    CVN_MOVE_NEXT,        /* from where the last move led; nothing was written since */
    CVN_MOVE_PREVIOUS,
};

/*
 * One engine: a constant. One write transaction at a time, begun, used and ended by one thread;
 * snapshots by any number of threads beside it, each by one thread at a time. Slices given are
 * borrowed from the transaction, until it ends or, in a write transaction, its next write.
 */
struct cvn_engine_type {
    const char *name;
    bool on_disk; /* lives in a directory, which the store makes and locks */
    /* Opens or makes the keyspace; in a read-only opening -ENOENT when there is none. */
    int (*open)(struct cvn_engine **ret, const struct cvn_engine_options *options);
    void (*close)(struct cvn_engine *engine);
    /* Makes the room larger, or, for 0, as large as another process made it. No transaction is
     * active. */
    int (*grow)(struct cvn_engine *engine, uint64_t map_bytes);
    /* After CVN_ENGINE_BROKEN. No transaction exists. What was committed is there again. */
    int (*reopen)(struct cvn_engine *engine);
    void (*measure)(struct cvn_engine *engine, struct cvn_engine_figures *ret);
    /* Forgets the snapshots of processes that died. */
    int (*clear_readers)(struct cvn_engine *engine, uint32_t *ret_n);

    /* CVN_STORE_BUSY when there are too many snapshots. */
    int (*begin)(struct cvn_engine *engine, bool writable, struct cvn_engine_txn **ret);
    /* Lets a snapshot's pages go; renew takes a new snapshot in its place. */
    void (*reset)(struct cvn_engine_txn *txn);
    int (*renew)(struct cvn_engine_txn *txn);
    /* Makes all writes durable and visible at once, or none. The transaction is over either way. */
    int (*commit)(struct cvn_engine_txn *txn);
    void (*abort)(struct cvn_engine_txn *txn);

    /* CVN_STORE_ABSENT when there is no such key. Keys are 1 to CVN_KEY_BYTES_MAX bytes long. */
    int (*get)(struct cvn_engine_txn *txn, struct cvn_slice key, struct cvn_slice *ret);
    int (*put)(struct cvn_engine_txn *txn, struct cvn_slice key, struct cvn_slice value);
    int (*del)(struct cvn_engine_txn *txn, struct cvn_slice key);

    int (*cursor_open)(struct cvn_engine_txn *txn, struct cvn_engine_cursor **ret);
    /* CVN_STORE_ABSENT when there is no key there. */
    int (*cursor_move)(struct cvn_engine_cursor *cursor, enum cvn_engine_move move,
                       struct cvn_slice key, struct cvn_slice ret[2]);
    void (*cursor_close)(struct cvn_engine_cursor *cursor);
};

/* What every engine's own struct begins with. */
struct cvn_engine {
    const struct cvn_engine_type *type;
};

/* A transaction, snapshot or update; the handle that txn.h hands out. */
struct cvn_txn {
    struct cvn_engine *engine;
    struct cvn_engine_txn *inner;
    bool writable;
    bool whole;             /* kept or given up as a whole: without undo and without limit */
    int fault;              /* the first that happened; everything after returns it */
    uint64_t generation;    /* of writes: what was borrowed before is void */
    size_t update_bytes;    /* written by the present update */
    struct cvn_undo *undo;  /* newest first, of the present update */
    uint64_t last_change;   /* change_log.h: the newest sequence number, once it is known */
    bool last_change_known; /* undoing forgets it */
    bool change_appended;   /* by the present update */
    bool change_kept;       /* by an update before it */
    struct cvn_txn *next;   /* in the pool of snapshots */
};

/* Begins a transaction in *txn. Results as type->begin. */
int cvn_engine_begin(struct cvn_engine *engine, struct cvn_txn *txn, bool writable);
/* As of the type; the undoing of what was written is forgotten with the transaction. */
int cvn_engine_commit(struct cvn_txn *txn);
void cvn_engine_abort(struct cvn_txn *txn);

/* Forgets how to undo what was written so far: the next update begins. */
void cvn_engine_keep(struct cvn_txn *txn);
/* Takes back what was written since keep. 0 or a fault. */
int cvn_engine_undo(struct cvn_txn *txn);

#endif
