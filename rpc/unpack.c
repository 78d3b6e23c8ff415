#include "rpc/unpack.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { LIST_AT_FIRST = 4, NUMBER_BYTES_MAX = 10, TAG_BYTES_MAX = 5, LENGTH_BYTES_MAX = 5 };

/* What is read, and where texts of it go: to the same place in a copy of the whole message, in
 * which each is ended where the next field would begin. */
struct input {
    struct cvn_arena *arena;
    const uint8_t *at, *end;
    const uint8_t *whole;
    uint8_t *copy;
};

static bool read_varint(struct input *in, unsigned n_bytes_max, uint64_t *ret)
{
    uint64_t value = 0;
    if (in->at < in->end && *in->at < 0x80) { /* nearly always */
        *ret = *in->at++;
        return true;
    }
    for (unsigned i = 0; i < n_bytes_max && in->at < in->end; i++) {
        uint8_t byte = *in->at++;
        if (i == NUMBER_BYTES_MAX - 1 && byte > 1)
            return false; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* A length, and that many bytes. */
static bool read_bytes(struct input *in, struct cvn_slice *ret)
{
    uint64_t len;
    if (!read_varint(in, LENGTH_BYTES_MAX, &len) || len > (size_t)(in->end - in->at))
        return false;
    *ret = cvn_slice(in->at, (size_t)len);
    in->at += len;
    return true;
}

static bool read_fixed(struct input *in, void *ret, size_t n)
{
    if ((size_t)(in->end - in->at) < n)
        return false;
    memcpy(ret, in->at, n);
    in->at += n;
    return true;
}

static bool read_fixed32(struct input *in, uint32_t *ret)
{
    bool read = read_fixed(in, ret, sizeof *ret);
    *ret = le32toh(*ret);
    return read;
}

static bool read_fixed64(struct input *in, uint64_t *ret)
{
    bool read = read_fixed(in, ret, sizeof *ret);
    *ret = le64toh(*ret);
    return read;
}

/* Protocol Buffers' ZigZag: 0, -1, 1, -2 … */
static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ -(value & 1);
}

static unsigned wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return sizeof(void *);
}

static int unpack(struct input *in, const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret);

static int put_message(struct input *in, const ProtobufCMessageDescriptor *type,
                       ProtobufCMessage **ret)
{
    struct cvn_slice bytes;
    if (!read_bytes(in, &bytes))
        return CVN_UNPACK_SELDOM;
    struct input inner = *in;
    inner.at = bytes.data;
    inner.end = inner.at + bytes.len;
    return unpack(&inner, type, ret);
}

/* Text is ended in the copy; the byte there is no part of any other. */
static int put_text(struct input *in, const ProtobufCFieldDescriptor *field, void *to)
{
    struct cvn_slice bytes;
    if (!read_bytes(in, &bytes))
        return CVN_UNPACK_SELDOM;
    uint8_t *copied = in->copy + ((const uint8_t *)bytes.data - in->whole);
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        *(ProtobufCBinaryData *)to = (ProtobufCBinaryData){bytes.len, bytes.len ? copied : NULL};
        return 0;
    }
    copied[bytes.len] = '\0';
    *(char **)to = (char *)copied;
    return 0;
}

static int put_number(struct input *in, ProtobufCType type, void *to)
{
    uint64_t value = 0;
    uint32_t value32 = 0;
    unsigned wire_type = wire_type_of(type);
    bool read = wire_type == PROTOBUF_C_WIRE_TYPE_VARINT ? read_varint(in, NUMBER_BYTES_MAX, &value)
                : wire_type == PROTOBUF_C_WIRE_TYPE_32BIT ? read_fixed32(in, &value32)
                                                          : read_fixed64(in, &value);
    if (!read)
        return CVN_UNPACK_SELDOM;
    if (wire_type == PROTOBUF_C_WIRE_TYPE_32BIT)
        value = value32;
    else if (type == PROTOBUF_C_TYPE_SINT32)
        value = unzigzag((uint32_t)value);
    else if (type == PROTOBUF_C_TYPE_SINT64)
        value = unzigzag(value);
    if (type == PROTOBUF_C_TYPE_BOOL)
        *(protobuf_c_boolean *)to = value != 0;
    else if (size_of(type) == 8)
        memcpy(to, &value, 8);
    else
        memcpy(to, &(uint32_t){(uint32_t)value}, 4);
    return 0;
}

static int put_value(struct input *in, const ProtobufCFieldDescriptor *field, void *to)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return put_message(in, field->descriptor, to);
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES)
        return put_text(in, field, to);
    return put_number(in, field->type, to);
}

/* A list is full when its length is a power of two, and then doubles. */
static int put_item(struct input *in, const ProtobufCFieldDescriptor *field, char *message)
{
    size_t *n = (size_t *)(message + field->quantifier_offset);
    void **items = (void **)(message + field->offset);
    size_t size = size_of(field->type);
    if (*n == 0 || (*n >= LIST_AT_FIRST && (*n & (*n - 1)) == 0)) {
        size_t room = *n ? 2 * *n : LIST_AT_FIRST;
        void *more = cvn_arena_alloc_array(in->arena, room, size);
        if (!more)
            return -ENOMEM;
        if (*n)
            memcpy(more, *items, *n * size);
        *items = more;
    }
    int r = put_value(in, field, (char *)*items + *n * size);
    *n += r == 0;
    return r;
}

static int put_field(struct input *in, const ProtobufCFieldDescriptor *field, char *message)
{
    char *to = message + field->offset;
    void *quantifier = message + field->quantifier_offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return put_item(in, field, message);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)quantifier != 0)
            return CVN_UNPACK_SELDOM;
        *(uint32_t *)quantifier = field->id;
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE && *(void **)to) {
        return CVN_UNPACK_SELDOM;
    } else if (field->quantifier_offset) {
        *(protobuf_c_boolean *)quantifier = true;
    }
    return put_value(in, field, to);
}

/* Fields of most types are numbered without a gap. */
static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
                                                  uint64_t number)
{
    if (number - 1 < type->n_fields && type->fields[number - 1].id == number)
        return &type->fields[number - 1];
    return number > UINT32_MAX ? NULL
                               : protobuf_c_message_descriptor_get_field(type, (unsigned)number);
}

static bool has_required(const ProtobufCMessageDescriptor *type)
{
    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].label == PROTOBUF_C_LABEL_REQUIRED)
            return true;
    return false;
}

static int unpack(struct input *in, const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret)
{
    int r = 0;
    if (!type->message_init || has_required(type))
        return CVN_UNPACK_SELDOM;
    ProtobufCMessage *message = cvn_arena_alloc_unset(in->arena, type->sizeof_message);
    if (!message)
        return -ENOMEM;
    protobuf_c_message_init(type, message);
    while (r == 0 && in->at < in->end) {
        uint64_t tag;
        const ProtobufCFieldDescriptor *field =
            read_varint(in, TAG_BYTES_MAX, &tag) ? find_field(type, tag >> 3) : NULL;
        if (!field || (tag & 7) != wire_type_of(field->type))
            return CVN_UNPACK_SELDOM;
        r = put_field(in, field, (char *)message);
    }
    if (r == 0)
        *ret = message;
    return r;
}

int cvn_unpack(const ProtobufCMessageDescriptor *type, struct cvn_arena *arena,
               struct cvn_slice bytes, ProtobufCMessage **ret)
{
    struct input in = {.arena = arena, .at = bytes.data, .whole = bytes.data};
    if (bytes.len > 0) {
        in.end = in.at + bytes.len;
        in.copy = cvn_arena_copy(arena, bytes.data, bytes.len);
        if (!in.copy)
            return -ENOMEM;
    }
    return unpack(&in, type, ret);
}
