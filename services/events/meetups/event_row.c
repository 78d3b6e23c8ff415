#include "services/events/meetups/event_row.h"

#include "rpc/message.h"
#include "rpc/message_field.h"
#include "services/events/etag.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"
#include "services/events/spaces.h"

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

/* The row's fields that are in the set. 0 or -EBADMSG. */
static int put_fields(struct out *out, struct cvn_slice row, uint64_t fields)
{
    struct cvn_message_field field;
    int r;
    while ((r = cvn_message_next_field(&row, &field)) > 0)
        if (is_in(fields, field.number))
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
    int r = out.bytes ? put_fields(&out, row, fields) : -ENOMEM;
    if (r == 0)
        r = cvn_message_unpack(&convene__events__v1__event__descriptor, arena,
                               cvn_slice(out.bytes, out.len), &message);
    if (r == 0)
        *ret = (Convene__Events__V1__Event *)message;
    return r;
}

int cvn_event_rows_init(struct cvn_event_rows *rows, struct cvn_txn *txn)
{
    const struct cvn_slice none = {NULL, 0};
    return cvn_cursor_init(&rows->cursor, txn, none, none, CVN_FORWARD);
}

/* Steps to what is stored, and whether it is at the key. 0; CVN_STORE_ABSENT; a fault. */
static int step_to(struct cvn_cursor *cursor, const struct cvn_key *key, struct cvn_slice *ret)
{
    struct cvn_slice at;
    int r = cvn_cursor_next(cursor, &at, ret);
    return r == 0 && cvn_slice_compare(at, cvn_key_slice(key)) != 0 ? CVN_STORE_ABSENT : r;
}

/* The seats are the first that may lie behind the event. */
int cvn_event_rows_get(struct cvn_event_rows *rows, const struct cvn_id *event,
                       struct cvn_event_row *ret)
{
    struct cvn_key key;
    struct cvn_event_row row = {0};
    cvn_event_key(&key, event);
    int r = cvn_cursor_seek(&rows->cursor, cvn_key_slice(&key));
    if (r == 0)
        r = step_to(&rows->cursor, &key, &row.event);
    if (r)
        return r;
    cvn_event_kind_key(&key, event, CVN_EVENT_KIND_SEATS);
    r = step_to(&rows->cursor, &key, &row.seats);
    if (r == CVN_STORE_ABSENT)
        row.seats = cvn_slice(NULL, 0);
    else if (r)
        return r;
    *ret = row;
    return 0;
}

void cvn_event_rows_deinit(struct cvn_event_rows *rows)
{
    cvn_cursor_deinit(&rows->cursor);
}

/* The bytes that cvn_event_set_etag packs, which are those of the row but for some fields. */
static int put_etag(struct cvn_ctx *ctx, struct cvn_slice tagged, struct out *out)
{
    char *etag;
    int r = cvn_etag_of(ctx, tagged, &etag);
    if (r)
        return r;
    put_tag(out, ETAG, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    put_varint(out, (uint32_t)strlen(etag));
    put(out, cvn_slice_of_string(etag));
    return 0;
}

/* A row that is shown in another way: the lottery's part of it, or a field to be moved. */
enum { UNUSUAL = 1 };

/* A row on its way to be shown. */
struct showing {
    struct cvn_ctx *ctx;
    const struct cvn_id *event;
    bool organised;
    bool seated;
    bool seat_known;
};

/* Whether a type has a field; those of most types are numbered without a gap. */
static bool is_heard_of(const ProtobufCMessageDescriptor *type, uint32_t number)
{
    if (number - 1 < type->n_fields && type->fields[number - 1].id == number)
        return true;
    return protobuf_c_message_descriptor_get_field(type, number) != NULL;
}

/* Whether the caller is shown the field. 0; UNUSUAL; a fault. */
static int judge(struct showing *showing, const struct cvn_message_field *field, bool *ret)
{
    int r = 0;
    *ret = !is_in(ADDED, field->number);
    if (field->number == WAITLIST_MODE) {
        const uint8_t *last = (const uint8_t *)field->whole.data + field->whole.len - 1;
        if (*last == CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY)
            return UNUSUAL;
    } else if (field->number == ONLINE_URL && !showing->organised) {
        if (field->inner.len > 0 && !showing->seat_known)
            r = cvn_event_holds_seat(showing->ctx, showing->event, &showing->seated);
        showing->seat_known = r == 0;
        *ret = showing->seated;
    } else if (!is_heard_of(&convene__events__v1__event__descriptor, field->number)) {
        return UNUSUAL;
    }
    return r;
}

/* A copy of a row but for some fields: what lies between these is copied at once. */
struct copy {
    struct out out;
    const uint8_t *from; /* what is to be copied yet */
};

static void leave_out(struct copy *copy, const struct cvn_message_field *field)
{
    const uint8_t *at = field->whole.data;
    put(&copy->out, cvn_slice(copy->from, (size_t)(at - copy->from)));
    copy->from = at + field->whole.len;
}

static void end_copy(struct copy *copy, struct cvn_slice row)
{
    const uint8_t *end = (const uint8_t *)row.data + row.len;
    if (end > copy->from)
        put(&copy->out, cvn_slice(copy->from, (size_t)(end - copy->from)));
}

/* What is shown of the row itself, and what its etag is of, which has room for the row. */
static int copy_row(struct showing *showing, struct cvn_slice row, struct copy *shown,
                    struct copy *tagged)
{
    struct cvn_message_field field;
    struct cvn_slice rest = row;
    int r;
    shown->from = tagged->from = row.data;
    while ((r = cvn_message_next_field(&rest, &field)) > 0) {
        bool is_shown;
        r = judge(showing, &field, &is_shown);
        if (r)
            return r;
        if (!is_shown)
            leave_out(shown, &field);
        if (showing->organised && is_in(UNTAGGED, field.number))
            leave_out(tagged, &field);
    }
    end_copy(shown, row);
    if (showing->organised)
        end_copy(tagged, row);
    return r;
}

static int show_row(struct showing *showing, const struct cvn_event_row *row, struct copy *shown)
{
    struct cvn_ctx *ctx = showing->ctx;
    struct cvn_seats seats;
    struct copy tagged = {0};
    if (showing->organised) {
        tagged.out.bytes = cvn_arena_alloc_unset(ctx->arena, row->event.len);
        if (!tagged.out.bytes)
            return -ENOMEM;
    }
    int r = copy_row(showing, row->event, shown, &tagged);
    if (r == 0)
        r = cvn_seats_read(row->seats, &seats);
    if (r)
        return r;
    struct out *out = &shown->out;
    put_count(out, SEATS_TAKEN, seats.seats_taken[CVN_SEATS_ROOM]);
    put_count(out, WAITLIST_COUNT, seats.waitlist_count[CVN_SEATS_ROOM]);
    put_count(out, VIRTUAL_SEATS_TAKEN, seats.seats_taken[CVN_SEATS_ONLINE]);
    put_count(out, VIRTUAL_WAITLIST_COUNT, seats.waitlist_count[CVN_SEATS_ONLINE]);
    return showing->organised ? put_etag(ctx, cvn_slice(tagged.out.bytes, tagged.out.len), out) : 0;
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
                       const struct cvn_event_row *row, struct cvn_slice *ret)
{
    struct showing showing = {.ctx = ctx, .event = event, .organised = organised};
    struct copy shown = {
        .out = {cvn_arena_alloc_unset(ctx->arena, VARINT_BYTES + row->event.len + ADDED_BYTES),
                VARINT_BYTES},
    };
    if (!shown.out.bytes)
        return -ENOMEM;
    int r = show_row(&showing, row, &shown);
    if (r == UNUSUAL)
        return show_unpacked(ctx, event, organised, row->event, ret);
    if (r == 0)
        *ret = delimit(&shown.out);
    return r;
}
