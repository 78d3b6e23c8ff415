/*
 * Tables of rows with declared secondary indexes. A row is a key and a value; a function of the
 * table derives from both the entries of all its indexes, and every write keeps the entries in
 * step within its own transaction. Verify recomputes all of them.
 */
#ifndef CVN_STORAGE_TABLE_H
#define CVN_STORAGE_TABLE_H

#include "base/arena.h"
#include "storage/txn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVN_TABLE_ENTRIES_MAX = 1024,       /* index entries of one row */
    CVN_TABLE_SINK_BYTES_MAX = 1 << 20, /* memory for deriving one row */
    CVN_INDEX_VALUE_BYTES_MAX = 1024,   /* the value kept with an entry */
};

struct cvn_index_sink;

/* One index. Its id is the only one of that number in the store, and never used for another. */
struct cvn_index {
    const char *name;
    uint8_t id;
    bool unique; /* no two rows may have the same index key */
};

/*
 * Tells the sink every index entry of a row; pure. 0, or a fault: what emit returned, -EBADMSG
 * for a row that cannot be read. Memory for reading the row comes from the sink's arena.
 */
typedef int cvn_table_derive(struct cvn_slice key, struct cvn_slice value,
                             struct cvn_index_sink *sink);

/*
 * A table, usually a constant. Tables may share a key space so that rows that change together lie
 * together, as in [space][event id][kind][rest]: then kind_at is the offset of the kind byte in
 * the key. With kind_at 0 the table has the whole space.
 */
struct cvn_table {
    const char *name;
    uint8_t space;
    uint16_t kind_at;
    uint8_t kind;
    const struct cvn_index *indexes;
    size_t n_indexes;
    cvn_table_derive *derive; /* NULL when there are no indexes */
};

/*
 * Adds an index entry; key and value are copied. The keys of one index are built of the same kinds
 * of fields (key.h), so that none begins another. The same entry twice counts once. -EINVAL when
 * the index is none of the table's, the key is empty (or overflowed), or the entry's whole key
 * (2 bytes, index key, primary key unless unique) is over CVN_KEY_BYTES_MAX; -E2BIG over a limit
 * above.
 */
int cvn_index_emit(struct cvn_index_sink *sink, uint8_t index_id, struct cvn_slice key,
                   struct cvn_slice value);

/* The arena for what derive has to allocate; freed when the write is done. */
struct cvn_arena *cvn_index_sink_arena(struct cvn_index_sink *sink);

/* The row's value, as cvn_txn_get. -EINVAL for a key that is not of this table. */
int cvn_table_get(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key,
                  struct cvn_slice *ret);

/*
 * Writes a row and the difference of its index entries. CVN_TABLE_DUPLICATE when another row has
 * the key in a unique index, with nothing written; -EINVAL for a key that is not of this table;
 * faults of derive, emit and cvn_txn_put. key and value may not be borrowed from the transaction.
 */
int cvn_table_put(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key,
                  struct cvn_slice value);

/* Deletes a row and its index entries. CVN_STORE_ABSENT when it is not there; faults as for put. */
int cvn_table_delete(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key);

/*
 * For a schema step that adds an index: writes its entries of every row there is. In an update
 * without a limit to what it writes, as steps are. Results as cvn_table_put.
 */
int cvn_table_fill_index(struct cvn_txn *txn, const struct cvn_table *table, uint8_t index_id);

/* Walks an index. Embedded by value; the fields are its own. */
struct cvn_index_cursor {
    struct cvn_cursor cursor;
    const struct cvn_index *index;
};

/* One entry. All slices are borrowed as from the cursor. */
struct cvn_index_entry {
    struct cvn_slice key;     /* the index key */
    struct cvn_slice primary; /* the row's key */
    struct cvn_slice value;   /* what was emitted with it */
};

/*
 * Begins a walk over the entries whose index key is in [lo, hi), empty for no bound; in the order
 * of index keys and, within one, of primary keys. Results as cvn_cursor_init.
 */
int cvn_index_cursor_init(struct cvn_index_cursor *cursor, struct cvn_txn *txn,
                          const struct cvn_index *index, const struct cvn_slice bounds[2],
                          enum cvn_direction direction);

/* Makes the next step give the entry beyond this one; its value is not looked at. */
int cvn_index_cursor_resume(struct cvn_index_cursor *cursor, struct cvn_slice key,
                            struct cvn_slice primary);

/* Makes the next step give this entry, or the first beyond it in the direction of the walk. */
int cvn_index_cursor_seek(struct cvn_index_cursor *cursor, struct cvn_slice key,
                          struct cvn_slice primary);

/*
 * Begins the key that an entry has in the store, for advance: the index key is to be put behind
 * it, and, unless the index is unique, the row's.
 */
void cvn_index_key_begin(struct cvn_key *key, const struct cvn_index *index);

/*
 * Steps to the entry of that key in the store, or the first beyond it, over up to n_max others
 * before it is sought: see cvn_cursor_advance. Results as next.
 */
int cvn_index_cursor_advance(struct cvn_index_cursor *cursor, struct cvn_slice key, unsigned n_max,
                             unsigned *ret_n, struct cvn_index_entry *ret);

/* Steps to the next entry. 0; CVN_STORE_ABSENT at the end; -EUCLEAN for a damaged entry; a fault.
 */
int cvn_index_cursor_next(struct cvn_index_cursor *cursor, struct cvn_index_entry *ret);

/* Ends the walk. A zeroed cursor is accepted. */
void cvn_index_cursor_deinit(struct cvn_index_cursor *cursor);

#define CVN_INDEX_CURSOR_AUTO                                                                      \
    __attribute__((cleanup(cvn_index_cursor_deinit))) struct cvn_index_cursor

/* The row of a unique index: 0 and *ret the primary key; CVN_STORE_ABSENT; a fault. */
int cvn_index_lookup(struct cvn_txn *txn, const struct cvn_index *index, struct cvn_slice key,
                     struct cvn_slice *ret);

/*
 * What was emitted with one entry of an index that is not unique: 0 and *ret borrowed; -EINVAL for
 * another index; CVN_STORE_ABSENT; a fault.
 */
int cvn_index_get(struct cvn_txn *txn, const struct cvn_index *index, struct cvn_slice key,
                  struct cvn_slice primary, struct cvn_slice *ret);

enum cvn_verify_kind {
    CVN_VERIFY_MISSING,    /* a row lacks this entry */
    CVN_VERIFY_STALE,      /* an entry whose row derives another, or none there */
    CVN_VERIFY_ORPHANED,   /* an entry whose row, table or index does not exist */
    CVN_VERIFY_UNREADABLE, /* a row that derive refuses, or an entry that cannot be split */
};

struct cvn_verify_finding {
    enum cvn_verify_kind kind;
    const struct cvn_table *table; /* NULL when the entry leads to none */
    const struct cvn_index *index; /* NULL for an unreadable row or an unknown index */
    struct cvn_slice key;          /* in the store: the entry's, or the unreadable row's */
};

struct cvn_verify_totals {
    uint64_t n_rows;
    uint64_t n_entries;
    uint64_t n_findings;
};

/*
 * A verification under way. tables are all the tables of the store that have indexes, NULL at the
 * end; report is called for each finding, whose slices live during the call.
 */
struct cvn_table_check {
    struct cvn_txn *txn; /* reads only, so a snapshot will do */
    const struct cvn_table *const *tables;
    void (*report)(void *arg, const struct cvn_verify_finding *finding);
    void *arg;
    struct cvn_verify_totals totals;
};

/*
 * Looks at one key of the store and its value: whether a row has all the entries it derives,
 * whether an entry is one that its row derives. Keys of neither kind are passed over. 0 also when
 * there were findings; a fault otherwise.
 */
int cvn_table_check_key(struct cvn_table_check *check, struct cvn_slice key,
                        struct cvn_slice value);

/* Looks so at every key there is. 0 and *ret, or a fault. */
int cvn_table_verify(struct cvn_txn *txn, const struct cvn_table *const *tables,
                     void (*report)(void *arg, const struct cvn_verify_finding *finding), void *arg,
                     struct cvn_verify_totals *ret);

#endif
