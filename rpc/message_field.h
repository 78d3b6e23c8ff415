/*
 * The fields of a packed message, one after another. Inlined: lists ask it of every field of every
 * row that they show, and most of them want little of each.
 */
#ifndef CVN_RPC_MESSAGE_FIELD_H
#define CVN_RPC_MESSAGE_FIELD_H

#include "base/slice.h"

#include <errno.h>
#include <protobuf-c/protobuf-c.h>

/* One field, borrowed from the message. */
struct cvn_message_field {
    uint32_t number;
    struct cvn_slice whole; /* its tag, too */
    struct cvn_slice inner; /* what is behind its length; data is NULL where it has none */
    uint64_t value;         /* of a varint */
};

enum {
    CVN_VARINT_BYTES_MAX = 10,
    CVN_VARINT32_BYTES_MAX = 5, /* of a tag or a length, as protobuf-c takes them */
};

/* As cvn_varint_read, for one of any length. */
size_t cvn_varint_read_long(const uint8_t *at, size_t len, size_t max, uint64_t *ret);

/* Reads a varint of at most max bytes, 2 or more. How many it has; 0 where there is none. */
static inline size_t cvn_varint_read(const uint8_t *at, size_t len, size_t max, uint64_t *ret)
{
    if (len > 0 && at[0] < 0x80) {
        *ret = at[0];
        return 1;
    }
    if (len > 1 && at[1] < 0x80) { /* with these two, nearly all */
        *ret = (at[0] & 0x7f) | (unsigned)at[1] << 7;
        return 2;
    }
    return cvn_varint_read_long(at, len, max, ret);
}

/* Reads what is behind a tag. How many bytes that is; 0 for what protobuf-c refuses. */
static inline size_t cvn_message_read_value(const uint8_t *at, size_t len, unsigned wire_type,
                                            struct cvn_message_field *field)
{
    uint64_t inner;
    size_t n;
    switch (wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return cvn_varint_read(at, len, CVN_VARINT_BYTES_MAX, &field->value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return len >= 8 ? 8 : 0;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return len >= 4 ? 4 : 0;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        n = cvn_varint_read(at, len, CVN_VARINT32_BYTES_MAX, &inner);
        if (n == 0 || inner > len - n)
            return 0;
        field->inner = cvn_slice(at + n, (size_t)inner);
        return n + (size_t)inner;
    }
    return 0;
}

/*
 * Takes the first field off the bytes of a message. 1; 0 at their end; -EBADMSG for what protobuf-c
 * refuses.
 */
static inline int cvn_message_next_field(struct cvn_slice *rest, struct cvn_message_field *ret)
{
    const uint8_t *at = rest->data;
    uint64_t tag;
    if (rest->len == 0)
        return 0;
    ret->inner = cvn_slice(NULL, 0);
    ret->value = 0;
    size_t n = cvn_varint_read(at, rest->len, CVN_VARINT32_BYTES_MAX, &tag);
    size_t behind = n ? cvn_message_read_value(at + n, rest->len - n, tag & 7, ret) : 0;
    if (behind == 0)
        return -EBADMSG;
    ret->number = (uint32_t)(tag >> 3);
    ret->whole = cvn_slice(at, n + behind);
    *rest = cvn_slice(at + n + behind, rest->len - n - behind);
    return 1;
}

#endif
