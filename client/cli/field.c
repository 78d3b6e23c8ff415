#include "client/cli/field.h"

#include "client/cli/values.h"
#include "rpc/types.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PREFIX_BYTES = 64 };

/* What people say, and what the contract says. */
static const struct {
    const char *said;
    const char *meant;
} aliases[] = {
    {"in-person", "offline"},  {"hybrid", "mixed"},    {"organizer", "organiser"},
    {"canceled", "cancelled"}, {"first-come", "auto"},
};

/* "ATTENDANCE_MODE_" for AttendanceMode: buf's rule for names of enum values. */
static size_t enum_prefix_len(const ProtobufCEnumDescriptor *type)
{
    size_t len = 1;
    for (const char *c = type->short_name; *c; c++) {
        len += 1 + (c != type->short_name && isupper((unsigned char)*c));
    }
    return len;
}

static bool enum_name_is(const char *name, const char *text)
{
    for (; *name && *text; name++, text++) {
        char c = *text == '-' || *text == ' ' ? '_' : (char)toupper((unsigned char)*text);
        if (c != *name) {
            return false;
        }
    }
    return !*name && !*text;
}

const char *cvn_field_enum_text(struct cvn_arena *arena, const ProtobufCEnumDescriptor *type,
                                int value)
{
    const ProtobufCEnumValue *named = protobuf_c_enum_descriptor_get_value(type, value);
    if (!named || value == 0) {
        return "";
    }
    char *text = cvn_arena_strdup(arena, named->name + enum_prefix_len(type));
    for (char *c = text; c && *c; c++) {
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    }
    return text ? text : "";
}

static int refuse_enum(const ProtobufCEnumDescriptor *type, const char *text, struct cvn_error *err)
{
    struct cvn_arena arena;
    cvn_arena_init(&arena, 16384);
    char list[256] = "";
    for (unsigned i = 0; i < type->n_values; i++) {
        const char *name = cvn_field_enum_text(&arena, type, type->values[i].value);
        if (*name && strlen(list) + strlen(name) + 3 < sizeof list) {
            strcat(strcat(list, *list ? ", " : ""), name);
        }
    }
    cvn_arena_deinit(&arena);
    return cvn_error_set(err, -EINVAL, "must be one of %s, not \"%.40s\"", list, text);
}

static int read_enum(const ProtobufCEnumDescriptor *type, const char *text, int32_t *ret,
                     struct cvn_error *err)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (strcasecmp(aliases[i].said, text) == 0) {
            text = aliases[i].meant;
        }
    }
    size_t prefix = enum_prefix_len(type);
    for (unsigned i = 0; i < type->n_values; i++) {
        const char *name = type->values[i].name;
        if (type->values[i].value != 0 && strlen(name) > prefix &&
            (enum_name_is(name + prefix, text) || strcmp(name, text) == 0)) {
            *ret = type->values[i].value;
            return 0;
        }
    }
    return refuse_enum(type, text, err);
}

static int read_bool(protobuf_c_boolean *ret, const char *text, struct cvn_error *err)
{
    static const char *const yes[] = {"yes", "true", "1"};
    static const char *const no[] = {"no", "false", "0"};
    for (size_t i = 0; i < 3; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *ret = strcasecmp(text, yes[i]) == 0;
            return 0;
        }
    }
    return cvn_error_set(err, -EINVAL, "must be yes or no, not \"%.40s\"", text);
}

static int read_uint64(uint64_t *ret, const char *text, struct cvn_error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || !isdigit((unsigned char)*text) || errno == ERANGE) {
        return cvn_error_set(err, -EINVAL,
                             "must be a whole number from 0 to 18446744073709551615, not \"%.40s\"",
                             text);
    }
    *ret = value;
    return 0;
}

/* Reads one value into value, where protobuf-c keeps it. */
static int read_value(struct cvn_arena *arena, const ProtobufCFieldDescriptor *field,
                      const char *text, void *value, struct cvn_error *err)
{
    int64_t number = 0;
    int r;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        r = cvn_value_int(&number, text, INT32_MIN, INT32_MAX, err);
        *(int32_t *)value = (int32_t)number;
        return r;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        r = cvn_value_int(&number, text, 0, UINT32_MAX, err);
        *(uint32_t *)value = (uint32_t)number;
        return r;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return cvn_value_int(value, text, INT64_MIN, INT64_MAX, err);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_uint64(value, text, err);
    case PROTOBUF_C_TYPE_DOUBLE:
        return cvn_value_double(value, text, err);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(value, text, err);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(field->descriptor, text, value, err);
    case PROTOBUF_C_TYPE_STRING:
        *(char **)value = cvn_arena_strdup(arena, text);
        return *(char **)value ? 0 : -ENOMEM;
    case PROTOBUF_C_TYPE_MESSAGE:
        return cvn_value_message(arena, field->descriptor, text, value, err);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_BYTES:
        break;
    }
    return -ENOENT;
}

static size_t element_size(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE ? sizeof(void *)
                                                                             : sizeof(int32_t);
}

static bool may_repeat(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE ||
           type == PROTOBUF_C_TYPE_ENUM || type == PROTOBUF_C_TYPE_INT32;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        text[--len] = '\0';
    }
    return text;
}

static int append_values(struct cvn_arena *arena, const ProtobufCFieldDescriptor *field, char *base,
                         const char *text, struct cvn_error *err)
{
    if (!may_repeat(field->type)) {
        return -ENOENT;
    }
    size_t *n = (size_t *)(base + field->quantifier_offset);
    void **array = (void **)(base + field->offset);
    size_t size = element_size(field->type);
    size_t most = *n + 1;
    for (const char *c = text; *c; c++) {
        most += *c == ';';
    }
    char *values = cvn_arena_alloc_array(arena, most, size);
    char *copy = cvn_arena_strdup(arena, text);
    if (!values || !copy) {
        return -ENOMEM;
    }
    if (*n) {
        memcpy(values, *array, *n * size);
    }
    size_t filled = *n;
    char *save = NULL;
    for (char *part = strtok_r(copy, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
        part = trim(part);
        if (*part) {
            int r = read_value(arena, field, part, values + filled * size, err);
            if (r) {
                return r;
            }
            filled++;
        }
    }
    *array = values;
    *n = filled;
    return 0;
}

/* Sets presence where the field is in a oneof, which is how proto3's optional is written here. */
static void mark_present(const ProtobufCFieldDescriptor *field, char *base)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        *(uint32_t *)(base + field->quantifier_offset) = field->id;
    }
}

static int enter(struct cvn_arena *arena, const ProtobufCFieldDescriptor *field, char *base,
                 ProtobufCMessage **ret_inner)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED) {
        return -ENOENT;
    }
    ProtobufCMessage **inner = (ProtobufCMessage **)(base + field->offset);
    if (!*inner) {
        const ProtobufCMessageDescriptor *type = field->descriptor;
        *inner = cvn_arena_alloc(arena, type->sizeof_message);
        if (!*inner) {
            return -ENOMEM;
        }
        protobuf_c_message_init(type, *inner);
        mark_present(field, base);
    }
    *ret_inner = *inner;
    return 0;
}

static void clear_value(const ProtobufCFieldDescriptor *field, char *base)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        *(size_t *)(base + field->quantifier_offset) = 0;
        return;
    }
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        *(uint32_t *)(base + field->quantifier_offset) = 0;
    }
    memset(base + field->offset, 0, cvn_types_value_size(field->type));
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        *(const char **)(base + field->offset) = protobuf_c_empty_string;
    }
}

/* The field that the path begins with; *path moves on behind its name. NULL when there is none. */
static const ProtobufCFieldDescriptor *first_field(const ProtobufCMessage *message,
                                                   const char **path)
{
    size_t len = strcspn(*path, ".");
    char name[PREFIX_BYTES];
    if (len >= sizeof name) {
        return NULL;
    }
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;
    return protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
}

void cvn_field_clear(ProtobufCMessage *message, const char *path)
{
    while (message) {
        const ProtobufCFieldDescriptor *field = first_field(message, &path);
        if (!field) {
            return;
        }
        if (*path == '\0') {
            clear_value(field, (char *)message);
            return;
        }
        message = *(ProtobufCMessage **)((char *)message + field->offset);
        path++;
    }
}

int cvn_field_set(struct cvn_arena *arena, ProtobufCMessage *message, const char *path,
                  const char *text, struct cvn_error *err)
{
    if (!*text) {
        return 0;
    }
    for (;;) {
        const ProtobufCFieldDescriptor *field = first_field(message, &path);
        if (!field) {
            return -ENOENT;
        }
        char *base = (char *)message;
        if (*path == '.') {
            int r = enter(arena, field, base, &message);
            if (r) {
                return r;
            }
            path++;
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            return append_values(arena, field, base, text, err);
        }
        mark_present(field, base);
        return read_value(arena, field, text, base + field->offset, err);
    }
}
