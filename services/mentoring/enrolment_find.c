#include "services/mentoring/enrolment_find.h"

#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>

int cvn_enrolment_find(struct cvn_ctx *ctx, const char *field, const char *id,
                       struct cvn_enrolment_place *ret_place,
                       Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id parsed;
    Convene__Mentoring__V1__Program *program;
    if (!cvn_ctx_read_id(ctx, field, CVN_ENROLMENT_PREFIX, id, &parsed))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_enrolment_by_id(ctx, &parsed, ret);
    if (r == 0) {
        if (!cvn_id_parse(&ret_place->person, CVN_MENTORING_PERSON_PREFIX, (*ret)->person_id))
            return -EUCLEAN;
        r = cvn_program_find(ctx, "program_id", (*ret)->program_id, &ret_place->program, &program);
        if (r == 0 && !cvn_caller_is(ctx, &ret_place->person) && !cvn_program_managed(ctx, program))
            r = CVN_STORE_ABSENT;
    }
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no enrolment %s that you may see.", id);
    return r;
}
