/* Bans: who is kept out of a group, and what that ends. */
#include "services/events/field_check.h"
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_access.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_handlers.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/row_list.h"
#include "services/events/rsvps/rsvp_end.h"

#include <errno.h>

enum { RSVPS_ENDED_MAX = 500 }; /* by one call, as membership.proto says */

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

static int note(struct cvn_ctx *ctx, const char *kind, const Convene__Events__V1__Ban *ban)
{
    return cvn_community_note(
        ctx, kind, cvn_arena_printf(ctx->arena, "%s/bans/%s", ban->group_id, ban->person_id));
}

int cvn_ban_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BanPersonRequest *req = request;
    struct cvn_id person;
    (void)cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &person);
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_MEMBERSHIP_TEXT_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

/* Organisers keep out members and strangers, owners organisers as well, and nobody an owner. */
static int may_ban(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    Convene__Events__V1__GroupRole role = c->member ? c->member->role : ROLE(UNSPECIFIED);
    int r =
        cvn_group_require(ctx, &c->group_id, role > ROLE(MEMBER) ? ROLE(OWNER) : ROLE(ORGANISER));
    if (r || role < ROLE(OWNER))
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "OWNER",
                                "%s is an owner of %s; change the role before banning.",
                                c->person->display_name, c->group->name);
}

static int require_room(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    struct cvn_membership_counts counts;
    int r = cvn_membership_counts_get(ctx, &c->group_id, &counts);
    if (r || counts.n_bans < CVN_GROUP_BANS_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_BANS",
                                "A group keeps at most %d bans; lift some first.",
                                CVN_GROUP_BANS_MAX);
}

static int put(struct cvn_ctx *ctx, const struct cvn_member_case *c, char *reason,
               Convene__Events__V1__Ban **ret)
{
    Convene__Events__V1__Ban ban = CONVENE__EVENTS__V1__BAN__INIT;
    ban.reason = reason;
    ban.create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    if (ctx->who.kind == CVN_PRINCIPAL_PERSON)
        ban.banned_by = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ctx->who.person);
    if (!ban.create_time || !ban.banned_by)
        return -ENOMEM;
    int r = require_room(ctx, c);
    if (r == 0)
        r = cvn_ban_put(ctx, &c->group_id, &c->person_id, &ban);
    if (r == 0)
        r = cvn_ban_get(ctx, &c->group_id, &c->person_id, ret);
    return r ? r : note(ctx, "ban.created", *ret);
}

/* What the person had to do with the group is over. */
static int put_out(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    struct cvn_invitation_row invitation;
    int r = c->member ? cvn_member_delete(ctx, &c->group_id, &c->person_id) : 0;
    if (r == 0)
        r = cvn_join_request_delete(ctx, &c->group_id, &c->person_id);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    r = cvn_invitation_waiting(ctx, &c->group_id, &c->person_id, c->person, &invitation);
    if (r == 0)
        r = cvn_invitation_use(ctx, &invitation, "invitation.revoked");
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_ban_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BanPersonRequest *req = request;
    Convene__Events__V1__BanPersonResponse *response = reply;
    struct cvn_rsvps_ended ended = {0};
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = may_ban(ctx, &c);
    if (r == 0)
        r = cvn_ban_get(ctx, &c.group_id, &c.person_id, &response->ban);
    if (r == CVN_STORE_ABSENT)
        r = put(ctx, &c, req->reason, &response->ban);
    if (r == 0)
        r = put_out(ctx, &c);
    if (r == 0)
        r = cvn_rsvps_end_in_group(ctx, &c.group_id, &c.person_id, RSVPS_ENDED_MAX, &ended);
    response->rsvps_ended = (int32_t)ended.n;
    response->more = ended.more;
    return r;
}

int cvn_ban_lift(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__LiftBanRequest *req = request;
    Convene__Events__V1__Ban *ban;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_group_require(ctx, &c.group_id, ROLE(ORGANISER));
    if (r == 0)
        r = cvn_ban_get(ctx, &c.group_id, &c.person_id, &ban);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s is not banned from %s.",
                              c.person->display_name, c.group->name);
    if (r == 0)
        r = cvn_ban_delete(ctx, &c.group_id, &c.person_id);
    if (r)
        return r;
    *(Convene__Events__V1__Ban *)reply = *ban;
    return note(ctx, "ban.lifted", ban);
}

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    Convene__Events__V1__ListBansResponse *reply = arg;
    struct cvn_id group, person;
    (void)value;
    (void)ret_taken;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EUCLEAN;
    int r = cvn_ban_get(ctx, &group, &person, &reply->bans[reply->n_bans]);
    reply->n_bans += r == 0;
    return r;
}

int cvn_ban_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListBansRequest *req = request;
    Convene__Events__V1__ListBansResponse *response = reply;
    struct cvn_row_list list = {.n_prefixes = 1, .take = take, .arg = response};
    struct cvn_id group;
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &response->bans);
    if (r == 0)
        r = cvn_group_find(ctx, "group_id", req->group_id, &group, NULL);
    if (r == 0)
        r = cvn_group_require(ctx, &group, ROLE(ORGANISER));
    if (r)
        return r;
    cvn_ban_prefix(&list.prefixes[0], &group);
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &response->next_page_token);
}
