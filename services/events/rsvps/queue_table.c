/* The rows beside RSVPs: who waits, in order, and which offers run out when. */
#include "services/events/rsvps/queue_table.h"

#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>

struct cvn_queue_place cvn_queue_place_of(const Convene__Events__V1__Rsvp *rsvp)
{
    return (struct cvn_queue_place){cvn_seat_kind_of(rsvp), (uint64_t)rsvp->queue_rank};
}

static void kind_key(struct cvn_key *key, const struct cvn_id *event, enum cvn_seat_kind kind)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_QUEUE);
    cvn_key_put_u8(key, (uint8_t)kind);
}

void cvn_queue_key(struct cvn_key *key, const struct cvn_id *event,
                   const struct cvn_queue_place *place)
{
    kind_key(key, event, place->kind);
    cvn_key_put_u64(key, place->rank);
}

int cvn_queue_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_queued *queued)
{
    struct cvn_key key, value;
    cvn_queue_key(&key, event, &queued->place);
    cvn_key_init(&value);
    cvn_key_put_u64(&value, queued->queue_number);
    cvn_key_put_id(&value, &queued->person);
    cvn_key_put_u32(&value, queued->party);
    cvn_key_put_u32(&value, queued->overtaken);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

int cvn_queue_delete(struct cvn_ctx *ctx, const struct cvn_id *event,
                     const struct cvn_queue_place *place)
{
    struct cvn_key key;
    cvn_queue_key(&key, event, place);
    return cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
}

bool cvn_queue_read(struct cvn_slice key, struct cvn_slice value, struct cvn_queued *ret)
{
    struct cvn_key_reader name, row;
    struct cvn_queued queued;
    cvn_key_reader_init(&name, key);
    (void)cvn_key_get_u8(&name);
    (void)cvn_key_get_id(&name);
    (void)cvn_key_get_u8(&name);
    uint8_t kind = cvn_key_get_u8(&name);
    queued.place.kind = kind == CVN_SEATS_ONLINE ? CVN_SEATS_ONLINE : CVN_SEATS_ROOM;
    queued.place.rank = cvn_key_get_u64(&name);
    cvn_key_reader_init(&row, value);
    queued.queue_number = cvn_key_get_u64(&row);
    queued.person = cvn_key_get_id(&row);
    queued.party = cvn_key_get_u32(&row);
    queued.overtaken = cvn_key_get_u32(&row);
    if (!cvn_key_reader_done(&name) || !cvn_key_reader_done(&row) || kind >= CVN_SEAT_KINDS)
        return false;
    *ret = queued;
    return true;
}

int cvn_queue_get(struct cvn_ctx *ctx, const struct cvn_id *event,
                  const struct cvn_queue_place *place, struct cvn_queued *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_queue_key(&key, event, place);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r != 0)
        return r;
    return cvn_queue_read(cvn_key_slice(&key), value, ret) ? 0 : -EUCLEAN;
}

static int walk_prefix(struct cvn_ctx *ctx, const struct cvn_key *lo, struct cvn_cursor *cursor)
{
    struct cvn_key hi;
    cvn_key_prefix_end(&hi, cvn_key_slice(lo));
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_queue_walk(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_cursor *cursor)
{
    struct cvn_key lo;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_QUEUE);
    return walk_prefix(ctx, &lo, cursor);
}

int cvn_queue_walk_kind(struct cvn_ctx *ctx, const struct cvn_id *event, enum cvn_seat_kind kind,
                        struct cvn_cursor *cursor)
{
    struct cvn_key lo;
    kind_key(&lo, event, kind);
    return walk_prefix(ctx, &lo, cursor);
}

int cvn_queue_head(struct cvn_ctx *ctx, const struct cvn_id *event, enum cvn_seat_kind kind,
                   struct cvn_queued *queue, size_t *n)
{
    CVN_CURSOR_AUTO cursor = {0};
    size_t n_read = 0;
    int r = cvn_queue_walk_kind(ctx, event, kind, &cursor);
    while (r == 0 && n_read < *n) {
        struct cvn_slice key, value;
        r = cvn_cursor_next(&cursor, &key, &value);
        if (r == 0 && !cvn_queue_read(key, value, &queue[n_read++]))
            r = -EUCLEAN;
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *n = n_read;
    return 0;
}

int cvn_queue_before(struct cvn_ctx *ctx, const struct cvn_id *event,
                     const struct cvn_queue_place *place, uint32_t *ret_n)
{
    struct cvn_key lo, hi;
    kind_key(&lo, event, place->kind);
    cvn_queue_key(&hi, event, place);
    CVN_CURSOR_AUTO cursor = {0};
    uint32_t n = 0;
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0) {
        struct cvn_slice key;
        r = cvn_cursor_next(&cursor, &key, NULL);
        n += r == 0;
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret_n = n;
    return 0;
}

static void offer_key(struct cvn_key *key, const struct cvn_id *event, int64_t expire_ms,
                      const struct cvn_id *person)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_OFFER);
    cvn_key_put_i64(key, expire_ms);
    cvn_key_put_id(key, person);
}

int cvn_offer_put(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                  const struct cvn_id *person)
{
    struct cvn_key key;
    offer_key(&key, event, expire_ms, person);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice("", 0));
}

int cvn_offer_delete(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                     const struct cvn_id *person)
{
    struct cvn_key key;
    offer_key(&key, event, expire_ms, person);
    return cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
}

/* The first offer from that end on. */
static int offer_from(struct cvn_ctx *ctx, const struct cvn_key *lo, int64_t *ret_expire_ms,
                      struct cvn_id *ret_person)
{
    struct cvn_key hi;
    struct cvn_slice key;
    struct cvn_key_reader reader;
    cvn_key_init(&hi);
    cvn_key_put_raw(&hi, cvn_slice(lo->bytes, CVN_EVENTS_KIND_AT + 1));
    struct cvn_key end;
    cvn_key_prefix_end(&end, cvn_key_slice(&hi));
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(lo), cvn_key_slice(&end), CVN_FORWARD);
    if (r == 0)
        r = cvn_cursor_next(&cursor, &key, NULL);
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    int64_t expire_ms = cvn_key_get_i64(&reader);
    struct cvn_id person = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret_expire_ms = expire_ms;
    *ret_person = person;
    return 0;
}

int cvn_offer_first(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person)
{
    struct cvn_key lo;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_OFFER);
    return offer_from(ctx, &lo, ret_expire_ms, ret_person);
}

int cvn_offer_still(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person)
{
    struct cvn_key lo;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_OFFER);
    cvn_key_put_i64(&lo, INT64_MAX);
    return offer_from(ctx, &lo, ret_expire_ms, ret_person);
}
