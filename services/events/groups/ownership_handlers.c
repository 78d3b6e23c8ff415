/* Handing a group over: an owner offers, a member accepts, and the two change places. */
#include "convene/events/v1/membership.pb-c.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_handlers.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"

#include <errno.h>

enum { OFFER_DAYS = 14 };

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

static bool has_offer(const struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    return c->member && cvn_record_time_ms(c->member->offer_expire_time, 0) > ctx->now_ms;
}

static int put(struct cvn_ctx *ctx, const struct cvn_member_case *c,
               Convene__Events__V1__Member *reply)
{
    int r = cvn_member_put(ctx, &c->group_id, &c->person_id, c->member);
    if (r == 0)
        cvn_member_case_show(ctx, c, c->member, reply);
    return r;
}

int cvn_ownership_offer(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__OfferOwnershipRequest *req = request;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_group_require(ctx, &c.group_id, ROLE(OWNER));
    if (r)
        return r;
    if (!c.member || c.member->role == ROLE(OWNER))
        return cvn_ctx_refuse_state(
            ctx, CVN_FAILED_PRECONDITION, c.member ? "ALREADY_OWNER" : "NO_MEMBER",
            c.member ? "%s owns %s already." : "%s is no member of %s; invite them first.",
            c.person->display_name, c.group->name);
    c.member->offer_expire_time = cvn_record_time(ctx->arena, ctx->now_ms + OFFER_DAYS * DAY_MS);
    c.member->offered_by = ctx->who.kind == CVN_PRINCIPAL_PERSON
                               ? cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ctx->who.person)
                               : (char *)(uintptr_t)protobuf_c_empty_string;
    return c.member->offer_expire_time && c.member->offered_by ? put(ctx, &c, reply) : -ENOMEM;
}

static int refuse_no_offer(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND,
                          "%s is not offered to %s; the offer may have expired.", c->group->name,
                          c->person->display_name);
}

/* Who offered becomes an organiser, unless the group is nobody's (an administrator offered). */
static int step_down(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    Convene__Events__V1__Member *owner;
    struct cvn_id id;
    if (!c->member->offered_by[0])
        return 0;
    if (!cvn_id_parse(&id, CVN_PERSON_PREFIX, c->member->offered_by))
        return -EUCLEAN;
    int r = cvn_member_get(ctx, &c->group_id, &id, &owner);
    if (r == CVN_STORE_ABSENT || (r == 0 && owner->role != ROLE(OWNER)))
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "OFFER_VOID",
                                    "Who offered %s does not own it any more.", c->group->name);
    if (r)
        return r;
    owner->role = ROLE(ORGANISER);
    owner->offer_expire_time = NULL;
    return cvn_member_put(ctx, &c->group_id, &id, owner);
}

int cvn_ownership_accept(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__AcceptOwnershipRequest *req = request;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_member_case_require_own(ctx, &c, "take a group over for somebody else");
    if (r)
        return r;
    if (!has_offer(ctx, &c))
        return refuse_no_offer(ctx, &c);
    r = step_down(ctx, &c);
    return r ? r : cvn_member_case_enter(ctx, &c, ROLE(OWNER), reply);
}

int cvn_ownership_decline(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DeclineOwnershipRequest *req = request;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0 && !c.own)
        r = cvn_group_require(ctx, &c.group_id, ROLE(OWNER));
    if (r)
        return r;
    if (!has_offer(ctx, &c))
        return refuse_no_offer(ctx, &c);
    c.member->offer_expire_time = NULL;
    c.member->offered_by = (char *)(uintptr_t)protobuf_c_empty_string;
    return put(ctx, &c, reply);
}
