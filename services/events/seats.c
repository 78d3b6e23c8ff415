#include "services/events/seats.h"

#include "services/events/queue_table.h"
#include "services/events/record.h"
#include "services/events/rsvp_facts.h"
#include "services/events/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>

enum {
    QUEUE_HEAD = 64, /* parties looked at first; four times as many while seats are left */
    QUEUE_HEAD_GROWS = 4,
    SCRATCH_BYTES_MAX = 16 << 20,
};

static const int64_t offer_ms = (int64_t)CVN_OFFER_HOURS * 60 * 60 * 1000;

int cvn_seats_get(struct cvn_ctx *ctx, const struct cvn_id *event_id, struct cvn_seats *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    cvn_event_kind_key(&key, event_id, CVN_EVENT_KIND_SEATS);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r == CVN_STORE_ABSENT) {
        *ret = (struct cvn_seats){.next_queue_number = 1};
        return 0;
    }
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, value);
    struct cvn_seats seats;
    seats.seats_taken = cvn_key_get_u32(&reader);
    seats.waitlist_count = cvn_key_get_u32(&reader);
    seats.n_offers = cvn_key_get_u32(&reader);
    seats.next_queue_number = cvn_key_get_u64(&reader);
    seats.n_rsvps = cvn_key_get_u64(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret = seats;
    return 0;
}

static int seats_put(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const struct cvn_seats *seats)
{
    struct cvn_key key, value;
    cvn_event_kind_key(&key, event_id, CVN_EVENT_KIND_SEATS);
    cvn_key_init(&value);
    cvn_key_put_u32(&value, seats->seats_taken);
    cvn_key_put_u32(&value, seats->waitlist_count);
    cvn_key_put_u32(&value, seats->n_offers);
    cvn_key_put_u64(&value, seats->next_queue_number);
    cvn_key_put_u64(&value, seats->n_rsvps);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

/* The event with the counts as they are at this moment of the write. */
static const struct cvn_rsvp_event *facts_now(struct cvn_seating *seating)
{
    seating->event.seats_taken = seating->seats.seats_taken;
    seating->event.n_waiting = seating->seats.waitlist_count;
    return &seating->event;
}

/* One RSVP on its way from what it was to what the rules made of it. */
struct change {
    const struct cvn_id *person;
    const Convene__Events__V1__Rsvp *before; /* NULL: there was none */
    struct cvn_rsvp_decision decision;
    Convene__Events__V1__Rsvp after;
};

static bool was(const struct change *change, enum cvn_rsvp_state state)
{
    return change->before && (enum cvn_rsvp_state)change->before->state == state;
}

/* Leaves the queue, joins it, or waits on with another party. */
static int change_queue(struct cvn_seating *seating, struct change *change)
{
    struct cvn_ctx *ctx = seating->ctx;
    struct cvn_queued row = {.person = *change->person, .party = change->decision.party};
    bool waits = change->decision.state == CVN_RSVP_WAITLISTED;
    if (!waits && !was(change, CVN_RSVP_WAITLISTED))
        return 0;
    if (change->decision.needs_queue_number) {
        row.queue_number = seating->seats.next_queue_number++;
        seating->seats.waitlist_count++;
    } else {
        row.queue_number = (uint64_t)change->before->queue_number;
        struct cvn_queued old;
        int r = cvn_queue_get(ctx, &seating->event_id, row.queue_number, &old);
        if (r != 0)
            return r;
        row.overtaken = old.overtaken;
    }
    if (waits) {
        change->after.queue_number = (int64_t)row.queue_number;
        return cvn_queue_put(ctx, &seating->event_id, &row);
    }
    change->after.queue_number = 0;
    seating->seats.waitlist_count--;
    return cvn_queue_delete(ctx, &seating->event_id, row.queue_number);
}

static int change_offer(struct cvn_seating *seating, struct change *change)
{
    struct cvn_ctx *ctx = seating->ctx;
    change->after.offer_expire_time = NULL;
    if (was(change, CVN_RSVP_OFFERED)) {
        int64_t ends_ms = cvn_record_time_ms(change->before->offer_expire_time, 0);
        int r = cvn_offer_delete(ctx, &seating->event_id, ends_ms, change->person);
        if (r != 0)
            return r;
        seating->seats.n_offers--;
    }
    if (change->decision.state != CVN_RSVP_OFFERED)
        return 0;
    int64_t start_ms = seating->event.start_ms, ends_ms = ctx->now_ms + offer_ms;
    if (ends_ms > start_ms)
        ends_ms = start_ms;
    change->after.offer_expire_time = cvn_record_time(ctx->arena, ends_ms);
    if (!change->after.offer_expire_time)
        return -ENOMEM;
    seating->seats.n_offers++;
    return cvn_offer_put(ctx, &seating->event_id, ends_ms, change->person);
}

static int write_change(struct cvn_seating *seating, struct change *change)
{
    struct cvn_ctx *ctx = seating->ctx;
    Convene__Events__V1__Rsvp *after = &change->after;
    convene__events__v1__rsvp__init(after);
    after->state = (Convene__Events__V1__RsvpState)change->decision.state;
    after->guests = change->decision.party > 0 ? (int32_t)change->decision.party - 1 : 0;
    after->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    after->create_time = change->before ? change->before->create_time : after->update_time;
    if (!after->update_time)
        return -ENOMEM;
    int r = change_queue(seating, change);
    if (r == 0)
        r = change_offer(seating, change);
    if (r == CVN_STORE_ABSENT)
        r = -EUCLEAN; /* the row that goes with the RSVP is missing */
    if (r != 0)
        return r;
    seating->seats.seats_taken += (uint32_t)change->decision.seats_delta;
    seating->seats.n_rsvps += change->before == NULL;
    return cvn_rsvp_put(ctx, &seating->event_id, change->person, after);
}

/* Decides and writes, but does not serve the queue. */
static int decide(struct cvn_seating *seating, const struct cvn_seating_action *action,
                  enum cvn_rsvp_refusal *ret_refusal, bool *ret_run_queue)
{
    Convene__Events__V1__Rsvp *before = NULL;
    int r = cvn_rsvp_get(seating->ctx, &seating->event_id, &action->person, &before);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    struct cvn_rsvp_person person = {
        .state = before ? (enum cvn_rsvp_state)before->state : CVN_RSVP_NONE,
        .party = cvn_rsvp_party(before),
        .banned = action->banned,
        .outsider = action->outsider,
    };
    struct change change = {.person = &action->person, .before = before};
    *ret_run_queue = false;
    *ret_refusal = cvn_rsvp_decide(facts_now(seating), &person, &action->request, &change.decision);
    if (*ret_refusal != CVN_RSVP_OK || !change.decision.changed)
        return 0;
    if (change.decision.needs_queue_number &&
        seating->seats.waitlist_count >= CVN_QUEUE_PARTIES_MAX)
        return cvn_ctx_refuse_state(seating->ctx, CVN_FAILED_PRECONDITION, "QUEUE_FULL",
                                    "The event is full, and so is its waiting list.");
    *ret_run_queue = change.decision.run_queue;
    return write_change(seating, &change);
}

/* An action of the server's own, on a row that says it is possible. */
static int must_do(struct cvn_seating *seating, const struct cvn_id *person,
                   enum cvn_rsvp_action action)
{
    const struct cvn_seating_action own = {
        .person = *person,
        .request = {.action = action, .now_ms = seating->ctx->now_ms},
    };
    enum cvn_rsvp_refusal refusal;
    bool run_queue;
    int r = decide(seating, &own, &refusal, &run_queue);
    return r == 0 && refusal != CVN_RSVP_OK ? -EUCLEAN : r;
}

/* Whether nobody further back in the queue than those looked at could be picked. */
static bool nobody_further(const struct cvn_waitlist_rule *rule, const struct cvn_waiting *queue,
                           size_t n)
{
    uint32_t free_seats = rule->free_seats;
    for (size_t i = 0; i < n; i++) {
        bool fits_ever = rule->capacity == 0 || queue[i].party <= rule->capacity;
        if (queue[i].picked && rule->free_seats != CVN_WAITLIST_NO_LIMIT)
            free_seats -= queue[i].party;
        if (queue[i].picked || !fits_ever)
            continue;
        if (rule->policy == CVN_WAITLIST_STRICT ||
            (rule->policy == CVN_WAITLIST_BOUNDED && queue[i].overtaken >= rule->overtaken_max))
            return true;
    }
    return free_seats == 0;
}

/* Promotes those picked, and notes by how many the others were passed. */
static int promote(struct cvn_seating *seating, const struct cvn_queued *rows,
                   const struct cvn_waiting *queue, size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        struct cvn_queued row = rows[i];
        row.overtaken = queue[i].overtaken;
        if (queue[i].picked)
            r = must_do(seating, &row.person, CVN_RSVP_PROMOTE);
        else if (row.overtaken != rows[i].overtaken)
            r = cvn_queue_put(seating->ctx, &seating->event_id, &row);
    }
    return r;
}

/*
 * Picks among the first max of the queue. Not done, with nothing written, while somebody further
 * back could be picked too: who was passed by how many is known only then.
 */
static int pick_among(struct cvn_seating *seating, const struct cvn_waitlist_rule *rule, size_t max,
                      bool *ret_done)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cvn_queued *rows = cvn_arena_alloc_array(&scratch, max, sizeof *rows);
    struct cvn_waiting *queue = cvn_arena_alloc_array(&scratch, max, sizeof *queue);
    size_t n;
    if (!rows || !queue)
        return -ENOMEM;
    int r = cvn_queue_head(seating->ctx, &seating->event_id, rows, max, &n);
    if (r != 0)
        return r;
    for (size_t i = 0; i < n; i++)
        queue[i] = (struct cvn_waiting){.queue_number = rows[i].queue_number,
                                        .party = rows[i].party,
                                        .overtaken = rows[i].overtaken};
    (void)cvn_waitlist_pick(rule, queue, n);
    *ret_done = n < max || n == seating->seats.waitlist_count || nobody_further(rule, queue, n);
    return *ret_done ? promote(seating, rows, queue, n) : 0;
}

static int serve_queue(struct cvn_seating *seating)
{
    const struct cvn_rsvp_event *event = facts_now(seating);
    const struct cvn_waitlist_rule rule = {
        .policy = event->policy,
        .overtaken_max = CVN_RSVP_OVERTAKEN_MAX,
        .capacity = event->capacity,
        .free_seats = cvn_rsvp_free_seats(event),
    };
    bool done = rule.free_seats == 0 || event->n_waiting == 0 ||
                !cvn_rsvp_queue_moves(event, seating->ctx->now_ms);
    int r = 0;
    for (size_t max = QUEUE_HEAD; r == 0 && !done; max *= QUEUE_HEAD_GROWS) {
        if (max > event->n_waiting)
            max = event->n_waiting;
        r = pick_among(seating, &rule, max, &done);
    }
    return r;
}

/* Ends offers that run out at or before the time. *ret_n is how many. */
static int end_offers(struct cvn_seating *seating, int64_t until_ms, uint32_t *ret_n)
{
    uint32_t n = 0;
    while (seating->seats.n_offers > 0 && n < CVN_OFFERS_ENDED_MAX) {
        int64_t ends_ms;
        struct cvn_id person;
        int r = cvn_offer_first(seating->ctx, &seating->event_id, &ends_ms, &person);
        if (r == 0 && ends_ms > until_ms)
            break;
        if (r == 0)
            r = must_do(seating, &person, CVN_RSVP_EXPIRE);
        if (r != 0)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        n++;
    }
    *ret_n = n;
    return 0;
}

static int load(struct cvn_seating *seating, struct cvn_ctx *ctx, const struct cvn_id *event_id,
                const Convene__Events__V1__Event *event)
{
    *seating =
        (struct cvn_seating){.ctx = ctx, .event_id = *event_id, .event = cvn_rsvp_facts(event)};
    int r = cvn_seats_get(ctx, event_id, &seating->seats);
    seating->stored = seating->seats;
    return r;
}

/* The offers of a cancelled event are void, however long they would have run. */
static int64_t offers_end_ms(const struct cvn_seating *seating)
{
    return seating->event.status == CVN_EVENT_CANCELLED ? INT64_MAX : seating->ctx->now_ms;
}

int cvn_seating_begin(struct cvn_seating *seating, struct cvn_ctx *ctx,
                      const struct cvn_id *event_id, const Convene__Events__V1__Event *event)
{
    uint32_t n_ended = 0;
    int r = load(seating, ctx, event_id, event);
    if (r == 0)
        r = end_offers(seating, offers_end_ms(seating), &n_ended);
    return r == 0 && n_ended > 0 ? serve_queue(seating) : r;
}

int cvn_seating_act(struct cvn_seating *seating, const struct cvn_seating_action *action)
{
    enum cvn_rsvp_refusal refusal;
    bool run_queue;
    int r = decide(seating, action, &refusal, &run_queue);
    if (r == 0 && refusal != CVN_RSVP_OK)
        return cvn_rsvp_refuse(seating->ctx, refusal);
    return r == 0 && run_queue ? serve_queue(seating) : r;
}

int cvn_seating_end(struct cvn_seating *seating)
{
    const struct cvn_seats *now = &seating->seats, *then = &seating->stored;
    if (now->seats_taken == then->seats_taken && now->waitlist_count == then->waitlist_count &&
        now->n_offers == then->n_offers && now->next_queue_number == then->next_queue_number &&
        now->n_rsvps == then->n_rsvps)
        return 0;
    return seats_put(seating->ctx, &seating->event_id, &seating->seats);
}

int cvn_seats_settle(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     const Convene__Events__V1__Event *event)
{
    struct cvn_seating seating;
    uint32_t n_ended;
    int r = load(&seating, ctx, event_id, event);
    if (r == 0)
        r = end_offers(&seating, offers_end_ms(&seating), &n_ended);
    if (r == 0)
        r = serve_queue(&seating);
    return r == 0 ? cvn_seating_end(&seating) : r;
}
