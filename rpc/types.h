/*
 * Protobuf types known at run time: descriptors that protobuf-c can pack and unpack by, built from
 * serialised google.protobuf.FileDescriptorProto, be they embedded in this program or told by a
 * foreign server's reflection. proto2 and proto3; groups and editions are refused. What is built
 * never changes, so that any number of threads may read it.
 *
 * A built message differs from a compiled one in this: message_init is NULL, because protobuf-c
 * gives it no descriptor, so messages are made with cvn_types_new_message and never with
 * protobuf_c_message_init; proto3 `optional` is a field with a has-flag (protoc-c knows none); and
 * members of a oneof carry no default_value, which protobuf-c would write over one another.
 */
#ifndef CVN_RPC_TYPES_H
#define CVN_RPC_TYPES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_TYPES_FILES_MAX = 2048,
    CVN_TYPES_FILE_BYTES_MAX = 4 << 20,  /* one serialised file */
    CVN_TYPES_SYMBOLS_MAX = 200000,      /* all that has a full name, in all files */
    CVN_TYPES_MESSAGE_FIELDS_MAX = 4096, /* an empty message of so many is 100 KB */
    CVN_TYPES_ENUM_VALUES_MAX = 16384,
    CVN_TYPES_NESTING_MAX = 32,          /* a message declared in a message, and so on */
    CVN_TYPES_NAME_BYTES_MAX = 512,      /* a full name */
    CVN_TYPES_FILE_NAME_BYTES_MAX = 200, /* two of them fit a sentence uncut */
    CVN_TYPES_CAP_BYTES = 64 << 20,      /* a cap that suits; Google's own APIs fit */
    CVN_TYPES_FIELD_NUMBER_MAX = (1 << 29) - 1,
};

struct cvn_types;

/* One .proto file. All it points to belongs to the pool. */
struct cvn_types_file {
    const char *name;       /* as imports write it: "google/protobuf/any.proto" */
    const char *package;    /* "" where it has none */
    struct cvn_slice bytes; /* the serialised FileDescriptorProto, as it was given */
    size_t n_imports;       /* weak ones that were not given are left out */
    const struct cvn_types_file *const *imports;
};

struct cvn_types_method {
    const char *name;      /* "ListEvents" */
    const char *full_name; /* "convene.events.v1.EventService.ListEvents" */
    const ProtobufCMessageDescriptor *input;
    const ProtobufCMessageDescriptor *output;
    bool client_streaming;
    bool server_streaming;
    bool deprecated;
};

struct cvn_types_service {
    const char *full_name; /* "convene.events.v1.EventService" */
    const struct cvn_types_file *file;
    size_t n_methods;
    const struct cvn_types_method *methods; /* in the file's order */
};

/*
 * Builds the types of a serialised google.protobuf.FileDescriptorSet. 0 with *ret the caller's to
 * cvn_types_free; -EINVAL when the bytes are no such set, name what is not there, or pass a limit
 * above, with the sentence in err (may be NULL); -ENOMEM when building needs more than cap_bytes.
 * The order of the files does not matter; a file given twice with the same bytes is read once.
 */
int cvn_types_new_of_set(struct cvn_slice set, size_t cap_bytes, struct cvn_types **ret,
                         struct cvn_error *err);

/* As above, of n serialised FileDescriptorProto, as reflection gives them. */
int cvn_types_new_of_files(const struct cvn_slice *files, size_t n, size_t cap_bytes,
                           struct cvn_types **ret, struct cvn_error *err);

/* Frees the pool and all it gave out. NULL is accepted. */
void cvn_types_free(struct cvn_types *types);

/* What has the full name ("google.protobuf.Any", no leading dot), or NULL. */
const ProtobufCMessageDescriptor *cvn_types_message(const struct cvn_types *types,
                                                    const char *full_name);
const ProtobufCEnumDescriptor *cvn_types_enum(const struct cvn_types *types, const char *full_name);
const struct cvn_types_service *cvn_types_service(const struct cvn_types *types,
                                                  const char *full_name);

/* The method named "pkg.Service/Method", "/pkg.Service/Method" or "pkg.Service.Method", or NULL. */
const struct cvn_types_method *cvn_types_method(const struct cvn_types *types, const char *name);

/* The i-th service in the order of full names; NULL past the last. */
const struct cvn_types_service *cvn_types_service_at(const struct cvn_types *types, size_t i);

/* The file of that name, or NULL. */
const struct cvn_types_file *cvn_types_file(const struct cvn_types *types, const char *name);

/* The i-th file in the order they were given; NULL past the last. */
const struct cvn_types_file *cvn_types_file_at(const struct cvn_types *types, size_t i);

/*
 * The file that declares the symbol: a message, field, oneof, enum, enum value, service, method
 * ("pkg.Service.Method") or extension by its full name; NULL when none does.
 */
const struct cvn_types_file *cvn_types_file_of_symbol(const struct cvn_types *types,
                                                      const char *full_name);

/* The file that extends the message with that field number, or NULL. */
const struct cvn_types_file *cvn_types_file_of_extension(const struct cvn_types *types,
                                                         const char *message, int32_t number);

/*
 * The numbers by which files of the pool extend the message, ascending, at most max of them;
 * returns how many there are in all.
 */
size_t cvn_types_extensions(const struct cvn_types *types, const char *message, int32_t *numbers,
                            size_t max);

/*
 * The file and all it imports, directly and not, each once, the file first. 0 with *ret an array
 * in the arena of *ret_n; -ENOMEM.
 */
int cvn_types_closure(const struct cvn_types *types, const struct cvn_types_file *file,
                      struct cvn_arena *arena, const struct cvn_types_file *const **ret,
                      size_t *ret_n);

/*
 * An empty message of the type in the arena, every field at its default, for built and compiled
 * types alike; NULL when the arena is spent.
 */
ProtobufCMessage *cvn_types_new_message(const ProtobufCMessageDescriptor *type,
                                        struct cvn_arena *arena);

/* What protobuf-c's own descriptors do not tell; the types may be built or compiled. */

/* Bytes a value takes in a message and in the array of a repeated field. */
size_t cvn_types_value_size(ProtobufCType type);

/*
 * Whether the field is a map: its type is an entry as protoc declares it for `map<K, V>`. For a
 * compiled type this goes by the entry's name and form, since protobuf-c forgets the option.
 */
bool cvn_types_is_map(const ProtobufCMessageDescriptor *type,
                      const ProtobufCFieldDescriptor *field);

/* The name the .proto file gives with json_name where it differs from what protoc would make of the
 * field's; NULL for any other field and for every compiled one. */
const char *cvn_types_json_name(const ProtobufCFieldDescriptor *field);

#endif
