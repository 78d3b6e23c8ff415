#include "storage/txn.h"

#include "storage/engine.h"

#include <errno.h>
#include <stdlib.h>

/* How to take one write back. */
struct cvn_undo {
    struct cvn_undo *next;
    size_t key_len, value_len;
    bool existed;
    uint8_t bytes[]; /* key, then the former value */
};

int cvn_engine_begin(struct cvn_engine *engine, struct cvn_txn *txn, bool writable)
{
    struct cvn_engine_txn *begun;
    int r = engine->type->begin(engine, writable, &begun);
    if (r == 0)
        *txn = (struct cvn_txn){.engine = engine, .inner = begun, .writable = writable};
    return r;
}

void cvn_engine_keep(struct cvn_txn *txn)
{
    while (txn->undo) {
        struct cvn_undo *next = txn->undo->next;
        free(txn->undo);
        txn->undo = next;
    }
    txn->update_bytes = 0;
    txn->change_kept = txn->change_kept || txn->change_appended;
    txn->change_appended = false;
}

int cvn_engine_commit(struct cvn_txn *txn)
{
    cvn_engine_keep(txn);
    return txn->engine->type->commit(txn->inner);
}

void cvn_engine_abort(struct cvn_txn *txn)
{
    cvn_engine_keep(txn);
    txn->engine->type->abort(txn->inner);
}

/* Notes the first fault, after which the transaction is of no use. */
static int note(struct cvn_txn *txn, int result)
{
    if (result < 0 && txn->writable && !txn->fault)
        txn->fault = result;
    return result;
}

/* Takes back what was written since that write, which stays. */
static void undo_to(struct cvn_txn *txn, const struct cvn_undo *stays)
{
    const struct cvn_engine_type *type = txn->engine->type;
    while (txn->undo != stays && !txn->fault) {
        struct cvn_undo *undo = txn->undo;
        struct cvn_slice key = cvn_slice(undo->bytes, undo->key_len);
        struct cvn_slice value = cvn_slice(undo->bytes + undo->key_len, undo->value_len);
        int r = undo->existed ? type->put(txn->inner, key, value) : type->del(txn->inner, key);
        if (r != CVN_STORE_ABSENT)
            (void)note(txn, r);
        txn->undo = undo->next;
        free(undo);
    }
    txn->generation++;
    txn->last_change_known = false;
}

int cvn_engine_undo(struct cvn_txn *txn)
{
    undo_to(txn, NULL);
    txn->change_appended = false;
    cvn_engine_keep(txn);
    return txn->fault;
}

int cvn_txn_part(struct cvn_txn *txn, int (*run)(struct cvn_txn *txn, void *arg), void *arg)
{
    if (!txn->writable || txn->whole)
        return txn->writable ? -ENOTSUP : -EROFS;
    const struct cvn_undo *stays = txn->undo;
    size_t update_bytes = txn->update_bytes;
    bool change_appended = txn->change_appended;
    int r = txn->fault ? txn->fault : run(txn, arg);
    if (r == 0 || txn->fault)
        return txn->fault ? txn->fault : 0;
    undo_to(txn, stays);
    txn->update_bytes = update_bytes;
    txn->change_appended = change_appended;
    return txn->fault ? txn->fault : r;
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
    struct cvn_slice value;
    r = note(txn, txn->engine->type->get(txn->inner, key, &value));
    if (r == 0 && ret)
        *ret = value;
    return r;
}

/* Remembers what is at the key before it is written. 0 also when nothing is there. */
static int remember(struct cvn_txn *txn, struct cvn_slice key, size_t new_len, bool *ret_existed)
{
    struct cvn_slice old = {NULL, 0};
    int r = note(txn, txn->engine->type->get(txn->inner, key, &old));
    if (r && r != CVN_STORE_ABSENT)
        return r;
    *ret_existed = r == 0;
    if (txn->whole)
        return 0;
    size_t bytes = key.len + new_len + old.len;
    if (bytes > CVN_STORE_UPDATE_BYTES_MAX - txn->update_bytes)
        return -E2BIG;
    struct cvn_undo *undo = malloc(sizeof *undo + key.len + old.len);
    if (!undo)
        return -ENOMEM;
    *undo = (struct cvn_undo){txn->undo, key.len, old.len, r == 0};
    memcpy(undo->bytes, key.data, key.len);
    if (old.len)
        memcpy(undo->bytes + key.len, old.data, old.len);
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
    return note(txn, txn->engine->type->put(txn->inner, key, value));
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
    return note(txn, txn->engine->type->del(txn->inner, key));
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
    cursor->positioned = cursor->inclusive = false;
    cursor->ended = 0;
    cvn_key_init(&cursor->last);
    int r = copy_bound(&cursor->lo, lo);
    if (r == 0)
        r = copy_bound(&cursor->hi, hi);
    if (r == 0 && txn->fault)
        r = txn->fault;
    return r ? r : txn->engine->type->cursor_open(txn->inner, &cursor->engine);
}

int cvn_cursor_resume(struct cvn_cursor *cursor, struct cvn_slice key)
{
    cursor->positioned = cursor->inclusive = false;
    cursor->ended = 0;
    return copy_bound(&cursor->last, key);
}

int cvn_cursor_seek(struct cvn_cursor *cursor, struct cvn_slice key)
{
    cursor->positioned = false;
    cursor->inclusive = true;
    cursor->ended = 0;
    return copy_bound(&cursor->last, key);
}

static int move(struct cvn_cursor *cursor, enum cvn_engine_move where, const struct cvn_key *key,
                struct cvn_slice at[2])
{
    return cursor->txn->engine->type->cursor_move(
        cursor->engine, where, key ? cvn_key_slice(key) : cvn_slice(NULL, 0), at);
}

static int compare(struct cvn_slice a, const struct cvn_key *b)
{
    return cvn_slice_compare(a, cvn_slice(b->bytes, b->len));
}

static int step_forward(struct cvn_cursor *cursor, struct cvn_slice at[2])
{
    if (cursor->positioned && cursor->generation == cursor->txn->generation)
        return move(cursor, CVN_MOVE_NEXT, NULL, at);
    bool resumed = cursor->last.len > 0 && compare(cvn_key_slice(&cursor->last), &cursor->lo) >= 0;
    const struct cvn_key *from = resumed ? &cursor->last : &cursor->lo;
    int r = move(cursor, from->len ? CVN_MOVE_AT_OR_ABOVE : CVN_MOVE_FIRST, from, at);
    if (r == 0 && resumed && !cursor->inclusive && compare(at[0], &cursor->last) == 0)
        r = move(cursor, CVN_MOVE_NEXT, NULL, at);
    return r;
}

static int step_backward(struct cvn_cursor *cursor, struct cvn_slice at[2])
{
    if (cursor->positioned && cursor->generation == cursor->txn->generation)
        return move(cursor, CVN_MOVE_PREVIOUS, NULL, at);
    const struct cvn_key *from = &cursor->hi;
    if (cursor->last.len > 0 && (from->len == 0 || compare(cvn_key_slice(&cursor->last), from) < 0))
        from = &cursor->last;
    if (cursor->inclusive && from == &cursor->last) {
        int r = move(cursor, CVN_MOVE_AT_OR_ABOVE, from, at);
        if (r < 0 || (r == 0 && compare(at[0], from) == 0))
            return r;
    }
    return move(cursor, from->len ? CVN_MOVE_BELOW : CVN_MOVE_LAST, from, at);
}

static bool in_bounds(const struct cvn_cursor *cursor, struct cvn_slice key)
{
    if (cursor->direction == CVN_FORWARD)
        return cursor->hi.len == 0 || compare(key, &cursor->hi) < 0;
    return cursor->lo.len == 0 || compare(key, &cursor->lo) >= 0;
}

/* What a step of the engine's cursor led to, as the walk gives it. */
static int give(struct cvn_cursor *cursor, int r, const struct cvn_slice at[2])
{
    if (r == 0 && check_key(at[0]) != 0)
        r = -EUCLEAN; /* no such key was ever written */
    if (r == 0 && !in_bounds(cursor, at[0]))
        r = CVN_STORE_ABSENT;
    if (r) {
        cursor->positioned = false;
        cursor->ended = cursor->txn->writable ? 0 : r;
        return note(cursor->txn, r);
    }
    cursor->positioned = true;
    cursor->inclusive = false;
    cursor->generation = cursor->txn->generation;
    if (cursor->txn->writable) { /* what is written may move the engine's cursor */
        memcpy(cursor->last.bytes, at[0].data, at[0].len);
        cursor->last.len = at[0].len;
    }
    return 0;
}

int cvn_cursor_next(struct cvn_cursor *cursor, struct cvn_slice *ret_key,
                    struct cvn_slice *ret_value)
{
    if (!cursor->engine)
        return -EINVAL;
    if (cursor->txn->fault || cursor->ended)
        return cursor->txn->fault ? cursor->txn->fault : cursor->ended;
    struct cvn_slice at[2];
    int r = cursor->direction == CVN_FORWARD ? step_forward(cursor, at) : step_backward(cursor, at);
    r = give(cursor, r, at);
    if (r)
        return r;
    *ret_key = at[0];
    if (ret_value)
        *ret_value = at[1];
    return 0;
}

static bool is_reached(const struct cvn_cursor *cursor, struct cvn_slice at, struct cvn_slice key)
{
    int c = cvn_slice_compare(at, key);
    return cursor->direction == CVN_FORWARD ? c >= 0 : c <= 0;
}

int cvn_cursor_advance(struct cvn_cursor *cursor, struct cvn_slice key, unsigned n_max,
                       unsigned *ret_n, struct cvn_slice ret[2])
{
    const enum cvn_engine_move on =
        cursor->direction == CVN_FORWARD ? CVN_MOVE_NEXT : CVN_MOVE_PREVIOUS;
    if (!cursor->positioned || cursor->txn->writable)
        n_max = 0;
    for (*ret_n = 1; *ret_n <= n_max; ++*ret_n) {
        int r = move(cursor, on, NULL, ret);
        if (r || is_reached(cursor, ret[0], key))
            return give(cursor, r, ret);
    }
    int r = cvn_cursor_seek(cursor, key);
    return r ? r : cvn_cursor_next(cursor, &ret[0], &ret[1]);
}

void cvn_cursor_deinit(struct cvn_cursor *cursor)
{
    if (cursor->engine)
        cursor->txn->engine->type->cursor_close(cursor->engine);
    cursor->engine = NULL;
}
