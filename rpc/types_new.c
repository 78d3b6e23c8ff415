/* What descriptors of either kind, built and compiled, are asked alike. */
#include "rpc/types_build.h"

size_t cvn_types_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

static void set_default(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *member = (char *)message + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        *(const void **)member = field->default_value;
    else
        memcpy(member, field->default_value, cvn_types_value_size(field->type));
}

ProtobufCMessage *cvn_types_new_message(const ProtobufCMessageDescriptor *type,
                                        struct cvn_arena *arena)
{
    ProtobufCMessage *message = cvn_arena_alloc(arena, type->sizeof_message);
    if (!message)
        return NULL;
    if (type->message_init) {
        type->message_init(message);
        return message;
    }
    message->descriptor = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->default_value && field->label != PROTOBUF_C_LABEL_REPEATED &&
            !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
            set_default(message, field);
    }
    return message;
}

/* Whether rest is the camel case of field and "Entry", as protoc names the entries of a map. */
static bool is_entry_name(const char *rest, const char *field)
{
    bool upper = true;
    for (; *field; field++) {
        if (*field == '_') {
            upper = true;
            continue;
        }
        char c = upper && *field >= 'a' && *field <= 'z' ? (char)(*field - 'a' + 'A') : *field;
        if (*rest++ != c)
            return false;
        upper = false;
    }
    return strcmp(rest, "Entry") == 0;
}

static bool is_compiled_entry(const ProtobufCMessageDescriptor *type,
                              const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t len = strlen(type->name);
    if (entry->n_fields != 2 || entry->fields[0].id != 1 || entry->fields[1].id != 2 ||
        strcmp(entry->fields[0].name, "key") != 0 || strcmp(entry->fields[1].name, "value") != 0)
        return false;
    for (unsigned i = 0; i < 2; i++)
        if (entry->fields[i].label == PROTOBUF_C_LABEL_REPEATED ||
            entry->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            return false;
    return strncmp(entry->name, type->name, len) == 0 && entry->name[len] == '.' &&
           is_entry_name(entry->name + len + 1, field->name);
}

bool cvn_types_is_map(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label != PROTOBUF_C_LABEL_REPEATED)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    const struct cvn_types_built_message *built = entry->reserved1;
    return built ? built->map_entry : is_compiled_entry(type, field);
}

const char *cvn_types_json_name(const ProtobufCFieldDescriptor *field)
{
    return field->reserved2;
}
