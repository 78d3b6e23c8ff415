#include "rpc/json_field.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { PATH_BYTES = 256 };

static bool has(const ProtobufCMessageDescriptor *type, unsigned number, ProtobufCType field_type)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(type, number);
    return field && field->type == field_type && field->label != PROTOBUF_C_LABEL_REPEATED &&
           !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

static bool has_choice(const ProtobufCMessageDescriptor *type, unsigned number,
                       ProtobufCType field_type)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(type, number);
    return field && field->type == field_type && field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static bool has_list(const ProtobufCMessageDescriptor *type, ProtobufCType field_type,
                     const char *message)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(type, 1);
    if (!field || field->type != field_type || field->label != PROTOBUF_C_LABEL_REPEATED)
        return false;
    return !message ||
           strcmp(((const ProtobufCMessageDescriptor *)field->descriptor)->name, message) == 0;
}

static bool is_value(const ProtobufCMessageDescriptor *type)
{
    return type->n_fields == 6 && has_choice(type, 1, PROTOBUF_C_TYPE_ENUM) &&
           has_choice(type, 2, PROTOBUF_C_TYPE_DOUBLE) &&
           has_choice(type, 3, PROTOBUF_C_TYPE_STRING) &&
           has_choice(type, 4, PROTOBUF_C_TYPE_BOOL) &&
           has_choice(type, 5, PROTOBUF_C_TYPE_MESSAGE) &&
           has_choice(type, 6, PROTOBUF_C_TYPE_MESSAGE);
}

static bool is_struct(const ProtobufCMessageDescriptor *type)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(type, 1);
    if (type->n_fields != 1 || !field || !cvn_types_is_map(type, field))
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    return entry->fields[0].type == PROTOBUF_C_TYPE_STRING &&
           entry->fields[1].type == PROTOBUF_C_TYPE_MESSAGE;
}

static bool is_pair(const ProtobufCMessageDescriptor *type, ProtobufCType first,
                    ProtobufCType second)
{
    return type->n_fields == 2 && has(type, 1, first) && has(type, 2, second);
}

static bool is_wrapper(const char *name, const ProtobufCMessageDescriptor *type)
{
    static const struct {
        const char *name;
        ProtobufCType type;
    } wrappers[] = {
        {"DoubleValue", PROTOBUF_C_TYPE_DOUBLE}, {"FloatValue", PROTOBUF_C_TYPE_FLOAT},
        {"Int64Value", PROTOBUF_C_TYPE_INT64},   {"UInt64Value", PROTOBUF_C_TYPE_UINT64},
        {"Int32Value", PROTOBUF_C_TYPE_INT32},   {"UInt32Value", PROTOBUF_C_TYPE_UINT32},
        {"BoolValue", PROTOBUF_C_TYPE_BOOL},     {"StringValue", PROTOBUF_C_TYPE_STRING},
        {"BytesValue", PROTOBUF_C_TYPE_BYTES},
    };
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
        if (strcmp(name, wrappers[i].name) == 0)
            return type->n_fields == 1 && has(type, 1, wrappers[i].type);
    return false;
}

enum cvn_json_form cvn_json_form_of(const ProtobufCMessageDescriptor *type)
{
    static const char prefix[] = "google.protobuf.";
    if (strncmp(type->name, prefix, sizeof prefix - 1) != 0)
        return CVN_JSON_ORDINARY;
    const char *name = type->name + sizeof prefix - 1;
    if (strcmp(name, "Any") == 0 && is_pair(type, PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES))
        return CVN_JSON_ANY;
    bool time = is_pair(type, PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_INT32);
    if (time && strcmp(name, "Timestamp") == 0)
        return CVN_JSON_TIMESTAMP;
    if (time && strcmp(name, "Duration") == 0)
        return CVN_JSON_DURATION;
    if (strcmp(name, "FieldMask") == 0 && type->n_fields == 1 &&
        has_list(type, PROTOBUF_C_TYPE_STRING, NULL))
        return CVN_JSON_FIELD_MASK;
    if (strcmp(name, "Struct") == 0 && is_struct(type))
        return CVN_JSON_STRUCT;
    if (strcmp(name, "Value") == 0 && is_value(type))
        return CVN_JSON_VALUE;
    if (strcmp(name, "ListValue") == 0 && type->n_fields == 1 &&
        has_list(type, PROTOBUF_C_TYPE_MESSAGE, "google.protobuf.Value"))
        return CVN_JSON_LIST;
    return is_wrapper(name, type) ? CVN_JSON_WRAPPER : CVN_JSON_ORDINARY;
}

bool cvn_json_is_null_value(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_ENUM &&
           strcmp(((const ProtobufCEnumDescriptor *)field->descriptor)->name,
                  "google.protobuf.NullValue") == 0;
}

const ProtobufCFieldDescriptor *cvn_json_field(const ProtobufCMessageDescriptor *type,
                                               unsigned number)
{
    return protobuf_c_message_descriptor_get_field(type, number);
}

void *cvn_json_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)message + field->offset;
}

static void *quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)message + field->quantifier_offset;
}

size_t *cvn_json_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return quantifier(message, field);
}

uint32_t *cvn_json_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return quantifier(message, field);
}

protobuf_c_boolean *cvn_json_flag(const ProtobufCMessage *message,
                                  const ProtobufCFieldDescriptor *field)
{
    return quantifier(message, field);
}

bool cvn_json_has_flag(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0 &&
           !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

void cvn_json_name_of(const ProtobufCFieldDescriptor *field, char name[CVN_JSON_NAME_BYTES])
{
    const char *given = cvn_types_json_name(field);
    if (given)
        (void)snprintf(name, CVN_JSON_NAME_BYTES, "%s", given);
    else
        cvn_json_field_name(field->name, name, CVN_JSON_NAME_BYTES);
}

/* Appends the path to text, outermost first; returns its length so far. Control characters, which a
 * key may hold and a terminal would obey, become '?'. */
static size_t format_path(const struct cvn_json_path *path, char text[PATH_BYTES])
{
    if (!path || !path->up)
        return 0;
    size_t len = format_path(path->up, text), room = PATH_BYTES - len;
    int n = path->name.data ? snprintf(text + len, room, "%s%.*s", len ? "." : "",
                                       path->name.len < room ? (int)path->name.len : (int)room,
                                       (const char *)path->name.data)
                            : snprintf(text + len, room, "[%zu]", path->index);
    size_t end = n < 0 ? len : (size_t)n < room ? len + (size_t)n : PATH_BYTES - 1;
    for (size_t i = len; i < end; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    return end;
}

/* Drops what is left of a character that was cut, because the sentence may become a message. */
static void mend_end(char *text)
{
    size_t len = strlen(text);
    for (int i = 0; i < 3 && len > 0 && !cvn_text_valid(cvn_slice(text, len)); i++)
        text[--len] = '\0';
}

int cvn_json_refuse(struct cvn_error *err, const struct cvn_json_path *path, const char *format,
                    ...)
{
    char where[PATH_BYTES] = "", sentence[CVN_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    (void)format_path(path, where);
    mend_end(where);
    return cvn_error_set(err, -EINVAL, "%s %s", *where ? where : "the message", sentence);
}

/* As protoc's ToJsonName: a letter behind an underscore becomes upper case, the rest stays. */
void cvn_json_field_name(const char *field, char *name, size_t size)
{
    size_t n = 0;
    bool upper = false;
    for (; *field && n + 1 < size; field++) {
        bool lower_letter = *field >= 'a' && *field <= 'z';
        if (*field != '_')
            name[n++] = upper && lower_letter ? (char)(*field - 'a' + 'A') : *field;
        upper = *field == '_';
    }
    name[n] = '\0';
}
