/*
 * Work on whole cohorts, whoever asks for it, and what it may take at once: so many of each kind,
 * and so much memory of all kinds together. Runs wait for their share (queue.h); calls that
 * somebody waits for are refused.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_BUDGET_H
#define CVN_SERVICES_MENTORING_RUNS_BUDGET_H

#include "services/runtime/ctx.h"

#include <pthread.h>
#include <stdint.h>

enum cvn_work {
    CVN_WORK_RUN,     /* at most as many as the queue has threads */
    CVN_WORK_CHECK,   /* of a programme's rules: CheckProgram */
    CVN_WORK_WEIGH,   /* of a pair: GetMatchSensitivity */
    CVN_WORK_REPLACE, /* ReplaceMentorship */
    CVN_WORK_KINDS,
};

/* Of each of these; RESOURCE_EXHAUSTED beyond. */
enum { CVN_WORK_AT_ONCE_MAX = 2 };

/* Embedded by value. */
struct cvn_budget {
    pthread_mutex_t lock; /* covers what follows */
    unsigned n[CVN_WORK_KINDS];
    uint64_t memory_bytes, memory_bytes_max;
};

/* Memory that a run of such a cohort is reckoned to need. */
uint64_t cvn_run_memory_bytes(size_t n_mentors, size_t n_mentees, int32_t candidates_per_mentee);
/* And at most for what people share, where the events service is asked. */
uint64_t cvn_run_shared_bytes(size_t n_mentors, size_t n_mentees);

void cvn_budget_init(struct cvn_budget *budget, uint64_t memory_bytes_max);
void cvn_budget_deinit(struct cvn_budget *budget);

enum cvn_budget_answer {
    CVN_BUDGET_GIVEN,
    CVN_BUDGET_TOO_MANY,  /* of its kind */
    CVN_BUDGET_NO_MEMORY, /* it is in use; one alone may need more than there is */
};
enum cvn_budget_answer cvn_budget_take(struct cvn_budget *budget, enum cvn_work work,
                                       uint64_t memory_bytes);
void cvn_budget_give(struct cvn_budget *budget, enum cvn_work work, uint64_t memory_bytes);

/* What a call has taken. */
struct cvn_share {
    enum cvn_work work;
    uint64_t memory_bytes; /* 0: nothing */
};

/*
 * Takes what a call needs for a cohort of so many people. 0, or CVN_REFUSED with RESOURCE_EXHAUSTED
 * and what to do. The context's service is a struct cvn_mentoring.
 */
int cvn_share_take(struct cvn_ctx *ctx, enum cvn_work work, int64_t n_people,
                   struct cvn_share *ret);
/* Gives it back, so that runs that wait for memory may begin. A zeroed share is accepted. */
void cvn_share_give(struct cvn_ctx *ctx, struct cvn_share *share);

#endif
