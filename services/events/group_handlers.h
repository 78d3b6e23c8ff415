/* The methods of GroupService that group_handlers.c gathers from its neighbours. */
#ifndef CVN_SERVICES_EVENTS_GROUP_HANDLERS_H
#define CVN_SERVICES_EVENTS_GROUP_HANDLERS_H

#include "services/runtime/ctx.h"

/* Each as `prepare` or `run` of struct cvn_service_method. */
int cvn_groups_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_groups_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_check_set(struct cvn_ctx *ctx, const void *request);
int cvn_members_set(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_remove(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
