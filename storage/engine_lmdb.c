#include "storage/engine_lmdb.h"

#include "storage/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The one environment of a store, with one unnamed database. */
struct lmdb {
    struct cvn_engine engine;
    MDB_env *env; /* NULL after a reopening that failed */
    MDB_dbi dbi;
    uint64_t map_bytes;
    uint32_t readers_max;
    bool read_only;
    char path[];
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
    case MDB_MAP_RESIZED:
        return CVN_ENGINE_FULL;
    case MDB_PANIC:
        return CVN_ENGINE_BROKEN;
    case MDB_TXN_FULL:
        return -E2BIG;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return -EUCLEAN;
    case MDB_BAD_VALSIZE:
        return -EINVAL;
    case EFBIG: /* the file may not grow: to those above it is a disk without room */
        return -ENOSPC;
    default:
        return r > 0 ? -r : -EIO;
    }
}

static struct lmdb *lmdb_of(struct cvn_engine *engine)
{
    return (struct lmdb *)engine;
}

static MDB_txn *inner(struct cvn_engine_txn *txn)
{
    return (MDB_txn *)txn;
}

static MDB_val val_of(struct cvn_slice slice)
{
    return (MDB_val){slice.len, (void *)(uintptr_t)slice.data};
}

static int open_env(struct lmdb *lmdb)
{
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (lmdb->read_only ? MDB_RDONLY : 0);
    int r = mdb_env_create(&lmdb->env);
    if (r == 0)
        r = mdb_env_set_userctx(lmdb->env, lmdb);
    if (r == 0 && !lmdb->read_only)
        r = mdb_env_set_mapsize(lmdb->env, lmdb->map_bytes);
    if (r == 0)
        r = mdb_env_set_maxreaders(lmdb->env, lmdb->readers_max);
    if (r == 0)
        r = mdb_env_open(lmdb->env, lmdb->path, flags, 0600);
    int n_dead;
    if (r == 0)
        r = mdb_reader_check(lmdb->env, &n_dead);
    MDB_txn *txn = NULL;
    if (r == 0)
        r = mdb_txn_begin(lmdb->env, NULL, flags & MDB_RDONLY, &txn);
    if (r == 0)
        r = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
    if (r == 0) {
        r = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn)
        mdb_txn_abort(txn);
    if (r) {
        mdb_env_close(lmdb->env);
        lmdb->env = NULL;
    }
    return result_of(r);
}

static int lmdb_open(struct cvn_engine **ret, const struct cvn_engine_options *options)
{
    size_t len = strlen(options->path) + 1;
    struct lmdb *lmdb = calloc(1, sizeof *lmdb + len);
    if (!lmdb)
        return -ENOMEM;
    lmdb->engine.type = &cvn_engine_lmdb;
    lmdb->map_bytes = options->map_bytes;
    lmdb->readers_max = options->readers_max;
    lmdb->read_only = options->read_only;
    memcpy(lmdb->path, options->path, len);
    int r = open_env(lmdb);
    if (r) {
        free(lmdb);
        return r;
    }
    *ret = &lmdb->engine;
    return 0;
}

static void lmdb_close(struct cvn_engine *engine)
{
    mdb_env_close(lmdb_of(engine)->env);
    free(engine);
}

static int lmdb_grow(struct cvn_engine *engine, uint64_t map_bytes)
{
    struct lmdb *lmdb = lmdb_of(engine);
    int r = lmdb->env ? result_of(mdb_env_set_mapsize(lmdb->env, map_bytes)) : CVN_ENGINE_BROKEN;
    if (r == 0 && map_bytes)
        lmdb->map_bytes = map_bytes;
    return r;
}

static int lmdb_reopen(struct cvn_engine *engine)
{
    struct lmdb *lmdb = lmdb_of(engine);
    if (lmdb->env)
        mdb_env_close(lmdb->env);
    lmdb->env = NULL;
    return open_env(lmdb);
}

/* What LMDB's list of readers says, one line each: process, thread, transaction or "-". */
struct readers {
    uint64_t last, oldest;
    uint32_t n;
};

static int read_reader(const char *line, void *arg)
{
    struct readers *readers = arg;
    int pid;
    char thread[40], transaction[40];
    if (sscanf(line, "%d %39s %39s", &pid, thread, transaction) != 3)
        return 0; /* the heading */
    readers->n++;
    uint64_t id;
    if (sscanf(transaction, "%" SCNu64, &id) == 1 && id < readers->oldest)
        readers->oldest = id;
    return 0;
}

static void lmdb_measure(struct cvn_engine *engine, struct cvn_engine_figures *ret)
{
    struct lmdb *lmdb = lmdb_of(engine);
    MDB_envinfo info;
    MDB_stat stat;
    *ret = (struct cvn_engine_figures){.map_bytes = lmdb->map_bytes};
    if (!lmdb->env || mdb_env_info(lmdb->env, &info) != 0 || mdb_env_stat(lmdb->env, &stat) != 0)
        return;
    struct readers readers = {info.me_last_txnid, info.me_last_txnid, 0};
    (void)mdb_reader_list(lmdb->env, read_reader, &readers);
    *ret = (struct cvn_engine_figures){
        .map_bytes = info.me_mapsize,
        .used_bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize,
        .n_keys = stat.ms_entries,
        .reader_lag_most = readers.last - readers.oldest,
        .n_readers = readers.n,
    };
}

static int lmdb_clear_readers(struct cvn_engine *engine, uint32_t *ret_n)
{
    struct lmdb *lmdb = lmdb_of(engine);
    int n_dead;
    int r = lmdb->env ? result_of(mdb_reader_check(lmdb->env, &n_dead)) : CVN_ENGINE_BROKEN;
    if (r == 0)
        *ret_n = (uint32_t)n_dead;
    return r;
}

static int lmdb_begin(struct cvn_engine *engine, bool writable, struct cvn_engine_txn **ret)
{
    struct lmdb *lmdb = lmdb_of(engine);
    MDB_txn *begun;
    int r =
        lmdb->env ? mdb_txn_begin(lmdb->env, NULL, writable ? 0 : MDB_RDONLY, &begun) : MDB_PANIC;
    if (r == 0)
        *ret = (struct cvn_engine_txn *)begun;
    return result_of(r);
}

static void lmdb_reset(struct cvn_engine_txn *txn)
{
    mdb_txn_reset(inner(txn));
}

static int lmdb_renew(struct cvn_engine_txn *txn)
{
    return result_of(mdb_txn_renew(inner(txn)));
}

/*
 * LMDB says EIO when a write came out short, which is what a disk that is just full does to it.
 * Whether that was it shows in a write behind the end of the file, where no page of LMDB's is yet.
 */
static bool is_disk_full(MDB_env *env)
{
    static const char page[4096];
    struct stat file;
    int fd;
    if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &file) < 0)
        return false;
    ssize_t n = pwrite(fd, page, sizeof page, file.st_size);
    return (n >= 0 && n < (ssize_t)sizeof page) ||
           (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG));
}

static int lmdb_commit(struct cvn_engine_txn *txn)
{
    MDB_env *env = mdb_txn_env(inner(txn));
    int r = result_of(mdb_txn_commit(inner(txn)));
    return r == -EIO && is_disk_full(env) ? -ENOSPC : r;
}

static void lmdb_abort(struct cvn_engine_txn *txn)
{
    mdb_txn_abort(inner(txn));
}

static MDB_dbi dbi_of(struct cvn_engine_txn *txn)
{
    return ((struct lmdb *)mdb_env_get_userctx(mdb_txn_env(inner(txn))))->dbi;
}

static int lmdb_get(struct cvn_engine_txn *txn, struct cvn_slice key, struct cvn_slice *ret)
{
    MDB_val k = val_of(key), value;
    int r = mdb_get(inner(txn), dbi_of(txn), &k, &value);
    if (r == 0)
        *ret = cvn_slice(value.mv_data, value.mv_size);
    return result_of(r);
}

static int lmdb_put(struct cvn_engine_txn *txn, struct cvn_slice key, struct cvn_slice value)
{
    MDB_val k = val_of(key), v = val_of(value);
    return result_of(mdb_put(inner(txn), dbi_of(txn), &k, &v, 0));
}

static int lmdb_del(struct cvn_engine_txn *txn, struct cvn_slice key)
{
    MDB_val k = val_of(key);
    return result_of(mdb_del(inner(txn), dbi_of(txn), &k, NULL));
}

static int lmdb_cursor_open(struct cvn_engine_txn *txn, struct cvn_engine_cursor **ret)
{
    MDB_cursor *cursor;
    int r = mdb_cursor_open(inner(txn), dbi_of(txn), &cursor);
    if (r == 0)
        *ret = (struct cvn_engine_cursor *)cursor;
    return result_of(r);
}

static MDB_cursor_op op_of(enum cvn_engine_move move)
{
    switch (move) {
    case CVN_MOVE_FIRST:
        return MDB_FIRST;
    case CVN_MOVE_LAST:
        return MDB_LAST;
    case CVN_MOVE_AT_OR_ABOVE:
    case CVN_MOVE_BELOW:
        return MDB_SET_RANGE;
    case CVN_MOVE_NEXT:
        return MDB_NEXT;
    case CVN_MOVE_PREVIOUS:
        return MDB_PREV;
    }
    return MDB_GET_CURRENT;
}

static int lmdb_cursor_move(struct cvn_engine_cursor *cursor, enum cvn_engine_move where,
                            struct cvn_slice key, struct cvn_slice ret[2])
{
    MDB_cursor *at = (MDB_cursor *)cursor;
    MDB_val k = val_of(key), value;
    int r = mdb_cursor_get(at, &k, &value, op_of(where));
    if (where == CVN_MOVE_BELOW && (r == 0 || r == MDB_NOTFOUND))
        r = mdb_cursor_get(at, &k, &value, r ? MDB_LAST : MDB_PREV);
    if (r == 0) {
        ret[0] = cvn_slice(k.mv_data, k.mv_size);
        ret[1] = cvn_slice(value.mv_data, value.mv_size);
    }
    return result_of(r);
}

static void lmdb_cursor_close(struct cvn_engine_cursor *cursor)
{
    mdb_cursor_close((MDB_cursor *)cursor);
}

const struct cvn_engine_type cvn_engine_lmdb = {
    .name = "lmdb",
    .on_disk = true,
    .open = lmdb_open,
    .close = lmdb_close,
    .grow = lmdb_grow,
    .reopen = lmdb_reopen,
    .measure = lmdb_measure,
    .clear_readers = lmdb_clear_readers,
    .begin = lmdb_begin,
    .reset = lmdb_reset,
    .renew = lmdb_renew,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .cursor_open = lmdb_cursor_open,
    .cursor_move = lmdb_cursor_move,
    .cursor_close = lmdb_cursor_close,
};
