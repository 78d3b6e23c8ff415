#include "storage/table.h"

#include <errno.h>
#include <stdlib.h>

enum { ENTRIES_AT_FIRST = 16 };

/* An entry as it stands in the store. */
struct entry {
    struct cvn_slice key;
    struct cvn_slice value;
    bool unique;
};

struct cvn_index_sink {
    struct cvn_arena arena;
    const struct cvn_table *table;
    struct cvn_slice primary;
    struct entry *entries;
    size_t n, room;
};

struct cvn_arena *cvn_index_sink_arena(struct cvn_index_sink *sink)
{
    return &sink->arena;
}

static const struct cvn_index *find_index(const struct cvn_table *table, uint8_t id)
{
    for (size_t i = 0; i < table->n_indexes; i++)
        if (table->indexes[i].id == id)
            return &table->indexes[i];
    return NULL;
}

/* An entry's value: how long the primary key is, that key if the entry's own key lacks it, and
 * what was emitted. */
static struct cvn_slice entry_value(struct cvn_index_sink *sink, bool unique,
                                    struct cvn_slice emitted)
{
    size_t n_primary = unique ? sink->primary.len : 0;
    size_t len = 2 + n_primary + emitted.len;
    uint8_t *value = cvn_arena_alloc(&sink->arena, len);
    if (!value)
        return cvn_slice(NULL, 0);
    value[0] = (uint8_t)(sink->primary.len >> 8);
    value[1] = (uint8_t)sink->primary.len;
    if (n_primary)
        memcpy(value + 2, sink->primary.data, n_primary);
    if (emitted.len)
        memcpy(value + 2 + n_primary, emitted.data, emitted.len);
    return cvn_slice(value, len);
}

static void begin_index(struct cvn_key *key, uint8_t id)
{
    cvn_key_begin(key, CVN_SPACE_INDEX);
    cvn_key_put_u8(key, id);
}

/* For one entry more. Most rows have a few, so there is room for few at first. */
static bool make_room(struct cvn_index_sink *sink)
{
    if (sink->n < sink->room)
        return true;
    size_t room = sink->room ? 4 * sink->room : ENTRIES_AT_FIRST;
    struct entry *more = cvn_arena_alloc_array(&sink->arena, room, sizeof *more);
    if (!more)
        return false;
    if (sink->n)
        memcpy(more, sink->entries, sink->n * sizeof *more);
    sink->entries = more;
    sink->room = room;
    return true;
}

int cvn_index_emit(struct cvn_index_sink *sink, uint8_t index_id, struct cvn_slice key,
                   struct cvn_slice value)
{
    const struct cvn_index *index = find_index(sink->table, index_id);
    if (!index || key.len == 0)
        return -EINVAL;
    if (sink->n == CVN_TABLE_ENTRIES_MAX || value.len > CVN_INDEX_VALUE_BYTES_MAX)
        return -E2BIG;
    struct cvn_key whole;
    begin_index(&whole, index_id);
    cvn_key_put_raw(&whole, key);
    if (!index->unique)
        cvn_key_put_raw(&whole, sink->primary);
    if (whole.overflowed)
        return -EINVAL;
    if (!make_room(sink))
        return -E2BIG;
    struct entry entry = {
        .key = cvn_arena_slice(&sink->arena, cvn_key_slice(&whole)),
        .value = entry_value(sink, index->unique, value),
        .unique = index->unique,
    };
    if (!entry.key.data || !entry.value.data)
        return -E2BIG;
    sink->entries[sink->n++] = entry;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    return cvn_slice_compare(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* Derives a row's entries, sorted, each once. To be ended with deinit_sink. */
static int derive(struct cvn_index_sink *sink, const struct cvn_table *table, struct cvn_slice key,
                  struct cvn_slice value)
{
    *sink = (struct cvn_index_sink){.table = table, .primary = key};
    cvn_arena_init(&sink->arena, CVN_TABLE_SINK_BYTES_MAX);
    if (!table->derive)
        return 0;
    int r = table->derive(key, value, sink);
    if (r)
        return r > 0 ? -EBADMSG : r;
    if (sink->n > 1)
        qsort(sink->entries, sink->n, sizeof *sink->entries, compare_entries);
    size_t n = 0;
    for (size_t i = 0; i < sink->n; i++)
        if (n == 0 || compare_entries(&sink->entries[n - 1], &sink->entries[i]) != 0)
            sink->entries[n++] = sink->entries[i];
    sink->n = n;
    return 0;
}

static void deinit_sink(struct cvn_index_sink *sink)
{
    cvn_arena_deinit(&sink->arena);
}

static bool same(struct cvn_slice a, struct cvn_slice b)
{
    return cvn_slice_compare(a, b) == 0;
}

/* Walks both sorted lists at once. For each entry that is in one only or differs, calls act. */
static int for_each_difference(struct cvn_txn *txn, const struct cvn_index_sink *old,
                               const struct cvn_index_sink *new,
                               int (*act)(struct cvn_txn *txn, const struct entry *gone,
                                          const struct entry *come))
{
    size_t i = 0, j = 0;
    while (i < old->n || j < new->n) {
        const struct entry *gone = i < old->n ? &old->entries[i] : NULL;
        const struct entry *come = j < new->n ? &new->entries[j] : NULL;
        int c = !gone ? 1 : !come ? -1 : compare_entries(gone, come);
        i += c <= 0;
        j += c >= 0;
        if (c == 0 && same(gone->value, come->value))
            continue;
        int r = act(txn, c <= 0 ? gone : NULL, c >= 0 ? come : NULL);
        if (r)
            return r;
    }
    return 0;
}

static int check_unique(struct cvn_txn *txn, const struct entry *gone, const struct entry *come)
{
    if (gone || !come->unique)
        return 0;
    int r = cvn_txn_get(txn, come->key, NULL);
    return r == 0 ? CVN_TABLE_DUPLICATE : r == CVN_STORE_ABSENT ? 0 : r;
}

static int write_difference(struct cvn_txn *txn, const struct entry *gone, const struct entry *come)
{
    if (come)
        return cvn_txn_put(txn, come->key, come->value);
    int r = cvn_txn_delete(txn, gone->key);
    return r == CVN_STORE_ABSENT ? 0 : r; /* verify reports what should have been there */
}

static bool of_table(const struct cvn_table *table, struct cvn_slice key)
{
    const uint8_t *bytes = key.data;
    if (key.len == 0 || bytes[0] != table->space)
        return false;
    return table->kind_at == 0 ||
           (key.len > table->kind_at && bytes[table->kind_at] == table->kind);
}

int cvn_table_get(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key,
                  struct cvn_slice *ret)
{
    return of_table(table, key) ? cvn_txn_get(txn, key, ret) : -EINVAL;
}

/* The former row's entries; none when there is no row, which *ret_existed tells. */
static int derive_old(struct cvn_txn *txn, struct cvn_index_sink *old,
                      const struct cvn_table *table, struct cvn_slice key, bool *ret_existed)
{
    *old = (struct cvn_index_sink){.table = table};
    struct cvn_slice value;
    int r = cvn_txn_get(txn, key, &value);
    *ret_existed = r == 0;
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    return derive(old, table, key, value);
}

int cvn_table_put(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key,
                  struct cvn_slice value)
{
    if (!of_table(table, key))
        return -EINVAL;
    if (!table->derive)
        return cvn_txn_put(txn, key, value);
    struct cvn_index_sink old, new;
    bool existed;
    int r = derive_old(txn, &old, table, key, &existed);
    int derived = derive(&new, table, key, value);
    if (r == 0)
        r = derived;
    if (r == 0)
        r = for_each_difference(txn, &old, &new, check_unique);
    if (r == 0)
        r = for_each_difference(txn, &old, &new, write_difference);
    if (r == 0)
        r = cvn_txn_put(txn, key, value);
    deinit_sink(&old);
    deinit_sink(&new);
    return r;
}

int cvn_table_delete(struct cvn_txn *txn, const struct cvn_table *table, struct cvn_slice key)
{
    if (!of_table(table, key))
        return -EINVAL;
    struct cvn_index_sink old, none = {.table = table};
    bool existed;
    int r = derive_old(txn, &old, table, key, &existed);
    if (r == 0 && !existed)
        r = CVN_STORE_ABSENT;
    if (r == 0)
        r = for_each_difference(txn, &old, &none, write_difference);
    if (r == 0)
        r = cvn_txn_delete(txn, key);
    deinit_sink(&old);
    return r;
}

/* Writes what a row derives for one index. */
static int fill_row(struct cvn_txn *txn, const struct cvn_table *table, uint8_t index_id,
                    struct cvn_slice key, struct cvn_slice value)
{
    struct cvn_index_sink sink;
    int r = derive(&sink, table, key, value);
    for (size_t i = 0; r == 0 && i < sink.n; i++)
        if (((const uint8_t *)sink.entries[i].key.data)[1] == index_id)
            r = cvn_txn_put(txn, sink.entries[i].key, sink.entries[i].value);
    deinit_sink(&sink);
    return r;
}

int cvn_table_fill_index(struct cvn_txn *txn, const struct cvn_table *table, uint8_t index_id)
{
    const uint8_t lo = table->space, hi = (uint8_t)(table->space + 1);
    struct cvn_slice at, value;
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, cvn_slice(&lo, 1), cvn_slice(&hi, 1), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, &value)) == 0) {
        struct cvn_key key; /* the row's own may move when an entry is written */
        if (!of_table(table, at))
            continue;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = fill_row(txn, table, index_id, cvn_key_slice(&key), value);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* A bound of an index range as a key of the store; the end of the index where there is none. */
static void bound(struct cvn_key *key, const struct cvn_index *index, struct cvn_slice given,
                  bool upper)
{
    begin_index(key, index->id);
    if (given.len > 0) {
        cvn_key_put_raw(key, given);
    } else if (upper) {
        struct cvn_key end;
        cvn_key_prefix_end(&end, cvn_key_slice(key));
        *key = end;
    }
}

int cvn_index_cursor_init(struct cvn_index_cursor *cursor, struct cvn_txn *txn,
                          const struct cvn_index *index, const struct cvn_slice bounds[2],
                          enum cvn_direction direction)
{
    struct cvn_key lo, hi;
    bound(&lo, index, bounds[0], false);
    bound(&hi, index, bounds[1], true);
    cursor->index = index;
    cursor->cursor.engine = NULL;
    if (lo.overflowed || hi.overflowed)
        return -EINVAL;
    return cvn_cursor_init(&cursor->cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), direction);
}

/* The entry's key in the store. -EINVAL when it is too long for one. */
static int entry_key(struct cvn_key *whole, const struct cvn_index *index, struct cvn_slice key,
                     struct cvn_slice primary)
{
    begin_index(whole, index->id);
    cvn_key_put_raw(whole, key);
    if (!index->unique)
        cvn_key_put_raw(whole, primary);
    return whole->overflowed ? -EINVAL : 0;
}

/* Writes the key where the cursor keeps it: of walks that seek much, this is much of the work. */
static int place(struct cvn_index_cursor *cursor, struct cvn_slice key, struct cvn_slice primary,
                 bool inclusive)
{
    cursor->cursor.positioned = false;
    cursor->cursor.inclusive = inclusive;
    cursor->cursor.ended = 0;
    return entry_key(&cursor->cursor.last, cursor->index, key, primary);
}

int cvn_index_cursor_resume(struct cvn_index_cursor *cursor, struct cvn_slice key,
                            struct cvn_slice primary)
{
    return place(cursor, key, primary, false);
}

int cvn_index_cursor_seek(struct cvn_index_cursor *cursor, struct cvn_slice key,
                          struct cvn_slice primary)
{
    return place(cursor, key, primary, true);
}

/* Splits a stored entry. False when it is damaged. */
static bool split(bool unique, struct cvn_slice key, struct cvn_slice value,
                  struct cvn_index_entry *ret)
{
    if (key.len < 2 || value.len < 2)
        return false;
    const uint8_t *k = key.data, *v = value.data;
    size_t n_primary = (size_t)v[0] << 8 | v[1];
    struct cvn_slice index_key = cvn_slice(k + 2, key.len - 2);
    struct cvn_slice rest = cvn_slice(v + 2, value.len - 2);
    if (n_primary == 0 || n_primary > (unique ? rest.len : index_key.len))
        return false;
    if (unique) {
        ret->primary = cvn_slice(rest.data, n_primary);
        rest = cvn_slice(v + 2 + n_primary, rest.len - n_primary);
    } else {
        index_key.len -= n_primary;
        ret->primary = cvn_slice(k + 2 + index_key.len, n_primary);
    }
    ret->key = index_key;
    ret->value = rest;
    return true;
}

void cvn_index_key_begin(struct cvn_key *key, const struct cvn_index *index)
{
    begin_index(key, index->id);
}

int cvn_index_cursor_advance(struct cvn_index_cursor *cursor, struct cvn_slice key, unsigned n_max,
                             unsigned *ret_n, struct cvn_index_entry *ret)
{
    struct cvn_slice found[2];
    int r = cvn_cursor_advance(&cursor->cursor, key, n_max, ret_n, found);
    if (r)
        return r;
    return split(cursor->index->unique, found[0], found[1], ret) ? 0 : -EUCLEAN;
}

int cvn_index_cursor_next(struct cvn_index_cursor *cursor, struct cvn_index_entry *ret)
{
    struct cvn_slice key, value;
    int r = cvn_cursor_next(&cursor->cursor, &key, &value);
    if (r)
        return r;
    return split(cursor->index->unique, key, value, ret) ? 0 : -EUCLEAN;
}

void cvn_index_cursor_deinit(struct cvn_index_cursor *cursor)
{
    cvn_cursor_deinit(&cursor->cursor);
}

int cvn_index_lookup(struct cvn_txn *txn, const struct cvn_index *index, struct cvn_slice key,
                     struct cvn_slice *ret)
{
    struct cvn_key whole;
    begin_index(&whole, index->id);
    cvn_key_put_raw(&whole, key);
    struct cvn_slice value;
    int r = whole.overflowed || !index->unique ? -EINVAL
                                               : cvn_txn_get(txn, cvn_key_slice(&whole), &value);
    if (r)
        return r;
    struct cvn_index_entry entry;
    if (!split(true, cvn_key_slice(&whole), value, &entry))
        return -EUCLEAN;
    *ret = entry.primary;
    return 0;
}

int cvn_index_get(struct cvn_txn *txn, const struct cvn_index *index, struct cvn_slice key,
                  struct cvn_slice primary, struct cvn_slice *ret)
{
    struct cvn_key whole;
    struct cvn_slice value;
    struct cvn_index_entry entry;
    int r = index->unique ? -EINVAL : entry_key(&whole, index, key, primary);
    if (r == 0)
        r = cvn_txn_get(txn, cvn_key_slice(&whole), &value);
    if (r)
        return r;
    if (!split(false, cvn_key_slice(&whole), value, &entry))
        return -EUCLEAN;
    *ret = entry.value;
    return 0;
}

static void find(struct cvn_table_check *check, struct cvn_verify_finding finding)
{
    check->totals.n_findings++;
    check->report(check->arg, &finding);
}

static const struct cvn_index *index_of_entry(const struct cvn_table *table, struct cvn_slice key)
{
    return find_index(table, ((const uint8_t *)key.data)[1]);
}

/* Whether each entry that the row derives is in the store as derived. */
static int check_row(struct cvn_table_check *check, const struct cvn_table *table,
                     struct cvn_slice key, struct cvn_slice value)
{
    struct cvn_index_sink sink;
    check->totals.n_rows++;
    int r = derive(&sink, table, key, value);
    if (r == -EBADMSG) {
        find(check, (struct cvn_verify_finding){CVN_VERIFY_UNREADABLE, table, NULL, key});
        r = 0;
    }
    for (size_t i = 0; r == 0 && i < sink.n; i++) {
        const struct entry *entry = &sink.entries[i];
        const struct cvn_index *index = index_of_entry(table, entry->key);
        struct cvn_slice stored;
        r = cvn_txn_get(check->txn, entry->key, &stored);
        if (r == CVN_STORE_ABSENT) {
            find(check, (struct cvn_verify_finding){CVN_VERIFY_MISSING, table, index, entry->key});
            r = 0;
        } else if (r == 0 && !same(stored, entry->value)) {
            find(check, (struct cvn_verify_finding){CVN_VERIFY_STALE, table, index, entry->key});
        }
    }
    deinit_sink(&sink);
    return r;
}

static const struct cvn_table *table_of_index(const struct cvn_table_check *check, uint8_t id,
                                              const struct cvn_index **ret)
{
    for (size_t i = 0; check->tables[i]; i++)
        if ((*ret = find_index(check->tables[i], id)))
            return check->tables[i];
    return NULL;
}

/* Whether the row behind a stored entry is there and derives this entry. */
static int check_entry(struct cvn_table_check *check, struct cvn_slice key, struct cvn_slice value)
{
    const struct cvn_index *index = NULL;
    const struct cvn_table *table =
        key.len > 1 ? table_of_index(check, ((const uint8_t *)key.data)[1], &index) : NULL;
    struct cvn_verify_finding finding = {CVN_VERIFY_ORPHANED, table, index, key};
    struct cvn_index_entry entry;
    check->totals.n_entries++;
    if (!table) {
        find(check, finding);
        return 0;
    }
    if (!split(index->unique, key, value, &entry)) {
        finding.kind = CVN_VERIFY_UNREADABLE;
        find(check, finding);
        return 0;
    }
    struct cvn_slice row;
    int r = of_table(table, entry.primary) ? cvn_txn_get(check->txn, entry.primary, &row)
                                           : CVN_STORE_ABSENT;
    if (r) {
        if (r == CVN_STORE_ABSENT)
            find(check, finding);
        return r == CVN_STORE_ABSENT ? 0 : r;
    }
    struct cvn_index_sink sink;
    r = derive(&sink, table, entry.primary, row);
    bool derived = false;
    for (size_t i = 0; r == 0 && i < sink.n && !derived; i++)
        derived = same(sink.entries[i].key, key);
    deinit_sink(&sink);
    if (r == 0 && !derived) {
        finding.kind = CVN_VERIFY_STALE;
        find(check, finding);
    }
    return r == -EBADMSG ? 0 : r; /* said of the row already */
}

int cvn_table_check_key(struct cvn_table_check *check, struct cvn_slice key, struct cvn_slice value)
{
    if (*(const uint8_t *)key.data == CVN_SPACE_INDEX)
        return check_entry(check, key, value);
    for (size_t i = 0; check->tables[i]; i++)
        if (of_table(check->tables[i], key))
            return check_row(check, check->tables[i], key, value);
    return 0;
}

int cvn_table_verify(struct cvn_txn *txn, const struct cvn_table *const *tables,
                     void (*report)(void *arg, const struct cvn_verify_finding *finding), void *arg,
                     struct cvn_verify_totals *ret)
{
    struct cvn_table_check check = {.txn = txn, .tables = tables, .report = report, .arg = arg};
    const struct cvn_slice none = {NULL, 0};
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, none, none, CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0)
        r = cvn_table_check_key(&check, key, value);
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret = check.totals;
    return 0;
}
