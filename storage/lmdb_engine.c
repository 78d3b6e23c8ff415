#include "storage/engine.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>

struct cvn_engine {
    MDB_env *env;
    MDB_dbi dbi;
};

/* How to take one write back. */
struct cvn_undo {
    struct cvn_undo *next;
    size_t key_len, value_len;
    bool existed;
    uint8_t bytes[]; /* key, then the former value */
};

/* LMDB's results in the terms of this room. */
static int result_of(int r)
{
    switch (r) {
    case MDB_SUCCESS:
        return 0;
    case MDB_NOTFOUND:
        return CVN_STORE_ABSENT;
    case MDB_READERS_FULL:
        return CVN_STORE_BUSY;
    case MDB_MAP_FULL:
        return CVN_ENGINE_FULL;
    case MDB_TXN_FULL:
        return -E2BIG;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_PANIC:
        return -EUCLEAN;
    case MDB_BAD_VALSIZE:
        return -EINVAL;
    default:
        return r > 0 ? -r : -EIO;
    }
}

static MDB_txn *inner(const struct cvn_txn *txn)
{
    return (MDB_txn *)txn->inner;
}

static MDB_val val_of(struct cvn_slice slice)
{
    return (MDB_val){slice.len, (void *)(uintptr_t)slice.data};
}

int cvn_engine_open(struct cvn_engine **ret, const struct cvn_engine_options *options)
{
    struct cvn_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return -ENOMEM;
    int r = mdb_env_create(&engine->env);
    if (r == 0)
        r = mdb_env_set_mapsize(engine->env, options->map_bytes);
    if (r == 0)
        r = mdb_env_set_maxreaders(engine->env, options->readers_max);
    if (r == 0)
        r = mdb_env_open(engine->env, options->path, MDB_NOTLS | MDB_NORDAHEAD, 0600);
    int n_dead;
    if (r == 0)
        r = mdb_reader_check(engine->env, &n_dead);
    MDB_txn *txn = NULL;
    if (r == 0)
        r = mdb_txn_begin(engine->env, NULL, 0, &txn);
    if (r == 0)
        r = mdb_dbi_open(txn, NULL, 0, &engine->dbi);
    if (r == 0) {
        r = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn)
        mdb_txn_abort(txn);
    if (r) {
        cvn_engine_close(engine);
        return result_of(r);
    }
    *ret = engine;
    return 0;
}

void cvn_engine_close(struct cvn_engine *engine)
{
    if (!engine)
        return;
    mdb_env_close(engine->env);
    free(engine);
}

int cvn_engine_grow(struct cvn_engine *engine, uint64_t map_bytes)
{
    return result_of(mdb_env_set_mapsize(engine->env, map_bytes));
}

uint64_t cvn_engine_map_bytes(const struct cvn_engine *engine)
{
    MDB_envinfo info;
    return mdb_env_info(engine->env, &info) == 0 ? info.me_mapsize : 0;
}

uint64_t cvn_engine_used_bytes(const struct cvn_engine *engine)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(engine->env, &info) != 0 || mdb_env_stat(engine->env, &stat) != 0)
        return 0;
    return (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
}

int cvn_engine_begin(struct cvn_engine *engine, struct cvn_txn *txn, bool writable)
{
    MDB_txn *begun;
    int r = mdb_txn_begin(engine->env, NULL, writable ? 0 : MDB_RDONLY, &begun);
    if (r)
        return result_of(r);
    *txn = (struct cvn_txn){
        .engine = engine, .inner = (struct cvn_engine_txn *)begun, .writable = writable};
    return 0;
}

void cvn_engine_reset(struct cvn_txn *txn)
{
    mdb_txn_reset(inner(txn));
}

int cvn_engine_renew(struct cvn_txn *txn)
{
    return result_of(mdb_txn_renew(inner(txn)));
}

void cvn_engine_keep(struct cvn_txn *txn)
{
    while (txn->undo) {
        struct cvn_undo *next = txn->undo->next;
        free(txn->undo);
        txn->undo = next;
    }
    txn->update_bytes = 0;
}

int cvn_engine_commit(struct cvn_txn *txn)
{
    cvn_engine_keep(txn);
    return result_of(mdb_txn_commit(inner(txn)));
}

void cvn_engine_abort(struct cvn_txn *txn)
{
    cvn_engine_keep(txn);
    mdb_txn_abort(inner(txn));
}

/* Notes the first fault, after which the transaction is of no use. */
static int fail(struct cvn_txn *txn, int r)
{
    int result = result_of(r);
    if (result < 0 && txn->writable && !txn->fault)
        txn->fault = result;
    return result;
}

int cvn_engine_undo(struct cvn_txn *txn)
{
    for (struct cvn_undo *undo = txn->undo; undo && !txn->fault; undo = undo->next) {
        MDB_val key = {undo->key_len, undo->bytes};
        MDB_val value = {undo->value_len, undo->bytes + undo->key_len};
        int r = undo->existed ? mdb_put(inner(txn), txn->engine->dbi, &key, &value, 0)
                              : mdb_del(inner(txn), txn->engine->dbi, &key, NULL);
        if (r && r != MDB_NOTFOUND)
            (void)fail(txn, r);
    }
    txn->generation++;
    cvn_engine_keep(txn);
    return txn->fault;
}

static int check_key(struct cvn_slice key)
{
    return key.len == 0 || key.len > CVN_KEY_BYTES_MAX ? -EINVAL : 0;
}

int cvn_txn_get(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice *ret)
{
    int r = txn->fault ? txn->fault : check_key(key);
    if (r)
        return r;
    MDB_val k = val_of(key), value;
    r = mdb_get(inner(txn), txn->engine->dbi, &k, &value);
    if (r)
        return fail(txn, r);
    if (ret)
        *ret = cvn_slice(value.mv_data, value.mv_size);
    return 0;
}

/* Remembers what is at the key before it is written. 0 also when nothing is there. */
static int remember(struct cvn_txn *txn, struct cvn_slice key, size_t new_len, bool *ret_existed)
{
    MDB_val k = val_of(key), old = {0, NULL};
    int r = mdb_get(inner(txn), txn->engine->dbi, &k, &old);
    if (r && r != MDB_NOTFOUND)
        return fail(txn, r);
    *ret_existed = r == 0;
    size_t bytes = key.len + new_len + old.mv_size;
    if (bytes > CVN_STORE_UPDATE_BYTES_MAX - txn->update_bytes)
        return -E2BIG;
    struct cvn_undo *undo = malloc(sizeof *undo + key.len + old.mv_size);
    if (!undo)
        return -ENOMEM;
    *undo = (struct cvn_undo){txn->undo, key.len, old.mv_size, r == 0};
    memcpy(undo->bytes, key.data, key.len);
    if (old.mv_size)
        memcpy(undo->bytes + key.len, old.mv_data, old.mv_size);
    txn->undo = undo;
    txn->update_bytes += bytes;
    return 0;
}

/* What every write asks first. */
static int check_write(const struct cvn_txn *txn, struct cvn_slice key, size_t value_len)
{
    if (!txn->writable)
        return -EROFS;
    if (txn->fault)
        return txn->fault;
    if (value_len > CVN_STORE_VALUE_BYTES_MAX)
        return -EMSGSIZE;
    return check_key(key);
}

int cvn_txn_put(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice value)
{
    bool existed;
    int r = check_write(txn, key, value.len);
    if (r == 0)
        r = remember(txn, key, value.len, &existed);
    if (r)
        return r;
    txn->generation++;
    MDB_val k = val_of(key), v = val_of(value);
    return fail(txn, mdb_put(inner(txn), txn->engine->dbi, &k, &v, 0));
}

int cvn_txn_delete(struct cvn_txn *txn, struct cvn_slice key)
{
    bool existed;
    int r = check_write(txn, key, 0);
    if (r == 0)
        r = remember(txn, key, 0, &existed);
    if (r)
        return r;
    if (!existed)
        return CVN_STORE_ABSENT;
    txn->generation++;
    MDB_val k = val_of(key);
    return fail(txn, mdb_del(inner(txn), txn->engine->dbi, &k, NULL));
}

static MDB_cursor *inner_cursor(const struct cvn_cursor *cursor)
{
    return (MDB_cursor *)cursor->engine;
}

static int copy_bound(struct cvn_key *to, struct cvn_slice from)
{
    cvn_key_init(to);
    cvn_key_put_raw(to, from);
    return to->overflowed ? -EINVAL : 0;
}

int cvn_cursor_init(struct cvn_cursor *cursor, struct cvn_txn *txn, struct cvn_slice lo,
                    struct cvn_slice hi, enum cvn_direction direction)
{
    cursor->txn = txn;
    cursor->engine = NULL;
    cursor->direction = direction;
    cursor->positioned = false;
    cvn_key_init(&cursor->last);
    int r = copy_bound(&cursor->lo, lo);
    if (r == 0)
        r = copy_bound(&cursor->hi, hi);
    if (r == 0 && txn->fault)
        r = txn->fault;
    MDB_cursor *opened;
    if (r == 0)
        r = result_of(mdb_cursor_open(inner(txn), txn->engine->dbi, &opened));
    if (r == 0)
        cursor->engine = (struct cvn_engine_cursor *)opened;
    return r;
}

int cvn_cursor_resume(struct cvn_cursor *cursor, struct cvn_slice key)
{
    cursor->positioned = false;
    return copy_bound(&cursor->last, key);
}

static int compare(const MDB_val *a, const struct cvn_key *b)
{
    return cvn_slice_compare(cvn_slice(a->mv_data, a->mv_size), cvn_slice(b->bytes, b->len));
}

/* Goes to the first key at or above from; from is empty for the first of all. */
static int seek(struct cvn_cursor *cursor, const struct cvn_key *from, MDB_val *key, MDB_val *value)
{
    *key = (MDB_val){from->len, (void *)(uintptr_t)from->bytes};
    return mdb_cursor_get(inner_cursor(cursor), key, value, from->len ? MDB_SET_RANGE : MDB_FIRST);
}

static int step_forward(struct cvn_cursor *cursor, MDB_val *key, MDB_val *value)
{
    if (cursor->positioned && cursor->generation == cursor->txn->generation)
        return mdb_cursor_get(inner_cursor(cursor), key, value, MDB_NEXT);
    bool resumed = cursor->last.len > 0 &&
                   cvn_slice_compare(cvn_key_slice(&cursor->last), cvn_key_slice(&cursor->lo)) >= 0;
    int r = seek(cursor, resumed ? &cursor->last : &cursor->lo, key, value);
    if (r == 0 && resumed && compare(key, &cursor->last) == 0)
        r = mdb_cursor_get(inner_cursor(cursor), key, value, MDB_NEXT);
    return r;
}

static int step_backward(struct cvn_cursor *cursor, MDB_val *key, MDB_val *value)
{
    if (cursor->positioned && cursor->generation == cursor->txn->generation)
        return mdb_cursor_get(inner_cursor(cursor), key, value, MDB_PREV);
    const struct cvn_key *from = &cursor->hi;
    if (cursor->last.len > 0 && (from->len == 0 || cvn_slice_compare(cvn_key_slice(&cursor->last),
                                                                     cvn_key_slice(from)) < 0))
        from = &cursor->last;
    if (from->len == 0)
        return mdb_cursor_get(inner_cursor(cursor), key, value, MDB_LAST);
    int r = seek(cursor, from, key, value);
    return mdb_cursor_get(inner_cursor(cursor), key, value,
                          r == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
}

static bool in_bounds(const struct cvn_cursor *cursor, const MDB_val *key)
{
    if (cursor->direction == CVN_FORWARD)
        return cursor->hi.len == 0 || compare(key, &cursor->hi) < 0;
    return cursor->lo.len == 0 || compare(key, &cursor->lo) >= 0;
}

int cvn_cursor_next(struct cvn_cursor *cursor, struct cvn_slice *ret_key,
                    struct cvn_slice *ret_value)
{
    if (!cursor->engine)
        return -EINVAL;
    if (cursor->txn->fault)
        return cursor->txn->fault;
    MDB_val key, value;
    int r = cursor->direction == CVN_FORWARD ? step_forward(cursor, &key, &value)
                                             : step_backward(cursor, &key, &value);
    if (r == 0 && !in_bounds(cursor, &key))
        r = MDB_NOTFOUND;
    if (r) {
        cursor->positioned = false;
        return fail(cursor->txn, r);
    }
    cursor->positioned = true;
    cursor->generation = cursor->txn->generation;
    memcpy(cursor->last.bytes, key.mv_data, key.mv_size);
    cursor->last.len = key.mv_size;
    *ret_key = cvn_slice(key.mv_data, key.mv_size);
    if (ret_value)
        *ret_value = cvn_slice(value.mv_data, value.mv_size);
    return 0;
}

void cvn_cursor_deinit(struct cvn_cursor *cursor)
{
    if (cursor->engine)
        mdb_cursor_close(inner_cursor(cursor));
    cursor->engine = NULL;
}
