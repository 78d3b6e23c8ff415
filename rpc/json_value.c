/* Reads single values that are no messages: numbers, strings, bytes, enums. */
#include "rpc/json_parser.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* A longer number is refused before it is copied for strtod, which reads any length. */
enum { NUMBER_BYTES_MAX = 1100, EXPONENT_MAX = 10000 };

int cvn_json_refuse_kind(struct cvn_json_parser *parser, const struct cvn_json_path *path,
                         const char *expected)
{
    return cvn_json_refuse(parser->err, path, "must be %s, it is %s", expected,
                           cvn_json_kind_name(cvn_json_next_kind(&parser->reader)));
}

/* The exponent behind 'e', held within ±EXPONENT_MAX, which is past every number of a field. */
static int64_t read_exponent(const char *at, const char *end)
{
    int64_t value = 0;
    bool negative = *at == '-';
    for (at += negative || *at == '+'; at < end; at++)
        value = value < EXPONENT_MAX ? value * 10 + (*at - '0') : value;
    return negative ? -value : value;
}

/*
 * Reads a number in JSON's form whose value is whole, as in "5", "1.0", "1e3", "120e-1", exactly.
 * False when it is not whole or its magnitude exceeds UINT64_MAX.
 */
static bool read_whole(struct cvn_slice text, uint64_t *ret, bool *ret_negative)
{
    const char *at = text.data, *end = at + text.len;
    uint64_t value = 0;
    int64_t power = 0, zeros = 0;
    bool point = false;
    *ret_negative = *at == '-';
    for (at += *ret_negative; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        power -= point;
        if (*at == '0') { /* counts only if another digit follows */
            zeros++;
            continue;
        }
        for (; zeros > 0 && value > 0; zeros--)
            if (__builtin_mul_overflow(value, (uint64_t)10, &value))
                return false;
        zeros = 0;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return false;
    }
    power += zeros + (at < end ? read_exponent(at + 1, end) : 0);
    *ret = value;
    if (value == 0)
        return true;
    for (; power > 0; power--)
        if (__builtin_mul_overflow(*ret, (uint64_t)10, ret))
            return false;
    return power == 0;
}

/* The text of the number that comes next, with or without quotes. */
static int read_number_text(struct cvn_json_parser *parser, const struct cvn_json_path *path,
                            struct cvn_slice *ret)
{
    switch (cvn_json_next_kind(&parser->reader)) {
    case CVN_JSON_NUMBER:
        return cvn_json_read_number(&parser->reader, ret);
    case CVN_JSON_STRING:
        return cvn_json_read_string(&parser->reader, ret);
    case CVN_JSON_OBJECT:
    case CVN_JSON_ARRAY:
    case CVN_JSON_BOOL:
    case CVN_JSON_NULL:
    case CVN_JSON_NOTHING:
        break;
    }
    return cvn_json_refuse_kind(parser, path, "a number");
}

static int store_signed(struct cvn_json_parser *parser, struct cvn_slice text, bool wide,
                        void *value, const struct cvn_json_path *path)
{
    uint64_t number, max = wide ? INT64_MAX : INT32_MAX;
    bool negative;
    if (!cvn_json_is_number(text) || !read_whole(text, &number, &negative) ||
        number > max + negative)
        return cvn_json_refuse(parser->err, path, "must be a whole number of %d bits",
                               wide ? 64 : 32);
    number = negative ? -number : number;
    if (wide)
        *(int64_t *)value = (int64_t)number;
    else
        *(int32_t *)value = (int32_t)number;
    return 0;
}

static int store_unsigned(struct cvn_json_parser *parser, struct cvn_slice text, bool wide,
                          void *value, const struct cvn_json_path *path)
{
    uint64_t number, max = wide ? UINT64_MAX : UINT32_MAX;
    bool negative;
    if (!cvn_json_is_number(text) || !read_whole(text, &number, &negative) || number > max ||
        (negative && number > 0))
        return cvn_json_refuse(parser->err, path, "must be a whole number of %d bits, 0 or more",
                               wide ? 64 : 32);
    if (wide)
        *(uint64_t *)value = number;
    else
        *(uint32_t *)value = (uint32_t)number;
    return 0;
}

bool cvn_json_to_double(struct cvn_json_parser *parser, struct cvn_slice text, double *ret)
{
    char copy[NUMBER_BYTES_MAX + 1];
    if (text.len > NUMBER_BYTES_MAX)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *ret = value;
    return true;
}

static bool is_word(struct cvn_slice text, const char *word)
{
    return cvn_slice_compare(text, cvn_slice_of_string(word)) == 0;
}

static int read_real(struct cvn_json_parser *parser, bool is_float, void *value,
                     const struct cvn_json_path *path)
{
    struct cvn_slice text;
    double number;
    bool quoted = cvn_json_next_kind(&parser->reader) == CVN_JSON_STRING;
    int r = read_number_text(parser, path, &text);
    if (r)
        return r;
    if (quoted && is_word(text, "NaN"))
        number = (double)NAN;
    else if (quoted && is_word(text, "Infinity"))
        number = (double)INFINITY;
    else if (quoted && is_word(text, "-Infinity"))
        number = -(double)INFINITY;
    else if (!cvn_json_is_number(text))
        return cvn_json_refuse(parser->err, path,
                               "must be a number, or \"NaN\", \"Infinity\" or \"-Infinity\"");
    else if (!cvn_json_to_double(parser, text, &number) || (is_float && !isfinite((float)number)))
        return cvn_json_refuse(parser->err, path, "must be a number in the range of a %s",
                               is_float ? "float" : "double");
    if (is_float)
        *(float *)value = (float)number;
    else
        *(double *)value = number;
    return 0;
}

int cvn_json_read_text(struct cvn_json_parser *parser, const struct cvn_json_path *path,
                       struct cvn_slice *ret)
{
    struct cvn_slice text;
    if (cvn_json_next_kind(&parser->reader) != CVN_JSON_STRING)
        return cvn_json_refuse_kind(parser, path, "a string");
    int r = cvn_json_read_string(&parser->reader, &text);
    if (r)
        return r;
    if (text.len > 0 && memchr(text.data, '\0', text.len))
        return cvn_json_refuse(parser->err, path, "has a NUL character, which a string may not");
    text = cvn_arena_slice(parser->arena, text);
    if (!text.data)
        return -ENOMEM;
    *ret = text;
    return 0;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Either alphabet of RFC 4648, padded or not; bits left over are dropped, as protobuf does. */
static bool decode_base64(struct cvn_slice text, uint8_t *out, size_t *ret_len)
{
    const char *in = text.data;
    size_t len = text.len, n = 0;
    uint32_t bits = 0;
    if (len > 0 && len % 4 == 0)
        for (int i = 0; i < 2 && in[len - 1] == '='; i++)
            len--;
    if (len % 4 == 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(in[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *ret_len = n;
    return true;
}

static int read_bytes(struct cvn_json_parser *parser, ProtobufCBinaryData *value,
                      const struct cvn_json_path *path)
{
    struct cvn_slice text;
    if (cvn_json_next_kind(&parser->reader) != CVN_JSON_STRING)
        return cvn_json_refuse_kind(parser, path, "a string of base64");
    int r = cvn_json_read_string(&parser->reader, &text);
    if (r)
        return r;
    uint8_t *data = cvn_arena_alloc(parser->arena, text.len);
    size_t len;
    if (!data)
        return -ENOMEM;
    if (!decode_base64(text, data, &len))
        return cvn_json_refuse(parser->err, path, "must be base64");
    *value = (ProtobufCBinaryData){len, len ? data : NULL};
    return 0;
}

static int read_enum(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                     int32_t *value, const struct cvn_json_path *path)
{
    struct cvn_slice text;
    enum cvn_json_kind kind = cvn_json_next_kind(&parser->reader);
    if (kind == CVN_JSON_NULL && cvn_json_is_null_value(field)) {
        *value = 0;
        return cvn_json_read_null(&parser->reader);
    }
    if (kind == CVN_JSON_NUMBER) {
        int r = cvn_json_read_number(&parser->reader, &text);
        return r ? r : store_signed(parser, text, false, value, path);
    }
    if (kind != CVN_JSON_STRING)
        return cvn_json_refuse_kind(parser, path, "a name of its enum, or a number");
    int r = cvn_json_read_string(&parser->reader, &text);
    if (r)
        return r;
    const char *name = cvn_arena_copy(parser->arena, text.data, text.len);
    if (!name)
        return -ENOMEM;
    const ProtobufCEnumValue *found =
        strlen(name) == text.len
            ? protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, name)
            : NULL;
    if (!found && parser->options->ignore_unknown)
        return CVN_JSON_IGNORED;
    if (!found)
        return cvn_json_refuse(parser->err, path, "must be a name of enum %.200s, or a number",
                               ((const ProtobufCEnumDescriptor *)field->descriptor)->name);
    *value = found->value;
    return 0;
}

static int read_bool(struct cvn_json_parser *parser, protobuf_c_boolean *value,
                     const struct cvn_json_path *path)
{
    bool yes;
    if (cvn_json_next_kind(&parser->reader) != CVN_JSON_BOOL)
        return cvn_json_refuse_kind(parser, path, "true or false");
    int r = cvn_json_read_bool(&parser->reader, &yes);
    if (r == 0)
        *value = yes;
    return r;
}

static bool is_wide(const ProtobufCFieldDescriptor *field)
{
    return cvn_types_value_size(field->type) == sizeof(int64_t);
}

static bool is_signed(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_SINT32 ||
           field->type == PROTOBUF_C_TYPE_SFIXED32 || field->type == PROTOBUF_C_TYPE_INT64 ||
           field->type == PROTOBUF_C_TYPE_SINT64 || field->type == PROTOBUF_C_TYPE_SFIXED64;
}

static int store_whole(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                       struct cvn_slice text, void *value, const struct cvn_json_path *path)
{
    return is_signed(field) ? store_signed(parser, text, is_wide(field), value, path)
                            : store_unsigned(parser, text, is_wide(field), value, path);
}

static int read_string(struct cvn_json_parser *parser, char **value,
                       const struct cvn_json_path *path)
{
    struct cvn_slice text;
    int r = cvn_json_read_text(parser, path, &text);
    if (r == 0)
        *value = (char *)(uintptr_t)text.data;
    return r;
}

int cvn_json_read_scalar(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                         void *value, const struct cvn_json_path *path)
{
    struct cvn_slice text;
    int r;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        r = read_number_text(parser, path, &text);
        return r ? r : store_whole(parser, field, text, value, path);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(parser, field->type == PROTOBUF_C_TYPE_FLOAT, value, path);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(parser, value, path);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(parser, field, value, path);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(parser, value, path);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(parser, value, path);
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return -EINVAL;
}

int cvn_json_read_key(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                      struct cvn_slice text, void *value, const struct cvn_json_path *path)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (text.len > 0 && memchr(text.data, '\0', text.len))
            return cvn_json_refuse(parser->err, path, "has a NUL character, which a key may not");
        *(const void **)value = cvn_arena_copy(parser->arena, text.data, text.len);
        return *(const void **)value ? 0 : -ENOMEM;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        if (!is_word(text, "true") && !is_word(text, "false"))
            return cvn_json_refuse(parser->err, path, "must be \"true\" or \"false\" as a key");
        *(protobuf_c_boolean *)value = is_word(text, "true");
        return 0;
    }
    return store_whole(parser, field, text, value, path);
}
