#include "all_types.pb-c.h"
#include "descriptors.h"
#include "rpc/message.h"
#include "rpc/types.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/types/types_set.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { CAP_BYTES = 16 << 20 };

static struct cvn_types *load(void)
{
    struct cvn_error err = {""};
    struct cvn_types *types = NULL;
    int r = cvn_types_new_of_set(cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes),
                                 CAP_BYTES, &types, &err);
    if (r)
        fail_msg("%s", err.text);
    return types;
}

static void assert_same_field(const ProtobufCFieldDescriptor *built,
                              const ProtobufCFieldDescriptor *compiled)
{
    assert_string_equal(built->name, compiled->name);
    assert_int_equal(built->id, compiled->id);
    assert_int_equal(built->label, compiled->label);
    assert_int_equal(built->type, compiled->type);
    assert_int_equal(built->flags, compiled->flags);
    assert_int_equal(!built->quantifier_offset, !compiled->quantifier_offset);
    assert_int_equal(!built->descriptor, !compiled->descriptor);
    if (!(built->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && built->label != PROTOBUF_C_LABEL_REPEATED)
        assert_int_equal(!built->default_value, !compiled->default_value);
}

static void assert_same_type(const ProtobufCMessageDescriptor *built,
                             const ProtobufCMessageDescriptor *compiled)
{
    assert_non_null(built);
    assert_int_equal(built->magic, compiled->magic);
    assert_string_equal(built->name, compiled->name);
    assert_string_equal(built->short_name, compiled->short_name);
    assert_string_equal(built->package_name, compiled->package_name);
    assert_int_equal(built->sizeof_message, compiled->sizeof_message);
    assert_int_equal(built->n_fields, compiled->n_fields);
    assert_int_equal(built->n_field_ranges, compiled->n_field_ranges);
    for (unsigned i = 0; i < built->n_fields; i++) {
        assert_same_field(&built->fields[i], &compiled->fields[i]);
        assert_int_equal(built->fields_sorted_by_name[i], compiled->fields_sorted_by_name[i]);
    }
    for (unsigned i = 0; i <= built->n_field_ranges && built->n_fields > 0; i++)
        assert_memory_equal(&built->field_ranges[i], &compiled->field_ranges[i],
                            sizeof *built->field_ranges);
}

static void test_built_types_are_as_protoc_c_makes_them(void **state)
{
    struct cvn_types *types = load();
    static const ProtobufCMessageDescriptor *const compiled[] = {
        &convene__test__all_types__descriptor,
        &convene__test__all_types__nested__descriptor,
        &convene__test__all_types__map_bool_bool_entry__descriptor,
        &convene__test__all_types__map_string_nested_entry__descriptor,
        &convene__test__no_map__descriptor,
        &google__protobuf__any__descriptor,
        &google__protobuf__empty__descriptor,
        &google__protobuf__struct__descriptor,
        &google__protobuf__value__descriptor,
        &google__protobuf__double_value__descriptor,
    };
    for (size_t i = 0; i < sizeof compiled / sizeof *compiled; i++)
        assert_same_type(cvn_types_message(types, compiled[i]->name), compiled[i]);
    cvn_types_free(types);
}

static void test_built_enums_are_as_protoc_c_makes_them(void **state)
{
    struct cvn_types *types = load();
    const ProtobufCEnumDescriptor *compiled = &convene__test__colour__descriptor;
    const ProtobufCEnumDescriptor *built = cvn_types_enum(types, compiled->name);
    assert_non_null(built);
    assert_int_equal(built->n_values, compiled->n_values);
    assert_int_equal(built->n_value_names, compiled->n_value_names);
    assert_int_equal(built->n_value_ranges, compiled->n_value_ranges);
    for (unsigned i = 0; i < built->n_values; i++) {
        assert_string_equal(built->values[i].name, compiled->values[i].name);
        assert_int_equal(built->values[i].value, compiled->values[i].value);
    }
    for (unsigned i = 0; i < built->n_value_names; i++) {
        assert_string_equal(built->values_by_name[i].name, compiled->values_by_name[i].name);
        assert_int_equal(built->values_by_name[i].index, compiled->values_by_name[i].index);
    }
    assert_string_equal(protobuf_c_enum_descriptor_get_value_by_name(built, "CRIMSON")->name,
                        "RED");
    cvn_types_free(types);
}

/* A message with something in every kind of field. */
static void fill(Convene__Test__AllTypes *all, Convene__Test__AllTypes__Nested *nested)
{
    static int32_t numbers[] = {1, -2, INT32_MAX};
    static char *strings[] = {"", "b"};
    static ProtobufCBinaryData blobs[] = {{2, (uint8_t *)"\0x"}, {0, NULL}};
    static Convene__Test__AllTypes__MapStringNestedEntry entry =
        CONVENE__TEST__ALL_TYPES__MAP_STRING_NESTED_ENTRY__INIT;
    static Convene__Test__AllTypes__MapStringNestedEntry *entries[] = {&entry};
    nested->a = 7;
    entry.key = "k";
    entry.value = nested;
    all->optional_int32 = INT32_MIN;
    all->optional_uint64 = UINT64_MAX;
    all->optional_sint64 = INT64_MIN;
    all->optional_fixed32 = 5;
    all->optional_sfixed64 = -5;
    all->optional_float = 0.25F;
    all->optional_double = -1e300;
    all->optional_bool = 1;
    all->optional_string = "Łódź";
    all->optional_bytes = blobs[0];
    all->optional_nested = nested;
    all->optional_colour = CONVENE__TEST__COLOUR__FAR;
    all->n_repeated_int32 = 3;
    all->repeated_int32 = numbers;
    all->n_unpacked_int32 = 3;
    all->unpacked_int32 = numbers;
    all->n_repeated_string = 2;
    all->repeated_string = strings;
    all->n_repeated_bytes = 2;
    all->repeated_bytes = blobs;
    all->n_map_string_nested = 1;
    all->map_string_nested = entries;
    all->choice_case = CONVENE__TEST__ALL_TYPES__CHOICE_CHOICE_STRING;
    all->choice_string = "chosen";
}

static void test_messages_of_built_and_compiled_types_have_the_same_bytes(void **state)
{
    struct cvn_types *types = load();
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    Convene__Test__AllTypes all = CONVENE__TEST__ALL_TYPES__INIT;
    Convene__Test__AllTypes__Nested nested = CONVENE__TEST__ALL_TYPES__NESTED__INIT;
    fill(&all, &nested);
    struct cvn_slice compiled, built;
    assert_int_equal(cvn_message_pack(&all.base, &arena, &compiled), 0);
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *type = cvn_types_message(types, "convene.test.AllTypes");
    assert_int_equal(cvn_message_unpack(type, &arena, compiled, &message), 0);
    assert_ptr_equal(message->descriptor, type);
    assert_true(protobuf_c_message_check(message));
    assert_int_equal(cvn_message_pack(message, &arena, &built), 0);
    assert_int_equal(cvn_slice_compare(compiled, built), 0);
    assert_int_equal(message->n_unknown_fields, 0);
    cvn_types_free(types);
}

static const ProtobufCFieldDescriptor *field_of(const struct cvn_types *types, const char *message,
                                                const char *field)
{
    const ProtobufCMessageDescriptor *type = cvn_types_message(types, message);
    assert_non_null(type);
    const ProtobufCFieldDescriptor *found =
        protobuf_c_message_descriptor_get_field_by_name(type, field);
    assert_non_null(found);
    return found;
}

static void test_proto3_optional_has_a_flag_and_no_oneof(void **state)
{
    struct cvn_types *types = load();
    const ProtobufCFieldDescriptor *count = field_of(types, "convene.test.Modern", "count");
    assert_int_equal(count->label, PROTOBUF_C_LABEL_OPTIONAL);
    assert_int_equal(count->flags, 0);
    assert_true(count->quantifier_offset > 0);
    const ProtobufCFieldDescriptor *title = field_of(types, "convene.test.Modern", "title");
    assert_null(title->default_value);
    assert_int_equal(title->quantifier_offset, 0);
    cvn_types_free(types);
}

static void test_proto3_optional_zero_is_kept_on_the_wire(void **state)
{
    struct cvn_types *types = load();
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    static const char zeros[] = "\x08\x00\x12\x00\x1a\x00"; /* count, title, blob: all empty */
    ProtobufCMessage *message = NULL;
    struct cvn_slice packed;
    assert_int_equal(cvn_message_unpack(cvn_types_message(types, "convene.test.Modern"), &arena,
                                        cvn_slice(zeros, sizeof zeros - 1), &message),
                     0);
    assert_int_equal(cvn_message_pack(message, &arena, &packed), 0);
    assert_int_equal(packed.len, sizeof zeros - 1);
    assert_memory_equal(packed.data, zeros, packed.len);
    cvn_types_free(types);
}

static void test_json_names_are_kept_where_they_are_unusual(void **state)
{
    struct cvn_types *types = load();
    assert_string_equal(
        cvn_types_json_name(field_of(types, "convene.test.Modern", "renamed_field")), "otherName");
    assert_null(cvn_types_json_name(field_of(types, "convene.test.Modern", "count")));
    assert_null(cvn_types_json_name(&convene__test__all_types__descriptor.fields[0]));
    cvn_types_free(types);
}

static const void *default_of(const struct cvn_types *types, const char *field)
{
    return field_of(types, "convene.test.old.Old", field)->default_value;
}

static void test_defaults_of_proto2_are_read(void **state)
{
    struct cvn_types *types = load();
    assert_null(default_of(types, "name"));
    assert_int_equal(*(const int32_t *)default_of(types, "whole"), -42);
    assert_true(*(const uint64_t *)default_of(types, "large") == UINT64_MAX);
    assert_true(*(const int64_t *)default_of(types, "low") == INT64_MIN);
    assert_true(isinf(*(const double *)default_of(types, "real")));
    assert_true(*(const float *)default_of(types, "small") == 1.5e-3F);
    assert_int_equal(*(const protobuf_c_boolean *)default_of(types, "yes"), 1);
    assert_string_equal(default_of(types, "text"), "caf\xc3\xa9 \"x\"\n");
    const ProtobufCBinaryData *raw = default_of(types, "raw");
    assert_int_equal(raw->len, 5);
    assert_memory_equal(raw->data, "a\0\xff\n\\", 5);
    assert_int_equal(*(const int32_t *)default_of(types, "level"), 7);
    assert_int_equal(*(const int32_t *)default_of(types, "first"), 3);
    assert_null(default_of(types, "left"));
    cvn_types_free(types);
}

static void test_a_new_message_holds_the_defaults(void **state)
{
    struct cvn_types *types = load();
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const ProtobufCMessageDescriptor *type = cvn_types_message(types, "convene.test.old.Old");
    ProtobufCMessage *message = cvn_types_new_message(type, &arena);
    const char *text =
        *(const char *const *)((const char *)message + field_of(types, type->name, "text")->offset);
    assert_ptr_equal(text, default_of(types, "text"));
    ProtobufCMessage *compiled =
        cvn_types_new_message(&convene__test__all_types__descriptor, &arena);
    assert_ptr_equal(compiled->descriptor, &convene__test__all_types__descriptor);
    CVN_ARENA_AUTO spent;
    cvn_arena_init(&spent, 16);
    assert_null(cvn_types_new_message(type, &spent));
    cvn_types_free(types);
}

static void test_unpack_without_a_required_field_is_refused(void **state)
{
    struct cvn_types *types = load();
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *type = cvn_types_message(types, "convene.test.old.Old");
    assert_int_equal(cvn_message_unpack(type, &arena, cvn_slice("\x10\x01", 2), &message),
                     -EBADMSG);
    assert_int_equal(cvn_message_unpack(type, &arena, cvn_slice("\x0a\x00", 2), &message), 0);
    cvn_types_free(types);
}

static void test_packed_is_as_the_syntax_and_the_option_say(void **state)
{
    struct cvn_types *types = load();
    const uint32_t packed = PROTOBUF_C_FIELD_FLAG_PACKED;
    assert_false(field_of(types, "convene.test.old.Old", "loose")->flags & packed);
    assert_true(field_of(types, "convene.test.old.Old", "packed")->flags & packed);
    assert_true(field_of(types, "convene.test.AllTypes", "repeated_int32")->flags & packed);
    assert_false(field_of(types, "convene.test.AllTypes", "unpacked_int32")->flags & packed);
    assert_false(field_of(types, "convene.test.AllTypes", "repeated_string")->flags & packed);
    cvn_types_free(types);
}

static void test_maps_are_told_from_messages_that_look_alike(void **state)
{
    struct cvn_types *types = load();
    const ProtobufCMessageDescriptor *built[] = {cvn_types_message(types, "convene.test.AllTypes"),
                                                 cvn_types_message(types, "convene.test.NoMap")};
    const ProtobufCMessageDescriptor *compiled[] = {&convene__test__all_types__descriptor,
                                                    &convene__test__no_map__descriptor};
    unsigned n_maps = 0;
    for (unsigned t = 0; t < 2; t++) {
        for (unsigned i = 0; i < built[t]->n_fields; i++) {
            bool is_map = cvn_types_is_map(built[t], &built[t]->fields[i]);
            assert_int_equal(is_map, cvn_types_is_map(compiled[t], &compiled[t]->fields[i]));
            assert_int_equal(is_map, strncmp(built[t]->fields[i].name, "map_", 4) == 0);
            n_maps += is_map;
        }
    }
    assert_int_equal(n_maps, 9);
    cvn_types_free(types);
}

static void test_methods_tell_their_streams_and_types(void **state)
{
    struct cvn_types *types = load();
    const struct cvn_types_service *paint = cvn_types_service(types, "convene.test.Paint");
    assert_non_null(paint);
    assert_int_equal(paint->n_methods, 4);
    assert_string_equal(paint->file->name, "all_types.proto");
    const struct cvn_types_method *watch = cvn_types_method(types, "/convene.test.Paint/Watch");
    assert_ptr_equal(watch, &paint->methods[1]);
    assert_ptr_equal(watch, cvn_types_method(types, "convene.test.Paint.Watch"));
    assert_ptr_equal(watch, cvn_types_method(types, "convene.test.Paint/Watch"));
    assert_true(watch->server_streaming && !watch->client_streaming);
    const struct cvn_types_method *collect = &paint->methods[2];
    assert_true(collect->client_streaming && !collect->server_streaming);
    assert_ptr_equal(collect->input, cvn_types_message(types, "convene.test.AllTypes"));
    assert_ptr_equal(collect->output, cvn_types_message(types, "convene.test.NoMap"));
    assert_true(paint->methods[3].client_streaming && paint->methods[3].server_streaming);
    assert_null(cvn_types_method(types, "convene.test.Paint/Dry"));
    assert_null(cvn_types_method(types, "convene.test.Paint"));
    cvn_types_free(types);
}

static void test_the_embedded_contract_is_a_pool(void **state)
{
    struct cvn_types *types = NULL;
    struct cvn_error err = {""};
    int r = cvn_types_new_of_set(cvn_slice(cvn_descriptor_set, cvn_descriptor_set_size_bytes),
                                 CAP_BYTES, &types, &err);
    if (r)
        fail_msg("%s", err.text);
    const char *last = "";
    size_t n = 0;
    for (const struct cvn_types_service *s; (s = cvn_types_service_at(types, n)); n++) {
        assert_true(strcmp(last, s->full_name) < 0);
        last = s->full_name;
    }
    assert_true(n >= 5);
    assert_non_null(cvn_types_method(types, "convene.events.v1.EventService/ListEvents"));
    cvn_types_free(types);
}

static void test_the_file_of_a_symbol_is_found(void **state)
{
    struct cvn_types *types = load();
    static const char *const of_all[] = {
        "convene.test.AllTypes",
        "convene.test.AllTypes.Nested",
        "convene.test.AllTypes.choice",
        "convene.test.AllTypes.optional_int32",
        "convene.test.RED",
        "convene.test.AllTypes.LARGE",
        "convene.test.Colour",
        "convene.test.Paint",
        "convene.test.Paint.Chat",
    };
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
        assert_ptr_equal(cvn_types_file_of_symbol(types, of_all[i]),
                         cvn_types_file(types, "all_types.proto"));
    assert_ptr_equal(cvn_types_file_of_symbol(types, "convene.test.old.Holder.held"),
                     cvn_types_file(types, "old.proto"));
    assert_null(cvn_types_file_of_symbol(types, "convene.test"));
    assert_null(cvn_types_file_of_symbol(types, "convene.test.Gone"));
    assert_null(cvn_types_file(types, "gone.proto"));
    cvn_types_free(types);
}

static void test_extensions_are_found_by_number(void **state)
{
    struct cvn_types *types = load();
    int32_t numbers[2];
    assert_int_equal(cvn_types_extensions(types, "convene.test.old.Old", numbers, 2), 3);
    assert_int_equal(numbers[0], 101);
    assert_int_equal(numbers[1], 120);
    assert_non_null(cvn_types_file_of_extension(types, "convene.test.old.Old", 150));
    assert_null(cvn_types_file_of_extension(types, "convene.test.old.Old", 151));
    assert_null(cvn_types_file_of_extension(types, "convene.test.Modern", 150));
    cvn_types_free(types);
}

static void test_a_closure_begins_with_the_file_and_lists_each_once(void **state)
{
    struct cvn_types *types = load();
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_types_file *const *files = NULL;
    size_t n = 0;
    const struct cvn_types_file *modern = cvn_types_file(types, "modern.proto");
    assert_int_equal(cvn_types_closure(types, modern, &arena, &files, &n), 0);
    assert_int_equal(n, 9);
    assert_ptr_equal(files[0], modern);
    assert_string_equal(files[1]->name, "all_types.proto");
    struct cvn_slice bytes[16];
    for (size_t i = 0; i < n; i++)
        bytes[i] = files[n - 1 - i]->bytes;
    bytes[n] = bytes[0]; /* a file twice, as a foreign server may send it */
    struct cvn_types *again = NULL;
    assert_int_equal(cvn_types_new_of_files(bytes, n + 1, CAP_BYTES, &again, NULL), 0);
    assert_null(cvn_types_file_at(again, n));
    assert_non_null(cvn_types_message(again, "convene.test.Modern"));
    assert_null(cvn_types_message(again, "convene.test.old.Old"));
    cvn_types_free(again);
    cvn_types_free(types);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_types_are_as_protoc_c_makes_them),
        cmocka_unit_test(test_built_enums_are_as_protoc_c_makes_them),
        cmocka_unit_test(test_messages_of_built_and_compiled_types_have_the_same_bytes),
        cmocka_unit_test(test_proto3_optional_has_a_flag_and_no_oneof),
        cmocka_unit_test(test_proto3_optional_zero_is_kept_on_the_wire),
        cmocka_unit_test(test_json_names_are_kept_where_they_are_unusual),
        cmocka_unit_test(test_defaults_of_proto2_are_read),
        cmocka_unit_test(test_a_new_message_holds_the_defaults),
        cmocka_unit_test(test_unpack_without_a_required_field_is_refused),
        cmocka_unit_test(test_packed_is_as_the_syntax_and_the_option_say),
        cmocka_unit_test(test_maps_are_told_from_messages_that_look_alike),
        cmocka_unit_test(test_methods_tell_their_streams_and_types),
        cmocka_unit_test(test_the_embedded_contract_is_a_pool),
        cmocka_unit_test(test_the_file_of_a_symbol_is_found),
        cmocka_unit_test(test_extensions_are_found_by_number),
        cmocka_unit_test(test_a_closure_begins_with_the_file_and_lists_each_once),
    };
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
