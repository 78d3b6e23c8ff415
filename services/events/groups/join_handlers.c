/* JoinGroup, and the requests that organisers decide about where a group lets in by approval. */
#include "services/events/field_check.h"
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_access.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_handlers.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/row_list.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define STATE(name) CONVENE__EVENTS__V1__JOIN_REQUEST_STATE__JOIN_REQUEST_STATE_##name
#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__ACTION__ACTION_##name

/* Who was rejected may ask again after that long. */
#define ASK_AGAIN_MS ((int64_t)30 * 24 * 60 * 60 * 1000)

static int note(struct cvn_ctx *ctx, const char *kind,
                const Convene__Events__V1__JoinRequest *request)
{
    return cvn_community_note(
        ctx, kind,
        cvn_arena_printf(ctx->arena, "%s/requests/%s", request->group_id, request->person_id));
}

int cvn_join_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__JoinGroupRequest *req = request;
    cvn_field_check_prose(&ctx->problems, "message", req->message, CVN_MEMBERSHIP_TEXT_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int refuse_rejected(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                           const Convene__Events__V1__JoinRequest *before)
{
    if (cvn_record_time_ms(before->decide_time, 0) + ASK_AGAIN_MS <= ctx->now_ms)
        return 0;
    return cvn_ctx_refuse_state(
        ctx, CVN_FAILED_PRECONDITION, "REQUEST_REJECTED",
        "%s turned the request down%s%s%s. You may ask again 30 days later.", c->group->name,
        before->reason[0] ? " (" : "", before->reason, before->reason[0] ? ")" : "");
}

static int require_request_room(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    struct cvn_membership_counts counts;
    int r = cvn_membership_counts_get(ctx, &c->group_id, &counts);
    if (r || counts.n_requests < CVN_GROUP_REQUESTS_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_REQUESTS",
                                "%s has %d requests already; ask one of its organisers.",
                                c->group->name, CVN_GROUP_REQUESTS_MAX);
}

/* Asks, or asks once more with other words. */
static int ask(struct cvn_ctx *ctx, const struct cvn_member_case *c, char *message,
               Convene__Events__V1__JoinRequest **ret)
{
    Convene__Events__V1__JoinRequest *request = cvn_arena_alloc(ctx->arena, sizeof *request);
    Convene__Events__V1__JoinRequest *before = NULL;
    if (!request)
        return -ENOMEM;
    int r = cvn_join_request_get(ctx, &c->group_id, &c->person_id, &before);
    if (r == CVN_STORE_ABSENT)
        r = require_request_room(ctx, c);
    else if (r == 0 && before->state == STATE(REJECTED))
        r = refuse_rejected(ctx, c, before);
    if (r)
        return r;
    bool waits = before && before->state == STATE(PENDING);
    convene__events__v1__join_request__init(request);
    request->state = STATE(PENDING);
    request->message = waits && !message[0] ? before->message : message;
    request->create_time = waits ? before->create_time : cvn_record_time(ctx->arena, ctx->now_ms);
    r = request->create_time ? cvn_join_request_put(ctx, &c->group_id, &c->person_id, request)
                             : -ENOMEM;
    if (r == 0)
        r = cvn_join_request_get(ctx, &c->group_id, &c->person_id, ret);
    return r || waits ? r : note(ctx, "request.created", *ret);
}

/* The role that an invitation which waits for the person gives; UNSPECIFIED for none. */
static int invited_as(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                      Convene__Events__V1__GroupRole *ret, struct cvn_invitation_row *ret_row)
{
    *ret = ROLE(UNSPECIFIED);
    int r = cvn_invitation_waiting(ctx, &c->group_id, &c->person_id, c->person, ret_row);
    if (r == 0)
        *ret = ret_row->message->role;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int come_in(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                   Convene__Events__V1__GroupRole role,
                   Convene__Events__V1__JoinGroupResponse *reply)
{
    reply->member = cvn_arena_alloc(ctx->arena, sizeof *reply->member);
    if (!reply->member)
        return -ENOMEM;
    reply->result_case = CONVENE__EVENTS__V1__JOIN_GROUP_RESPONSE__RESULT_MEMBER;
    return cvn_member_case_enter(ctx, c, role, reply->member);
}

/* What somebody who is no member yet gets of the group's way to let people in. */
static int join_by_mode(struct cvn_ctx *ctx, const struct cvn_member_case *c, char *message,
                        Convene__Events__V1__JoinGroupResponse *reply)
{
    switch (c->group->join_mode) {
    case CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_APPROVAL:
        reply->result_case = CONVENE__EVENTS__V1__JOIN_GROUP_RESPONSE__RESULT_REQUEST;
        return ask(ctx, c, message, &reply->request);
    case CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_CLOSED:
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "GROUP_CLOSED",
                                    "%s is closed: ask one of its organisers to invite you.",
                                    c->group->name);
    case CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_UNSPECIFIED:
    case CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_OPEN:
    case _CONVENE__EVENTS__V1__JOIN_MODE_IS_INT_SIZE:
        break;
    }
    return come_in(ctx, c, ROLE(MEMBER), reply);
}

int cvn_join(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__JoinGroupRequest *req = request;
    Convene__Events__V1__JoinGroupResponse *response = reply;
    Convene__Events__V1__GroupRole invited;
    struct cvn_invitation_row invitation;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_member_case_require_own(ctx, &c, "join for somebody else");
    if (r)
        return r;
    if (c.member) {
        response->member = c.member;
        response->result_case = CONVENE__EVENTS__V1__JOIN_GROUP_RESPONSE__RESULT_MEMBER;
        return 0;
    }
    r = cvn_member_case_require_welcome(ctx, &c);
    if (r == 0)
        r = invited_as(ctx, &c, &invited, &invitation);
    if (r)
        return r;
    if (invited == ROLE(UNSPECIFIED))
        return join_by_mode(ctx, &c, req->message, response);
    r = cvn_invitation_use(ctx, &invitation, "invitation.accepted");
    return r ? r : come_in(ctx, &c, invited, response);
}

static int refuse_no_request(struct cvn_ctx *ctx, const struct cvn_member_case *c)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s has no request of %s.", c->group->name,
                          c->person->display_name);
}

int cvn_join_withdraw(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__WithdrawJoinRequestRequest *req = request;
    Convene__Events__V1__JoinRequest *before;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_member_case_require_own(ctx, &c, "take back somebody else's request");
    if (r == 0)
        r = cvn_join_request_get(ctx, &c.group_id, &c.person_id, &before);
    if (r == CVN_STORE_ABSENT || (r == 0 && before->state != STATE(PENDING)))
        return refuse_no_request(ctx, &c);
    if (r == 0)
        r = cvn_join_request_delete(ctx, &c.group_id, &c.person_id);
    if (r == 0)
        r = note(ctx, "request.withdrawn", before);
    if (r)
        return r;
    before->state = STATE(WITHDRAWN);
    *(Convene__Events__V1__JoinRequest *)reply = *before;
    return 0;
}

int cvn_join_check_decide(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__DecideJoinRequestRequest *req = request;
    struct cvn_id person;
    (void)cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &person);
    if (req->action != ACTION(APPROVE) && req->action != ACTION(REJECT))
        cvn_problems_add(&ctx->problems, "action",
                         "is %d; ACTION_APPROVE or ACTION_REJECT is right", (int)req->action);
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_MEMBERSHIP_TEXT_MAX);
    if (req->action == ACTION(APPROVE) && req->reason[0])
        cvn_problems_add(&ctx->problems, "reason", "goes with a rejection only; leave it out");
    return cvn_ctx_refuse_problems(ctx);
}

static int approve(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                   Convene__Events__V1__JoinRequest *request)
{
    Convene__Events__V1__Member member;
    int r = cvn_member_case_require_welcome(ctx, c);
    if (r == 0 && !c->member)
        r = cvn_member_case_enter(ctx, c, ROLE(MEMBER), &member);
    request->state = STATE(APPROVED);
    return r ? r : note(ctx, "request.approved", request);
}

static int reject(struct cvn_ctx *ctx, const struct cvn_member_case *c, char *reason,
                  Convene__Events__V1__JoinRequest *request)
{
    if (request->state == STATE(REJECTED))
        return 0;
    request->state = STATE(REJECTED);
    request->reason = reason;
    request->decide_time = cvn_record_time(ctx->arena, ctx->now_ms);
    if (!request->decide_time)
        return -ENOMEM;
    int r = cvn_join_request_put(ctx, &c->group_id, &c->person_id, request);
    return r ? r : note(ctx, "request.rejected", request);
}

/* The request that is decided about; one that was approved before is told by its member. */
static int find_request(struct cvn_ctx *ctx, const struct cvn_member_case *c, bool approving,
                        Convene__Events__V1__JoinRequest *ret, bool *ret_done)
{
    Convene__Events__V1__JoinRequest *request;
    int r = cvn_join_request_get(ctx, &c->group_id, &c->person_id, &request);
    *ret_done = r == CVN_STORE_ABSENT && approving && c->member;
    if (*ret_done) {
        ret->group_id = c->member->group_id;
        ret->person_id = c->member->person_id;
        ret->display_name = c->member->display_name;
        ret->state = STATE(APPROVED);
        return 0;
    }
    if (r == CVN_STORE_ABSENT)
        return refuse_no_request(ctx, c);
    if (r == 0)
        *ret = *request;
    return r;
}

int cvn_join_decide(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DecideJoinRequestRequest *req = request;
    bool approving = req->action == ACTION(APPROVE), done;
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, req->group_id, req->person_id, &c);
    if (r == 0)
        r = cvn_group_require(ctx, &c.group_id, ROLE(ORGANISER));
    if (r == 0)
        r = find_request(ctx, &c, approving, reply, &done);
    if (r || done)
        return r;
    return approving ? approve(ctx, &c, reply) : reject(ctx, &c, req->reason, reply);
}

/* A list under way. */
struct listing {
    Convene__Events__V1__ListJoinRequestsResponse *reply;
    Convene__Events__V1__JoinRequestState state;
};

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    struct listing *listing = arg;
    struct cvn_id group, person;
    Convene__Events__V1__JoinRequest *request;
    (void)value;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EUCLEAN;
    int r = cvn_join_request_get(ctx, &group, &person, &request);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    *ret_taken = listing->state == STATE(UNSPECIFIED) || listing->state == request->state;
    if (*ret_taken)
        listing->reply->requests[listing->reply->n_requests++] = request;
    return 0;
}

/* Which rows a list is of: a group's for those who organise it, or one's own. */
static int aim(struct cvn_ctx *ctx, const char *group_id, struct cvn_row_list *list)
{
    struct cvn_id id = {{0}};
    int r;
    if (group_id[0]) {
        r = cvn_group_find(ctx, "group_id", group_id, &id, NULL);
        if (r == 0)
            r = cvn_group_require(ctx, &id, ROLE(ORGANISER));
        cvn_join_request_prefix(&list->prefixes[0], &id);
    } else {
        r = cvn_member_own_list(ctx, &id);
        cvn_key_init(&list->prefixes[0]);
        cvn_key_put_id(&list->prefixes[0], &id);
        list->index = &cvn_join_request_index;
    }
    list->n_prefixes = 1;
    return r;
}

int cvn_join_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListJoinRequestsRequest *req = request;
    struct listing listing = {.reply = reply, .state = req->state};
    struct cvn_row_list list = {.take = take, .arg = &listing};
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &listing.reply->requests);
    if (r == 0)
        r = aim(ctx, req->group_id, &list);
    if (r)
        return r;
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &listing.reply->next_page_token);
}
