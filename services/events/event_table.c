#include "services/events/event_table.h"

#include "base/geo.h"
#include "base/text.h"
#include "services/events/change_row.h"
#include "services/events/etag.h"
#include "services/events/group_table.h"
#include "services/events/lottery_table.h"
#include "services/events/record.h"
#include "services/events/seats.h"
#include "services/events/series_table.h"
#include "services/events/spaces.h"

#include <errno.h>

const struct cvn_index cvn_event_indexes[CVN_EVENT_INDEXES] = {
    [CVN_EVENT_BY_START] = {"event_start", CVN_INDEX_EVENT_FIRST, false},
    [CVN_EVENT_BY_GROUP] = {"event_group", CVN_INDEX_EVENT_FIRST + 1, false},
    [CVN_EVENT_BY_TOPIC] = {"event_topic", CVN_INDEX_EVENT_FIRST + 2, false},
    [CVN_EVENT_BY_CITY] = {"event_city", CVN_INDEX_EVENT_FIRST + 3, false},
    [CVN_EVENT_BY_CELL] = {"event_cell", CVN_INDEX_EVENT_FIRST + 4, false},
    [CVN_EVENT_BY_EXTERNAL_ID] = {"event_external_id", CVN_INDEX_EVENT_FIRST + 5, true},
    [CVN_EVENT_BY_SERIES] = {"event_series", CVN_INDEX_EVENT_FIRST + 6, false},
};

/* About 1,250 by 600 km, 150 by 75, and 20 by 10, at the equator. */
const uint8_t cvn_event_cell_bits[CVN_EVENT_CELL_SIZES] = {10, 16, 22};

static int emit(struct cvn_index_sink *sink, int index, struct cvn_key *key)
{
    return cvn_index_emit(sink, cvn_event_indexes[index].id, cvn_key_slice(key),
                          cvn_slice(NULL, 0));
}

static int emit_word(struct cvn_index_sink *sink, int index, const char *word, int64_t start_ms)
{
    struct cvn_slice folded;
    int r = cvn_group_word(cvn_index_sink_arena(sink), word, &folded);
    if (r == CVN_TEXT_INVALID)
        return -EBADMSG;
    if (r || folded.len == 0)
        return r;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_text(&key, folded);
    cvn_key_put_i64(&key, start_ms);
    return emit(sink, index, &key);
}

static int emit_cells(struct cvn_index_sink *sink, const Convene__Events__V1__LatLng *at,
                      int64_t start_ms)
{
    uint64_t code = cvn_geo_code((struct cvn_point){at->latitude, at->longitude});
    int r = 0;
    for (int i = 0; r == 0 && i < CVN_EVENT_CELL_SIZES; i++) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_u8(&key, cvn_event_cell_bits[i]);
        cvn_key_put_u32(&key, (uint32_t)(code >> (CVN_GEO_BITS - cvn_event_cell_bits[i])));
        cvn_key_put_i64(&key, start_ms);
        r = emit(sink, CVN_EVENT_BY_CELL, &key);
    }
    return r;
}

static int emit_group(struct cvn_index_sink *sink, const Convene__Events__V1__Event *event,
                      int64_t start_ms)
{
    struct cvn_id group;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, event->group_id))
        return -EBADMSG;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_id(&key, &group);
    cvn_key_put_i64(&key, start_ms);
    int r = emit(sink, CVN_EVENT_BY_GROUP, &key);
    if (r || !event->external_id[0])
        return r;
    cvn_key_init(&key);
    cvn_key_put_id(&key, &group);
    cvn_key_put_text(&key, cvn_slice_of_string(event->external_id));
    return emit(sink, CVN_EVENT_BY_EXTERNAL_ID, &key);
}

static int emit_series(struct cvn_index_sink *sink, const Convene__Events__V1__Event *event,
                       int64_t start_ms)
{
    struct cvn_id series;
    if (!event->series_id[0])
        return 0;
    if (!cvn_id_parse(&series, CVN_SERIES_PREFIX, event->series_id))
        return -EBADMSG;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_id(&key, &series);
    cvn_key_put_i64(&key, start_ms);
    return emit(sink, CVN_EVENT_BY_SERIES, &key);
}

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    Convene__Events__V1__Event *event;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__event__descriptor,
                              value, &event);
    if (r)
        return r;
    int64_t start_ms = cvn_event_start_ms(event);
    struct cvn_key by_start;
    cvn_key_init(&by_start);
    cvn_key_put_i64(&by_start, start_ms);
    r = emit(sink, CVN_EVENT_BY_START, &by_start);
    if (r == 0)
        r = emit_group(sink, event, start_ms);
    if (r == 0)
        r = emit_series(sink, event, start_ms);
    for (size_t i = 0; r == 0 && i < event->n_topics; i++)
        r = emit_word(sink, CVN_EVENT_BY_TOPIC, event->topics[i], start_ms);
    if (r == 0 && event->venue)
        r = emit_word(sink, CVN_EVENT_BY_CITY, event->venue->city, start_ms);
    if (r == 0 && event->venue && event->venue->location)
        r = emit_cells(sink, event->venue->location, start_ms);
    return r;
}

const struct cvn_table cvn_event_table = {
    .name = "events",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_ROW,
    .indexes = cvn_event_indexes,
    .n_indexes = CVN_EVENT_INDEXES,
    .derive = derive,
};

void cvn_event_key(struct cvn_key *key, const struct cvn_id *event)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_ROW);
}

int cvn_event_get(struct cvn_ctx *ctx, const struct cvn_id *event,
                  Convene__Events__V1__Event **ret_event)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_event_key(&key, event);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    return r ? r : cvn_ctx_unpack(ctx, &convene__events__v1__event__descriptor, value, ret_event);
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

int cvn_event_set_etag(struct cvn_ctx *ctx, Convene__Events__V1__Event *event)
{
    Convene__Events__V1__Event row = *event;
    cvn_event_clear_counts(&row);
    row.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    return cvn_etag_make(ctx, &row.base, &event->etag);
}

int64_t cvn_event_start_ms(const Convene__Events__V1__Event *event)
{
    return cvn_record_time_ms(event->start_time, 0);
}

/* Whether the caller holds a seat. */
static int holds_seat(struct cvn_ctx *ctx, const struct cvn_id *id, bool *ret)
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
        r = holds_seat(ctx, id, &seated);
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
