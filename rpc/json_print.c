#include "base/text.h"
#include "rpc/json_field.h"
#include "rpc/json_text.h"
#include "rpc/json_wkt.h"
#include "rpc/message.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct printer {
    struct cvn_json_writer writer;
    const struct cvn_json_options *options;
    struct cvn_error *err;
    int nesting; /* messages around the one being printed, as they nest on the wire */
};

static int print_message(struct printer *printer, const ProtobufCMessage *message,
                         const struct cvn_json_path *path);
static int print_fields(struct printer *printer, const ProtobufCMessage *message,
                        const struct cvn_json_path *path);

static int open(struct printer *printer, char bracket, const struct cvn_json_path *path)
{
    if (printer->writer.depth == CVN_JSON_NESTING_MAX)
        return cvn_json_refuse(printer->err, path, "nests deeper than %d brackets",
                               CVN_JSON_NESTING_MAX);
    cvn_json_write_open(&printer->writer, bracket);
    return 0;
}

static int print_text(struct printer *printer, const char *text, const struct cvn_json_path *path)
{
    struct cvn_slice slice = cvn_slice_of_string(text ? text : "");
    if (!cvn_text_valid(slice))
        return cvn_json_refuse(printer->err, path, "is not valid UTF-8, so it has no JSON");
    cvn_json_write_string(&printer->writer, slice);
    return 0;
}

static void print_name(struct printer *printer, const ProtobufCFieldDescriptor *field)
{
    char name[CVN_JSON_NAME_BYTES];
    if (printer->options->original_names)
        (void)snprintf(name, sizeof name, "%s", field->name);
    else
        cvn_json_name_of(field, name);
    cvn_json_write_name(&printer->writer, cvn_slice_of_string(name));
}

__attribute__((format(printf, 2, 3))) static void print_plain(struct printer *printer,
                                                              const char *format, ...)
{
    char text[CVN_JSON_TIME_BYTES + 2];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cvn_json_write_raw(&printer->writer, text, (size_t)len);
}

/* protobuf-c's own search misses INT_MAX, behind which its ranges overflow. */
static const char *enum_name(const ProtobufCEnumDescriptor *type, int32_t number)
{
    size_t low = 0, high = type->n_values;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (type->values[middle].value == number)
            return type->values[middle].name;
        if (type->values[middle].value < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void print_enum(struct printer *printer, const ProtobufCFieldDescriptor *field,
                       int32_t number)
{
    const char *name = printer->options->enum_numbers ? NULL : enum_name(field->descriptor, number);
    if (cvn_json_is_null_value(field))
        print_plain(printer, "null");
    else if (name)
        cvn_json_write_string(&printer->writer, cvn_slice_of_string(name));
    else
        print_plain(printer, "%" PRId32, number);
}

static void print_real(struct printer *printer, double value, bool is_float)
{
    if (isnan(value))
        print_plain(printer, "\"NaN\"");
    else if (isinf(value))
        print_plain(printer, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (is_float)
        cvn_json_write_float(&printer->writer, (float)value);
    else
        cvn_json_write_double(&printer->writer, value);
}

static int refuse_nesting(struct printer *printer, const struct cvn_json_path *path)
{
    return cvn_json_refuse(printer->err, path, "is in more than %d messages, one in another",
                           CVN_MESSAGE_UNPACK_DEPTH_MAX);
}

/* A field of message type whose value is not there, as in a map's entry, stands for an empty one.
 */
static int print_inner(struct printer *printer, const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessage *message, const struct cvn_json_path *path)
{
    if (!message)
        message = cvn_types_new_message(field->descriptor, printer->writer.arena);
    if (!message)
        return -ENOMEM;
    if (printer->nesting++ >= CVN_MESSAGE_UNPACK_DEPTH_MAX)
        return refuse_nesting(printer, path);
    int r = print_message(printer, message, path);
    printer->nesting--;
    return r;
}

/* One value of the field, at value as protobuf-c keeps it in memory. */
static int print_value(struct printer *printer, const ProtobufCFieldDescriptor *field,
                       const void *value, const struct cvn_json_path *path)
{
    const ProtobufCBinaryData *bytes = value;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        print_plain(printer, "%" PRId32, *(const int32_t *)value);
        return 0;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        print_plain(printer, "%" PRIu32, *(const uint32_t *)value);
        return 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        print_plain(printer, "\"%" PRId64 "\"", *(const int64_t *)value);
        return 0;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        print_plain(printer, "\"%" PRIu64 "\"", *(const uint64_t *)value);
        return 0;
    case PROTOBUF_C_TYPE_FLOAT:
        print_real(printer, (double)*(const float *)value, true);
        return 0;
    case PROTOBUF_C_TYPE_DOUBLE:
        print_real(printer, *(const double *)value, false);
        return 0;
    case PROTOBUF_C_TYPE_BOOL:
        print_plain(printer, *(const protobuf_c_boolean *)value ? "true" : "false");
        return 0;
    case PROTOBUF_C_TYPE_ENUM:
        print_enum(printer, field, *(const int32_t *)value);
        return 0;
    case PROTOBUF_C_TYPE_STRING:
        return print_text(printer, *(const char *const *)value, path);
    case PROTOBUF_C_TYPE_BYTES:
        cvn_json_write_base64(&printer->writer, cvn_slice(bytes->data, bytes->len));
        return 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return print_inner(printer, field, *(const ProtobufCMessage *const *)value, path);
    }
    return -EINVAL;
}

static int print_list(struct printer *printer, const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field, const struct cvn_json_path *path)
{
    size_t n = *cvn_json_count(message, field), size = cvn_types_value_size(field->type);
    const char *items = *(const char *const *)cvn_json_member(message, field);
    int r = open(printer, '[', path);
    for (size_t i = 0; i < n && r == 0; i++) {
        cvn_json_write_item(&printer->writer);
        r = print_value(printer, field, items + i * size,
                        &(struct cvn_json_path){path, .index = i});
    }
    cvn_json_write_close(&printer->writer, ']');
    return r;
}

/* A map's key as text, in the buffer or where it lies. */
static struct cvn_slice key_text(const ProtobufCMessage *entry, char buffer[24])
{
    const ProtobufCFieldDescriptor *field = &entry->descriptor->fields[0];
    const void *key = cvn_json_member(entry, field);
    const char *text = field->type == PROTOBUF_C_TYPE_STRING ? *(const char *const *)key : NULL;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return cvn_slice_of_string(text ? text : "");
    if (field->type == PROTOBUF_C_TYPE_BOOL)
        return cvn_slice_of_string(*(const protobuf_c_boolean *)key ? "true" : "false");
    bool is_unsigned =
        field->type == PROTOBUF_C_TYPE_UINT32 || field->type == PROTOBUF_C_TYPE_FIXED32 ||
        field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_FIXED64;
    bool wide = cvn_types_value_size(field->type) == sizeof(int64_t);
    if (is_unsigned)
        (void)snprintf(buffer, 24, "%" PRIu64,
                       wide ? *(const uint64_t *)key : (uint64_t) * (const uint32_t *)key);
    else
        (void)snprintf(buffer, 24, "%" PRId64,
                       wide ? *(const int64_t *)key : (int64_t) * (const int32_t *)key);
    return cvn_slice_of_string(buffer);
}

struct sorted_entry {
    const ProtobufCMessage *entry;
    size_t index;
};

static int compare_entries(const void *a, const void *b)
{
    const struct sorted_entry *x = a, *y = b;
    char x_buffer[24], y_buffer[24];
    int order = cvn_slice_compare(key_text(x->entry, x_buffer), key_text(y->entry, y_buffer));
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Of entries with one key on the wire the last counts, and JSON must not name a key twice. */
static int find_last(struct printer *printer, size_t n, const ProtobufCMessage *const *entries,
                     bool **ret_outdone)
{
    struct sorted_entry *sorted = cvn_arena_alloc_array(printer->writer.arena, n, sizeof *sorted);
    bool *outdone = cvn_arena_alloc_array(printer->writer.arena, n, sizeof *outdone);
    if (!sorted || !outdone)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct sorted_entry){entries[i], i};
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, compare_entries);
    for (size_t i = 1; i < n; i++) {
        char x[24], y[24];
        outdone[sorted[i - 1].index] =
            cvn_slice_compare(key_text(sorted[i - 1].entry, x), key_text(sorted[i].entry, y)) == 0;
    }
    *ret_outdone = outdone;
    return 0;
}

static int print_entry(struct printer *printer, const ProtobufCMessage *entry,
                       const struct cvn_json_path *map)
{
    char buffer[24];
    struct cvn_slice key = key_text(entry, buffer);
    struct cvn_json_path path = {map, .name = key};
    const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
    if (!cvn_text_valid(key))
        return cvn_json_refuse(printer->err, map, "has a key that is not valid UTF-8");
    cvn_json_write_name(&printer->writer, key);
    if (printer->nesting++ >= CVN_MESSAGE_UNPACK_DEPTH_MAX)
        return refuse_nesting(printer, map);
    int r = print_value(printer, value, cvn_json_member(entry, value), &path);
    printer->nesting--;
    return r;
}

static int print_map(struct printer *printer, const ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field, const struct cvn_json_path *path)
{
    size_t n = *cvn_json_count(message, field);
    const ProtobufCMessage *const *entries =
        *(const ProtobufCMessage *const *const *)cvn_json_member(message, field);
    bool *outdone = NULL;
    int r = find_last(printer, n, entries, &outdone);
    if (r == 0)
        r = open(printer, '{', path);
    for (size_t i = 0; i < n && r == 0; i++)
        r = outdone[i] ? 0 : print_entry(printer, entries[i], path);
    cvn_json_write_close(&printer->writer, '}');
    return r;
}

/*
 * Whether a single value is at what canonical JSON leaves out; -0.0 is not. All there is to say of
 * a NullValue is null, which is what it is when it is left out.
 */
static bool is_zero(const ProtobufCFieldDescriptor *field, const void *value)
{
    static const char zeros[sizeof(int64_t)];
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)value;
        return !text || !*text;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return !*(const void *const *)value;
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)value)->len == 0;
    if (cvn_json_is_null_value(field))
        return true;
    return memcmp(value, zeros, cvn_types_value_size(field->type)) == 0;
}

static bool is_printed(const struct printer *printer, const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field)
{
    const void *value = cvn_json_member(message, field);
    bool by_pointer =
        field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *cvn_json_case(message, field) == field->id;
    switch (field->label) {
    case PROTOBUF_C_LABEL_REQUIRED:
        return true;
    case PROTOBUF_C_LABEL_OPTIONAL:
        if (by_pointer)
            return *(const void *const *)value &&
                   *(const void *const *)value != field->default_value;
        return *cvn_json_flag(message, field);
    case PROTOBUF_C_LABEL_REPEATED:
        return *cvn_json_count(message, field) > 0 || printer->options->defaults;
    case PROTOBUF_C_LABEL_NONE:
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            return *(const void *const *)value;
        return printer->options->defaults || !is_zero(field, value);
    }
    return false;
}

/* The members of an object for an ordinary message; the object is open. */
static int print_fields(struct printer *printer, const ProtobufCMessage *message,
                        const struct cvn_json_path *up)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (!is_printed(printer, message, field))
            continue;
        struct cvn_json_path path = {up, .name = cvn_slice_of_string(field->name)};
        print_name(printer, field);
        int r;
        if (cvn_types_is_map(type, field))
            r = print_map(printer, message, field, &path);
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
            r = print_list(printer, message, field, &path);
        else
            r = print_value(printer, field, cvn_json_member(message, field), &path);
        if (r)
            return r;
    }
    return 0;
}

static int print_any(struct printer *printer, const ProtobufCMessage *any,
                     const struct cvn_json_path *path)
{
    const ProtobufCMessageDescriptor *type = any->descriptor;
    const char *url = *(const char *const *)cvn_json_member(any, cvn_json_field(type, 1));
    const ProtobufCBinaryData *bytes = cvn_json_member(any, cvn_json_field(type, 2));
    ProtobufCMessage *inner = NULL;
    int r = open(printer, '{', path);
    if (r)
        return r;
    if ((url && *url) || bytes->len > 0) {
        const char *slash = url ? strrchr(url, '/') : NULL;
        const ProtobufCMessageDescriptor *held =
            slash && printer->options->types ? cvn_types_message(printer->options->types, slash + 1)
                                             : NULL;
        if (!held)
            return cvn_json_refuse(printer->err, path,
                                   "is an Any of a type that is not known here");
        r = cvn_message_unpack(held, printer->writer.arena, cvn_slice(bytes->data, bytes->len),
                               &inner);
        if (r == -EBADMSG)
            return cvn_json_refuse(printer->err, path, "is an Any whose bytes are no %.200s",
                                   held->name);
        if (r)
            return r;
        cvn_json_write_name(&printer->writer, cvn_slice_of_string("@type"));
        r = print_text(printer, url, path);
    }
    int outer_nesting = printer->nesting;
    printer->nesting = 0; /* it was packed on its own */
    if (r == 0 && inner && cvn_json_form_of(inner->descriptor) == CVN_JSON_ORDINARY) {
        r = print_fields(printer, inner, path);
    } else if (r == 0 && inner) {
        cvn_json_write_name(&printer->writer, cvn_slice_of_string("value"));
        r = print_message(printer, inner, path);
    }
    printer->nesting = outer_nesting;
    cvn_json_write_close(&printer->writer, '}');
    return r;
}

static int print_time(struct printer *printer, const ProtobufCMessage *message, bool is_instant,
                      const struct cvn_json_path *path)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    int64_t seconds = *(const int64_t *)cvn_json_member(message, cvn_json_field(type, 1));
    int32_t nanos = *(const int32_t *)cvn_json_member(message, cvn_json_field(type, 2));
    char text[CVN_JSON_TIME_BYTES];
    if (is_instant && !cvn_json_timestamp_format(text, seconds, nanos))
        return cvn_json_refuse(printer->err, path,
                               "is not in the years 1 to 9999 with 0 to 999999999 nanoseconds");
    if (!is_instant && !cvn_json_duration_format(text, seconds, nanos))
        return cvn_json_refuse(printer->err, path,
                               "is longer than 315576000000 s, or its parts differ in sign");
    print_plain(printer, "\"%s\"", text);
    return 0;
}

static int print_mask(struct printer *printer, const ProtobufCMessage *message,
                      const struct cvn_json_path *path)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(message->descriptor, 1);
    size_t n = *cvn_json_count(message, field), bytes = 1, len = 0;
    const char *const *paths = *(const char *const *const *)cvn_json_member(message, field);
    for (size_t i = 0; i < n; i++)
        bytes += strlen(paths[i]) + 1;
    char *text = cvn_arena_alloc(printer->writer.arena, bytes);
    if (!text)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text[len++] = ',';
        size_t part = cvn_json_mask_format(paths[i], text + len);
        if (part == 0)
            return cvn_json_refuse(printer->err, path,
                                   "has a path that is not lower_snake_case, so it has no JSON");
        len += part;
    }
    text[len] = '\0';
    return print_text(printer, text, path);
}

static int print_dynamic(struct printer *printer, const ProtobufCMessage *message,
                         const struct cvn_json_path *path)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    uint32_t number = *cvn_json_case(message, cvn_json_field(type, 1));
    const ProtobufCFieldDescriptor *field = number ? cvn_json_field(type, number) : NULL;
    if (!field || number == 1) {
        print_plain(printer, "null");
        return 0;
    }
    const void *value = cvn_json_member(message, field);
    if (number == 2 && !isfinite(*(const double *)value))
        return cvn_json_refuse(printer->err, path,
                               "is a Value of no finite number, which has no JSON");
    return print_value(printer, field, value, path);
}

static int print_message(struct printer *printer, const ProtobufCMessage *message,
                         const struct cvn_json_path *path)
{
    const ProtobufCFieldDescriptor *first = cvn_json_field(message->descriptor, 1);
    int r;
    switch (cvn_json_form_of(message->descriptor)) {
    case CVN_JSON_ORDINARY:
        r = open(printer, '{', path);
        if (r == 0)
            r = print_fields(printer, message, path);
        cvn_json_write_close(&printer->writer, '}');
        return r;
    case CVN_JSON_ANY:
        return print_any(printer, message, path);
    case CVN_JSON_TIMESTAMP:
        return print_time(printer, message, true, path);
    case CVN_JSON_DURATION:
        return print_time(printer, message, false, path);
    case CVN_JSON_FIELD_MASK:
        return print_mask(printer, message, path);
    case CVN_JSON_STRUCT:
        return print_map(printer, message, first, path);
    case CVN_JSON_VALUE:
        return print_dynamic(printer, message, path);
    case CVN_JSON_LIST:
        return print_list(printer, message, first, path);
    case CVN_JSON_WRAPPER:
        return print_value(printer, first, cvn_json_member(message, first), path);
    }
    return -EINVAL;
}

int cvn_json_print(const ProtobufCMessage *message, const struct cvn_json_options *options,
                   struct cvn_arena *arena, struct cvn_slice *ret, struct cvn_error *err)
{
    static const struct cvn_json_options plain;
    struct printer printer = {.options = options ? options : &plain, .err = err};
    printer.writer.arena = arena;
    printer.writer.pretty = printer.options->pretty;
    /* Numbers have a point, whatever the program's locale. */
    locale_t before = uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
    int r = print_message(&printer, message, &(struct cvn_json_path){NULL});
    (void)uselocale(before);
    cvn_json_write_raw(&printer.writer, "", 1);
    if (r == -ENOMEM || (r == 0 && printer.writer.spent))
        return cvn_error_set(err, -ENOMEM, "the JSON needs more than the %zu bytes allowed for it",
                             arena->cap_bytes);
    if (r == 0)
        *ret = cvn_slice(printer.writer.data, printer.writer.len - 1);
    return r;
}
