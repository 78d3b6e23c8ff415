#include "cohort/weights.h"
#include "services/mentoring/change.h"
#include "services/mentoring/lint.h"
#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/program_check.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/field_mask.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000 };

#define STATE(name) CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_##name

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CreateProgramRequest *req = request;
    if (req->program)
        cvn_program_check(&ctx->problems, req->program);
    else
        cvn_problems_add(&ctx->problems, "program", "is missing");
    return cvn_ctx_refuse_problems(ctx);
}

/* What is stored of a programme: what is worked out is not. */
static Convene__Mentoring__V1__Program row_of(const Convene__Mentoring__V1__Program *program)
{
    Convene__Mentoring__V1__Program row = *program;
    row.mentor_count = row.mentee_count = row.waiting_count = 0;
    row.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    return row;
}

/* Fills in the etag, which lets a change of the state be. */
static int set_etag(struct cvn_ctx *ctx, Convene__Mentoring__V1__Program *program)
{
    Convene__Mentoring__V1__Program row = row_of(program);
    row.state = STATE(UNSPECIFIED);
    row.update_time = NULL;
    program->etag = cvn_mentoring_etag(ctx, &row.base);
    return program->etag ? 0 : -ENOMEM;
}

static int put_program(struct cvn_ctx *ctx, const struct cvn_id *id,
                       Convene__Mentoring__V1__Program *program)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Program row = row_of(program);
    cvn_program_key(&key, id);
    return cvn_mentoring_put(ctx, &cvn_program_table, &key, &row.base);
}

/* Ids as the server writes them, whatever case they came in, so that they compare as text. */
static int normalise_ids(struct cvn_ctx *ctx, Convene__Mentoring__V1__Program *program)
{
    struct cvn_id id;
    char **managers = cvn_arena_alloc_array(ctx->arena, program->n_manager_ids, sizeof *managers);
    if (!managers)
        return -ENOMEM;
    for (size_t i = 0; i < program->n_manager_ids; i++) {
        if (!cvn_id_parse(&id, CVN_MENTORING_PERSON_PREFIX, program->manager_ids[i]))
            return -EINVAL;
        managers[i] = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &id);
        if (!managers[i])
            return -ENOMEM;
    }
    program->manager_ids = managers;
    if (cvn_id_parse(&id, CVN_MENTORING_GROUP_PREFIX, program->group_id))
        program->group_id = cvn_ctx_id_text(ctx, CVN_MENTORING_GROUP_PREFIX, &id);
    return program->group_id ? 0 : -ENOMEM;
}

/* Writes the programme and gives it as it is then. */
static int store_program(struct cvn_ctx *ctx, const struct cvn_id *id,
                         Convene__Mentoring__V1__Program *program)
{
    int r = put_program(ctx, id, program);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "NAME_TAKEN",
                                    "There is a programme \"%s\" already.", program->name);
    if (r == 0)
        r = cvn_mentoring_note_change(ctx, program->id, "program.changed");
    return r ? r : set_etag(ctx, program);
}

static int create_program(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CreateProgramRequest *req = request;
    Convene__Mentoring__V1__Program *program = reply;
    struct cvn_id id = cvn_ctx_new_id(ctx);
    *program = *req->program;
    program->base.n_unknown_fields = 0;
    program->id = cvn_ctx_id_text(ctx, CVN_PROGRAM_PREFIX, &id);
    program->state = STATE(OPEN);
    program->mentor_count = program->mentee_count = program->waiting_count = 0;
    program->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    program->update_time = program->create_time;
    if (!program->id || !program->create_time)
        return -ENOMEM;
    int r = normalise_ids(ctx, program);
    return r ? r : store_program(ctx, &id, program);
}

static int get_program(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetProgramRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    int r = cvn_program_find(ctx, "id", req->id, &id, &program);
    if (r == 0)
        r = set_etag(ctx, program);
    if (r == 0)
        *(Convene__Mentoring__V1__Program *)reply = *program;
    return r;
}

static int check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListProgramsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int add_program(struct cvn_ctx *ctx, struct cvn_slice key, struct cvn_slice value,
                       Convene__Mentoring__V1__ListProgramsResponse *response)
{
    Convene__Mentoring__V1__Program *program;
    struct cvn_program_counts counts;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    struct cvn_id id = cvn_key_get_id(&reader);
    int r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__program__descriptor, value, &program);
    if (r == 0)
        r = cvn_program_counts_get(ctx, &id, &counts);
    if (r)
        return r;
    program->mentor_count = (int32_t)counts.n_mentors;
    program->mentee_count = (int32_t)counts.n_mentees;
    program->waiting_count = (int32_t)counts.n_waiting;
    response->programs[response->n_programs++] = program;
    return set_etag(ctx, program);
}

/* Ids are in the order of creation, so the newest is the last. */
static int list_programs(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListProgramsRequest *req = request;
    Convene__Mentoring__V1__ListProgramsResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_slice after, key, value, last = {NULL, 0};
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->programs = cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->programs);
    if (!response->programs)
        return -ENOMEM;
    struct cvn_key lo, hi;
    cvn_key_begin(&lo, CVN_SPACE_PROGRAMS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    int r =
        cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_BACKWARD);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (response->n_programs == page_size) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, last);
            return response->next_page_token ? 0 : -ENOMEM;
        }
        r = add_program(ctx, key, value, response);
        last = key;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int set_state(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__SetProgramStateRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    if (req->state != STATE(OPEN) && req->state != STATE(CLOSED)) {
        cvn_problems_add(&ctx->problems, "state", "is %d; STATE_OPEN or STATE_CLOSED is right",
                         (int)req->state);
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = cvn_program_find(ctx, "id", req->id, &id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "open or close this programme");
    if (r)
        return r;
    program->state = req->state;
    program->update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    r = program->update_time ? store_program(ctx, &id, program) : -ENOMEM;
    if (r == 0)
        *(Convene__Mentoring__V1__Program *)reply = *program;
    return r;
}

static const char *const changeable[] = {"name",         "description",     "group_id",
                                         "start_date",   "end_date",        "mentorship_weeks",
                                         "rules",        "mentee_weights",  "mentor_weights",
                                         "manager_ids",  "acceptance_days", "format",
                                         "session_hours"};

static int check_update(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__UpdateProgramRequest *req = request;
    const struct cvn_field_mask_rule rule = {
        .resource = "Program",
        .example = "name is one, and rules.min_common_hours",
        .changeable = changeable,
        .n = sizeof changeable / sizeof *changeable,
        .deep = &convene__mentoring__v1__program__descriptor,
    };
    if (!req->program)
        cvn_problems_add(&ctx->problems, "program", "is missing");
    cvn_field_mask_check(&ctx->problems, req->update_mask, &rule);
    return cvn_ctx_refuse_problems(ctx);
}

/* One weight is changed among the defaults where those hold, not among zeros. */
static int spell_weights_out(struct cvn_ctx *ctx, const Google__Protobuf__FieldMask *mask,
                             const char *field, struct cvn_match_weights defaults,
                             Convene__Mentoring__V1__MatchWeights **weights)
{
    bool one = cvn_field_mask_names_within(mask, field);
    for (int t = 0; one && *weights && t < CVN_MATCH_TERMS; t++)
        one = *cvn_cohort_weight(*weights, (enum cvn_match_term)t) == 0;
    if (!one)
        return 0;
    *weights = cvn_arena_alloc(ctx->arena, sizeof **weights);
    if (!*weights)
        return -ENOMEM;
    convene__mentoring__v1__match_weights__init(*weights);
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        *cvn_cohort_weight(*weights, (enum cvn_match_term)t) = defaults.points[t];
    return 0;
}

static int change(struct cvn_ctx *ctx, const Convene__Mentoring__V1__UpdateProgramRequest *req,
                  Convene__Mentoring__V1__Program *program)
{
    int r = spell_weights_out(ctx, req->update_mask, "mentee_weights",
                              cvn_match_mentee_weights_default(), &program->mentee_weights);
    if (r == 0)
        r = spell_weights_out(ctx, req->update_mask, "mentor_weights",
                              cvn_match_mentor_weights_default(), &program->mentor_weights);
    if (r == 0)
        r = cvn_field_mask_apply_deep(ctx->arena, req->update_mask, &program->base,
                                      &req->program->base);
    cvn_program_check(&ctx->problems, program);
    return r ? r : cvn_ctx_refuse_problems(ctx);
}

static int refuse_stale(struct cvn_ctx *ctx)
{
    return cvn_ctx_refuse_state(ctx, CVN_ABORTED, "ETAG_STALE",
                                "The programme was changed meanwhile; get it again and make your "
                                "change from what it is now.");
}

static int update_program(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__UpdateProgramRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    int r = cvn_program_find(ctx, "program.id", req->program->id, &id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "change this programme");
    if (r == 0)
        r = set_etag(ctx, program);
    if (r == 0 && req->etag[0] && strcmp(req->etag, program->etag) != 0)
        r = refuse_stale(ctx);
    if (r)
        return r;
    const char *before = program->etag;
    r = change(ctx, req, program);
    if (r == 0)
        r = normalise_ids(ctx, program);
    if (r == 0)
        r = set_etag(ctx, program);
    if (r == 0 && strcmp(before, program->etag) != 0) {
        program->update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
        r = program->update_time ? store_program(ctx, &id, program) : -ENOMEM;
    }
    if (r == 0)
        *(Convene__Mentoring__V1__Program *)reply = *program;
    return r;
}

const struct cvn_service_method cvn_program_methods[CVN_PROGRAM_METHODS] = {
    {"CreateProgram", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, check_create, create_program, NULL},
    {"GetProgram", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_program, NULL, CVN_SCOPE_READ},
    {"ListPrograms", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list, list_programs, NULL,
     CVN_SCOPE_READ},
    {"SetProgramState", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, set_state, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
    {"UpdateProgram", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_update, update_program, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
    {"CheckProgram", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_program_lint,
     cvn_program_lint_answer, NULL, CVN_SCOPE_MENTORING_MANAGE},
    {"GetProgramReport", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_program_report, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
};
