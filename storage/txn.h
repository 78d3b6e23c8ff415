/*
 * What can be done inside a transaction: get, put, delete and walk ranges of one ordered keyspace.
 * A transaction is either a snapshot (reads only) or an update that runs on the store's writer;
 * store.h hands out both. Isolation is serialisable.
 *
 * Slices returned here are borrowed: from a snapshot until it is released, from an update until
 * its next put or delete. Copy what has to live longer.
 *
 * A transaction and its cursors are used by one thread at a time.
 */
#ifndef CVN_STORAGE_TXN_H
#define CVN_STORAGE_TXN_H

#include "base/slice.h"
#include "storage/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cvn_txn;
struct cvn_engine_cursor;

/*
 * The outcomes of this room. They begin at 1000 so that the small positive results of services'
 * own rules cannot be mistaken for them.
 */
enum {
    CVN_STORE_ABSENT = 1000,    /* there is no such key, or a cursor has come to its end */
    CVN_STORE_BUSY = 1001,      /* the queue, or the number of snapshots, is at its limit */
    CVN_STORE_EXPIRED = 1002,   /* the update's deadline passed before it began */
    CVN_STORE_CANCELLED = 1003, /* the update was cancelled before it began */
    CVN_TABLE_DUPLICATE = 1010, /* table.h: another row has this key in a unique index */
    CVN_REPLAY_CONFLICT = 1020, /* replay.h: the request id was used with another body */
    CVN_CHANGE_TRIMMED = 1030,  /* change_log.h: entries behind the cursor are kept no more */
    CVN_CHANGE_AHEAD = 1031,    /* change_log.h: the cursor is beyond the newest entry */
};

enum {
    CVN_STORE_VALUE_BYTES_MAX = 4 << 20, /* one value */
    /* Keys and values, old and new, of all writes of one update. */
    CVN_STORE_UPDATE_BYTES_MAX = 64 << 20,
};

/*
 * Looks a key up. 0 and *ret borrowed as said above; CVN_STORE_ABSENT; -EINVAL for an empty key or
 * one over CVN_KEY_BYTES_MAX; another fault from the disk. ret may be NULL to ask only whether the
 * key is there.
 */
int cvn_txn_get(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice *ret);

/*
 * Writes a key, over its former value if there is one; key and value are copied, and may not be
 * slices borrowed from this transaction. -EINVAL as for get, -EMSGSIZE for a value over
 * CVN_STORE_VALUE_BYTES_MAX, -E2BIG when the update would pass CVN_STORE_UPDATE_BYTES_MAX, -EROFS
 * in a snapshot. After another fault the update's run returns it, and nothing else it does counts.
 */
int cvn_txn_put(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice value);

/* Deletes a key. CVN_STORE_ABSENT when it is not there; faults as for put. */
int cvn_txn_delete(struct cvn_txn *txn, struct cvn_slice key);

/*
 * Runs a part of an update. Where it ends with anything but 0, what it wrote is taken back and the
 * update goes on without it; what was borrowed before is void. What run gives; a fault. -EROFS in a
 * snapshot; -ENOTSUP in a step of the schema, of which nothing can be taken back.
 */
int cvn_txn_part(struct cvn_txn *txn, int (*run)(struct cvn_txn *txn, void *arg), void *arg);

enum cvn_direction {
    CVN_FORWARD,  /* ascending keys */
    CVN_BACKWARD, /* descending keys */
};

/*
 * Walks the keys in [lo, hi) in either direction. Embedded by value; the fields are the cursor's
 * own. In an update it sees writes made while it walks, and goes on from the last key it gave.
 */
struct cvn_cursor {
    struct cvn_txn *txn;
    struct cvn_engine_cursor *engine;
    enum cvn_direction direction;
    bool positioned;     /* the engine's cursor stands on the last key given */
    bool inclusive;      /* last was sought, and may be given itself */
    int ended;           /* of a snapshot: with what the walk came to its end */
    uint64_t generation; /* of the transaction's writes when it was positioned */
    struct cvn_key lo;   /* empty: no bound */
    struct cvn_key hi;   /* empty: no bound */
    struct cvn_key last; /* sought, or resumed after; in an update also given last; empty: none */
};

/*
 * Begins a walk over [lo, hi); an empty slice means no bound on that side, and both are copied.
 * 0; -EINVAL for a bound over CVN_KEY_BYTES_MAX; -ENOMEM. To be ended with deinit, before the
 * transaction ends, also after a failed init.
 */
int cvn_cursor_init(struct cvn_cursor *cursor, struct cvn_txn *txn, struct cvn_slice lo,
                    struct cvn_slice hi, enum cvn_direction direction);

/*
 * Makes the next step give the first key beyond key, in the cursor's direction, still within the
 * bounds; key itself need not exist. -EINVAL as for init.
 */
int cvn_cursor_resume(struct cvn_cursor *cursor, struct cvn_slice key);

/*
 * Makes the next step give this key, or the first beyond it in the cursor's direction, in the range
 * or before it: how walks over several ranges skip what only one of them has. -EINVAL as for init.
 */
int cvn_cursor_seek(struct cvn_cursor *cursor, struct cvn_slice key);

/*
 * Steps to this key, or the first beyond it, as seek and next would, from where the walk has come
 * to before it. Up to n_max keys are stepped over first, each for a fraction of what a seek takes;
 * none in an update, and where the walk stands on no key. *ret_n is how many steps it took, the
 * seek being one. Results as next.
 */
int cvn_cursor_advance(struct cvn_cursor *cursor, struct cvn_slice key, unsigned n_max,
                       unsigned *ret_n, struct cvn_slice ret[2]);

/*
 * Steps to the next key. 0 and both slices set, borrowed as said above; CVN_STORE_ABSENT at the
 * end; or a fault. ret_value may be NULL.
 */
int cvn_cursor_next(struct cvn_cursor *cursor, struct cvn_slice *ret_key,
                    struct cvn_slice *ret_value);

/* Ends the walk. A zeroed cursor is accepted. */
void cvn_cursor_deinit(struct cvn_cursor *cursor);

#define CVN_CURSOR_AUTO __attribute__((cleanup(cvn_cursor_deinit))) struct cvn_cursor

#endif
