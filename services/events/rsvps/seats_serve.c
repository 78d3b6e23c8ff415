/* Serving those who wait, and their order. */
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats_parts.h"

#include <errno.h>

enum {
    QUEUE_HEAD = 64, /* parties looked at first; four times as many while seats are left */
    QUEUE_HEAD_GROWS = 4,
    SCRATCH_BYTES_MAX = 16 << 20,
    RANK_STEP = 1 << 16, /* before the first of the queue */
};

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
            r = cvn_seating_must(seating, &row.person, CVN_RSVP_PROMOTE);
        else if (row.overtaken != rows[i].overtaken)
            r = cvn_queue_put(seating->ctx, &seating->event_id, &row);
    }
    return r;
}

/* The first of a queue, and what the policy makes of them. */
struct head {
    enum cvn_seat_kind kind;
    size_t max;
    bool done;
};

/*
 * Picks among the first max of the queue. Not done, with nothing written, while somebody further
 * back could be picked too: who was passed by how many is known only then.
 */
static int pick_among(struct cvn_seating *seating, const struct cvn_waitlist_rule *rule,
                      struct head *head)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cvn_queued *rows = cvn_arena_alloc_array(&scratch, head->max, sizeof *rows);
    struct cvn_waiting *queue = cvn_arena_alloc_array(&scratch, head->max, sizeof *queue);
    size_t n = head->max;
    if (!rows || !queue)
        return -ENOMEM;
    int r = cvn_queue_head(seating->ctx, &seating->event_id, head->kind, rows, &n);
    if (r != 0)
        return r;
    for (size_t i = 0; i < n; i++)
        queue[i] = (struct cvn_waiting){.queue_number = rows[i].queue_number,
                                        .party = rows[i].party,
                                        .overtaken = rows[i].overtaken};
    (void)cvn_waitlist_pick(rule, queue, n);
    head->done = n < head->max || n == seating->seats.waitlist_count[head->kind] ||
                 nobody_further(rule, queue, n);
    return head->done ? promote(seating, rows, queue, n) : 0;
}

static int serve_kind(struct cvn_seating *seating, enum cvn_seat_kind kind)
{
    const struct cvn_rsvp_event *event = cvn_seating_facts(seating, kind);
    const uint32_t n_waiting = event->n_waiting;
    const struct cvn_waitlist_rule rule = {
        .policy = event->policy,
        .overtaken_max = CVN_RSVP_OVERTAKEN_MAX,
        .capacity = event->capacity,
        .free_seats = cvn_rsvp_free_seats(event),
    };
    struct head head = {.kind = kind};
    head.done = rule.free_seats == 0 || n_waiting == 0 ||
                !cvn_rsvp_queue_moves(event, seating->ctx->now_ms);
    int r = 0;
    for (size_t max = QUEUE_HEAD; r == 0 && !head.done; max *= QUEUE_HEAD_GROWS) {
        head.max = max < n_waiting ? max : n_waiting;
        r = pick_among(seating, &rule, &head);
    }
    return r;
}

int cvn_seating_serve(struct cvn_seating *seating)
{
    int r = serve_kind(seating, CVN_SEATS_ROOM);
    return r == 0 ? serve_kind(seating, CVN_SEATS_ONLINE) : r;
}

/* Where somebody is to go: between whom, and where they stand now. */
struct gap {
    uint64_t before, after; /* ranks; 0: nobody is there */
    uint32_t position_now;
};

/* Finds the gap in front of whoever is at the position, the person left out. 0 or a fault. */
static int find_gap(struct cvn_seating *seating, const struct cvn_queue_place *own,
                    uint32_t position, struct gap *ret)
{
    CVN_CURSOR_AUTO cursor = {0};
    struct cvn_slice key, value;
    struct cvn_queued row;
    uint32_t n = 0;
    *ret = (struct gap){0};
    int r = cvn_queue_walk_kind(seating->ctx, &seating->event_id, own->kind, &cursor);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (!cvn_queue_read(key, value, &row))
            return -EUCLEAN;
        if (row.place.rank == own->rank) {
            ret->position_now = n + 1;
            continue;
        }
        n++;
        if (n < position)
            ret->before = row.place.rank;
        else if (ret->after == 0)
            ret->after = row.place.rank;
        if (ret->after && ret->position_now)
            break;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* A rank in the gap; 0 when there is no room. Behind all others it is that of a new number. */
static uint64_t rank_in(struct cvn_seating *seating, const struct gap *gap, uint64_t *number)
{
    if (gap->after == 0) {
        *number = seating->seats.next_queue_number++;
        return CVN_QUEUE_RANK(*number);
    }
    if (gap->before == 0)
        return gap->after > RANK_STEP ? gap->after - RANK_STEP : 0;
    uint64_t between = gap->before + (gap->after - gap->before) / 2;
    return between > gap->before ? between : 0;
}

int cvn_seating_replace(struct cvn_seating *seating, Convene__Events__V1__Rsvp *rsvp,
                        const struct cvn_queued *row, const struct cvn_seating_why *why)
{
    Convene__Events__V1__RsvpMove move = CONVENE__EVENTS__V1__RSVP_MOVE__INIT;
    rsvp->queue_number = (int64_t)row->queue_number;
    rsvp->queue_rank = (int64_t)row->place.rank;
    move.kind = why->kind;
    move.person_id = rsvp->person_id;
    move.state_before = move.state = rsvp->state;
    move.party = (int32_t)row->party;
    move.way = rsvp->way;
    move.queue_number = rsvp->queue_number;
    move.queue_rank = rsvp->queue_rank;
    move.reason = (char *)(uintptr_t)why->reason;
    int r = cvn_queue_put(seating->ctx, &seating->event_id, row);
    if (r == 0)
        r = cvn_move_append(seating->ctx, &seating->event_id, &seating->seats, &move);
    if (r == 0)
        r = cvn_move_sign(seating->ctx, &seating->seats, rsvp);
    return r == 0 ? cvn_rsvp_put(seating->ctx, &seating->event_id, &row->person, rsvp) : r;
}

int cvn_seating_reorder(struct cvn_seating *seating, const struct cvn_id *person, uint32_t position,
                        const char *reason)
{
    const struct cvn_seating_why why = {
        CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_REORDERED, reason};
    Convene__Events__V1__Rsvp *rsvp;
    struct cvn_queued row;
    struct gap gap;
    int r = cvn_rsvp_get(seating->ctx, &seating->event_id, person, &rsvp);
    if (r == CVN_STORE_ABSENT || (r == 0 && (int)rsvp->state != CVN_RSVP_WAITLISTED))
        return cvn_rsvp_refuse(seating->ctx, CVN_RSVP_REFUSED_STATE);
    if (r != 0)
        return r;
    struct cvn_queue_place place = cvn_queue_place_of(rsvp);
    enum cvn_rsvp_refusal refusal =
        cvn_rsvp_may_reorder(cvn_seating_facts(seating, place.kind), seating->ctx->now_ms);
    if (refusal != CVN_RSVP_OK)
        return cvn_rsvp_refuse(seating->ctx, refusal);
    r = cvn_queue_get(seating->ctx, &seating->event_id, &place, &row);
    if (r == 0)
        r = find_gap(seating, &place, position, &gap);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    bool last = gap.after == 0 && gap.position_now == seating->seats.waitlist_count[place.kind];
    if (gap.position_now == position || last)
        return 0;
    row.place.rank = rank_in(seating, &gap, &row.queue_number);
    if (row.place.rank == 0)
        return cvn_ctx_refuse_state(seating->ctx, CVN_FAILED_PRECONDITION, "QUEUE_CROWDED",
                                    "Too many were moved to that place before; move the person to "
                                    "the place behind it.");
    r = cvn_queue_delete(seating->ctx, &seating->event_id, &place);
    if (r == 0)
        r = cvn_seating_replace(seating, rsvp, &row, &why);
    return r == 0 ? cvn_seating_serve(seating) : r;
}
