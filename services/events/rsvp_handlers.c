#include "services/events/handlers.h"
#include "services/events/person_table.h"
#include "services/events/rsvp_access.h"
#include "services/events/rsvp_list.h"
#include "services/events/rsvp_table.h"
#include "services/events/seats.h"

#include <errno.h>

enum { GUESTS_MAX = 10 }; /* as event.proto says of max_guests */

#define ANSWER(name) CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_##name
#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name

static int check_respond(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RespondRequest *req = request;
    struct cvn_id event;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &event);
    if (req->answer != ANSWER(YES) && req->answer != ANSWER(NO))
        cvn_problems_add(&ctx->problems, "answer", "is %d; ANSWER_YES or ANSWER_NO is right",
                         (int)req->answer);
    if (req->guests < 0 || req->guests > GUESTS_MAX)
        cvn_problems_add(&ctx->problems, "guests", "are %d; 0 to %d are right", req->guests,
                         GUESTS_MAX);
    if (req->guests > 0 && req->answer == ANSWER(NO))
        cvn_problems_add(&ctx->problems, "guests", "go with yes only; leave them out with no");
    return cvn_ctx_refuse_problems(ctx);
}

/* Does the action on the RSVP of the person and answers with what became of it. */
static int act(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
               const struct cvn_seating_action *action, Convene__Events__V1__Rsvp *reply)
{
    struct cvn_seating seating;
    int r = cvn_seating_begin(&seating, ctx, &c->event_id, c->event);
    if (r == 0)
        r = cvn_seating_act(&seating, action);
    if (r == 0)
        r = cvn_seating_end(&seating);
    if (r == 0)
        r = cvn_rsvp_show(ctx, &c->event_id, &action->person, reply);
    if (r == CVN_STORE_ABSENT) /* the action changed nothing where nothing was */
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no such RSVP.");
    return r;
}

static int respond(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RespondRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_seating_action action = {0};
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0)
        r = cvn_person_meant(ctx, "person_id", req->person_id, &action.person);
    if (r != 0)
        return r;
    bool own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&action.person, &ctx->who.person);
    if (ctx->who.kind != CVN_PRINCIPAL_ADMIN && !own)
        return cvn_ctx_refuse_access(ctx, "answer for somebody else");
    r = cvn_person_find(ctx, &action.person, NULL);
    if (r == 0)
        r = cvn_rsvp_case_outsider(ctx, &c, &action.person, &action.outsider);
    if (r != 0)
        return r;
    bool yes = req->answer == ANSWER(YES);
    action.request = (struct cvn_rsvp_request){
        .action = yes ? CVN_RSVP_SAY_YES : CVN_RSVP_SAY_NO,
        .party = yes ? 1 + (uint32_t)req->guests : 0,
        .now_ms = ctx->now_ms,
    };
    return act(ctx, &c, &action, reply);
}

/* Whether the request's action is one, and which. */
static bool action_of(Convene__Events__V1__DecideRequest__Action action, enum cvn_rsvp_action *ret)
{
    static const enum cvn_rsvp_action rule_of[] = {
        [ACTION(INVITE)] = CVN_RSVP_INVITE,        [ACTION(APPROVE)] = CVN_RSVP_APPROVE,
        [ACTION(REJECT)] = CVN_RSVP_REJECT,        [ACTION(REMOVE)] = CVN_RSVP_REMOVE,
        [ACTION(MARK_ATTENDED)] = CVN_RSVP_ATTEND, [ACTION(MARK_NO_SHOW)] = CVN_RSVP_MISS,
        [ACTION(MARK_EXCUSED)] = CVN_RSVP_EXCUSE,
    };
    int n = (int)action;
    if (n <= 0 || n >= (int)(sizeof rule_of / sizeof rule_of[0]))
        return false;
    *ret = rule_of[n];
    return true;
}

static int check_decide(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__DecideRequest *req = request;
    struct cvn_id id;
    enum cvn_rsvp_action action;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &id);
    (void)cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &id);
    if (!action_of(req->action, &action))
        cvn_problems_add(&ctx->problems, "action",
                         "is %d; ACTION_INVITE, _APPROVE, _REJECT, "
                         "_REMOVE or one of ACTION_MARK_… is right",
                         (int)req->action);
    return cvn_ctx_refuse_problems(ctx);
}

static int decide(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DecideRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_seating_action action = {.request.now_ms = ctx->now_ms};
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r != 0)
        return r;
    if (!cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "decide about RSVPs; organisers of the group may");
    if (!cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &action.person) ||
        !action_of(req->action, &action.request.action))
        return cvn_ctx_refuse_problems(ctx);
    r = cvn_person_find(ctx, &action.person, NULL);
    if (r == 0)
        r = cvn_rsvp_case_outsider(ctx, &c, &action.person, &action.outsider);
    return r == 0 ? act(ctx, &c, &action, reply) : r;
}

static int get_rsvp(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetRsvpRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_id person;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0)
        r = cvn_person_meant(ctx, "person_id", req->person_id, &person);
    if (r != 0)
        return r;
    bool own = ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&person, &ctx->who.person);
    if (!own && !cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "see the RSVP of somebody else");
    r = cvn_rsvp_show(ctx, &c.event_id, &person, reply);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no RSVP of that person for %s.",
                              req->event_id);
    return r;
}

const struct cvn_service_method cvn_rsvp_methods[4] = {
    {"Respond", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_respond, respond, NULL,
     CVN_SCOPE_RSVPS_ANSWER},
    {"Decide", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_decide, decide, NULL,
     CVN_SCOPE_RSVPS_DECIDE},
    {"GetRsvp", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_rsvp, NULL, CVN_SCOPE_READ},
    {"ListRsvps", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_rsvps_list, NULL,
     CVN_SCOPE_READ},
};
