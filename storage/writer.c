#include "storage/store_state.h"

#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

int64_t cvn_store_now_ns(const struct cvn_store *store)
{
    return store->options.now_ns(store->options.now_arg);
}

uint64_t cvn_store_caller(struct cvn_slice name)
{
    const uint8_t *bytes = name.data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a (Fowler, Noll, Vo) */
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

int cvn_store_submit(struct cvn_store *store, struct cvn_update *update)
{
    const struct cvn_store_options *o = &store->options;
    (void)pthread_mutex_lock(&store->lock);
    int r = o->read_only ? -EROFS : store->closing ? -ESHUTDOWN : 0;
    if (r == 0) {
        r = cvn_queue_push(&store->queue, update, o->queue_max, o->caller_max);
        store->stats.n_refused += r == CVN_STORE_BUSY;
    }
    if (r == 0) {
        update->result = 0;
        if (store->queue.n > store->stats.queue_most)
            store->stats.queue_most = store->queue.n;
        (void)pthread_cond_signal(&store->work);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* A thread that waits for its update. */
struct waiter {
    sem_t ended;
    int result;
    int (*run)(struct cvn_txn *txn, void *arg);
    void *arg;
};

static int run_for_waiter(struct cvn_txn *txn, void *arg)
{
    struct waiter *waiter = arg;
    return waiter->run(txn, waiter->arg);
}

static void wake(void *arg, int result)
{
    struct waiter *waiter = arg;
    waiter->result = result;
    (void)sem_post(&waiter->ended); /* after which it may be gone */
}

int cvn_store_update(struct cvn_store *store, int (*run)(struct cvn_txn *txn, void *arg), void *arg,
                     int64_t deadline_ns)
{
    if (store->writer_started && pthread_equal(pthread_self(), store->writer))
        return -EDEADLK;
    struct waiter waiter = {.run = run, .arg = arg};
    (void)sem_init(&waiter.ended, 0, 0);
    struct cvn_update update = {
        .run = run_for_waiter, .done = wake, .arg = &waiter, .deadline_ns = deadline_ns};
    int r = cvn_store_submit(store, &update);
    if (r == 0 && store->options.manual) {
        while (sem_trywait(&waiter.ended) < 0)
            (void)cvn_store_write_batch(store);
        r = waiter.result;
    } else if (r == 0) {
        while (sem_wait(&waiter.ended) < 0) /* a signal came between */
            ;
        r = waiter.result;
    }
    (void)sem_destroy(&waiter.ended);
    return r;
}

/* Takes at most batch_max updates off the queue; NULL when none waits. */
static struct cvn_update *take_batch(struct cvn_store *store)
{
    struct cvn_update *batch = NULL, **end = &batch;
    (void)pthread_mutex_lock(&store->lock);
    for (uint32_t n = 0; n < store->options.batch_max; n++) {
        *end = cvn_queue_take(&store->queue);
        if (!*end)
            break;
        end = &(*end)->next;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return batch;
}

/* Why an update is not begun; 0 when it is. */
static int excuse(const struct cvn_store *store, const struct cvn_update *update)
{
    if (update->deadline_ns && cvn_store_now_ns(store) >= update->deadline_ns)
        return CVN_STORE_EXPIRED;
    if (update->cancelled && update->cancelled(update->arg))
        return CVN_STORE_CANCELLED;
    return 0;
}

/* What one pass over a batch came to. */
struct pass {
    uint64_t n_run, n_undone, n_expired;
    int64_t commit_ns;
    bool committed;
    bool changed; /* the change log has new entries */
};

/* Runs the updates of the batch in the transaction, undoing each that fails. */
static void run_updates(struct cvn_store *store, struct cvn_txn *txn, struct cvn_update *batch,
                        struct pass *pass)
{
    for (struct cvn_update *update = batch; update && !txn->fault; update = update->next) {
        update->result = excuse(store, update);
        if (update->result) {
            pass->n_expired++;
            continue;
        }
        cvn_engine_keep(txn);
        update->result = update->run(txn, update->arg);
        pass->n_run++;
        if (update->result && !txn->fault) {
            (void)cvn_engine_undo(txn);
            pass->n_undone++;
        }
    }
}

/* Runs every update of the batch in one transaction and commits. 0 or the fault of the whole. */
static int run_batch(struct cvn_store *store, struct cvn_update *batch, struct pass *pass)
{
    *pass = (struct pass){0};
    struct cvn_txn txn;
    int r = cvn_engine_begin(store->engine, &txn, true);
    if (r)
        return r > 0 ? -EAGAIN : r;
    run_updates(store, &txn, batch, pass);
    if (txn.fault || pass->n_run == pass->n_undone) {
        r = txn.fault;
        cvn_engine_abort(&txn);
        return r;
    }
    int64_t began_ns = cvn_store_now_ns(store);
    r = cvn_engine_commit(&txn);
    pass->commit_ns = cvn_store_now_ns(store) - began_ns;
    pass->committed = r == 0;
    pass->changed = r == 0 && txn.change_kept;
    return r;
}

/*
 * Runs the batch until it is committed or has failed. The map grows as often as it must, and an
 * engine that was broken before is reopened first. A commit that failed is not tried again: nothing
 * says how far it came.
 */
static int run_to_end(struct cvn_store *store, struct cvn_update *batch, struct pass *pass)
{
    for (bool mended = false;;) {
        int r = run_batch(store, batch, pass);
        if (r == 0)
            return 0;
        if (r == CVN_ENGINE_FULL) {
            r = cvn_store_grow(store);
            if (r)
                return r;
            continue;
        }
        int unmended = cvn_store_mend(store); /* reads are to go on, whatever becomes of this */
        if (r != CVN_ENGINE_BROKEN || unmended || mended)
            return r == CVN_ENGINE_BROKEN ? -EIO : r;
        mended = true;
    }
}

/* The least i with value <= 1 << i, at most limit - 1. */
static size_t bucket_of(uint64_t value, size_t limit)
{
    size_t i = value <= 1 ? 0 : 64 - (size_t)__builtin_clzll(value - 1);
    return i < limit ? i : limit - 1;
}

static void count_commit(struct cvn_store_stats *stats, uint64_t commit_ns)
{
    stats->n_commits++;
    stats->commit_ns_sum += commit_ns;
    if (commit_ns > stats->commit_ns_most)
        stats->commit_ns_most = commit_ns;
    uint64_t units = (commit_ns + 63999) / 64000; /* of 64 us, begun ones counted */
    stats->commits[bucket_of(units, CVN_STORE_COMMIT_BUCKETS)]++;
}

static void count(struct cvn_store *store, const struct pass *pass, int fault)
{
    (void)pthread_mutex_lock(&store->lock);
    struct cvn_store_stats *stats = &store->stats;
    stats->n_batches += pass->n_run > 0;
    stats->n_updates += pass->n_run;
    stats->n_undone += pass->n_undone;
    stats->n_expired += pass->n_expired;
    stats->n_faults += fault != 0;
    if (pass->n_run > 0)
        stats->batches[bucket_of(pass->n_run, CVN_STORE_BATCH_BUCKETS)]++;
    if (pass->n_run > stats->batch_most)
        stats->batch_most = pass->n_run;
    if (pass->committed)
        count_commit(stats, (uint64_t)pass->commit_ns);
    (void)pthread_mutex_unlock(&store->lock);
}

bool cvn_store_write_batch(struct cvn_store *store)
{
    struct cvn_update *batch = take_batch(store);
    if (!batch)
        return false;
    struct pass pass;
    int fault = run_to_end(store, batch, &pass);
    count(store, &pass, fault);
    if (pass.changed)
        cvn_store_tell_listeners(store);
    while (batch) {
        struct cvn_update *next = batch->next; /* done may free or submit the update again */
        bool excused = batch->result == CVN_STORE_EXPIRED || batch->result == CVN_STORE_CANCELLED;
        batch->done(batch->arg, fault && !excused ? fault : batch->result);
        batch = next;
    }
    return true;
}

bool cvn_store_run_batch(struct cvn_store *store)
{
    return store->options.manual && cvn_store_write_batch(store);
}

/* One step of maintenance, between batches. True when there may be more. */
static bool maintain(struct cvn_store *store)
{
    struct cvn_maintenance step = cvn_store_plan_maintenance(store);
    struct cvn_update update = {.run = cvn_store_run_maintenance, .arg = &step};
    struct pass pass;
    int fault = run_to_end(store, &update, &pass);
    return cvn_store_count_maintenance(store, &step, fault ? fault : update.result);
}

/* Rounds are of real time, whatever the clock of the deadlines is. */
static void add_ms(struct timespec *at, uint32_t ms)
{
    (void)clock_gettime(CLOCK_MONOTONIC, at);
    int64_t ns = at->tv_nsec + (int64_t)ms * 1000000;
    at->tv_sec += ns / 1000000000;
    at->tv_nsec = ns % 1000000000;
}

/* Sleeps until there is something to write or a round is due. False when the store has ended. */
static bool wait_for_work(struct cvn_store *store, const struct timespec *due, bool *ret_due)
{
    int r = 0;
    (void)pthread_mutex_lock(&store->lock);
    while (store->queue.n == 0 && !store->closing && !store->broken && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&store->work, &store->lock, due);
    bool go_on = store->queue.n > 0 || !store->closing, broken = store->broken;
    (void)pthread_mutex_unlock(&store->lock);
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    *ret_due =
        now.tv_sec > due->tv_sec || (now.tv_sec == due->tv_sec && now.tv_nsec >= due->tv_nsec);
    if (broken)
        (void)cvn_store_mend(store);
    return go_on;
}

void *cvn_store_write(void *arg)
{
    struct cvn_store *store = arg;
    struct timespec round;
    add_ms(&round, 0);
    for (bool due, more = false; wait_for_work(store, &round, &due);) {
        (void)cvn_store_write_batch(store);
        if (!due)
            continue;
        if (!more)
            cvn_store_clear_readers(store);
        more = maintain(store);
        add_ms(&round, more ? 0 : store->options.maintain_ms);
    }
    return NULL;
}
