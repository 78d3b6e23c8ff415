/* Any bytes as a FileDescriptorSet; of what is built from them, every message is used. */
#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/json.h"
#include "rpc/message.h"
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>

enum { CAP_BYTES = 4 << 20 };

static void use_message(const struct cvn_types *types, const char *name, struct cvn_slice input)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_json_options options = {.types = types, .defaults = true};
    const ProtobufCMessageDescriptor *type = cvn_types_message(types, name);
    ProtobufCMessage *message = type ? cvn_types_new_message(type, &arena) : NULL;
    ProtobufCMessage *again = NULL;
    struct cvn_slice text, bytes;
    if (!message)
        return;
    if (cvn_json_print(message, &options, &arena, &text, NULL) == 0)
        (void)cvn_json_parse(type, text, &options, &arena, &again, NULL);
    if (again && cvn_message_pack(again, &arena, &bytes) == 0)
        (void)cvn_message_unpack(type, &arena, bytes, &again);
    if (cvn_message_unpack(type, &arena, input, &again) == 0)
        (void)cvn_json_print(again, &options, &arena, &text, NULL);
}

static void use_file(const struct cvn_types *types, const struct cvn_types_file *file,
                     struct cvn_slice input)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    ProtobufCMessage *message = NULL;
    const struct cvn_types_file *const *closure = NULL;
    size_t n = 0;
    if (cvn_types_closure(types, file, &arena, &closure, &n) == 0 && closure[0] != file)
        abort();
    if (cvn_message_unpack(&google__protobuf__file_descriptor_proto__descriptor, &arena,
                           file->bytes, &message))
        return;
    const Google__Protobuf__FileDescriptorProto *proto =
        (const Google__Protobuf__FileDescriptorProto *)message;
    for (size_t i = 0; i < proto->n_message_type; i++) {
        const char *name =
            cvn_arena_printf(&arena, "%s%s%s", file->package, *file->package ? "." : "",
                             proto->message_type[i]->name);
        if (!name)
            return;
        if (cvn_types_file_of_symbol(types, name) != file)
            abort();
        use_message(types, name, input);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvn_types *types = NULL;
    struct cvn_error err = {""};
    struct cvn_slice input = cvn_slice(data, size);
    int r = cvn_types_new_of_set(input, CAP_BYTES, &types, &err);
    if (r && (!err.text[0] || types)) {
        (void)fprintf(stderr, "a refusal says nothing\n");
        abort();
    }
    const struct cvn_types_file *file;
    for (size_t i = 0; r == 0 && (file = cvn_types_file_at(types, i)); i++)
        use_file(types, file, input);
    cvn_types_free(types);
    return 0;
}
