/* Finding enrolments for those who may see them: the one enrolled, and who runs the programme. */
#ifndef CVN_SERVICES_MENTORING_ENROLMENT_FIND_H
#define CVN_SERVICES_MENTORING_ENROLMENT_FIND_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "services/runtime/ctx.h"

/* Where an enrolment is kept. */
struct cvn_enrolment_place {
    struct cvn_id program;
    struct cvn_id person;
};

/*
 * The enrolment of an id in a field of the request. 0; CVN_REFUSED with INVALID_ARGUMENT or
 * NOT_FOUND, also where the caller may not see it; a fault.
 */
int cvn_enrolment_find(struct cvn_ctx *ctx, const char *field, const char *id,
                       struct cvn_enrolment_place *ret_place,
                       Convene__Mentoring__V1__Enrolment **ret);

#endif
