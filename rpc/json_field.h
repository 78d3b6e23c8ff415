/* What printing and parsing JSON share: forms of well-known types, names and paths of fields. */
#ifndef CVN_RPC_JSON_FIELD_H
#define CVN_RPC_JSON_FIELD_H

#include "rpc/json.h"

enum { CVN_JSON_NAME_BYTES = CVN_TYPES_NAME_BYTES_MAX + 1 };

/* How a message looks in JSON. */
enum cvn_json_form {
    CVN_JSON_ORDINARY, /* an object of its fields */
    CVN_JSON_ANY,
    CVN_JSON_TIMESTAMP,
    CVN_JSON_DURATION,
    CVN_JSON_FIELD_MASK,
    CVN_JSON_STRUCT,
    CVN_JSON_VALUE,
    CVN_JSON_LIST,
    CVN_JSON_WRAPPER,
};

/* Where a value is; the outermost has up NULL and says nothing. Lives on the stack. */
struct cvn_json_path {
    const struct cvn_json_path *up;
    struct cvn_slice name; /* of a field, or a map's key; NULL data for an item of an array */
    size_t index;
};

/*
 * The form of a type: by name, and by its fields being those the name promises, since a foreign
 * server may call anything google.protobuf.Timestamp. In a form other than ordinary, no field needs
 * to be looked at again before it is used by number.
 */
enum cvn_json_form cvn_json_form_of(const ProtobufCMessageDescriptor *type);

/* Whether the field's type is google.protobuf.NullValue, whose only value is null. */
bool cvn_json_is_null_value(const ProtobufCFieldDescriptor *field);

/* The field of that number, and where its value lies in the message. */
const ProtobufCFieldDescriptor *cvn_json_field(const ProtobufCMessageDescriptor *type,
                                               unsigned number);
void *cvn_json_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* A repeated field's number of items; which member of a oneof is set; a flag of presence. */
size_t *cvn_json_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
uint32_t *cvn_json_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
protobuf_c_boolean *cvn_json_flag(const ProtobufCMessage *message,
                                  const ProtobufCFieldDescriptor *field);

/* Whether the field has a flag of presence. */
bool cvn_json_has_flag(const ProtobufCFieldDescriptor *field);

/* Writes the name JSON gives the field, or with original the one it has. */
void cvn_json_name_of(const ProtobufCFieldDescriptor *field, char name[CVN_JSON_NAME_BYTES]);

/* Sets "<path> <sentence>" and returns -EINVAL. */
int cvn_json_refuse(struct cvn_error *err, const struct cvn_json_path *path, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

#endif
