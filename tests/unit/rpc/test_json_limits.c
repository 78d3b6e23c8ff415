/* Options, limits at their bounds, and messages that have no JSON. */
#include "all_types.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "json_cases.h"
#include "rpc/message.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_BYTES = 32 << 20 };

static void assert_prints(const ProtobufCMessage *message, const struct cvn_json_options *options,
                          const char *expected)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_error err = {""};
    struct cvn_slice text = {0};
    if (cvn_json_print(message, options, &arena, &text, &err))
        fail_msg("%s", err.text);
    assert_string_equal(text.data, expected);
}

static void assert_unprintable(const ProtobufCMessage *message, const char *part)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_error err = {""};
    struct cvn_slice text = {0};
    assert_int_equal(cvn_json_print(message, NULL, &arena, &text, &err), -EINVAL);
    assert_null(text.data);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
    assert_int_equal(cvn_json_print(message, NULL, &arena, &text, NULL), -EINVAL);
}

static void test_pretty_print(void **state)
{
    const struct cvn_json_options pretty = {.pretty = true};
    cvn_json_cases_accept("AllTypes",
                          "{\"optionalNested\":{\"a\":1},\"repeatedInt32\":[1,2],"
                          "\"mapStringNested\":{\"x\":{}},\"empty\":{},\"repeatedValue\":[[]]}",
                          "{\n"
                          "  \"optionalNested\": {\n"
                          "    \"a\": 1\n"
                          "  },\n"
                          "  \"repeatedInt32\": [\n"
                          "    1,\n"
                          "    2\n"
                          "  ],\n"
                          "  \"mapStringNested\": {\n"
                          "    \"x\": {}\n"
                          "  },\n"
                          "  \"empty\": {},\n"
                          "  \"repeatedValue\": [\n"
                          "    []\n"
                          "  ]\n"
                          "}",
                          &pretty);
}

static void test_original_names_and_enum_numbers(void **state)
{
    const struct cvn_json_options options = {.original_names = true, .enum_numbers = true};
    cvn_json_cases_accept(
        "AllTypes", "{\"optionalColour\":\"GREEN\",\"fieldName2\":1,\"choiceNull\":null}",
        "{\"optional_colour\":2,\"choice_null\":null,\"field_name2\":1}", &options);
    cvn_json_cases_accept("Modern", "{\"otherName\":\"x\"}", "{\"renamed_field\":\"x\"}", &options);
}

static void test_defaults_are_printed_where_asked(void **state)
{
    const struct cvn_json_options options = {.defaults = true};
    Convene__Test__AllTypes__Nested nested = CONVENE__TEST__ALL_TYPES__NESTED__INIT;
    assert_prints(&nested.base, &options, "{\"a\":0}");
    Convene__Test__NoMap none = CONVENE__TEST__NO_MAP__INIT;
    assert_prints(&none.base, &options, "{\"tags\":[]}");
    /* What can be absent stays so; the rest is there in all its kinds. */
    cvn_json_cases_accept("Modern", "{}", "{\"otherName\":\"\",\"more\":{}}", &options);
    cvn_json_cases_accept("old.Old", "{\"name\":\"\"}",
                          "{\"name\":\"\",\"loose\":[],\"packed\":[],\"names\":{}}", &options);
}

static void test_minus_zero_is_not_left_out(void **state)
{
    Convene__Test__AllTypes all = CONVENE__TEST__ALL_TYPES__INIT;
    all.optional_double = -0.0;
    all.optional_float = -0.0F;
    assert_prints(&all.base, NULL, "{\"optionalFloat\":-0,\"optionalDouble\":-0}");
}

static void test_text_that_is_not_utf8_is_not_printed(void **state)
{
    Convene__Test__AllTypes all = CONVENE__TEST__ALL_TYPES__INIT, inner = all;
    Convene__Test__AllTypes__MapStringStringEntry entry =
        CONVENE__TEST__ALL_TYPES__MAP_STRING_STRING_ENTRY__INIT;
    Convene__Test__AllTypes__MapStringStringEntry *entries[] = {&entry};
    char *bad = "a\xff";
    all.recursive = &inner;
    inner.n_repeated_string = 1;
    inner.repeated_string = &bad;
    assert_unprintable(&all.base, "recursive.repeated_string[0] is not valid UTF-8");
    inner.n_repeated_string = 0;
    inner.n_map_string_string = 1;
    inner.map_string_string = entries;
    entry.key = bad;
    assert_unprintable(&all.base, "recursive.map_string_string has a key that is not valid UTF-8");
    entry.key = "k";
    entry.value = bad;
    assert_unprintable(&all.base, "recursive.map_string_string.k is not valid UTF-8");
}

static void test_of_entries_with_one_key_the_last_is_printed(void **state)
{
    /* On the wire a map may name a key twice, and an entry may lack its key or its value. */
    static const char bytes[] = "\xc2\x03\x04\x08\x01\x10\x02\xc2\x03\x04\x08\x05\x10\x06"
                                "\xc2\x03\x04\x08\x01\x10\x03\xc2\x03\x00"
                                "\xba\x04\x03\x0a\x01k";
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *types[] = {
        &convene__test__all_types__descriptor,
        cvn_types_message(cvn_json_cases_types(), "convene.test.AllTypes")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            cvn_message_unpack(types[i], &arena, cvn_slice(bytes, sizeof bytes - 1), &message), 0);
        assert_prints(
            message, NULL,
            "{\"mapInt32Int32\":{\"5\":6,\"1\":3,\"0\":0},\"mapStringNested\":{\"k\":{}}}");
    }
}

/* n times open, then middle, then n times close; the caller's to free. */
static char *nested_text(size_t n, const char *open, const char *middle, const char *close)
{
    char *text = malloc(n * (strlen(open) + strlen(close)) + strlen(middle) + 1);
    assert_non_null(text);
    char *at = text;
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, close);
    return text;
}

static void test_messages_nest_up_to_the_limit_and_not_beyond(void **state)
{
    /* The innermost object is one more than there are names. */
    char *deep = nested_text(CVN_JSON_NESTING_MAX - 1, "{\"recursive\":", "{}", "}");
    char *deeper = nested_text(CVN_JSON_NESTING_MAX, "{\"recursive\":", "{}", "}");
    cvn_json_cases_accept("AllTypes", deep, NULL, NULL);
    cvn_json_cases_refuse("AllTypes", deeper, "the JSON nests deeper than 100 brackets");
    free(deep);
    free(deeper);
}

static void test_skipped_text_nests_up_to_the_limit_and_not_beyond(void **state)
{
    const struct cvn_json_options options = {.ignore_unknown = true};
    for (size_t n = CVN_JSON_NESTING_MAX - 1; n <= CVN_JSON_NESTING_MAX; n++) {
        char *inner = nested_text(n, "[", "", "]");
        char *text = malloc(strlen(inner) + 8);
        assert_non_null(text);
        (void)sprintf(text, "{\"x\":%s}", inner);
        if (n < CVN_JSON_NESTING_MAX)
            cvn_json_cases_accept("AllTypes", text, "{}", &options);
        else
            cvn_json_cases_refuse("AllTypes", text, "x is not a field");
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, CAP_BYTES);
        ProtobufCMessage *message = NULL;
        int r = cvn_json_parse(&convene__test__all_types__descriptor, cvn_slice_of_string(text),
                               &options, &arena, &message, NULL);
        assert_int_equal(r, n < CVN_JSON_NESTING_MAX ? 0 : -EINVAL);
        free(text);
        free(inner);
    }
}

static void test_values_nest_as_deep_as_can_be_unpacked(void **state)
{
    /* A list in a list is two messages deeper: Value, ListValue. */
    char *deep = nested_text(50, "[", "1", "]"), *deeper = nested_text(51, "[", "", "]");
    cvn_json_cases_accept("google.protobuf.Value", deep, NULL, NULL);
    cvn_json_cases_refuse("google.protobuf.Value", deeper, "is in more than 100 messages");
    free(deep);
    free(deeper);
}

static void test_a_message_nested_too_deep_is_not_printed(void **state)
{
    Convene__Test__AllTypes chain[CVN_JSON_NESTING_MAX + 1];
    for (size_t i = 0; i <= CVN_JSON_NESTING_MAX; i++) {
        convene__test__all_types__init(&chain[i]);
        chain[i].recursive = i > 0 ? &chain[i - 1] : NULL;
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_slice text;
    assert_int_equal(
        cvn_json_print(&chain[CVN_JSON_NESTING_MAX - 1].base, NULL, &arena, &text, NULL), 0);
    assert_unprintable(&chain[CVN_JSON_NESTING_MAX].base, "nests deeper than 100 brackets");
}

static void test_unpack_up_to_the_depth_and_not_beyond(void **state)
{
    uint8_t bytes[8 * CVN_MESSAGE_UNPACK_DEPTH_MAX];
    size_t at = sizeof bytes;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    ProtobufCMessage *message = NULL;
    for (int depth = 0; depth <= CVN_MESSAGE_UNPACK_DEPTH_MAX + 1; depth++) {
        int r = cvn_message_unpack(&convene__test__all_types__descriptor, &arena,
                                   cvn_slice(bytes + at, sizeof bytes - at), &message);
        assert_int_equal(r, depth <= CVN_MESSAGE_UNPACK_DEPTH_MAX ? 0 : -EBADMSG);
        size_t len = sizeof bytes - at; /* field 27, AllTypes.recursive */
        if (len >= 128)
            bytes[--at] = (uint8_t)(len >> 7);
        bytes[--at] = (uint8_t)(len & 0x7f) | (len >= 128 ? 0x80 : 0);
        bytes[--at] = 0x01;
        bytes[--at] = 0xda;
    }
}

static void test_parse_and_print_with_little_memory(void **state)
{
    static const char text[] =
        "{\"optionalString\":\"a\\u00e9\",\"optionalBytes\":\"AQID\",\"repeatedInt32\":[1,2,3,4,5],"
        "\"mapStringNested\":{\"a\":{},\"b\":{\"a\":1}},\"any\":{\"@type\":"
        "\"a/convene.test.AllTypes\",\"timestamp\":\"1970-01-01T00:00:00Z\"},\"mask\":\"a,b\","
        "\"value\":[{\"x\":[null,1.5]}],\"optionalColour\":\"RED\"}";
    const struct cvn_json_options options = {.types = cvn_json_cases_types()};
    bool done = false;
    size_t cap = 0;
    for (; !done && cap < 1 << 20; cap += 64) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, cap);
        struct cvn_error err = {""};
        ProtobufCMessage *message = NULL;
        struct cvn_slice printed = {0};
        int r = cvn_json_parse(&convene__test__all_types__descriptor, cvn_slice_of_string(text),
                               &options, &arena, &message, &err);
        if (r == 0)
            r = cvn_json_print(message, &options, &arena, &printed, &err);
        done = r == 0;
        assert_true(done || (r == -ENOMEM && strstr(err.text, "bytes allowed")));
        assert_true(done || printed.data == NULL);
    }
    assert_true(done);
    assert_true(cap > 4096);
}

static void test_an_any_without_a_pool_is_refused(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_error err = {""};
    ProtobufCMessage *message = NULL;
    static const char text[] = "{\"any\":{\"@type\":\"a/convene.test.AllTypes\"}}";
    assert_int_equal(cvn_json_parse(&convene__test__all_types__descriptor,
                                    cvn_slice_of_string(text), NULL, &arena, &message, &err),
                     -EINVAL);
    assert_string_equal(err.text, "any has an @type that is not known here");
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    any.type_url = "a/convene.test.AllTypes";
    assert_unprintable(&any.base, "the message is an Any of a type that is not known here");
}

static void test_an_any_of_other_bytes_is_not_printed(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_json_options options = {.types = cvn_json_cases_types()};
    struct cvn_error err = {""};
    struct cvn_slice text = {0};
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    any.type_url = "a/convene.test.AllTypes";
    any.value = (ProtobufCBinaryData){1, (uint8_t *)"\xff"};
    assert_int_equal(cvn_json_print(&any.base, &options, &arena, &text, &err), -EINVAL);
    assert_string_equal(err.text, "the message is an Any whose bytes are no convene.test.AllTypes");
    any.type_url = "convene.test.AllTypes";
    assert_int_equal(cvn_json_print(&any.base, &options, &arena, &text, &err), -EINVAL);
}

/* A pool in which the name of a well-known type stands for a message with one field. */
static struct cvn_types *impostor(const char *name, int type, bool repeated)
{
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__DescriptorProto message = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__FieldDescriptorProto field = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__DescriptorProto *messages[] = {&message};
    Google__Protobuf__FieldDescriptorProto *fields[] = {&field};
    file.name = "impostor.proto";
    file.package = "google.protobuf";
    file.syntax = "proto3";
    file.n_message_type = 1;
    file.message_type = messages;
    message.name = (char *)name;
    message.n_field = 1;
    message.field = fields;
    field.name = "x";
    field.has_number = field.has_label = field.has_type = 1;
    field.number = 1;
    field.type = (Google__Protobuf__FieldDescriptorProto__Type)type;
    field.label = repeated ? GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
                           : GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    field.type_name = type == 11 ? ".google.protobuf." : NULL;
    char type_name[64];
    if (type == 11) {
        (void)snprintf(type_name, sizeof type_name, ".google.protobuf.%s", name);
        field.type_name = type_name;
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_slice bytes;
    struct cvn_types *types = NULL;
    assert_int_equal(cvn_message_pack(&file.base, &arena, &bytes), 0);
    assert_int_equal(cvn_types_new_of_files(&bytes, 1, CAP_BYTES, &types, NULL), 0);
    return types;
}

static void test_types_that_only_have_a_well_known_name_are_ordinary(void **state)
{
    static const char *const names[] = {"Any",         "Timestamp",   "Duration",   "FieldMask",
                                        "Struct",      "Value",       "ListValue",  "Int32Value",
                                        "StringValue", "DoubleValue", "BytesValue", "Empty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int repeated = 0; repeated < 2; repeated++) {
            /* A message in itself, and a bool, which none of the names has as field 1. */
            for (int type = 8; type <= 11; type += 3) {
                struct cvn_types *types = impostor(names[i], type, repeated);
                char full[64];
                (void)snprintf(full, sizeof full, "google.protobuf.%s", names[i]);
                const char *text = type == 8 ? (repeated ? "{\"x\":[true]}" : "{\"x\":true}")
                                             : (repeated ? "{\"x\":[{}]}" : "{\"x\":{}}");
                CVN_ARENA_AUTO arena;
                cvn_arena_init(&arena, CAP_BYTES);
                ProtobufCMessage *message = NULL;
                struct cvn_error err = {""};
                if (cvn_json_parse(cvn_types_message(types, full), cvn_slice_of_string(text), NULL,
                                   &arena, &message, &err))
                    fail_msg("%s: %s", names[i], err.text);
                assert_prints(message, NULL, text);
                cvn_types_free(types);
            }
        }
    }
}

static void test_a_long_path_is_cut(void **state)
{
    char *text = nested_text(60, "{\"recursive\":", "{\"optionalInt32\":\"x\"}", "}");
    cvn_json_cases_refuse("AllTypes", text, "recursive.recursive.recursive");
    free(text);
    static char key[4096];
    memset(key, 'k', sizeof key - 1);
    static char object[5000];
    (void)snprintf(object, sizeof object, "{\"%s\":1}", key);
    cvn_json_cases_refuse("AllTypes", object, "kkkk is not a field of convene.test.AllTypes");
    /* Cut between characters, of which each is two bytes. */
    for (int odd = 0; odd < 2; odd++) {
        for (size_t i = 0; i + 2 < sizeof key; i += 2)
            memcpy(key + odd + i, "\u00e9", 2);
        (void)snprintf(object, sizeof object, "{\"%s\":1}", key);
        cvn_json_cases_refuse("AllTypes", object, "\u00e9 is not a field of");
        key[0] = 'k';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pretty_print),
        cmocka_unit_test(test_original_names_and_enum_numbers),
        cmocka_unit_test(test_defaults_are_printed_where_asked),
        cmocka_unit_test(test_minus_zero_is_not_left_out),
        cmocka_unit_test(test_text_that_is_not_utf8_is_not_printed),
        cmocka_unit_test(test_of_entries_with_one_key_the_last_is_printed),
        cmocka_unit_test(test_messages_nest_up_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_skipped_text_nests_up_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_values_nest_as_deep_as_can_be_unpacked),
        cmocka_unit_test(test_a_message_nested_too_deep_is_not_printed),
        cmocka_unit_test(test_unpack_up_to_the_depth_and_not_beyond),
        cmocka_unit_test(test_parse_and_print_with_little_memory),
        cmocka_unit_test(test_an_any_without_a_pool_is_refused),
        cmocka_unit_test(test_an_any_of_other_bytes_is_not_printed),
        cmocka_unit_test(test_types_that_only_have_a_well_known_name_are_ordinary),
        cmocka_unit_test(test_a_long_path_is_cut),
    };
    return cmocka_run_group_tests_name("json_limits", tests, cvn_json_cases_setup,
                                       cvn_json_cases_teardown);
}
