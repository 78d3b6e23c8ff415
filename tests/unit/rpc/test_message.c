/* Which strings and depths cvn_message_check finds fault with, and how it says where. */
#include "all_types.pb-c.h"
#include "rpc/message.h"
#include "rpc/message_field.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { CAP_BYTES = 1 << 20, LEVELS_MAX = 128 };

#define BAD "\xff"
#define BAD_TEXT "is not valid UTF-8; send text in that encoding only"

struct fixture {
    struct cvn_arena arena;
    struct cvn_problems problems;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    cvn_arena_init(&f->arena, CAP_BYTES);
    cvn_problems_init(&f->problems, &f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static void assert_one(const struct fixture *f, const char *field, const char *text)
{
    assert_int_equal(f->problems.total, 1);
    assert_string_equal(f->problems.items[0].field, field);
    assert_string_equal(f->problems.items[0].text, text);
}

static void test_check_when_all_is_well(void **state)
{
    struct fixture *f = *state;
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    char *strings[] = {"", "na\xc3\xafve"};
    message.optional_string = "plain";
    message.repeated_string = strings;
    message.n_repeated_string = 2;
    cvn_message_check(&message.base, &f->problems);
    assert_int_equal(f->problems.total, 0);
}

static void test_check_names_field_when_bad(void **state)
{
    struct fixture *f = *state;
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    message.optional_string = BAD;
    cvn_message_check(&message.base, &f->problems);
    assert_one(f, "optional_string", BAD_TEXT);
}

static void test_check_names_item_when_repeated(void **state)
{
    struct fixture *f = *state;
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    char *strings[] = {"a", BAD, "c"};
    message.repeated_string = strings;
    message.n_repeated_string = 3;
    cvn_message_check(&message.base, &f->problems);
    assert_one(f, "repeated_string[1]", BAD_TEXT);
}

static void test_check_names_path_when_nested(void **state)
{
    struct fixture *f = *state;
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    Convene__Test__AllTypes inner = CONVENE__TEST__ALL_TYPES__INIT;
    Convene__Test__AllTypes__Nested nested = CONVENE__TEST__ALL_TYPES__NESTED__INIT;
    Convene__Test__AllTypes__Nested *items[] = {&nested};
    inner.choice_case = CONVENE__TEST__ALL_TYPES__CHOICE_CHOICE_STRING;
    inner.choice_string = BAD;
    nested.more = &inner;
    message.repeated_nested = items;
    message.n_repeated_nested = 1;
    cvn_message_check(&message.base, &f->problems);
    assert_one(f, "repeated_nested[0].more.choice_string", BAD_TEXT);
}

static void test_check_passes_over_other_choice(void **state)
{
    struct fixture *f = *state;
    Convene__Test__AllTypes message = CONVENE__TEST__ALL_TYPES__INIT;
    message.choice_case = CONVENE__TEST__ALL_TYPES__CHOICE_CHOICE_UINT32;
    message.choice_uint32 = 7;
    cvn_message_check(&message.base, &f->problems);
    assert_int_equal(f->problems.total, 0);
}

/* A message with so many within each other. */
static const ProtobufCMessage *nest(Convene__Test__AllTypes levels[LEVELS_MAX], unsigned n)
{
    for (unsigned i = 0; i <= n; i++) {
        convene__test__all_types__init(&levels[i]);
        levels[i].recursive = i < n ? &levels[i + 1] : NULL;
    }
    return &levels[0].base;
}

static void test_check_depth_at_its_limit(void **state)
{
    struct fixture *f = *state;
    static Convene__Test__AllTypes levels[LEVELS_MAX];
    cvn_message_check(nest(levels, CVN_MESSAGE_DEPTH_MAX), &f->problems);
    assert_int_equal(f->problems.total, 0);
    cvn_message_check(nest(levels, CVN_MESSAGE_DEPTH_MAX + 1), &f->problems);
    assert_int_equal(f->problems.total, 1);
    assert_string_equal(f->problems.items[0].text, "is nested deeper than 32 messages");
}

/* A path is cut to 255 bytes, but an item's place behind it is not. */
static void test_check_cuts_path_when_long(void **state)
{
    struct fixture *f = *state;
    static Convene__Test__AllTypes levels[LEVELS_MAX];
    char *strings[] = {BAD};
    const ProtobufCMessage *message = nest(levels, 27);
    levels[27].repeated_string = strings;
    levels[27].n_repeated_string = 1;
    cvn_message_check(message, &f->problems);
    assert_int_equal(f->problems.total, 1);
    const char *field = f->problems.items[0].field;
    assert_int_equal(strlen(field), 255 + strlen("[0]"));
    assert_string_equal(field + 250, "recur[0]");
}

static void test_unpack_depth_at_its_limit(void **state)
{
    struct fixture *f = *state;
    static Convene__Test__AllTypes levels[LEVELS_MAX];
    struct cvn_slice bytes;
    ProtobufCMessage *message = NULL;
    const ProtobufCMessage *most = nest(levels, CVN_MESSAGE_UNPACK_DEPTH_MAX);
    assert_int_equal(cvn_message_pack(most, &f->arena, &bytes), 0);
    assert_int_equal(cvn_message_unpack(most->descriptor, &f->arena, bytes, &message), 0);
    const ProtobufCMessage *over = nest(levels, CVN_MESSAGE_UNPACK_DEPTH_MAX + 1);
    assert_int_equal(cvn_message_pack(over, &f->arena, &bytes), 0);
    message = NULL;
    assert_int_equal(cvn_message_unpack(over->descriptor, &f->arena, bytes, &message), -EBADMSG);
    assert_null(message);
}

static void test_fields_of_a_message_one_by_one(void **state)
{
    (void)state;
    /* Field 1, varint 300; field 2, two bytes; field 3, of none; field 16, 32 bits. */
    static const uint8_t bytes[] = {0x08, 0xac, 0x02, 0x12, 2, 'h', 'i', 0x1a,
                                    0,    0x85, 0x01, 1,    2, 3,   4};
    static const struct {
        uint32_t number;
        size_t at, len;
        bool has_inner;
        size_t inner_len;
    } fields[] = {
        {1, 0, 3, false, 0}, {2, 3, 4, true, 2}, {3, 7, 2, true, 0}, {16, 9, 6, false, 0}};
    struct cvn_slice rest = cvn_slice(bytes, sizeof bytes);
    struct cvn_message_field field;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_int_equal(cvn_message_next_field(&rest, &field), 1);
        assert_int_equal(field.number, fields[i].number);
        assert_ptr_equal(field.whole.data, bytes + fields[i].at);
        assert_int_equal(field.whole.len, fields[i].len);
        assert_int_equal(field.inner.data != NULL, fields[i].has_inner);
        assert_int_equal(field.inner.len, fields[i].inner_len);
    }
    assert_int_equal(cvn_message_next_field(&rest, &field), 0);
}

static void test_fields_of_what_is_cut_short(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x12, 2, 'h', 'i'};
    for (size_t len = 1; len < sizeof bytes; len++) {
        struct cvn_slice rest = cvn_slice(bytes, len);
        struct cvn_message_field field;
        assert_int_equal(cvn_message_next_field(&rest, &field), -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_check_when_all_is_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_names_field_when_bad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_names_item_when_repeated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_names_path_when_nested, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_passes_over_other_choice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_depth_at_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_cuts_path_when_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpack_depth_at_its_limit, set_up, tear_down),
        cmocka_unit_test(test_fields_of_a_message_one_by_one),
        cmocka_unit_test(test_fields_of_what_is_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
