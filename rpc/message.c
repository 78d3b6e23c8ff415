#include "rpc/message.h"

#include "base/text.h"
#include "rpc/allocator.h"

#include <errno.h>
#include <stdio.h>

enum { PATH_BYTES = 256 };

int cvn_message_pack(const ProtobufCMessage *message, struct cvn_arena *arena,
                     struct cvn_slice *ret)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = cvn_arena_alloc(arena, len);
    if (!bytes)
        return -ENOMEM;
    *ret = cvn_slice(bytes, protobuf_c_message_pack(message, bytes));
    return 0;
}

int cvn_message_unpack(const ProtobufCMessageDescriptor *type, struct cvn_arena *arena,
                       struct cvn_slice bytes, ProtobufCMessage **ret)
{
    ProtobufCAllocator allocator = cvn_arena_allocator(arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, bytes.data);
    if (!message)
        return arena->overflowed ? -ENOMEM : -EBADMSG;
    *ret = message;
    return 0;
}

static void check(const ProtobufCMessage *message, struct cvn_problems *problems, const char *path,
                  int depth);

static void check_value(const ProtobufCFieldDescriptor *field, const void *value,
                        struct cvn_problems *problems, const char *path, int depth)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *inner = *(const ProtobufCMessage *const *)value;
        if (inner)
            check(inner, problems, path, depth + 1);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)value;
        if (text && !cvn_text_valid(cvn_slice_of_string(text)))
            cvn_problems_add(problems, path, "is not valid UTF-8; send text in that encoding only");
    }
}

static void check_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        struct cvn_problems *problems, const char *path, int depth)
{
    const char *member = (const char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = *(const size_t *)((const char *)message + field->quantifier_offset);
        const void *const *items = *(const void *const *const *)member;
        char item_path[PATH_BYTES + 24];
        for (size_t i = 0; i < n; i++) {
            (void)snprintf(item_path, sizeof item_path, "%s[%zu]", path, i);
            check_value(field, &items[i], problems, item_path, depth);
        }
        return;
    }
    bool in_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    if (in_oneof &&
        *(const uint32_t *)((const char *)message + field->quantifier_offset) != field->id)
        return;
    check_value(field, member, problems, path, depth);
}

static void check(const ProtobufCMessage *message, struct cvn_problems *problems, const char *path,
                  int depth)
{
    if (depth > CVN_MESSAGE_DEPTH_MAX) {
        cvn_problems_add(problems, path, "is nested deeper than %d messages",
                         CVN_MESSAGE_DEPTH_MAX);
        return;
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
            continue;
        char field_path[PATH_BYTES];
        (void)snprintf(field_path, sizeof field_path, "%s%s%s", path, *path ? "." : "",
                       field->name);
        check_field(message, field, problems, field_path, depth);
    }
}

void cvn_message_check(const ProtobufCMessage *message, struct cvn_problems *problems)
{
    check(message, problems, "", 0);
}
