#include "storage/change_log.h"

#include "storage/engine.h"

#include <errno.h>
#include <stdlib.h>

/*
 * An entry's value: the time in 8 bytes, then each text behind its length of 2 bytes, and the
 * detail to the end.
 */
enum { TIME_BYTES = 8, LENGTH_BYTES = 2, N_TEXTS = 4 };

static void entry_key(struct cvn_key *key, uint64_t sequence)
{
    cvn_key_begin(key, CVN_SPACE_CHANGES);
    cvn_key_put_u64(key, sequence);
}

static void entry_range(struct cvn_key *lo, struct cvn_key *hi)
{
    cvn_key_begin(lo, CVN_SPACE_CHANGES);
    cvn_key_prefix_end(hi, cvn_key_slice(lo));
}

/* The number of the first entry in the direction; CVN_STORE_ABSENT when there is none. */
static int find_end(struct cvn_txn *txn, enum cvn_direction direction, uint64_t *ret)
{
    struct cvn_key lo, hi;
    entry_range(&lo, &hi);
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), direction);
    struct cvn_slice key;
    if (r == 0)
        r = cvn_cursor_next(&cursor, &key, NULL);
    if (r)
        return r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    *ret = cvn_key_get_u64(&reader);
    return cvn_key_reader_done(&reader) ? 0 : -EUCLEAN;
}

/* The newest number, 0 when there is no entry; known for the rest of the transaction. */
static int find_last(struct cvn_txn *txn, uint64_t *ret)
{
    if (!txn->last_change_known) {
        uint64_t last = 0;
        int r = find_end(txn, CVN_BACKWARD, &last);
        if (r && r != CVN_STORE_ABSENT)
            return r;
        txn->last_change = last;
        txn->last_change_known = txn->writable;
        *ret = last;
        return 0;
    }
    *ret = txn->last_change;
    return 0;
}

int cvn_change_bounds(struct cvn_txn *txn, struct cvn_change_bounds *ret)
{
    struct cvn_change_bounds bounds = {.first = 1};
    int r = find_end(txn, CVN_FORWARD, &bounds.first);
    if (r == CVN_STORE_ABSENT)
        r = 0;
    if (r == 0)
        r = find_last(txn, &bounds.last);
    if (r == 0)
        *ret = bounds;
    return r;
}

static bool fits(const struct cvn_change *change)
{
    return change->subject.len <= CVN_CHANGE_SUBJECT_BYTES_MAX && change->kind.len > 0 &&
           change->kind.len <= CVN_CHANGE_KIND_BYTES_MAX &&
           change->principal.len <= CVN_CHANGE_PRINCIPAL_BYTES_MAX &&
           change->reason.len <= CVN_CHANGE_REASON_BYTES_MAX &&
           change->detail.len <= CVN_CHANGE_DETAIL_BYTES_MAX;
}

static uint8_t *append_bytes(uint8_t *at, struct cvn_slice bytes)
{
    if (bytes.len)
        memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

/* The value in fresh memory, for free; NULL without. */
static uint8_t *encode(const struct cvn_change *change, size_t *ret_len)
{
    const struct cvn_slice texts[N_TEXTS] = {change->subject, change->kind, change->principal,
                                             change->reason};
    size_t len = TIME_BYTES + change->detail.len;
    for (size_t i = 0; i < N_TEXTS; i++)
        len += LENGTH_BYTES + texts[i].len;
    uint8_t *value = malloc(len), *at = value;
    if (!value)
        return NULL;
    struct cvn_key field;
    cvn_key_init(&field);
    cvn_key_put_i64(&field, change->time_ms);
    at = append_bytes(at, cvn_key_slice(&field));
    for (size_t i = 0; i < N_TEXTS; i++) {
        cvn_key_init(&field);
        cvn_key_put_u16(&field, (uint16_t)texts[i].len);
        at = append_bytes(at, cvn_key_slice(&field));
        at = append_bytes(at, texts[i]);
    }
    (void)append_bytes(at, change->detail);
    *ret_len = len;
    return value;
}

int cvn_change_append(struct cvn_txn *txn, const struct cvn_change *change, uint64_t *ret_sequence)
{
    if (!fits(change))
        return -EINVAL;
    uint64_t last;
    int r = find_last(txn, &last);
    if (r)
        return r;
    size_t len;
    uint8_t *value = encode(change, &len);
    if (!value)
        return -ENOMEM;
    struct cvn_key key;
    entry_key(&key, last + 1);
    r = cvn_txn_put(txn, cvn_key_slice(&key), cvn_slice(value, len));
    free(value);
    if (r)
        return r;
    txn->last_change = last + 1;
    txn->change_appended = true;
    if (ret_sequence)
        *ret_sequence = last + 1;
    return 0;
}

/* Takes n bytes off the front. False when there are fewer. */
static bool take(struct cvn_slice *from, size_t n, struct cvn_slice *ret)
{
    if (from->len < n)
        return false;
    *ret = cvn_slice(from->data, n);
    *from = cvn_slice((const uint8_t *)from->data + n, from->len - n);
    return true;
}

static bool take_text(struct cvn_slice *from, struct cvn_slice *ret)
{
    struct cvn_slice length;
    if (!take(from, LENGTH_BYTES, &length))
        return false;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, length);
    return take(from, cvn_key_get_u16(&reader), ret);
}

int cvn_change_read(struct cvn_slice key, struct cvn_slice value, struct cvn_change *ret)
{
    struct cvn_change change;
    struct cvn_slice time;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    change.sequence = cvn_key_get_u64(&reader);
    if (!cvn_key_reader_done(&reader) || !take(&value, TIME_BYTES, &time) ||
        !take_text(&value, &change.subject) || !take_text(&value, &change.kind) ||
        !take_text(&value, &change.principal) || !take_text(&value, &change.reason))
        return -EUCLEAN;
    cvn_key_reader_init(&reader, time);
    change.time_ms = cvn_key_get_i64(&reader);
    change.detail = value;
    if (!fits(&change))
        return -EUCLEAN;
    *ret = change;
    return 0;
}

int cvn_change_cursor_init(struct cvn_change_cursor *cursor, struct cvn_txn *txn, uint64_t after)
{
    *cursor = (struct cvn_change_cursor){.after = after};
    struct cvn_change_bounds bounds;
    int r = cvn_change_bounds(txn, &bounds);
    if (r)
        return r;
    if (after > bounds.last)
        return CVN_CHANGE_AHEAD;
    if (after + 1 < bounds.first)
        return CVN_CHANGE_TRIMMED;
    struct cvn_key lo, hi;
    entry_range(&lo, &hi);
    entry_key(&lo, after + 1);
    return cvn_cursor_init(&cursor->cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                           CVN_FORWARD);
}

int cvn_change_cursor_next(struct cvn_change_cursor *cursor, struct cvn_change *ret)
{
    struct cvn_slice key, value;
    struct cvn_change change;
    int r = cvn_cursor_next(&cursor->cursor, &key, &value);
    if (r == 0)
        r = cvn_change_read(key, value, &change);
    if (r == 0 && change.sequence != cursor->after + 1)
        r = -EUCLEAN;
    if (r)
        return r;
    cursor->after = change.sequence;
    *ret = change;
    return 0;
}

void cvn_change_cursor_deinit(struct cvn_change_cursor *cursor)
{
    cvn_cursor_deinit(&cursor->cursor);
}

int cvn_change_trim(struct cvn_txn *txn, int64_t before_ms, size_t limit, size_t *ret_n)
{
    struct cvn_change_bounds bounds;
    int r = cvn_change_bounds(txn, &bounds);
    size_t n = 0;
    while (r == 0 && n < limit && bounds.first + n < bounds.last) {
        struct cvn_key key;
        struct cvn_slice value;
        struct cvn_change change;
        entry_key(&key, bounds.first + n);
        r = cvn_txn_get(txn, cvn_key_slice(&key), &value);
        if (r == 0)
            r = cvn_change_read(cvn_key_slice(&key), value, &change);
        if (r || change.time_ms >= before_ms)
            break;
        r = cvn_txn_delete(txn, cvn_key_slice(&key));
        n += r == 0;
    }
    if (r)
        return r > 0 ? -EUCLEAN : r;
    *ret_n = n;
    return 0;
}
