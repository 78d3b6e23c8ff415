#include "services/events/rsvps/lottery.h"

#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/seats_parts.h"

#include <errno.h>

enum { SCRATCH_BYTES_MAX = 32 << 20, STEP_BYTES_MAX = 1 << 20 };

/* All who wait, in both queues, with their tickets and the order drawn. */
struct lots {
    size_t n;
    struct cvn_queued *rows;
    struct cvn_draw_ticket *tickets;
    uint32_t *order;
};

static int collect(struct cvn_seating *seating, struct lots *lots, struct cvn_arena *arena)
{
    const uint32_t *waiting = seating->seats.waitlist_count;
    size_t n = (size_t)waiting[CVN_SEATS_ROOM] + waiting[CVN_SEATS_ONLINE];
    char event[CVN_ID_TEXT_BYTES], person[CVN_ID_TEXT_BYTES];
    CVN_CURSOR_AUTO cursor = {0};
    struct cvn_slice key, value;
    lots->rows = cvn_arena_alloc_array(arena, n, sizeof *lots->rows);
    lots->tickets = cvn_arena_alloc_array(arena, n, sizeof *lots->tickets);
    lots->order = cvn_arena_alloc_array(arena, n, sizeof *lots->order);
    if (!lots->rows || !lots->tickets || !lots->order)
        return -ENOMEM;
    cvn_id_format(event, CVN_EVENT_PREFIX, &seating->event_id);
    int r = cvn_queue_walk(seating->ctx, &seating->event_id, &cursor);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (lots->n == n || !cvn_queue_read(key, value, &lots->rows[lots->n]))
            return -EUCLEAN;
        cvn_id_format(person, "per", &lots->rows[lots->n].person);
        cvn_draw_ticket(&lots->tickets[lots->n++], event, person);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Gives one of those who wait a new number, in the order drawn. */
static int place(struct cvn_seating *seating, const struct lots *lots, uint32_t i)
{
    static const struct cvn_seating_why why = {
        CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_DRAWN, ""};
    struct cvn_queued row = lots->rows[lots->order[i]];
    const struct cvn_lottery_ticket ticket = {lots->tickets[lots->order[i]], row.person, row.party,
                                              row.place.kind};
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(seating->ctx, &seating->event_id, &row.person, &rsvp);
    if (r == 0)
        r = cvn_queue_delete(seating->ctx, &seating->event_id, &row.place);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    row.queue_number = seating->seats.next_queue_number++;
    row.place.rank = CVN_QUEUE_RANK(row.queue_number);
    r = cvn_seating_replace(seating, rsvp, &row, &why);
    return r == 0 ? cvn_lottery_ticket_put(seating->ctx, &seating->event_id, i + 1, &ticket) : r;
}

static int place_all(struct cvn_seating *seating, const struct lots *lots)
{
    struct cvn_ctx *ctx = seating->ctx, inner = *ctx;
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, STEP_BYTES_MAX);
    inner.arena = &scratch;
    seating->ctx = &inner;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < lots->n; i++) {
        r = place(seating, lots, i);
        cvn_arena_reset(&scratch);
    }
    seating->ctx = ctx;
    return r;
}

/* The seed is no secret any more. */
static int reveal(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                  Convene__Events__V1__Event *event, const struct cvn_lottery *lottery)
{
    char seed[CVN_DRAW_TEXT_BYTES];
    cvn_draw_format(seed, lottery->seed);
    event->lottery_seed = cvn_arena_strdup(ctx->arena, seed);
    event->lottery_drawn_time = cvn_record_time(ctx->arena, ctx->now_ms);
    event->update_time = event->lottery_drawn_time;
    if (!event->lottery_seed || !event->lottery_drawn_time)
        return -ENOMEM;
    return cvn_event_put(ctx, event_id, event);
}

static int refuse(struct cvn_ctx *ctx, const struct cvn_rsvp_event *facts)
{
    if (facts->waitlist != CVN_WAITLIST_LOTTERY)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "NOT_A_LOTTERY",
                                    "The event's waitlist is no lottery; there is nothing to "
                                    "draw.");
    if (facts->drawn)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "DRAWN",
                                    "Lots were drawn already; look at the outcome.");
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_STATE",
                                "Lots can be drawn while the event is published, has a date and "
                                "has not started.");
}

int cvn_lottery_draw(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event)
{
    struct cvn_seating seating;
    struct cvn_lottery lottery;
    struct lots lots = {0};
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    int r = cvn_seating_load(&seating, ctx, event_id, event);
    if (r == 0 && !cvn_rsvp_may_draw(&seating.event, ctx->now_ms))
        return refuse(ctx, &seating.event);
    if (r == 0)
        r = cvn_lottery_get(ctx, event_id, &lottery);
    if (r == 0)
        r = collect(&seating, &lots, &scratch);
    if (r == 0)
        r = cvn_draw_order(lottery.seed, lots.tickets, lots.n, lots.order, &scratch);
    if (r == 0)
        r = place_all(&seating, &lots);
    if (r == 0)
        r = reveal(ctx, event_id, event, &lottery);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    seating.event.drawn = true;
    r = cvn_seating_serve(&seating);
    return r == 0 ? cvn_seating_end(&seating) : r;
}
