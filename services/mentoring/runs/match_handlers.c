#include "matching/matching.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, SCAN_MAX = 20000 };

int cvn_match_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListMatchesRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int fill_matches(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListMatchesRequest *req,
                        struct cvn_cursor *cursor, size_t page_size,
                        Convene__Mentoring__V1__ListMatchesResponse *response)
{
    struct cvn_slice key, value, last = {NULL, 0};
    int r = 0;
    for (size_t n_seen = 0; (r = cvn_cursor_next(cursor, &key, &value)) == 0; n_seen++) {
        Convene__Mentoring__V1__ExplainMatchResponse *result;
        if (response->n_matches == page_size || n_seen == SCAN_MAX) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, last);
            return response->next_page_token ? 0 : -ENOMEM;
        }
        r = cvn_result_read(ctx, key, value, CVN_RESULT_MATCH, &result);
        if (r)
            return r;
        last = key;
        if (result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR)
            continue;
        if (!req->unmatched_only || result->matches[0]->unmatched_reason[0])
            response->matches[response->n_matches++] = result->matches[0];
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_match_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListMatchesRequest *req = request;
    Convene__Mentoring__V1__ListMatchesResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_slice after;
    struct cvn_key lo, hi;
    int r = cvn_run_find_managed(ctx, "run_id", req->run_id, &id, &run);
    if (r == 0)
        r = cvn_run_require_done(ctx, run);
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->matches = cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->matches);
    if (!response->matches)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, &id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    return r ? r : fill_matches(ctx, req, &cursor, page_size, response);
}

/*
 * The enrolment that is asked about, for those who run the programme and, once the run is
 * published, for the person. Others do not hear whether there is one, nor that there is a run.
 */
static int find_explained(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run,
                          const Convene__Mentoring__V1__Program *program, const char *id,
                          Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id person;
    int r = cvn_run_find_subject(ctx, run, id, ret);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    bool own = r == 0 && run->publish_time &&
               cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, (*ret)->person_id) &&
               cvn_caller_is(ctx, &person);
    if (!own && !cvn_program_managed(ctx, program))
        return cvn_run_refuse_unknown(ctx, run->id);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%.60s is not enrolled in this run's programme.",
                              id);
    return 0;
}

/* Adds the mentees of a mentor. */
static int add_mentees(struct cvn_ctx *ctx, const struct cvn_id *run,
                       const struct cvn_id *enrolment,
                       Convene__Mentoring__V1__ExplainMatchResponse *response)
{
    struct cvn_key lo, hi;
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    response->matches =
        cvn_arena_alloc_array(ctx->arena, CVN_MATCH_CAPACITY_MAX, sizeof *response->matches);
    if (!response->matches)
        return -ENOMEM;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, run);
    cvn_key_put_id(&lo, enrolment);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_result_by_mentor[0],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && response->n_matches < CVN_MATCH_CAPACITY_MAX &&
           (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        Convene__Mentoring__V1__ExplainMatchResponse *result;
        struct cvn_slice value;
        r = cvn_txn_get(ctx->txn, entry.primary, &value);
        if (r == 0)
            r = cvn_result_read(ctx, entry.primary, value, CVN_RESULT_MATCH, &result);
        if (r == 0 && result->n_matches != 1)
            r = -EUCLEAN;
        if (r == 0)
            response->matches[response->n_matches++] = result->matches[0];
    }
    cvn_index_cursor_deinit(&cursor);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* What the run stored, whatever has become of the enrolment since. */
static int explain_stored(struct cvn_ctx *ctx, const struct cvn_id *run,
                          const Convene__Mentoring__V1__Enrolment *subject,
                          Convene__Mentoring__V1__ExplainMatchResponse *response)
{
    struct cvn_id enrolment;
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    if (!cvn_id_parse(&enrolment, CVN_ENROLMENT_PREFIX, subject->id))
        return -EUCLEAN;
    cvn_result_key(&key, run, &enrolment);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s was not part of this run.",
                              subject->display_name);
    if (r == 0)
        r = cvn_result_read(ctx, cvn_key_slice(&key), value, CVN_RESULT_WHOLE, &result);
    if (r)
        return r;
    *response = *result;
    return result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
               ? add_mentees(ctx, run, &enrolment, response)
               : 0;
}

/* How others were scored is nobody's business but the managers'. */
static void leave_out_others(Convene__Mentoring__V1__ExplainMatchResponse *response)
{
    response->n_alternatives = 0;
    response->n_removed_by_rule = 0;
}

int cvn_match_explain(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ExplainMatchRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Program *program;
    Convene__Mentoring__V1__Enrolment *subject;
    int r = cvn_run_find(ctx, "run_id", req->run_id, &id, &run, &program);
    if (r == 0)
        r = find_explained(ctx, run, program, req->person_id, &subject);
    if (r == 0)
        r = cvn_run_require_done(ctx, run);
    if (r == 0)
        r = explain_stored(ctx, &id, subject, reply);
    if (r == 0 && !cvn_program_managed(ctx, program))
        leave_out_others(reply);
    return r;
}
