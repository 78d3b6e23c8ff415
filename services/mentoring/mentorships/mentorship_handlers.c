#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/mentorship_find.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

static void show(const struct cvn_mentorship_case *c, Convene__Mentoring__V1__Mentorship *reply)
{
    *reply = *c->row;
    reply->program_name = c->program->name;
}

static int get_mentorship(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetMentorshipRequest *req = request;
    struct cvn_mentorship_case c;
    int r = cvn_mentorship_find(ctx, "id", req->id, &c);
    if (r == 0)
        show(&c, reply);
    return r;
}

/* Does to the mentorship of an id what a change says; its side and doer are found here. */
static int change(struct cvn_ctx *ctx, const char *id, Convene__Mentoring__V1__Role asked,
                  struct cvn_mentorship_change *change, Convene__Mentoring__V1__Mentorship *reply)
{
    struct cvn_mentorship_case c;
    Convene__Mentoring__V1__Role side;
    int r = cvn_mentorship_find(ctx, "id", id, &c);
    if (r)
        return r;
    change->by = c.own;
    if (change->action == CVN_MENTORSHIP_ACCEPT || change->action == CVN_MENTORSHIP_DECLINE) {
        r = cvn_mentorship_side(ctx, &c, "role", asked, &side);
        if (r)
            return r;
        change->side = (enum cvn_mentorship_side)side;
        change->by = side;
    }
    r = cvn_mentorship_apply(ctx, &c.id, c.row, change);
    if (r == 0)
        show(&c, reply);
    return r;
}

static int accept(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__AcceptMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_ACCEPT, .reason = ""};
    return change(ctx, req->id, req->role, &how, reply);
}

static int check_decline(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__DeclineMentorshipRequest *req = request;
    cvn_mentorship_check_text(ctx, "reason", req->reason, CVN_MENTORSHIP_REASON_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int decline(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__DeclineMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_DECLINE, .reason = req->reason};
    return change(ctx, req->id, req->role, &how, reply);
}

static int check_pause(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__PauseMentorshipRequest *req = request;
    cvn_mentorship_check_text(ctx, "reason", req->reason, CVN_MENTORSHIP_REASON_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int pause_mentorship(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__PauseMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_PAUSE, .reason = req->reason};
    return change(ctx, req->id, ROLE(UNSPECIFIED), &how, reply);
}

static int resume(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ResumeMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_RESUME, .reason = ""};
    return change(ctx, req->id, ROLE(UNSPECIFIED), &how, reply);
}

static int complete(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CompleteMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_COMPLETE, .reason = ""};
    return change(ctx, req->id, ROLE(UNSPECIFIED), &how, reply);
}

static int check_end(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__EndMentorshipRequest *req = request;
    if (!req->reason[0])
        cvn_problems_add(&ctx->problems, "reason", "is empty; 1 to %d bytes are right",
                         CVN_MENTORSHIP_REASON_BYTES_MAX);
    cvn_mentorship_check_text(ctx, "reason", req->reason, CVN_MENTORSHIP_REASON_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int end(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__EndMentorshipRequest *req = request;
    struct cvn_mentorship_change how = {.action = CVN_MENTORSHIP_END, .reason = req->reason};
    return change(ctx, req->id, ROLE(UNSPECIFIED), &how, reply);
}

static int check_goals(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__SetMentorshipGoalsRequest *req = request;
    cvn_mentorship_check_text(ctx, "goals", req->goals, CVN_MENTORSHIP_GOALS_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int set_goals(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__SetMentorshipGoalsRequest *req = request;
    struct cvn_mentorship_case c;
    int r = cvn_mentorship_find(ctx, "id", req->id, &c);
    if (r == 0 && !cvn_mentorship_is_open(cvn_mentorship_state_of(c.row)))
        r = cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "MENTORSHIP_STATE", "%s",
                                 cvn_mentorship_refusal_text(CVN_MENTORSHIP_REFUSED_OVER));
    if (r)
        return r;
    c.row->goals = req->goals;
    c.row->update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    r = c.row->update_time ? cvn_mentorship_put(ctx, &c.id, c.row) : -ENOMEM;
    if (r == 0)
        show(&c, reply);
    return r;
}

const struct cvn_service_method cvn_mentorship_methods[CVN_MENTORSHIP_METHODS] = {
    {"GetMentorship", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_mentorship, NULL,
     CVN_SCOPE_READ},
    {"ListMentorships", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_mentorship_check_list,
     cvn_mentorship_list, NULL, CVN_SCOPE_READ},
    {"AcceptMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, accept, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"DeclineMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_decline, decline, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"PauseMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_pause, pause_mentorship, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"ResumeMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, resume, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"CompleteMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, complete, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"EndMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_end, end, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"SetMentorshipGoals", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_goals, set_goals, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"ReplaceMentorship", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_mentorship_prepare_replace,
     cvn_mentorship_replace, NULL, CVN_SCOPE_MENTORING_MANAGE},
    {"AddLogEntry", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_log_check_add, cvn_log_add, NULL,
     CVN_SCOPE_MENTORING_ENROL},
    {"ListLogEntries", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_log_check_list, cvn_log_list,
     NULL, CVN_SCOPE_READ},
    {"GiveFeedback", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_feedback_check_give,
     cvn_feedback_give, NULL, CVN_SCOPE_MENTORING_ENROL},
    {"ListFeedback", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, cvn_feedback_check_list,
     cvn_feedback_list, NULL, CVN_SCOPE_MENTORING_MANAGE},
};
