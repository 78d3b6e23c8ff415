/*
 * A stored event as bytes: lists look at many, and unpack of each only what they have to. What is
 * shown of one is its row, with what the server adds behind it.
 */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_ROW_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_ROW_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/txn.h"

/* Fields of an Event whose rows are looked at, by their numbers. */
enum {
    CVN_EVENT_GROUP_ID = 2,
    CVN_EVENT_TITLE = 4,
    CVN_EVENT_DESCRIPTION = 5,
    CVN_EVENT_ATTENDANCE_MODE = 11,
    CVN_EVENT_VENUE = 12,
    CVN_EVENT_TOPICS = 14,
    CVN_EVENT_LANGUAGE = 15,
    CVN_EVENT_CAPACITY = 16,
    CVN_EVENT_VISIBILITY = 23,
    CVN_EVENT_PUBLICATION = 27,
    CVN_EVENT_STATUS = 28,
    CVN_EVENT_VIRTUAL_CAPACITY = 41,
    CVN_EVENT_GROUP_NAME = 50,
    CVN_EVENT_CITY_CENTER = 51,
};

/* A set of fields, whose numbers are all below 64. */
#define CVN_EVENT_FIELD(number) (UINT64_C(1) << (number))

/* Reads an event's row, borrowed from the transaction. 0; CVN_STORE_ABSENT; a fault. */
int cvn_event_row_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_slice *ret);

/* An event as it is stored, borrowed from the transaction. */
struct cvn_event_row {
    struct cvn_slice event;
    struct cvn_slice seats; /* as for cvn_seats_read */
};

/* Reads rows of many events, each with its seats in one go. Embedded by value. */
struct cvn_event_rows {
    struct cvn_cursor cursor;
};

/* 0 or a fault; to be ended with deinit in either case. */
int cvn_event_rows_init(struct cvn_event_rows *rows, struct cvn_txn *txn);

/* 0; CVN_STORE_ABSENT; a fault. */
int cvn_event_rows_get(struct cvn_event_rows *rows, const struct cvn_id *event,
                       struct cvn_event_row *ret);

/* A zeroed one is accepted. */
void cvn_event_rows_deinit(struct cvn_event_rows *rows);

/*
 * Unpacks the fields named, and no others, into the arena, which may keep parts of row. 0;
 * -EBADMSG; -ENOMEM.
 */
int cvn_event_row_pick(struct cvn_arena *arena, struct cvn_slice row, uint64_t fields,
                       Convene__Events__V1__Event **ret);

/*
 * What cvn_event_show makes of the event, packed, behind its length as in a field of another
 * message. In the context's arena. 0 or a fault.
 */
int cvn_event_row_show(struct cvn_ctx *ctx, const struct cvn_id *event, bool organised,
                       const struct cvn_event_row *row, struct cvn_slice *ret);

/* An event that was shown, so packed. 0 or -ENOMEM. */
int cvn_event_row_pack(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event,
                       struct cvn_slice *ret);

#endif
