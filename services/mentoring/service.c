#include "services/mentoring/service.h"

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <stdlib.h>

enum { INTERRUPT_ARENA_BYTES = 16 << 20 };

const struct cvn_table *const cvn_mentoring_tables[] = {
    &cvn_program_table, &cvn_enrolment_table, &cvn_run_table, &cvn_result_table, NULL,
};

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* The first run that a former process left running; CVN_STORE_ABSENT when there is none. */
static int first_running(struct cvn_ctx *ctx, struct cvn_key *ret_key)
{
    struct cvn_key lo, hi;
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, STATE(RUNNING));
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    cvn_key_init(ret_key);
    if (r == 0)
        cvn_key_put_raw(ret_key, entry.primary);
    cvn_index_cursor_deinit(&cursor);
    return r;
}

/* An interrupted run says so, and can be started again. */
static int interrupt_runs(struct cvn_txn *txn, void *arg)
{
    const struct cvn_mentoring *mentoring = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, INTERRUPT_ARENA_BYTES);
    struct cvn_ctx ctx = {
        .arena = &arena, .txn = txn, .now_ms = mentoring->options.wall_clock_ms()};
    struct cvn_key key;
    int r;
    while ((r = first_running(&ctx, &key)) == 0) {
        Convene__Mentoring__V1__MatchRun *run;
        r = cvn_mentoring_get(&ctx, &key, &convene__mentoring__v1__match_run__descriptor, &run);
        if (r)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        run->state = STATE(INTERRUPTED);
        run->failure = (char *)(uintptr_t)CVN_RUN_INTERRUPTED;
        run->end_time = cvn_mentoring_time(&arena, ctx.now_ms);
        r = run->end_time ? cvn_mentoring_put(&ctx, &cvn_run_table, &key, &run->base) : -ENOMEM;
        if (r)
            return r;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_mentoring_new(struct cvn_mentoring **ret, const struct cvn_mentoring_options *options)
{
    struct cvn_mentoring *mentoring = calloc(1, sizeof *mentoring);
    if (!mentoring)
        return -ENOMEM;
    mentoring->options = *options;
    mentoring->phase = "";
    (void)pthread_mutex_init(&mentoring->lock, NULL);
    (void)pthread_cond_init(&mentoring->wake, NULL);
    int r = cvn_store_update(options->store, interrupt_runs, mentoring, 0);
    if (r == 0 && pthread_create(&mentoring->worker, NULL, cvn_mentoring_work, mentoring) != 0)
        r = -EAGAIN;
    if (r) {
        cvn_mentoring_free(mentoring);
        return r > 0 ? -EAGAIN : r;
    }
    mentoring->started = true;
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
    return r ? r
             : cvn_methods_bind(runtime, server, &convene__mentoring__v1__match_service__descriptor,
                                cvn_match_methods, mentoring);
}

void cvn_mentoring_stop(struct cvn_mentoring *mentoring)
{
    if (!mentoring || !mentoring->started)
        return;
    (void)pthread_mutex_lock(&mentoring->lock);
    mentoring->stopping = true;
    atomic_store(&mentoring->cancel, true);
    (void)pthread_cond_signal(&mentoring->wake);
    (void)pthread_mutex_unlock(&mentoring->lock);
    (void)pthread_join(mentoring->worker, NULL);
    mentoring->started = false;
}

void cvn_mentoring_free(struct cvn_mentoring *mentoring)
{
    if (!mentoring)
        return;
    cvn_mentoring_stop(mentoring);
    (void)pthread_cond_destroy(&mentoring->wake);
    (void)pthread_mutex_destroy(&mentoring->lock);
    free(mentoring);
}
