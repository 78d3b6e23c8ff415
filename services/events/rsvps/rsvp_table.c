#include "services/events/rsvps/rsvp_table.h"

#include "services/events/change_row.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <errno.h>

static const struct cvn_index rsvp_indexes[] = {
    {"rsvp_person", CVN_INDEX_RSVP_PERSON, false},
    {"rsvp_offer", CVN_INDEX_RSVP_OFFER, false},
};

bool cvn_rsvp_of_key(struct cvn_slice key, struct cvn_id *ret_event, struct cvn_id *ret_person)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    struct cvn_id event = cvn_key_get_id(&reader);
    uint8_t kind = cvn_key_get_u8(&reader);
    struct cvn_id person = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader) || space != CVN_SPACE_EVENTS || kind != CVN_EVENT_KIND_RSVP)
        return false;
    *ret_event = event;
    *ret_person = person;
    return true;
}

static int derive_rsvp(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_id event, person;
    struct cvn_key by_person;
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__rsvp__descriptor,
                              value, &rsvp);
    if (r != 0)
        return r;
    if (!cvn_rsvp_of_key(key, &event, &person))
        return -EBADMSG;
    uint8_t state = (uint8_t)rsvp->state;
    cvn_key_init(&by_person);
    cvn_key_put_id(&by_person, &person);
    r = cvn_index_emit(sink, CVN_INDEX_RSVP_PERSON, cvn_key_slice(&by_person),
                       cvn_slice(&state, sizeof state));
    if (r != 0 || !rsvp->offer_expire_time)
        return r;
    struct cvn_key by_end;
    cvn_key_init(&by_end);
    cvn_key_put_i64(&by_end, cvn_record_time_ms(rsvp->offer_expire_time, 0));
    return cvn_index_emit(sink, CVN_INDEX_RSVP_OFFER, cvn_key_slice(&by_end), cvn_slice(NULL, 0));
}

const struct cvn_table cvn_rsvp_table = {
    .name = "rsvps",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_RSVP,
    .indexes = rsvp_indexes,
    .n_indexes = sizeof rsvp_indexes / sizeof *rsvp_indexes,
    .derive = derive_rsvp,
};

void cvn_event_kind_key(struct cvn_key *key, const struct cvn_id *event, uint8_t kind)
{
    cvn_key_begin(key, CVN_SPACE_EVENTS);
    cvn_key_put_id(key, event);
    cvn_key_put_u8(key, kind);
}

void cvn_rsvp_key(struct cvn_key *key, const struct cvn_id *event, const struct cvn_id *person)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_RSVP);
    cvn_key_put_id(key, person);
}

int cvn_rsvp_get(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 Convene__Events__V1__Rsvp **ret_rsvp)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Rsvp *rsvp;
    cvn_rsvp_key(&key, event, person);
    int r = cvn_table_get(ctx->txn, &cvn_rsvp_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__rsvp__descriptor, value, &rsvp);
    if (r != 0)
        return r;
    rsvp->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, event);
    rsvp->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, person);
    if (!rsvp->event_id || !rsvp->person_id)
        return -ENOMEM;
    *ret_rsvp = rsvp;
    return 0;
}

int cvn_rsvp_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 const Convene__Events__V1__Rsvp *rsvp)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Rsvp stored = *rsvp;
    stored.event_id = (char *)protobuf_c_empty_string;
    stored.person_id = (char *)protobuf_c_empty_string;
    stored.display_name = (char *)protobuf_c_empty_string;
    stored.queue_position = 0;
    stored.base.n_unknown_fields = 0;
    cvn_rsvp_key(&key, event, person);
    int r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r != 0)
        return r;
    struct cvn_slice old;
    Convene__Events__V1__Rsvp *before = NULL;
    r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &old);
    if (r == 0 && cvn_slice_compare(old, value) == 0)
        return 0;
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__rsvp__descriptor, old, &before);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    r = cvn_table_put(ctx->txn, &cvn_rsvp_table, cvn_key_slice(&key), value);
    const struct cvn_id ids[2] = {*event, *person};
    return r ? r : cvn_change_row_rsvp(ctx, ids, before, rsvp);
}

int cvn_rsvp_next_offer(struct cvn_txn *txn, struct cvn_rsvp_offer *offer)
{
    struct cvn_key key;
    struct cvn_index_entry entry;
    struct cvn_key_reader reader;
    const struct cvn_slice bounds[2] = {{NULL, 0}, {NULL, 0}};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, txn, &rsvp_indexes[1], bounds, CVN_FORWARD);
    if (r == 0 && offer->ends_ms != 0) {
        struct cvn_key primary;
        cvn_key_init(&key);
        cvn_key_put_i64(&key, offer->ends_ms);
        cvn_rsvp_key(&primary, &offer->event, &offer->person);
        r = cvn_index_cursor_resume(&cursor, cvn_key_slice(&key), cvn_key_slice(&primary));
    }
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, entry.key);
    offer->ends_ms = cvn_key_get_i64(&reader);
    return cvn_rsvp_of_key(entry.primary, &offer->event, &offer->person) ? 0 : -EUCLEAN;
}

static bool of_person_read(const struct cvn_index_entry *entry, struct cvn_rsvp_of_person *ret)
{
    struct cvn_id person;
    if (entry->value.len != 1 || !cvn_rsvp_of_key(entry->primary, &ret->event, &person))
        return false;
    ret->state = *(const uint8_t *)entry->value.data;
    return true;
}

int cvn_rsvps_of_person(struct cvn_ctx *ctx, const struct cvn_id *person,
                        struct cvn_rsvp_of_person **ret, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, person);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    struct cvn_rsvp_of_person *rows = NULL;
    size_t n = 0, room = 0;
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &rsvp_indexes[0], bounds, CVN_BACKWARD);
    while (r == 0 && n < CVN_RSVPS_OF_PERSON_MAX) {
        struct cvn_index_entry entry;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r != 0)
            break;
        if (n == room) {
            struct cvn_rsvp_of_person *more;
            room = room ? 4 * room : 16;
            more = cvn_arena_alloc_array(ctx->arena, room, sizeof *more);
            if (!more)
                return -ENOMEM;
            if (n > 0)
                memcpy(more, rows, n * sizeof *rows);
            rows = more;
        }
        if (!of_person_read(&entry, &rows[n++]))
            return -EUCLEAN;
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *ret = rows;
    *ret_n = n;
    return 0;
}
