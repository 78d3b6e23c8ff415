#include "services/mentoring/mentorships/mentorship_find.h"

#include "base/text.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

static bool is_caller(const struct cvn_ctx *ctx, const char *person_id)
{
    struct cvn_id person;
    return cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, person_id) &&
           cvn_caller_is(ctx, &person);
}

int cvn_mentorship_find(struct cvn_ctx *ctx, const char *field, const char *id,
                        struct cvn_mentorship_case *ret)
{
    *ret = (struct cvn_mentorship_case){0};
    if (!cvn_ctx_read_id(ctx, field, CVN_MENTORSHIP_PREFIX, id, &ret->id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_mentorship_get(ctx, &ret->id, &ret->row);
    if (r == 0)
        r = cvn_program_find(ctx, "program_id", ret->row->program_id, &ret->program_id,
                             &ret->program);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    if (r == 0) {
        ret->managed = cvn_program_managed(ctx, ret->program);
        ret->own = is_caller(ctx, ret->row->mentor_id)   ? ROLE(MENTOR)
                   : is_caller(ctx, ret->row->mentee_id) ? ROLE(MENTEE)
                                                         : ROLE(UNSPECIFIED);
    }
    return ret->managed || ret->own
               ? 0
               : cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no mentorship %s that you may see.",
                                id);
}

int cvn_mentorship_side(struct cvn_ctx *ctx, const struct cvn_mentorship_case *c, const char *field,
                        Convene__Mentoring__V1__Role asked, Convene__Mentoring__V1__Role *ret)
{
    Convene__Mentoring__V1__Role side = asked ? asked : c->own;
    if (side != ROLE(MENTOR) && side != ROLE(MENTEE)) {
        cvn_problems_add(
            &ctx->problems, field,
            "is %d, and you are neither of the two; ROLE_MENTOR or ROLE_MENTEE is right",
            (int)side);
        return cvn_ctx_refuse_problems(ctx);
    }
    if (side != c->own && !c->managed)
        return cvn_ctx_refuse_access(ctx, "answer for the other one");
    *ret = side;
    return 0;
}

void cvn_mentorship_check_text(struct cvn_ctx *ctx, const char *field, const char *text,
                               size_t max_bytes)
{
    struct cvn_slice slice = cvn_slice_of_string(text);
    if (slice.len > max_bytes)
        cvn_problems_add(&ctx->problems, field, "has %zu bytes; at most %zu are right", slice.len,
                         max_bytes);
    else if (!cvn_text_is_prose(slice))
        cvn_problems_add(&ctx->problems, field,
                         "has control characters; plain text with line ends and tabs is right");
}
