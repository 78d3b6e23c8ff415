/* The parser from the inside: what json_parse.c and json_value.c share. */
#ifndef CVN_RPC_JSON_PARSER_H
#define CVN_RPC_JSON_PARSER_H

#include "rpc/json_field.h"
#include "rpc/json_text.h"

struct cvn_json_parser {
    struct cvn_json_reader reader;
    const struct cvn_json_options *options;
    struct cvn_arena *arena;
    struct cvn_error *err;
    int nesting; /* messages around the one being read, as they nest on the wire */
};

/* Outcome of reading a value: an enum's name that the type has not, which the options ignore. */
enum { CVN_JSON_IGNORED = 1 };

/* Refuses what comes next for not being what is expected ("a number"); -EINVAL. */
int cvn_json_refuse_kind(struct cvn_json_parser *parser, const struct cvn_json_path *path,
                         const char *expected);

/*
 * Reads what comes next into value, which is of the field's type, not a message, and not marked as
 * set. 0, CVN_JSON_IGNORED, -EINVAL, -ENOMEM.
 */
int cvn_json_read_scalar(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                         void *value, const struct cvn_json_path *path);

/* As above from a map's key, which is a string in JSON whatever its type. */
int cvn_json_read_key(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                      struct cvn_slice text, void *value, const struct cvn_json_path *path);

/* A string, copied and terminated; refuses a NUL in it. */
int cvn_json_read_text(struct cvn_json_parser *parser, const struct cvn_json_path *path,
                       struct cvn_slice *ret);

/* A finite number from its text in JSON's form; false when it is past the type's range. */
bool cvn_json_to_double(struct cvn_json_parser *parser, struct cvn_slice text, double *ret);

#endif
