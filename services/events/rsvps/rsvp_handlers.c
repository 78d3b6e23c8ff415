#include "services/events/handlers.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/agenda.h"
#include "services/events/rsvps/check_in.h"
#include "services/events/rsvps/draw_handlers.h"
#include "services/events/rsvps/moves_handlers.h"
#include "services/events/rsvps/questions.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_decide.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_list.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats.h"

#include <errno.h>

#define ANSWER(name) CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_##name

static int check_respond(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RespondRequest *req = request;
    struct cvn_id event;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &event);
    if (req->answer != ANSWER(YES) && req->answer != ANSWER(NO))
        cvn_problems_add(&ctx->problems, "answer", "is %d; ANSWER_YES or ANSWER_NO is right",
                         (int)req->answer);
    if (req->guests < 0 || req->guests > CVN_RSVP_GUESTS_MAX)
        cvn_problems_add(&ctx->problems, "guests", "are %d; 0 to %d are right", req->guests,
                         CVN_RSVP_GUESTS_MAX);
    if (req->guests > 0 && req->answer == ANSWER(NO))
        cvn_problems_add(&ctx->problems, "guests", "go with yes only; leave them out with no");
    if (req->way && req->answer == ANSWER(NO))
        cvn_problems_add(&ctx->problems, "way", "goes with yes only; leave it out with no");
    if (req->n_answers > 0 && req->answer == ANSWER(NO))
        cvn_problems_add(&ctx->problems, "answers", "go with yes only; leave them out with no");
    cvn_answers_check_form(&ctx->problems, req->answers, req->n_answers);
    return cvn_ctx_refuse_problems(ctx);
}

/* With a yes that brings no answers, those given before count, as long as the yes lasts. */
static int take_answers(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                        const Convene__Events__V1__RespondRequest *req,
                        struct cvn_seating_action *action)
{
    if (c->event->n_questions == 0 && req->n_answers == 0)
        return 0;
    if (req->n_answers == 0) {
        Convene__Events__V1__Rsvp *rsvp = NULL;
        int r = cvn_rsvp_get(ctx, &c->event_id, &action->person, &rsvp);
        if (r != 0 && r != CVN_STORE_ABSENT)
            return r;
        if (cvn_rsvp_party(rsvp) > 0)
            return 0;
    }
    cvn_answers_check(&ctx->problems, c->event, req->answers, req->n_answers);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    action->has_answers = req->n_answers > 0;
    action->n_answers = req->n_answers;
    return cvn_answers_copy(ctx->arena, req->answers, req->n_answers, &action->answers);
}

/* Whom the answer is for: the caller, or somebody for whom an organiser answers. */
static int find_person(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, const char *person_id,
                       struct cvn_seating_action *action)
{
    int r = cvn_person_meant(ctx, "person_id", person_id, &action->person);
    if (r != 0)
        return r;
    bool own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&action->person, &ctx->who.person);
    if (!own && !cvn_rsvp_case_organised(c))
        return cvn_ctx_refuse_access(ctx, "answer for somebody else");
    return cvn_rsvp_case_person(ctx, c, action);
}

static int respond(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RespondRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_seating_action action = {0};
    bool yes = req->answer == ANSWER(YES);
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0)
        r = find_person(ctx, &c, req->person_id, &action);
    if (r == 0)
        r = cvn_rsvp_case_way(ctx, &c, req->way, &action);
    if (r == 0 && yes)
        r = take_answers(ctx, &c, req, &action);
    if (r != 0)
        return r;
    action.request = (struct cvn_rsvp_request){
        .action = yes ? CVN_RSVP_SAY_YES : CVN_RSVP_SAY_NO,
        .party = yes ? 1 + (uint32_t)req->guests : 0,
        .now_ms = ctx->now_ms,
    };
    return cvn_rsvp_case_act(ctx, &c, &action, reply);
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
    r = cvn_rsvp_show(ctx, &c, &person, reply);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no RSVP of that person for %s.",
                              req->event_id);
    return r;
}

const struct cvn_service_method cvn_rsvp_methods[13] = {
    {"Respond", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_respond, respond, NULL,
     CVN_SCOPE_RSVPS_ANSWER},
    {"Decide", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_rsvp_check_decide, cvn_rsvp_decide_for,
     NULL, CVN_SCOPE_RSVPS_DECIDE},
    {"GetRsvp", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_rsvp, NULL, CVN_SCOPE_READ},
    {"ListRsvps", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_rsvps_list, NULL,
     CVN_SCOPE_READ},
    {"ListRsvpMoves", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_rsvp_moves_list, NULL,
     CVN_SCOPE_READ},
    {"VerifyRsvpMoves", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_rsvp_moves_verify, NULL,
     CVN_SCOPE_READ},
    {"InvitePeople", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_rsvp_check_invite,
     cvn_rsvp_invite_people, NULL, CVN_SCOPE_RSVPS_DECIDE},
    {"CheckIn", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_check_in_check, cvn_check_in_run, NULL,
     CVN_SCOPE_RSVPS_DECIDE},
    {"CloseAttendance", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_check_in_close, NULL,
     CVN_SCOPE_RSVPS_DECIDE},
    {"DrawLots", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_draw_lots, NULL,
     CVN_SCOPE_RSVPS_DECIDE},
    {"GetDraw", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, cvn_draw_get, NULL, CVN_SCOPE_READ},
    {"ListDrawTickets", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, cvn_draw_list_tickets, NULL,
     CVN_SCOPE_READ},
    {"ListAgenda", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_agenda_list, NULL,
     CVN_SCOPE_READ},
};
