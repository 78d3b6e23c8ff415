/*
 * Lots that are drawn for an event's seats (base/draw.h): the seed, which nobody is told before the
 * draw, and the tickets in the order drawn.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_LOTTERY_TABLE_H
#define CVN_SERVICES_EVENTS_RSVPS_LOTTERY_TABLE_H

#include "base/draw.h"
#include "convene/events/v1/event.pb-c.h"
#include "services/events/rsvps/seat_counts.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

struct cvn_lottery {
    uint8_t seed[CVN_DRAW_BYTES];
    int64_t due_ms; /* when the server is to draw; 0: not by itself */
};

/* Lottery by due time. */
extern const struct cvn_table cvn_lottery_table;

/* 0; CVN_STORE_ABSENT where there never was one; a fault. */
int cvn_lottery_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_lottery *ret);

/*
 * Brings the lottery's row in line with an event that is about to be stored, chooses a seed where
 * there is none yet, and sets the event's commitment. 0 or a fault.
 */
int cvn_lottery_keep(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event);

/* Fills in the commitment of an event that was stored without. 0 or a fault. */
int cvn_lottery_show(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event);

/* Makes it not due any more. 0 or a fault. */
int cvn_lottery_lapse(struct cvn_ctx *ctx, const struct cvn_id *event);

/* Deletes what there is of an event's lottery that was never drawn. 0 or a fault. */
int cvn_lottery_forget(struct cvn_ctx *ctx, const struct cvn_id *event);

/* A lottery of whichever event, by when it is due. */
struct cvn_lottery_due {
    int64_t due_ms; /* 0: before the first */
    struct cvn_id event;
};

/* Steps to the one that is due next after this one. 0; CVN_STORE_ABSENT; a fault. */
int cvn_lottery_next_due(struct cvn_txn *txn, struct cvn_lottery_due *due);

/* One ticket as it was drawn. */
struct cvn_lottery_ticket {
    struct cvn_draw_ticket ticket;
    struct cvn_id person;
    uint32_t party;
    enum cvn_seat_kind kind;
};

/* 0 or a fault. place is from 1. */
int cvn_lottery_ticket_put(struct cvn_ctx *ctx, const struct cvn_id *event, uint32_t place,
                           const struct cvn_lottery_ticket *ticket);

/* Begins a walk over the tickets behind a place. Results as cvn_cursor_init. */
int cvn_lottery_walk(struct cvn_ctx *ctx, const struct cvn_id *event, uint32_t after,
                     struct cvn_cursor *cursor);

/* Steps on. 0; CVN_STORE_ABSENT at the end; -EUCLEAN; a fault. */
int cvn_lottery_next(struct cvn_cursor *cursor, uint32_t *ret_place,
                     struct cvn_lottery_ticket *ret);

#endif
