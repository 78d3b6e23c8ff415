#include "storage/store_state.h"

#include <errno.h>
#include <string.h>

int64_t cvn_store_now_ns(const struct cvn_store *store)
{
    return store->options.now_ns(store->options.now_arg);
}

int cvn_store_submit(struct cvn_store *store, struct cvn_update *update)
{
    int r = 0;
    (void)pthread_mutex_lock(&store->lock);
    if (store->closing) {
        r = -ESHUTDOWN;
    } else if (store->n_queued == store->options.queue_max) {
        store->stats.n_refused++;
        r = CVN_STORE_BUSY;
    } else {
        update->next = NULL;
        update->result = 0;
        if (store->last)
            store->last->next = update;
        else
            store->first = update;
        store->last = update;
        if (++store->n_queued > store->stats.queue_most)
            store->stats.queue_most = store->n_queued;
        (void)pthread_cond_signal(&store->work);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* A thread that waits for its update. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t ended_changed;
    bool ended;
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
    (void)pthread_mutex_lock(&waiter->lock);
    waiter->result = result;
    waiter->ended = true;
    (void)pthread_cond_signal(&waiter->ended_changed);
    (void)pthread_mutex_unlock(&waiter->lock);
}

int cvn_store_update(struct cvn_store *store, int (*run)(struct cvn_txn *txn, void *arg), void *arg,
                     int64_t deadline_ns)
{
    if (store->writer_started && pthread_equal(pthread_self(), store->writer))
        return -EDEADLK;
    struct waiter waiter = {.run = run, .arg = arg};
    (void)pthread_mutex_init(&waiter.lock, NULL);
    (void)pthread_cond_init(&waiter.ended_changed, NULL);
    struct cvn_update update = {
        .run = run_for_waiter, .done = wake, .arg = &waiter, .deadline_ns = deadline_ns};
    int r = cvn_store_submit(store, &update);
    while (r == 0 && !waiter.ended && store->options.manual)
        (void)cvn_store_write_batch(store);
    if (r == 0) {
        (void)pthread_mutex_lock(&waiter.lock);
        while (!waiter.ended)
            (void)pthread_cond_wait(&waiter.ended_changed, &waiter.lock);
        (void)pthread_mutex_unlock(&waiter.lock);
        r = waiter.result;
    }
    (void)pthread_cond_destroy(&waiter.ended_changed);
    (void)pthread_mutex_destroy(&waiter.lock);
    return r;
}

static uint64_t engine_map_bytes(const struct cvn_store *store)
{
    struct cvn_engine_figures figures;
    store->engine->type->measure(store->engine, &figures);
    return figures.map_bytes;
}

int cvn_store_grow(struct cvn_store *store)
{
    uint64_t now = engine_map_bytes(store), max = store->options.map_max_bytes;
    if (now >= max)
        return -ENOSPC;
    (void)pthread_mutex_lock(&store->lock);
    store->growing = true;
    while (store->n_snapshots > 0)
        (void)pthread_cond_wait(&store->snapshots, &store->lock);
    int r = store->engine->type->grow(store->engine, now > max / 2 ? max : now * 2);
    store->growing = false;
    store->stats.n_growths += r == 0;
    (void)pthread_cond_broadcast(&store->snapshots);
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

/* Takes at most batch_max updates off the queue; NULL when none waits. */
static struct cvn_update *take_batch(struct cvn_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    struct cvn_update *batch = store->first, *end = NULL;
    for (uint32_t n = 0; n < store->options.batch_max && store->first; n++) {
        end = store->first;
        store->first = end->next;
        store->n_queued--;
    }
    if (end)
        end->next = NULL;
    if (!store->first)
        store->last = NULL;
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
};

/* Runs every update of the batch in one transaction and commits. 0 or the fault of the whole. */
static int run_batch(struct cvn_store *store, struct cvn_update *batch, struct pass *pass)
{
    *pass = (struct pass){0};
    struct cvn_txn txn;
    int r = cvn_engine_begin(store->engine, &txn, true);
    if (r)
        return r > 0 ? -EAGAIN : r;
    for (struct cvn_update *update = batch; update && !txn.fault; update = update->next) {
        update->result = excuse(store, update);
        if (update->result) {
            pass->n_expired++;
            continue;
        }
        cvn_engine_keep(&txn);
        update->result = update->run(&txn, update->arg);
        pass->n_run++;
        if (update->result && !txn.fault) {
            (void)cvn_engine_undo(&txn);
            pass->n_undone++;
        }
    }
    if (txn.fault || pass->n_run == pass->n_undone) {
        r = txn.fault;
        cvn_engine_abort(&txn);
        return r;
    }
    int64_t began_ns = cvn_store_now_ns(store);
    r = cvn_engine_commit(&txn);
    pass->commit_ns = cvn_store_now_ns(store) - began_ns;
    return r;
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
    if (pass->n_run > stats->batch_most)
        stats->batch_most = pass->n_run;
    stats->commit_ns_sum += (uint64_t)pass->commit_ns;
    if ((uint64_t)pass->commit_ns > stats->commit_ns_most)
        stats->commit_ns_most = (uint64_t)pass->commit_ns;
    (void)pthread_mutex_unlock(&store->lock);
}

bool cvn_store_write_batch(struct cvn_store *store)
{
    struct cvn_update *batch = take_batch(store);
    if (!batch)
        return false;
    struct pass pass;
    int fault;
    while ((fault = run_batch(store, batch, &pass)) == CVN_ENGINE_FULL) {
        fault = cvn_store_grow(store);
        if (fault)
            break;
    }
    count(store, &pass, fault);
    while (batch) {
        struct cvn_update *next = batch->next; /* done may free or submit the update again */
        bool excused = batch->result == CVN_STORE_EXPIRED || batch->result == CVN_STORE_CANCELLED;
        batch->done(batch->arg, fault && !excused ? fault : batch->result);
        batch = next;
    }
    return true;
}

/* Whether there is something to write; false once the store closes and nothing is left. */
static bool wait_for_work(struct cvn_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    while (!store->first && !store->closing)
        (void)pthread_cond_wait(&store->work, &store->lock);
    bool work = store->first;
    (void)pthread_mutex_unlock(&store->lock);
    return work;
}

void *cvn_store_write(void *arg)
{
    struct cvn_store *store = arg;
    while (wait_for_work(store))
        (void)cvn_store_write_batch(store);
    return NULL;
}

bool cvn_store_run_batch(struct cvn_store *store)
{
    return store->options.manual && cvn_store_write_batch(store);
}
