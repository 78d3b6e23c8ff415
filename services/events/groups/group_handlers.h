/* The methods of GroupService that group_handlers.c gathers from its neighbours. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_GROUP_HANDLERS_H
#define CVN_SERVICES_EVENTS_GROUPS_GROUP_HANDLERS_H

#include "convene/events/v1/group.pb-c.h"
#include "services/runtime/ctx.h"

/* Each as `prepare` or `run` of struct cvn_service_method. */
int cvn_groups_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_groups_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_check_set(struct cvn_ctx *ctx, const void *request);
int cvn_members_set(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_remove(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_members_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_groups_check_update(struct cvn_ctx *ctx, const void *request);
int cvn_groups_update(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_groups_archive(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_groups_restore(struct cvn_ctx *ctx, const void *request, void *reply);

/*
 * Makes of a checked group what will be stored under the id: what the client cannot set is the
 * server's, and nothing is stored that was not checked. Its archive_time is left as it is. 0 or
 * -ENOMEM.
 */
int cvn_groups_stamp(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Group *group);

#endif
