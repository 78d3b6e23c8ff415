/*
 * The match runs that wait and those that are worked on: which one is next, how many at once and in
 * how much memory together, how far each is, and how it is stopped.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_QUEUE_H
#define CVN_SERVICES_MENTORING_RUNS_QUEUE_H

#include "base/id.h"
#include "services/mentoring/rules/estimate.h"
#include "services/mentoring/runs/budget.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cvn_mentoring;
struct cvn_run_queue;

enum {
    CVN_RUNS_AT_ONCE_DEFAULT = 2,
    CVN_RUNS_AT_ONCE_MAX = 8,
    CVN_RUNS_WAITING_MAX = 16, /* queued and running together; RESOURCE_EXHAUSTED beyond */
};
/* What the runs that are worked on, and other work on cohorts, may need together (budget.h); one
 * alone may need more. */
#define CVN_RUNS_MEMORY_BYTES_MAX ((uint64_t)2 << 30)

/* One thread that works on runs, and how far it is. */
struct cvn_run_slot {
    struct cvn_run_queue *queue;
    pthread_t thread;
    bool started;
    atomic_bool cancel; /* the run is asked to stop */
    /* under the queue's lock: */
    bool busy;
    struct cvn_id run;
    uint64_t memory_bytes;
    int64_t begun_ms; /* on the clock of deadlines */
    const char *phase;
    enum cvn_run_step step;
    uint64_t done, total;
};

/* Embedded by value. */
struct cvn_run_queue {
    struct cvn_mentoring *mentoring;
    struct cvn_run_slot slots[CVN_RUNS_AT_ONCE_MAX];
    unsigned n_slots;
    /* For tests: hears what a run tells, on its thread, before it is asked to stop or not. */
    void (*told)(void *arg, struct cvn_run_slot *slot);
    void *told_arg;
    struct cvn_budget *budget; /* given back under the lock, so that the wake is not missed */
    pthread_mutex_t claiming;  /* one thread at a time chooses a run */
    pthread_mutex_t lock;      /* covers what follows, and the slots */
    pthread_cond_t wake;
    uint64_t n_changes; /* a run was added, or something else has ended */
    bool stopping;
};

/* How far a run is that is worked on. */
struct cvn_run_progress {
    const char *phase;
    uint64_t done, total;
    int64_t remaining_ms;
};

/* n_at_once 0 means the default above; the budget outlives the queue. To be stopped and ended also
 * after a failed one. */
int cvn_run_queue_init(struct cvn_run_queue *queue, struct cvn_mentoring *mentoring,
                       struct cvn_budget *budget, unsigned n_at_once);
/* Asks all runs to stop, and no further one to begin. */
void cvn_run_queue_ask_to_stop(struct cvn_run_queue *queue);
/* The same, and waits for the threads. */
void cvn_run_queue_stop(struct cvn_run_queue *queue);
void cvn_run_queue_deinit(struct cvn_run_queue *queue);

/* Has the threads look for a run. Any thread; only signals. */
void cvn_run_queue_wake(struct cvn_run_queue *queue);

/* Asks a run to stop. False when it is not worked on. */
bool cvn_run_queue_cancel(struct cvn_run_queue *queue, const struct cvn_id *run);

/* How far a run is. False when it is not worked on. */
bool cvn_run_queue_progress(struct cvn_run_queue *queue, const struct cvn_id *run,
                            struct cvn_run_progress *ret);

/* For the work itself: tells how far it is. False when it is to stop. */
bool cvn_run_slot_tell(struct cvn_run_slot *slot, enum cvn_run_step step, const char *phase,
                       uint64_t done, uint64_t total);

/* Waits for so long, or until it is to stop. */
void cvn_run_slot_pause(struct cvn_run_slot *slot, int64_t ms);

/* Whether the run is asked to stop because the service stops. */
bool cvn_run_slot_stopping(struct cvn_run_slot *slot);

#endif
