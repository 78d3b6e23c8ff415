#include "services/mentoring/rules/mentorship.h"

bool cvn_mentorship_is_open(enum cvn_mentorship_state state)
{
    return state == CVN_MENTORSHIP_PROPOSED || state == CVN_MENTORSHIP_ACTIVE ||
           state == CVN_MENTORSHIP_PAUSED;
}

static enum cvn_mentorship_answer *answer_of(struct cvn_mentorship_decision *d,
                                             enum cvn_mentorship_side side)
{
    return side == CVN_SIDE_MENTOR ? &d->mentor_answer : &d->mentee_answer;
}

static enum cvn_mentorship_refusal accept(const struct cvn_mentorship_facts *facts,
                                          enum cvn_mentorship_side side,
                                          struct cvn_mentorship_decision *d)
{
    enum cvn_mentorship_answer *answer = answer_of(d, side);
    bool open = cvn_mentorship_is_open(facts->state);
    if (open && *answer == CVN_ANSWER_ACCEPTED)
        return CVN_MENTORSHIP_OK;
    if (facts->state != CVN_MENTORSHIP_PROPOSED)
        return CVN_MENTORSHIP_REFUSED_ANSWERED;
    if (facts->now_ms > facts->accept_by_ms)
        return CVN_MENTORSHIP_REFUSED_TOO_LATE;
    if (!facts->both_enrolled)
        return CVN_MENTORSHIP_REFUSED_LEFT;
    if (facts->n_active >= facts->capacity)
        return CVN_MENTORSHIP_REFUSED_FULL;
    *answer = CVN_ANSWER_ACCEPTED;
    d->changed = true;
    d->begins = d->mentor_answer == CVN_ANSWER_ACCEPTED && d->mentee_answer == CVN_ANSWER_ACCEPTED;
    if (d->begins)
        d->state = CVN_MENTORSHIP_ACTIVE;
    return CVN_MENTORSHIP_OK;
}

static enum cvn_mentorship_refusal decline(const struct cvn_mentorship_facts *facts,
                                           enum cvn_mentorship_side side,
                                           struct cvn_mentorship_decision *d)
{
    enum cvn_mentorship_answer *answer = answer_of(d, side);
    if (facts->state == CVN_MENTORSHIP_DECLINED && *answer == CVN_ANSWER_DECLINED)
        return CVN_MENTORSHIP_OK;
    if (facts->state != CVN_MENTORSHIP_PROPOSED)
        return CVN_MENTORSHIP_REFUSED_ANSWERED;
    *answer = CVN_ANSWER_DECLINED;
    d->state = CVN_MENTORSHIP_DECLINED;
    return CVN_MENTORSHIP_OK;
}

static enum cvn_mentorship_refusal expire(const struct cvn_mentorship_facts *facts,
                                          struct cvn_mentorship_decision *d)
{
    if (facts->state == CVN_MENTORSHIP_EXPIRED)
        return CVN_MENTORSHIP_OK;
    if (facts->state != CVN_MENTORSHIP_PROPOSED)
        return CVN_MENTORSHIP_REFUSED_ANSWERED;
    if (facts->now_ms <= facts->accept_by_ms)
        return CVN_MENTORSHIP_REFUSED_NOT_DUE;
    d->state = CVN_MENTORSHIP_EXPIRED;
    return CVN_MENTORSHIP_OK;
}

/* From one of the states of a mentorship that has begun to another. */
static enum cvn_mentorship_refusal move(const struct cvn_mentorship_facts *facts,
                                        enum cvn_mentorship_state to,
                                        struct cvn_mentorship_decision *d)
{
    if (facts->state == CVN_MENTORSHIP_PROPOSED)
        return CVN_MENTORSHIP_REFUSED_NOT_ACCEPTED;
    if (facts->state != to && !cvn_mentorship_is_open(facts->state))
        return CVN_MENTORSHIP_REFUSED_OVER;
    d->state = to;
    return CVN_MENTORSHIP_OK;
}

static enum cvn_mentorship_refusal end(const struct cvn_mentorship_facts *facts,
                                       struct cvn_mentorship_decision *d)
{
    if (facts->state != CVN_MENTORSHIP_ENDED && !cvn_mentorship_is_open(facts->state))
        return CVN_MENTORSHIP_REFUSED_OVER;
    d->state = CVN_MENTORSHIP_ENDED;
    return CVN_MENTORSHIP_OK;
}

enum cvn_mentorship_refusal cvn_mentorship_decide(const struct cvn_mentorship_facts *facts,
                                                  enum cvn_mentorship_action action,
                                                  enum cvn_mentorship_side side,
                                                  struct cvn_mentorship_decision *ret)
{
    struct cvn_mentorship_decision d = {
        .state = facts->state,
        .mentor_answer = facts->mentor_answer,
        .mentee_answer = facts->mentee_answer,
    };
    enum cvn_mentorship_refusal refusal = CVN_MENTORSHIP_OK;
    switch (action) {
    case CVN_MENTORSHIP_ACCEPT:
        refusal = accept(facts, side, &d);
        break;
    case CVN_MENTORSHIP_DECLINE:
        refusal = decline(facts, side, &d);
        break;
    case CVN_MENTORSHIP_EXPIRE:
        refusal = expire(facts, &d);
        break;
    case CVN_MENTORSHIP_PAUSE:
        refusal = move(facts, CVN_MENTORSHIP_PAUSED, &d);
        break;
    case CVN_MENTORSHIP_RESUME:
        refusal = move(facts, CVN_MENTORSHIP_ACTIVE, &d);
        break;
    case CVN_MENTORSHIP_COMPLETE:
        refusal = move(facts, CVN_MENTORSHIP_COMPLETED, &d);
        break;
    case CVN_MENTORSHIP_END:
        refusal = end(facts, &d);
        break;
    case CVN_MENTORSHIP_ACTIONS:
        return CVN_MENTORSHIP_REFUSED_OVER;
    }
    if (refusal != CVN_MENTORSHIP_OK)
        return refusal;
    d.changed = d.changed || d.state != facts->state;
    d.over = d.changed && !cvn_mentorship_is_open(d.state);
    d.mentee_waits = d.over && d.state != CVN_MENTORSHIP_COMPLETED;
    d.keeps_place = d.mentee_waits && facts->state == CVN_MENTORSHIP_PROPOSED;
    *ret = d;
    return CVN_MENTORSHIP_OK;
}

const char *cvn_mentorship_refusal_text(enum cvn_mentorship_refusal refusal)
{
    switch (refusal) {
    case CVN_MENTORSHIP_OK:
        return "";
    case CVN_MENTORSHIP_REFUSED_ANSWERED:
        return "The mentorship is no proposal any more; one that has begun is ended instead.";
    case CVN_MENTORSHIP_REFUSED_TOO_LATE:
        return "The time to accept is over; ask the programme's managers for a new proposal.";
    case CVN_MENTORSHIP_REFUSED_FULL:
        return "The mentor has as many mentees as seats; raise the capacity of the enrolment, or "
               "end another mentorship first.";
    case CVN_MENTORSHIP_REFUSED_LEFT:
        return "One of the two has withdrawn from the programme.";
    case CVN_MENTORSHIP_REFUSED_NOT_DUE:
        return "The time to accept is not over yet.";
    case CVN_MENTORSHIP_REFUSED_NOT_ACCEPTED:
        return "The mentorship has not begun: both have to accept it first.";
    case CVN_MENTORSHIP_REFUSED_OVER:
        return "The mentorship is over; nothing follows.";
    }
    return "";
}
