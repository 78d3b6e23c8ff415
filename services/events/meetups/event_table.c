#include "services/events/meetups/event_table.h"

#include "services/events/change_row.h"
#include "services/events/etag.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_index.h"
#include "services/events/meetups/event_row.h"
#include "services/events/record.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/seats.h"
#include "services/events/spaces.h"

#include <errno.h>

const struct cvn_table cvn_event_table = {
    .name = "events",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_ROW,
    .indexes = cvn_event_indexes,
    .n_indexes = CVN_EVENT_INDEXES,
    .derive = cvn_event_derive,
};

void cvn_event_key(struct cvn_key *key, const struct cvn_id *event)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_ROW);
}

int cvn_event_get(struct cvn_ctx *ctx, const struct cvn_id *event,
                  Convene__Events__V1__Event **ret_event)
{
    struct cvn_slice row;
    int r = cvn_event_row_get(ctx, event, &row);
    return r ? r : cvn_ctx_unpack(ctx, &convene__events__v1__event__descriptor, row, ret_event);
}

int cvn_event_by_external_id(struct cvn_ctx *ctx, const struct cvn_id *group,
                             const char *external_id, struct cvn_id *ret_event)
{
    struct cvn_key key;
    struct cvn_slice primary;
    cvn_key_init(&key);
    cvn_key_put_id(&key, group);
    cvn_key_put_text(&key, cvn_slice_of_string(external_id));
    int r = cvn_index_lookup(ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_EXTERNAL_ID],
                             cvn_key_slice(&key), &primary);
    if (r)
        return r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, primary);
    (void)cvn_key_get_u8(&reader);
    struct cvn_id id = cvn_key_get_id(&reader);
    if (reader.failed)
        return -EUCLEAN;
    *ret_event = id;
    return 0;
}

void cvn_event_clear_counts(Convene__Events__V1__Event *event)
{
    event->seats_taken = event->waitlist_count = 0;
    event->virtual_seats_taken = event->virtual_waitlist_count = 0;
}

int cvn_event_put(struct cvn_ctx *ctx, const struct cvn_id *event,
                  const Convene__Events__V1__Event *message)
{
    Convene__Events__V1__Event row = *message;
    cvn_event_clear_counts(&row);
    row.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    row.match = NULL;
    struct cvn_key key;
    struct cvn_slice packed;
    cvn_event_key(&key, event);
    int r = cvn_lottery_keep(ctx, event, &row);
    if (r == 0)
        r = cvn_ctx_pack(ctx, &row.base, &packed);
    if (r)
        return r;
    struct cvn_slice old;
    Convene__Events__V1__Event *before = NULL;
    r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &old);
    if (r == 0 && cvn_slice_compare(old, packed) == 0)
        return 0;
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__event__descriptor, old, &before);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    r = cvn_table_put(ctx->txn, &cvn_event_table, cvn_key_slice(&key), packed);
    return r ? r : cvn_change_row_event(ctx, event, before, message);
}

int cvn_event_delete(struct cvn_ctx *ctx, const struct cvn_id *event)
{
    struct cvn_key key;
    Convene__Events__V1__Event *before;
    cvn_event_key(&key, event);
    int r = cvn_event_get(ctx, event, &before);
    if (r == 0)
        r = cvn_table_delete(ctx->txn, &cvn_event_table, cvn_key_slice(&key));
    if (r == 0)
        r = cvn_lottery_forget(ctx, event);
    if (r == 0)
        r = cvn_change_row_event(ctx, event, before, NULL);
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* What an etag is of: the stored row, but for what the server changes behind people's backs. */
static Convene__Events__V1__Event etag_row(const Convene__Events__V1__Event *event)
{
    Convene__Events__V1__Event row = *event;
    cvn_event_clear_counts(&row);
    row.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    row.group_name = (char *)(uintptr_t)protobuf_c_empty_string;
    return row;
}

int cvn_event_set_etag(struct cvn_ctx *ctx, Convene__Events__V1__Event *event)
{
    Convene__Events__V1__Event row = etag_row(event);
    return cvn_etag_make(ctx, &row.base, &event->etag);
}

int cvn_event_require_etag(struct cvn_ctx *ctx, const char *given,
                           const Convene__Events__V1__Event *event)
{
    Convene__Events__V1__Event row = etag_row(event);
    return cvn_etag_require(ctx, given, &row.base, "event");
}

int64_t cvn_event_start_ms(const Convene__Events__V1__Event *event)
{
    return cvn_record_time_ms(event->start_time, 0);
}

int cvn_event_holds_seat(struct cvn_ctx *ctx, const struct cvn_id *id, bool *ret)
{
    *ret = false;
    if (ctx->who.kind != CVN_PRINCIPAL_PERSON)
        return 0;
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(ctx, id, &ctx->who.person, &rsvp);
    if (r == 0)
        *ret = rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES ||
               rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_event_show(struct cvn_ctx *ctx, const struct cvn_id *id, bool organised,
                   Convene__Events__V1__Event *event)
{
    struct cvn_seats seats;
    bool seated = false;
    int r = cvn_seats_get(ctx, id, &seats);
    if (r == 0)
        r = cvn_lottery_show(ctx, id, event);
    if (r == 0 && !organised && event->online_url[0])
        r = cvn_event_holds_seat(ctx, id, &seated);
    if (r == 0 && organised)
        r = cvn_event_set_etag(ctx, event);
    if (r)
        return r;
    event->seats_taken = (int32_t)seats.seats_taken[CVN_SEATS_ROOM];
    event->waitlist_count = (int32_t)seats.waitlist_count[CVN_SEATS_ROOM];
    event->virtual_seats_taken = (int32_t)seats.seats_taken[CVN_SEATS_ONLINE];
    event->virtual_waitlist_count = (int32_t)seats.waitlist_count[CVN_SEATS_ONLINE];
    if (!organised && !seated)
        event->online_url = (char *)(uintptr_t)protobuf_c_empty_string;
    return 0;
}
