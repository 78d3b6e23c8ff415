#include "storage/engine_memory.h"

#include "storage/engine.h"
#include "storage/memory_tree.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* What an entry takes beside its key and value, roughly; counted against the room given. */
enum { ENTRY_BYTES = 96 };

/* A version of the keyspace and what it comes to. */
struct version {
    struct cvn_memory_node *root;
    uint64_t number; /* of the commit that made it */
    uint64_t n_keys;
    uint64_t used_bytes;
};

struct cvn_memory {
    pthread_mutex_t lock;
    struct version latest;
    uint64_t n_writers; /* ever begun: each owns the nodes it makes */
};

struct memory {
    struct cvn_engine engine;
    struct cvn_memory *memory;
    bool owns_memory;
    uint64_t map_bytes;
    struct memory_txn *snapshots; /* under memory->lock */
};

struct memory_txn {
    struct memory *engine;
    struct version version;
    uint64_t owner; /* 0 in a snapshot */
    bool active;    /* not reset */
    struct memory_txn *next, **link;
};

struct memory_cursor {
    struct memory_txn *txn;
    const struct cvn_memory_node *at;
};

struct cvn_memory *cvn_memory_new(void)
{
    struct cvn_memory *memory = calloc(1, sizeof *memory);
    if (memory)
        (void)pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

void cvn_memory_free(struct cvn_memory *memory)
{
    if (!memory)
        return;
    cvn_memory_release(memory->latest.root);
    (void)pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static struct memory *memory_of(struct cvn_engine *engine)
{
    return (struct memory *)engine;
}

static struct memory_txn *txn_of(struct cvn_engine_txn *txn)
{
    return (struct memory_txn *)txn;
}

static int memory_open(struct cvn_engine **ret, const struct cvn_engine_options *options)
{
    struct memory *engine = calloc(1, sizeof *engine);
    struct cvn_memory *memory = options->memory ? options->memory : cvn_memory_new();
    if (!engine || !memory) {
        free(engine);
        if (!options->memory)
            cvn_memory_free(memory);
        return -ENOMEM;
    }
    *engine = (struct memory){
        .engine = {&cvn_engine_memory},
        .memory = memory,
        .owns_memory = !options->memory,
        .map_bytes = options->map_bytes,
    };
    *ret = &engine->engine;
    return 0;
}

static void memory_close(struct cvn_engine *engine)
{
    struct memory *memory = memory_of(engine);
    if (memory->owns_memory)
        cvn_memory_free(memory->memory);
    free(memory);
}

static int memory_grow(struct cvn_engine *engine, uint64_t map_bytes)
{
    if (map_bytes)
        memory_of(engine)->map_bytes = map_bytes;
    return 0;
}

static int memory_reopen(struct cvn_engine *engine)
{
    (void)engine;
    return 0;
}

static void memory_measure(struct cvn_engine *engine, struct cvn_engine_figures *ret)
{
    struct memory *memory = memory_of(engine);
    (void)pthread_mutex_lock(&memory->memory->lock);
    const struct version *latest = &memory->memory->latest;
    *ret = (struct cvn_engine_figures){
        .map_bytes = memory->map_bytes, .used_bytes = latest->used_bytes, .n_keys = latest->n_keys};
    for (const struct memory_txn *txn = memory->snapshots; txn; txn = txn->next) {
        uint64_t lag = txn->active ? latest->number - txn->version.number : 0;
        ret->n_readers++;
        if (lag > ret->reader_lag_most)
            ret->reader_lag_most = lag;
    }
    (void)pthread_mutex_unlock(&memory->memory->lock);
}

static int memory_clear_readers(struct cvn_engine *engine, uint32_t *ret_n)
{
    (void)engine;
    *ret_n = 0;
    return 0;
}

static void take_latest(struct memory_txn *txn)
{
    txn->active = true;
    txn->version = txn->engine->memory->latest;
    (void)cvn_memory_retain(txn->version.root);
}

static int memory_begin(struct cvn_engine *engine, bool writable, struct cvn_engine_txn **ret)
{
    struct memory_txn *txn = calloc(1, sizeof *txn);
    if (!txn)
        return -ENOMEM;
    txn->engine = memory_of(engine);
    struct cvn_memory *memory = txn->engine->memory;
    (void)pthread_mutex_lock(&memory->lock);
    take_latest(txn);
    if (writable) {
        txn->owner = ++memory->n_writers;
    } else {
        txn->next = txn->engine->snapshots;
        txn->link = &txn->engine->snapshots;
        if (txn->next)
            txn->next->link = &txn->next;
        txn->engine->snapshots = txn;
    }
    (void)pthread_mutex_unlock(&memory->lock);
    *ret = (struct cvn_engine_txn *)txn;
    return 0;
}

static void memory_reset(struct cvn_engine_txn *inner)
{
    struct memory_txn *txn = txn_of(inner);
    struct cvn_memory *memory = txn->engine->memory;
    (void)pthread_mutex_lock(&memory->lock);
    struct cvn_memory_node *root = txn->version.root;
    txn->version.root = NULL;
    txn->active = false;
    (void)pthread_mutex_unlock(&memory->lock);
    cvn_memory_release(root);
}

static int memory_renew(struct cvn_engine_txn *inner)
{
    struct memory_txn *txn = txn_of(inner);
    (void)pthread_mutex_lock(&txn->engine->memory->lock);
    take_latest(txn);
    (void)pthread_mutex_unlock(&txn->engine->memory->lock);
    return 0;
}

static int memory_commit(struct cvn_engine_txn *inner)
{
    struct memory_txn *txn = txn_of(inner);
    struct cvn_memory *memory = txn->engine->memory;
    (void)pthread_mutex_lock(&memory->lock);
    struct cvn_memory_node *former = memory->latest.root;
    txn->version.number++;
    memory->latest = txn->version;
    (void)pthread_mutex_unlock(&memory->lock);
    cvn_memory_release(former);
    free(txn);
    return 0;
}

static void memory_abort(struct cvn_engine_txn *inner)
{
    struct memory_txn *txn = txn_of(inner);
    if (!txn->owner) {
        struct cvn_memory *memory = txn->engine->memory;
        (void)pthread_mutex_lock(&memory->lock);
        *txn->link = txn->next;
        if (txn->next)
            txn->next->link = txn->link;
        (void)pthread_mutex_unlock(&memory->lock);
    }
    cvn_memory_release(txn->version.root);
    free(txn);
}

static int memory_get(struct cvn_engine_txn *txn, struct cvn_slice key, struct cvn_slice *ret)
{
    const struct cvn_memory_node *found = cvn_memory_find(txn_of(txn)->version.root, key);
    if (!found)
        return CVN_STORE_ABSENT;
    *ret = cvn_memory_value(found);
    return 0;
}

static int memory_put(struct cvn_engine_txn *inner, struct cvn_slice key, struct cvn_slice value)
{
    struct memory_txn *txn = txn_of(inner);
    struct version *version = &txn->version;
    const struct cvn_memory_node *found = cvn_memory_find(version->root, key);
    uint64_t less = found ? cvn_memory_value(found).len : 0;
    uint64_t more = value.len + (found ? 0 : key.len + ENTRY_BYTES);
    if (version->used_bytes - less + more > txn->engine->map_bytes)
        return CVN_ENGINE_FULL;
    const struct cvn_slice entry[] = {key, value};
    int r = found ? cvn_memory_replace(&version->root, txn->owner, entry)
                  : cvn_memory_add(&version->root, txn->owner, entry);
    if (r == 0) {
        version->used_bytes += more - less;
        version->n_keys += !found;
    }
    return r;
}

static int memory_del(struct cvn_engine_txn *inner, struct cvn_slice key)
{
    struct memory_txn *txn = txn_of(inner);
    const struct cvn_memory_node *found = cvn_memory_find(txn->version.root, key);
    uint64_t less = found ? key.len + cvn_memory_value(found).len + ENTRY_BYTES : 0;
    int r = cvn_memory_delete(&txn->version.root, txn->owner, key);
    if (r == 0) {
        txn->version.used_bytes -= less;
        txn->version.n_keys--;
    }
    return r;
}

static int memory_cursor_open(struct cvn_engine_txn *txn, struct cvn_engine_cursor **ret)
{
    struct memory_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return -ENOMEM;
    cursor->txn = txn_of(txn);
    *ret = (struct cvn_engine_cursor *)cursor;
    return 0;
}

static const struct cvn_memory_node *find_move(const struct memory_cursor *cursor,
                                               enum cvn_engine_move where, struct cvn_slice key)
{
    const struct cvn_memory_node *root = cursor->txn->version.root;
    const struct cvn_slice none = {NULL, 0};
    switch (where) {
    case CVN_MOVE_FIRST:
        return cvn_memory_above(root, none, false);
    case CVN_MOVE_LAST:
        return cvn_memory_below(root, none);
    case CVN_MOVE_AT_OR_ABOVE:
        return cvn_memory_above(root, key, true);
    case CVN_MOVE_BELOW:
        return cvn_memory_below(root, key);
    case CVN_MOVE_NEXT:
        return cvn_memory_above(root, cvn_memory_key(cursor->at), false);
    case CVN_MOVE_PREVIOUS:
        return cvn_memory_below(root, cvn_memory_key(cursor->at));
    }
    return NULL;
}

static int memory_cursor_move(struct cvn_engine_cursor *inner, enum cvn_engine_move where,
                              struct cvn_slice key, struct cvn_slice ret[2])
{
    struct memory_cursor *cursor = (struct memory_cursor *)inner;
    const struct cvn_memory_node *found = find_move(cursor, where, key);
    if (!found)
        return CVN_STORE_ABSENT;
    cursor->at = found;
    ret[0] = cvn_memory_key(found);
    ret[1] = cvn_memory_value(found);
    return 0;
}

static void memory_cursor_close(struct cvn_engine_cursor *cursor)
{
    free(cursor);
}

const struct cvn_engine_type cvn_engine_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .grow = memory_grow,
    .reopen = memory_reopen,
    .measure = memory_measure,
    .clear_readers = memory_clear_readers,
    .begin = memory_begin,
    .reset = memory_reset,
    .renew = memory_renew,
    .commit = memory_commit,
    .abort = memory_abort,
    .get = memory_get,
    .put = memory_put,
    .del = memory_del,
    .cursor_open = memory_cursor_open,
    .cursor_move = memory_cursor_move,
    .cursor_close = memory_cursor_close,
};
