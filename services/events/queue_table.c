/* The rows beside RSVPs: who waits, in order, and which offers run out when. */
#include "services/events/queue_table.h"

#include "services/events/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>

void cvn_queue_key(struct cvn_key *key, const struct cvn_id *event, uint64_t queue_number)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_QUEUE);
    cvn_key_put_u64(key, queue_number);
}

int cvn_queue_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_queued *queued)
{
    struct cvn_key key, value;
    cvn_queue_key(&key, event, queued->queue_number);
    cvn_key_init(&value);
    cvn_key_put_id(&value, &queued->person);
    cvn_key_put_u32(&value, queued->party);
    cvn_key_put_u32(&value, queued->overtaken);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

int cvn_queue_delete(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number)
{
    struct cvn_key key;
    cvn_queue_key(&key, event, queue_number);
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
    queued.queue_number = cvn_key_get_u64(&name);
    cvn_key_reader_init(&row, value);
    queued.person = cvn_key_get_id(&row);
    queued.party = cvn_key_get_u32(&row);
    queued.overtaken = cvn_key_get_u32(&row);
    if (!cvn_key_reader_done(&name) || !cvn_key_reader_done(&row))
        return false;
    *ret = queued;
    return true;
}

int cvn_queue_get(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number,
                  struct cvn_queued *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_queue_key(&key, event, queue_number);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r != 0)
        return r;
    return cvn_queue_read(cvn_key_slice(&key), value, ret) ? 0 : -EUCLEAN;
}

int cvn_queue_walk(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_cursor *cursor)
{
    struct cvn_key lo, hi;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_QUEUE);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_queue_head(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_queued *queue,
                   size_t max, size_t *ret_n)
{
    CVN_CURSOR_AUTO cursor = {0};
    size_t n = 0;
    int r = cvn_queue_walk(ctx, event, &cursor);
    while (r == 0 && n < max) {
        struct cvn_slice key, value;
        r = cvn_cursor_next(&cursor, &key, &value);
        if (r == 0 && !cvn_queue_read(key, value, &queue[n++]))
            r = -EUCLEAN;
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *ret_n = n;
    return 0;
}

int cvn_queue_before(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number,
                     uint32_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_QUEUE);
    cvn_queue_key(&hi, event, queue_number);
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

int cvn_offer_first(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t *ret_expire_ms,
                    struct cvn_id *ret_person)
{
    struct cvn_key lo, hi;
    struct cvn_slice key;
    struct cvn_key_reader reader;
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_OFFER);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
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
