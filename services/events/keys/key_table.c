#include "services/events/keys/key_table.h"

#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum {
    HOLDER_PERSON = 0,
    HOLDER_SERVICE = 1,
    SECRET_BYTES = 32,
    ROW_KEY_BYTES = 1 + CVN_API_KEY_ID_CHARS,
    TIME_BYTES = 8, /* behind the holder in the index */
};

static const struct cvn_index key_indexes[] = {
    {"key_holder", CVN_INDEX_KEY_HOLDER, false},
};

static void holder_key(struct cvn_key *key, const struct cvn_key_holder *holder)
{
    bool service = holder->service_account && *holder->service_account;
    cvn_key_init(key);
    cvn_key_put_u8(key, service ? HOLDER_SERVICE : HOLDER_PERSON);
    if (service)
        cvn_key_put_text(key, cvn_slice_of_string(holder->service_account));
    else
        cvn_key_put_id(key, &holder->person);
}

/* A row's bytes: the hash, and the key's message packed. */
static int read_row(struct cvn_arena *arena, struct cvn_slice value, struct cvn_key_row *ret)
{
    if (value.len < CVN_KEY_HASH_BYTES)
        return -EBADMSG;
    const uint8_t *bytes = value.data;
    struct cvn_slice packed = cvn_slice(bytes + CVN_KEY_HASH_BYTES, value.len - CVN_KEY_HASH_BYTES);
    int r = cvn_record_unpack(arena, &convene__admin__v1__key__descriptor, packed, &ret->key);
    if (r == 0)
        memcpy(ret->hash, bytes, CVN_KEY_HASH_BYTES);
    return r;
}

static int derive_key(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_key_row row;
    struct cvn_key_holder holder = {0};
    struct cvn_key entry;
    int r = read_row(cvn_index_sink_arena(sink), value, &row);
    if (r)
        return r;
    holder.service_account = row.key->service_account;
    if (!*holder.service_account &&
        !cvn_id_parse(&holder.person, CVN_PERSON_PREFIX, row.key->person_id))
        return -EBADMSG;
    holder_key(&entry, &holder);
    cvn_key_put_i64(&entry, cvn_record_time_ms(row.key->create_time, 0));
    return cvn_index_emit(sink, CVN_INDEX_KEY_HOLDER, cvn_key_slice(&entry), cvn_slice(NULL, 0));
}

const struct cvn_table cvn_key_table = {
    .name = "keys",
    .space = CVN_SPACE_KEYS,
    .indexes = key_indexes,
    .n_indexes = 1,
    .derive = derive_key,
};

static void row_key(struct cvn_key *key, const struct cvn_api_key_id *id)
{
    cvn_key_begin(key, CVN_SPACE_KEYS);
    cvn_key_put_raw(key, cvn_slice(id->text, CVN_API_KEY_ID_CHARS));
}

static struct cvn_slice secret_name(void)
{
    return cvn_slice("\x01"
                     "key_secret",
                     11);
}

int cvn_key_hash(struct cvn_txn *txn, const struct cvn_api_key *key,
                 uint8_t ret_hash[CVN_KEY_HASH_BYTES])
{
    struct cvn_slice secret;
    int r = cvn_txn_get(txn, secret_name(), &secret);
    if (r)
        return r;
    if (secret.len != SECRET_BYTES)
        return -EUCLEAN;
    (void)crypto_generichash(ret_hash, CVN_KEY_HASH_BYTES, (const uint8_t *)key->text,
                             CVN_API_KEY_CHARS, secret.data, secret.len);
    return 0;
}

int cvn_key_secret_make(struct cvn_txn *txn)
{
    int r = cvn_txn_get(txn, secret_name(), NULL);
    if (r != CVN_STORE_ABSENT)
        return r;
    uint8_t secret[SECRET_BYTES];
    randombytes_buf(secret, sizeof secret);
    r = cvn_txn_put(txn, secret_name(), cvn_slice(secret, sizeof secret));
    sodium_memzero(secret, sizeof secret);
    return r;
}

int cvn_key_row_get(struct cvn_txn *txn, struct cvn_arena *arena, const struct cvn_api_key_id *id,
                    struct cvn_key_row *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    row_key(&key, id);
    int r = cvn_table_get(txn, &cvn_key_table, cvn_key_slice(&key), &value);
    return r ? r : read_row(arena, value, ret);
}

int cvn_key_row_put(struct cvn_txn *txn, struct cvn_arena *arena, const struct cvn_key_row *row)
{
    struct cvn_api_key_id id;
    if (!cvn_api_key_id_parse(&id, row->key->id))
        return -EBADMSG;
    size_t len = protobuf_c_message_get_packed_size(&row->key->base);
    uint8_t *bytes = cvn_arena_alloc(arena, CVN_KEY_HASH_BYTES + len);
    if (!bytes)
        return -ENOMEM;
    memcpy(bytes, row->hash, CVN_KEY_HASH_BYTES);
    (void)protobuf_c_message_pack(&row->key->base, bytes + CVN_KEY_HASH_BYTES);
    struct cvn_key key;
    row_key(&key, &id);
    return cvn_table_put(txn, &cvn_key_table, cvn_key_slice(&key),
                         cvn_slice(bytes, CVN_KEY_HASH_BYTES + len));
}

bool cvn_key_ended(const Convene__Admin__V1__Key *key, int64_t now_ms)
{
    return key->revoke_time || cvn_record_time_ms(key->expire_time, INT64_MAX) <= now_ms;
}

int cvn_key_walk_init(struct cvn_key_walk *walk, struct cvn_txn *txn,
                      const struct cvn_key_holder *holder, struct cvn_slice after)
{
    struct cvn_key lo, hi;
    walk->by_holder = holder != NULL;
    if (!holder) {
        cvn_key_begin(&lo, CVN_SPACE_KEYS);
        cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
        int r =
            cvn_cursor_init(&walk->all, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
        return r == 0 && after.len > 0 ? cvn_cursor_resume(&walk->all, after) : r;
    }
    holder_key(&lo, holder);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&walk->index, txn, &key_indexes[0],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r != 0 || after.len == 0)
        return r;
    if (after.len != ROW_KEY_BYTES + TIME_BYTES)
        return -EBADMSG; /* it was sealed here */
    cvn_key_put_raw(&lo, cvn_slice((const uint8_t *)after.data + ROW_KEY_BYTES, TIME_BYTES));
    return cvn_index_cursor_resume(&walk->index, cvn_key_slice(&lo),
                                   cvn_slice(after.data, ROW_KEY_BYTES));
}

void cvn_key_walk_deinit(struct cvn_key_walk *walk)
{
    cvn_index_cursor_deinit(&walk->index);
    cvn_cursor_deinit(&walk->all);
}

int cvn_key_walk_next(struct cvn_key_walk *walk, struct cvn_arena *arena, struct cvn_key_row *ret,
                      struct cvn_key *ret_at)
{
    struct cvn_slice key, value;
    cvn_key_init(ret_at);
    if (!walk->by_holder) {
        int r = cvn_cursor_next(&walk->all, &key, &value);
        if (r)
            return r;
        cvn_key_put_raw(ret_at, key);
        return read_row(arena, value, ret);
    }
    struct cvn_index_entry entry;
    int r = cvn_index_cursor_next(&walk->index, &entry);
    if (r)
        return r;
    if (entry.primary.len != ROW_KEY_BYTES || entry.key.len < TIME_BYTES)
        return -EUCLEAN;
    const uint8_t *end = (const uint8_t *)entry.key.data + entry.key.len;
    cvn_key_put_raw(ret_at, entry.primary);
    cvn_key_put_raw(ret_at, cvn_slice(end - TIME_BYTES, TIME_BYTES));
    r = cvn_table_get(walk->index.cursor.txn, &cvn_key_table,
                      cvn_slice(ret_at->bytes, ROW_KEY_BYTES), &value);
    if (r == CVN_STORE_ABSENT)
        return -EUCLEAN;
    return r ? r : read_row(arena, value, ret);
}

/* Counts the holder's keys; the first that ended is *ret_ended, empty when none did. */
static int count_keys(struct cvn_ctx *ctx, const struct cvn_key_holder *holder, size_t *ret_n,
                      struct cvn_key *ret_ended)
{
    struct cvn_key_walk walk = {0};
    struct cvn_key_row row;
    struct cvn_key at;
    cvn_key_init(ret_ended);
    *ret_n = 0;
    int r = cvn_key_walk_init(&walk, ctx->txn, holder, cvn_slice(NULL, 0));
    while (r == 0 && (r = cvn_key_walk_next(&walk, ctx->arena, &row, &at)) == 0) {
        ++*ret_n;
        if (ret_ended->len == 0 && cvn_key_ended(row.key, ctx->now_ms))
            *ret_ended = at;
    }
    cvn_key_walk_deinit(&walk);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_key_make_room(struct cvn_ctx *ctx, const struct cvn_key_holder *holder)
{
    struct cvn_key ended;
    size_t n;
    int r = count_keys(ctx, holder, &n, &ended);
    if (r || n < CVN_KEYS_PER_HOLDER_MAX)
        return r;
    if (ended.len == 0)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_KEYS",
                                    "One holder has at most %d keys; revoke one first.",
                                    CVN_KEYS_PER_HOLDER_MAX);
    return cvn_table_delete(ctx->txn, &cvn_key_table, cvn_slice(ended.bytes, ROW_KEY_BYTES));
}

int cvn_key_delete_all(struct cvn_ctx *ctx, const struct cvn_key_holder *holder, size_t *ret_n)
{
    struct cvn_key_walk walk = {0};
    struct cvn_key_row row;
    struct cvn_key at;
    *ret_n = 0;
    int r = cvn_key_walk_init(&walk, ctx->txn, holder, cvn_slice(NULL, 0));
    while (r == 0 && (r = cvn_key_walk_next(&walk, ctx->arena, &row, &at)) == 0) {
        r = cvn_table_delete(ctx->txn, &cvn_key_table, cvn_slice(at.bytes, ROW_KEY_BYTES));
        *ret_n += r == 0;
    }
    cvn_key_walk_deinit(&walk);
    return r == CVN_STORE_ABSENT ? 0 : r;
}
