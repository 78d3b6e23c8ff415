#include "all_types.pb-c.h"
/* What a peer may send in place of a message, and messages that come back whole. */
#include "rpc/message.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { ARENA_BYTES = 16 << 20 };

#define ALL_TYPES (&convene__test__all_types__descriptor)

static struct cvn_arena arena;
static struct cvn_problems problems;

static int set_up(void **state)
{
    cvn_arena_init(&arena, ARENA_BYTES);
    cvn_problems_init(&problems, &arena);
    return 0;
}

static int tear_down(void **state)
{
    cvn_arena_deinit(&arena);
    return 0;
}

/* Unpacks a copy with nothing behind it. A refusal must leave the result alone. */
static int unpack(struct cvn_slice bytes, Convene__Test__AllTypes **ret)
{
    ProtobufCMessage untouched, *message = &untouched;
    uint8_t *copy = test_malloc(bytes.len ? bytes.len : 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    int r = cvn_message_unpack(ALL_TYPES, &arena, cvn_slice(copy, bytes.len), &message);
    test_free(copy);
    if (r)
        assert_ptr_equal(message, &untouched);
    if (ret)
        *ret = (Convene__Test__AllTypes *)message;
    return r;
}

/* Writes "recursive" (field 27) around nothing, so many levels deep, at the end of the buffer. */
static struct cvn_slice nested(uint8_t *buffer, size_t room, size_t depth)
{
    size_t at = room;
    while (depth-- > 0) {
        size_t len = room - at, n = 1;
        for (size_t rest = len; rest > 0x7f; rest >>= 7)
            n++;
        at -= n;
        for (size_t i = 0; i < n; i++, len >>= 7)
            buffer[at + i] = (uint8_t)((len & 0x7f) | (i + 1 < n ? 0x80 : 0));
        buffer[--at] = 0x01;
        buffer[--at] = 0xda; /* 27 << 3 | 2 as a varint is da 01 */
    }
    return cvn_slice(buffer + at, room - at);
}

static void test_message_comes_back(void **state)
{
    Convene__Test__AllTypes sent = CONVENE__TEST__ALL_TYPES__INIT, inner = sent, *got;
    char *list[] = {"a", "", "ü"};
    int32_t numbers[] = {INT32_MIN, 0, INT32_MAX};
    inner.optional_sint64 = INT64_MIN;
    sent.recursive = &inner;
    sent.n_repeated_string = 3;
    sent.repeated_string = list;
    sent.n_repeated_int32 = 3;
    sent.repeated_int32 = numbers;
    sent.choice_case = CONVENE__TEST__ALL_TYPES__CHOICE_CHOICE_STRING;
    sent.choice_string = "chosen";
    struct cvn_slice bytes;
    assert_int_equal(cvn_message_pack(&sent.base, &arena, &bytes), 0);
    assert_int_equal(unpack(bytes, &got), 0);
    assert_int_equal(got->recursive->optional_sint64, INT64_MIN);
    assert_int_equal(got->n_repeated_string, 3);
    assert_string_equal(got->repeated_string[2], "ü");
    assert_memory_equal(got->repeated_int32, numbers, sizeof numbers);
    assert_string_equal(got->choice_string, "chosen");
    cvn_message_check(&got->base, &problems);
    assert_int_equal(problems.total, 0);
}

static void test_empty_message(void **state)
{
    Convene__Test__AllTypes sent = CONVENE__TEST__ALL_TYPES__INIT, *got;
    struct cvn_slice bytes = cvn_slice(NULL, 99);
    assert_int_equal(cvn_message_pack(&sent.base, &arena, &bytes), 0);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(unpack(bytes, &got), 0);
    assert_string_equal(got->optional_string, "");
    assert_null(got->recursive);
}

static void test_pack_into_just_enough_memory_and_less(void **state)
{
    Convene__Test__AllTypes sent = CONVENE__TEST__ALL_TYPES__INIT;
    sent.optional_string = "thirty letters, as it happens!"; /* and two bytes before them */
    for (size_t cap = 16; cap <= 32; cap += 16) {
        CVN_ARENA_AUTO small;
        cvn_arena_init(&small, cap);
        struct cvn_slice bytes = cvn_slice(NULL, 99);
        assert_int_equal(cvn_message_pack(&sent.base, &small, &bytes), cap == 32 ? 0 : -ENOMEM);
        assert_int_equal(bytes.len, cap == 32 ? 32 : 99);
    }
}

static void test_bytes_that_are_no_message(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"\x00\x00", 2},                                      /* field 0 */
        {"\x08", 1},                                          /* no value */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11}, /* a varint without end */
        {"\x72\x05"
         "abc",
         5},                                 /* a string longer than what is there */
        {"\x72\xff\xff\xff\xff\x7f", 6},     /* of 32 GiB */
        {"\x72\xff\xff\xff\xff\xff\x01", 7}, /* a length of more than 5 bytes */
        {"\x70\x01", 2},                     /* a number for a string */
        {"\x73\x74", 2},                     /* a group */
        {"\x3d\x01\x02\x03", 4},             /* 3 of 4 bytes */
        {"\x41\x01\x02\x03", 4},             /* 3 of 8 bytes */
        {"\xda\x01\x02\x72\x05", 5},         /* a nested message that is cut */
        {"\xff\xff\xff\xff\xff\xff\x01", 7}, /* a tag of more than 5 bytes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(unpack(cvn_slice(cases[i].bytes, cases[i].len), NULL), -EBADMSG);
}

static void test_fields_that_are_unknown_are_let_pass(void **state)
{
    assert_int_equal(unpack(cvn_slice("\xf8\xff\xff\xff\x0f\x01", 6), NULL), 0);
    assert_int_equal(unpack(cvn_slice("\xfa\xff\xff\xff\x0f\x02\xff\xff", 8), NULL), 0);
}

static void test_message_that_is_cut_anywhere(void **state)
{
    Convene__Test__AllTypes sent = CONVENE__TEST__ALL_TYPES__INIT, inner = sent;
    inner.optional_fixed32 = 7;
    sent.recursive = &inner;
    sent.optional_string = "text";
    sent.optional_int32 = -1;
    struct cvn_slice bytes;
    assert_int_equal(cvn_message_pack(&sent.base, &arena, &bytes), 0);
    int n_whole = 0;
    for (size_t len = 0; len <= bytes.len; len++) {
        int r = unpack(cvn_slice(bytes.data, len), NULL);
        assert_true(r == 0 || r == -EBADMSG);
        n_whole += r == 0;
    }
    assert_int_equal(n_whole, 4); /* nothing, and behind each of the three fields */
}

/* 2 bytes each on the wire, several hundred in memory: what amplifies most. */
static void test_message_that_unfolds_to_more_than_the_arena_has(void **state)
{
    enum { N = 10000 };
    static uint8_t bytes[3 * N];
    for (size_t i = 0; i < N; i++)
        memcpy(bytes + 3 * i, "\x82\x03\x00", 3); /* repeated_nested: 48 << 3 | 2, empty */
    size_t enough = 0;
    Convene__Test__AllTypes *got;
    assert_int_equal(unpack(cvn_slice(bytes, sizeof bytes), &got), 0);
    assert_int_equal(got->n_repeated_nested, N);
    enough = arena.used_bytes;
    assert_true(enough > 10 * sizeof bytes);
    for (size_t less = 0; less <= 16; less += 16) {
        cvn_arena_deinit(&arena);
        cvn_arena_init(&arena, enough - less);
        assert_int_equal(unpack(cvn_slice(bytes, sizeof bytes), NULL), less ? -ENOMEM : 0);
        assert_true(arena.used_bytes <= enough - less);
    }
}

static void test_malformed_bytes_are_told_from_a_want_of_memory_before(void **state)
{
    assert_null(cvn_arena_alloc(&arena, ARENA_BYTES + 1));
    assert_int_equal(unpack(cvn_slice("\x08", 1), NULL), -EBADMSG);
    assert_true(arena.overflowed);
}

static void test_depth_that_would_exhaust_the_stack(void **state)
{
    enum { DEPTH = 500000 };
    static uint8_t buffer[6 * DEPTH + 8];
    struct cvn_slice deep = nested(buffer, sizeof buffer - 8, DEPTH);
    assert_int_equal(unpack(deep, NULL), -EBADMSG);
    /* The same where the bytes before or behind it are no message. */
    uint8_t *at = (uint8_t *)(uintptr_t)deep.data;
    memcpy(at + deep.len, "\x72\x05", 2);
    assert_int_equal(unpack(cvn_slice(at, deep.len + 2), NULL), -EBADMSG);
    memcpy(at - 5, "\xda\x01\x02\x72\x05", 5);
    assert_int_equal(unpack(cvn_slice(at - 5, deep.len + 5), NULL), -EBADMSG);
}

static void test_depth_of_bytes_that_are_no_messages(void **state)
{
    static uint8_t buffer[8 * 1000 + 3];
    struct cvn_slice deep = nested(buffer + 3, sizeof buffer - 3, 1000);
    uint8_t *at = (uint8_t *)(uintptr_t)deep.data - 3;
    at[0] = 0x7a; /* optional_bytes: 15 << 3 | 2 */
    at[1] = (uint8_t)((deep.len & 0x7f) | 0x80);
    at[2] = (uint8_t)(deep.len >> 7);
    assert_true(deep.len > 0x7f && deep.len >> 7 <= 0x7f);
    Convene__Test__AllTypes *got;
    assert_int_equal(unpack(cvn_slice(at, deep.len + 3), &got), 0);
    assert_int_equal(got->optional_bytes.len, deep.len);
}

static void test_problems_past_those_kept_are_counted(void **state)
{
    enum { N = 100000 };
    static char *texts[N];
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    for (size_t i = 0; i < N; i++)
        texts[i] = "\xff";
    message.n_repeated_string = N;
    message.repeated_string = texts;
    cvn_message_check(&message.base, &problems);
    assert_int_equal(problems.n, CVN_PROBLEMS_MAX);
    assert_int_equal(problems.total, N);
    assert_string_equal(problems.items[CVN_PROBLEMS_MAX - 1].field, "repeated_string[31]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_message_comes_back),
        TEST(test_empty_message),
        TEST(test_pack_into_just_enough_memory_and_less),
        TEST(test_bytes_that_are_no_message),
        TEST(test_fields_that_are_unknown_are_let_pass),
        TEST(test_message_that_is_cut_anywhere),
        TEST(test_message_that_unfolds_to_more_than_the_arena_has),
        TEST(test_malformed_bytes_are_told_from_a_want_of_memory_before),
        TEST(test_depth_that_would_exhaust_the_stack),
        TEST(test_depth_of_bytes_that_are_no_messages),
        TEST(test_problems_past_those_kept_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
