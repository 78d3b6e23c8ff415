/*
 * One match run from its row to its results: gathered from one snapshot, solved, checked by code of
 * its own, explained and stored. What fails its check is never stored as done.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_JOB_H
#define CVN_SERVICES_MENTORING_RUNS_JOB_H

#include "cohort/groups.h"
#include "services/mentoring/runs/gather.h"
#include "services/mentoring/runs/queue.h"

struct cvn_store;
struct cvn_txn;

/* The failure of a run that was under way when the server stopped. */
#define CVN_RUN_INTERRUPTED "The server stopped while the run was under way; start it again."

/* The context serves the tables' functions. */
struct cvn_job {
    struct cvn_mentoring *mentoring;
    struct cvn_run_slot *slot;
    struct cvn_arena arena;
    struct cvn_arena attended; /* where people were, until the problem is built */
    struct cvn_ctx ctx;
    struct cvn_status status;
    struct cvn_id run_id;
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_gathered gathered;
    struct cvn_cohort cohort;
    struct cvn_groups groups; /* of a programme of groups */
    struct cvn_match_result *result;
    struct cvn_error error; /* why it failed, as a sentence */
    int64_t ended_ms;
    bool ended_before; /* its row said so when the end was to be written */
};

/* Works on a run that is RUNNING, until its row says how it ended. */
void cvn_job_run(struct cvn_mentoring *mentoring, struct cvn_run_slot *slot,
                 const struct cvn_id *run);

/* Notes the sentence of a failure. Always -ECANCELED. */
int cvn_job_fail(struct cvn_job *job, const char *sentence);

/* job_events.c: where everybody was, as far as the run wants to know. 0; CVN_MATCH_CANCELLED;
 * a failure, noted. */
int cvn_job_read_attendance(struct cvn_job *job);

/* job_results.c */

/* Stores what became of everybody. 0; CVN_MATCH_CANCELLED; a fault. */
int cvn_job_store_results(struct cvn_job *job);
/* Keeps the problem, for questions about it. Results as above. */
int cvn_job_store_input(struct cvn_job *job);
/* Nobody may read the results of a run that is not done, so they do not stay. 0 or a fault. */
int cvn_run_drop_results(struct cvn_store *store, const struct cvn_id *run);
/* Runs an update of the store; a full queue is waited for. */
int cvn_job_update(struct cvn_job *job, int (*run)(struct cvn_txn *txn, void *arg), void *arg);

#endif
