/* Who came: marks of attendance, and people who were not expected. */
#include "services/events/rules/rsvp_parts.h"

static bool is_marked(enum cvn_rsvp_state state)
{
    return state == CVN_RSVP_ATTENDED || state == CVN_RSVP_NO_SHOW || state == CVN_RSVP_EXCUSED;
}

/* Why attendance cannot be recorded; who is there early can be, who is missing is known later. */
static enum cvn_rsvp_refusal check_time(const struct cvn_rsvp_question *q, bool came)
{
    int64_t from_ms = q->event->start_ms - (came ? CVN_RSVP_CHECK_IN_EARLY_MS : 0);
    if (q->event->status == CVN_EVENT_CANCELLED)
        return CVN_RSVP_REFUSED_CANCELLED;
    if (q->event->status == CVN_EVENT_POSTPONED)
        return CVN_RSVP_REFUSED_POSTPONED;
    return q->now_ms < from_ms ? CVN_RSVP_REFUSED_NOT_STARTED : CVN_RSVP_OK;
}

enum cvn_rsvp_refusal cvn_rsvp_mark(const struct cvn_rsvp_question *q, enum cvn_rsvp_state marker,
                                    struct cvn_rsvp_decision *d)
{
    if (q->person->state != CVN_RSVP_YES && !is_marked(q->person->state))
        return CVN_RSVP_REFUSED_NOT_LISTED;
    enum cvn_rsvp_refusal refusal = check_time(q, marker == CVN_RSVP_ATTENDED);
    if (refusal == CVN_RSVP_OK)
        cvn_rsvp_move(q, marker, q->person->party, d);
    return refusal;
}

/* Whoever is in the room is in it: no capacity is asked, but it is noted. */
static void let_in(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    bool expected = q->person->state == CVN_RSVP_YES || is_marked(q->person->state);
    cvn_rsvp_move(q, CVN_RSVP_ATTENDED, expected ? q->person->party : q->party, d);
    int64_t taken = (int64_t)q->event->seats_taken + d->seats_delta;
    d->walked_in = q->person->walked_in || !expected;
    d->over_capacity = d->seats_delta > 0 && q->event->capacity && taken > q->event->capacity;
}

enum cvn_rsvp_refusal cvn_rsvp_walk_in(const struct cvn_rsvp_question *q,
                                       struct cvn_rsvp_decision *d)
{
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    if (q->person->state == CVN_RSVP_REJECTED)
        return CVN_RSVP_REFUSED_REJECTED;
    if (q->person->state == CVN_RSVP_REMOVED)
        return CVN_RSVP_REFUSED_REMOVED;
    if (q->party == 0)
        return CVN_RSVP_REFUSED_NO_PARTY;
    enum cvn_rsvp_refusal refusal = check_time(q, true);
    if (refusal == CVN_RSVP_OK)
        let_in(q, d);
    return refusal;
}

/* Back to what it was before the first mark: a seat, or nothing where somebody walked in. */
enum cvn_rsvp_refusal cvn_rsvp_unmark(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state before = q->person->walked_in ? CVN_RSVP_NO : CVN_RSVP_YES;
    if (q->person->state == before)
        return CVN_RSVP_OK;
    if (!is_marked(q->person->state))
        return CVN_RSVP_REFUSED_NOT_LISTED;
    enum cvn_rsvp_refusal refusal = check_time(q, true);
    if (refusal == CVN_RSVP_OK)
        cvn_rsvp_move(q, before, before == CVN_RSVP_NO ? 0 : q->person->party, d);
    return refusal;
}
