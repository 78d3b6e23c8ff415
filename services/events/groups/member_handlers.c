#include "services/events/groups/group_access.h"
#include "services/events/groups/group_handlers.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_table.h"
#include "services/events/row_list.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

int cvn_members_check_set(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__SetMemberRequest *req = request;
    const ProtobufCEnumDescriptor *roles = &convene__events__v1__group_role__descriptor;
    if (!protobuf_c_enum_descriptor_get_value(roles, (int)req->role))
        cvn_problems_add(&ctx->problems, "role",
                         "is %d; GROUP_ROLE_MEMBER, _ORGANISER and _OWNER are the ones there are",
                         (int)req->role);
    return cvn_ctx_refuse_problems(ctx);
}

/* May the caller make the person a member with that role? */
static int may_join(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                    Convene__Events__V1__GroupRole role)
{
    int r = 0;
    if (role > ROLE(MEMBER) || !c->own)
        r = cvn_group_require(ctx, &c->group_id,
                              role > ROLE(MEMBER) ? ROLE(OWNER) : ROLE(ORGANISER));
    if (r == 0)
        r = cvn_member_case_require_welcome(ctx, c);
    if (r || !c->own || c->caller >= ROLE(ORGANISER))
        return r;
    if (c->group->join_mode == CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_APPROVAL)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "APPROVAL_REQUIRED",
                                    "%s lets people in by approval: ask with JoinGroup.",
                                    c->group->name);
    if (c->group->join_mode == CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_CLOSED)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "GROUP_CLOSED",
                                    "%s is closed: ask one of its organisers to add you.",
                                    c->group->name);
    return 0;
}

/* Everybody may take a lesser role themselves; all other changes are the owners'. */
static int may_change(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                      Convene__Events__V1__GroupRole role)
{
    if (!c->own || role > c->member->role) {
        int r = cvn_group_require(ctx, &c->group_id, ROLE(OWNER));
        if (r != 0)
            return r;
    }
    return role < ROLE(OWNER) ? cvn_member_case_refuse_last_owner(ctx, c) : 0;
}

int cvn_members_set(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__SetMemberRequest *req = request;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r != 0)
        return r;
    Convene__Events__V1__GroupRole role = req->role;
    if (role == ROLE(UNSPECIFIED))
        role = c.member ? c.member->role : ROLE(MEMBER);
    if (!c.member)
        r = may_join(ctx, &c, role);
    else if (role != c.member->role)
        r = may_change(ctx, &c, role);
    else if (!c.own)
        r = cvn_group_require(ctx, &c.group_id, ROLE(ORGANISER));
    if (r != 0)
        return r;
    if (!c.member || role != c.member->role)
        return cvn_member_case_enter(ctx, &c, role, reply);
    cvn_member_case_show(ctx, &c, c.member, reply);
    return 0;
}

int cvn_members_remove(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RemoveMemberRequest *req = request;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0 && !c.own)
        r = cvn_group_require(ctx, &c.group_id,
                              c.member && c.member->role > ROLE(MEMBER) ? ROLE(OWNER)
                                                                        : ROLE(ORGANISER));
    if (r != 0)
        return r;
    if (!c.member)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s is no member of %s.", c.person->display_name,
                              c.group->name);
    r = cvn_member_case_refuse_last_owner(ctx, &c);
    if (r == 0)
        r = cvn_member_delete(ctx, &c.group_id, &c.person_id);
    if (r == 0)
        *(Convene__Events__V1__Member *)reply = *c.member;
    return r;
}

/* One list under way: of which group, and what the caller is in it. */
struct listing {
    struct cvn_id group;
    Convene__Events__V1__GroupRole caller;
    Convene__Events__V1__ListMembersResponse *reply;
};

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    struct listing *listing = arg;
    struct cvn_id group, person;
    Convene__Events__V1__Member *member;
    (void)ret_taken;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EUCLEAN;
    int r = cvn_ctx_unpack(ctx, &convene__events__v1__member__descriptor, value, &member);
    if (r == 0)
        r = cvn_member_fill(ctx, &group, &person, member);
    if (r)
        return r;
    cvn_member_show(ctx, listing->caller, &person, member);
    listing->reply->members[listing->reply->n_members++] = member;
    return 0;
}

int cvn_members_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListMembersRequest *req = request;
    struct listing listing = {.reply = reply};
    struct cvn_row_list list = {.n_prefixes = 1, .take = take, .arg = &listing};
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &listing.reply->members);
    if (r == 0)
        r = cvn_group_find(ctx, "group_id", req->group_id, &listing.group, NULL);
    if (r == 0)
        r = cvn_group_require(ctx, &listing.group, ROLE(MEMBER));
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &listing.group, &listing.caller);
    if (r != 0)
        return r;
    cvn_member_prefix(&list.prefixes[0], &listing.group);
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &listing.reply->next_page_token);
}
