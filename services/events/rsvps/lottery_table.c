#include "services/events/rsvps/lottery_table.h"

#include "services/events/record.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/service.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

static const struct cvn_index lottery_indexes[] = {
    {"lottery_due", CVN_INDEX_LOTTERY_DUE, false},
};

static bool read_row(struct cvn_slice value, struct cvn_lottery *ret)
{
    struct cvn_key_reader reader;
    struct cvn_lottery lottery;
    cvn_key_reader_init(&reader, value);
    lottery.due_ms = cvn_key_get_i64(&reader);
    struct cvn_slice seed = cvn_key_get_rest(&reader);
    if (reader.failed || seed.len != sizeof lottery.seed)
        return false;
    memcpy(lottery.seed, seed.data, sizeof lottery.seed);
    *ret = lottery;
    return true;
}

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    struct cvn_lottery lottery;
    struct cvn_key by_due;
    if (!read_row(value, &lottery))
        return -EBADMSG;
    if (lottery.due_ms == 0)
        return 0;
    cvn_key_init(&by_due);
    cvn_key_put_i64(&by_due, lottery.due_ms);
    return cvn_index_emit(sink, CVN_INDEX_LOTTERY_DUE, cvn_key_slice(&by_due), cvn_slice(NULL, 0));
}

const struct cvn_table cvn_lottery_table = {
    .name = "lotteries",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_LOTTERY,
    .indexes = lottery_indexes,
    .n_indexes = 1,
    .derive = derive,
};

static void lottery_key(struct cvn_key *key, const struct cvn_id *event)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_LOTTERY);
}

int cvn_lottery_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_lottery *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    lottery_key(&key, event);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r != 0)
        return r;
    return read_row(value, ret) ? 0 : -EUCLEAN;
}

static int put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_lottery *lottery)
{
    struct cvn_key key, value;
    lottery_key(&key, event);
    cvn_key_init(&value);
    cvn_key_put_i64(&value, lottery->due_ms);
    cvn_key_put_raw(&value, cvn_slice(lottery->seed, sizeof lottery->seed));
    return cvn_table_put(ctx->txn, &cvn_lottery_table, cvn_key_slice(&key), cvn_key_slice(&value));
}

/* From the process's secret, so that ids, which everybody sees, tell nothing of it. */
static void choose_seed(const struct cvn_ctx *ctx, const struct cvn_id *event,
                        uint8_t ret[CVN_DRAW_BYTES])
{
    const struct cvn_events_service *service = ctx->service;
    struct cvn_key what;
    cvn_key_init(&what);
    cvn_key_put_id(&what, event);
    cvn_key_put_i64(&what, ctx->now_ms);
    cvn_key_put_raw(&what, cvn_slice(ctx->entropy, sizeof ctx->entropy));
    (void)crypto_generichash(ret, CVN_DRAW_BYTES, what.bytes, what.len, service->lottery_secret,
                             sizeof service->lottery_secret);
}

static int commitment(struct cvn_ctx *ctx, const struct cvn_lottery *lottery, char **ret)
{
    uint8_t hash[CVN_DRAW_BYTES];
    char text[CVN_DRAW_TEXT_BYTES];
    cvn_draw_commit(hash, lottery->seed);
    cvn_draw_format(text, hash);
    char *copy = cvn_arena_strdup(ctx->arena, text);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

static int64_t due_ms(const Convene__Events__V1__Event *event)
{
    struct cvn_rsvp_event facts = cvn_rsvp_facts(event);
    bool open = facts.publication == CVN_PUBLICATION_PUBLISHED &&
                facts.status != CVN_EVENT_CANCELLED && facts.status != CVN_EVENT_POSTPONED;
    bool waits = facts.waitlist == CVN_WAITLIST_LOTTERY && !facts.drawn;
    return open && waits ? cvn_record_time_ms(event->lottery_draw_time, 0) : 0;
}

int cvn_lottery_keep(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event)
{
    bool is_lottery =
        event->waitlist_mode == CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY;
    struct cvn_lottery lottery;
    if (!is_lottery && !event->lottery_commitment[0])
        return 0;
    int r = cvn_lottery_get(ctx, event_id, &lottery);
    bool is_new = r == CVN_STORE_ABSENT;
    if (r != 0 && !is_new)
        return r;
    int64_t due = due_ms(event);
    if (is_new)
        choose_seed(ctx, event_id, lottery.seed);
    r = 0;
    if (is_new || lottery.due_ms != due) {
        lottery.due_ms = due;
        r = put(ctx, event_id, &lottery);
    }
    return r == 0 ? commitment(ctx, &lottery, &event->lottery_commitment) : r;
}

int cvn_lottery_show(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__Event *event)
{
    struct cvn_lottery lottery;
    if (event->waitlist_mode != CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY ||
        event->lottery_commitment[0])
        return 0;
    int r = cvn_lottery_get(ctx, event_id, &lottery);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? 0 : r;
    return commitment(ctx, &lottery, &event->lottery_commitment);
}

int cvn_lottery_lapse(struct cvn_ctx *ctx, const struct cvn_id *event)
{
    struct cvn_lottery lottery;
    int r = cvn_lottery_get(ctx, event, &lottery);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    lottery.due_ms = 0;
    return put(ctx, event, &lottery);
}

int cvn_lottery_forget(struct cvn_ctx *ctx, const struct cvn_id *event)
{
    struct cvn_key key;
    lottery_key(&key, event);
    int r = cvn_table_delete(ctx->txn, &cvn_lottery_table, cvn_key_slice(&key));
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_lottery_next_due(struct cvn_txn *txn, struct cvn_lottery_due *due)
{
    struct cvn_index_entry entry;
    struct cvn_key_reader reader;
    const struct cvn_slice bounds[2] = {{NULL, 0}, {NULL, 0}};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, txn, &lottery_indexes[0], bounds, CVN_FORWARD);
    if (r == 0 && due->due_ms != 0) {
        struct cvn_key key, primary;
        cvn_key_init(&key);
        cvn_key_put_i64(&key, due->due_ms);
        lottery_key(&primary, &due->event);
        r = cvn_index_cursor_resume(&cursor, cvn_key_slice(&key), cvn_key_slice(&primary));
    }
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, entry.key);
    due->due_ms = cvn_key_get_i64(&reader);
    cvn_key_reader_init(&reader, entry.primary);
    (void)cvn_key_get_u8(&reader);
    due->event = cvn_key_get_id(&reader);
    return reader.failed ? -EUCLEAN : 0;
}

static void ticket_key(struct cvn_key *key, const struct cvn_id *event, uint32_t place)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_TICKET);
    cvn_key_put_u32(key, place);
}

int cvn_lottery_ticket_put(struct cvn_ctx *ctx, const struct cvn_id *event, uint32_t place,
                           const struct cvn_lottery_ticket *ticket)
{
    struct cvn_key key, value;
    ticket_key(&key, event, place);
    cvn_key_init(&value);
    cvn_key_put_id(&value, &ticket->person);
    cvn_key_put_u32(&value, ticket->party);
    cvn_key_put_u8(&value, (uint8_t)ticket->kind);
    cvn_key_put_raw(&value, cvn_slice(ticket->ticket.bytes, sizeof ticket->ticket.bytes));
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

int cvn_lottery_walk(struct cvn_ctx *ctx, const struct cvn_id *event, uint32_t after,
                     struct cvn_cursor *cursor)
{
    struct cvn_key lo, hi, prefix;
    cvn_event_kind_key(&prefix, event, CVN_EVENT_KIND_TICKET);
    cvn_key_prefix_end(&hi, cvn_key_slice(&prefix));
    ticket_key(&lo, event, after + 1);
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_lottery_next(struct cvn_cursor *cursor, uint32_t *ret_place, struct cvn_lottery_ticket *ret)
{
    struct cvn_slice key, value;
    struct cvn_key_reader reader;
    struct cvn_lottery_ticket ticket;
    int r = cvn_cursor_next(cursor, &key, &value);
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    uint32_t place = cvn_key_get_u32(&reader);
    bool whole = cvn_key_reader_done(&reader);
    cvn_key_reader_init(&reader, value);
    ticket.person = cvn_key_get_id(&reader);
    ticket.party = cvn_key_get_u32(&reader);
    ticket.kind = cvn_key_get_u8(&reader) ? CVN_SEATS_ONLINE : CVN_SEATS_ROOM;
    struct cvn_slice bytes = cvn_key_get_rest(&reader);
    if (!whole || reader.failed || bytes.len != sizeof ticket.ticket.bytes)
        return -EUCLEAN;
    memcpy(ticket.ticket.bytes, bytes.data, bytes.len);
    *ret_place = place;
    *ret = ticket;
    return 0;
}
