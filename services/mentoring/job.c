#include "services/mentoring/cohort.h"
#include "services/mentoring/people_source.h"
#include "services/mentoring/report.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RESULTS_PER_UPDATE = 250,
    ROW_ARENA_BYTES = 1 << 20,
    BUSY_PAUSE_NS = 10 * 1000 * 1000,
    BUSY_TRIES_MAX = 1000,
};
#define RUN_ARENA_BYTES ((size_t)4 << 30)
#define BATCH_ARENA_BYTES ((size_t)256 << 20)

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* One run from its row to its result. The context serves the tables' functions. */
struct job {
    struct cvn_mentoring *mentoring;
    struct cvn_arena arena;
    struct cvn_ctx ctx;
    struct cvn_status status;
    struct cvn_id run_id, program_id;
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Program *program;
    struct cvn_cohort_input input;
    struct cvn_cohort cohort;
    struct cvn_match_result *result;
    struct cvn_error error; /* why it failed, as a sentence */
    bool ended_before;      /* its row said so when the end was to be written */
    size_t n_dropped;       /* results deleted in the last update */
};

static void set_phase(struct cvn_mentoring *mentoring, const char *phase, uint64_t done,
                      uint64_t total)
{
    (void)pthread_mutex_lock(&mentoring->lock);
    mentoring->phase = phase;
    mentoring->phase_done = done;
    mentoring->phase_total = total;
    (void)pthread_mutex_unlock(&mentoring->lock);
}

static bool report_progress(void *context, enum cvn_match_phase phase, uint64_t done,
                            uint64_t total)
{
    struct cvn_mentoring *mentoring = context;
    set_phase(mentoring, cvn_match_phase_name(phase), done, total);
    return !atomic_load(&mentoring->cancel);
}

static int fail(struct job *job, const char *sentence)
{
    return cvn_error_set(&job->error, -ECANCELED, "%s", sentence);
}

/* The first run that waits: the lowest id among those RUNNING. */
static int find_run(struct job *job)
{
    struct cvn_key lo, hi;
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, STATE(RUNNING));
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, job->ctx.txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r == 0) {
        struct cvn_key row;
        cvn_key_init(&row);
        cvn_key_put_raw(&row, entry.primary);
        r = cvn_mentoring_get(&job->ctx, &row, &convene__mentoring__v1__match_run__descriptor,
                              &job->run);
    }
    cvn_index_cursor_deinit(&cursor);
    if (r == 0 && (!cvn_id_parse(&job->run_id, CVN_RUN_PREFIX, job->run->id) ||
                   !cvn_id_parse(&job->program_id, CVN_PROGRAM_PREFIX, job->run->program_id)))
        r = -EUCLEAN;
    return r;
}

static int add_member(struct job *job, const struct cvn_program_counts *counts,
                      struct cvn_slice value)
{
    Convene__Mentoring__V1__Enrolment *e;
    int r = cvn_ctx_unpack(&job->ctx, &convene__mentoring__v1__enrolment__descriptor, value, &e);
    if (r || e->state != CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE)
        return r;
    struct cvn_cohort_member member = {.enrolment = e};
    if (!cvn_id_parse(&member.person, CVN_MENTORING_PERSON_PREFIX, e->person_id))
        return -EUCLEAN;
    bool mentor = e->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR;
    if (mentor ? job->input.n_mentors == counts->n_mentors
               : job->input.n_mentees == counts->n_mentees)
        return -EUCLEAN;
    if (mentor)
        job->input.mentors[job->input.n_mentors++] = member;
    else
        job->input.mentees[job->input.n_mentees++] = member;
    return 0;
}

/* Reads programme and enrolments, which lie in the order of people. */
static int read_cohort(struct job *job)
{
    struct cvn_key key, lo, hi;
    struct cvn_program_counts counts;
    cvn_program_key(&key, &job->program_id);
    int r = cvn_mentoring_get(&job->ctx, &key, &convene__mentoring__v1__program__descriptor,
                              &job->program);
    if (r == 0)
        r = cvn_program_counts_get(&job->ctx, &job->program_id, &counts);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    job->input.mentors =
        cvn_arena_alloc_array(&job->arena, counts.n_mentors, sizeof *job->input.mentors);
    job->input.mentees =
        cvn_arena_alloc_array(&job->arena, counts.n_mentees, sizeof *job->input.mentees);
    if (!job->input.mentors || !job->input.mentees)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_ENROLMENTS);
    cvn_key_put_id(&lo, &job->program_id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    struct cvn_slice value;
    struct cvn_slice row;
    r = cvn_cursor_init(&cursor, job->ctx.txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &row, &value)) == 0)
        r = add_member(job, &counts, value);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Everything the run needs of the store, from one snapshot. CVN_STORE_ABSENT when none waits. */
static int read_run(struct job *job)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(job->mentoring->options.store, &snapshot);
    if (r)
        return r;
    job->ctx.txn = snapshot;
    r = find_run(job);
    if (r == 0)
        r = read_cohort(job);
    job->ctx.txn = NULL;
    cvn_snapshot_release(snapshot);
    return r;
}

/* Asks the events service where everybody was; no transaction is open meanwhile. */
static int read_attendance(struct job *job)
{
    size_t n = job->input.n_mentors + job->input.n_mentees;
    const char **ids = cvn_arena_alloc_array(&job->arena, n, sizeof *ids);
    const Convene__Events__V1__Attendance **attendance =
        cvn_arena_alloc_array(&job->arena, n, sizeof *attendance);
    if (!ids || !attendance)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        ids[i] = i < job->input.n_mentors
                     ? job->input.mentors[i].enrolment->person_id
                     : job->input.mentees[i - job->input.n_mentors].enrolment->person_id;
    for (size_t first = 0; first < n; first += CVN_PEOPLE_ASKED_AT_ONCE) {
        size_t some = n - first < CVN_PEOPLE_ASKED_AT_ONCE ? n - first : CVN_PEOPLE_ASKED_AT_ONCE;
        set_phase(job->mentoring, "ask where people met", first, n);
        if (atomic_load(&job->mentoring->cancel))
            return CVN_MATCH_CANCELLED;
        if (cvn_people_attendance(job->mentoring->options.events, &job->arena, ids + first, some,
                                  attendance + first, &job->status) != CVN_OK)
            return fail(job, job->status.message ? job->status.message
                                                 : "The events service refused to answer.");
    }
    for (size_t i = 0; i < n; i++)
        *(i < job->input.n_mentors ? &job->input.mentors[i].attendance
                                   : &job->input.mentees[i - job->input.n_mentors].attendance) =
            attendance[i];
    return 0;
}

static int explain_invalid(struct job *job)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, &job->arena);
    (void)cvn_match_validate(&job->cohort.problem, &problems);
    return fail(job, cvn_problems_sentence(&problems));
}

/* Builds the problem, solves it, and believes the result only after the independent check. */
static int match(struct job *job)
{
    const struct cvn_match_progress progress = {report_progress, job->mentoring};
    int r = cvn_cohort_build(&job->cohort, &job->arena, job->mentoring->options.zones, &job->input,
                             &job->error);
    if (r)
        return r > 0 ? -ECANCELED : r;
    r = cvn_match_solve(&job->cohort.problem, &progress, &job->result);
    if (r == CVN_MATCH_INVALID)
        return explain_invalid(job);
    if (r)
        return r;
    struct cvn_error violation;
    r = cvn_match_check(&job->cohort.problem, cvn_match_result_answer(job->result),
                        CVN_MATCH_CHECK_CANDIDATES, &progress, &violation);
    if (r == CVN_MATCH_VIOLATION)
        return cvn_error_set(&job->error, -ECANCELED, "The check of the result failed: %s",
                             violation.text);
    return r == CVN_MATCH_INVALID ? -EINVAL : r;
}

/* The writer's queue may be full for a moment; a run is worth waiting for that. */
static int update(struct job *job, int (*run)(struct cvn_txn *txn, void *arg), void *arg)
{
    const struct timespec pause = {0, BUSY_PAUSE_NS};
    for (int tries = 0;; tries++) {
        int r = cvn_store_update(job->mentoring->options.store, run, arg, 0);
        if (r != CVN_STORE_BUSY || tries == BUSY_TRIES_MAX)
            return r;
        (void)nanosleep(&pause, NULL);
    }
}

/* A batch of results on its way into the store. */
struct batch {
    struct job *job;
    Convene__Mentoring__V1__ExplainMatchResponse *reports[RESULTS_PER_UPDATE];
    struct cvn_id enrolments[RESULTS_PER_UPDATE];
    size_t n;
    struct cvn_arena arena;
};

static int put_batch(struct cvn_txn *txn, void *arg)
{
    struct batch *batch = arg;
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, BATCH_ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &scratch, .txn = txn};
    int r = 0;
    for (size_t i = 0; r == 0 && i < batch->n; i++) {
        struct cvn_key key;
        cvn_result_key(&key, &batch->job->run_id, &batch->enrolments[i]);
        r = cvn_mentoring_put(&ctx, &cvn_result_table, &key, &batch->reports[i]->base);
    }
    return r;
}

/* Adds what became of person number i: the mentees first, then the mentors. */
static int add_report(struct job *job, struct batch *batch, const struct cvn_report *report,
                      size_t i)
{
    size_t n_mentees = report->answer->n_mentees;
    const char *enrolment;
    int r;
    if (i < n_mentees) {
        r = cvn_report_mentee(report, i, &batch->arena, &batch->reports[batch->n]);
        enrolment = r ? "" : batch->reports[batch->n]->matches[0]->mentee_enrolment_id;
    } else {
        size_t mentor = i - n_mentees;
        r = cvn_report_mentor(report, mentor, &batch->arena, &batch->reports[batch->n]);
        enrolment = job->input.mentors[mentor].enrolment->id;
    }
    if (r == 0 && !cvn_id_parse(&batch->enrolments[batch->n], CVN_ENROLMENT_PREFIX, enrolment))
        r = -EUCLEAN;
    return r;
}

static int store_batch(struct job *job, const struct cvn_report *report, size_t first, size_t n)
{
    struct batch batch = {.job = job};
    cvn_arena_init(&batch.arena, BATCH_ARENA_BYTES);
    int r = 0;
    for (; r == 0 && batch.n < n; batch.n++)
        r = add_report(job, &batch, report, first + batch.n);
    if (r == 0)
        r = update(job, put_batch, &batch);
    cvn_arena_deinit(&batch.arena);
    return r;
}

static int store_results(struct job *job)
{
    size_t n = cvn_match_result_answer(job->result)->n_mentees + job->input.n_mentors;
    struct cvn_report report;
    int r = cvn_report_init(&report, &job->cohort, job->result, job->run->id, &job->arena);
    for (size_t first = 0; r == 0 && first < n; first += RESULTS_PER_UPDATE) {
        size_t left = n - first;
        set_phase(job->mentoring, "explain and store", first, n);
        r = atomic_load(&job->mentoring->cancel)
                ? CVN_MATCH_CANCELLED
                : store_batch(job, &report, first,
                              left < RESULTS_PER_UPDATE ? left : RESULTS_PER_UPDATE);
    }
    return r;
}

/* Fills in the figures of a run that is done. */
static int fill_figures(struct job *job)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(job->result);
    const struct cvn_match_stats *stats = &answer->stats;
    Convene__Mentoring__V1__MatchRun *run = job->run;
    run->input_digest = job->cohort.digest;
    run->mentor_count = (int32_t)answer->n_mentors;
    run->mentee_count = (int32_t)answer->n_mentees;
    run->seat_count = (int32_t)stats->n_seats;
    run->matched_count = (int32_t)stats->n_matched;
    run->candidate_count = stats->n_candidates;
    run->total_score = stats->mentee_score + stats->mentor_score;
    run->check = cvn_arena_printf(&job->arena, "no blocking pair among %lld candidates",
                                  (long long)stats->n_candidates);
    return run->check ? 0 : -ENOMEM;
}

/* Writes the row unless it says by now that the run has ended: then it was cancelled. */
static int put_run(struct cvn_txn *txn, void *arg)
{
    struct job *job = arg;
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *stored;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ROW_ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    cvn_run_key(&key, &job->run_id);
    int r = cvn_mentoring_get(&ctx, &key, &convene__mentoring__v1__match_run__descriptor, &stored);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    job->ended_before = stored->state != STATE(RUNNING);
    return job->ended_before ? 0 : cvn_mentoring_put(&ctx, &cvn_run_table, &key, &job->run->base);
}

/* Deletes some of the run's results; job->n_dropped of them. */
static int drop_some(struct cvn_txn *txn, void *arg)
{
    struct job *job = arg;
    struct cvn_key lo, hi, row;
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor;
    job->n_dropped = 0;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, &job->run_id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && job->n_dropped < RESULTS_PER_UPDATE &&
           (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        cvn_key_init(&row);
        cvn_key_put_raw(&row, key);
        r = cvn_table_delete(txn, &cvn_result_table, cvn_key_slice(&row));
        job->n_dropped++;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Nobody may read the results of a run that is not done, so they do not stay. */
static void drop_results(struct job *job)
{
    do {
        if (update(job, drop_some, job) != 0)
            return;
    } while (job->n_dropped == RESULTS_PER_UPDATE);
}

static bool is_stopping(struct cvn_mentoring *mentoring)
{
    (void)pthread_mutex_lock(&mentoring->lock);
    bool stopping = mentoring->stopping;
    (void)pthread_mutex_unlock(&mentoring->lock);
    return stopping;
}

static void explain_failure(struct job *job, int result)
{
    if (!job->error.text[0])
        (void)cvn_error_set(&job->error, 0, "%s",
                            result == -ENOMEM ? "There was not enough memory for this cohort."
                            : result == -ENOSPC
                                ? "The server's disk is full."
                                : "The server met a fault of its own; its log says more.");
    job->run->failure = job->error.text;
}

/* Writes how the run ended; only this makes its results readable. 0 or why it stays as it is. */
static int end_run(struct job *job, int result)
{
    Convene__Mentoring__V1__MatchRun *run = job->run;
    CVN_ARENA_AUTO arena; /* the job's may be spent */
    cvn_arena_init(&arena, ROW_ARENA_BYTES);
    if (result == 0)
        result = fill_figures(job);
    bool stopped = result == CVN_MATCH_CANCELLED && is_stopping(job->mentoring);
    run->state = result == 0                     ? STATE(DONE)
                 : stopped                       ? STATE(INTERRUPTED)
                 : result == CVN_MATCH_CANCELLED ? STATE(CANCELLED)
                                                 : STATE(FAILED);
    if (run->state == STATE(FAILED))
        explain_failure(job, result);
    if (run->state == STATE(INTERRUPTED))
        run->failure = (char *)(uintptr_t)CVN_RUN_INTERRUPTED;
    run->end_time = cvn_mentoring_time(&arena, job->mentoring->options.wall_clock_ms());
    int r = update(job, put_run, job);
    if (r == 0 && (run->state != STATE(DONE) || job->ended_before))
        drop_results(job);
    return r;
}

static void set_busy(struct cvn_mentoring *mentoring, const struct cvn_id *run)
{
    (void)pthread_mutex_lock(&mentoring->lock);
    mentoring->busy = run != NULL;
    if (run)
        mentoring->run = *run;
    mentoring->phase = "prepare";
    mentoring->phase_done = mentoring->phase_total = 0;
    if (!mentoring->stopping)
        atomic_store(&mentoring->cancel, false);
    (void)pthread_mutex_unlock(&mentoring->lock);
}

/* Works on the first run that waits. False when none does, or its end cannot be written. */
static bool work_on_one(struct cvn_mentoring *mentoring)
{
    struct job job = {.mentoring = mentoring};
    cvn_arena_init(&job.arena, RUN_ARENA_BYTES);
    int64_t now_ms = mentoring->options.wall_clock_ms();
    job.ctx = (struct cvn_ctx){.arena = &job.arena, .status = &job.status, .now_ms = now_ms};
    int r = read_run(&job);
    bool found = job.run != NULL;
    if (found) {
        set_busy(mentoring, &job.run_id);
        job.input.program = job.program;
        job.input.candidates_per_mentee = job.run->candidates_per_mentee;
        job.input.seed = job.run->seed;
        job.input.now_ms = now_ms;
        if (r == 0)
            r = read_attendance(&job);
        if (r == 0)
            r = match(&job);
        if (r == 0)
            r = store_results(&job);
        found = end_run(&job, r) == 0;
        set_busy(mentoring, NULL);
    }
    cvn_match_result_free(job.result);
    cvn_arena_deinit(&job.arena);
    return found;
}

void cvn_mentoring_wake(struct cvn_mentoring *mentoring)
{
    (void)pthread_mutex_lock(&mentoring->lock);
    mentoring->work = true;
    (void)pthread_cond_signal(&mentoring->wake);
    (void)pthread_mutex_unlock(&mentoring->lock);
}

void *cvn_mentoring_work(void *arg)
{
    struct cvn_mentoring *mentoring = arg;
    for (;;) {
        (void)pthread_mutex_lock(&mentoring->lock);
        while (!mentoring->work && !mentoring->stopping)
            (void)pthread_cond_wait(&mentoring->wake, &mentoring->lock);
        bool stopping = mentoring->stopping;
        mentoring->work = false;
        (void)pthread_mutex_unlock(&mentoring->lock);
        if (stopping)
            return NULL;
        while (work_on_one(mentoring) && !atomic_load(&mentoring->cancel))
            ;
    }
}
