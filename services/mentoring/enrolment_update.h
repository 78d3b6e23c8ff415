/* UpdateEnrolment: what it changes is checked, and whom it names looked up, before it is stored. */
#ifndef CVN_SERVICES_MENTORING_ENROLMENT_UPDATE_H
#define CVN_SERVICES_MENTORING_ENROLMENT_UPDATE_H

#include "services/runtime/ctx.h"

int cvn_enrolment_prepare_update(struct cvn_ctx *ctx, const void *request);
int cvn_enrolment_update(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
