#include "storage/change_log.h"
#include "storage/replay.h"
#include "storage/store_state.h"

#define MS_PER_DAY (INT64_C(24) * 60 * 60 * 1000)

struct cvn_maintenance cvn_store_plan_maintenance(const struct cvn_store *store)
{
    return (struct cvn_maintenance){
        .now_ms = store->options.wall_ms(store->options.now_arg),
        .change_keep_ms = store->options.change_keep_days * MS_PER_DAY,
    };
}

int cvn_store_run_maintenance(struct cvn_txn *txn, void *arg)
{
    struct cvn_maintenance *m = arg;
    m->n_purged = m->n_trimmed = 0;
    if (m->clear_readers_of)
        cvn_store_clear_readers(m->clear_readers_of);
    int r = cvn_replay_purge(txn, m->now_ms, CVN_STORE_MAINTAIN_STEP, &m->n_purged);
    if (r == 0)
        r = cvn_change_trim(txn, m->now_ms - m->change_keep_ms, CVN_STORE_MAINTAIN_STEP,
                            &m->n_trimmed);
    return r == 0 && m->n_purged + m->n_trimmed == 0 ? CVN_STORE_ABSENT : r;
}

bool cvn_store_count_maintenance(struct cvn_store *store, const struct cvn_maintenance *done,
                                 int result)
{
    (void)pthread_mutex_lock(&store->lock);
    store->stats.n_maintenance_runs++;
    if (result == 0) {
        store->stats.n_replays_purged += done->n_purged;
        store->stats.n_changes_trimmed += done->n_trimmed;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return result == 0 && (done->n_purged == CVN_STORE_MAINTAIN_STEP ||
                           done->n_trimmed == CVN_STORE_MAINTAIN_STEP);
}

void cvn_store_clear_readers(struct cvn_store *store)
{
    uint32_t n;
    if (store->engine->type->clear_readers(store->engine, &n) != 0)
        return; /* tried again the next time */
    (void)pthread_mutex_lock(&store->lock);
    store->stats.n_readers_cleared += n;
    (void)pthread_mutex_unlock(&store->lock);
}

int cvn_store_maintain(struct cvn_store *store, bool *ret_more)
{
    struct cvn_maintenance step = cvn_store_plan_maintenance(store);
    step.clear_readers_of = store;
    int r = cvn_store_update(store, cvn_store_run_maintenance, &step, 0);
    bool more = cvn_store_count_maintenance(store, &step, r);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    *ret_more = more;
    return 0;
}
