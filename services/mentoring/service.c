#include "services/mentoring/service.h"

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/privacy.pb-c.h"
#include "services/mentoring/attendance_cache.h"
#include "services/mentoring/mentorships/expire.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/job.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <stdlib.h>

enum { INTERRUPT_ARENA_BYTES = 16 << 20 };

const struct cvn_table *const cvn_mentoring_tables[] = {
    &cvn_program_table, &cvn_enrolment_table,  &cvn_run_table,
    &cvn_result_table,  &cvn_mentorship_table, NULL,
};

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* A run that a former process left, and when it was found. */
struct left_run {
    struct cvn_id id;
    int64_t now_ms;
};

static int interrupt(struct cvn_txn *txn, void *arg)
{
    const struct left_run *left = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, INTERRUPT_ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_key key;
    cvn_run_key(&key, &left->id);
    int r = cvn_mentoring_get(&ctx, &key, &convene__mentoring__v1__match_run__descriptor, &run);
    if (r)
        return r;
    run->state = STATE(INTERRUPTED);
    run->failure = (char *)(uintptr_t)CVN_RUN_INTERRUPTED;
    run->end_time = cvn_mentoring_time(&arena, left->now_ms);
    return run->end_time ? cvn_mentoring_put(&ctx, &cvn_run_table, &key, &run->base) : -ENOMEM;
}

static int find_left(struct cvn_store *store, struct cvn_id *ret)
{
    struct cvn_txn *snapshot;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, INTERRUPT_ARENA_BYTES);
    Convene__Mentoring__V1__MatchRun *run;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    struct cvn_ctx ctx = {.arena = &arena, .txn = snapshot};
    r = cvn_run_first_in_state(&ctx, STATE(RUNNING), ret, &run);
    cvn_snapshot_release(snapshot);
    return r;
}

/*
 * An interrupted run says so, and can be started again. What it had stored goes first, so that it
 * goes also when this process is killed meanwhile.
 */
static int interrupt_runs(const struct cvn_mentoring *mentoring)
{
    struct cvn_store *store = mentoring->options.store;
    struct left_run left = {.now_ms = mentoring->options.wall_clock_ms()};
    int r;
    while ((r = find_left(store, &left.id)) == 0) {
        r = cvn_run_drop_results(store, &left.id);
        if (r == 0)
            r = cvn_store_update(store, interrupt, &left, 0);
        if (r)
            return r;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int start(struct cvn_mentoring *mentoring)
{
    const struct cvn_mentoring_options *options = &mentoring->options;
    int r = cvn_attendance_cache_new(&mentoring->attendance, 0);
    if (r == 0)
        r = interrupt_runs(mentoring);
    if (r)
        return r;
    mentoring->started = true;
    cvn_budget_init(&mentoring->budget, options->runs_memory_bytes ? options->runs_memory_bytes
                                                                   : CVN_RUNS_MEMORY_BYTES_MAX);
    r = cvn_run_queue_init(&mentoring->queue, mentoring, &mentoring->budget, options->runs_at_once);
    int w = cvn_run_watch_init(&mentoring->watch, mentoring);
    return r ? r : w;
}

int cvn_mentoring_new(struct cvn_mentoring **ret, const struct cvn_mentoring_options *options)
{
    struct cvn_mentoring *mentoring = calloc(1, sizeof *mentoring);
    if (!mentoring)
        return -ENOMEM;
    mentoring->options = *options;
    int r = start(mentoring);
    if (r) {
        cvn_mentoring_free(mentoring);
        return r > 0 ? -EAGAIN : r;
    }
    *ret = mentoring;
    return 0;
}

int cvn_mentoring_bind(struct cvn_mentoring *mentoring, struct cvn_runtime *runtime,
                       struct cvn_server *server)
{
    int r = cvn_methods_bind(runtime, server, &convene__mentoring__v1__program_service__descriptor,
                             cvn_program_methods, mentoring);
    if (r == 0)
        r = cvn_methods_bind(runtime, server,
                             &convene__mentoring__v1__enrolment_service__descriptor,
                             cvn_enrolment_methods, mentoring);
    if (r == 0)
        r = cvn_methods_bind(runtime, server, &convene__mentoring__v1__match_service__descriptor,
                             cvn_match_methods, mentoring);
    if (r == 0)
        r = cvn_methods_bind(runtime, server,
                             &convene__mentoring__v1__mentorship_service__descriptor,
                             cvn_mentorship_methods, mentoring);
    if (r == 0)
        r = cvn_methods_bind(runtime, server, &convene__mentoring__v1__privacy_service__descriptor,
                             cvn_mentoring_privacy_methods, mentoring);
    return r ? r : cvn_run_watch_bind(&mentoring->watch, runtime, server);
}

int cvn_mentoring_turn(struct cvn_mentoring *mentoring, int64_t now_ms, int64_t *ret_next_ms)
{
    int erasures = cvn_person_erasure_turn(mentoring, now_ms);
    int expiries = cvn_mentorships_expire(mentoring, now_ms, ret_next_ms);
    return erasures < 0 ? erasures : expiries < 0 ? expiries : erasures > 0 || expiries > 0;
}

void cvn_mentoring_stop(struct cvn_mentoring *mentoring)
{
    if (!mentoring || !mentoring->started)
        return;
    cvn_run_queue_stop(&mentoring->queue);
    cvn_run_watch_stop(&mentoring->watch);
}

void cvn_mentoring_free(struct cvn_mentoring *mentoring)
{
    if (!mentoring)
        return;
    cvn_mentoring_stop(mentoring);
    if (mentoring->started) {
        cvn_run_queue_deinit(&mentoring->queue);
        cvn_budget_deinit(&mentoring->budget);
        cvn_run_watch_deinit(&mentoring->watch);
    }
    cvn_attendance_cache_free(mentoring->attendance);
    free(mentoring);
}
