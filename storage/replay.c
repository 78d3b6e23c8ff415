#include "storage/replay.h"

#include <errno.h>
#include <stdlib.h>

enum { HEADER_BYTES = 8 + CVN_REPLAY_HASH_BYTES }; /* time of creation, hash; the reply follows */

static bool named(const struct cvn_replay_request *request)
{
    return request->principal.len > 0 && request->principal.len <= CVN_REPLAY_PRINCIPAL_BYTES_MAX &&
           request->request_id.len > 0 &&
           request->request_id.len <= CVN_REPLAY_REQUEST_ID_BYTES_MAX;
}

static void record_key(struct cvn_key *key, const struct cvn_replay_request *request)
{
    cvn_key_begin(key, CVN_SPACE_REPLAY);
    cvn_key_put_text(key, request->principal);
    cvn_key_put_text(key, request->request_id);
}

static void time_key(struct cvn_key *key, int64_t created_ms, struct cvn_slice record)
{
    cvn_key_begin(key, CVN_SPACE_REPLAY_BY_TIME);
    cvn_key_put_i64(key, created_ms);
    cvn_key_put_raw(key, record);
}

/* Reads a stored record. 0 or -EUCLEAN. */
static int read_record(struct cvn_slice value, const uint8_t **ret_hash,
                       struct cvn_replay_record *ret)
{
    if (value.len < HEADER_BYTES)
        return -EUCLEAN;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, cvn_slice(value.data, 8));
    ret->created_ms = cvn_key_get_i64(&reader);
    *ret_hash = (const uint8_t *)value.data + 8;
    ret->reply = cvn_slice((const uint8_t *)value.data + HEADER_BYTES, value.len - HEADER_BYTES);
    return 0;
}

int cvn_replay_get(struct cvn_txn *txn, const struct cvn_replay_request *request, int64_t now_ms,
                   struct cvn_replay_record *ret)
{
    if (!named(request))
        return -EINVAL;
    struct cvn_key key;
    record_key(&key, request);
    struct cvn_slice value;
    int r = cvn_txn_get(txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    const uint8_t *hash;
    struct cvn_replay_record record;
    r = read_record(value, &hash, &record);
    if (r)
        return r;
    if (now_ms - record.created_ms >= CVN_REPLAY_KEEP_MS)
        return CVN_STORE_ABSENT;
    if (memcmp(hash, request->hash, CVN_REPLAY_HASH_BYTES) != 0)
        return CVN_REPLAY_CONFLICT;
    *ret = record;
    return 0;
}

/* Takes the older answer's place in the order of time away. */
static int forget_time(struct cvn_txn *txn, const struct cvn_key *record)
{
    struct cvn_slice value;
    int r = cvn_txn_get(txn, cvn_key_slice(record), &value);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    const uint8_t *hash;
    struct cvn_replay_record old;
    r = read_record(value, &hash, &old);
    if (r)
        return r;
    struct cvn_key key;
    time_key(&key, old.created_ms, cvn_key_slice(record));
    r = cvn_txn_delete(txn, cvn_key_slice(&key));
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_replay_put(struct cvn_txn *txn, const struct cvn_replay_request *request, int64_t now_ms,
                   struct cvn_slice reply)
{
    if (!named(request))
        return -EINVAL;
    struct cvn_key key, by_time;
    record_key(&key, request);
    time_key(&by_time, now_ms, cvn_key_slice(&key));
    int r = forget_time(txn, &key);
    if (r)
        return r;
    uint8_t *value = malloc(HEADER_BYTES + reply.len);
    if (!value)
        return -ENOMEM;
    struct cvn_key created;
    cvn_key_init(&created);
    cvn_key_put_i64(&created, now_ms);
    memcpy(value, created.bytes, 8);
    memcpy(value + 8, request->hash, CVN_REPLAY_HASH_BYTES);
    if (reply.len)
        memcpy(value + HEADER_BYTES, reply.data, reply.len);
    r = cvn_txn_put(txn, cvn_key_slice(&key), cvn_slice(value, HEADER_BYTES + reply.len));
    free(value);
    return r ? r : cvn_txn_put(txn, cvn_key_slice(&by_time), cvn_slice("", 0));
}

/* Deletes one record by its place in the order of time. */
static int purge_one(struct cvn_txn *txn, struct cvn_slice by_time)
{
    struct cvn_key copy, record;
    cvn_key_init(&copy);
    cvn_key_put_raw(&copy, by_time);
    cvn_key_init(&record);
    cvn_key_put_raw(&record, cvn_slice(copy.bytes + 1 + 8, copy.len - 1 - 8));
    int r = cvn_txn_delete(txn, cvn_key_slice(&copy));
    if (r == 0)
        r = cvn_txn_delete(txn, cvn_key_slice(&record));
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_replay_purge(struct cvn_txn *txn, int64_t now_ms, size_t limit, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_begin(&lo, CVN_SPACE_REPLAY_BY_TIME);
    cvn_key_begin(&hi, CVN_SPACE_REPLAY_BY_TIME);
    cvn_key_put_i64(&hi, now_ms - CVN_REPLAY_KEEP_MS + 1);
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    size_t n = 0;
    struct cvn_slice key;
    while (r == 0 && n < limit && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        if (key.len <= 1 + 8)
            return -EUCLEAN;
        r = purge_one(txn, key);
        n += r == 0;
    }
    if (r == 0 || r == CVN_STORE_ABSENT) {
        *ret_n = n;
        return 0;
    }
    return r;
}

int cvn_replay_forget(struct cvn_txn *txn, struct cvn_slice principal, size_t limit, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_begin(&lo, CVN_SPACE_REPLAY);
    cvn_key_put_text_prefix(&lo, principal);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    size_t n = 0;
    struct cvn_slice key;
    while (r == 0 && n < limit && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        struct cvn_key record;
        cvn_key_init(&record);
        cvn_key_put_raw(&record, key);
        r = forget_time(txn, &record);
        if (r == 0)
            r = cvn_txn_delete(txn, cvn_key_slice(&record));
        n += r == 0;
    }
    if (r && r != CVN_STORE_ABSENT)
        return r;
    *ret_n = n;
    return 0;
}

int cvn_replay_check(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice value)
{
    const uint8_t *hash;
    struct cvn_replay_record record;
    int r = read_record(value, &hash, &record);
    if (r)
        return r;
    struct cvn_key by_time;
    time_key(&by_time, record.created_ms, key);
    return by_time.overflowed ? -EUCLEAN : cvn_txn_get(txn, cvn_key_slice(&by_time), NULL);
}
