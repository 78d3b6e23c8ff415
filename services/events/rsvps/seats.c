#include "services/events/rsvps/seats.h"

#include "services/events/change_row.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats_parts.h"

#include <errno.h>

enum { SCRATCH_BYTES_MAX = 1 << 20 };

#define WAY(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name
#define KIND(name) CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_##name

const struct cvn_rsvp_event *cvn_seating_facts(struct cvn_seating *seating, enum cvn_seat_kind kind)
{
    seating->event.capacity = seating->capacity[kind];
    seating->event.seats_taken = seating->seats.seats_taken[kind];
    seating->event.n_waiting = seating->seats.waitlist_count[kind];
    return &seating->event;
}

/* One RSVP on its way from what it was to what the rules made of it. */
struct change {
    const struct cvn_seating_action *action;
    const Convene__Events__V1__Rsvp *before; /* NULL: there was none */
    enum cvn_seat_kind kind;                 /* of the seats that it is about now */
    struct cvn_rsvp_decision decision;
    bool answers_only; /* the state stays */
    Convene__Events__V1__Rsvp after;
};

static enum cvn_rsvp_state state_before(const struct change *change)
{
    return change->before ? (enum cvn_rsvp_state)change->before->state : CVN_RSVP_NONE;
}

/* Whether somebody says something for themselves. */
static bool is_of_person(const struct cvn_ctx *ctx, const struct change *change)
{
    enum cvn_rsvp_action action = change->action->request.action;
    return (action == CVN_RSVP_SAY_YES || action == CVN_RSVP_SAY_NO) &&
           ctx->who.kind == CVN_PRINCIPAL_PERSON &&
           cvn_id_equal(&ctx->who.person, &change->action->person);
}

static int leave_queue(struct cvn_seating *seating, const struct change *change,
                       uint32_t *ret_overtaken)
{
    struct cvn_queue_place place = cvn_queue_place_of(change->before);
    struct cvn_queued old;
    int r = cvn_queue_get(seating->ctx, &seating->event_id, &place, &old);
    if (r == 0)
        r = cvn_queue_delete(seating->ctx, &seating->event_id, &place);
    if (r != 0)
        return r;
    seating->seats.waitlist_count[place.kind]--;
    *ret_overtaken = old.overtaken;
    return 0;
}

/* Leaves the queue, joins it, or waits on with another party. */
static int change_queue(struct cvn_seating *seating, struct change *change)
{
    struct cvn_seats *seats = &seating->seats;
    struct cvn_queued row = {.person = change->action->person, .party = change->decision.party};
    uint32_t overtaken = 0;
    change->after.queue_number = change->after.queue_rank = 0;
    if (state_before(change) == CVN_RSVP_WAITLISTED) {
        int r = leave_queue(seating, change, &overtaken);
        if (r != 0)
            return r;
    }
    if (change->decision.state != CVN_RSVP_WAITLISTED)
        return 0;
    row.place.kind = change->kind;
    if (change->decision.needs_queue_number) {
        row.queue_number = seats->next_queue_number++;
        row.place.rank = CVN_QUEUE_RANK(row.queue_number);
    } else {
        row.queue_number = (uint64_t)change->before->queue_number;
        row.place.rank = (uint64_t)change->before->queue_rank;
        row.overtaken = overtaken;
    }
    seats->waitlist_count[change->kind]++;
    change->after.queue_number = (int64_t)row.queue_number;
    change->after.queue_rank = (int64_t)row.place.rank;
    return cvn_queue_put(seating->ctx, &seating->event_id, &row);
}

static int change_offer(struct cvn_seating *seating, struct change *change)
{
    struct cvn_ctx *ctx = seating->ctx;
    const struct cvn_id *person = &change->action->person;
    change->after.offer_expire_time = NULL;
    if (change->answers_only) {
        change->after.offer_expire_time = change->before->offer_expire_time;
        return 0;
    }
    if (state_before(change) == CVN_RSVP_OFFERED) {
        int64_t ends_ms = cvn_record_time_ms(change->before->offer_expire_time, INT64_MAX);
        int r = cvn_offer_delete(ctx, &seating->event_id, ends_ms, person);
        if (r != 0)
            return r;
        seating->seats.n_offers--;
    }
    if (change->decision.state != CVN_RSVP_OFFERED)
        return 0;
    int64_t start_ms = seating->event.start_ms, ends_ms = ctx->now_ms + seating->offer_ms;
    if (ends_ms > start_ms)
        ends_ms = start_ms;
    change->after.offer_expire_time = cvn_record_time(ctx->arena, ends_ms);
    if (!change->after.offer_expire_time)
        return -ENOMEM;
    seating->seats.n_offers++;
    return cvn_offer_put(ctx, &seating->event_id, ends_ms, person);
}

/* What is kept of the answers: nothing where somebody does not come. */
static void change_answers(struct change *change)
{
    const struct cvn_seating_action *action = change->action;
    Convene__Events__V1__Rsvp *after = &change->after;
    if (change->decision.party == 0) {
        after->n_answers = 0;
    } else if (action->has_answers) {
        after->n_answers = action->n_answers;
        after->answers = action->answers;
    } else if (change->before) {
        after->n_answers = change->before->n_answers;
        after->answers = change->before->answers;
    }
}

static Convene__Events__V1__RsvpMoveKind move_kind(enum cvn_rsvp_action action)
{
    switch (action) {
    case CVN_RSVP_SAY_YES:
    case CVN_RSVP_SAY_NO:
        return KIND(ANSWERED);
    case CVN_RSVP_INVITE:
        return KIND(INVITED);
    case CVN_RSVP_APPROVE:
        return KIND(APPROVED);
    case CVN_RSVP_REJECT:
        return KIND(REJECTED);
    case CVN_RSVP_REMOVE:
        return KIND(REMOVED);
    case CVN_RSVP_PROMOTE:
        return KIND(PROMOTED);
    case CVN_RSVP_EXPIRE:
        return KIND(OFFER_EXPIRED);
    case CVN_RSVP_ATTEND:
    case CVN_RSVP_MISS:
    case CVN_RSVP_EXCUSE:
        return KIND(MARKED);
    case CVN_RSVP_ADD:
        return KIND(ADDED);
    case CVN_RSVP_WALK_IN:
        return KIND(WALKED_IN);
    case CVN_RSVP_UNMARK:
        return KIND(MARK_TAKEN_BACK);
    }
    return KIND(UNSPECIFIED);
}

/* The queue and the clock act by themselves, whoever's call they act in. */
static const char *actor_of(enum cvn_rsvp_action action)
{
    if (action == CVN_RSVP_PROMOTE)
        return "queue";
    return action == CVN_RSVP_EXPIRE ? "clock" : "";
}

static int append_move(struct cvn_seating *seating, struct change *change)
{
    Convene__Events__V1__RsvpMove move = CONVENE__EVENTS__V1__RSVP_MOVE__INIT;
    const struct cvn_seating_action *action = change->action;
    move.kind = move_kind(action->request.action);
    move.person_id = cvn_ctx_id_text(seating->ctx, "per", &action->person);
    if (!move.person_id)
        return -ENOMEM;
    move.state_before = (Convene__Events__V1__RsvpState)state_before(change);
    move.state = change->after.state;
    move.party = (int32_t)change->decision.party;
    move.way = change->after.way;
    move.queue_number = change->after.queue_number;
    move.queue_rank = change->after.queue_rank;
    move.principal = (char *)(uintptr_t)actor_of(action->request.action);
    if (action->reason)
        move.reason = (char *)(uintptr_t)action->reason;
    move.over_capacity = change->decision.over_capacity;
    int r = cvn_move_append(seating->ctx, &seating->event_id, &seating->seats, &move);
    return r ? r : cvn_move_sign(seating->ctx, &seating->seats, &change->after);
}

/* The message as it will be, but for queue, offer and answers. */
static int fill(struct cvn_seating *seating, struct change *change)
{
    Convene__Events__V1__Rsvp *after = &change->after;
    convene__events__v1__rsvp__init(after);
    after->state = (Convene__Events__V1__RsvpState)change->decision.state;
    after->guests = change->decision.party > 1 ? (int32_t)change->decision.party - 1 : 0;
    after->walked_in = change->decision.walked_in;
    after->change_count = change->before ? change->before->change_count : 0;
    after->change_count += is_of_person(seating->ctx, change);
    after->update_time = cvn_record_time(seating->ctx->arena, seating->ctx->now_ms);
    after->create_time = change->before ? change->before->create_time : after->update_time;
    if (change->decision.party > 0 && change->kind == CVN_SEATS_ONLINE)
        after->way = WAY(ONLINE);
    else if (change->decision.party > 0 && seating->hybrid)
        after->way = WAY(OFFLINE);
    if (change->before)
        after->move_hash = change->before->move_hash;
    change_answers(change);
    return after->update_time ? 0 : -ENOMEM;
}

static int write_change(struct cvn_seating *seating, struct change *change)
{
    struct cvn_seats *seats = &seating->seats;
    int r = fill(seating, change);
    if (r == 0 && !change->answers_only)
        r = cvn_seating_note_settings(seating);
    if (r == 0)
        r = change_queue(seating, change);
    if (r == 0)
        r = change_offer(seating, change);
    if (r == CVN_STORE_ABSENT)
        r = -EUCLEAN; /* the row that goes with the RSVP is missing */
    if (r != 0)
        return r;
    enum cvn_seat_kind other = change->kind == CVN_SEATS_ROOM ? CVN_SEATS_ONLINE : CVN_SEATS_ROOM;
    seats->seats_taken[change->kind] += (uint32_t)change->decision.seats_delta;
    seats->seats_taken[other] -= change->decision.seats_left;
    seats->n_rsvps += change->before == NULL;
    if (!change->answers_only)
        r = append_move(seating, change);
    if (r != 0)
        return r;
    return cvn_rsvp_put(seating->ctx, &seating->event_id, &change->action->person, &change->after);
}

/* The person as the rules know them; *change learns which seats it is about. */
static struct cvn_rsvp_person person_of(const struct cvn_seating *seating, struct change *change)
{
    const struct cvn_seating_action *action = change->action;
    uint32_t party = cvn_rsvp_party(change->before);
    enum cvn_seat_kind kind = party ? cvn_seat_kind_of(change->before) : CVN_SEATS_ROOM;
    change->kind = action->other_kind && seating->hybrid ? action->kind : kind;
    return (struct cvn_rsvp_person){
        .state = state_before(change),
        .party = party,
        .banned = action->banned,
        .outsider = action->outsider,
        .elsewhere = party > 0 && change->kind != kind,
        .walked_in = change->before && change->before->walked_in,
    };
}

/* Whether the answers given, with a yes that changes nothing else, differ from those there are. */
static int judge_answers(struct cvn_seating *seating, struct change *change)
{
    if (!change->action->has_answers || !change->before || change->decision.party == 0)
        return 0;
    Convene__Events__V1__Rsvp with = *change->before;
    with.n_answers = change->action->n_answers;
    with.answers = change->action->answers;
    int same = cvn_record_same(seating->ctx->arena, &with.base, &change->before->base);
    change->answers_only = same == 0;
    return same < 0 ? same : 0;
}

static int refuse_limits(struct cvn_seating *seating, const struct change *change)
{
    bool gathers = seating->event.waitlist == CVN_WAITLIST_LOTTERY && !seating->event.drawn;
    uint32_t most = gathers ? CVN_LOTTERY_PARTIES_MAX : CVN_QUEUE_PARTIES_MAX;
    if (change->decision.needs_queue_number && seating->seats.waitlist_count[change->kind] >= most)
        return cvn_ctx_refuse_state(seating->ctx, CVN_FAILED_PRECONDITION, "QUEUE_FULL",
                                    "The event is full, and so is its waiting list.");
    bool yes = change->action->request.action == CVN_RSVP_SAY_YES; /* a no is always heard */
    if (yes && is_of_person(seating->ctx, change) && change->before &&
        change->before->change_count >= CVN_RSVP_ANSWERS_MAX)
        return cvn_ctx_refuse_state(seating->ctx, CVN_FAILED_PRECONDITION, "CHANGED_TOO_OFTEN",
                                    "The answer was changed %d times already; an organiser can "
                                    "still change it.",
                                    CVN_RSVP_ANSWERS_MAX);
    return 0;
}

/* What a decision asks the caller to do then. */
struct outcome {
    enum cvn_rsvp_refusal refusal;
    bool run_queue;
};

/* Decides and writes, but does not serve the queue. */
static int decide(struct cvn_seating *seating, const struct cvn_seating_action *action,
                  struct outcome *ret)
{
    Convene__Events__V1__Rsvp *before = NULL;
    int r = cvn_rsvp_get(seating->ctx, &seating->event_id, &action->person, &before);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    struct change change = {.action = action, .before = before};
    struct cvn_rsvp_person person = person_of(seating, &change);
    *ret = (struct outcome){0};
    ret->refusal = cvn_rsvp_decide(cvn_seating_facts(seating, change.kind), &person,
                                   &action->request, &change.decision);
    if (ret->refusal != CVN_RSVP_OK)
        return 0;
    if (!change.decision.changed) {
        r = judge_answers(seating, &change);
        if (r != 0 || !change.answers_only)
            return r;
    }
    r = refuse_limits(seating, &change);
    if (r != 0)
        return r;
    ret->run_queue = change.decision.run_queue || person.elsewhere;
    return write_change(seating, &change);
}

int cvn_seating_must(struct cvn_seating *seating, const struct cvn_id *person,
                     enum cvn_rsvp_action action)
{
    CVN_ARENA_AUTO scratch; /* so that a queue of any length is served in little memory */
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cvn_ctx *ctx = seating->ctx, inner = *ctx;
    inner.arena = &scratch;
    const struct cvn_seating_action own = {
        .person = *person,
        .request = {.action = action, .now_ms = ctx->now_ms},
    };
    struct outcome outcome;
    seating->ctx = &inner;
    int r = decide(seating, &own, &outcome);
    seating->ctx = ctx;
    return r == CVN_REFUSED || (r == 0 && outcome.refusal != CVN_RSVP_OK) ? -EUCLEAN : r;
}

int cvn_seating_note_settings(struct cvn_seating *seating)
{
    struct cvn_seats *seats = &seating->seats;
    struct cvn_seat_settings now = {
        .capacity = {seating->capacity[CVN_SEATS_ROOM], seating->capacity[CVN_SEATS_ONLINE]},
        .waitlist = (uint8_t)seating->event.waitlist,
        .policy = (uint8_t)seating->event.policy,
    };
    struct cvn_seats with = *seats;
    with.settings = now;
    if (seats->n_moves > 0 && cvn_seats_same(seats, &with))
        return 0;
    Convene__Events__V1__RsvpMove move = CONVENE__EVENTS__V1__RSVP_MOVE__INIT;
    move.kind = KIND(SEATS_SET);
    move.capacity = (int32_t)now.capacity[CVN_SEATS_ROOM];
    move.virtual_capacity = (int32_t)now.capacity[CVN_SEATS_ONLINE];
    move.waitlist_mode = cvn_rsvp_stored_mode(seating->event.waitlist);
    move.party_policy = cvn_rsvp_stored_policy(seating->event.policy);
    seats->settings = now;
    return cvn_move_append(seating->ctx, &seating->event_id, seats, &move);
}

int cvn_seating_load(struct cvn_seating *seating, struct cvn_ctx *ctx,
                     const struct cvn_id *event_id, const Convene__Events__V1__Event *event)
{
    int64_t minutes = event->offer_minutes > 0 ? event->offer_minutes : CVN_OFFER_MINUTES;
    *seating = (struct cvn_seating){
        .ctx = ctx,
        .event_id = *event_id,
        .message = event,
        .hybrid = event->attendance_mode == WAY(MIXED),
        .event = cvn_rsvp_facts(event),
        .offer_ms = minutes * 60 * 1000,
    };
    seating->capacity[CVN_SEATS_ROOM] = seating->event.capacity;
    seating->capacity[CVN_SEATS_ONLINE] =
        event->virtual_capacity > 0 ? (uint32_t)event->virtual_capacity : 0;
    int r = cvn_seats_get(ctx, event_id, &seating->seats);
    seating->stored = seating->seats;
    return r;
}

int cvn_seating_begin(struct cvn_seating *seating, struct cvn_ctx *ctx,
                      const struct cvn_id *event_id, const Convene__Events__V1__Event *event)
{
    uint32_t n_ended = 0;
    int r = cvn_seating_load(seating, ctx, event_id, event);
    if (r == 0)
        r = cvn_seating_freeze(seating);
    if (r == 0)
        r = cvn_seating_end_offers(seating, &n_ended);
    return r == 0 && n_ended > 0 ? cvn_seating_serve(seating) : r;
}

int cvn_seating_act(struct cvn_seating *seating, const struct cvn_seating_action *action)
{
    struct outcome outcome;
    int r = decide(seating, action, &outcome);
    if (r == 0 && outcome.refusal != CVN_RSVP_OK)
        return cvn_rsvp_refuse(seating->ctx, outcome.refusal);
    return r == 0 && outcome.run_queue ? cvn_seating_serve(seating) : r;
}

/* Notes where the last free seat went, or the first came; the entry of an edit tells of that, too.
 */
static int note_free(struct cvn_seating *seating)
{
    const struct cvn_seats *now = &seating->seats, *before = &seating->stored;
    const uint32_t *capacity = before->n_moves ? before->settings.capacity : seating->capacity;
    if (seating->settles &&
        cvn_record_time_ms(seating->message->update_time, 0) == seating->ctx->now_ms)
        return 0;
    bool is_free = cvn_seats_free(seating->capacity, now->seats_taken, seating->hybrid);
    bool was_free = cvn_seats_free(capacity, before->seats_taken, seating->hybrid);
    if (is_free == was_free)
        return 0;
    return cvn_change_row_seats(seating->ctx, &seating->event_id, seating->message, before,
                                is_free);
}

int cvn_seating_end(struct cvn_seating *seating)
{
    if (cvn_seats_same(&seating->seats, &seating->stored))
        return 0;
    int r = cvn_seats_put(seating->ctx, &seating->event_id, &seating->seats);
    return r ? r : note_free(seating);
}

int cvn_seats_settle(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const Convene__Events__V1__Event *event)
{
    struct cvn_seating seating;
    uint32_t n_ended;
    int r = cvn_seating_load(&seating, ctx, event_id, event);
    seating.settles = true;
    if (r == 0 && seating.seats.n_moves > 0)
        r = cvn_seating_note_settings(&seating);
    if (r == 0)
        r = cvn_seating_freeze(&seating);
    if (r == 0)
        r = cvn_seating_end_offers(&seating, &n_ended);
    if (r == 0)
        r = cvn_seating_serve(&seating);
    return r == 0 ? cvn_seating_end(&seating) : r;
}
