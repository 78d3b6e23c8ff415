/* What rpc/unpack.h makes of messages is what protobuf-c makes of them. */
#include "all_types.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "rpc/message.h"
#include "rpc/unpack.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum {
    N_MESSAGES = 20000,
    ARENA_BYTES = 16 << 20,
    BUFFER_BYTES = 1 << 16,
    DEPTH_MAX = 3,
    FIELDS_MAX = 8,
    TEXT_MAX = 20,
};

/* SplitMix64. */
static uint64_t roll(uint64_t *state, uint64_t n)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

struct writer {
    uint64_t dice;
    uint64_t oddity; /* one in so many things is not as it should be; 0: none */
    uint8_t bytes[BUFFER_BYTES];
    size_t len;
};

static bool is_odd(struct writer *w)
{
    return w->oddity && roll(&w->dice, w->oddity) == 0;
}

static void put_byte(struct writer *w, uint64_t byte)
{
    assert_true(w->len < sizeof w->bytes);
    w->bytes[w->len++] = (uint8_t)byte;
}

/* Longer than it need be where something is odd. */
static void put_varint(struct writer *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(w, value | 0x80);
    unsigned more = is_odd(w) ? (unsigned)roll(&w->dice, 11) : 0;
    put_byte(w, more ? value | 0x80 : value);
    for (unsigned i = 1; i <= more; i++)
        put_byte(w, i < more ? 0x80 : roll(&w->dice, 3));
}

static uint64_t some_number(struct writer *w)
{
    return roll(&w->dice, UINT64_MAX) >> roll(&w->dice, 64);
}

static void put_message(struct writer *w, const ProtobufCMessageDescriptor *type, int depth);

/* The bytes behind a length: a message, or text. */
static void put_bytes(struct writer *w, const ProtobufCFieldDescriptor *field, int depth)
{
    struct writer *inner = test_malloc(sizeof *inner);
    inner->dice = w->dice;
    inner->oddity = w->oddity;
    inner->len = 0;
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE && depth < DEPTH_MAX)
        put_message(inner, field->descriptor, depth + 1);
    else
        for (uint64_t n = field ? roll(&inner->dice, TEXT_MAX) : 0; n > 0; n--)
            put_byte(inner, roll(&inner->dice, 256));
    w->dice = inner->dice;
    put_varint(w, is_odd(w) ? some_number(w) : inner->len);
    for (size_t i = 0; i < inner->len; i++)
        put_byte(w, inner->bytes[i]);
    test_free(inner);
}

static unsigned wire_type(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return 5;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 1;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return 2;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        break;
    }
    return 0;
}

static void put_field(struct writer *w, const ProtobufCMessageDescriptor *type, int depth)
{
    const ProtobufCFieldDescriptor *field = &type->fields[roll(&w->dice, type->n_fields)];
    unsigned wire = is_odd(w) ? (unsigned)roll(&w->dice, 8) : wire_type(field);
    put_varint(w, (is_odd(w) ? some_number(w) : field->id) << 3 | wire);
    switch (wire) {
    case 0:
        put_varint(w, some_number(w));
        break;
    case 1:
    case 5:
        for (int i = 0; i < (wire == 1 ? 8 : 4); i++)
            put_byte(w, roll(&w->dice, 256));
        break;
    case 2:
        put_bytes(w, wire_type(field) == 2 ? field : NULL, depth);
        break;
    default: /* there are no such values */
        break;
    }
}

static void put_message(struct writer *w, const ProtobufCMessageDescriptor *type, int depth)
{
    for (uint64_t n = type->n_fields ? roll(&w->dice, FIELDS_MAX) : 0; n > 0; n--)
        put_field(w, type, depth);
}

static void assert_packs_the_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t len = protobuf_c_message_get_packed_size(a);
    assert_int_equal(protobuf_c_message_get_packed_size(b), len);
    uint8_t *bytes = test_malloc(2 * len + 1);
    assert_int_equal(protobuf_c_message_pack(a, bytes), len);
    assert_int_equal(protobuf_c_message_pack(b, bytes + len), len);
    assert_memory_equal(bytes, bytes + len, len);
    test_free(bytes);
}

/* True where it was unpacked; where it was not, any reason will do. */
static bool compare(const ProtobufCMessageDescriptor *type, const struct writer *w)
{
    struct cvn_arena arena;
    ProtobufCMessage *got = NULL;
    uint8_t *copy = test_malloc(w->len + 1); /* so that what is read behind the end is told */
    memcpy(copy, w->bytes, w->len);
    cvn_arena_init(&arena, ARENA_BYTES);
    int r = cvn_unpack(type, &arena, cvn_slice(copy, w->len), &got);
    test_free(copy);
    ProtobufCMessage *right = protobuf_c_message_unpack(type, NULL, w->len, w->bytes);
    if (r == 0) {
        assert_non_null(right);
        assert_packs_the_same(got, right);
        assert_true(protobuf_c_message_check(got));
    } else {
        assert_int_equal(r, CVN_UNPACK_SELDOM);
    }
    if (right)
        protobuf_c_message_free_unpacked(right, NULL);
    cvn_arena_deinit(&arena);
    return r == 0;
}

static void test_random_messages_are_as_protobuf_c_makes_them(void **state)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &convene__test__all_types__descriptor,
        &convene__events__v1__list_events_response__descriptor,
        &convene__events__v1__event__descriptor,
        &google__rpc__status__descriptor,
        &google__protobuf__file_descriptor_proto__descriptor,
    };
    static struct writer w;
    size_t n_types = sizeof types / sizeof *types, n_same = 0;
    (void)state;
    for (uint64_t i = 0; i < N_MESSAGES; i++) {
        w.dice = i;
        w.oddity = i % 4 ? 20 : 0;
        w.len = 0;
        put_message(&w, types[i % n_types], 0);
        n_same += compare(types[i % n_types], &w);
    }
    assert_in_range(n_same, N_MESSAGES / 5, N_MESSAGES * 4 / 5);
}

/* A message as events are listed: no oddity, and every list longer than its room at first. */
static void test_usual_messages_are_not_left_to_protobuf_c(void **state)
{
    enum { N = 33 };
    Convene__Events__V1__ListEventsResponse response =
        CONVENE__EVENTS__V1__LIST_EVENTS_RESPONSE__INIT;
    static Convene__Events__V1__Event events[N], *listed[N];
    static struct writer w;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        convene__events__v1__event__init(&events[i]);
        events[i].title = (char *)(i % 2 ? "A title" : "");
        events[i].capacity = (int32_t)i - 1;
        listed[i] = &events[i];
        response.events = listed;
        response.n_events = i + 1;
        w.len = protobuf_c_message_pack(&response.base, w.bytes);
        assert_true(compare(response.base.descriptor, &w));
    }
}

static void test_unpack_into_just_enough_memory_and_less(void **state)
{
    static struct writer w;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    char *topics[] = {(char *)"a", (char *)"b"};
    event.topics = topics;
    event.n_topics = 2;
    w.len = protobuf_c_message_pack(&event.base, w.bytes);
    (void)state;
    size_t cap = 0;
    int r = -ENOMEM;
    for (; r; cap += 16) {
        struct cvn_arena arena;
        ProtobufCMessage *got;
        cvn_arena_init(&arena, cap);
        r = cvn_unpack(event.base.descriptor, &arena, cvn_slice(w.bytes, w.len), &got);
        assert_int_equal(arena.overflowed, r != 0);
        assert_true(r == 0 || r == -ENOMEM);
        cvn_arena_deinit(&arena);
    }
    assert_true(cap > sizeof event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_messages_are_as_protobuf_c_makes_them),
        cmocka_unit_test(test_usual_messages_are_not_left_to_protobuf_c),
        cmocka_unit_test(test_unpack_into_just_enough_memory_and_less),
    };
    return cmocka_run_group_tests_name("unpack_same", tests, NULL, NULL);
}
