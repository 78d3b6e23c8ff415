#include "base/civil.h"
#include "base/text.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <stdio.h>

enum {
    NAME_MAX_BYTES = 100,
    DESCRIPTION_MAX_BYTES = 10000,
    WEEKS_MAX = 104,
    MANAGERS_MAX = 20,
    MIN_HOURS_MAX = 40,
    WEIGHT_MAX = 1000,
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
};

#define STATE(name) CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_##name

static void check_date(struct cvn_ctx *ctx, const char *field, const char *date, int64_t *ret_day)
{
    char text[32];
    struct cvn_civil civil;
    *ret_day = -1;
    if (!date[0])
        return;
    (void)snprintf(text, sizeof text, "%.12sT00:00", date);
    if (cvn_civil_parse(&civil, text))
        *ret_day = cvn_civil_days(civil.year, civil.month, civil.day);
    else
        cvn_problems_add(&ctx->problems, field,
                         "is \"%.40s\"; a date from 1970 to 2100 like 2027-01-15 is right", date);
}

static void check_dates(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program)
{
    int64_t start, end;
    check_date(ctx, "program.start_date", program->start_date, &start);
    check_date(ctx, "program.end_date", program->end_date, &end);
    if (start >= 0 && end >= 0 && end < start)
        cvn_problems_add(&ctx->problems, "program.end_date",
                         "is %s, before the start on %s; the end is on or after it",
                         program->end_date, program->start_date);
}

static void check_weights(struct cvn_ctx *ctx, const char *name,
                          const Convene__Mentoring__V1__MatchWeights *weights)
{
    if (!weights)
        return;
    const ProtobufCMessageDescriptor *type = weights->base.descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        int32_t value = *(const int32_t *)((const char *)weights + type->fields[i].offset);
        const char *field =
            cvn_arena_printf(ctx->arena, "program.%s.%s", name, type->fields[i].name);
        if (value < 0 || value > WEIGHT_MAX)
            cvn_problems_add(&ctx->problems, field ? field : name, "is %d; 0 to %d is right", value,
                             WEIGHT_MAX);
    }
}

static void check_managers(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program)
{
    struct cvn_id id;
    if (program->n_manager_ids > MANAGERS_MAX)
        cvn_problems_add(&ctx->problems, "program.manager_ids",
                         "has %zu entries; at most %d are right", program->n_manager_ids,
                         MANAGERS_MAX);
    for (size_t i = 0; i < program->n_manager_ids && i < MANAGERS_MAX; i++)
        (void)cvn_ctx_read_id(ctx, "program.manager_ids", CVN_MENTORING_PERSON_PREFIX,
                              program->manager_ids[i], &id);
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CreateProgramRequest *req = request;
    const Convene__Mentoring__V1__Program *program = req->program;
    struct cvn_problems *problems = &ctx->problems;
    if (!program) {
        cvn_problems_add(problems, "program", "is missing");
        return cvn_ctx_refuse_problems(ctx);
    }
    struct cvn_slice name = cvn_slice_of_string(program->name);
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        cvn_problems_add(problems, "program.name", "has %zu bytes; 1 to %d are right", name.len,
                         NAME_MAX_BYTES);
    else if (!cvn_text_is_line(name))
        cvn_problems_add(problems, "program.name", "has control characters; plain text is right");
    struct cvn_slice description = cvn_slice_of_string(program->description);
    if (description.len > DESCRIPTION_MAX_BYTES)
        cvn_problems_add(problems, "program.description", "has %zu bytes; at most %d are right",
                         description.len, DESCRIPTION_MAX_BYTES);
    else if (!cvn_text_is_prose(description))
        cvn_problems_add(problems, "program.description",
                         "has control characters; plain text with line ends and tabs is right");
    struct cvn_id group;
    if (program->group_id[0])
        (void)cvn_ctx_read_id(ctx, "program.group_id", CVN_MENTORING_GROUP_PREFIX,
                              program->group_id, &group);
    if (program->mentorship_weeks < 0 || program->mentorship_weeks > WEEKS_MAX)
        cvn_problems_add(problems, "program.mentorship_weeks", "is %d; 0 to %d is right",
                         program->mentorship_weeks, WEEKS_MAX);
    int32_t hours = program->rules ? program->rules->min_common_hours : 0;
    if (hours < -1 || hours > MIN_HOURS_MAX)
        cvn_problems_add(problems, "program.rules.min_common_hours",
                         "is %d; 1 to %d is right, or 0 for 1, or -1 for none", hours,
                         MIN_HOURS_MAX);
    check_dates(ctx, program);
    check_weights(ctx, "mentee_weights", program->mentee_weights);
    check_weights(ctx, "mentor_weights", program->mentor_weights);
    check_managers(ctx, program);
    return cvn_ctx_refuse_problems(ctx);
}

static int put_program(struct cvn_ctx *ctx, const struct cvn_id *id,
                       Convene__Mentoring__V1__Program *program)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Program row = *program;
    row.mentor_count = 0;
    row.mentee_count = 0;
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

static int create_program(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CreateProgramRequest *req = request;
    Convene__Mentoring__V1__Program *program = reply;
    struct cvn_id id = cvn_ctx_new_id(ctx);
    *program = *req->program;
    program->base.n_unknown_fields = 0;
    program->id = cvn_ctx_id_text(ctx, CVN_PROGRAM_PREFIX, &id);
    program->state = STATE(OPEN);
    program->mentor_count = 0;
    program->mentee_count = 0;
    program->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    program->update_time = program->create_time;
    if (!program->id || !program->create_time)
        return -ENOMEM;
    int r = normalise_ids(ctx, program);
    if (r == 0)
        r = put_program(ctx, &id, program);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "NAME_TAKEN",
                                    "There is a programme \"%s\" already.", program->name);
    return r;
}

static int get_program(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetProgramRequest *req = request;
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    int r = cvn_program_find(ctx, "id", req->id, &id, &program);
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
    response->programs[response->n_programs++] = program;
    return 0;
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
    r = program->update_time ? put_program(ctx, &id, program) : -ENOMEM;
    if (r == 0)
        *(Convene__Mentoring__V1__Program *)reply = *program;
    return r;
}

const struct cvn_service_method cvn_program_methods[4] = {
    {"CreateProgram", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, check_create, create_program, NULL},
    {"GetProgram", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_program, NULL, CVN_SCOPE_READ},
    {"ListPrograms", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list, list_programs, NULL,
     CVN_SCOPE_READ},
    {"SetProgramState", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, set_state, NULL,
     CVN_SCOPE_MENTORING_MANAGE},
};
