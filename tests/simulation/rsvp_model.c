#include "tests/simulation/rsvp_model.h"

#include <stddef.h>

bool model_holds(enum model_state state)
{
    return state == MODEL_YES || state == MODEL_OFFERED || state >= MODEL_ATTENDED;
}

uint32_t model_taken(const struct model_event *event)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        n += model_holds(event->people[i].state) ? event->people[i].party : 0;
    return n;
}

static uint32_t count(const struct model_event *event, enum model_state state)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        n += event->people[i].state == state;
    return n;
}

uint32_t model_waiting(const struct model_event *event)
{
    return count(event, MODEL_WAITLISTED);
}

uint32_t model_offers(const struct model_event *event)
{
    return count(event, MODEL_OFFERED);
}

uint32_t model_rows(const struct model_event *event)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        n += event->people[i].answered;
    return n;
}

static uint32_t free_seats(const struct model_event *event)
{
    uint32_t taken = model_taken(event);
    if (event->capacity == 0)
        return UINT32_MAX;
    return taken < event->capacity ? event->capacity - taken : 0;
}

static bool is_open(const struct model_event *event, int64_t now_ms)
{
    return !event->cancelled && now_ms < event->start_ms;
}

/* Whoever waits with the least number above the one given; NULL when nobody does. */
static struct model_person *next_waiting(struct model_event *event, uint64_t above)
{
    struct model_person *found = NULL;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *p = &event->people[i];
        if (p->state == MODEL_WAITLISTED && p->number > above &&
            (!found || p->number < found->number))
            found = p;
    }
    return found;
}

static bool never_fits(const struct model_event *event, const struct model_person *p)
{
    return event->capacity && p->party > event->capacity;
}

/* Whether those who still wait before the number let somebody behind them go first. */
static bool may_pass(struct model_event *event, uint64_t number)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        const struct model_person *p = &event->people[i];
        if (p->state != MODEL_WAITLISTED || p->number >= number || never_fits(event, p))
            continue;
        if (event->policy == MODEL_STRICT ||
            (event->policy == MODEL_BOUNDED && p->overtaken >= MODEL_OVERTAKEN_MAX))
            return false;
    }
    return true;
}

static void count_passed(struct model_event *event, uint64_t number)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *p = &event->people[i];
        if (p->state == MODEL_WAITLISTED && p->number < number && !never_fits(event, p))
            p->overtaken++;
    }
}

static void leave_queue(struct model_person *p)
{
    p->number = 0;
    p->overtaken = 0;
}

static void serve(struct model_event *event, int64_t now_ms)
{
    if (!is_open(event, now_ms) || event->mode == MODEL_MODE_NONE)
        return;
    uint64_t at = 0;
    for (struct model_person *p; (p = next_waiting(event, at));) {
        at = p->number;
        if (never_fits(event, p) || p->party > free_seats(event) || !may_pass(event, at))
            continue;
        leave_queue(p);
        p->state = event->mode == MODEL_MODE_OFFER ? MODEL_OFFERED : MODEL_YES;
        int64_t ends_ms = now_ms + (int64_t)MODEL_OFFER_HOURS * 3600 * 1000;
        p->offer_ends_ms = ends_ms < event->start_ms ? ends_ms : event->start_ms;
        count_passed(event, at);
    }
}

static void end_offers(struct model_event *event, int64_t now_ms)
{
    bool ended = false;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *p = &event->people[i];
        if (p->state == MODEL_OFFERED && (event->cancelled || p->offer_ends_ms <= now_ms)) {
            p->state = MODEL_EXPIRED;
            p->party = 0;
            ended = true;
        }
    }
    if (ended)
        serve(event, now_ms);
}

void model_settle(struct model_event *event, int64_t now_ms)
{
    end_offers(event, now_ms);
    serve(event, now_ms);
}

static void set(struct model_person *p, enum model_state state, uint32_t party)
{
    if (p->state == MODEL_WAITLISTED && state != MODEL_WAITLISTED)
        leave_queue(p);
    p->state = state;
    p->party = party;
    p->answered = true;
}

static bool others_first(const struct model_event *event, const struct model_person *p)
{
    uint32_t others = model_waiting(event) - (p->state == MODEL_WAITLISTED);
    return others > 0 && event->mode != MODEL_MODE_NONE && event->policy != MODEL_FIRST_FIT;
}

static bool seat_or_queue(struct model_event *event, struct model_person *p, uint32_t party)
{
    if (party <= free_seats(event) && !others_first(event, p)) {
        set(p, MODEL_YES, party);
        return true;
    }
    if (event->mode == MODEL_MODE_NONE)
        return false;
    set(p, MODEL_WAITLISTED, party);
    p->number = event->next_number++;
    p->overtaken = 0;
    return true;
}

static bool party_is_right(const struct model_event *event, uint32_t party)
{
    return party - 1 <= event->guests_max && (!event->capacity || party <= event->capacity);
}

static bool say_yes(struct model_event *event, struct model_person *p, uint32_t party, bool open)
{
    switch (p->state) {
    case MODEL_NONE:
    case MODEL_INVITED:
    case MODEL_NO:
    case MODEL_EXPIRED:
        if (!open || !party_is_right(event, party))
            return false;
        if (!event->approval || p->state == MODEL_INVITED)
            return seat_or_queue(event, p, party);
        set(p, MODEL_REQUESTED, party);
        return true;
    case MODEL_REQUESTED:
    case MODEL_YES:
    case MODEL_WAITLISTED:
    case MODEL_OFFERED:
        if (p->state != MODEL_OFFERED && party == p->party)
            return true;
        if (!open)
            return false;
        if (party > p->party) {
            if (!party_is_right(event, party))
                return false;
            if (model_holds(p->state) &&
                (party - p->party > free_seats(event) || others_first(event, p)))
                return false;
        }
        set(p, p->state == MODEL_OFFERED ? MODEL_YES : p->state, party);
        return true;
    case MODEL_REJECTED:
    case MODEL_REMOVED:
    case MODEL_ATTENDED:
    case MODEL_NO_SHOW:
    case MODEL_EXCUSED:
        break;
    }
    return false;
}

static bool is_active(enum model_state state)
{
    return state == MODEL_REQUESTED || state == MODEL_YES || state == MODEL_WAITLISTED ||
           state == MODEL_OFFERED;
}

static bool say_no(struct model_person *p, bool open)
{
    if (p->state == MODEL_NO)
        return true;
    if (p->state >= MODEL_REJECTED || !open)
        return false;
    set(p, MODEL_NO, 0);
    return true;
}

static bool invite(struct model_person *p, bool open)
{
    if (p->state == MODEL_INVITED || (is_active(p->state) && p->state != MODEL_REQUESTED))
        return true;
    if (p->state == MODEL_REQUESTED || p->state >= MODEL_ATTENDED || !open)
        return false;
    set(p, MODEL_INVITED, 0);
    return true;
}

static bool approve(struct model_event *event, struct model_person *p, bool open)
{
    if (is_active(p->state) && p->state != MODEL_REQUESTED)
        return true;
    if (p->state != MODEL_REQUESTED || !open || (event->capacity && p->party > event->capacity))
        return false;
    return seat_or_queue(event, p, p->party);
}

static bool end_by_organiser(struct model_person *p, enum model_state state, bool may, bool open)
{
    if (p->state == state)
        return true;
    if (!may || !open)
        return false;
    set(p, state, 0);
    return true;
}

static bool mark(struct model_event *event, struct model_person *p, enum model_state state,
                 int64_t now_ms)
{
    int64_t from_ms = event->start_ms - (state == MODEL_ATTENDED ? INT64_C(3600) * 1000 : 0);
    if ((p->state != MODEL_YES && p->state < MODEL_ATTENDED) || event->cancelled ||
        now_ms < from_ms)
        return false;
    set(p, state, p->party);
    return true;
}

static bool act(struct model_event *event, struct model_person *p, enum model_action action,
                uint32_t party, int64_t now_ms)
{
    bool open = is_open(event, now_ms);
    switch (action) {
    case MODEL_SAY_YES:
        return say_yes(event, p, party, open);
    case MODEL_SAY_NO:
        return say_no(p, open);
    case MODEL_INVITE:
        return invite(p, open);
    case MODEL_APPROVE:
        return approve(event, p, open);
    case MODEL_REJECT:
        return end_by_organiser(p, MODEL_REJECTED, p->state == MODEL_REQUESTED, open);
    case MODEL_REMOVE:
        return end_by_organiser(p, MODEL_REMOVED, p->state == MODEL_INVITED || is_active(p->state),
                                open);
    case MODEL_MARK_ATTENDED:
    case MODEL_MARK_NO_SHOW:
    case MODEL_MARK_EXCUSED:
        return mark(event, p, (enum model_state)(MODEL_ATTENDED + action - MODEL_MARK_ATTENDED),
                    now_ms);
    case MODEL_ACTIONS:
        break;
    }
    return false;
}

bool model_act(struct model_event *event, unsigned person, enum model_action action, uint32_t party,
               int64_t now_ms)
{
    struct model_event before = *event;
    end_offers(event, now_ms);
    if (!act(event, &event->people[person], action, party, now_ms)) {
        *event = before;
        return false;
    }
    serve(event, now_ms);
    return true;
}
