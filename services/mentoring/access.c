#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <string.h>

int cvn_program_find(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                     Convene__Mentoring__V1__Program **ret_program)
{
    struct cvn_key key;
    struct cvn_program_counts counts;
    if (!cvn_ctx_read_id(ctx, field, CVN_PROGRAM_PREFIX, id, ret_id))
        return cvn_ctx_refuse_problems(ctx);
    cvn_program_key(&key, ret_id);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__program__descriptor, ret_program);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no programme %s.", id);
    if (r == 0)
        r = cvn_program_counts_get(ctx, ret_id, &counts);
    if (r == 0) {
        (*ret_program)->mentor_count = (int32_t)counts.n_mentors;
        (*ret_program)->mentee_count = (int32_t)counts.n_mentees;
        (*ret_program)->waiting_count = (int32_t)counts.n_waiting;
    }
    return r;
}

bool cvn_program_managed(const struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program)
{
    if (ctx->who.kind == CVN_PRINCIPAL_ADMIN)
        return true;
    if (ctx->who.kind != CVN_PRINCIPAL_PERSON)
        return false;
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, CVN_MENTORING_PERSON_PREFIX, &ctx->who.person);
    for (size_t i = 0; i < program->n_manager_ids; i++)
        if (strcmp(program->manager_ids[i], text) == 0)
            return true;
    return false;
}

bool cvn_caller_is(const struct cvn_ctx *ctx, const struct cvn_id *person)
{
    return ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, person);
}

int cvn_program_require_manager(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program,
                                const char *what)
{
    return cvn_program_managed(ctx, program) ? 0 : cvn_ctx_refuse_access(ctx, what);
}
