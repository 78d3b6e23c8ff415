/* Finding runs for those who may see them: only who runs the programme does. */
#ifndef CVN_SERVICES_MENTORING_RUNS_RUN_FIND_H
#define CVN_SERVICES_MENTORING_RUNS_RUN_FIND_H

#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/runtime/ctx.h"

/*
 * The run of an id in a field of the request, and its programme, whoever asks. 0; CVN_REFUSED with
 * INVALID_ARGUMENT or NOT_FOUND; a fault.
 */
int cvn_run_find(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                 Convene__Mentoring__V1__MatchRun **ret_run,
                 Convene__Mentoring__V1__Program **ret_program);

/* The same for those who run the programme; NOT_FOUND for everybody else. */
int cvn_run_find_managed(struct cvn_ctx *ctx, const char *field, const char *id,
                         struct cvn_id *ret_id, Convene__Mentoring__V1__MatchRun **ret_run);

/* Says that there is no such run. Always CVN_REFUSED. */
int cvn_run_refuse_unknown(struct cvn_ctx *ctx, const char *id);

/*
 * The enrolment that "per_…", "enr_…" or "me", in the field person_id, means in the run's
 * programme. 0; CVN_STORE_ABSENT; CVN_REFUSED with INVALID_ARGUMENT; a fault.
 */
int cvn_run_find_subject(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run,
                         const char *id, Convene__Mentoring__V1__Enrolment **ret);

/* What a run has found is read only once it is checked and whole. 0 or CVN_REFUSED. */
int cvn_run_require_done(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run);

/* Adds how far a run is that waits or is worked on. */
void cvn_run_show_progress(struct cvn_ctx *ctx, const struct cvn_id *id,
                           Convene__Mentoring__V1__MatchRun *run);

#endif
