#include "services/events/rsvps/rsvp_task.h"

#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/lottery.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <errno.h>
#include <sodium.h>

enum { ARENA_BYTES = 32 << 20 };

/* Offers and lotteries, one after the other, each in the order in which they are due. */
struct agenda {
    struct cvn_task task;
    int (*what)(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event);
    struct cvn_rsvp_offer offer;
    struct cvn_lottery_due lottery;
};

static int settle(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    return cvn_seats_settle(ctx, id, event);
}

/* What cannot be drawn any more, since the event began, is not due again and again. */
static int draw(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    int r = cvn_lottery_draw(ctx, id, event);
    return r == CVN_REFUSED ? cvn_lottery_lapse(ctx, id) : r;
}

static int run(struct cvn_txn *txn, void *arg)
{
    const struct agenda *agenda = arg;
    const struct cvn_id *id = &agenda->task.id;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    Convene__Events__V1__Event *event;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(&agenda->task, txn, &arena, &status);
    int r = cvn_event_get(&ctx, id, &event);
    return r == 0 ? agenda->what(&ctx, id, event) : r;
}

/* One event's update; an event that is gone, or a busy store, is no fault. */
static int update(struct cvn_store *store, struct agenda *agenda, const struct cvn_id *event)
{
    agenda->task.id = *event;
    randombytes_buf(agenda->task.entropy, sizeof agenda->task.entropy);
    int r = cvn_store_update(store, run, agenda, 0);
    return r < 0 ? r : 0;
}

/* The next lottery or offer, in a snapshot of its own; the outcomes of its function. */
static int next(struct cvn_store *store, struct agenda *agenda)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r != 0)
        return r;
    r = agenda->what == draw ? cvn_lottery_next_due(snapshot, &agenda->lottery)
                             : cvn_rsvp_next_offer(snapshot, &agenda->offer);
    cvn_snapshot_release(snapshot);
    return r;
}

/* What a turn has come to. */
struct turn {
    int fault;
    bool more;
    int64_t next_ms;
    int n;
};

static void note(struct turn *turn, int r)
{
    if (r < 0 && turn->fault == 0)
        turn->fault = r;
    turn->n++;
}

static void end_offers(struct agenda *agenda, struct cvn_store *store, struct turn *turn)
{
    struct cvn_id last = {{0}};
    agenda->what = settle;
    for (;;) {
        int r = next(store, agenda);
        if (r != 0) {
            turn->more |= r == CVN_STORE_BUSY;
            note(turn, r);
            return;
        }
        if (agenda->offer.ends_ms > agenda->task.now_ms) {
            turn->next_ms = agenda->offer.ends_ms;
            return;
        }
        if (turn->n >= CVN_RSVP_TASK_MAX) {
            turn->more = true;
            return;
        }
        if (cvn_id_equal(&last, &agenda->offer.event))
            continue; /* it could not be settled just now */
        last = agenda->offer.event;
        note(turn, update(store, agenda, &last));
    }
}

static void draw_lots(struct agenda *agenda, struct cvn_store *store, struct turn *turn)
{
    agenda->what = draw;
    for (;;) {
        int r = next(store, agenda);
        if (r != 0) {
            turn->more |= r == CVN_STORE_BUSY;
            note(turn, r);
            return;
        }
        if (agenda->lottery.due_ms > agenda->task.now_ms) {
            if (agenda->lottery.due_ms < turn->next_ms)
                turn->next_ms = agenda->lottery.due_ms;
            return;
        }
        if (turn->n >= CVN_RSVP_TASK_MAX) {
            turn->more = true;
            return;
        }
        note(turn, update(store, agenda, &agenda->lottery.event));
    }
}

int cvn_rsvp_task_turn(struct cvn_events_service *service, struct cvn_store *store, int64_t now_ms,
                       int64_t *ret_next_ms)
{
    struct agenda agenda = {.task = {.service = service, .now_ms = now_ms}};
    struct turn turn = {.next_ms = INT64_MAX};
    end_offers(&agenda, store, &turn);
    draw_lots(&agenda, store, &turn);
    *ret_next_ms = turn.next_ms;
    if (turn.fault != 0)
        return turn.fault;
    return turn.more ? 1 : 0;
}
