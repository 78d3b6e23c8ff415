/* Which group a request means, and what the caller is in it. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_GROUP_ACCESS_H
#define CVN_SERVICES_EVENTS_GROUPS_GROUP_ACCESS_H

#include "convene/events/v1/group.pb-c.h"
#include "services/runtime/ctx.h"

/*
 * The group of an id ("grp_…") or a slug given in a field of the request. 0; CVN_REFUSED with
 * NOT_FOUND, or INVALID_ARGUMENT naming the field when it is empty; a fault. ret_group (may be
 * NULL) is in the arena, its counts filled in.
 */
int cvn_group_find(struct cvn_ctx *ctx, const char *field, const char *id_or_slug,
                   struct cvn_id *ret_id, Convene__Events__V1__Group **ret_group);

/* The person's role: UNSPECIFIED for no member. 0 or a fault. */
int cvn_group_role(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   Convene__Events__V1__GroupRole *ret_role);

/*
 * The caller's role; administrators count as owners, service accounts as organisers, whoever is not
 * signed in as no member, and so does everybody whose key leaves the group out.
 */
int cvn_group_role_of_caller(struct cvn_ctx *ctx, const struct cvn_id *group,
                             Convene__Events__V1__GroupRole *ret_role);

/*
 * Lets pass who has at least the role; others get PERMISSION_DENIED, or UNAUTHENTICATED when nobody
 * is signed in. 0, CVN_REFUSED or a fault.
 */
int cvn_group_require(struct cvn_ctx *ctx, const struct cvn_id *group,
                      Convene__Events__V1__GroupRole role);

/* Refuses with FAILED_PRECONDITION when the group is archived. */
int cvn_group_require_active(struct cvn_ctx *ctx, const Convene__Events__V1__Group *group);

/* The same of the group of an id. 0; CVN_REFUSED; a fault. */
int cvn_group_require_active_id(struct cvn_ctx *ctx, const struct cvn_id *group);

/* Refuses with FAILED_PRECONDITION when the person is in as many groups as one can be. */
int cvn_member_require_room(struct cvn_ctx *ctx, const struct cvn_id *person);

#endif
