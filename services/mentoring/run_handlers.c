#include "matching/matching.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum {
    WAITING_MAX = 16, /* runs that wait for the job thread, with the one it works on */
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
    SCAN_MAX = 20000,
};

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name
#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name

static struct cvn_mentoring *service_of(const struct cvn_ctx *ctx)
{
    return ctx->service;
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CreateMatchRunRequest *req = request;
    if (req->candidates_per_mentee < 0 || req->candidates_per_mentee > CVN_MATCH_CANDIDATES_MAX)
        cvn_problems_add(&ctx->problems, "candidates_per_mentee",
                         "is %d; 1 to %d is right, or 0 for %d", req->candidates_per_mentee,
                         CVN_MATCH_CANDIDATES_MAX, CVN_MATCH_CANDIDATES_DEFAULT);
    if (req->mode != MODE(UNSPECIFIED) && req->mode != MODE(STABLE))
        cvn_problems_add(&ctx->problems, "mode", "is %d; MATCH_MODE_STABLE is right",
                         (int)req->mode);
    return cvn_ctx_refuse_problems(ctx);
}

/* Refuses when as many runs wait as may. */
static int check_queue(struct cvn_ctx *ctx)
{
    struct cvn_key lo, hi;
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    int n = 0;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, STATE(RUNNING));
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && n < WAITING_MAX && (r = cvn_index_cursor_next(&cursor, &entry)) == 0)
        n++;
    cvn_index_cursor_deinit(&cursor);
    if (n == WAITING_MAX)
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "%d match runs are waiting already; start this one when one of them "
                              "is done.",
                              WAITING_MAX);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int create_run(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CreateMatchRunRequest *req = request;
    Convene__Mentoring__V1__MatchRun *run = reply;
    Convene__Mentoring__V1__Program *program;
    struct cvn_id program_id, id = cvn_ctx_new_id(ctx);
    struct cvn_key key;
    int r = cvn_program_find(ctx, "program_id", req->program_id, &program_id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "match this programme");
    if (r == 0)
        r = check_queue(ctx);
    if (r)
        return r;
    run->id = cvn_ctx_id_text(ctx, CVN_RUN_PREFIX, &id);
    run->program_id = program->id;
    run->mode = MODE(STABLE);
    run->candidates_per_mentee =
        req->candidates_per_mentee ? req->candidates_per_mentee : CVN_MATCH_CANDIDATES_DEFAULT;
    run->seed = req->seed;
    run->state = STATE(RUNNING);
    run->mentor_count = program->mentor_count;
    run->mentee_count = program->mentee_count;
    run->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!run->id || !run->create_time)
        return -ENOMEM;
    cvn_run_key(&key, &id);
    return cvn_mentoring_put(ctx, &cvn_run_table, &key, &run->base);
}

static void wake_worker(struct cvn_ctx *ctx, const void *request, const void *reply)
{
    (void)request;
    (void)reply;
    cvn_mentoring_wake(service_of(ctx));
}

/* The run of an id. managed: only for those who run its programme. */
static int find_run(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
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
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no match run %s.", id);
    return r ? r
             : cvn_program_find(ctx, "program_id", (*ret_run)->program_id, &program_id,
                                ret_program);
}

static int find_managed_run(struct cvn_ctx *ctx, const char *field, const char *id,
                            struct cvn_id *ret_id, Convene__Mentoring__V1__MatchRun **ret_run)
{
    Convene__Mentoring__V1__Program *program;
    int r = find_run(ctx, field, id, ret_id, ret_run, &program);
    return r ? r
             : cvn_program_require_manager(ctx, program, "see the match runs of this programme");
}

/* Adds how far a run is that is being worked on. */
static void show_progress(struct cvn_ctx *ctx, const struct cvn_id *id,
                          Convene__Mentoring__V1__MatchRun *run)
{
    struct cvn_mentoring *mentoring = service_of(ctx);
    if (run->state != STATE(RUNNING))
        return;
    run->phase = (char *)(uintptr_t) "wait for another run";
    (void)pthread_mutex_lock(&mentoring->lock);
    if (mentoring->busy && cvn_id_equal(&mentoring->run, id)) {
        run->phase = (char *)(uintptr_t)mentoring->phase;
        run->phase_done = (int64_t)mentoring->phase_done;
        run->phase_total = (int64_t)mentoring->phase_total;
    }
    (void)pthread_mutex_unlock(&mentoring->lock);
}

static int get_run(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetMatchRunRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    int r = find_managed_run(ctx, "id", req->id, &id, &run);
    if (r)
        return r;
    show_progress(ctx, &id, run);
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
        show_progress(ctx, &id, run);
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
    struct cvn_mentoring *mentoring = service_of(ctx);
    struct cvn_id id;
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *run;
    int r = find_managed_run(ctx, "id", req->id, &id, &run);
    if (r)
        return r;
    if (run->state != STATE(RUNNING))
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_ENDED",
                                    "The run has ended already; there is nothing to cancel.");
    (void)pthread_mutex_lock(&mentoring->lock);
    bool busy = mentoring->busy && cvn_id_equal(&mentoring->run, &id);
    if (busy)
        atomic_store(&mentoring->cancel, true);
    (void)pthread_mutex_unlock(&mentoring->lock);
    if (!busy) {
        run->state = STATE(CANCELLED);
        run->end_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
        cvn_run_key(&key, &id);
        r = cvn_mentoring_put(ctx, &cvn_run_table, &key, &run->base);
    }
    *(Convene__Mentoring__V1__MatchRun *)reply = *run;
    return r;
}

/* What a run has found is read only once it is checked and whole. */
static int require_done(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run)
{
    if (run->state == STATE(DONE))
        return 0;
    const ProtobufCEnumValue *state = protobuf_c_enum_descriptor_get_value(
        &convene__mentoring__v1__match_run__state__descriptor, (int)run->state);
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_NOT_DONE",
                                "The run is in %s; its pairs can be read when it is done.",
                                state ? state->name : "an unknown state");
}

static int check_list_matches(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListMatchesRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int read_result(struct cvn_ctx *ctx, struct cvn_slice value,
                       Convene__Mentoring__V1__ExplainMatchResponse **ret)
{
    int r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__explain_match_response__descriptor, value,
                           ret);
    bool mentee = r == 0 && (*ret)->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE;
    return mentee && (*ret)->n_matches != 1 ? -EUCLEAN : r;
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
        r = read_result(ctx, value, &result);
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

static int list_matches(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListMatchesRequest *req = request;
    Convene__Mentoring__V1__ListMatchesResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_slice after;
    struct cvn_key lo, hi;
    int r = find_managed_run(ctx, "run_id", req->run_id, &id, &run);
    if (r == 0)
        r = require_done(ctx, run);
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

/* The enrolment that "per_…" or "enr_…" means in the run's programme. */
static int find_subject(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run,
                        const char *id, Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id subject, program;
    struct cvn_key key;
    int r;
    if (cvn_id_parse(&subject, CVN_ENROLMENT_PREFIX, id)) {
        r = cvn_enrolment_by_id(ctx, &subject, ret);
    } else {
        if (!cvn_ctx_read_id(ctx, "person_id", CVN_MENTORING_PERSON_PREFIX, id, &subject))
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

/*
 * The enrolment that is asked about, for the person and for those who run the programme. Others do
 * not hear whether there is one.
 */
static int find_explained(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run,
                          const Convene__Mentoring__V1__Program *program, const char *id,
                          Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id person;
    int r = find_subject(ctx, run, id, ret);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    bool own = r == 0 && ctx->who.kind == CVN_PRINCIPAL_PERSON &&
               cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, (*ret)->person_id) &&
               cvn_id_equal(&person, &ctx->who.person);
    if (!own && !cvn_program_managed(ctx, program))
        return cvn_ctx_refuse_access(ctx, "see why others were paired as they were");
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
            r = read_result(ctx, value, &result);
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
        r = read_result(ctx, value, &result);
    if (r)
        return r;
    *response = *result;
    return result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
               ? add_mentees(ctx, run, &enrolment, response)
               : 0;
}

static int explain_match(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ExplainMatchRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Program *program;
    Convene__Mentoring__V1__Enrolment *subject;
    int r = find_run(ctx, "run_id", req->run_id, &id, &run, &program);
    if (r == 0)
        r = find_explained(ctx, run, program, req->person_id, &subject);
    if (r == 0)
        r = require_done(ctx, run);
    return r ? r : explain_stored(ctx, &id, subject, reply);
}

const struct cvn_service_method cvn_match_methods[6] = {
    {"CreateMatchRun", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_run,
     wake_worker, CVN_SCOPE_MENTORING_MANAGE},
    {"GetMatchRun", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_run, NULL, CVN_SCOPE_READ},
    {"ListMatchRuns", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list_runs, list_runs, NULL,
     CVN_SCOPE_READ},
    {"CancelMatchRun", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cancel_run, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
    {"ListMatches", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list_matches, list_matches, NULL,
     CVN_SCOPE_READ},
    {"ExplainMatch", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, explain_match, NULL,
     CVN_SCOPE_READ},
};
