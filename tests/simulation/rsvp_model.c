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

/* Whether answers count at all: an old start means nothing while there is no new one. */
static bool is_alive(const struct model_event *event, int64_t now_ms)
{
    return !event->cancelled && (event->postponed || now_ms < event->start_ms);
}

/* Whether seats are given. */
static bool is_open(const struct model_event *event, int64_t now_ms)
{
    return is_alive(event, now_ms) && !event->postponed;
}

/* Whoever waits at the place; NULL when nobody does. */
static struct model_person *waiting_at(struct model_event *event, uint32_t place)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        if (event->people[i].state == MODEL_WAITLISTED && event->people[i].place == place)
            return &event->people[i];
    return NULL;
}

static bool never_fits(const struct model_event *event, const struct model_person *p)
{
    return event->capacity && p->party > event->capacity;
}

/* Whether those who wait before the place let somebody behind them go first. */
static bool may_pass(struct model_event *event, uint32_t place)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        const struct model_person *p = &event->people[i];
        if (p->state != MODEL_WAITLISTED || p->place >= place || never_fits(event, p))
            continue;
        if (event->policy == MODEL_STRICT ||
            (event->policy == MODEL_BOUNDED && p->overtaken >= MODEL_OVERTAKEN_MAX))
            return false;
    }
    return true;
}

static void count_passed(struct model_event *event, uint32_t place)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *p = &event->people[i];
        if (p->state == MODEL_WAITLISTED && p->place < place && !never_fits(event, p))
            p->overtaken++;
    }
}

static void leave_queue(struct model_event *event, struct model_person *p)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        event->people[i].place -= event->people[i].place > p->place;
    p->number = 0;
    p->place = 0;
    p->overtaken = 0;
}

static int64_t offer_ends_ms(const struct model_event *event, int64_t now_ms)
{
    int64_t ends_ms = now_ms + (int64_t)MODEL_OFFER_HOURS * 3600 * 1000;
    return ends_ms < event->start_ms ? ends_ms : event->start_ms;
}

static void serve(struct model_event *event, int64_t now_ms)
{
    if (!is_open(event, now_ms) || event->mode == MODEL_MODE_NONE)
        return;
    struct model_person *p;
    for (uint32_t at = 1; (p = waiting_at(event, at));) {
        if (never_fits(event, p) || p->party > free_seats(event) || !may_pass(event, at)) {
            at++;
            continue;
        }
        leave_queue(event, p);
        p->state = event->mode == MODEL_MODE_OFFER ? MODEL_OFFERED : MODEL_YES;
        p->offer_ends_ms = offer_ends_ms(event, now_ms);
        count_passed(event, at);
    }
}

/* Nobody could take an offer while the event is postponed; then each has its whole time again. */
static void freeze(struct model_event *event, int64_t now_ms)
{
    bool still = event->postponed && !event->cancelled;
    if (still == event->frozen)
        return;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        event->people[i].offer_ends_ms = still ? INT64_MAX : offer_ends_ms(event, now_ms);
    event->frozen = still && model_offers(event) > 0;
}

static void end_offers(struct model_event *event, int64_t now_ms)
{
    bool ended = false;
    freeze(event, now_ms);
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *p = &event->people[i];
        if (p->state == MODEL_OFFERED && !(event->postponed && !event->cancelled) &&
            (event->cancelled || now_ms >= event->start_ms || p->offer_ends_ms <= now_ms)) {
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

static void set(struct model_event *event, struct model_person *p, enum model_state state,
                uint32_t party)
{
    if (p->state == MODEL_WAITLISTED && state != MODEL_WAITLISTED)
        leave_queue(event, p);
    p->state = state;
    p->party = party;
    p->answered = true;
    p->walked_in = p->walked_in && (state == MODEL_NO || state >= MODEL_ATTENDED);
}

static bool others_first(const struct model_event *event, const struct model_person *p)
{
    uint32_t others = model_waiting(event) - (p->state == MODEL_WAITLISTED);
    return others > 0 && event->mode != MODEL_MODE_NONE && event->policy != MODEL_FIRST_FIT;
}

static bool seat_or_queue(struct model_event *event, struct model_person *p, uint32_t party)
{
    if (party <= free_seats(event) && !others_first(event, p)) {
        set(event, p, MODEL_YES, party);
        return true;
    }
    if (event->mode == MODEL_MODE_NONE)
        return false;
    set(event, p, MODEL_WAITLISTED, party);
    p->number = event->next_number++;
    p->place = model_waiting(event);
    p->overtaken = 0;
    return true;
}

static bool party_is_right(const struct model_event *event, uint32_t party)
{
    return party - 1 <= event->guests_max && (!event->capacity || party <= event->capacity);
}

/* More guests need seats; fewer are welcome as long as answers count. */
static bool change_party(struct model_event *event, struct model_person *p, uint32_t party)
{
    if (party > p->party) {
        if (!party_is_right(event, party))
            return false;
        if (model_holds(p->state) &&
            (party - p->party > free_seats(event) || others_first(event, p)))
            return false;
    }
    set(event, p, p->state == MODEL_OFFERED ? MODEL_YES : p->state, party);
    return true;
}

static bool say_yes(struct model_event *event, struct model_person *p, uint32_t party,
                    int64_t now_ms)
{
    bool asks = p->state == MODEL_OFFERED || party > p->party;
    switch (p->state) {
    case MODEL_NONE:
    case MODEL_INVITED:
    case MODEL_NO:
    case MODEL_EXPIRED:
        if (!is_open(event, now_ms) || !party_is_right(event, party))
            return false;
        if (!event->approval || p->state == MODEL_INVITED)
            return seat_or_queue(event, p, party);
        set(event, p, MODEL_REQUESTED, party);
        return true;
    case MODEL_REQUESTED:
    case MODEL_YES:
    case MODEL_WAITLISTED:
    case MODEL_OFFERED:
        if (p->state != MODEL_OFFERED && party == p->party)
            return true;
        if (asks ? !is_open(event, now_ms) : !is_alive(event, now_ms))
            return false;
        return change_party(event, p, party);
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

static bool say_no(struct model_event *event, struct model_person *p, bool open)
{
    if (p->state == MODEL_NO)
        return true;
    if (p->state >= MODEL_REJECTED || !open)
        return false;
    set(event, p, MODEL_NO, 0);
    return true;
}

static bool invite(struct model_event *event, struct model_person *p, bool open)
{
    if (p->state == MODEL_INVITED || (is_active(p->state) && p->state != MODEL_REQUESTED))
        return true;
    if (p->state == MODEL_REQUESTED || p->state >= MODEL_ATTENDED || !open)
        return false;
    set(event, p, MODEL_INVITED, 0);
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

/* alive: whether answers count, and the action has a meaning in the state. */
static bool end_by_organiser(struct model_event *event, struct model_person *p,
                             enum model_state state, bool alive)
{
    if (p->state == state)
        return true;
    if (!alive)
        return false;
    set(event, p, state, 0);
    return true;
}

/* Whether attendance can be recorded; whoever came can be an hour before the start. */
static bool may_mark(const struct model_event *event, bool came, int64_t now_ms)
{
    int64_t from_ms = event->start_ms - (came ? INT64_C(3600) * 1000 : 0);
    return !event->cancelled && !event->postponed && now_ms >= from_ms;
}

static bool is_expected(const struct model_person *p)
{
    return p->state == MODEL_YES || p->state >= MODEL_ATTENDED;
}

static bool mark(struct model_event *event, struct model_person *p, enum model_state state,
                 int64_t now_ms)
{
    if (!is_expected(p) || !may_mark(event, state == MODEL_ATTENDED, now_ms))
        return false;
    set(event, p, state, p->party);
    return true;
}

static bool walk_in(struct model_event *event, struct model_person *p, uint32_t party,
                    int64_t now_ms)
{
    bool expected = is_expected(p);
    if (p->state == MODEL_REJECTED || p->state == MODEL_REMOVED || !may_mark(event, true, now_ms))
        return false;
    set(event, p, MODEL_ATTENDED, expected ? p->party : party);
    p->walked_in |= !expected;
    return true;
}

static bool unmark(struct model_event *event, struct model_person *p, int64_t now_ms)
{
    enum model_state before = p->walked_in ? MODEL_NO : MODEL_YES;
    if (p->state == before)
        return true;
    if (p->state < MODEL_ATTENDED || !may_mark(event, true, now_ms))
        return false;
    set(event, p, before, before == MODEL_NO ? 0 : p->party);
    return true;
}

static bool add(struct model_event *event, struct model_person *p, uint32_t party, bool over,
                int64_t now_ms)
{
    bool same = p->party == party;
    if (p->state >= MODEL_ATTENDED)
        return false;
    if (same && (p->state == MODEL_YES || (p->state == MODEL_WAITLISTED && !over)))
        return true;
    if (!is_open(event, now_ms) || (!over && !party_is_right(event, party)))
        return false;
    if (over) {
        set(event, p, MODEL_YES, party);
        return true;
    }
    if (p->state == MODEL_YES || p->state == MODEL_OFFERED) {
        if (party > p->party && (party - p->party > free_seats(event) || others_first(event, p)))
            return false;
        set(event, p, MODEL_YES, party);
        return true;
    }
    if (p->state != MODEL_WAITLISTED)
        return seat_or_queue(event, p, party);
    set(event, p, MODEL_WAITLISTED, party);
    return true;
}

static bool move(struct model_event *event, struct model_person *p, uint32_t place, int64_t now_ms)
{
    uint32_t last = model_waiting(event), from = p->place;
    if (p->state != MODEL_WAITLISTED || !is_alive(event, now_ms))
        return false;
    if (place > last)
        place = last;
    if (place == from)
        return true;
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        struct model_person *other = &event->people[i];
        other->place -= other->place > from;
        other->place += other->place >= place && other->place > 0;
    }
    p->place = place;
    if (place == last)
        p->number = event->next_number++;
    return true;
}

static bool act(struct model_event *event, struct model_person *p, enum model_action action,
                uint32_t party, int64_t now_ms)
{
    bool open = is_open(event, now_ms), alive = is_alive(event, now_ms);
    switch (action) {
    case MODEL_SAY_YES:
        return say_yes(event, p, party, now_ms);
    case MODEL_SAY_NO:
        return say_no(event, p, alive);
    case MODEL_INVITE:
        return invite(event, p, open);
    case MODEL_APPROVE:
        return approve(event, p, open);
    case MODEL_REJECT:
        return end_by_organiser(event, p, MODEL_REJECTED, alive && p->state == MODEL_REQUESTED);
    case MODEL_REMOVE:
        return end_by_organiser(event, p, MODEL_REMOVED,
                                alive && (p->state == MODEL_INVITED || is_active(p->state)));
    case MODEL_MARK_ATTENDED:
    case MODEL_MARK_NO_SHOW:
    case MODEL_MARK_EXCUSED:
        return mark(event, p, (enum model_state)(MODEL_ATTENDED + action - MODEL_MARK_ATTENDED),
                    now_ms);
    case MODEL_ADD:
    case MODEL_ADD_OVER:
        return add(event, p, party, action == MODEL_ADD_OVER, now_ms);
    case MODEL_WALK_IN:
        return walk_in(event, p, party, now_ms);
    case MODEL_UNMARK:
        return unmark(event, p, now_ms);
    case MODEL_MOVE:
        return move(event, p, party, now_ms);
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
