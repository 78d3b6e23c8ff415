#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/cli/rpc.h"
#include "client/cli/streaming.h"
#include "client/lib/channel.h"

#include <errno.h>
#include <string.h>

enum { ANSWER_BYTES = 256 << 20, FILES_BYTES = 128 << 20 };

/* A conversation with a server about itself. */
struct dialogue {
    struct cvn_cli *cli;
    struct cvn_stream *stream;
    struct cvn_arena arena; /* of the files */
    struct cvn_slice files[CVN_TYPES_FILES_MAX];
    size_t n_files;
};

static enum cvn_exit begin(struct cvn_cli *cli, struct dialogue *dialogue)
{
    static const struct cvn_call_request request = {
        .service = &grpc__reflection__v1__server_reflection__descriptor,
        .method = "ServerReflectionInfo",
        .options = {.timeout_ms = CONVENE_TIMEOUT_MS},
    };
    *dialogue = (struct dialogue){.cli = cli};
    cvn_arena_init(&dialogue->arena, FILES_BYTES);
    return cvn_streaming_open(cli, &request, &dialogue->stream);
}

/* Says goodbye where there is anybody to hear it, so that the server counts no failure. */
static void end(struct dialogue *dialogue)
{
    struct cvn_status status;
    if (dialogue->stream && cvn_stream_writes_done(dialogue->stream) == 0) {
        (void)cvn_stream_finish(dialogue->stream, &dialogue->cli->arena, &status);
    }
    cvn_stream_free(dialogue->stream);
    cvn_arena_deinit(&dialogue->arena);
}

/* The server went before it answered: says why. */
static enum cvn_exit explain(struct dialogue *dialogue)
{
    struct cvn_cli *cli = dialogue->cli;
    struct cvn_status ended;
    if (cvn_stream_finish(dialogue->stream, &cli->arena, &ended) == CVN_UNIMPLEMENTED) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The server at %s does not describe itself (grpc.reflection.v1), so "
                            "that its methods are not known here.",
                            convene_url(cli->client));
    }
    if (ended.code == CVN_OK) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The server ended without an answer.");
    }
    struct convene_status status = CONVENE_STATUS_INIT;
    cvn_client_take_status(cli->client, &ended, &cli->arena, &status);
    enum cvn_exit code = cvn_failure_print(cli, &status);
    convene_status_clear(&status);
    return code;
}

/* Asks one thing and waits for the answer, which lives in the arena. */
static enum cvn_exit ask(struct dialogue *dialogue, struct cvn_arena *arena,
                         const Grpc__Reflection__V1__ServerReflectionRequest *request,
                         Grpc__Reflection__V1__ServerReflectionResponse **ret)
{
    ProtobufCMessage *message = NULL;
    int r = cvn_stream_write(dialogue->stream, &request->base);
    if (r == 0) {
        r = cvn_stream_read(dialogue->stream, arena, &message);
    }
    if (r == -EBADMSG) {
        return cvn_cli_fail(dialogue->cli, CVN_EXIT_FAILED, "The server's answer cannot be read.");
    }
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(dialogue->cli);
    }
    if (r) {
        return explain(dialogue);
    }
    cvn_client_note_answer(dialogue->cli->client);
    *ret = (Grpc__Reflection__V1__ServerReflectionResponse *)message;
    return CVN_EXIT_DONE;
}

static enum cvn_exit unexpected(struct dialogue *dialogue,
                                const Grpc__Reflection__V1__ServerReflectionResponse *answer)
{
    if (answer->message_response_case ==
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE) {
        bool absent = answer->error_response->error_code == CVN_NOT_FOUND;
        return cvn_cli_fail(dialogue->cli, absent ? CVN_EXIT_NOT_FOUND : CVN_EXIT_FAILED,
                            "The server says: %s", answer->error_response->error_message);
    }
    return cvn_cli_fail(dialogue->cli, CVN_EXIT_FAILED,
                        "The server answers something else than was asked.");
}

static enum cvn_exit ask_services(struct dialogue *dialogue, struct cvn_arena *arena,
                                  Grpc__Reflection__V1__ListServiceResponse **ret)
{
    Grpc__Reflection__V1__ServerReflectionRequest request =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES;
    request.list_services = (char *)(uintptr_t) "*";
    Grpc__Reflection__V1__ServerReflectionResponse *answer;
    enum cvn_exit code = ask(dialogue, arena, &request, &answer);
    if (code) {
        return code;
    }
    if (answer->message_response_case !=
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE) {
        return unexpected(dialogue, answer);
    }
    *ret = answer->list_services_response;
    return CVN_EXIT_DONE;
}

/* Keeps a copy of the file unless the same one is there. */
static enum cvn_exit keep(struct dialogue *dialogue, const ProtobufCBinaryData *file)
{
    struct cvn_slice bytes = cvn_slice(file->data, file->len);
    for (size_t i = 0; i < dialogue->n_files; i++) {
        if (cvn_slice_compare(dialogue->files[i], bytes) == 0) {
            return CVN_EXIT_DONE;
        }
    }
    if (dialogue->n_files == CVN_TYPES_FILES_MAX) {
        return cvn_cli_fail(dialogue->cli, CVN_EXIT_FAILED,
                            "The server's services are described by over %d files.",
                            CVN_TYPES_FILES_MAX);
    }
    struct cvn_slice copy = cvn_arena_slice(&dialogue->arena, bytes);
    if (!copy.data) {
        return cvn_cli_no_memory(dialogue->cli);
    }
    dialogue->files[dialogue->n_files++] = copy;
    return CVN_EXIT_DONE;
}

static enum cvn_exit ask_symbol(struct dialogue *dialogue, const char *symbol)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ANSWER_BYTES);
    Grpc__Reflection__V1__ServerReflectionRequest request =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
    request.file_containing_symbol = (char *)(uintptr_t)symbol;
    Grpc__Reflection__V1__ServerReflectionResponse *answer;
    enum cvn_exit code = ask(dialogue, &arena, &request, &answer);
    if (code == CVN_EXIT_DONE &&
        answer->message_response_case !=
            GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE) {
        return unexpected(dialogue, answer);
    }
    if (code) {
        return code;
    }
    const Grpc__Reflection__V1__FileDescriptorResponse *found = answer->file_descriptor_response;
    for (size_t i = 0; code == CVN_EXIT_DONE && i < found->n_file_descriptor_proto; i++) {
        code = keep(dialogue, &found->file_descriptor_proto[i]);
    }
    return code;
}

static enum cvn_exit ask_all(struct dialogue *dialogue)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ANSWER_BYTES);
    Grpc__Reflection__V1__ListServiceResponse *list;
    enum cvn_exit code = ask_services(dialogue, &arena, &list);
    for (size_t i = 0; code == CVN_EXIT_DONE && i < list->n_service; i++) {
        code = ask_symbol(dialogue, list->service[i]->name);
    }
    return code;
}

enum cvn_exit cvn_rpc_reflect_services(struct cvn_cli *cli, struct cvn_arena *arena,
                                       Grpc__Reflection__V1__ListServiceResponse **ret)
{
    struct dialogue dialogue;
    enum cvn_exit code = begin(cli, &dialogue);
    code = code ? code : ask_services(&dialogue, arena, ret);
    end(&dialogue);
    return code;
}

enum cvn_exit cvn_rpc_reflect_types(struct cvn_cli *cli, const char *symbol, struct cvn_types **ret)
{
    struct dialogue dialogue;
    enum cvn_exit code = begin(cli, &dialogue);
    if (code == CVN_EXIT_DONE) {
        code = symbol ? ask_symbol(&dialogue, symbol) : ask_all(&dialogue);
    }
    struct cvn_error err = {""};
    int r = 0;
    if (code == CVN_EXIT_DONE) {
        r = cvn_types_new_of_files(dialogue.files, dialogue.n_files, CVN_TYPES_CAP_BYTES, ret,
                                   &err);
    }
    end(&dialogue);
    return r ? cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "What the server says of itself is not usable: %s", err.text)
             : code;
}
