#include "services/events/groups/member_case.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

int cvn_member_case_find(struct cvn_ctx *ctx, const char *group, const char *person,
                         struct cvn_member_case *ret)
{
    struct cvn_member_case c = {0};
    int r = cvn_group_find(ctx, "group_id", group, &c.group_id, &c.group);
    if (r == 0)
        r = cvn_person_meant(ctx, "person_id", person, &c.person_id);
    if (r == 0)
        r = cvn_person_find(ctx, &c.person_id, &c.person);
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &c.group_id, &c.caller);
    if (r != 0)
        return r;
    c.own = cvn_person_is_caller(ctx, &c.person_id) &&
            !cvn_principal_excludes_group(&ctx->who, &c.group_id);
    r = cvn_member_get(ctx, &c.group_id, &c.person_id, &c.member);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *ret = c;
    return 0;
}

int cvn_member_case_require_own(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                                const char *what)
{
    if (c->own || ctx->who.kind == CVN_PRINCIPAL_ADMIN)
        return 0;
    if (cvn_person_is_caller(ctx, &c->person_id))
        return cvn_ctx_refuse(ctx, CVN_PERMISSION_DENIED,
                              "The key is for certain groups only, and %s is none of them.",
                              c->group->name);
    return cvn_ctx_refuse_access(ctx, what);
}

int cvn_member_case_refuse_last_owner(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    struct cvn_member_counts counts;
    if (!c->member || c->member->role != ROLE(OWNER))
        return 0;
    int r = cvn_member_counts_get(ctx, &c->group_id, &counts);
    if (r != 0 || counts.n_owners > 1)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "LAST_OWNER",
                                "%s is the only owner of %s. Make somebody else an owner first.",
                                c->person->display_name, c->group->name);
}

int cvn_member_case_require_welcome(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    Convene__Events__V1__Ban *ban;
    int r = cvn_group_require_active(ctx, c->group);
    if (r == 0)
        r = cvn_ban_get(ctx, &c->group_id, &c->person_id, &ban);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    if (cvn_person_is_caller(ctx, &c->person_id))
        return cvn_ctx_refuse_state(
            ctx, CVN_PERMISSION_DENIED, "BANNED", "You are banned from %s%s%s%s.", c->group->name,
            ban->reason[0] ? " (" : "", ban->reason, ban->reason[0] ? ")" : "");
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "BANNED",
                                "%s is banned from %s; lift the ban first.",
                                c->person->display_name, c->group->name);
}

/* What waited for the person to come in waits no more. */
static int end_waiting(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    struct cvn_invitation_row invitation;
    struct cvn_key to;
    int r = cvn_join_request_delete(ctx, &c->group_id, &c->person_id);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    cvn_invitation_to_person(&to, &c->person_id);
    r = cvn_invitation_find(ctx, &to, &c->group_id, &invitation);
    if (r == 0)
        r = cvn_invitation_delete(ctx, &invitation);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

void cvn_member_case_show(const struct cvn_ctx *ctx, const struct cvn_member_case *c,
                          const Convene__Events__V1__Member *member,
                          Convene__Events__V1__Member *reply)
{
    *reply = *member;
    cvn_member_show(ctx, c->caller, &c->person_id, reply);
}

int cvn_member_case_enter(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                          Convene__Events__V1__GroupRole role, Convene__Events__V1__Member *reply)
{
    Convene__Events__V1__Member member = CONVENE__EVENTS__V1__MEMBER__INIT;
    member.role = role;
    member.create_time =
        c->member ? c->member->create_time : cvn_record_time(ctx->arena, ctx->now_ms);
    if (!member.create_time)
        return -ENOMEM;
    int r = c->member ? 0 : cvn_member_require_room(ctx, &c->person_id);
    if (r == 0)
        r = cvn_member_put(ctx, &c->group_id, &c->person_id, &member);
    if (r == 0)
        r = end_waiting(ctx, c);
    if (r == 0)
        r = cvn_member_fill(ctx, &c->group_id, &c->person_id, &member);
    if (r == 0)
        *reply = member;
    return r;
}

int cvn_member_own_list(struct cvn_ctx *ctx, struct cvn_id *ret_person)
{
    if (ctx->who.kind == CVN_PRINCIPAL_PERSON) {
        *ret_person = ctx->who.person;
        return 0;
    }
    if (ctx->who.kind == CVN_PRINCIPAL_ANONYMOUS)
        return cvn_ctx_refuse_access(ctx, "see lists of their own");
    cvn_problems_add(&ctx->problems, "group_id",
                     "is empty, which means one's own, and only people have any; the group's id "
                     "(grp_…) or its slug is right");
    return cvn_ctx_refuse_problems(ctx);
}
