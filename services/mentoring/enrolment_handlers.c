#include "base/text.h"
#include "services/mentoring/enrolment_find.h"
#include "services/mentoring/enrolment_update.h"
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"
#include "storage/store.h"

#include <errno.h>
#include <string.h>

enum {
    BATCH_MAX = 500,
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
    SCAN_MAX = 20000,
    REASON_MAX_BYTES = 500,
};

#define STATE(name) CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_##name
#define OUTCOME(name) CONVENE__MENTORING__V1__ENROLMENT_RESULT__OUTCOME__OUTCOME_##name

/* A programme that takes enrolments. */
static int find_open(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                     Convene__Mentoring__V1__Program **ret_program)
{
    int r = cvn_program_find(ctx, field, id, ret_id, ret_program);
    if (r == 0 && (*ret_program)->state != CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_OPEN)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "PROGRAM_CLOSED",
                                    "The programme \"%s\" is closed for enrolment; open it first.",
                                    (*ret_program)->name);
    return r;
}

static int require_enroller(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program)
{
    return cvn_program_require_manager(
        ctx, program, "enrol others in this programme; to enrol yourself, name your own id");
}

/*
 * Before the events service is asked about anybody: who may not enrol others is not to hear from
 * this whether they are registered. run looks again, in the transaction that counts.
 */
static int require_enroller_now(struct cvn_ctx *ctx, const char *field, const char *program_id)
{
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    if (ctx->who.kind == CVN_PRINCIPAL_ADMIN)
        return 0;
    int r = cvn_store_snapshot(ctx->store, &ctx->txn);
    if (r)
        return r;
    r = cvn_program_find(ctx, field, program_id, &id, &program);
    if (r == 0)
        r = require_enroller(ctx, program);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = NULL;
    return r;
}

static int prepare_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CreateEnrolmentRequest *req = request;
    struct cvn_id person;
    bool own = req->enrolment &&
               cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, req->enrolment->person_id) &&
               cvn_caller_is(ctx, &person);
    int may = own || !req->enrolment
                  ? 0
                  : require_enroller_now(ctx, "enrolment.program_id", req->enrolment->program_id);
    if (may)
        return may;
    struct cvn_enrolment_draft *draft = cvn_arena_alloc(ctx->arena, sizeof *draft);
    if (!draft)
        return -ENOMEM;
    draft->path = "enrolment";
    draft->asked = req->enrolment;
    int r = cvn_enrolment_resolve(ctx, draft, 1);
    if (r == 0 && draft->refused) {
        *ctx->status = *draft->refused;
        return CVN_REFUSED;
    }
    ctx->prepared = draft;
    return r;
}

static int create_enrolment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CreateEnrolmentRequest *req = request;
    struct cvn_enrolment_draft draft = *(const struct cvn_enrolment_draft *)ctx->prepared;
    struct cvn_id program_id;
    Convene__Mentoring__V1__Program *program;
    Convene__Mentoring__V1__EnrolmentResult__Outcome outcome;
    int r =
        find_open(ctx, "enrolment.program_id", req->enrolment->program_id, &program_id, &program);
    if (r == 0 && !cvn_caller_is(ctx, &draft.person))
        r = require_enroller(ctx, program);
    if (r == 0)
        r = cvn_enrolment_store(ctx, &program_id, &draft,
                                (struct cvn_enrolment_how){.create_only = true}, &outcome);
    if (r == 0)
        r = cvn_enrolment_show(ctx, &draft.enrolment);
    if (r == 0)
        *(Convene__Mentoring__V1__Enrolment *)reply = draft.enrolment;
    return r;
}

static int get_enrolment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetEnrolmentRequest *req = request;
    struct cvn_enrolment_place place;
    Convene__Mentoring__V1__Enrolment *enrolment;
    int r = cvn_enrolment_find(ctx, "id", req->id, &place, &enrolment);
    if (r == 0)
        r = cvn_enrolment_show(ctx, enrolment);
    if (r == 0)
        *(Convene__Mentoring__V1__Enrolment *)reply = *enrolment;
    return r;
}

static int check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListEnrolmentsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static bool is_wanted(const Convene__Mentoring__V1__ListEnrolmentsRequest *req,
                      const Convene__Mentoring__V1__Enrolment *enrolment)
{
    return (!req->role || enrolment->role == req->role) &&
           (!req->waiting_only || enrolment->waiting_since_time) &&
           (!req->active_only || enrolment->state == STATE(ACTIVE));
}

/* Fills the page from the index by programme, whose keys are programme and enrolment id. */
static int fill(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListEnrolmentsRequest *req,
                struct cvn_index_cursor *cursor, size_t page_size,
                Convene__Mentoring__V1__ListEnrolmentsResponse *response)
{
    struct cvn_index_entry entry;
    struct cvn_slice last = {NULL, 0};
    int r = 0;
    for (size_t n_seen = 0; (r = cvn_index_cursor_next(cursor, &entry)) == 0; n_seen++) {
        Convene__Mentoring__V1__Enrolment *enrolment;
        struct cvn_key row;
        if (response->n_enrolments == page_size || n_seen == SCAN_MAX) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, last);
            return response->next_page_token ? 0 : -ENOMEM;
        }
        cvn_key_init(&row);
        cvn_key_put_raw(&row, entry.primary);
        r = cvn_mentoring_get(ctx, &row, &convene__mentoring__v1__enrolment__descriptor,
                              &enrolment);
        if (r)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        last = cvn_slice(entry.key.data, entry.key.len + entry.primary.len);
        r = cvn_enrolment_show(ctx, enrolment);
        if (r)
            return r;
        if (is_wanted(req, enrolment))
            response->enrolments[response->n_enrolments++] = enrolment;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int list_enrolments(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListEnrolmentsRequest *req = request;
    Convene__Mentoring__V1__ListEnrolmentsResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    struct cvn_slice after;
    int r = cvn_program_find(ctx, "program_id", req->program_id, &id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "list who is enrolled in this programme");
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->enrolments =
        cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->enrolments);
    if (!response->enrolments)
        return -ENOMEM;
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    struct cvn_index_cursor cursor;
    r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_enrolment_indexes[CVN_ENROLMENT_BY_PROGRAM],
                              (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                              CVN_FORWARD);
    enum { INDEX_KEY_BYTES = 2 * CVN_ID_BYTES };
    if (r == 0 && after.len > INDEX_KEY_BYTES)
        r = cvn_index_cursor_resume(
            &cursor, cvn_slice(after.data, INDEX_KEY_BYTES),
            cvn_slice((const char *)after.data + INDEX_KEY_BYTES, after.len - INDEX_KEY_BYTES));
    if (r == 0)
        r = fill(ctx, req, &cursor, page_size, response);
    cvn_index_cursor_deinit(&cursor);
    return r;
}

static int prepare_batch(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest *req = request;
    if (req->n_enrolments > BATCH_MAX) {
        cvn_problems_add(&ctx->problems, "enrolments",
                         "has %zu records; at most %d in one call are right", req->n_enrolments,
                         BATCH_MAX);
        return cvn_ctx_refuse_problems(ctx);
    }
    struct cvn_enrolment_draft *drafts =
        cvn_arena_alloc_array(ctx->arena, req->n_enrolments, sizeof *drafts);
    if (!drafts)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_enrolments; i++) {
        drafts[i].path = cvn_arena_printf(ctx->arena, "enrolments[%zu]", i);
        drafts[i].asked = req->enrolments[i];
        if (!drafts[i].path)
            return -ENOMEM;
    }
    ctx->prepared = drafts;
    int r = require_enroller_now(ctx, "program_id", req->program_id);
    return r ? r : cvn_enrolment_resolve(ctx, drafts, req->n_enrolments);
}

static int set_refused(struct cvn_ctx *ctx, const struct cvn_status *status,
                       Convene__Mentoring__V1__EnrolmentResult *result)
{
    struct cvn_slice packed;
    result->outcome = OUTCOME(REFUSED);
    int r = cvn_status_pack(status, ctx->arena, &packed);
    return r ? r : cvn_ctx_unpack(ctx, &google__rpc__status__descriptor, packed, &result->status);
}

static int store_draft(struct cvn_ctx *ctx, const struct cvn_id *program,
                       const struct cvn_enrolment_draft *prepared, bool validate_only,
                       Convene__Mentoring__V1__EnrolmentResult *result)
{
    struct cvn_enrolment_draft draft = *prepared;
    if (draft.refused)
        return set_refused(ctx, draft.refused, result);
    int r = cvn_enrolment_store(ctx, program, &draft,
                                (struct cvn_enrolment_how){.validate_only = validate_only},
                                &result->outcome);
    if (r == CVN_REFUSED)
        return set_refused(ctx, ctx->status, result);
    result->id = draft.enrolment.id;
    return r;
}

static int register_batch(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest *req = request;
    Convene__Mentoring__V1__BatchRegisterEnrolmentsResponse *response = reply;
    const struct cvn_enrolment_draft *drafts = ctx->prepared;
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    int r = find_open(ctx, "program_id", req->program_id, &id, &program);
    if (r == 0)
        r = require_enroller(ctx, program);
    if (r)
        return r;
    response->results =
        cvn_arena_alloc_array(ctx->arena, req->n_enrolments, sizeof *response->results);
    Convene__Mentoring__V1__EnrolmentResult *results =
        cvn_arena_alloc_array(ctx->arena, req->n_enrolments, sizeof *results);
    if (!response->results || !results)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < req->n_enrolments; i++) {
        convene__mentoring__v1__enrolment_result__init(&results[i]);
        r = store_draft(ctx, &id, &drafts[i], req->validate_only, &results[i]);
        response->results[response->n_results++] = &results[i];
    }
    return r;
}

static int check_withdraw(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__WithdrawEnrolmentRequest *req = request;
    struct cvn_slice reason = cvn_slice_of_string(req->reason);
    if (reason.len > REASON_MAX_BYTES || !cvn_text_is_prose(reason))
        cvn_problems_add(&ctx->problems, "reason",
                         "has %zu bytes; at most %d of plain text are right", reason.len,
                         REASON_MAX_BYTES);
    return cvn_ctx_refuse_problems(ctx);
}

/* What the others are told of it. */
static const char *withdraw_reason(struct cvn_ctx *ctx,
                                   const Convene__Mentoring__V1__WithdrawEnrolmentRequest *req,
                                   const Convene__Mentoring__V1__Enrolment *enrolment)
{
    if (req->reason[0])
        return req->reason;
    const char *text =
        cvn_arena_printf(ctx->arena, "%s withdrew from the programme", enrolment->display_name);
    return text ? text : "";
}

static int withdraw(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__WithdrawEnrolmentRequest *req = request;
    struct cvn_enrolment_place place;
    Convene__Mentoring__V1__Enrolment *before, after;
    int r = cvn_enrolment_find(ctx, "id", req->id, &place, &before);
    if (r)
        return r;
    after = *before;
    after.state = STATE(WITHDRAWN);
    after.update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!after.update_time)
        return -ENOMEM;
    if (before->state != STATE(WITHDRAWN))
        r = cvn_mentorships_end_all(ctx, &place.person, before->program_id,
                                    withdraw_reason(ctx, req, before), NULL);
    if (r == 0 && before->state != STATE(WITHDRAWN))
        r = cvn_enrolment_replace(ctx, &place.program, &place.person, before, &after);
    if (r == 0)
        r = cvn_enrolment_show(ctx, &after);
    if (r == 0)
        *(Convene__Mentoring__V1__Enrolment *)reply = after;
    return r;
}

const struct cvn_service_method cvn_enrolment_methods[CVN_ENROLMENT_METHODS] = {
    {"CreateEnrolment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, prepare_create, create_enrolment,
     NULL, CVN_SCOPE_MENTORING_ENROL},
    {"GetEnrolment", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_enrolment, NULL,
     CVN_SCOPE_READ},
    {"ListEnrolments", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list, list_enrolments, NULL,
     CVN_SCOPE_READ},
    {"BatchRegisterEnrolments", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, prepare_batch,
     register_batch, NULL, CVN_SCOPE_MENTORING_MANAGE},
    {"WithdrawEnrolment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_withdraw, withdraw, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"UpdateEnrolment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_enrolment_prepare_update,
     cvn_enrolment_update, NULL, CVN_SCOPE_MENTORING_ENROL},
};
