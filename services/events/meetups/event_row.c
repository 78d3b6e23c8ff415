#include "services/events/meetups/event_row.h"

#include "rpc/message.h"
#include "services/events/etag.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"

#include <errno.h>

enum {
    WAITLIST_MODE = 18,
    ONLINE_URL = 13,
    SEATS_TAKEN = 31,
    WAITLIST_COUNT = 32,
    ETAG = 40,
    VIRTUAL_SEATS_TAKEN = 48,
    VIRTUAL_WAITLIST_COUNT = 49,
    VARINT_BYTES = 5, /* of 32 bits */
    ADDED_BYTES = 64, /* four counts of 2 and 5 bytes; the etag of 2, 1 and 16 */
};

#define COUNTS                                                                                     \
    (CVN_EVENT_FIELD(SEATS_TAKEN) | CVN_EVENT_FIELD(WAITLIST_COUNT) |                              \
     CVN_EVENT_FIELD(VIRTUAL_SEATS_TAKEN) | CVN_EVENT_FIELD(VIRTUAL_WAITLIST_COUNT))

/* What the server adds, so that it is none of a row's; and what an etag is not of. */
#define ADDED (COUNTS | CVN_EVENT_FIELD(ETAG))
#define UNTAGGED (ADDED | CVN_EVENT_FIELD(CVN_EVENT_GROUP_NAME))

/* Bytes being written; there is room for all. */
struct out {
    uint8_t *bytes;
    size_t len;
};

static void put(struct out *out, struct cvn_slice bytes)
{
    memcpy(out->bytes + out->len, bytes.data, bytes.len);
    out->len += bytes.len;
}

static void put_varint(struct out *out, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        out->bytes[out->len++] = (uint8_t)(value | 0x80);
    out->bytes[out->len++] = (uint8_t)value;
}

static void put_tag(struct out *out, uint32_t number, ProtobufCWireType type)
{
    put_varint(out, number << 3 | type);
}

static void put_count(struct out *out, uint32_t number, uint32_t count)
{
    if (count == 0)
        return;
    put_tag(out, number, PROTOBUF_C_WIRE_TYPE_VARINT);
    put_varint(out, count);
}

static bool is_in(uint64_t fields, uint32_t number)
{
    return number < 64 && fields & CVN_EVENT_FIELD(number);
}

/* The row's fields that are, or are not, in the set. 0 or -EBADMSG. */
static int put_fields(struct out *out, struct cvn_slice row, uint64_t fields, bool chosen)
{
    struct cvn_message_field field;
    int r;
    while ((r = cvn_message_next_field(&row, &field)) > 0)
        if (is_in(fields, field.number) == chosen)
            put(out, field.whole);
    return r;
}

int cvn_event_row_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_slice *ret)
{
    struct cvn_key key;
    cvn_event_key(&key, event);
    return cvn_txn_get(ctx->txn, cvn_key_slice(&key), ret);
}

int cvn_event_row_pick(struct cvn_arena *arena, struct cvn_slice row, uint64_t fields,
                       Convene__Events__V1__Event **ret)
{
    struct out out = {.bytes = cvn_arena_alloc(arena, row.len)};
    ProtobufCMessage *message;
    int r = out.bytes ? put_fields(&out, row, fields, true) : -ENOMEM;
    if (r == 0)
        r = cvn_message_unpack(&convene__events__v1__event__descriptor, arena,
                               cvn_slice(out.bytes, out.len), &message);
    if (r == 0)
        *ret = (Convene__Events__V1__Event *)message;
    return r;
}

/* What decides how a row is shown. */
struct facts {
    bool has_online_url;
    bool is_lottery; /* of which more is read to show it */
    bool is_unheard; /* it has a field of another version's, which packing moves */
};

static int read_facts(struct cvn_slice row, struct facts *ret)
{
    const ProtobufCMessageDescriptor *type = &convene__events__v1__event__descriptor;
    struct cvn_message_field field;
    int r;
    *ret = (struct facts){0};
    while ((r = cvn_message_next_field(&row, &field)) > 0) {
        const uint8_t *last = (const uint8_t *)field.whole.data + field.whole.len - 1;
        if (field.number == ONLINE_URL)
            ret->has_online_url = field.inner.len > 0;
        else if (field.number == WAITLIST_MODE)
            ret->is_lottery = *last == CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY;
        else if (!protobuf_c_message_descriptor_get_field(type, field.number))
            ret->is_unheard = true;
    }
    return r;
}

/* Of the bytes that cvn_event_set_etag packs, which are those of the row but for some fields. */
static int put_etag(struct cvn_ctx *ctx, struct cvn_slice row, struct out *out)
{
    struct out tagged = {.bytes = cvn_arena_alloc(ctx->arena, row.len)};
    char *etag;
    int r = tagged.bytes ? put_fields(&tagged, row, UNTAGGED, false) : -ENOMEM;
    if (r == 0)
        r = cvn_etag_of(ctx, cvn_slice(tagged.bytes, tagged.len), &etag);
    if (r)
        return r;
    put_tag(out, ETAG, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    put_varint(out, (uint32_t)strlen(etag));
    put(out, cvn_slice_of_string(etag));
    return 0;
}

static int show_row(struct cvn_ctx *ctx, const struct cvn_id *event, const bool shown[2],
                    struct cvn_slice row, struct out *out)
{
    const bool organised = shown[0], online_url = shown[1];
    struct cvn_seats seats;
    int r = cvn_seats_get(ctx, event, &seats);
    if (r == 0)
        r = put_fields(out, row, ADDED | (online_url ? 0 : CVN_EVENT_FIELD(ONLINE_URL)), false);
    if (r)
        return r;
    put_count(out, SEATS_TAKEN, seats.seats_taken[CVN_SEATS_ROOM]);
    put_count(out, WAITLIST_COUNT, seats.waitlist_count[CVN_SEATS_ROOM]);
    put_count(out, VIRTUAL_SEATS_TAKEN, seats.seats_taken[CVN_SEATS_ONLINE]);
    put_count(out, VIRTUAL_WAITLIST_COUNT, seats.waitlist_count[CVN_SEATS_ONLINE]);
    return organised ? put_etag(ctx, row, out) : 0;
}

/* Writes the length just before what is behind the room for it. */
static struct cvn_slice delimit(const struct out *out)
{
    uint8_t bytes[VARINT_BYTES];
    struct out prefix = {.bytes = bytes};
    put_varint(&prefix, (uint32_t)(out->len - VARINT_BYTES));
    uint8_t *at = out->bytes + VARINT_BYTES - prefix.len;
    memcpy(at, bytes, prefix.len);
    return cvn_slice(at, out->len - VARINT_BYTES + prefix.len);
}

int cvn_event_row_pack(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event,
                       struct cvn_slice *ret)
{
    size_t len = convene__events__v1__event__get_packed_size(event);
    struct out out = {.bytes = cvn_arena_alloc(ctx->arena, VARINT_BYTES + len),
                      .len = VARINT_BYTES + len};
    if (!out.bytes)
        return -ENOMEM;
    (void)convene__events__v1__event__pack(event, out.bytes + VARINT_BYTES);
    *ret = delimit(&out);
    return 0;
}

static int show_unpacked(struct cvn_ctx *ctx, const struct cvn_id *id, bool organised,
                         struct cvn_slice row, struct cvn_slice *ret)
{
    Convene__Events__V1__Event *event;
    int r = cvn_ctx_unpack(ctx, &convene__events__v1__event__descriptor, row, &event);
    if (r == 0)
        r = cvn_event_show(ctx, id, organised, event);
    return r ? r : cvn_event_row_pack(ctx, event, ret);
}

int cvn_event_row_show(struct cvn_ctx *ctx, const struct cvn_id *event, bool organised,
                       struct cvn_slice row, struct cvn_slice *ret)
{
    struct facts facts;
    bool seated = false;
    int r = read_facts(row, &facts);
    if (r == 0 && (facts.is_lottery || facts.is_unheard))
        return show_unpacked(ctx, event, organised, row, ret);
    if (r == 0 && !organised && facts.has_online_url)
        r = cvn_event_holds_seat(ctx, event, &seated);
    if (r)
        return r;
    struct out out = {.bytes = cvn_arena_alloc(ctx->arena, VARINT_BYTES + row.len + ADDED_BYTES),
                      .len = VARINT_BYTES};
    if (!out.bytes)
        return -ENOMEM;
    r = show_row(ctx, event, (const bool[2]){organised, organised || seated}, row, &out);
    if (r == 0)
        *ret = delimit(&out);
    return r;
}
