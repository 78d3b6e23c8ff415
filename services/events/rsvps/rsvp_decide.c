#include "services/events/rsvps/rsvp_decide.h"

#include "services/events/field_check.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_table.h"

#include <errno.h>

#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name

typedef Convene__Events__V1__DecideRequest request_type;

/* Whether the request's action is one of the rules', and which. */
static bool action_of(Convene__Events__V1__DecideRequest__Action action, enum cvn_rsvp_action *ret)
{
    static const enum cvn_rsvp_action rule_of[] = {
        [ACTION(INVITE)] = CVN_RSVP_INVITE,        [ACTION(APPROVE)] = CVN_RSVP_APPROVE,
        [ACTION(REJECT)] = CVN_RSVP_REJECT,        [ACTION(REMOVE)] = CVN_RSVP_REMOVE,
        [ACTION(MARK_ATTENDED)] = CVN_RSVP_ATTEND, [ACTION(MARK_NO_SHOW)] = CVN_RSVP_MISS,
        [ACTION(MARK_EXCUSED)] = CVN_RSVP_EXCUSE,  [ACTION(ADD)] = CVN_RSVP_ADD,
        [ACTION(UNMARK)] = CVN_RSVP_UNMARK,        [ACTION(WALK_IN)] = CVN_RSVP_WALK_IN,
    };
    int n = (int)action;
    if (n <= 0 || n >= (int)(sizeof rule_of / sizeof rule_of[0]) || action == ACTION(MOVE))
        return false;
    *ret = rule_of[n];
    return true;
}

static bool takes_party(Convene__Events__V1__DecideRequest__Action action)
{
    return action == ACTION(ADD) || action == ACTION(WALK_IN);
}

static void check_fields(struct cvn_ctx *ctx, const request_type *req)
{
    struct cvn_problems *problems = &ctx->problems;
    if (req->guests < 0 || req->guests > CVN_RSVP_GUESTS_MAX)
        cvn_problems_add(problems, "guests", "are %d; 0 to %d are right", req->guests,
                         CVN_RSVP_GUESTS_MAX);
    if ((req->guests > 0 || req->way) && !takes_party(req->action))
        cvn_problems_add(problems, req->guests > 0 ? "guests" : "way",
                         "goes with ACTION_ADD and ACTION_WALK_IN only");
    if (req->over_capacity && req->action != ACTION(ADD))
        cvn_problems_add(problems, "over_capacity", "goes with ACTION_ADD only");
    if (req->action == ACTION(MOVE) ? req->position < 1 : req->position != 0)
        cvn_problems_add(problems, "position", "is %d; with ACTION_MOVE 1 or more is right, else 0",
                         req->position);
    bool needs_reason = req->action == ACTION(MOVE) || req->action == ACTION(UNMARK) ||
                        (req->action == ACTION(ADD) && req->over_capacity);
    if (needs_reason && !req->reason[0])
        cvn_problems_add(problems, "reason", "is missing; say why, for the history");
    cvn_field_check_prose(problems, "reason", req->reason, CVN_MOVE_REASON_MAX);
}

int cvn_rsvp_check_decide(struct cvn_ctx *ctx, const void *request)
{
    const request_type *req = request;
    struct cvn_id id;
    enum cvn_rsvp_action action;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &id);
    (void)cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &id);
    if (req->action != ACTION(MOVE) && !action_of(req->action, &action))
        cvn_problems_add(&ctx->problems, "action",
                         "is %d; ACTION_INVITE, _APPROVE, _REJECT, _REMOVE, _ADD, _MOVE, _UNMARK, "
                         "_WALK_IN or one of ACTION_MARK_… is right",
                         (int)req->action);
    check_fields(ctx, req);
    return cvn_ctx_refuse_problems(ctx);
}

static int reorder(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, const request_type *req,
                   void *reply)
{
    struct cvn_id person;
    struct cvn_seating seating;
    if (!cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &person))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_person_find(ctx, &person, NULL);
    if (r == 0)
        r = cvn_seating_begin(&seating, ctx, &c->event_id, c->event);
    if (r == 0)
        r = cvn_seating_reorder(&seating, &person, (uint32_t)req->position, req->reason);
    if (r == 0)
        r = cvn_seating_end(&seating);
    return r == 0 ? cvn_rsvp_show(ctx, c, &person, reply) : r;
}

int cvn_rsvp_require_reason(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                            const struct cvn_seating_action *action)
{
    Convene__Events__V1__Rsvp *rsvp;
    enum cvn_rsvp_action what = action->request.action;
    enum cvn_rsvp_state marker = what == CVN_RSVP_MISS     ? CVN_RSVP_NO_SHOW
                                 : what == CVN_RSVP_EXCUSE ? CVN_RSVP_EXCUSED
                                                           : CVN_RSVP_ATTENDED;
    bool marks = what == CVN_RSVP_ATTEND || what == CVN_RSVP_MISS || what == CVN_RSVP_EXCUSE ||
                 what == CVN_RSVP_WALK_IN;
    if (!marks || (action->reason && action->reason[0]))
        return 0;
    int r = cvn_rsvp_get(ctx, &c->event_id, &action->person, &rsvp);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? 0 : r;
    enum cvn_rsvp_state state = (enum cvn_rsvp_state)rsvp->state;
    if (state < CVN_RSVP_ATTENDED || state == marker)
        return 0;
    cvn_problems_add(&ctx->problems, "reason",
                     "is missing; the person is marked as %s already, so say why that is wrong",
                     cvn_rsvp_state_name(state));
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_rsvp_decide_for(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const request_type *req = request;
    struct cvn_rsvp_case c;
    struct cvn_seating_action action = {
        .request = {.now_ms = ctx->now_ms,
                    .party = takes_party(req->action) ? 1 + (uint32_t)req->guests : 0,
                    .over_capacity = req->over_capacity},
        .reason = req->reason,
    };
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r != 0)
        return r;
    if (!cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "decide about RSVPs; organisers of the group may");
    if (req->action == ACTION(MOVE))
        return reorder(ctx, &c, req, reply);
    if (!cvn_ctx_read_id(ctx, "person_id", CVN_PERSON_PREFIX, req->person_id, &action.person) ||
        !action_of(req->action, &action.request.action))
        return cvn_ctx_refuse_problems(ctx);
    r = cvn_rsvp_case_person(ctx, &c, &action);
    if (r == 0)
        r = cvn_rsvp_case_way(ctx, &c, req->way, &action);
    if (r == 0)
        r = cvn_rsvp_require_reason(ctx, &c, &action);
    return r == 0 ? cvn_rsvp_case_act(ctx, &c, &action, reply) : r;
}
