#include "services/events/groups/group_access.h"

#include "services/events/groups/group_table.h"

#include <errno.h>
#include <string.h>

int cvn_group_find(struct cvn_ctx *ctx, const char *field, const char *id_or_slug,
                   struct cvn_id *ret_id, Convene__Events__V1__Group **ret_group)
{
    struct cvn_id id;
    Convene__Events__V1__Group *group;
    if (!id_or_slug[0]) {
        cvn_problems_add(&ctx->problems, field,
                         "is empty; the group's id (grp_…) or its slug is right");
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = 0;
    if (!cvn_id_parse(&id, CVN_GROUP_PREFIX, id_or_slug))
        r = cvn_group_by_slug(ctx, id_or_slug, &id);
    if (r == 0)
        r = cvn_group_get(ctx, &id, &group);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no group \"%.80s\".", id_or_slug);
    if (r != 0)
        return r;
    *ret_id = id;
    if (ret_group)
        *ret_group = group;
    return 0;
}

int cvn_group_role(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   Convene__Events__V1__GroupRole *ret_role)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Member *member;
    cvn_member_key(&key, group, person);
    int r = cvn_table_get(ctx->txn, &cvn_member_table, cvn_key_slice(&key), &value);
    if (r == CVN_STORE_ABSENT) {
        *ret_role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_UNSPECIFIED;
        return 0;
    }
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__member__descriptor, value, &member);
    if (r == 0)
        *ret_role = member->role;
    return r;
}

int cvn_group_role_of_caller(struct cvn_ctx *ctx, const struct cvn_id *group,
                             Convene__Events__V1__GroupRole *ret_role)
{
    bool excluded = cvn_principal_excludes_group(&ctx->who, group);
    switch (ctx->who.kind) {
    case CVN_PRINCIPAL_PERSON:
        if (excluded)
            break;
        return cvn_group_role(ctx, group, &ctx->who.person, ret_role);
    case CVN_PRINCIPAL_SERVICE:
        if (excluded)
            break;
        *ret_role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER;
        return 0;
    case CVN_PRINCIPAL_ADMIN:
        *ret_role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_OWNER;
        return 0;
    case CVN_PRINCIPAL_ANONYMOUS:
        break;
    }
    *ret_role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_UNSPECIFIED;
    return 0;
}

static const char *what_needs(Convene__Events__V1__GroupRole role)
{
    if (role == CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_OWNER)
        return "do this; owners of the group may";
    if (role == CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER)
        return "do this; organisers of the group may";
    return "do this; members of the group may";
}

int cvn_group_require(struct cvn_ctx *ctx, const struct cvn_id *group,
                      Convene__Events__V1__GroupRole role)
{
    Convene__Events__V1__GroupRole has;
    int r = cvn_group_role_of_caller(ctx, group, &has);
    if (r != 0)
        return r;
    return has >= role ? 0 : cvn_ctx_refuse_access(ctx, what_needs(role));
}

int cvn_member_require_room(struct cvn_ctx *ctx, const struct cvn_id *person)
{
    struct cvn_id *groups;
    size_t n;
    int r = cvn_member_groups(ctx, person, &groups, &n);
    if (r != 0 || n < CVN_PERSON_GROUPS_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_GROUPS",
                                "A person can be in at most %d groups; leave one first.",
                                CVN_PERSON_GROUPS_MAX);
}

int cvn_group_require_active(struct cvn_ctx *ctx, const Convene__Events__V1__Group *group)
{
    if (!group->archive_time)
        return 0;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "GROUP_ARCHIVED",
                                "%s is archived; one of its owners can restore it.", group->name);
}

int cvn_group_require_active_id(struct cvn_ctx *ctx, const struct cvn_id *group)
{
    Convene__Events__V1__Group *message;
    int r = cvn_group_get(ctx, group, &message);
    if (r == CVN_STORE_ABSENT)
        return -EUCLEAN;
    return r ? r : cvn_group_require_active(ctx, message);
}
