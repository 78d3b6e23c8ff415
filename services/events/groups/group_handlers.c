#include "services/events/groups/group_handlers.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_check.h"
#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/service.h"

#include <errno.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

int cvn_groups_stamp(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Group *group)
{
    group->base.n_unknown_fields = 0;
    if (group->location)
        group->location->base.n_unknown_fields = 0;
    if (group->join_mode == CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_UNSPECIFIED)
        group->join_mode = CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_OPEN;
    group->member_count = 0;
    group->request_count = 0;
    group->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    group->id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, id);
    group->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return group->id && group->update_time ? 0 : -ENOMEM;
}

/* Leaves the group as it will be stored in ctx->prepared: a copy, since the slug may be made. */
static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CreateGroupRequest *req = request;
    Convene__Events__V1__Group *group = NULL;
    struct cvn_id owner;
    if (req->group && !(group = cvn_arena_copy(ctx->arena, req->group, sizeof *group)))
        return -ENOMEM;
    int r = cvn_group_check(&ctx->problems, "group", group, zones_of(ctx));
    if (r != 0)
        return r;
    if (req->owner_id[0])
        (void)cvn_ctx_read_id(ctx, "owner_id", CVN_PERSON_PREFIX, req->owner_id, &owner);
    ctx->prepared = group;
    return cvn_ctx_refuse_problems(ctx);
}

/* Who is to own the group; nobody when an administrator, who is nobody in particular, names none.
 */
static int owner_meant(struct cvn_ctx *ctx, const char *owner_id, struct cvn_id *ret_owner,
                       bool *ret_owned)
{
    *ret_owned = owner_id[0] || ctx->who.kind != CVN_PRINCIPAL_ADMIN;
    if (!*ret_owned)
        return 0;
    int r = cvn_person_meant(ctx, "owner_id", owner_id, ret_owner);
    if (r == 0 && ctx->who.kind != CVN_PRINCIPAL_ADMIN &&
        !(ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(ret_owner, &ctx->who.person)))
        return cvn_ctx_refuse_access(ctx, "found a group for somebody else");
    return r == 0 ? cvn_person_find(ctx, ret_owner, NULL) : r;
}

static int add_owner(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *owner)
{
    Convene__Events__V1__Member member = CONVENE__EVENTS__V1__MEMBER__INIT;
    int r = cvn_member_require_room(ctx, owner);
    if (r != 0)
        return r;
    member.role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_OWNER;
    member.create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return member.create_time ? cvn_member_put(ctx, group, owner, &member) : -ENOMEM;
}

static int create_group(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreateGroupRequest *req = request;
    Convene__Events__V1__Group *group = reply;
    struct cvn_id owner, id = cvn_ctx_new_id(ctx);
    *group = *(const Convene__Events__V1__Group *)ctx->prepared;
    group->archive_time = NULL;
    bool owned;
    if (ctx->who.of_groups)
        return cvn_ctx_refuse(ctx, CVN_PERMISSION_DENIED,
                              "The key is for certain groups only, so it may not found another.");
    int r = owner_meant(ctx, req->owner_id, &owner, &owned);
    if (r == 0)
        r = cvn_groups_stamp(ctx, &id, group);
    if (r != 0)
        return r;
    group->create_time = group->update_time;
    r = cvn_group_put(ctx, &id, group);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "SLUG_TAKEN",
                                    "There is a group with the slug \"%s\" already; give the new "
                                    "one another.",
                                    group->slug);
    if (r == 0 && owned)
        r = add_owner(ctx, &id, &owner);
    if (r != 0)
        return r;
    group->member_count = owned;
    return cvn_group_show(ctx, &id, true, group);
}

static int get_group(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetGroupRequest *req = request;
    struct cvn_id id;
    Convene__Events__V1__Group *group;
    Convene__Events__V1__GroupRole role;
    int r = cvn_group_find(ctx, "id", req->id, &id, &group);
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &id, &role);
    if (r == 0)
        r = cvn_group_show(ctx, &id, role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER,
                           group);
    if (r == 0)
        *(Convene__Events__V1__Group *)reply = *group;
    return r;
}

/* One record of a batch: the group as it will be stored, or why not. */
struct batch_item {
    Convene__Events__V1__Group *group;
    Convene__Events__V1__RegisterResult *refused;
};

static int check_item(struct cvn_ctx *ctx, const Convene__Events__V1__Group *given,
                      struct batch_item *ret)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, ctx->arena);
    ret->group = cvn_arena_copy(ctx->arena, given, sizeof *given);
    if (!ret->group)
        return -ENOMEM;
    int r = cvn_group_check(&problems, "group", ret->group, zones_of(ctx));
    if (r != 0 || problems.total == 0)
        return r;
    ret->refused = cvn_record_refused(&problems);
    return ret->refused ? 0 : -ENOMEM;
}

static int check_batch(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchRegisterGroupsRequest *req = request;
    if (req->n_groups > CVN_GROUPS_REGISTER_MAX) {
        cvn_problems_add(&ctx->problems, "groups", "are %zu; at most %d can be registered at once",
                         req->n_groups, CVN_GROUPS_REGISTER_MAX);
        return cvn_ctx_refuse_problems(ctx);
    }
    struct batch_item *items = cvn_arena_alloc_array(ctx->arena, req->n_groups, sizeof *items);
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_groups; i++) {
        int r = check_item(ctx, req->groups[i], &items[i]);
        if (r != 0)
            return r;
    }
    ctx->prepared = items;
    return 0;
}

static int compare_with_stored(struct cvn_ctx *ctx, Convene__Events__V1__Group *group,
                               Convene__Events__V1__Group *before,
                               Convene__Events__V1__RegisterResult__Outcome *ret)
{
    Google__Protobuf__Timestamp *now = group->update_time;
    before->member_count = 0;
    group->create_time = before->create_time;
    group->update_time = before->update_time;
    group->archive_time = before->archive_time;
    int r = cvn_record_same(ctx->arena, &group->base, &before->base);
    group->update_time = now;
    if (r < 0)
        return r;
    *ret = r ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
    return 0;
}

static int register_group(struct cvn_ctx *ctx, const Convene__Events__V1__Group *given,
                          Convene__Events__V1__RegisterResult **ret)
{
    Convene__Events__V1__Group group = *given, *before = NULL;
    Convene__Events__V1__RegisterResult__Outcome outcome = OUTCOME(CREATED);
    struct cvn_id id;
    int r = cvn_group_by_slug(ctx, given->slug, &id);
    if (r == 0)
        r = cvn_group_get(ctx, &id, &before);
    else if (r == CVN_STORE_ABSENT) {
        id = cvn_ctx_new_id(ctx);
        r = 0;
    }
    if (r == 0)
        r = cvn_groups_stamp(ctx, &id, &group);
    group.create_time = group.update_time;
    group.archive_time = NULL;
    if (r == 0 && before)
        r = compare_with_stored(ctx, &group, before, &outcome);
    if (r == 0 && outcome != OUTCOME(UNCHANGED))
        r = cvn_group_put(ctx, &id, &group);
    if (r != 0)
        return r;
    *ret = cvn_record_stored(ctx->arena, group.id, outcome);
    return *ret ? 0 : -ENOMEM;
}

static int batch_register_groups(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchRegisterGroupsRequest *req = request;
    Convene__Events__V1__BatchRegisterGroupsResponse *response = reply;
    const struct batch_item *items = ctx->prepared;
    response->results = cvn_arena_alloc_array(ctx->arena, req->n_groups, sizeof(void *));
    if (!response->results)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_groups; i++) {
        response->results[i] = items[i].refused;
        int r = items[i].refused ? 0 : register_group(ctx, items[i].group, &response->results[i]);
        if (r != 0)
            return r;
    }
    response->n_results = req->n_groups;
    return 0;
}

const struct cvn_service_method cvn_group_methods[10] = {
    {"CreateGroup", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_group, NULL,
     CVN_SCOPE_GROUPS_MANAGE},
    {"GetGroup", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, get_group, NULL, CVN_SCOPE_READ},
    {"ListGroups", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, cvn_groups_check_list, cvn_groups_list, NULL,
     CVN_SCOPE_READ},
    {"BatchRegisterGroups", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, check_batch, batch_register_groups,
     NULL, CVN_SCOPE_GROUPS_MANAGE},
    {"SetMember", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_members_check_set, cvn_members_set,
     NULL, CVN_SCOPE_GROUPS_MANAGE},
    {"RemoveMember", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_members_remove, NULL,
     CVN_SCOPE_GROUPS_MANAGE},
    {"ListMembers", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_members_list, NULL,
     CVN_SCOPE_READ},
    {"UpdateGroup", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_groups_check_update,
     cvn_groups_update, NULL, CVN_SCOPE_GROUPS_MANAGE},
    {"ArchiveGroup", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_groups_archive, NULL,
     CVN_SCOPE_GROUPS_MANAGE},
    {"RestoreGroup", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_groups_restore, NULL,
     CVN_SCOPE_GROUPS_MANAGE},
};
