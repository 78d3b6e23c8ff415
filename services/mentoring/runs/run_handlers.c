#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000 };

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

static struct cvn_mentoring *service_of(const struct cvn_ctx *ctx)
{
    return ctx->service;
}

static void wake_worker(struct cvn_ctx *ctx, const void *request, const void *reply)
{
    (void)request;
    (void)reply;
    cvn_run_queue_wake(&service_of(ctx)->queue);
}

static int get_run(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetMatchRunRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    int r = cvn_run_find_managed(ctx, "id", req->id, &id, &run);
    if (r)
        return r;
    cvn_run_show_progress(ctx, &id, run);
    *(Convene__Mentoring__V1__MatchRun *)reply = *run;
    return 0;
}

static int check_list_runs(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListMatchRunsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int add_run(struct cvn_ctx *ctx, struct cvn_slice primary,
                   Convene__Mentoring__V1__ListMatchRunsResponse *response)
{
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_key row;
    struct cvn_id id;
    cvn_key_init(&row);
    cvn_key_put_raw(&row, primary);
    int r = cvn_mentoring_get(ctx, &row, &convene__mentoring__v1__match_run__descriptor, &run);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (cvn_id_parse(&id, CVN_RUN_PREFIX, run->id))
        cvn_run_show_progress(ctx, &id, run);
    response->match_runs[response->n_match_runs++] = run;
    return 0;
}

static int list_runs(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListMatchRunsRequest *req = request;
    Convene__Mentoring__V1__ListMatchRunsResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    struct cvn_slice after;
    struct cvn_key lo, hi, last;
    int r = cvn_program_find(ctx, "program_id", req->program_id, &id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "see the match runs of this programme");
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->match_runs =
        cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->match_runs);
    if (!response->match_runs)
        return -ENOMEM;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    /* Newest first: the upper bound is the last key shown. */
    struct cvn_slice upper = after.len > 0 ? after : cvn_key_slice(&hi);
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    cvn_key_init(&last);
    r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_PROGRAM],
                              (struct cvn_slice[2]){cvn_key_slice(&lo), upper}, CVN_BACKWARD);
    while (r == 0 && (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        if (response->n_match_runs == page_size) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
            r = response->next_page_token ? CVN_STORE_ABSENT : -ENOMEM;
            break;
        }
        cvn_key_init(&last);
        cvn_key_put_raw(&last, entry.key);
        r = add_run(ctx, entry.primary, response);
    }
    cvn_index_cursor_deinit(&cursor);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* The one being worked on is asked to stop and says so itself; one that waits is stopped here. */
static int cancel_run(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CancelMatchRunRequest *req = request;
    struct cvn_id id;
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *run;
    int r = cvn_run_find_managed(ctx, "id", req->id, &id, &run);
    if (r)
        return r;
    if (run->state != STATE(RUNNING) && run->state != STATE(QUEUED))
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_ENDED",
                                    "The run has ended already; there is nothing to cancel.");
    bool busy = run->state == STATE(RUNNING) && cvn_run_queue_cancel(&service_of(ctx)->queue, &id);
    if (!busy) {
        run->state = STATE(CANCELLED);
        run->end_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
        cvn_run_key(&key, &id);
        r = run->end_time ? cvn_mentoring_put(ctx, &cvn_run_table, &key, &run->base) : -ENOMEM;
    }
    *(Convene__Mentoring__V1__MatchRun *)reply = *run;
    return r;
}

const struct cvn_service_method cvn_match_methods[CVN_MATCH_METHODS] = {
    {"CreateMatchRun", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_run_check_create, cvn_run_create,
     wake_worker, CVN_SCOPE_MENTORING_MANAGE},
    {"GetMatchRun", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_run, NULL, CVN_SCOPE_READ},
    {"ListMatchRuns", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list_runs, list_runs, NULL,
     CVN_SCOPE_READ},
    {"CancelMatchRun", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cancel_run, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
    {"ListMatches", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_match_check_list, cvn_match_list,
     NULL, CVN_SCOPE_READ},
    {"ExplainMatch", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_match_explain, NULL,
     CVN_SCOPE_READ},
    {"GetMatchSensitivity", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_match_weigh,
     cvn_match_weigh_answer, NULL, CVN_SCOPE_READ},
    {"PublishMatchRun", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_run_prepare_publish,
     cvn_run_publish, NULL, CVN_SCOPE_MENTORING_MANAGE},
    {"DiffMatchRuns", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_run_check_diff, cvn_run_diff, NULL,
     CVN_SCOPE_READ},
    {"SetPairRule", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_pair_rule_check_set,
     cvn_pair_rule_set, NULL, CVN_SCOPE_MENTORING_MANAGE},
    {"DeletePairRule", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_pair_rule_delete, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
    {"ListPairRules", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_pair_rule_check_list,
     cvn_pair_rule_list, NULL, CVN_SCOPE_READ},
};
