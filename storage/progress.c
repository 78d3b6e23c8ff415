#include "storage/progress.h"

#include "storage/engine.h"

struct cvn_progress_count cvn_progress_begin(const struct cvn_progress *progress,
                                             struct cvn_txn *snapshot)
{
    struct cvn_progress_count count = {.progress = progress};
    struct cvn_engine_figures figures;
    if (progress) { /* as of the last commit: near enough for a snapshot's */
        snapshot->engine->type->measure(snapshot->engine, &figures);
        count.n_total = figures.n_keys;
    }
    return count;
}

int cvn_progress_step(struct cvn_progress_count *count)
{
    count->n_done++;
    if (!count->progress || count->n_done % CVN_PROGRESS_KEYS != 0)
        return 0;
    uint64_t total = count->n_total > count->n_done ? count->n_total : count->n_done;
    return count->progress->tell(count->progress->arg, count->n_done, total);
}

int cvn_progress_end(struct cvn_progress_count *count)
{
    if (!count->progress)
        return 0;
    return count->progress->tell(count->progress->arg, count->n_done, count->n_done);
}
