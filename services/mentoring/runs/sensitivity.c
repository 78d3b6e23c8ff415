#include "cohort/sensitivity.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/input_table.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>

/* Of one call: everybody of the run. */
#define WEIGH_ARENA_BYTES ((size_t)2 << 30)

/* What prepare leaves for the answer, in the call's arena. */
struct weighed {
    struct cvn_id program, mentee;
    const char *mentee_id;
    const char *mentee_name;
    bool all_pairs;                   /* as the run says, not what it was made from */
    struct cvn_match_problem problem; /* only its weights are read: its people are gone by then */
    struct cvn_match_sensitivity found;
    bool locked;
    struct cvn_share share;
};

static bool is_mentee(const struct cvn_match_problem *problem, const struct cvn_id *id)
{
    for (size_t i = 0; i < problem->n_mentees; i++)
        if (cvn_id_equal(&problem->mentees[i].person.id, id))
            return true;
    return false;
}

static bool is_locked(const struct cvn_match_problem *problem, const struct cvn_id *id)
{
    for (size_t i = 0; i < problem->n_locked; i++)
        if (cvn_id_equal(&problem->locked[i].mentee_id, id))
            return true;
    return false;
}

/* Who is asked about, for those who run the programme. */
static int find_mentee(struct cvn_ctx *ctx,
                       const Convene__Mentoring__V1__GetMatchSensitivityRequest *req,
                       struct cvn_id *ret_run, struct weighed *w)
{
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Enrolment *subject;
    int r = cvn_run_find_managed(ctx, "run_id", req->run_id, ret_run, &run);
    if (r == 0)
        r = cvn_run_require_done(ctx, run);
    if (r == 0)
        r = cvn_run_find_subject(ctx, run, req->person_id, &subject);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%.60s is not enrolled in this run's programme.",
                              req->person_id);
    if (r)
        return r;
    w->mentee_id = subject->person_id;
    w->mentee_name = subject->display_name;
    w->all_pairs = run->all_pairs;
    if (!cvn_id_parse(&w->mentee, CVN_MENTORING_PERSON_PREFIX, subject->person_id) ||
        !cvn_id_parse(&w->program, CVN_PROGRAM_PREFIX, run->program_id))
        return -EUCLEAN;
    return cvn_share_take(ctx, CVN_WORK_WEIGH, (int64_t)run->mentor_count + run->mentee_count,
                          &w->share);
}

static int read_input(struct cvn_ctx *ctx, const struct cvn_id *run, struct cvn_arena *arena,
                      struct weighed *w)
{
    struct cvn_ctx large = {.arena = arena, .txn = ctx->txn};
    int r = cvn_run_input_get(&large, run, &w->problem);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse_state(
            ctx, CVN_FAILED_PRECONDITION, "RUN_INPUT_GONE",
            "What this run was made from is not kept: it was made by an older version, is too "
            "large, or somebody in the programme was erased since. Match again and ask about that "
            "run.");
    w->problem.all_pairs = w->all_pairs;
    if (r == 0 && !is_mentee(&w->problem, &w->mentee))
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s was not a mentee in this run.",
                              w->mentee_name);
    return r;
}

static int read_all(struct cvn_ctx *ctx, const void *request, struct cvn_arena *arena,
                    struct weighed *w)
{
    struct cvn_id run;
    int r = cvn_store_snapshot(ctx->store, &ctx->txn);
    if (r)
        return r;
    r = find_mentee(ctx, request, &run, w);
    if (r == 0)
        r = read_input(ctx, &run, arena, w);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = NULL;
    return r;
}

static bool go_on(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    (void)phase;
    (void)done;
    (void)total;
    return !cvn_ctx_is_over(context);
}

static int weigh(struct cvn_ctx *ctx, const void *request, struct weighed *w)
{
    const struct cvn_mentoring *mentoring = ctx->service;
    const struct cvn_match_progress progress = {go_on, ctx};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, WEIGH_ARENA_BYTES);
    int r = read_all(ctx, request, &arena, w);
    if (r)
        return r;
    w->locked = is_locked(&w->problem, &w->mentee);
    w->problem.n_threads = mentoring->options.threads_per_run;
    r = cvn_match_find_turns(&w->problem, &w->mentee, &progress, &w->found);
    if (r == CVN_MATCH_CANCELLED)
        return cvn_ctx_refuse(ctx, CVN_CANCELLED, "Nobody waits for the answer any more.");
    return r > 0 ? -EUCLEAN : r;
}

int cvn_match_weigh(struct cvn_ctx *ctx, const void *request)
{
    struct weighed *w = cvn_arena_alloc(ctx->arena, sizeof *w);
    if (!w)
        return -ENOMEM;
    int r = weigh(ctx, request, w);
    cvn_share_give(ctx, &w->share);
    ctx->prepared = w;
    return r;
}

/* Who was a mentor is called as the enrolment says now. */
static int name_mentor(void *context, const struct cvn_id *mentor, char **ret_id, char **ret_name)
{
    struct cvn_ctx *ctx = context;
    const struct weighed *w = ctx->prepared;
    Convene__Mentoring__V1__Enrolment *enrolment;
    struct cvn_key key;
    cvn_enrolment_key(&key, &w->program, mentor);
    int r =
        cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &enrolment);
    if (r == 0)
        *ret_name = enrolment->display_name;
    if (r && r != CVN_STORE_ABSENT)
        return r;
    *ret_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, mentor);
    return *ret_id ? 0 : -ENOMEM;
}

int cvn_match_weigh_answer(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetMatchSensitivityRequest *req = request;
    Convene__Mentoring__V1__MatchSensitivity *response = reply;
    const struct weighed *w = ctx->prepared;
    const struct cvn_sensitivity_names names = {name_mentor, ctx};
    response->run_id = req->run_id;
    response->mentee_id = (char *)(uintptr_t)w->mentee_id;
    response->mentee_name = (char *)(uintptr_t)w->mentee_name;
    response->locked = w->locked;
    int r = w->found.matched ? name_mentor(ctx, &w->found.mentor_id, &response->mentor_id,
                                           &response->mentor_name)
                             : 0;
    return r ? r : cvn_sensitivity_fill(response, ctx->arena, &w->problem, &w->found, &names);
}
