/* What organisers decide about RSVPs before the event. */
#include "services/events/rules/rsvp_parts.h"

/* Whoever has asked or been seated already needs no invitation. */
enum cvn_rsvp_refusal cvn_rsvp_invite(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    switch (q->person->state) {
    case CVN_RSVP_INVITED:
    case CVN_RSVP_YES:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_OFFERED:
        return CVN_RSVP_OK;
    case CVN_RSVP_NONE:
    case CVN_RSVP_NO:
    case CVN_RSVP_EXPIRED:
    case CVN_RSVP_REJECTED:
    case CVN_RSVP_REMOVED:
        if (refusal == CVN_RSVP_OK && q->person->banned)
            refusal = CVN_RSVP_REFUSED_BANNED;
        if (refusal == CVN_RSVP_OK)
            cvn_rsvp_move(q, CVN_RSVP_INVITED, 0, d);
        return refusal;
    case CVN_RSVP_REQUESTED: /* approving is the answer to a request */
        return CVN_RSVP_REFUSED_STATE;
    case CVN_RSVP_ATTENDED:
    case CVN_RSVP_NO_SHOW:
    case CVN_RSVP_EXCUSED:
        return CVN_RSVP_REFUSED_MARKED;
    }
    return CVN_RSVP_REFUSED_STATE;
}

enum cvn_rsvp_refusal cvn_rsvp_approve(const struct cvn_rsvp_question *q,
                                       struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    if (state == CVN_RSVP_YES || state == CVN_RSVP_WAITLISTED || state == CVN_RSVP_OFFERED)
        return CVN_RSVP_OK;
    if (state != CVN_RSVP_REQUESTED)
        return CVN_RSVP_REFUSED_STATE;
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    struct cvn_rsvp_question asked = *q;
    asked.party = q->person->party;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    if (refusal == CVN_RSVP_OK && q->event->capacity && asked.party > q->event->capacity)
        refusal = CVN_RSVP_REFUSED_TOO_LARGE;
    return refusal != CVN_RSVP_OK ? refusal : cvn_rsvp_seat_or_queue(&asked, d);
}

enum cvn_rsvp_refusal cvn_rsvp_reject(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d)
{
    if (q->person->state == CVN_RSVP_REJECTED)
        return CVN_RSVP_OK;
    if (q->person->state != CVN_RSVP_REQUESTED)
        return CVN_RSVP_REFUSED_STATE;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_event(q);
    if (refusal == CVN_RSVP_OK)
        cvn_rsvp_move(q, CVN_RSVP_REJECTED, 0, d);
    return refusal;
}

enum cvn_rsvp_refusal cvn_rsvp_remove(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_event(q);
    switch (q->person->state) {
    case CVN_RSVP_REMOVED:
        return CVN_RSVP_OK;
    case CVN_RSVP_INVITED:
    case CVN_RSVP_REQUESTED:
    case CVN_RSVP_YES:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_OFFERED:
        if (refusal == CVN_RSVP_OK)
            cvn_rsvp_move(q, CVN_RSVP_REMOVED, 0, d);
        return refusal;
    case CVN_RSVP_NONE:
    case CVN_RSVP_NO:
    case CVN_RSVP_EXPIRED:
    case CVN_RSVP_REJECTED:
        return CVN_RSVP_REFUSED_STATE;
    case CVN_RSVP_ATTENDED:
    case CVN_RSVP_NO_SHOW:
    case CVN_RSVP_EXCUSED:
        return CVN_RSVP_REFUSED_MARKED;
    }
    return CVN_RSVP_REFUSED_STATE;
}

/* Seats beyond the capacity, past those who wait and whatever the size of the party. */
static enum cvn_rsvp_refusal add_over_capacity(const struct cvn_rsvp_question *q,
                                               struct cvn_rsvp_decision *d)
{
    cvn_rsvp_move(q, CVN_RSVP_YES, q->party, d);
    int64_t taken = (int64_t)q->event->seats_taken + d->seats_delta;
    d->over_capacity = d->changed && q->event->capacity && taken > q->event->capacity;
    return CVN_RSVP_OK;
}

/* More guests for somebody who has a seat, or the seat that was offered. */
static enum cvn_rsvp_refusal add_to_seat(const struct cvn_rsvp_question *q,
                                         struct cvn_rsvp_decision *d)
{
    uint32_t held = q->person->elsewhere ? 0 : q->person->party;
    if (q->party > held && q->party - held > cvn_rsvp_free_seats(q->event))
        return CVN_RSVP_REFUSED_NO_SEATS;
    if (q->party > held && cvn_rsvp_queue_goes_first(q))
        return CVN_RSVP_REFUSED_QUEUE;
    cvn_rsvp_move(q, CVN_RSVP_YES, q->party, d);
    return CVN_RSVP_OK;
}

enum cvn_rsvp_refusal cvn_rsvp_add(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    if (q->party == 0)
        return CVN_RSVP_REFUSED_NO_PARTY;
    if (state == CVN_RSVP_ATTENDED || state == CVN_RSVP_NO_SHOW || state == CVN_RSVP_EXCUSED)
        return CVN_RSVP_REFUSED_MARKED;
    bool same = q->party == q->person->party && !q->person->elsewhere;
    if (same && (state == CVN_RSVP_YES || (state == CVN_RSVP_WAITLISTED && !q->over_capacity)))
        return CVN_RSVP_OK;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    if (refusal == CVN_RSVP_OK && q->over_capacity)
        return add_over_capacity(q, d);
    if (refusal == CVN_RSVP_OK)
        refusal = cvn_rsvp_check_party(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (state == CVN_RSVP_YES || state == CVN_RSVP_OFFERED)
        return add_to_seat(q, d);
    if (state == CVN_RSVP_WAITLISTED && !q->person->elsewhere) {
        cvn_rsvp_move(q, CVN_RSVP_WAITLISTED, q->party, d); /* the queue may then serve it */
        return CVN_RSVP_OK;
    }
    return cvn_rsvp_seat_or_queue(q, d);
}
