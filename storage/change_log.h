/*
 * The change log: what changed, by whom and why, appended in the transaction that made the change,
 * numbered without a gap from 1, never altered. Followers keep a cursor, the number of the last
 * entry they have seen, and read on from there in a snapshot; cvn_store_listen (store.h) wakes
 * them. The oldest entries are trimmed by age, in bounded steps, by the store's own maintenance.
 *
 * The numbers are those of one store; a restored store goes on from those of its backup.
 */
#ifndef CVN_STORAGE_CHANGE_LOG_H
#define CVN_STORAGE_CHANGE_LOG_H

#include "storage/txn.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_CHANGE_SUBJECT_BYTES_MAX = 256,
    CVN_CHANGE_KIND_BYTES_MAX = 64,
    CVN_CHANGE_PRINCIPAL_BYTES_MAX = 128,
    CVN_CHANGE_REASON_BYTES_MAX = 1024,
    CVN_CHANGE_DETAIL_BYTES_MAX = 64 << 10,
    CVN_CHANGE_KEEP_DAYS = 90, /* for how long entries are kept when the options do not say */
};

/* One entry. Its texts are bytes to this room; any may be empty but for the kind. */
struct cvn_change {
    uint64_t sequence;          /* given by the log */
    int64_t time_ms;            /* when, since 1970, UTC */
    struct cvn_slice subject;   /* what changed, as a resource's id */
    struct cvn_slice kind;      /* how, as "rsvp.promoted" */
    struct cvn_slice principal; /* by whom */
    struct cvn_slice reason;    /* why */
    struct cvn_slice detail;    /* of the service: what a follower needs beside */
};

/*
 * Appends an entry; change->sequence is not looked at. 0 and *ret_sequence (which may be NULL) its
 * number, one more than the last one's; -EINVAL for a kind that is empty or a text over its limit;
 * faults of cvn_txn_put. An update that is undone takes its entries with it, and the next one
 * appends under the same numbers.
 */
int cvn_change_append(struct cvn_txn *txn, const struct cvn_change *change, uint64_t *ret_sequence);

/* The entries there are: [first, last]; last + 1 and last when there are none. */
struct cvn_change_bounds {
    uint64_t first;
    uint64_t last;
};

int cvn_change_bounds(struct cvn_txn *txn, struct cvn_change_bounds *ret);

/* Walks the entries in their order. Embedded by value; the fields are its own. */
struct cvn_change_cursor {
    struct cvn_cursor cursor;
    uint64_t after;
};

/*
 * Begins behind the entry numbered after; 0 for the very first. 0; CVN_CHANGE_TRIMMED when entries
 * behind it are not kept any more, so that the follower has to list anew and start from
 * cvn_change_bounds; CVN_CHANGE_AHEAD when the log has not come so far, as in a store that was
 * restored from an older backup; a fault. To be ended with deinit, also after another result than
 * 0, before the transaction.
 */
int cvn_change_cursor_init(struct cvn_change_cursor *cursor, struct cvn_txn *txn, uint64_t after);

/*
 * Steps to the next entry, borrowed as from a cursor. 0; CVN_STORE_ABSENT when there is no further
 * one yet; -EUCLEAN for a damaged entry or a number left out; a fault.
 */
int cvn_change_cursor_next(struct cvn_change_cursor *cursor, struct cvn_change *ret);

/* Ends the walk. A zeroed cursor is accepted. */
void cvn_change_cursor_deinit(struct cvn_change_cursor *cursor);

#define CVN_CHANGE_CURSOR_AUTO                                                                     \
    __attribute__((cleanup(cvn_change_cursor_deinit))) struct cvn_change_cursor

/*
 * Deletes entries from the oldest on, as long as they are from before before_ms, and at most limit;
 * the newest entry stays, since the next one is numbered by it. *ret_n is how many; as long as it
 * is limit there may be more.
 */
int cvn_change_trim(struct cvn_txn *txn, int64_t before_ms, size_t limit, size_t *ret_n);

/* Reads a stored entry, key and value. 0 or -EUCLEAN. */
int cvn_change_read(struct cvn_slice key, struct cvn_slice value, struct cvn_change *ret);

#endif
