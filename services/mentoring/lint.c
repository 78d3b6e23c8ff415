#include "services/mentoring/lint.h"

#include "services/mentoring/lint_findings.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>

/* Of one check: everybody of the programme. */
#define LINT_ARENA_BYTES ((size_t)2 << 30)

static int gather(struct cvn_ctx *ctx, const char *id, struct cvn_ctx *large,
                  struct cvn_share *share, struct cvn_gathered *ret)
{
    struct cvn_gather_query query = {0};
    Convene__Mentoring__V1__Program *program;
    int r = cvn_store_snapshot(ctx->store, &ctx->txn);
    if (r)
        return r;
    r = cvn_program_find(ctx, "id", id, &query.program, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "check this programme");
    if (r == 0)
        r = cvn_share_take(ctx, CVN_WORK_CHECK,
                           (int64_t)program->mentor_count + program->mentee_count, share);
    large->txn = ctx->txn;
    if (r == 0)
        r = cvn_gather(large, &query, ret);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = large->txn = NULL;
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* One candidate each tells who can be paired at all; locked pairs might contradict themselves. */
static int make_trial(struct cvn_gathered *gathered, struct cvn_cohort *cohort,
                      struct cvn_match_result **ret)
{
    struct cvn_match_problem problem = cohort->problem;
    if (gathered->input.n_mentors == 0 || gathered->input.n_mentees == 0)
        return 0;
    problem.locked = NULL;
    problem.n_locked = 0;
    int r = cvn_match_solve(&problem, NULL, ret);
    return r > 0 ? -EINVAL : r;
}

static int lint(struct cvn_ctx *ctx, const char *id, struct cvn_share *share,
                Convene__Mentoring__V1__CheckProgramResponse *response)
{
    struct cvn_mentoring *mentoring = ctx->service;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, LINT_ARENA_BYTES);
    struct cvn_ctx large = {.arena = &arena, .now_ms = ctx->now_ms};
    struct cvn_gathered gathered;
    struct cvn_cohort cohort;
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    int r = gather(ctx, id, &large, share, &gathered);
    if (r)
        return r;
    gathered.input.candidates_per_mentee = 1;
    gathered.input.now_ms = ctx->now_ms;
    r = cvn_cohort_build(&cohort, &arena, mentoring->options.zones, &gathered.input, &err);
    if (r > 0)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "COHORT_UNKNOWN", "%s", err.text);
    if (r == 0)
        r = make_trial(&gathered, &cohort, &result);
    const struct cvn_lint_case c = {
        .gathered = &gathered,
        .cohort = &cohort,
        .trial = result ? cvn_match_result_answer(result) : NULL,
        .now_ms = ctx->now_ms,
    };
    if (r == 0)
        r = cvn_lint_judge(ctx->arena, &c, response);
    cvn_match_result_free(result);
    return r;
}

int cvn_program_lint(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CheckProgramRequest *req = request;
    struct cvn_share share = {0};
    Convene__Mentoring__V1__CheckProgramResponse *response =
        cvn_arena_alloc(ctx->arena, sizeof *response);
    if (!response)
        return -ENOMEM;
    convene__mentoring__v1__check_program_response__init(response);
    int r = lint(ctx, req->id, &share, response);
    cvn_share_give(ctx, &share);
    ctx->prepared = response;
    return r;
}

int cvn_program_lint_answer(struct cvn_ctx *ctx, const void *request, void *reply)
{
    (void)request;
    *(Convene__Mentoring__V1__CheckProgramResponse *)reply =
        *(const Convene__Mentoring__V1__CheckProgramResponse *)ctx->prepared;
    return 0;
}
