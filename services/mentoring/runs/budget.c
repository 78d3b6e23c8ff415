#include "services/mentoring/runs/budget.h"

#include "cohort/cohort.h"
#include "services/mentoring/state.h"

enum {
    PERSON_BYTES = 4 << 10, /* an enrolment, and where they were */
    CANDIDATE_BYTES = 56,   /* in the graph while it grows, and in the solvers */
    SHARED_BYTES = 112,     /* of a pair who have something in common, in the problem and judged */
    RUN_BYTES = 48 << 20,   /* results on their way into the store, and all else */
};

uint64_t cvn_run_memory_bytes(size_t n_mentors, size_t n_mentees, int32_t candidates_per_mentee)
{
    return (uint64_t)RUN_BYTES + (uint64_t)(n_mentors + n_mentees) * PERSON_BYTES +
           (uint64_t)n_mentees * (uint64_t)candidates_per_mentee * CANDIDATE_BYTES;
}

uint64_t cvn_run_shared_bytes(size_t n_mentors, size_t n_mentees)
{
    uint64_t pairs = (uint64_t)n_mentors * n_mentees;
    return SHARED_BYTES * (pairs < CVN_COHORT_PAIRS_MAX ? pairs : CVN_COHORT_PAIRS_MAX);
}

void cvn_budget_init(struct cvn_budget *budget, uint64_t memory_bytes_max)
{
    *budget = (struct cvn_budget){.memory_bytes_max = memory_bytes_max};
    (void)pthread_mutex_init(&budget->lock, NULL);
}

void cvn_budget_deinit(struct cvn_budget *budget)
{
    (void)pthread_mutex_destroy(&budget->lock);
}

enum cvn_budget_answer cvn_budget_take(struct cvn_budget *budget, enum cvn_work work,
                                       uint64_t memory_bytes)
{
    enum cvn_budget_answer answer = CVN_BUDGET_GIVEN;
    (void)pthread_mutex_lock(&budget->lock);
    if (work != CVN_WORK_RUN && budget->n[work] >= CVN_WORK_AT_ONCE_MAX)
        answer = CVN_BUDGET_TOO_MANY;
    else if (budget->memory_bytes > 0 &&
             budget->memory_bytes + memory_bytes > budget->memory_bytes_max)
        answer = CVN_BUDGET_NO_MEMORY;
    if (answer == CVN_BUDGET_GIVEN) {
        budget->n[work]++;
        budget->memory_bytes += memory_bytes;
    }
    (void)pthread_mutex_unlock(&budget->lock);
    return answer;
}

void cvn_budget_give(struct cvn_budget *budget, enum cvn_work work, uint64_t memory_bytes)
{
    (void)pthread_mutex_lock(&budget->lock);
    budget->n[work]--;
    budget->memory_bytes -= memory_bytes;
    (void)pthread_mutex_unlock(&budget->lock);
}

static int refuse_number(struct cvn_ctx *ctx, enum cvn_work work)
{
    static const char *const others[CVN_WORK_KINDS] = {
        [CVN_WORK_CHECK] = "programmes are being checked",
        [CVN_WORK_WEIGH] = "pairs' weights are being tried",
        [CVN_WORK_REPLACE] = "replacements are being looked for",
    };
    return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED, "%d other %s; try again in a moment.",
                          CVN_WORK_AT_ONCE_MAX, others[work]);
}

int cvn_share_take(struct cvn_ctx *ctx, enum cvn_work work, int64_t n_people, struct cvn_share *ret)
{
    struct cvn_mentoring *mentoring = ctx->service;
    uint64_t bytes = cvn_run_memory_bytes((size_t)n_people, 0, 0);
    switch (cvn_budget_take(&mentoring->budget, work, bytes)) {
    case CVN_BUDGET_TOO_MANY:
        return refuse_number(ctx, work);
    case CVN_BUDGET_NO_MEMORY:
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "The match runs that are worked on need the memory that this would "
                              "take; try again when one of them is done.");
    case CVN_BUDGET_GIVEN:
        break;
    }
    *ret = (struct cvn_share){work, bytes};
    return 0;
}

void cvn_share_give(struct cvn_ctx *ctx, struct cvn_share *share)
{
    struct cvn_mentoring *mentoring = ctx->service;
    if (share->memory_bytes == 0)
        return;
    cvn_budget_give(&mentoring->budget, share->work, share->memory_bytes);
    cvn_run_queue_wake(&mentoring->queue);
    *share = (struct cvn_share){0};
}
