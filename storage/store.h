/*
 * A store: one durable, ordered keyspace in a directory, read through snapshots by any thread and
 * written by one writer thread that commits many callers' updates at once (group commit). What
 * an update wrote is on the disk when its result is given.
 *
 * One process has a store open at a time. Open it after any fork.
 */
#ifndef CVN_STORAGE_STORE_H
#define CVN_STORAGE_STORE_H

#include "base/error.h"
#include "storage/txn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cvn_engine_type;
struct cvn_memory;
struct cvn_store;

/* What stands for a 0 in the options, and the bounds of what may be asked for. */
enum {
    CVN_STORE_READERS_DEFAULT = 64,
    CVN_STORE_READERS_MAX = 1024,
    CVN_STORE_QUEUE_DEFAULT = 1024,
    CVN_STORE_QUEUE_MAX = 65536,
    CVN_STORE_BATCH_DEFAULT = 256,
    CVN_STORE_BATCH_MAX = 4096,
    CVN_STORE_SCHEMA_MAX = 10000,
    CVN_STORE_MAINTAIN_MS_DEFAULT = 60 * 1000,
    CVN_STORE_MAINTAIN_STEP = 256, /* replay records, and changes, deleted in one batch */
    CVN_STORE_BATCH_BUCKETS = 13,
    CVN_STORE_COMMIT_BUCKETS = 18,
};
/*
 * Address space costs nothing until it is used, and growing has to wait for open snapshots; where
 * it is limited (RLIMIT_AS) an opening makes do with less, down to CVN_STORE_MAP_BYTES_LEAST.
 */
#define CVN_STORE_MAP_BYTES_DEFAULT (UINT64_C(64) << 30)
#define CVN_STORE_MAP_BYTES_LEAST (UINT64_C(64) << 20)
#define CVN_STORE_MAP_BYTES_MAX_DEFAULT (UINT64_C(1) << 40)

/*
 * Takes a store from the schema before to its own; runs in one transaction together with the new
 * version number. Non-zero refuses the opening. It may run again when the map had to grow.
 */
typedef int cvn_schema_step(struct cvn_txn *txn, void *arg);

/* Zero what you do not care about. */
struct cvn_store_options {
    const struct cvn_engine_type *engine; /* cvn_engine_lmdb when NULL, or cvn_engine_memory */
    struct cvn_memory *memory;            /* of the engine in memory: what it writes to; or NULL */
    const char *path;                     /* a directory; made with mode 0700 if it is not there */
    uint64_t map_bytes;                   /* of address space to begin with; grows by itself */
    uint64_t map_max_bytes;               /* where growing ends; writes then fail with -ENOSPC */
    uint32_t readers_max;                 /* snapshots at a time */
    uint32_t queue_max;                   /* updates waiting */
    uint32_t caller_max;                  /* of these of one caller; 3/4 of them when 0 */
    uint32_t batch_max;                   /* updates in one commit */
    uint32_t schema_version;              /* what the program expects; a new store begins at 0 */
    cvn_schema_step *const *schema_steps; /* schema_version many; [n] leads from n to n + 1 */
    void *schema_arg;
    int64_t (*now_ns)(void *arg);  /* the clock of deadlines; CLOCK_MONOTONIC when NULL */
    int64_t (*wall_ms)(void *arg); /* the clock of maintenance; CLOCK_REALTIME when NULL */
    void *now_arg;                 /* of both */
    uint32_t maintain_ms;          /* of real time between two rounds of maintenance */
    uint32_t change_keep_days;     /* CVN_CHANGE_KEEP_DAYS when 0 */
    bool manual; /* no writer thread: updates run in cvn_store_run_batch, for simulations */
    bool read_only;
};

/*
 * Opens the store, making it when there is none, clears what dead processes left of their
 * snapshots, and runs the schema steps that are due. 0; -EINVAL for options out of bounds; -EBUSY
 * when another process (or this one) has it open; -EPROTO when the store's schema is newer than
 * the program's; otherwise the fault of the disk or of a step. err says it in a sentence.
 *
 * From then on the store maintains itself, on the writer's thread, a bounded step at a time between
 * batches: it deletes replay records and changes that are kept no longer, and clears what dead
 * processes left.
 *
 * Opened read-only a store is neither made nor stepped nor locked, updates are -EROFS, and one of
 * an older schema is taken as it is: for tools that look at it, also while a server has it open in
 * another process. In the server's own process it must not be opened a second time, not even so:
 * POSIX gives up a process's locks of a file when any of its descriptors is closed.
 */
int cvn_store_open(struct cvn_store **ret, const struct cvn_store_options *options,
                   struct cvn_error *err);

/*
 * Runs what is queued, commits it, and closes. No snapshot may be open and no other call may be
 * running or follow. NULL is accepted.
 */
void cvn_store_close(struct cvn_store *store);

/*
 * Takes a snapshot: the store as of the last commit, unchanged until it is released. Any thread,
 * and it may be passed to another. 0; CVN_STORE_BUSY when readers_max are open; a fault.
 *
 * Keep it short: it keeps the pages it sees from being used again, and a store that has to grow
 * waits for the snapshots to be released while new ones wait for it. So a thread that holds one
 * takes no second one and does not wait for an update.
 */
int cvn_store_snapshot(struct cvn_store *store, struct cvn_txn **ret);

/* Releases a snapshot and what was borrowed from it. NULL is accepted. */
void cvn_snapshot_release(struct cvn_txn *snapshot);

/* What the queue keeps in an update, of the caller whose first it is. */
struct cvn_update_lane {
    struct cvn_update *last;
    struct cvn_update *turn_next;
    struct cvn_update *bucket_next;
    uint32_t n;
};

/*
 * One write, usually embedded in the request that asks for it. The caller owns it and leaves it
 * alone from submit until done is called. Zero what you do not care about.
 */
struct cvn_update {
    /*
     * Reads and writes in the update's transaction. 0 keeps what it wrote; anything else takes
     * back all of it, and nothing of the updates around it, and is the update's result. May be
     * run more than once (after the map grew), so it has no effect but on the transaction and on
     * its own arg, which it must be able to set anew. Does not block.
     */
    int (*run)(struct cvn_txn *txn, void *arg);
    /*
     * Called once, on the writer thread, after the commit (or when there will be none) with what
     * run returned, CVN_STORE_EXPIRED, CVN_STORE_CANCELLED, or the fault of the commit. Must be
     * quick: the next batch waits for it. The update may be freed or submitted again in it.
     */
    void (*done)(void *arg, int result);
    /* Asked once before the update begins, on the writer thread, never after; may be NULL. */
    bool (*cancelled)(void *arg);
    void *arg;
    int64_t deadline_ns; /* on the store's clock; 0: none. Looked at once, before it begins */
    /*
     * Whose it is: callers take turns, so that one caller's flood delays another's update by one
     * batch at most. 0 is nobody in particular; else see cvn_store_caller.
     */
    uint64_t caller;
    struct cvn_update *next;     /* the store's, as the rest */
    struct cvn_update_lane lane; /* of a caller's first */
    int result;
};

/* A number for a caller from its name; never 0. */
uint64_t cvn_store_caller(struct cvn_slice name);

/*
 * Queues an update and returns at once. 0: done will be called. CVN_STORE_BUSY when queue_max
 * updates are waiting, or caller_max of this caller's; -ESHUTDOWN when the store is closing; -EROFS
 * when it is open for reading: done is not called. Any thread, also the writer's (from done).
 */
int cvn_store_submit(struct cvn_store *store, struct cvn_update *update);

/*
 * Queues an update and waits for its result, which it returns; CVN_STORE_BUSY and -ESHUTDOWN as
 * for submit; -EDEADLK on the writer thread. deadline_ns as in struct cvn_update.
 */
int cvn_store_update(struct cvn_store *store, int (*run)(struct cvn_txn *txn, void *arg), void *arg,
                     int64_t deadline_ns);

/*
 * Of a store that was opened as manual: runs one batch of what waits, at most batch_max updates, on
 * the caller's thread, with their done. False when nothing waited. cvn_store_update does this by
 * itself until its own update has ended. One thread at a time uses such a store.
 */
bool cvn_store_run_batch(struct cvn_store *store);

/*
 * Of a store: what is to be told of each commit that appended to the change log. changed is called
 * on the writer's thread, before the done of the updates, with the store's listeners locked: it
 * must be quick, as to wake a thread, and neither listens nor unlistens.
 */
struct cvn_store_listener {
    void (*changed)(void *arg);
    void *arg;
    struct cvn_store_listener *next, **link; /* the store's */
};

/* Any thread. The listener is embedded in its owner, who unlistens before it goes. */
void cvn_store_listen(struct cvn_store *store, struct cvn_store_listener *listener);
/* When this returns, changed is not running and will not be called. Before the store is closed. */
void cvn_store_unlisten(struct cvn_store *store, struct cvn_store_listener *listener);

/*
 * One step of maintenance now, as an update of its own; for manual stores, and for those who cannot
 * wait. 0 with *ret_more when there is more to do; as cvn_store_update otherwise.
 */
int cvn_store_maintain(struct cvn_store *store, bool *ret_more);

/*
 * Counted since the opening. Bucket i of batches counts those of more than 2^(i-1) and at most 2^i
 * updates. Bucket i of commits counts those that took more than 32 << i and at most 64 << i
 * microseconds, the first one also all quicker and the last one all slower ones.
 */
struct cvn_store_stats {
    uint64_t n_batches;      /* that ran at least one update */
    uint64_t n_updates;      /* run; the mean batch is n_updates / n_batches */
    uint64_t n_undone;       /* of these, ended non-zero */
    uint64_t n_expired;      /* not run, deadline passed or cancelled */
    uint64_t n_refused;      /* CVN_STORE_BUSY at submit */
    uint64_t n_faults;       /* batches that failed as a whole */
    uint64_t n_growths;      /* of the map */
    uint64_t n_reopenings;   /* after a fault that the engine could not go on from */
    uint64_t batch_most;     /* updates in the largest batch */
    uint64_t queue_most;     /* updates waiting, at the worst */
    uint64_t queue_now;      /* updates waiting */
    uint64_t n_commits;      /* that succeeded */
    uint64_t commit_ns_sum;  /* time spent committing; the mean is / n_commits */
    uint64_t commit_ns_most; /* the slowest commit */
    uint64_t batches[CVN_STORE_BATCH_BUCKETS];
    uint64_t commits[CVN_STORE_COMMIT_BUCKETS];
    uint64_t map_bytes;          /* address space now */
    uint64_t map_used_bytes;     /* pages ever used: the file's size; free ones in it count */
    uint64_t n_keys;             /* rows, index entries and all else */
    uint32_t snapshots_now;      /* of this process */
    uint32_t readers_now;        /* places taken in the table of readers, by all processes */
    uint64_t reader_lag_most;    /* commits since the oldest snapshot of any process was taken */
    int64_t snapshot_ns_now;     /* how long the oldest one of this process has been open */
    int64_t snapshot_ns_most;    /* the longest that one was, or is, open */
    uint64_t n_readers_cleared;  /* places that dead processes had left */
    uint64_t n_replays_purged;   /* by maintenance */
    uint64_t n_changes_trimmed;  /* by maintenance */
    uint64_t n_maintenance_runs; /* steps that ended */
};

/* Fills ret; the figures are of nearly the same moment. Any thread. */
void cvn_store_stats(struct cvn_store *store, struct cvn_store_stats *ret);

#endif
