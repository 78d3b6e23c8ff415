/* A pool of types from the inside: what the files that build it share. */
#ifndef CVN_RPC_TYPES_BUILD_H
#define CVN_RPC_TYPES_BUILD_H

#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/types.h"

struct cvn_types_built_file {
    struct cvn_types_file public; /* first, so that either pointer is the other */
    const Google__Protobuf__FileDescriptorProto *proto;
    bool proto3;
    size_t index; /* in struct cvn_types */
    enum { CVN_TYPES_UNVISITED, CVN_TYPES_VISITING, CVN_TYPES_VISITED } visit;
};

/* descriptor.reserved1 points to the whole, which is how a built message is told from a compiled
 * one; a field's reserved2 is what cvn_types_json_name returns. */
struct cvn_types_built_message {
    ProtobufCMessageDescriptor descriptor; /* first */
    const Google__Protobuf__DescriptorProto *proto;
    const struct cvn_types_built_file *file;
    bool map_entry;
};

struct cvn_types_built_enum {
    ProtobufCEnumDescriptor descriptor; /* first */
    const Google__Protobuf__EnumDescriptorProto *proto;
    const struct cvn_types_built_file *file;
    int32_t first; /* the value declared first, which is a field's default */
};

struct cvn_types_built_service {
    struct cvn_types_service public; /* first */
    const Google__Protobuf__ServiceDescriptorProto *proto;
};

struct cvn_types_extension {
    const char *message; /* full name of what is extended */
    int32_t number;
    const struct cvn_types_built_file *file;
};

enum cvn_types_kind {
    CVN_TYPES_PACKAGE,
    CVN_TYPES_MESSAGE,
    CVN_TYPES_ENUM,
    CVN_TYPES_SERVICE,
    CVN_TYPES_METHOD,
    CVN_TYPES_EXTENSION,
    CVN_TYPES_PART, /* a field, a oneof, a value of an enum */
};

struct cvn_types_symbol {
    const char *name; /* full */
    enum cvn_types_kind kind;
    struct cvn_types_built_file *file;
    void *thing;       /* struct cvn_types_built_… or const struct cvn_types_method by the kind */
    const void *proto; /* of an extension: its FieldDescriptorProto */
};

struct cvn_types {
    struct cvn_arena arena; /* holds this struct too */
    struct cvn_types_built_file *files;
    size_t n_files;
    struct cvn_types_built_file **files_by_name;
    struct cvn_types_symbol *symbols; /* by name once declared */
    size_t n_symbols;
    size_t room_symbols;
    const struct cvn_types_service **services; /* by name */
    size_t n_services;
    struct cvn_types_extension *extensions; /* by message, then number */
    size_t n_extensions;
};

/* The steps of building, in this order. All return 0, -EINVAL with err set, or -ENOMEM. */

/* Unpacks the files, and links each to what it imports. */
int cvn_types_read_files(struct cvn_types *types, const struct cvn_slice *files, size_t n,
                         struct cvn_error *err);

/* Gives everything its full name, and refuses a name that two things have. */
int cvn_types_declare(struct cvn_types *types, struct cvn_error *err);

/* Fills one enum, message, service. Of what they refer to, all is declared already. */
int cvn_types_fill_enum(struct cvn_types *types, struct cvn_types_built_enum *built,
                        struct cvn_error *err);
int cvn_types_fill_message(struct cvn_types *types, struct cvn_types_built_message *built,
                           struct cvn_error *err);
int cvn_types_fill_service(struct cvn_types *types, struct cvn_types_built_service *built,
                           struct cvn_error *err);

/* Lists services and extensions by name. */
int cvn_types_index(struct cvn_types *types, struct cvn_error *err);

/* Tools for the steps. */

/* The symbol of that full name, or NULL. */
const struct cvn_types_symbol *cvn_types_find(const struct cvn_types *types, const char *full_name);

/*
 * What a type's name means inside scope: with a leading dot it is full, else it is looked for in
 * the scope, then in those around it, as C++ does. NULL when nothing has that name.
 */
const struct cvn_types_symbol *cvn_types_resolve(const struct cvn_types *types, const char *scope,
                                                 const char *name);

/*
 * The default of a proto2 field from its text, in the arena and as protobuf-c keeps it. 0 with *ret
 * the value; -EINVAL when the text is no value of the type; -ENOMEM.
 */
int cvn_types_default(const ProtobufCFieldDescriptor *field, const char *text,
                      struct cvn_arena *arena, const void **ret);

/* Sets the sentence for an arena that is spent, and returns -ENOMEM. */
int cvn_types_no_room(const struct cvn_types *types, struct cvn_error *err);

#endif
