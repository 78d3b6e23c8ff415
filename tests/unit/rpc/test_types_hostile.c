/* Files that protoc would refuse, as a hostile server's reflection may send them. */
#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/message.h"
#include "rpc/types.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/types/types_set.h"

#include <errno.h>
#include <string.h>

enum { CAP_BYTES = 16 << 20 };

static int build(Google__Protobuf__FileDescriptorProto *const *files, size_t n,
                 struct cvn_error *err)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SIZE_MAX);
    struct cvn_slice *bytes = cvn_arena_alloc_array(&arena, n, sizeof *bytes);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(cvn_message_pack(&files[i]->base, &arena, &bytes[i]), 0);
    struct cvn_types *types = NULL;
    int r = cvn_types_new_of_files(bytes, n, CVN_TYPES_CAP_BYTES, &types, err);
    cvn_types_free(types);
    return r;
}

static void assert_refused(Google__Protobuf__FileDescriptorProto *file, const char *why)
{
    struct cvn_error err = {""};
    assert_int_equal(build(&file, 1, &err), -EINVAL);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void assert_built(Google__Protobuf__FileDescriptorProto *file)
{
    struct cvn_error err = {""};
    if (build(&file, 1, &err))
        fail_msg("%s", err.text);
}

/* A file with message M of the fields given; field names and numbers are set by the tests. */
struct small {
    Google__Protobuf__FileDescriptorProto file;
    Google__Protobuf__DescriptorProto message;
    Google__Protobuf__FieldDescriptorProto fields[3];
    Google__Protobuf__DescriptorProto *messages[1];
    Google__Protobuf__FieldDescriptorProto *list[3];
};

static Google__Protobuf__FileDescriptorProto *small_file(struct small *small, size_t n_fields)
{
    static char *const names[] = {"a", "b", "c"};
    google__protobuf__file_descriptor_proto__init(&small->file);
    google__protobuf__descriptor_proto__init(&small->message);
    small->file.name = "small.proto";
    small->file.syntax = "proto3";
    small->file.n_message_type = 1;
    small->file.message_type = small->messages;
    small->messages[0] = &small->message;
    small->message.name = "M";
    small->message.n_field = n_fields;
    small->message.field = small->list;
    for (size_t i = 0; i < n_fields; i++) {
        Google__Protobuf__FieldDescriptorProto *field = small->list[i] = &small->fields[i];
        google__protobuf__field_descriptor_proto__init(field);
        field->name = names[i];
        field->has_number = field->has_type = field->has_label = 1;
        field->number = (int32_t)i + 1;
        field->type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32;
        field->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    }
    return &small->file;
}

static void test_duplicate_numbers_and_names_are_refused(void **state)
{
    struct small small;
    assert_built(small_file(&small, 3));
    small.fields[2].number = 1;
    assert_refused(&small.file, "field M.");
    small_file(&small, 3);
    small.fields[2].name = "a";
    assert_refused(&small.file, "the name M.a is declared twice");
}

static void test_numbers_at_the_bounds(void **state)
{
    static const struct {
        int32_t number;
        bool good;
    } cases[] = {{0, false},
                 {1, true},
                 {-1, false},
                 {18999, true},
                 {19000, false},
                 {19999, false},
                 {20000, true},
                 {CVN_TYPES_FIELD_NUMBER_MAX, true},
                 {CVN_TYPES_FIELD_NUMBER_MAX + 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct small small;
        small_file(&small, 1)->syntax = NULL;
        small.fields[0].number = cases[i].number;
        if (cases[i].good)
            assert_built(&small.file);
        else
            assert_refused(&small.file, "has a number");
    }
}

static void test_bad_names_are_refused(void **state)
{
    static char *const bad[] = {"", "1a", "a b", "a.b", "a\x1b[31m", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct small small;
        small_file(&small, 1);
        small.fields[0].name = bad[i];
        assert_refused(&small.file, "a name declared in M");
        small_file(&small, 1);
        small.message.name = bad[i];
        assert_refused(&small.file, "a name declared in small.proto");
    }
    static char *const packages[] = {"a..b", ".a", "a.", "a b"};
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        struct small small;
        small_file(&small, 1)->package = packages[i];
        assert_refused(&small.file, "the package of file small.proto");
    }
    struct small small;
    small_file(&small, 1)->name = "a\nb";
    assert_refused(&small.file, "a file's name");
    small_file(&small, 1)->name = NULL;
    assert_refused(&small.file, "a file's name");
}

static void test_a_name_at_the_longest_length(void **state)
{
    char name[CVN_TYPES_NAME_BYTES_MAX + 1];
    memset(name, 'x', sizeof name);
    name[CVN_TYPES_NAME_BYTES_MAX - 2] = '\0'; /* "M." goes before it */
    struct small small;
    small_file(&small, 1)->syntax = "proto2";
    small.fields[0].name = name;
    assert_built(&small.file);
    name[CVN_TYPES_NAME_BYTES_MAX - 2] = 'x';
    name[CVN_TYPES_NAME_BYTES_MAX - 1] = '\0';
    assert_refused(&small.file, "more than 512 bytes");
}

static void test_a_file_name_at_the_longest_length(void **state)
{
    char name[CVN_TYPES_FILE_NAME_BYTES_MAX + 2] = "";
    struct small small;
    memset(name, 'x', CVN_TYPES_FILE_NAME_BYTES_MAX);
    small_file(&small, 1)->name = name;
    assert_built(&small.file);
    name[CVN_TYPES_FILE_NAME_BYTES_MAX] = 'x';
    assert_refused(&small.file, "a file's name is not a line of 1 to 200 bytes");
}

static void test_unresolved_and_wrong_types_are_refused(void **state)
{
    struct small small;
    small_file(&small, 1);
    small.fields[0].type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE;
    assert_refused(&small.file, "a type that no file declares");
    small.fields[0].type_name = ".gone.N";
    assert_refused(&small.file, "a type that no file declares");
    small.fields[0].type_name = ".M.a";
    assert_refused(&small.file, "a type that no file declares");
    small.fields[0].type_name = ".M";
    assert_built(&small.file);
    small.fields[0].type_name = "M";
    assert_built(&small.file);
    small.fields[0].has_type = 0;
    assert_built(&small.file);
    small.fields[0].has_type = 1;
    small.fields[0].type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM;
    assert_refused(&small.file, "names a message for an enum");
    small.fields[0].type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP;
    assert_refused(&small.file, "is a group");
    small.fields[0].type = (Google__Protobuf__FieldDescriptorProto__Type)19;
    assert_refused(&small.file, "of a type unknown here");
}

static void test_labels_that_proto3_has_not_are_refused(void **state)
{
    struct small small;
    small_file(&small, 1);
    small.fields[0].label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
    assert_refused(&small.file, "is required");
    small.file.syntax = "proto2";
    assert_built(&small.file);
    small.fields[0].label = (Google__Protobuf__FieldDescriptorProto__Label)4;
    assert_refused(&small.file, "neither single nor repeated");
    small_file(&small, 1)->syntax = "editions";
    assert_refused(&small.file, "neither proto2 nor proto3");
}

static void test_a_oneof_that_is_not_declared_is_refused(void **state)
{
    struct small small;
    Google__Protobuf__OneofDescriptorProto one = GOOGLE__PROTOBUF__ONEOF_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__OneofDescriptorProto *list[] = {&one, &one};
    one.name = "one";
    small_file(&small, 1);
    small.message.n_oneof_decl = 1;
    small.message.oneof_decl = list;
    small.fields[0].has_oneof_index = 1;
    assert_built(&small.file);
    small.fields[0].oneof_index = 1;
    assert_refused(&small.file, "a oneof that is not declared");
    small.fields[0].oneof_index = -1;
    assert_refused(&small.file, "a oneof that is not declared");
    small.fields[0].oneof_index = 0;
    small.fields[0].label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    assert_refused(&small.file, "repeated or required in a oneof");
}

static void test_defaults_that_are_no_value_are_refused(void **state)
{
    static const struct {
        int type;
        char *text;
    } bad[] = {
        {5, "2147483648"},
        {5, ""},
        {5, "1x"},
        {13, "-1"},
        {13, "4294967296"},
        {3, "9223372036854775808"},
        {4, "18446744073709551616"},
        {1, "one"},
        {8, "TRUE"},
        {12, "\\"},
        {12, "\\x"},
        {12, "\\777"},
        {12, "\\q"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct small small;
        small_file(&small, 1)->syntax = NULL;
        small.fields[0].type = (Google__Protobuf__FieldDescriptorProto__Type)bad[i].type;
        small.fields[0].default_value = bad[i].text;
        assert_refused(&small.file, "has a default that is no value of its type");
    }
    struct small small;
    small_file(&small, 1);
    small.fields[0].default_value = "1";
    assert_refused(&small.file, "has a default, which only");
}

static void test_map_entries_of_another_form_are_refused(void **state)
{
    struct small small;
    Google__Protobuf__MessageOptions options = GOOGLE__PROTOBUF__MESSAGE_OPTIONS__INIT;
    options.has_map_entry = options.map_entry = 1;
    small_file(&small, 2);
    small.message.options = &options;
    assert_built(&small.file);
    small.fields[0].type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE;
    assert_refused(&small.file, "not a key and a value");
    small_file(&small, 3);
    small.message.options = &options;
    assert_refused(&small.file, "not a key and a value");
    small_file(&small, 0);
    small.message.options = &options;
    assert_refused(&small.file, "not a key and a value");
}

static void test_enums_are_checked(void **state)
{
    struct small small;
    Google__Protobuf__EnumDescriptorProto type = GOOGLE__PROTOBUF__ENUM_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__EnumDescriptorProto *types[] = {&type};
    Google__Protobuf__EnumValueDescriptorProto
        x = GOOGLE__PROTOBUF__ENUM_VALUE_DESCRIPTOR_PROTO__INIT,
        y = x;
    Google__Protobuf__EnumValueDescriptorProto *values[] = {&x, &y};
    type.name = "E";
    type.value = values;
    x.name = "X";
    y.name = "Y";
    x.has_number = y.has_number = 1;
    y.number = 1;
    small_file(&small, 1);
    small.file.n_enum_type = 1;
    small.file.enum_type = types;
    assert_refused(&small.file, "enum E has 0 values");
    type.n_value = 2;
    assert_built(&small.file);
    y.number = 0;
    assert_refused(&small.file, "gives 0 to two values");
    y.number = 2;
    x.number = 1;
    assert_refused(&small.file, "the first value of enum E is 1");
    small.file.syntax = NULL;
    assert_built(&small.file);
    y.name = "M"; /* a value lies beside its enum, where a message of the name is */
    assert_refused(&small.file, "the name M is declared twice");
}

static void test_imports_that_are_missing_or_cyclic_are_refused(void **state)
{
    struct small one, two;
    char *import_two[] = {"two.proto"}, *import_one[] = {"small.proto"};
    small_file(&one, 1);
    small_file(&two, 1)->name = "two.proto";
    two.message.name = "N";
    one.file.n_dependency = 1;
    one.file.dependency = import_two;
    assert_refused(&one.file, "file small.proto imports a file that is not given: two.proto");
    int32_t weak = 0;
    one.file.n_weak_dependency = 1;
    one.file.weak_dependency = &weak;
    assert_built(&one.file);
    one.file.n_weak_dependency = 0;
    Google__Protobuf__FileDescriptorProto *both[] = {&one.file, &two.file};
    assert_int_equal(build(both, 2, NULL), 0);
    two.file.n_dependency = 1;
    two.file.dependency = import_one;
    struct cvn_error err = {""};
    assert_int_equal(build(both, 2, &err), -EINVAL);
    assert_non_null(strstr(err.text, "imports it again"));
    one.file.dependency = import_one;
    assert_refused(&one.file, "imports it again");
}

static void test_a_file_given_twice_differently_is_refused(void **state)
{
    struct small one, two;
    Google__Protobuf__FileDescriptorProto *both[] = {small_file(&one, 1), small_file(&two, 2)};
    struct cvn_error err = {""};
    assert_int_equal(build(both, 2, &err), -EINVAL);
    assert_string_equal(err.text, "file small.proto is given twice, and not the same");
}

static void test_a_package_and_a_message_of_one_name_are_refused(void **state)
{
    struct small one, two;
    Google__Protobuf__FileDescriptorProto *both[] = {small_file(&one, 1), small_file(&two, 1)};
    two.file.name = "two.proto";
    two.file.package = "p";
    assert_int_equal(build(both, 2, NULL), 0);
    two.file.package = "M.q";
    assert_int_equal(build(both, 2, NULL), -EINVAL);
}

static void test_fields_up_to_the_limit_and_not_beyond(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SIZE_MAX);
    const size_t n = CVN_TYPES_MESSAGE_FIELDS_MAX + 1;
    struct small small;
    small_file(&small, 1);
    small.message.field = cvn_arena_alloc_array(&arena, n, sizeof *small.message.field);
    for (size_t i = 0; i < n; i++) {
        Google__Protobuf__FieldDescriptorProto *field = cvn_arena_alloc(&arena, sizeof *field);
        *field = small.fields[0];
        field->name = cvn_arena_printf(&arena, "f%zu", i);
        field->number = (int32_t)i + 1;
        small.message.field[i] = field;
    }
    small.message.n_field = n - 1;
    assert_built(&small.file);
    small.message.n_field = n;
    assert_refused(&small.file, "message M has 4097 fields, more than 4096");
}

static void test_declarations_nest_up_to_the_limit_and_not_beyond(void **state)
{
    struct small small;
    small_file(&small, 0);
    Google__Protobuf__DescriptorProto inner[CVN_TYPES_NESTING_MAX];
    Google__Protobuf__DescriptorProto *list[CVN_TYPES_NESTING_MAX];
    Google__Protobuf__DescriptorProto *outer = &small.message;
    for (int i = 0; i < CVN_TYPES_NESTING_MAX; i++) {
        google__protobuf__descriptor_proto__init(&inner[i]);
        inner[i].name = "N";
        list[i] = &inner[i];
        outer->nested_type = &list[i];
        if (i < CVN_TYPES_NESTING_MAX - 1)
            outer->n_nested_type = 1;
        outer = &inner[i];
    }
    assert_built(&small.file);
    inner[CVN_TYPES_NESTING_MAX - 2].n_nested_type = 1;
    assert_refused(&small.file, "more than 32 messages deep");
}

static void test_bytes_that_are_no_set_are_refused(void **state)
{
    static const char *const bad[] = {
        "\x0a\x05xyz", "\x0a", "\x12\x00", "x", "\x0a\xff\xff\xff\xff\xff\x01", "\x0a\x01\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cvn_types *types = NULL;
        struct cvn_error err = {""};
        assert_int_equal(cvn_types_new_of_set(cvn_slice_of_string(bad[i]), CAP_BYTES, &types, &err),
                         -EINVAL);
        assert_null(types);
        assert_true(err.text[0] != '\0');
    }
    struct cvn_types *types = NULL;
    assert_int_equal(cvn_types_new_of_set(cvn_slice("", 0), CAP_BYTES, &types, NULL), 0);
    assert_null(cvn_types_message(types, "a"));
    assert_null(cvn_types_file(types, "a"));
    assert_null(cvn_types_service_at(types, 0));
    cvn_types_free(types);
    cvn_types_free(NULL);
}

static void test_bytes_nested_without_end_are_refused(void **state)
{
    /* message_type { nested_type { nested_type { …, deep enough to overflow a stack. */
    enum { DEPTH = 60000 };
    static uint8_t bytes[8 * DEPTH];
    size_t at = sizeof bytes;
    for (int i = 0; i < DEPTH; i++) {
        size_t len = sizeof bytes - at;
        bytes[--at] = (uint8_t)(len >> 14);
        bytes[--at] = (uint8_t)(len >> 7 & 0x7f) | 0x80;
        bytes[--at] = (uint8_t)(len & 0x7f) | 0x80;
        bytes[--at] = i == DEPTH - 1 ? 0x22 : 0x1a;
    }
    struct cvn_slice file = cvn_slice(bytes + at, sizeof bytes - at);
    struct cvn_types *types = NULL;
    assert_int_equal(cvn_types_new_of_files(&file, 1, CVN_TYPES_CAP_BYTES, &types, NULL), -EINVAL);
}

static void test_types_that_need_more_than_the_cap_are_refused(void **state)
{
    struct cvn_slice set = cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes);
    for (size_t cap = 0; cap < 200000; cap += 997) {
        struct cvn_types *types = NULL;
        struct cvn_error err = {""};
        int r = cvn_types_new_of_set(set, cap, &types, &err);
        if (r == 0) {
            assert_true(cap > set.len);
            cvn_types_free(types);
            continue;
        }
        assert_int_equal(r, -ENOMEM);
        assert_null(types);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicate_numbers_and_names_are_refused),
        cmocka_unit_test(test_numbers_at_the_bounds),
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_a_name_at_the_longest_length),
        cmocka_unit_test(test_a_file_name_at_the_longest_length),
        cmocka_unit_test(test_unresolved_and_wrong_types_are_refused),
        cmocka_unit_test(test_labels_that_proto3_has_not_are_refused),
        cmocka_unit_test(test_a_oneof_that_is_not_declared_is_refused),
        cmocka_unit_test(test_defaults_that_are_no_value_are_refused),
        cmocka_unit_test(test_map_entries_of_another_form_are_refused),
        cmocka_unit_test(test_enums_are_checked),
        cmocka_unit_test(test_imports_that_are_missing_or_cyclic_are_refused),
        cmocka_unit_test(test_a_file_given_twice_differently_is_refused),
        cmocka_unit_test(test_a_package_and_a_message_of_one_name_are_refused),
        cmocka_unit_test(test_fields_up_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_declarations_nest_up_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_bytes_that_are_no_set_are_refused),
        cmocka_unit_test(test_bytes_nested_without_end_are_refused),
        cmocka_unit_test(test_types_that_need_more_than_the_cap_are_refused),
    };
    return cmocka_run_group_tests_name("types_hostile", tests, NULL, NULL);
}
