#include "services/events/rules/rsvp.h"

/* What every action is decided from; the decision starts as "nothing changes". */
struct question {
    const struct cvn_rsvp_event *event;
    const struct cvn_rsvp_person *person;
    uint32_t party;
    int64_t now_ms;
};

bool cvn_rsvp_holds_seats(enum cvn_rsvp_state state)
{
    switch (state) {
    case CVN_RSVP_YES:
    case CVN_RSVP_OFFERED:
    case CVN_RSVP_ATTENDED:
    case CVN_RSVP_NO_SHOW:
    case CVN_RSVP_EXCUSED:
        return true;
    case CVN_RSVP_NONE:
    case CVN_RSVP_INVITED:
    case CVN_RSVP_REQUESTED:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_NO:
    case CVN_RSVP_EXPIRED:
    case CVN_RSVP_REJECTED:
    case CVN_RSVP_REMOVED:
        return false;
    }
    return false;
}

uint32_t cvn_rsvp_free_seats(const struct cvn_rsvp_event *event)
{
    if (event->capacity == 0)
        return CVN_WAITLIST_NO_LIMIT;
    return event->capacity > event->seats_taken ? event->capacity - event->seats_taken : 0;
}

static bool has_started(const struct question *q)
{
    return q->now_ms >= q->event->start_ms;
}

/* Why nobody may act on the RSVPs at all; a postponed event's old start no longer counts. */
static enum cvn_rsvp_refusal check_event(const struct question *q)
{
    switch (q->event->status) {
    case CVN_EVENT_CANCELLED:
        return CVN_RSVP_REFUSED_CANCELLED;
    case CVN_EVENT_POSTPONED:
        return CVN_RSVP_OK;
    case CVN_EVENT_SCHEDULED:
    case CVN_EVENT_RESCHEDULED:
    case CVN_EVENT_MOVED_ONLINE:
        break;
    }
    return has_started(q) ? CVN_RSVP_REFUSED_STARTED : CVN_RSVP_OK;
}

/* Why nobody may come to hold or be promised a seat. */
static enum cvn_rsvp_refusal check_open(const struct question *q)
{
    if (q->event->publication != CVN_PUBLICATION_PUBLISHED)
        return CVN_RSVP_REFUSED_UNPUBLISHED;
    if (q->event->status == CVN_EVENT_POSTPONED)
        return CVN_RSVP_REFUSED_POSTPONED;
    return check_event(q);
}

static enum cvn_rsvp_refusal check_window(const struct question *q)
{
    if (q->now_ms < q->event->opens_ms)
        return CVN_RSVP_REFUSED_NOT_OPEN;
    if (q->event->closes_ms && q->now_ms >= q->event->closes_ms)
        return CVN_RSVP_REFUSED_CLOSED;
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal check_party(const struct question *q)
{
    if (q->party == 0)
        return CVN_RSVP_REFUSED_NO_PARTY;
    if (q->party - 1 > q->event->guests_max)
        return CVN_RSVP_REFUSED_GUESTS;
    if (q->event->capacity && q->party > q->event->capacity)
        return CVN_RSVP_REFUSED_TOO_LARGE;
    return CVN_RSVP_OK;
}

bool cvn_rsvp_queue_moves(const struct cvn_rsvp_event *event, int64_t now_ms)
{
    struct question q = {.event = event, .now_ms = now_ms};
    return event->waitlist != CVN_WAITLIST_NONE && check_open(&q) == CVN_RSVP_OK;
}

/* Whether free seats are kept for those who wait; others than the asker, who may be one of them. */
static bool queue_goes_first(const struct question *q)
{
    uint32_t others = q->event->n_waiting;
    if (q->person->state == CVN_RSVP_WAITLISTED && others > 0)
        others--;
    return others > 0 && q->event->waitlist != CVN_WAITLIST_NONE &&
           q->event->policy != CVN_WAITLIST_FIRST_FIT;
}

/* Whether a seat is free once the change is made. */
static bool seats_left(const struct question *q, int32_t seats_delta)
{
    int64_t taken = (int64_t)q->event->seats_taken + seats_delta;
    return q->event->capacity == 0 || taken < q->event->capacity;
}

static void move(const struct question *q, enum cvn_rsvp_state state, uint32_t party,
                 struct cvn_rsvp_decision *d)
{
    int64_t before = cvn_rsvp_holds_seats(q->person->state) ? q->person->party : 0;
    int64_t after = cvn_rsvp_holds_seats(state) ? party : 0;
    d->state = state;
    d->party = party;
    d->seats_delta = (int32_t)(after - before);
    d->changed = state != q->person->state || party != q->person->party;
    d->needs_queue_number = state == CVN_RSVP_WAITLISTED && q->person->state != CVN_RSVP_WAITLISTED;
    /* A party that leaves the queue unblocks those behind it; so does a smaller one. */
    bool queue_changed =
        d->changed && (state == CVN_RSVP_WAITLISTED || q->person->state == CVN_RSVP_WAITLISTED);
    d->run_queue = (d->seats_delta < 0 || queue_changed) && seats_left(q, d->seats_delta) &&
                   cvn_rsvp_queue_moves(q->event, q->now_ms);
}

/* A seat now if one is free and nobody goes first, else a place in the queue. */
static enum cvn_rsvp_refusal seat_or_queue(const struct question *q, struct cvn_rsvp_decision *d)
{
    if (q->party <= cvn_rsvp_free_seats(q->event) && !queue_goes_first(q)) {
        move(q, CVN_RSVP_YES, q->party, d);
        return CVN_RSVP_OK;
    }
    if (q->event->waitlist == CVN_WAITLIST_NONE)
        return CVN_RSVP_REFUSED_FULL;
    move(q, CVN_RSVP_WAITLISTED, q->party, d);
    return CVN_RSVP_OK;
}

/* Fewer guests are welcome at any time before the start, more only while all others may join. */
static enum cvn_rsvp_refusal change_party(const struct question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    bool takes_offer = state == CVN_RSVP_OFFERED;
    if (q->party > q->person->party) {
        uint32_t further = q->party - q->person->party;
        enum cvn_rsvp_refusal refusal = check_party(q);
        if (refusal == CVN_RSVP_OK)
            refusal = check_window(q);
        if (refusal != CVN_RSVP_OK)
            return refusal;
        if (cvn_rsvp_holds_seats(state) && further > cvn_rsvp_free_seats(q->event))
            return CVN_RSVP_REFUSED_NO_SEATS;
        if (cvn_rsvp_holds_seats(state) && queue_goes_first(q))
            return CVN_RSVP_REFUSED_QUEUE;
    }
    move(q, takes_offer ? CVN_RSVP_YES : state, q->party, d);
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal join(const struct question *q, struct cvn_rsvp_decision *d)
{
    bool invited = q->person->state == CVN_RSVP_INVITED;
    enum cvn_rsvp_refusal refusal = check_open(q);
    if (refusal == CVN_RSVP_OK)
        refusal = check_window(q);
    if (refusal == CVN_RSVP_OK)
        refusal = check_party(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (q->person->outsider && !invited)
        return CVN_RSVP_REFUSED_MEMBERS;
    if (q->event->approval && !invited) {
        move(q, CVN_RSVP_REQUESTED, q->party, d);
        return CVN_RSVP_OK;
    }
    return seat_or_queue(q, d);
}

/* Somebody who has answered yes says it again: the same, with other guests, or taking an offer. */
static enum cvn_rsvp_refusal say_yes_again(const struct question *q, struct cvn_rsvp_decision *d)
{
    bool repeated = q->person->state != CVN_RSVP_OFFERED && q->party == q->person->party;
    if (repeated)
        return CVN_RSVP_OK;
    enum cvn_rsvp_refusal refusal = check_event(q);
    bool asks_for_a_seat = q->person->state == CVN_RSVP_OFFERED || q->party > q->person->party;
    if (refusal == CVN_RSVP_OK && asks_for_a_seat)
        refusal = check_open(q);
    return refusal != CVN_RSVP_OK ? refusal : change_party(q, d);
}

static enum cvn_rsvp_refusal say_yes(const struct question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    if (q->party == 0)
        return CVN_RSVP_REFUSED_NO_PARTY;
    switch (q->person->state) {
    case CVN_RSVP_NONE:
    case CVN_RSVP_INVITED:
    case CVN_RSVP_NO:
    case CVN_RSVP_EXPIRED:
        return join(q, d);
    case CVN_RSVP_REQUESTED:
    case CVN_RSVP_YES:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_OFFERED:
        return say_yes_again(q, d);
    case CVN_RSVP_REJECTED:
        return CVN_RSVP_REFUSED_REJECTED;
    case CVN_RSVP_REMOVED:
        return CVN_RSVP_REFUSED_REMOVED;
    case CVN_RSVP_ATTENDED:
    case CVN_RSVP_NO_SHOW:
    case CVN_RSVP_EXCUSED:
        return CVN_RSVP_REFUSED_MARKED;
    }
    return CVN_RSVP_REFUSED_STATE;
}

/* Going back on an answer is free until the start, whatever the window and the publication. */
static enum cvn_rsvp_refusal say_no(const struct question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = check_event(q);
    switch (q->person->state) {
    case CVN_RSVP_NO:
        return CVN_RSVP_OK;
    case CVN_RSVP_NONE:
    case CVN_RSVP_INVITED:
    case CVN_RSVP_EXPIRED:
    case CVN_RSVP_REQUESTED:
    case CVN_RSVP_YES:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_OFFERED:
        if (refusal == CVN_RSVP_OK)
            move(q, CVN_RSVP_NO, 0, d);
        return refusal;
    case CVN_RSVP_REJECTED:
        return CVN_RSVP_REFUSED_REJECTED;
    case CVN_RSVP_REMOVED:
        return CVN_RSVP_REFUSED_REMOVED;
    case CVN_RSVP_ATTENDED:
    case CVN_RSVP_NO_SHOW:
    case CVN_RSVP_EXCUSED:
        return CVN_RSVP_REFUSED_MARKED;
    }
    return CVN_RSVP_REFUSED_STATE;
}

/* Whoever has asked or been seated already needs no invitation. */
static enum cvn_rsvp_refusal invite(const struct question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = check_open(q);
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
            move(q, CVN_RSVP_INVITED, 0, d);
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

static enum cvn_rsvp_refusal approve(const struct question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    if (state == CVN_RSVP_YES || state == CVN_RSVP_WAITLISTED || state == CVN_RSVP_OFFERED)
        return CVN_RSVP_OK;
    if (state != CVN_RSVP_REQUESTED)
        return CVN_RSVP_REFUSED_STATE;
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    struct question asked = *q;
    asked.party = q->person->party;
    enum cvn_rsvp_refusal refusal = check_open(q);
    if (refusal == CVN_RSVP_OK && q->event->capacity && asked.party > q->event->capacity)
        refusal = CVN_RSVP_REFUSED_TOO_LARGE;
    return refusal != CVN_RSVP_OK ? refusal : seat_or_queue(&asked, d);
}

static enum cvn_rsvp_refusal reject(const struct question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->state == CVN_RSVP_REJECTED)
        return CVN_RSVP_OK;
    if (q->person->state != CVN_RSVP_REQUESTED)
        return CVN_RSVP_REFUSED_STATE;
    enum cvn_rsvp_refusal refusal = check_event(q);
    if (refusal == CVN_RSVP_OK)
        move(q, CVN_RSVP_REJECTED, 0, d);
    return refusal;
}

static enum cvn_rsvp_refusal remove_person(const struct question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = check_event(q);
    switch (q->person->state) {
    case CVN_RSVP_REMOVED:
        return CVN_RSVP_OK;
    case CVN_RSVP_INVITED:
    case CVN_RSVP_REQUESTED:
    case CVN_RSVP_YES:
    case CVN_RSVP_WAITLISTED:
    case CVN_RSVP_OFFERED:
        if (refusal == CVN_RSVP_OK)
            move(q, CVN_RSVP_REMOVED, 0, d);
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

static enum cvn_rsvp_refusal promote(const struct question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->state != CVN_RSVP_WAITLISTED || q->event->waitlist == CVN_WAITLIST_NONE)
        return CVN_RSVP_REFUSED_STATE;
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    enum cvn_rsvp_refusal refusal = check_open(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (q->person->party > cvn_rsvp_free_seats(q->event))
        return CVN_RSVP_REFUSED_NO_SEATS;
    bool offer = q->event->waitlist == CVN_WAITLIST_OFFER;
    move(q, offer ? CVN_RSVP_OFFERED : CVN_RSVP_YES, q->person->party, d);
    d->run_queue = false; /* it is running: one pick served everybody it could */
    return CVN_RSVP_OK;
}

/* Whatever the event has become, an offer can always end. */
static enum cvn_rsvp_refusal expire(const struct question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->state == CVN_RSVP_EXPIRED)
        return CVN_RSVP_OK;
    if (q->person->state != CVN_RSVP_OFFERED)
        return CVN_RSVP_REFUSED_STATE;
    move(q, CVN_RSVP_EXPIRED, 0, d);
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal mark(const struct question *q, enum cvn_rsvp_state marker,
                                  struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    if (state != CVN_RSVP_YES && state != CVN_RSVP_ATTENDED && state != CVN_RSVP_NO_SHOW &&
        state != CVN_RSVP_EXCUSED)
        return CVN_RSVP_REFUSED_STATE;
    if (q->event->status == CVN_EVENT_CANCELLED)
        return CVN_RSVP_REFUSED_CANCELLED;
    if (q->event->status == CVN_EVENT_POSTPONED)
        return CVN_RSVP_REFUSED_POSTPONED;
    if (!has_started(q))
        return CVN_RSVP_REFUSED_NOT_STARTED;
    move(q, marker, q->person->party, d);
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal answer(const struct question *q, enum cvn_rsvp_action action,
                                    struct cvn_rsvp_decision *d)
{
    switch (action) {
    case CVN_RSVP_SAY_YES:
        return say_yes(q, d);
    case CVN_RSVP_SAY_NO:
        return say_no(q, d);
    case CVN_RSVP_INVITE:
        return invite(q, d);
    case CVN_RSVP_APPROVE:
        return approve(q, d);
    case CVN_RSVP_REJECT:
        return reject(q, d);
    case CVN_RSVP_REMOVE:
        return remove_person(q, d);
    case CVN_RSVP_PROMOTE:
        return promote(q, d);
    case CVN_RSVP_EXPIRE:
        return expire(q, d);
    case CVN_RSVP_ATTEND:
        return mark(q, CVN_RSVP_ATTENDED, d);
    case CVN_RSVP_MISS:
        return mark(q, CVN_RSVP_NO_SHOW, d);
    case CVN_RSVP_EXCUSE:
        return mark(q, CVN_RSVP_EXCUSED, d);
    }
    return CVN_RSVP_REFUSED_STATE;
}

enum cvn_rsvp_refusal cvn_rsvp_decide(const struct cvn_rsvp_event *event,
                                      const struct cvn_rsvp_person *person,
                                      const struct cvn_rsvp_request *request,
                                      struct cvn_rsvp_decision *ret)
{
    const struct question q = {event, person, request->party, request->now_ms};
    struct cvn_rsvp_decision d = {.state = person->state, .party = person->party};
    enum cvn_rsvp_refusal refusal = answer(&q, request->action, &d);
    if (refusal == CVN_RSVP_OK)
        *ret = d;
    return refusal;
}
