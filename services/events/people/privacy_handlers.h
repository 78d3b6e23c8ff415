/* The methods of PrivacyService that privacy_handlers.c gathers from its neighbours. */
#ifndef CVN_SERVICES_EVENTS_PEOPLE_PRIVACY_HANDLERS_H
#define CVN_SERVICES_EVENTS_PEOPLE_PRIVACY_HANDLERS_H

#include "services/runtime/ctx.h"

/* As `run` of struct cvn_service_method. */
int cvn_privacy_export(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
