#include "services/mentoring/runs/job.h"

#include "matching/prepared.h"
#include "services/mentoring/attendance.h"
#include "services/mentoring/change.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_ARENA_BYTES = 16 << 20 }; /* with the pair rules of the run */
#define RUN_ARENA_BYTES ((size_t)4 << 30)

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name
#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name

static bool report_progress(void *context, enum cvn_match_phase phase, uint64_t done,
                            uint64_t total)
{
    static const enum cvn_run_step steps[] = {
        [CVN_MATCH_PHASE_PREPARE] = CVN_RUN_STEP_PREPARE,
        [CVN_MATCH_PHASE_CANDIDATES] = CVN_RUN_STEP_CANDIDATES,
        [CVN_MATCH_PHASE_SOLVE] = CVN_RUN_STEP_SOLVE,
        [CVN_MATCH_PHASE_REPORT] = CVN_RUN_STEP_REPORT,
        [CVN_MATCH_PHASE_CHECK] = CVN_RUN_STEP_CHECK,
    };
    return cvn_run_slot_tell(context, steps[phase], cvn_match_phase_name(phase), done, total);
}

int cvn_job_fail(struct cvn_job *job, const char *sentence)
{
    return cvn_error_set(&job->error, -ECANCELED, "%s", sentence);
}

/* The run's mode, which was checked when it was made, in the library's terms. */
static enum cvn_match_mode mode_of(const Convene__Mentoring__V1__MatchRun *run)
{
    static const enum cvn_match_mode modes[] = {
        [MODE(UNSPECIFIED)] = CVN_MATCH_STABLE, [MODE(STABLE)] = CVN_MATCH_STABLE,
        [MODE(OPTIMAL)] = CVN_MATCH_OPTIMAL,    [MODE(MOST_PLACED)] = CVN_MATCH_MOST,
        [MODE(FAIR)] = CVN_MATCH_FAIR,
    };
    return modes[run->mode];
}

static bool tell_reading(void *arg, size_t n_rows)
{
    const struct cvn_job *job = arg;
    uint64_t n_people = (uint64_t)job->run->mentor_count + (uint64_t)job->run->mentee_count;
    return cvn_run_slot_tell(job->slot, CVN_RUN_STEP_READ, "read who takes part", n_rows, n_people);
}

/* The row, and everything that the run needs of the store as of now. */
static int read_snapshot(struct cvn_job *job, const struct cvn_id *run)
{
    struct cvn_key key;
    struct cvn_gather_query query;
    cvn_run_key(&key, run);
    int r = cvn_mentoring_get(&job->ctx, &key, &convene__mentoring__v1__match_run__descriptor,
                              &job->run);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    query = (struct cvn_gather_query){
        .include_mentored = job->run->include_mentored,
        .pair_rules = job->run->pair_rules,
        .n_pair_rules = job->run->n_pair_rules,
        .base_run_id = job->run->base_run_id,
        .tell = tell_reading,
        .arg = job,
    };
    if (!cvn_id_parse(&query.program, CVN_PROGRAM_PREFIX, job->run->program_id))
        return -EUCLEAN;
    r = cvn_gather(&job->ctx, &query, &job->gathered);
    return r == CVN_GATHER_STOPPED ? CVN_MATCH_CANCELLED : r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

static int read_run(struct cvn_job *job, const struct cvn_id *run)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(job->mentoring->options.store, &snapshot);
    if (r)
        return r;
    job->ctx.txn = snapshot;
    r = read_snapshot(job, run);
    job->ctx.txn = NULL;
    cvn_snapshot_release(snapshot);
    if (r)
        return r;
    struct cvn_cohort_input *input = &job->gathered.input;
    input->mode = mode_of(job->run);
    input->candidates_per_mentee = job->run->candidates_per_mentee;
    input->all_pairs = job->run->all_pairs;
    input->seed = job->run->seed;
    input->now_ms = job->ctx.now_ms;
    job->run->full_mentor_count = (int32_t)job->gathered.n_full_mentors;
    return 0;
}

static int explain_invalid(struct cvn_job *job)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, &job->arena);
    (void)cvn_match_validate(&job->cohort.problem, &problems);
    return cvn_job_fail(job, cvn_problems_sentence(&problems));
}

/* The place of somebody in the cohort, which is that in the problem, too. */
static size_t place_of(const struct cvn_cohort_member *members, size_t n, const struct cvn_id *id)
{
    const struct cvn_cohort_member *found =
        bsearch(id, members, n, sizeof *members, cvn_cohort_compare_member);
    return (size_t)(found - members);
}

static bool may_be_locked(enum cvn_match_rule rule)
{
    return rule != CVN_MATCH_RULE_SELF && rule != CVN_MATCH_RULE_FORBIDDEN &&
           rule != CVN_MATCH_RULE_EXCLUDED && rule != CVN_MATCH_RULE_CONFLICT;
}

/* Locked pairs of which nothing can come are named, instead of numbered by the library. */
static int check_locked(struct cvn_job *job)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    struct cvn_match_problem unlocked = job->cohort.problem;
    unlocked.locked = NULL;
    unlocked.n_locked = 0;
    int32_t *n_locked = cvn_arena_alloc_array(&job->arena, input->n_mentors, sizeof *n_locked);
    if (!n_locked)
        return -ENOMEM;
    for (size_t i = 0; i < input->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &input->locked[i];
        size_t mentor = place_of(input->mentors, input->n_mentors, &pair->mentor_id);
        size_t mentee = place_of(input->mentees, input->n_mentees, &pair->mentee_id);
        const char *mentor_name = input->mentors[mentor].enrolment->display_name;
        const char *mentee_name = input->mentees[mentee].enrolment->display_name;
        enum cvn_match_rule rule =
            cvn_match_decide(&unlocked, &unlocked.mentors[mentor], &unlocked.mentees[mentee]);
        if (!may_be_locked(rule))
            return cvn_error_set(&job->error, -ECANCELED,
                                 "%.100s is locked with the mentor %.100s, but \"%s\" keeps them "
                                 "apart; unlock them, or take that away.",
                                 mentee_name, mentor_name, cvn_match_rule_name(rule));
        if (i > 0 && cvn_id_equal(&pair->mentee_id, &input->locked[i - 1].mentee_id))
            return cvn_error_set(&job->error, -ECANCELED,
                                 "%.100s is locked with two mentors; unlock one of them.",
                                 mentee_name);
        if (++n_locked[mentor] > unlocked.mentors[mentor].capacity)
            return cvn_error_set(&job->error, -ECANCELED,
                                 "%.100s has %d free seats and more mentees locked; unlock one, or "
                                 "raise the capacity.",
                                 mentor_name, unlocked.mentors[mentor].capacity);
    }
    return 0;
}

/* What the mentors' locked mentees share with them, for groups; NULL without memory. */
static struct cvn_match_hours *shared_hours(struct cvn_job *job)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    const struct cvn_match_problem *problem = &job->cohort.problem;
    struct cvn_match_hours *hours =
        cvn_arena_alloc_array(&job->arena, input->n_mentors, sizeof *hours);
    for (size_t i = 0; hours && i < input->n_mentors; i++)
        hours[i] = problem->mentors[i].person.hours;
    for (size_t i = 0; hours && i < input->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &input->locked[i];
        size_t mentor = place_of(input->mentors, input->n_mentors, &pair->mentor_id);
        size_t mentee = place_of(input->mentees, input->n_mentees, &pair->mentee_id);
        (void)cvn_groups_admit(&hours[mentor], &problem->mentees[mentee].person.hours,
                               job->cohort.session_hours);
    }
    return hours;
}

/* Adds to the locked pairs those of the base run that still may be, as the explainer says. */
static int lock_base(struct cvn_job *job, const struct cvn_match_explainer *explainer)
{
    struct cvn_cohort_input *input = &job->gathered.input;
    size_t n_base = job->gathered.n_base_pairs, n = 0;
    struct cvn_match_pair_ids *locked =
        cvn_arena_alloc_array(&job->arena, input->n_locked + n_base, sizeof *locked);
    int32_t *n_locked = cvn_arena_alloc_array(&job->arena, input->n_mentors, sizeof *n_locked);
    bool *has_lock = cvn_arena_alloc_array(&job->arena, input->n_mentees, sizeof *has_lock);
    struct cvn_match_hours *shared = shared_hours(job);
    if (!locked || !n_locked || !has_lock || !shared)
        return -ENOMEM;
    for (; n < input->n_locked; n++) {
        locked[n] = input->locked[n];
        n_locked[place_of(input->mentors, input->n_mentors, &locked[n].mentor_id)]++;
        has_lock[place_of(input->mentees, input->n_mentees, &locked[n].mentee_id)] = true;
    }
    for (size_t i = 0; i < n_base; i++) {
        const struct cvn_match_pair_ids *pair = &job->gathered.base_pairs[i];
        struct cvn_match_facts facts;
        size_t mentor = place_of(input->mentors, input->n_mentors, &pair->mentor_id);
        size_t mentee = place_of(input->mentees, input->n_mentees, &pair->mentee_id);
        if (has_lock[mentee] || n_locked[mentor] == job->cohort.problem.mentors[mentor].capacity ||
            cvn_match_explain_pair(explainer, &pair->mentor_id, &pair->mentee_id, &facts) != 0 ||
            facts.refused_by != CVN_MATCH_RULE_NONE)
            continue;
        if (job->cohort.session_hours > 0 &&
            !cvn_groups_admit(&shared[mentor], &job->cohort.problem.mentees[mentee].person.hours,
                              job->cohort.session_hours))
            continue;
        n_locked[mentor]++;
        locked[n++] = *pair;
        job->run->kept_count++;
    }
    if (n > 0)
        qsort(locked, n, sizeof *locked, cvn_gather_compare_pairs);
    input->locked = locked;
    input->n_locked = n;
    cvn_cohort_lock(&job->cohort, locked, n);
    return 0;
}

static int keep_base(struct cvn_job *job)
{
    struct cvn_match_problem unlocked = job->cohort.problem;
    struct cvn_match_explainer *explainer;
    unlocked.n_locked = 0;
    int r = cvn_match_explainer_new(&unlocked, NULL, &explainer);
    if (r)
        return r;
    r = lock_base(job, explainer);
    cvn_match_explainer_free(explainer);
    return r;
}

static int explain_apart(struct cvn_job *job, const struct cvn_match_pair_ids *pair)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    size_t mentor = place_of(input->mentors, input->n_mentors, &pair->mentor_id);
    size_t mentee = place_of(input->mentees, input->n_mentees, &pair->mentee_id);
    int32_t n = job->cohort.session_hours;
    return cvn_error_set(&job->error, -ECANCELED,
                         "%.100s is locked with the mentor %.100s, but the two, and who else is in "
                         "the mentor's group, share no %d hour%s in a row; unlock them, or ask for "
                         "further hours.",
                         input->mentees[mentee].enrolment->display_name,
                         input->mentors[mentor].enrolment->display_name, n, n == 1 ? "" : "s");
}

/* Chooses when the mentors' groups meet, in a programme of groups. */
static int arrange(struct cvn_job *job, const struct cvn_match_progress *progress)
{
    size_t apart;
    job->run->session_hours = job->cohort.session_hours;
    if (job->cohort.session_hours == 0)
        return 0;
    int r = cvn_groups_arrange(&job->cohort.problem, job->cohort.session_hours, &job->arena,
                               progress, &job->groups, &apart);
    job->cohort.own = job->groups.before.mentors;
    return r == CVN_GROUPS_APART ? explain_apart(job, &job->cohort.problem.locked[apart]) : r;
}

/* Says what too many share for it to count. */
static int note_left_out(struct cvn_job *job)
{
    size_t n = job->cohort.n_places_left_out;
    job->run->left_out_count = (int32_t)n;
    if (n == 0)
        return 0;
    job->run->events_note = cvn_arena_printf(&job->arena,
                                             "%s. Left out of the score %s %zu of them, which more "
                                             "than %d pairs share, or with the rarer "
                                             "ones more than %d in all.",
                                             job->run->events_note, n == 1 ? "is" : "are", n,
                                             CVN_COHORT_PAIRS_OF_ONE_MAX, CVN_COHORT_PAIRS_MAX);
    return job->run->events_note ? 0 : -ENOMEM;
}

static bool tell_building(void *arg)
{
    const struct cvn_job *job = arg;
    return cvn_run_slot_tell(job->slot, CVN_RUN_STEP_PREPARE, "prepare", 0, 0);
}

static int build(struct cvn_job *job)
{
    job->gathered.input.go_on = tell_building;
    job->gathered.input.arg = job;
    int r = cvn_cohort_build(&job->cohort, &job->arena, job->mentoring->options.zones,
                             &job->gathered.input, &job->error);
    cvn_attendance_forget(&job->gathered.input);
    cvn_attendance_forget(&job->cohort.input);
    cvn_arena_reset(&job->attended);
    if (r == CVN_COHORT_STOPPED)
        return CVN_MATCH_CANCELLED;
    if (r)
        return r > 0 ? -ECANCELED : r;
    job->cohort.problem.n_threads = job->mentoring->options.threads_per_run;
    job->run->locked_count = (int32_t)job->gathered.input.n_locked;
    job->run->forbidden_count = (int32_t)job->gathered.input.n_forbidden;
    r = note_left_out(job);
    if (r == 0)
        r = check_locked(job);
    return r == 0 && job->gathered.n_base_pairs > 0 ? keep_base(job) : r;
}

static int refute(struct cvn_job *job, const char *why)
{
    return cvn_error_set(&job->error, -ECANCELED, "The check of the result failed: %s", why);
}

/* What the check has found, in words. */
static int tell_check(struct cvn_job *job)
{
    static const char *const found[CVN_MATCH_MODES] = {
        [CVN_MATCH_STABLE] = "no blocking pair among",
        [CVN_MATCH_OPTIMAL] = "no other pairing has a higher total; proved over",
        [CVN_MATCH_MOST] = "none pairs more, and none of those has a higher total; proved over",
        [CVN_MATCH_FAIR] = ("none pairs more, none of those has a better worst-off pair, and none "
                            "of those has a higher total; proved over"),
    };
    const struct cvn_match_answer *answer = cvn_match_result_answer(job->result);
    job->run->proved = true;
    bool is_open = job->run->all_pairs && job->cohort.problem.mode == CVN_MATCH_STABLE &&
                   answer->gap.n_tempted == 0 && answer->n_unmatched > 0;
    job->run->check = cvn_arena_printf(
        &job->arena, "%s %lld candidate%s%s%s", found[job->gathered.input.mode],
        (long long)answer->stats.n_candidates, answer->stats.n_candidates == 1 ? "" : "s",
        is_open ? "; no other mentor would take who has none" : "",
        job->cohort.session_hours > 0
            ? ", the groups' times being given; everybody is free when their group meets"
            : "");
    return job->run->check ? 0 : -ENOMEM;
}

static int solve(struct cvn_job *job, const struct cvn_match_progress *progress)
{
    int r = cvn_match_solve(&job->cohort.problem, progress, &job->result);
    if (r || !job->run->all_pairs || job->cohort.problem.mode == CVN_MATCH_STABLE)
        return r;
    const struct cvn_match_gap *found = &cvn_match_result_answer(job->result)->gap;
    Convene__Mentoring__V1__MatchGap *gap = cvn_arena_alloc(&job->arena, sizeof *gap);
    if (!gap)
        return -ENOMEM;
    convene__mentoring__v1__match_gap__init(gap);
    gap->total = found->worth;
    gap->bound = found->bound;
    gap->tempted_count = (int32_t)found->n_tempted;
    job->run->gap = gap;
    return 0;
}

/* Builds the problem, solves it, and believes the result only after the independent check. */
static int match(struct cvn_job *job)
{
    const struct cvn_match_progress progress = {report_progress, job->slot};
    int r = build(job);
    if (r)
        return r;
    r = arrange(job, &progress);
    if (r == 0)
        r = solve(job, &progress);
    if (r == CVN_MATCH_INVALID)
        return explain_invalid(job);
    if (r)
        return r;
    struct cvn_error violation;
    r = cvn_match_check(&job->cohort.problem, cvn_match_result_answer(job->result),
                        CVN_MATCH_CHECK_CANDIDATES, &progress, &violation);
    if (r == 0 && job->cohort.session_hours > 0)
        r = cvn_match_check_times(&job->groups.before, job->groups.n_hours, job->groups.times,
                                  cvn_match_result_answer(job->result), &violation);
    if (r == CVN_MATCH_VIOLATION)
        return refute(job, violation.text);
    if (r == CVN_MATCH_INVALID)
        return -EINVAL;
    return r ? r : tell_check(job);
}

/* Mentors with a mentee, in a run that makes groups. */
static int32_t count_groups(struct cvn_job *job)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(job->result);
    const struct cvn_cohort_input *input = &job->gathered.input;
    bool *has_mentee = cvn_arena_alloc_array(&job->arena, input->n_mentors, sizeof *has_mentee);
    int32_t n = 0;
    for (size_t i = 0; job->cohort.session_hours > 0 && has_mentee && i < answer->n_pairs; i++) {
        bool *has =
            &has_mentee[place_of(input->mentors, input->n_mentors, &answer->pairs[i].mentor_id)];
        n += !*has;
        *has = true;
    }
    return n;
}

/* Fills in the figures of a run that is done. */
static void fill_figures(struct cvn_job *job)
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
    run->group_count = count_groups(job);
    for (size_t i = 0; i < answer->n_pairs; i++) {
        int32_t score = answer->pairs[i].mentee_score + answer->pairs[i].mentor_score;
        if (i == 0 || score < run->least_score)
            run->least_score = score;
    }
}

/* Writes the row unless it says by now that the run has ended: then it was cancelled. */
static int put_run(struct cvn_txn *txn, void *arg)
{
    struct cvn_job *job = arg;
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
    if (job->ended_before)
        return 0;
    ctx.now_ms = job->ended_ms;
    r = cvn_mentoring_put(&ctx, &cvn_run_table, &key, &job->run->base);
    return r ? r : cvn_mentoring_note_change(&ctx, job->run->id, "run.ended");
}

static void explain_failure(struct cvn_job *job, int result)
{
    if (!job->error.text[0])
        (void)cvn_error_set(&job->error, 0, "%s",
                            result == -ENOMEM ? "There was not enough memory for this cohort."
                            : result == -ENOSPC
                                ? "The server's disk is full."
                                : "The server met a fault of its own; its log says more.");
    job->run->failure = job->error.text;
}

/* Writes how the run ended; only this makes its results readable. */
static void end_run(struct cvn_job *job, int result)
{
    Convene__Mentoring__V1__MatchRun *run = job->run;
    CVN_ARENA_AUTO arena; /* the job's may be spent */
    cvn_arena_init(&arena, ROW_ARENA_BYTES);
    if (result == 0)
        fill_figures(job);
    bool stopped = result == CVN_MATCH_CANCELLED && cvn_run_slot_stopping(job->slot);
    run->state = result == 0                     ? STATE(DONE)
                 : stopped                       ? STATE(INTERRUPTED)
                 : result == CVN_MATCH_CANCELLED ? STATE(CANCELLED)
                                                 : STATE(FAILED);
    if (run->state == STATE(FAILED))
        explain_failure(job, result);
    if (run->state == STATE(INTERRUPTED))
        run->failure = (char *)(uintptr_t)CVN_RUN_INTERRUPTED;
    job->ended_ms = job->mentoring->options.wall_clock_ms();
    run->end_time = cvn_mentoring_time(&arena, job->ended_ms);
    int r = cvn_job_update(job, put_run, job);
    if (r == 0 && (run->state != STATE(DONE) || job->ended_before))
        (void)cvn_run_drop_results(job->mentoring->options.store, &job->run_id);
}

/* Else glibc keeps what a large run took for the next one of the same thread. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

void cvn_job_run(struct cvn_mentoring *mentoring, struct cvn_run_slot *slot,
                 const struct cvn_id *run)
{
    struct cvn_job job = {.mentoring = mentoring, .slot = slot, .run_id = *run};
    cvn_arena_init(&job.arena, RUN_ARENA_BYTES);
    cvn_arena_init(&job.attended, RUN_ARENA_BYTES);
    job.ctx = (struct cvn_ctx){
        .arena = &job.arena, .status = &job.status, .now_ms = mentoring->options.wall_clock_ms()};
    int r = read_run(&job, run);
    if (job.run) {
        if (r == 0)
            r = cvn_job_read_attendance(&job);
        if (r == 0)
            r = match(&job);
        if (r == 0)
            r = cvn_job_store_input(&job);
        if (r == 0)
            r = cvn_job_store_results(&job);
        end_run(&job, r);
    }
    cvn_match_result_free(job.result);
    cvn_arena_deinit(&job.attended);
    cvn_arena_deinit(&job.arena);
    give_memory_back();
}
