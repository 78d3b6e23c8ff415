#include "storage/store.h"

#include "storage/change_log.h"
#include "storage/engine_lmdb.h"
#include "storage/schema.h"
#include "storage/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, READERS_SPARE = 8 };

static int64_t monotonic_ns(void *arg)
{
    (void)arg;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t real_ms(void *arg)
{
    (void)arg;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_options(struct cvn_store *store, const struct cvn_store_options *given,
                       struct cvn_error *err)
{
    struct cvn_store_options *o = &store->options;
    *o = *given;
    if (!o->map_max_bytes)
        o->map_max_bytes = CVN_STORE_MAP_BYTES_MAX_DEFAULT;
    if (!o->map_bytes)
        o->map_bytes = o->map_max_bytes < CVN_STORE_MAP_BYTES_DEFAULT ? o->map_max_bytes
                                                                      : CVN_STORE_MAP_BYTES_DEFAULT;
    if (!o->readers_max)
        o->readers_max = CVN_STORE_READERS_DEFAULT;
    if (!o->queue_max)
        o->queue_max = CVN_STORE_QUEUE_DEFAULT;
    if (!o->batch_max)
        o->batch_max = CVN_STORE_BATCH_DEFAULT;
    if (!o->caller_max)
        o->caller_max = o->queue_max - o->queue_max / 4;
    if (!o->maintain_ms)
        o->maintain_ms = CVN_STORE_MAINTAIN_MS_DEFAULT;
    if (!o->change_keep_days)
        o->change_keep_days = CVN_CHANGE_KEEP_DAYS;
    if (!o->now_ns)
        o->now_ns = monotonic_ns;
    if (!o->wall_ms)
        o->wall_ms = real_ms;
    if (!o->engine)
        o->engine = &cvn_engine_lmdb;
    if ((o->engine->on_disk && !o->path) || o->readers_max > CVN_STORE_READERS_MAX ||
        o->queue_max > CVN_STORE_QUEUE_MAX || o->batch_max > CVN_STORE_BATCH_MAX ||
        o->schema_version > CVN_STORE_SCHEMA_MAX || o->map_bytes > o->map_max_bytes)
        return cvn_error_set(err, -EINVAL, "An option of the store is out of bounds.");
    if (!o->path)
        o->path = "in memory"; /* for the sentences */
    return 0;
}

/* Makes the directory and holds its lock, so that no second process writes there. */
static int lock_directory(struct cvn_store *store, struct cvn_error *err)
{
    const char *path = store->options.path;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return cvn_error_set(err, -errno, "The store's directory %s cannot be made: %s.", path,
                             strerror(errno));
    char name[PATH_BYTES];
    if (snprintf(name, sizeof name, "%s/store.lock", path) >= (int)sizeof name)
        return cvn_error_set(err, -ENAMETOOLONG, "The store's path is too long.");
    store->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock_fd < 0)
        return cvn_error_set(err, -errno, "The store %s cannot be opened: %s.", path,
                             strerror(errno));
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return cvn_error_set(err, -EBUSY,
                             "The store %s is open in another process, which may be a running "
                             "convened; stop that one first, or give this one another directory.",
                             path);
    return 0;
}

/* Makes the names in a directory survive the loss of power. 0 or -errno. */
static int sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
    (void)close(fd);
    return r;
}

/* The data's name in the store's directory, and that directory's own in its parent. */
static int sync_names(struct cvn_store *store, struct cvn_error *err)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/..", store->options.path); /* fits: the lock's did */
    int r = sync_directory(store->options.path);
    if (r == 0)
        r = sync_directory(path);
    if (r == -EACCES) /* a parent that may not be read was not made by this process */
        r = 0;
    return r ? cvn_error_set(err, r, "The store's directory %s cannot be synchronised: %s.",
                             store->options.path, strerror(-r))
             : 0;
}

/* One step and its version in one transaction; grows the map as often as it must. */
static int run_step(struct cvn_store *store, uint32_t from)
{
    for (;;) {
        struct cvn_txn txn;
        int r = cvn_engine_begin(store->engine, &txn, true);
        if (r)
            return r;
        txn.whole = true; /* a step may rewrite all there is */
        r = store->options.schema_steps[from](&txn, store->options.schema_arg);
        if (r == 0)
            r = cvn_schema_write(&txn, from + 1);
        int fault = txn.fault;
        if (r == 0 && !fault) {
            fault = r = cvn_engine_commit(&txn);
        } else {
            cvn_engine_abort(&txn);
        }
        if (fault != CVN_ENGINE_FULL)
            return fault ? fault : r;
        r = cvn_store_grow(store);
        if (r)
            return r;
    }
}

static int bring_up_to_date(struct cvn_store *store, struct cvn_error *err)
{
    uint32_t version;
    struct cvn_txn txn;
    int r = cvn_engine_begin(store->engine, &txn, false);
    if (r == 0) {
        r = cvn_schema_read(&txn, &version);
        cvn_engine_abort(&txn);
    }
    if (r)
        return cvn_error_set(err, r, "The store %s cannot be read.", store->options.path);
    uint32_t wanted = store->options.schema_version;
    if (version > wanted)
        return cvn_error_set(err, -EPROTO,
                             "The store %s has schema version %u, newer than the %u that this "
                             "program knows; use the program that wrote it, or a newer one. "
                             "Nothing was changed.",
                             store->options.path, version, wanted);
    for (; version < wanted && !store->options.read_only; version++) {
        r = run_step(store, version);
        if (r)
            return cvn_error_set(err, r > 0 ? -EPROTO : r,
                                 "The store %s could not be taken from schema version %u to %u.",
                                 store->options.path, version, version + 1);
    }
    return 0;
}

static int open_engine(struct cvn_store *store, struct cvn_error *err)
{
    struct cvn_store_options *o = &store->options;
    int r;
    for (;; o->map_bytes /= 2) {
        r = o->engine->open(&store->engine, &(struct cvn_engine_options){
                                                .path = o->path,
                                                .map_bytes = o->map_bytes,
                                                .readers_max = o->readers_max + READERS_SPARE,
                                                .read_only = o->read_only,
                                                .memory = o->memory,
                                            });
        if (r != -ENOMEM || o->map_bytes / 2 < CVN_STORE_MAP_BYTES_LEAST)
            break;
    }
    return r ? cvn_error_set(err, r, "The store %s cannot be opened: %s.", o->path,
                             strerror(r < 0 && r > -4096 ? -r : EIO))
             : 0;
}

static int start_writer(struct cvn_store *store, struct cvn_error *err)
{
    if (store->options.manual || store->options.read_only)
        return 0;
    if (pthread_create(&store->writer, NULL, cvn_store_write, store) != 0)
        return cvn_error_set(err, -EAGAIN, "No thread for the store's writer.");
    store->writer_started = true;
    return 0;
}

int cvn_store_open(struct cvn_store **ret, const struct cvn_store_options *options,
                   struct cvn_error *err)
{
    struct cvn_store *store = calloc(1, sizeof *store);
    if (!store)
        return cvn_error_set(err, -ENOMEM, "No memory for a store.");
    store->lock_fd = -1;
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_mutex_init(&store->listeners_lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&store->work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_cond_init(&store->snapshots, NULL);
    int r = set_options(store, options, err);
    if (r == 0 && store->options.engine->on_disk && !store->options.read_only)
        r = lock_directory(store, err);
    if (r == 0)
        r = open_engine(store, err);
    if (r == 0 && store->lock_fd >= 0)
        r = sync_names(store, err);
    if (r == 0)
        r = bring_up_to_date(store, err);
    if (r == 0)
        r = start_writer(store, err);
    if (r) {
        cvn_store_close(store);
        return r;
    }
    *ret = store;
    return 0;
}

void cvn_store_close(struct cvn_store *store)
{
    if (!store)
        return;
    (void)pthread_mutex_lock(&store->lock);
    store->closing = true;
    (void)pthread_cond_broadcast(&store->work);
    (void)pthread_mutex_unlock(&store->lock);
    if (store->writer_started)
        (void)pthread_join(store->writer, NULL);
    while (store->engine && cvn_store_write_batch(store)) /* what a manual store still has */
        ;
    cvn_store_drop_pool(store);
    if (store->engine)
        store->engine->type->close(store->engine);
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    (void)pthread_cond_destroy(&store->snapshots);
    (void)pthread_cond_destroy(&store->work);
    (void)pthread_mutex_destroy(&store->listeners_lock);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}
