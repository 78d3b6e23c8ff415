/* The methods of MembershipService that membership_handlers.c gathers from its neighbours. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_MEMBERSHIP_HANDLERS_H
#define CVN_SERVICES_EVENTS_GROUPS_MEMBERSHIP_HANDLERS_H

#include "services/runtime/ctx.h"

/* Each as `prepare`, `run` or `forget` of struct cvn_service_method. */
int cvn_join_check(struct cvn_ctx *ctx, const void *request);
int cvn_join(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_join_withdraw(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_join_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_join_check_decide(struct cvn_ctx *ctx, const void *request);
int cvn_join_decide(struct cvn_ctx *ctx, const void *request, void *reply);

int cvn_invitation_check_create(struct cvn_ctx *ctx, const void *request);
int cvn_invitation_create(struct cvn_ctx *ctx, const void *request, void *reply);
void cvn_invitation_forget_token(void *reply);
int cvn_invitation_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_invitation_revoke(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_invitation_accept(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_invitation_decline(struct cvn_ctx *ctx, const void *request, void *reply);

int cvn_ban_check(struct cvn_ctx *ctx, const void *request);
int cvn_ban_person(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_ban_lift(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_ban_list(struct cvn_ctx *ctx, const void *request, void *reply);

int cvn_ownership_offer(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_ownership_accept(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_ownership_decline(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
