#include "rpc/message.h"

#include "base/text.h"
#include "rpc/allocator.h"
#include "rpc/message_field.h"
#include "rpc/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 256, INDEX_BYTES = 24 };

/*
 * What is looked at of a type to see that its messages cannot nest deep, where there are so many
 * bytes that this is less than looking at these.
 */
enum { FLAT_DEPTH = 8, FLAT_FIELDS = 512, FLAT_BYTES = 512 };
_Static_assert((int)FLAT_DEPTH < (int)CVN_MESSAGE_UNPACK_DEPTH_MAX, "flat is not deep");

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

size_t cvn_varint_read_long(const uint8_t *at, size_t len, size_t max, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < len && i < max; i++) {
        *ret |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if (!(at[i] & 0x80))
            return i + 1;
    }
    return 0;
}

/*
 * Whether messages of the type nest at most so deep, whatever is in them. Said only where looking
 * at few fields tells: a peer may describe types whose every way down is too many to follow.
 */
static bool is_flat(const ProtobufCMessageDescriptor *type, int depth, unsigned *fields_left)
{
    if (depth == 0 || type->n_fields > *fields_left)
        return false;
    *fields_left -= type->n_fields;
    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
            !is_flat(type->fields[i].descriptor, depth - 1, fields_left))
            return false;
    return true;
}

/*
 * Whether messages in the bytes nest deeper than depth. protobuf-c recurses as deep as the sender
 * says, two bytes a level, so this is asked first. Bytes that are no message are left to it.
 */
static bool is_deeper(const ProtobufCMessageDescriptor *type, struct cvn_slice bytes, int depth)
{
    struct cvn_message_field at;
    while (cvn_message_next_field(&bytes, &at) > 0) {
        const ProtobufCFieldDescriptor *field =
            at.inner.data ? protobuf_c_message_descriptor_get_field(type, at.number) : NULL;
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
            (depth == 0 || is_deeper(field->descriptor, at.inner, depth - 1)))
            return true;
    }
    return false;
}

int cvn_message_unpack(const ProtobufCMessageDescriptor *type, struct cvn_arena *arena,
                       struct cvn_slice bytes, ProtobufCMessage **ret)
{
    unsigned fields_left = FLAT_FIELDS;
    bool flat = bytes.len >= FLAT_BYTES && is_flat(type, FLAT_DEPTH, &fields_left);
    if (!flat && is_deeper(type, bytes, CVN_MESSAGE_UNPACK_DEPTH_MAX))
        return -EBADMSG;
    int r = cvn_unpack(type, arena, bytes, ret);
    if (r != CVN_UNPACK_SELDOM)
        return r;
    ProtobufCAllocator allocator = cvn_arena_allocator(arena);
    bool overflowed = arena->overflowed;
    arena->overflowed = false; /* to tell a want of memory now from one before */
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, bytes.data);
    r = message ? 0 : arena->overflowed ? -ENOMEM : -EBADMSG;
    arena->overflowed |= overflowed;
    if (r == 0)
        *ret = message;
    return r;
}

#define NO_INDEX SIZE_MAX

/* Where a check is, as a chain to the root: a path is written only for what is wrong. */
struct segment {
    const struct segment *parent; /* NULL: a field of the message itself */
    const char *name;
    size_t index; /* NO_INDEX: not an item of a repeated field */
};

/* Writes the path and returns its length; names past PATH_BYTES are cut off. */
static size_t write_path(const struct segment *segment, char out[PATH_BYTES + INDEX_BYTES])
{
    size_t len = segment->parent ? write_path(segment->parent, out) : 0;
    if (len >= PATH_BYTES)
        len = PATH_BYTES - 1;
    (void)snprintf(out + len, PATH_BYTES - len, "%s%s", len ? "." : "", segment->name);
    len += strlen(out + len);
    if (segment->index != NO_INDEX) {
        (void)snprintf(out + len, PATH_BYTES + INDEX_BYTES - len, "[%zu]", segment->index);
        len += strlen(out + len);
    }
    return len;
}

/* The path for the next problem; none is written for one that is counted and not kept. */
static const char *path_of(const struct segment *where, const struct cvn_problems *problems,
                           char path[PATH_BYTES + INDEX_BYTES])
{
    path[0] = '\0';
    if (problems->n < CVN_PROBLEMS_MAX)
        (void)write_path(where, path);
    return path;
}

static void add_bad_text(struct cvn_problems *problems, const struct segment *where)
{
    char path[PATH_BYTES + INDEX_BYTES];
    cvn_problems_add(problems, path_of(where, problems, path),
                     "is not valid UTF-8; send text in that encoding only");
}

static void add_too_deep(struct cvn_problems *problems, const struct segment *where)
{
    char path[PATH_BYTES + INDEX_BYTES];
    cvn_problems_add(problems, path_of(where, problems, path), "is nested deeper than %d messages",
                     CVN_MESSAGE_DEPTH_MAX);
}

static void check(const ProtobufCMessage *message, struct cvn_problems *problems,
                  const struct segment *where, int depth);

static void check_value(const ProtobufCFieldDescriptor *field, const void *value,
                        struct cvn_problems *problems, const struct segment *where, int depth)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *inner = *(const ProtobufCMessage *const *)value;
        if (inner && depth == CVN_MESSAGE_DEPTH_MAX)
            add_too_deep(problems, where);
        else if (inner)
            check(inner, problems, where, depth + 1);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)value;
        if (text && !cvn_text_valid(cvn_slice_of_string(text)))
            add_bad_text(problems, where);
    }
}

static void check_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        struct cvn_problems *problems, const struct segment *parent, int depth)
{
    const char *member = (const char *)message + field->offset;
    struct segment where = {parent, field->name, NO_INDEX};
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = *(const size_t *)((const char *)message + field->quantifier_offset);
        const void *const *items = *(const void *const *const *)member;
        for (where.index = 0; where.index < n; where.index++)
            check_value(field, &items[where.index], problems, &where, depth);
        return;
    }
    bool in_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    if (in_oneof &&
        *(const uint32_t *)((const char *)message + field->quantifier_offset) != field->id)
        return;
    check_value(field, member, problems, &where, depth);
}

static void check(const ProtobufCMessage *message, struct cvn_problems *problems,
                  const struct segment *where, int depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING)
            check_field(message, field, problems, where, depth);
    }
}

void cvn_message_check(const ProtobufCMessage *message, struct cvn_problems *problems)
{
    check(message, problems, NULL, 0);
}
