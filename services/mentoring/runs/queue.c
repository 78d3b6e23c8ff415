#include "services/mentoring/runs/queue.h"

#include "rpc/clock.h"
#include "services/mentoring/runs/job.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <time.h>

enum { CLAIM_ARENA_BYTES = 8 << 20 };

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* A run that is chosen. */
struct claim {
    struct cvn_run_slot *slot;
    struct cvn_id run;
    uint64_t memory_bytes;
    int64_t now_ms;
    bool gone; /* it was cancelled meanwhile */
};

/* Reads the first run that waits and what it needs. 0, CVN_STORE_ABSENT or a fault. */
static int read_next(struct cvn_ctx *ctx, struct claim *claim)
{
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_id program;
    struct cvn_program_counts counts;
    int r = cvn_run_first_in_state(ctx, STATE(QUEUED), &claim->run, &run);
    if (r)
        return r;
    if (!cvn_id_parse(&program, CVN_PROGRAM_PREFIX, run->program_id))
        return -EUCLEAN;
    r = cvn_program_counts_get(ctx, &program, &counts);
    claim->memory_bytes =
        cvn_run_memory_bytes(counts.n_mentors, counts.n_mentees, run->candidates_per_mentee);
    if (run->events_use != CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_NONE)
        claim->memory_bytes += cvn_run_shared_bytes(counts.n_mentors, counts.n_mentees);
    return r;
}

static int find_next(struct claim *claim)
{
    struct cvn_mentoring *mentoring = claim->slot->queue->mentoring;
    struct cvn_txn *snapshot;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CLAIM_ARENA_BYTES);
    int r = cvn_store_snapshot(mentoring->options.store, &snapshot);
    if (r)
        return r;
    struct cvn_ctx ctx = {.arena = &arena, .txn = snapshot};
    r = read_next(&ctx, claim);
    cvn_snapshot_release(snapshot);
    return r;
}

/* Whether there is memory for the run; then the slot is its own. */
static bool take_slot(struct claim *claim)
{
    struct cvn_run_slot *slot = claim->slot;
    struct cvn_run_queue *queue = slot->queue;
    (void)pthread_mutex_lock(&queue->lock);
    bool fits = !queue->stopping && cvn_budget_take(queue->budget, CVN_WORK_RUN,
                                                    claim->memory_bytes) == CVN_BUDGET_GIVEN;
    if (fits) {
        slot->memory_bytes = claim->memory_bytes;
        slot->run = claim->run;
        slot->busy = true;
        slot->begun_ms = cvn_rpc_now_ms();
        slot->phase = "prepare";
        slot->step = CVN_RUN_STEP_READ;
        slot->done = slot->total = 0;
        atomic_store(&slot->cancel, false);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return fits;
}

static void leave_slot(struct cvn_run_slot *slot)
{
    struct cvn_run_queue *queue = slot->queue;
    (void)pthread_mutex_lock(&queue->lock);
    cvn_budget_give(queue->budget, CVN_WORK_RUN, slot->memory_bytes);
    slot->busy = false;
    queue->n_changes++;
    (void)pthread_cond_broadcast(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
}

/* Says that the run is worked on, unless it was cancelled meanwhile. */
static int begin(struct cvn_txn *txn, void *arg)
{
    struct claim *claim = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CLAIM_ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *run;
    cvn_run_key(&key, &claim->run);
    int r = cvn_mentoring_get(&ctx, &key, &convene__mentoring__v1__match_run__descriptor, &run);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    claim->gone = run->state != STATE(QUEUED);
    if (claim->gone)
        return 0;
    run->state = STATE(RUNNING);
    run->memory_bytes = (int64_t)claim->memory_bytes;
    run->start_time = cvn_mentoring_time(&arena, claim->now_ms);
    return run->start_time ? cvn_mentoring_put(&ctx, &cvn_run_table, &key, &run->base) : -ENOMEM;
}

/* Chooses a run for the slot. False when none waits, or none may begin yet. */
static bool claim_next(struct cvn_run_slot *slot, struct claim *claim)
{
    struct cvn_mentoring *mentoring = slot->queue->mentoring;
    bool claimed = false;
    (void)pthread_mutex_lock(&slot->queue->claiming);
    do {
        *claim = (struct claim){.slot = slot, .now_ms = mentoring->options.wall_clock_ms()};
        if (find_next(claim) != 0 || !take_slot(claim))
            break;
        int r = cvn_store_update(mentoring->options.store, begin, claim, 0);
        claimed = r == 0 && !claim->gone;
        if (!claimed)
            leave_slot(slot);
        if (r)
            break;
    } while (claim->gone);
    (void)pthread_mutex_unlock(&slot->queue->claiming);
    return claimed;
}

/* Waits for a change. False when the threads are to end. */
static bool wait_for_change(struct cvn_run_queue *queue, uint64_t *seen)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->n_changes == *seen && !queue->stopping)
        (void)pthread_cond_wait(&queue->wake, &queue->lock);
    *seen = queue->n_changes;
    bool go_on = !queue->stopping;
    (void)pthread_mutex_unlock(&queue->lock);
    return go_on;
}

static void *work(void *arg)
{
    struct cvn_run_slot *slot = arg;
    struct claim claim;
    uint64_t seen = 0;
    while (wait_for_change(slot->queue, &seen))
        while (claim_next(slot, &claim)) {
            cvn_job_run(slot->queue->mentoring, slot, &claim.run);
            leave_slot(slot);
        }
    return NULL;
}

int cvn_run_queue_init(struct cvn_run_queue *queue, struct cvn_mentoring *mentoring,
                       struct cvn_budget *budget, unsigned n_at_once)
{
    *queue = (struct cvn_run_queue){
        .mentoring = mentoring,
        .n_slots = n_at_once ? n_at_once : CVN_RUNS_AT_ONCE_DEFAULT,
        .budget = budget,
        .n_changes = 1, /* those that waited when the server stopped */
    };
    if (queue->n_slots > CVN_RUNS_AT_ONCE_MAX)
        queue->n_slots = CVN_RUNS_AT_ONCE_MAX;
    (void)pthread_mutex_init(&queue->claiming, NULL);
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->wake, NULL);
    for (unsigned i = 0; i < queue->n_slots; i++) {
        struct cvn_run_slot *slot = &queue->slots[i];
        slot->queue = queue;
        slot->phase = "";
        if (pthread_create(&slot->thread, NULL, work, slot) != 0)
            return -EAGAIN;
        slot->started = true;
    }
    return 0;
}

void cvn_run_queue_ask_to_stop(struct cvn_run_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    for (unsigned i = 0; i < queue->n_slots; i++)
        atomic_store(&queue->slots[i].cancel, true);
    (void)pthread_cond_broadcast(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
}

void cvn_run_queue_stop(struct cvn_run_queue *queue)
{
    cvn_run_queue_ask_to_stop(queue);
    for (unsigned i = 0; i < queue->n_slots; i++) {
        if (queue->slots[i].started)
            (void)pthread_join(queue->slots[i].thread, NULL);
        queue->slots[i].started = false;
    }
}

void cvn_run_queue_deinit(struct cvn_run_queue *queue)
{
    (void)pthread_cond_destroy(&queue->wake);
    (void)pthread_mutex_destroy(&queue->lock);
    (void)pthread_mutex_destroy(&queue->claiming);
}

void cvn_run_queue_wake(struct cvn_run_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->n_changes++;
    (void)pthread_cond_broadcast(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
}

/* The slot that works on a run, or NULL; under the lock. */
static struct cvn_run_slot *slot_of(struct cvn_run_queue *queue, const struct cvn_id *run)
{
    for (unsigned i = 0; i < queue->n_slots; i++)
        if (queue->slots[i].busy && cvn_id_equal(&queue->slots[i].run, run))
            return &queue->slots[i];
    return NULL;
}

bool cvn_run_queue_cancel(struct cvn_run_queue *queue, const struct cvn_id *run)
{
    (void)pthread_mutex_lock(&queue->lock);
    struct cvn_run_slot *slot = slot_of(queue, run);
    if (slot)
        atomic_store(&slot->cancel, true);
    (void)pthread_cond_broadcast(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
    return slot != NULL;
}

bool cvn_run_queue_progress(struct cvn_run_queue *queue, const struct cvn_id *run,
                            struct cvn_run_progress *ret)
{
    (void)pthread_mutex_lock(&queue->lock);
    const struct cvn_run_slot *slot = slot_of(queue, run);
    if (slot)
        *ret = (struct cvn_run_progress){
            .phase = slot->phase,
            .done = slot->done,
            .total = slot->total,
            .remaining_ms =
                cvn_run_remaining_ms(cvn_run_thousandths(slot->step, slot->done, slot->total),
                                     cvn_rpc_now_ms() - slot->begun_ms),
        };
    (void)pthread_mutex_unlock(&queue->lock);
    return slot != NULL;
}

bool cvn_run_slot_tell(struct cvn_run_slot *slot, enum cvn_run_step step, const char *phase,
                       uint64_t done, uint64_t total)
{
    (void)pthread_mutex_lock(&slot->queue->lock);
    slot->step = step;
    slot->phase = phase;
    slot->done = done;
    slot->total = total;
    (void)pthread_mutex_unlock(&slot->queue->lock);
    if (slot->queue->told)
        slot->queue->told(slot->queue->told_arg, slot);
    return !atomic_load(&slot->cancel);
}

void cvn_run_slot_pause(struct cvn_run_slot *slot, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    (void)pthread_mutex_lock(&slot->queue->lock);
    while (!atomic_load(&slot->cancel) &&
           pthread_cond_timedwait(&slot->queue->wake, &slot->queue->lock, &until) == 0)
        ;
    (void)pthread_mutex_unlock(&slot->queue->lock);
}

bool cvn_run_slot_stopping(struct cvn_run_slot *slot)
{
    (void)pthread_mutex_lock(&slot->queue->lock);
    bool stopping = slot->queue->stopping;
    (void)pthread_mutex_unlock(&slot->queue->lock);
    return stopping;
}
