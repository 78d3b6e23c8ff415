/* The defaults that proto2 fields may declare, which descriptors tell as text. */
#include "rpc/types_build.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int keep(const void *value, size_t size, struct cvn_arena *arena, const void **ret)
{
    const void *copy = cvn_arena_copy(arena, value, size);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

static int keep_signed(const char *text, int64_t min, int64_t max, struct cvn_arena *arena,
                       const void **ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return -EINVAL;
    int32_t narrow = (int32_t)value;
    return max == INT32_MAX ? keep(&narrow, sizeof narrow, arena, ret)
                            : keep(&value, sizeof value, arena, ret);
}

static int keep_unsigned(const char *text, uint64_t max, struct cvn_arena *arena, const void **ret)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value > max)
        return -EINVAL;
    uint32_t narrow = (uint32_t)value;
    return max == UINT32_MAX ? keep(&narrow, sizeof narrow, arena, ret)
                             : keep(&value, sizeof value, arena, ret);
}

static int keep_real(const char *text, bool is_float, struct cvn_arena *arena, const void **ret)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end)
        return -EINVAL;
    float narrow = (float)value;
    return is_float ? keep(&narrow, sizeof narrow, arena, ret)
                    : keep(&value, sizeof value, arena, ret);
}

static int keep_bool(const char *text, struct cvn_arena *arena, const void **ret)
{
    protobuf_c_boolean value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return -EINVAL;
    return keep(&value, sizeof value, arena, ret);
}

static int keep_enum(const ProtobufCEnumDescriptor *type, const char *text, struct cvn_arena *arena,
                     const void **ret)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(type, text);
    return value ? keep(&value->value, sizeof value->value, arena, ret) : -EINVAL;
}

/* Up to n digits of the base at *at, which moves behind them; -1 where there is none. */
static int digits(const char **at, int n, int base)
{
    char text[4] = "";
    int len = 0;
    for (; len < n && len < 3 && (*at)[len]; len++) {
        char c = (*at)[len];
        if (!strchr(base == 8 ? "01234567" : "0123456789abcdefABCDEF", c))
            break;
        text[len] = c;
    }
    *at += len;
    return len ? (int)strtol(text, NULL, base) : -1;
}

/* Behind a backslash: what one escape of C stands for, or -1. */
static int unescape(const char **at)
{
    static const char letters[] = "abfnrtv\\'\"?", bytes[] = "\a\b\f\n\r\t\v\\'\"?";
    const char *letter = **at ? strchr(letters, **at) : NULL;
    if (letter) {
        (*at)++;
        return (unsigned char)bytes[letter - letters];
    }
    if (**at == 'x' || **at == 'X') {
        (*at)++;
        return digits(at, 2, 16);
    }
    int value = digits(at, 3, 8);
    return value > 255 ? -1 : value;
}

/* protoc writes the default of bytes with C's escapes (CEscape). */
static int keep_bytes(const char *text, struct cvn_arena *arena, const void **ret)
{
    ProtobufCBinaryData *value = cvn_arena_alloc(arena, sizeof *value);
    uint8_t *data = cvn_arena_alloc(arena, strlen(text));
    if (!value || !data)
        return -ENOMEM;
    size_t n = 0;
    while (*text) {
        int byte = (unsigned char)*text++;
        if (byte == '\\' && (byte = unescape(&text)) < 0)
            return -EINVAL;
        data[n++] = (uint8_t)byte;
    }
    *value = (ProtobufCBinaryData){n, data};
    *ret = value;
    return 0;
}

int cvn_types_default(const ProtobufCFieldDescriptor *field, const char *text,
                      struct cvn_arena *arena, const void **ret)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return keep_signed(text, INT32_MIN, INT32_MAX, arena, ret);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return keep_signed(text, INT64_MIN, INT64_MAX, arena, ret);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return keep_unsigned(text, UINT32_MAX, arena, ret);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return keep_unsigned(text, UINT64_MAX, arena, ret);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return keep_real(text, field->type == PROTOBUF_C_TYPE_FLOAT, arena, ret);
    case PROTOBUF_C_TYPE_BOOL:
        return keep_bool(text, arena, ret);
    case PROTOBUF_C_TYPE_ENUM:
        return keep_enum(field->descriptor, text, arena, ret);
    case PROTOBUF_C_TYPE_STRING:
        return keep(text, strlen(text), arena, ret);
    case PROTOBUF_C_TYPE_BYTES:
        return keep_bytes(text, arena, ret);
    case PROTOBUF_C_TYPE_MESSAGE:
        return -EINVAL;
    }
    return -EINVAL;
}
