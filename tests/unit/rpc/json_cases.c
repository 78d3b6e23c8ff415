#include "json_cases.h"

#include "all_types.pb-c.h"
#include "rpc/message.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/types/types_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CAP_BYTES = 32 << 20 };

static struct cvn_types *pool; /* the tests' only global: cmocka's state does not reach here */

int cvn_json_cases_setup(void **state)
{
    return cvn_types_new_of_set(cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes),
                                CAP_BYTES, &pool, NULL);
}

int cvn_json_cases_teardown(void **state)
{
    cvn_types_free(pool);
    return 0;
}

const struct cvn_types *cvn_json_cases_types(void)
{
    return pool;
}

static const ProtobufCMessageDescriptor *type_of(const char *message)
{
    char name[128];
    if (strncmp(message, "google.", 7) == 0)
        return cvn_types_message(pool, message);
    (void)snprintf(name, sizeof name, "convene.test.%s", message);
    const ProtobufCMessageDescriptor *type = cvn_types_message(pool, name);
    assert_non_null(type);
    return type;
}

static ProtobufCMessage *parse(const ProtobufCMessageDescriptor *type, struct cvn_slice text,
                               const struct cvn_json_options *options, struct cvn_arena *arena)
{
    struct cvn_error err = {""};
    ProtobufCMessage *message = NULL;
    if (cvn_json_parse(type, text, options, arena, &message, &err))
        fail_msg("%.*s: %s", (int)text.len, (const char *)text.data, err.text);
    assert_true(protobuf_c_message_check(message));
    return message;
}

static struct cvn_slice print(const ProtobufCMessage *message,
                              const struct cvn_json_options *options, struct cvn_arena *arena)
{
    struct cvn_error err = {""};
    struct cvn_slice text = {0};
    if (cvn_json_print(message, options, arena, &text, &err))
        fail_msg("printing: %s", err.text);
    assert_int_equal(((const char *)text.data)[text.len], '\0');
    return text;
}

static ProtobufCMessage *over_the_wire(const ProtobufCMessage *message,
                                       const ProtobufCMessageDescriptor *type,
                                       struct cvn_arena *arena)
{
    struct cvn_slice bytes;
    ProtobufCMessage *other = NULL;
    assert_int_equal(cvn_message_pack(message, arena, &bytes), 0);
    assert_int_equal(cvn_message_unpack(type, arena, bytes, &other), 0);
    return other;
}

void cvn_json_cases_accept(const char *message, const char *text, const char *expected,
                           const struct cvn_json_options *options)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_json_options plain = {.types = pool};
    const ProtobufCMessageDescriptor *built = type_of(message);
    const ProtobufCMessageDescriptor *compiled =
        strcmp(message, "AllTypes") == 0 ? &convene__test__all_types__descriptor : built;
    options = options ? options : &plain;
    expected = expected ? expected : text;
    const ProtobufCMessageDescriptor *types[] = {built, compiled};
    for (int i = 0; i < 2; i++) {
        ProtobufCMessage *read = parse(types[i], cvn_slice_of_string(text), options, &arena);
        struct cvn_slice printed = print(read, options, &arena);
        assert_string_equal(printed.data, expected);
        ProtobufCMessage *again = parse(types[i], printed, options, &arena);
        assert_string_equal(print(again, options, &arena).data, expected);
        ProtobufCMessage *other = over_the_wire(read, types[1 - i], &arena);
        assert_string_equal(print(other, options, &arena).data, expected);
    }
}

void cvn_json_cases_refuse(const char *message, const char *text, const char *part)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_json_options options = {.types = pool};
    struct cvn_error err = {""};
    ProtobufCMessage *read = NULL;
    int r =
        cvn_json_parse(type_of(message), cvn_slice_of_string(text), &options, &arena, &read, &err);
    if (r != -EINVAL)
        fail_msg("%s is accepted", text);
    assert_null(read);
    if (!strstr(err.text, part))
        fail_msg("for %s: \"%s\" does not say \"%s\"", text, err.text, part);
}
