#include "services/events/rules/rsvp_parts.h"

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

bool cvn_rsvp_has_started(const struct cvn_rsvp_question *q)
{
    return q->now_ms >= q->event->start_ms;
}

/* Why nobody may act on the RSVPs at all; a postponed event's old start no longer counts. */
enum cvn_rsvp_refusal cvn_rsvp_check_event(const struct cvn_rsvp_question *q)
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
    return cvn_rsvp_has_started(q) ? CVN_RSVP_REFUSED_STARTED : CVN_RSVP_OK;
}

/* Why nobody may come to hold or be promised a seat. */
enum cvn_rsvp_refusal cvn_rsvp_check_open(const struct cvn_rsvp_question *q)
{
    if (q->event->publication != CVN_PUBLICATION_PUBLISHED)
        return CVN_RSVP_REFUSED_UNPUBLISHED;
    if (q->event->status == CVN_EVENT_POSTPONED)
        return CVN_RSVP_REFUSED_POSTPONED;
    return cvn_rsvp_check_event(q);
}

static enum cvn_rsvp_refusal check_window(const struct cvn_rsvp_question *q)
{
    if (q->now_ms < q->event->opens_ms)
        return CVN_RSVP_REFUSED_NOT_OPEN;
    if (q->event->closes_ms && q->now_ms >= q->event->closes_ms)
        return CVN_RSVP_REFUSED_CLOSED;
    return CVN_RSVP_OK;
}

enum cvn_rsvp_refusal cvn_rsvp_check_party(const struct cvn_rsvp_question *q)
{
    if (q->party == 0)
        return CVN_RSVP_REFUSED_NO_PARTY;
    if (q->party - 1 > q->event->guests_max)
        return CVN_RSVP_REFUSED_GUESTS;
    if (q->event->capacity && q->party > q->event->capacity)
        return CVN_RSVP_REFUSED_TOO_LARGE;
    return CVN_RSVP_OK;
}

/* Whether lots are still to be drawn, so that everybody waits. */
static bool gathers(const struct cvn_rsvp_event *event)
{
    return event->waitlist == CVN_WAITLIST_LOTTERY && !event->drawn;
}

bool cvn_rsvp_queue_moves(const struct cvn_rsvp_event *event, int64_t now_ms)
{
    struct cvn_rsvp_question q = {.event = event, .now_ms = now_ms};
    return event->waitlist != CVN_WAITLIST_NONE && !gathers(event) &&
           cvn_rsvp_check_open(&q) == CVN_RSVP_OK;
}

enum cvn_rsvp_refusal cvn_rsvp_may_reorder(const struct cvn_rsvp_event *event, int64_t now_ms)
{
    struct cvn_rsvp_question q = {.event = event, .now_ms = now_ms};
    return gathers(event) ? CVN_RSVP_REFUSED_STATE : cvn_rsvp_check_event(&q);
}

bool cvn_rsvp_may_draw(const struct cvn_rsvp_event *event, int64_t now_ms)
{
    struct cvn_rsvp_question q = {.event = event, .now_ms = now_ms};
    return gathers(event) && cvn_rsvp_check_open(&q) == CVN_RSVP_OK;
}

bool cvn_rsvp_offers_frozen(const struct cvn_rsvp_event *event)
{
    bool hidden = event->publication == CVN_PUBLICATION_DRAFT ||
                  event->publication == CVN_PUBLICATION_UNPUBLISHED;
    return event->status != CVN_EVENT_CANCELLED && (hidden || event->status == CVN_EVENT_POSTPONED);
}

bool cvn_rsvp_queue_goes_first(const struct cvn_rsvp_question *q)
{
    uint32_t others = q->event->n_waiting;
    if (gathers(q->event))
        return true;
    if (q->person->state == CVN_RSVP_WAITLISTED && !q->person->elsewhere && others > 0)
        others--;
    return others > 0 && q->event->waitlist != CVN_WAITLIST_NONE &&
           q->event->policy != CVN_WAITLIST_FIRST_FIT;
}

/* Whether a seat is free once the change is made. */
static bool seats_left(const struct cvn_rsvp_question *q, int32_t seats_delta)
{
    int64_t taken = (int64_t)q->event->seats_taken + seats_delta;
    return q->event->capacity == 0 || taken < q->event->capacity;
}

void cvn_rsvp_move(const struct cvn_rsvp_question *q, enum cvn_rsvp_state state, uint32_t party,
                   struct cvn_rsvp_decision *d)
{
    const struct cvn_rsvp_person *person = q->person;
    uint32_t held = cvn_rsvp_holds_seats(person->state) ? person->party : 0;
    int64_t before = person->elsewhere ? 0 : held;
    int64_t after = cvn_rsvp_holds_seats(state) ? party : 0;
    bool waited = person->state == CVN_RSVP_WAITLISTED && !person->elsewhere;
    d->state = state;
    d->party = party;
    d->seats_delta = (int32_t)(after - before);
    d->seats_left = person->elsewhere ? held : 0;
    d->changed = state != person->state || party != person->party || person->elsewhere;
    d->needs_queue_number = state == CVN_RSVP_WAITLISTED && !waited;
    d->walked_in = person->walked_in && (state == CVN_RSVP_NO || state >= CVN_RSVP_ATTENDED);
    /* A party that leaves the queue unblocks those behind it; so does a smaller one. */
    bool queue_changed = d->changed && (state == CVN_RSVP_WAITLISTED || waited);
    d->run_queue = (d->seats_delta < 0 || queue_changed) && seats_left(q, d->seats_delta) &&
                   cvn_rsvp_queue_moves(q->event, q->now_ms);
}

/* A seat now if one is free and nobody goes first, else a place in the queue. */
enum cvn_rsvp_refusal cvn_rsvp_seat_or_queue(const struct cvn_rsvp_question *q,
                                             struct cvn_rsvp_decision *d)
{
    if (q->party <= cvn_rsvp_free_seats(q->event) && !cvn_rsvp_queue_goes_first(q)) {
        cvn_rsvp_move(q, CVN_RSVP_YES, q->party, d);
        return CVN_RSVP_OK;
    }
    if (q->event->waitlist == CVN_WAITLIST_NONE)
        return CVN_RSVP_REFUSED_FULL;
    cvn_rsvp_move(q, CVN_RSVP_WAITLISTED, q->party, d);
    return CVN_RSVP_OK;
}

/* Fewer guests are welcome at any time before the start, more only while all others may join. */
static enum cvn_rsvp_refusal change_party(const struct cvn_rsvp_question *q,
                                          struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_state state = q->person->state;
    bool takes_offer = state == CVN_RSVP_OFFERED;
    if (q->party > q->person->party) {
        uint32_t further = q->party - q->person->party;
        enum cvn_rsvp_refusal refusal = cvn_rsvp_check_party(q);
        if (refusal == CVN_RSVP_OK)
            refusal = check_window(q);
        if (refusal != CVN_RSVP_OK)
            return refusal;
        if (cvn_rsvp_holds_seats(state) && further > cvn_rsvp_free_seats(q->event))
            return CVN_RSVP_REFUSED_NO_SEATS;
        if (cvn_rsvp_holds_seats(state) && cvn_rsvp_queue_goes_first(q))
            return CVN_RSVP_REFUSED_QUEUE;
    }
    cvn_rsvp_move(q, takes_offer ? CVN_RSVP_YES : state, q->party, d);
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal join(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    bool invited = q->person->state == CVN_RSVP_INVITED;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    if (refusal == CVN_RSVP_OK)
        refusal = check_window(q);
    if (refusal == CVN_RSVP_OK)
        refusal = cvn_rsvp_check_party(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (q->person->outsider && !invited)
        return CVN_RSVP_REFUSED_MEMBERS;
    if (q->event->approval && !invited) {
        cvn_rsvp_move(q, CVN_RSVP_REQUESTED, q->party, d);
        return CVN_RSVP_OK;
    }
    return cvn_rsvp_seat_or_queue(q, d);
}

/* From the room to online or back: nobody loses a seat by asking for another. */
static enum cvn_rsvp_refusal change_way(const struct cvn_rsvp_question *q,
                                        struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    if (refusal == CVN_RSVP_OK)
        refusal = check_window(q);
    if (refusal == CVN_RSVP_OK)
        refusal = cvn_rsvp_check_party(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (q->person->state == CVN_RSVP_REQUESTED) {
        cvn_rsvp_move(q, CVN_RSVP_REQUESTED, q->party, d);
        return CVN_RSVP_OK;
    }
    if (cvn_rsvp_holds_seats(q->person->state)) {
        if (q->party > cvn_rsvp_free_seats(q->event))
            return CVN_RSVP_REFUSED_NO_SEATS;
        if (cvn_rsvp_queue_goes_first(q))
            return CVN_RSVP_REFUSED_QUEUE;
    }
    return cvn_rsvp_seat_or_queue(q, d);
}

/*
 * Somebody who has answered yes says it again: the same, with other guests, another way, or taking
 * an offer.
 */
static enum cvn_rsvp_refusal say_yes_again(const struct cvn_rsvp_question *q,
                                           struct cvn_rsvp_decision *d)
{
    if (q->person->elsewhere)
        return change_way(q, d);
    bool repeated = q->person->state != CVN_RSVP_OFFERED && q->party == q->person->party;
    if (repeated)
        return CVN_RSVP_OK;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_event(q);
    bool asks_for_a_seat = q->person->state == CVN_RSVP_OFFERED || q->party > q->person->party;
    if (refusal == CVN_RSVP_OK && asks_for_a_seat)
        refusal = cvn_rsvp_check_open(q);
    return refusal != CVN_RSVP_OK ? refusal : change_party(q, d);
}

static enum cvn_rsvp_refusal say_yes(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
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
static enum cvn_rsvp_refusal say_no(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_event(q);
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
            cvn_rsvp_move(q, CVN_RSVP_NO, 0, d);
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

static enum cvn_rsvp_refusal promote(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->state != CVN_RSVP_WAITLISTED || q->event->waitlist == CVN_WAITLIST_NONE ||
        gathers(q->event))
        return CVN_RSVP_REFUSED_STATE;
    if (q->person->banned)
        return CVN_RSVP_REFUSED_BANNED;
    enum cvn_rsvp_refusal refusal = cvn_rsvp_check_open(q);
    if (refusal != CVN_RSVP_OK)
        return refusal;
    if (q->person->party > cvn_rsvp_free_seats(q->event))
        return CVN_RSVP_REFUSED_NO_SEATS;
    bool offer = q->event->waitlist == CVN_WAITLIST_OFFER;
    cvn_rsvp_move(q, offer ? CVN_RSVP_OFFERED : CVN_RSVP_YES, q->person->party, d);
    d->run_queue = false; /* it is running: one pick served everybody it could */
    return CVN_RSVP_OK;
}

/* An offer ends whatever the event has become, but for one that nobody could take meanwhile. */
static enum cvn_rsvp_refusal expire(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d)
{
    if (q->person->state == CVN_RSVP_EXPIRED)
        return CVN_RSVP_OK;
    if (q->person->state != CVN_RSVP_OFFERED)
        return CVN_RSVP_REFUSED_STATE;
    if (cvn_rsvp_offers_frozen(q->event))
        return q->event->status == CVN_EVENT_POSTPONED ? CVN_RSVP_REFUSED_POSTPONED
                                                       : CVN_RSVP_REFUSED_UNPUBLISHED;
    cvn_rsvp_move(q, CVN_RSVP_EXPIRED, 0, d);
    return CVN_RSVP_OK;
}

static enum cvn_rsvp_refusal answer(const struct cvn_rsvp_question *q, enum cvn_rsvp_action action,
                                    struct cvn_rsvp_decision *d)
{
    switch (action) {
    case CVN_RSVP_SAY_YES:
        return say_yes(q, d);
    case CVN_RSVP_SAY_NO:
        return say_no(q, d);
    case CVN_RSVP_INVITE:
        return cvn_rsvp_invite(q, d);
    case CVN_RSVP_APPROVE:
        return cvn_rsvp_approve(q, d);
    case CVN_RSVP_REJECT:
        return cvn_rsvp_reject(q, d);
    case CVN_RSVP_REMOVE:
        return cvn_rsvp_remove(q, d);
    case CVN_RSVP_PROMOTE:
        return promote(q, d);
    case CVN_RSVP_EXPIRE:
        return expire(q, d);
    case CVN_RSVP_ATTEND:
        return cvn_rsvp_mark(q, CVN_RSVP_ATTENDED, d);
    case CVN_RSVP_MISS:
        return cvn_rsvp_mark(q, CVN_RSVP_NO_SHOW, d);
    case CVN_RSVP_EXCUSE:
        return cvn_rsvp_mark(q, CVN_RSVP_EXCUSED, d);
    case CVN_RSVP_ADD:
        return cvn_rsvp_add(q, d);
    case CVN_RSVP_WALK_IN:
        return cvn_rsvp_walk_in(q, d);
    case CVN_RSVP_UNMARK:
        return cvn_rsvp_unmark(q, d);
    }
    return CVN_RSVP_REFUSED_STATE;
}

enum cvn_rsvp_refusal cvn_rsvp_decide(const struct cvn_rsvp_event *event,
                                      const struct cvn_rsvp_person *person,
                                      const struct cvn_rsvp_request *request,
                                      struct cvn_rsvp_decision *ret)
{
    const struct cvn_rsvp_question q = {event, person, request->party, request->now_ms,
                                        request->over_capacity};
    struct cvn_rsvp_decision d = {
        .state = person->state, .party = person->party, .walked_in = person->walked_in};
    enum cvn_rsvp_refusal refusal = answer(&q, request->action, &d);
    if (refusal == CVN_RSVP_OK)
        *ret = d;
    return refusal;
}
