/*
 * Messages as JSON and back, by protobuf's own mapping ("ProtoJSON",
 * https://protobuf.dev/programming-guides/json/): lowerCamelCase names, 64-bit integers as strings,
 * enums by name, bytes in base64, maps as objects, and forms of their own for Timestamp, Duration,
 * FieldMask, Struct, Value, ListValue, the wrappers, Empty and Any. It reads the descriptors, so it
 * serves compiled messages and those of a pool (rpc/types.h) alike.
 *
 * The text is read and written here and not by a JSON library, because numbers must pass unharmed
 * (jansson refuses integers over INT64_MAX, of which uint64 has as many again) and because all
 * memory must come from the arena. Reading builds no tree: text becomes fields at once.
 *
 * Not mapped: extensions of proto2, which stay unknown fields and, as all unknown fields, are not
 * printed; and a NUL inside a string, which protobuf-c cannot hold, so parsing refuses it.
 */
#ifndef CVN_RPC_JSON_H
#define CVN_RPC_JSON_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "rpc/types.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/*
 * Deeper objects and arrays are refused, as protobuf's own parsers do; and messages deeper than
 * CVN_MESSAGE_UNPACK_DEPTH_MAX (rpc/message.h), because what is read here must be unpacked there. A
 * list in a google.protobuf.Value is two messages, an object in it three.
 */
enum { CVN_JSON_NESTING_MAX = 100 };

/* How to print and parse; NULL in place of it is as all false. */
struct cvn_json_options {
    const struct cvn_types *types; /* where an Any's type is looked up; NULL: Any is refused */
    bool pretty;                   /* print lines, indented by 2 spaces; else one without spaces */
    bool original_names;           /* print start_local, not startLocal; both are always parsed */
    bool enum_numbers;             /* print enums as numbers; both are always parsed */
    bool defaults;                 /* print also what is empty or zero, but for absent messages,
                                      members of a oneof and optional fields */
    bool ignore_unknown;           /* skip names and enum values that the type does not have */
};

/*
 * Writes the message as JSON into the arena, NUL behind it, fields by ascending number, map entries
 * in their order. 0; -EINVAL when it has no JSON form (a string not UTF-8, a Timestamp outside the
 * years 1 to 9999, an Any of unknown type, nested too deep), with a sentence that names the field
 * in err, which may be NULL; -ENOMEM when the arena is spent. Equal messages print equal text.
 */
int cvn_json_print(const ProtobufCMessage *message, const struct cvn_json_options *options,
                   struct cvn_arena *arena, struct cvn_slice *ret, struct cvn_error *err);

/*
 * Reads JSON into a message of the type in the arena, which needs no freeing and borrows nothing
 * of the text. 0; -EINVAL when the text is no JSON or no such message, with a sentence in err (may
 * be NULL) that names the field by its path, as in "event.venue.latitude must be a number, it is a
 * string"; -ENOMEM when the arena is spent. An object that names a field twice is refused, also by
 * its two names. A message that lacks a proto2 `required` field is refused.
 */
int cvn_json_parse(const ProtobufCMessageDescriptor *type, struct cvn_slice text,
                   const struct cvn_json_options *options, struct cvn_arena *arena,
                   ProtobufCMessage **ret, struct cvn_error *err);

/*
 * Writes what JSON calls a field, "startLocal" for "start_local", into name, and a NUL; cut at
 * size. Rule: protoc's ToJsonName.
 */
void cvn_json_field_name(const char *field, char *name, size_t size);

#endif
