#include "services/mentoring/runs/run_find.h"

#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

int cvn_run_refuse_unknown(struct cvn_ctx *ctx, const char *id)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no match run %s that you may see.", id);
}

int cvn_run_find(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                 Convene__Mentoring__V1__MatchRun **ret_run,
                 Convene__Mentoring__V1__Program **ret_program)
{
    struct cvn_key key;
    struct cvn_id program_id;
    if (!cvn_ctx_read_id(ctx, field, CVN_RUN_PREFIX, id, ret_id))
        return cvn_ctx_refuse_problems(ctx);
    cvn_run_key(&key, ret_id);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__match_run__descriptor, ret_run);
    if (r == CVN_STORE_ABSENT)
        return cvn_run_refuse_unknown(ctx, id);
    return r ? r
             : cvn_program_find(ctx, "program_id", (*ret_run)->program_id, &program_id,
                                ret_program);
}

int cvn_run_find_managed(struct cvn_ctx *ctx, const char *field, const char *id,
                         struct cvn_id *ret_id, Convene__Mentoring__V1__MatchRun **ret_run)
{
    Convene__Mentoring__V1__Program *program;
    int r = cvn_run_find(ctx, field, id, ret_id, ret_run, &program);
    return r || cvn_program_managed(ctx, program) ? r : cvn_run_refuse_unknown(ctx, id);
}

int cvn_run_find_subject(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run,
                         const char *id, Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id subject, program;
    struct cvn_key key;
    int r;
    if (cvn_id_parse(&subject, CVN_ENROLMENT_PREFIX, id)) {
        r = cvn_enrolment_by_id(ctx, &subject, ret);
    } else {
        if (strcmp(id, "me") == 0 && ctx->who.kind == CVN_PRINCIPAL_PERSON)
            subject = ctx->who.person;
        else if (!cvn_ctx_read_id(ctx, "person_id", CVN_MENTORING_PERSON_PREFIX, id, &subject))
            return cvn_ctx_refuse_problems(ctx);
        if (!cvn_id_parse(&program, CVN_PROGRAM_PREFIX, run->program_id))
            return -EUCLEAN;
        cvn_enrolment_key(&key, &program, &subject);
        r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, ret);
    }
    if (r == 0 && strcmp((*ret)->program_id, run->program_id) != 0)
        r = CVN_STORE_ABSENT;
    return r;
}

int cvn_run_require_done(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run)
{
    const char *how = "is in an unknown state and has no pairs";
    switch (run->state) {
    case STATE(DONE):
        return 0;
    case STATE(QUEUED):
        how = "waits for others; its pairs can be read when it is done";
        break;
    case STATE(RUNNING):
        how = "is under way; its pairs can be read when it is done";
        break;
    case STATE(FAILED):
        how = "has failed and has no pairs; `convene match show` says why";
        break;
    case STATE(CANCELLED):
        how = "was cancelled and has no pairs; start another";
        break;
    case STATE(INTERRUPTED):
        how = "was interrupted and has no pairs; start another";
        break;
    case STATE(UNSPECIFIED):
    case _CONVENE__MENTORING__V1__MATCH_RUN__STATE_IS_INT_SIZE:
        break;
    }
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_NOT_DONE", "The run %s.", how);
}

void cvn_run_show_progress(struct cvn_ctx *ctx, const struct cvn_id *id,
                           Convene__Mentoring__V1__MatchRun *run)
{
    struct cvn_mentoring *mentoring = ctx->service;
    struct cvn_run_progress progress;
    if (run->state == STATE(QUEUED))
        run->phase = (char *)(uintptr_t) "wait for other runs";
    if (run->state != STATE(RUNNING) || !cvn_run_queue_progress(&mentoring->queue, id, &progress))
        return;
    run->phase = (char *)(uintptr_t)progress.phase;
    run->phase_done = (int64_t)progress.done;
    run->phase_total = (int64_t)progress.total;
    run->remaining_ms = progress.remaining_ms;
}
