/*
 * The ordered keyspace under the store: what LMDB gives, in the terms of this room. One engine is
 * one environment with one unnamed database. Everything else here is written against this header.
 */
#ifndef CVN_STORAGE_ENGINE_H
#define CVN_STORAGE_ENGINE_H

#include "base/arena.h"
#include "storage/txn.h"

struct cvn_engine;
struct cvn_engine_txn;

/* A fault of its own: the map is full; the engine must be grown and the transaction run again. */
enum { CVN_ENGINE_FULL = -4096 };

struct cvn_undo;

/* A transaction, snapshot or update; the handle that txn.h hands out. */
struct cvn_txn {
    struct cvn_engine *engine;
    struct cvn_engine_txn *inner;
    bool writable;
    int fault;             /* the first that happened; everything after returns it */
    uint64_t generation;   /* of writes: what was borrowed before is void */
    size_t update_bytes;   /* written by the present update */
    struct cvn_undo *undo; /* newest first, of the present update */
    struct cvn_txn *next;  /* in the pool of snapshots */
};

struct cvn_engine_options {
    const char *path;
    uint64_t map_bytes;
    uint32_t readers_max;
};

/* Opens or makes the environment. 0 or a fault. */
int cvn_engine_open(struct cvn_engine **ret, const struct cvn_engine_options *options);
void cvn_engine_close(struct cvn_engine *engine);

/* Makes the map larger. No transaction may be active. 0 or a fault. */
int cvn_engine_grow(struct cvn_engine *engine, uint64_t map_bytes);
uint64_t cvn_engine_map_bytes(const struct cvn_engine *engine);
uint64_t cvn_engine_used_bytes(const struct cvn_engine *engine);

/* Begins a transaction in *txn. 0, CVN_STORE_BUSY when there are too many readers, or a fault. */
int cvn_engine_begin(struct cvn_engine *engine, struct cvn_txn *txn, bool writable);
/* Lets a snapshot's pages go and keeps its slot; renew takes a new snapshot in it. */
void cvn_engine_reset(struct cvn_txn *txn);
int cvn_engine_renew(struct cvn_txn *txn);
/* Makes everything durable. 0, CVN_ENGINE_FULL or a fault; the transaction is over either way. */
int cvn_engine_commit(struct cvn_txn *txn);
void cvn_engine_abort(struct cvn_txn *txn);

/* Forgets how to undo what was written so far: the next update begins. */
void cvn_engine_keep(struct cvn_txn *txn);
/* Takes back what was written since keep. 0 or a fault. */
int cvn_engine_undo(struct cvn_txn *txn);

#endif
