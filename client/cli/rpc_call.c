#include "client/cli/rpc.h"
#include "client/cli/rpc_input.h"
#include "client/cli/rpc_output.h"
#include "client/cli/streaming.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 512 << 20 };

const struct cvn_option cvn_rpc_call_options[] = {
    {"json", 'd', "TEXT|@FILE|-", "the request or requests; - is standard input", NULL},
    {"metadata", 'H', "KEY=VALUE", "metadata to send; of a key in -bin the value is base64", NULL},
    {"compact", 'c', NULL, "each reply on one line", NULL},
    {"defaults", 0, NULL, "print fields that are empty or 0, too", NULL},
    {"ignore-unknown", 0, NULL, "skip what the request's type does not have", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

/* One call on its way. */
struct call {
    struct cvn_cli *cli;
    struct cvn_types *types;
    const struct cvn_types_method *method;
    /* The method as the runtime wants it. */
    ProtobufCMethodDescriptor described;
    ProtobufCServiceDescriptor service;
    struct cvn_json_options print;
    struct cvn_metadata metadata;
    struct cvn_rpc_input *input;
    struct cvn_stream *stream;
    int ended_fd;       /* readable once no further reply comes; -1 where nobody waits for it */
    enum cvn_exit read; /* what reading the replies led to */
    bool headers_shown;
};

/* Adds KEY=VALUE. */
static enum cvn_exit add_metadata(struct call *call, const char *text)
{
    struct cvn_cli *cli = call->cli;
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        return cvn_cli_misuse(cli, "--metadata must be KEY=VALUE, not \"%s\".", text);
    }
    char *key = cvn_arena_copy(&cli->arena, text, (size_t)(equals - text));
    struct cvn_slice value = cvn_slice_of_string(equals + 1);
    if (!key) {
        return cvn_cli_no_memory(cli);
    }
    size_t len = strlen(key);
    if (len > 4 && strcmp(key + len - 4, "-bin") == 0) {
        uint8_t *bytes = cvn_arena_alloc(&cli->arena, value.len);
        size_t n = 0;
        if (!bytes) {
            return cvn_cli_no_memory(cli);
        }
        /* Padding is optional in gRPC. */
        if (sodium_base642bin(bytes, value.len, value.data, value.len, "", &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0 &&
            sodium_base642bin(bytes, value.len, value.data, value.len, "", &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0) {
            return cvn_cli_misuse(
                cli, "--metadata %s must be base64, because the key ends in -bin.", key);
        }
        value = cvn_slice(bytes, n);
    }
    switch (cvn_metadata_add(&call->metadata, key, value)) {
    case 0:
        return CVN_EXIT_DONE;
    case -EINVAL:
        return cvn_cli_misuse(cli,
                              "--metadata %s is nothing that can be sent: keys are lower-case "
                              "letters, digits, - _ and ., values printable ASCII.",
                              key);
    default:
        return cvn_cli_misuse(cli, "--metadata is too much: at most %d entries and %d bytes.",
                              CVN_METADATA_ENTRIES_MAX, CVN_METADATA_BYTES_MAX);
    }
}

static enum cvn_exit take_metadata(struct call *call)
{
    const struct cvn_args *args = &call->cli->args;
    cvn_metadata_init(&call->metadata, &call->cli->arena);
    enum cvn_exit code = CVN_EXIT_DONE;
    for (size_t i = 0; code == CVN_EXIT_DONE && i < args->n_given; i++) {
        if (strcmp(args->given[i].option->name, "metadata") == 0) {
            code = add_metadata(call, args->given[i].value);
        }
    }
    return code;
}

static enum cvn_exit find_method(struct call *call)
{
    struct cvn_cli *cli = call->cli;
    const char *name = cvn_args_word(&cli->args, 0);
    call->method = cvn_types_method(call->types, name);
    if (call->method) {
        return CVN_EXIT_DONE;
    }
    return cvn_cli_fail(cli, CVN_EXIT_NOT_FOUND,
                        "The server has no method %s. See `convene rpc list`.", name);
}

static enum cvn_exit open_input(struct call *call)
{
    const char *source = cvn_args_get(&call->cli->args, "json");
    if (!source) {
        source = call->method->client_streaming ? "-" : "{}";
    }
    struct cvn_error err = {""};
    int r = cvn_rpc_input_open(&call->input, source, call->ended_fd, &err);
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(call->cli);
    }
    return r ? cvn_cli_fail(call->cli, CVN_EXIT_FAILED, "%s.", err.text) : CVN_EXIT_DONE;
}

/*
 * The next request, in the arena. CVN_EXIT_DONE with NULL when there is none, or when the call has
 * ended meanwhile; says what is wrong with it.
 */
static enum cvn_exit next_request(struct call *call, unsigned number, struct cvn_arena *arena,
                                  ProtobufCMessage **ret)
{
    struct cvn_slice text;
    *ret = NULL;
    int r = cvn_rpc_input_next(call->input, &text);
    if (r > 0) {
        return CVN_EXIT_DONE;
    }
    if (r == -E2BIG) {
        return cvn_cli_fail(call->cli, CVN_EXIT_FAILED, "Request %u has more than %d bytes.",
                            number, CVN_RPC_INPUT_DOCUMENT_BYTES_MAX);
    }
    if (r < 0) {
        return cvn_cli_fail(call->cli, CVN_EXIT_FAILED, "The requests cannot be read: %s.",
                            strerror(-r));
    }
    struct cvn_error err = {""};
    const struct cvn_json_options options = {
        .types = call->types, .ignore_unknown = cvn_args_has(&call->cli->args, "ignore-unknown")};
    r = cvn_json_parse(call->method->input, text, &options, arena, ret, &err);
    if (r == 0) {
        return CVN_EXIT_DONE;
    }
    return cvn_cli_fail(call->cli, CVN_EXIT_FAILED, "Request %u is no %s: %s.", number,
                        call->method->input->name,
                        *err.text ? err.text : "it does not fit into memory");
}

static enum cvn_exit open_stream(struct call *call, const ProtobufCMessage *message)
{
    const struct cvn_types_method *method = call->method;
    const char *dot = strrchr(method->full_name, '.');
    char *service_name =
        cvn_arena_copy(&call->cli->arena, method->full_name, (size_t)(dot - method->full_name));
    if (!service_name) {
        return cvn_cli_no_memory(call->cli);
    }
    static const unsigned first = 0;
    call->described = (ProtobufCMethodDescriptor){method->name, method->input, method->output};
    call->service = (ProtobufCServiceDescriptor){
        .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
        .name = service_name,
        .n_methods = 1,
        .methods = &call->described,
        .method_indices_by_name = &first,
    };
    bool streams = method->client_streaming || method->server_streaming;
    const struct cvn_call_request request = {
        .service = &call->service,
        .method = method->name,
        .message = message,
        .options = {.timeout_ms = streams ? 0 : CONVENE_TIMEOUT_MS, .metadata = &call->metadata},
    };
    return cvn_streaming_open(call->cli, &request, &call->stream);
}

/* Shows the initial metadata once they are there, ahead of what follows them. */
static void show_headers(struct call *call)
{
    const struct cvn_metadata *metadata = cvn_stream_initial_metadata(call->stream);
    if (call->cli->verbose && metadata && !call->headers_shown) {
        cvn_rpc_print_metadata("<", metadata);
        call->headers_shown = true;
    }
}

/* Prints replies until the last. */
static void read_replies(struct call *call)
{
    int r = 0;
    while (r == 0 && call->read == CVN_EXIT_DONE) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, MESSAGE_BYTES);
        ProtobufCMessage *message;
        r = cvn_stream_read(call->stream, &arena, &message);
        show_headers(call);
        if (r == 0) {
            call->read = cvn_rpc_print_reply(call->cli, message, &call->print);
        }
    }
    if (r < 0) {
        call->read =
            cvn_cli_fail(call->cli, CVN_EXIT_FAILED,
                         r == -ENOMEM ? "A reply does not fit into memory." : "A reply is no %s.",
                         call->method->output->name);
    }
    if (call->read) {
        cvn_stream_cancel(call->stream);
    }
}

static void *run_reader(void *arg)
{
    struct call *call = arg;
    read_replies(call);
    const uint64_t one = 1;
    (void)!write(call->ended_fd, &one, sizeof one);
    return NULL;
}

/* Writes requests until the last, or until the call ends. */
static enum cvn_exit write_requests(struct call *call)
{
    for (unsigned number = 1;; number++) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, MESSAGE_BYTES);
        ProtobufCMessage *message;
        enum cvn_exit code = next_request(call, number, &arena, &message);
        if (code) {
            cvn_stream_cancel(call->stream);
            return code;
        }
        int r = message ? cvn_stream_write(call->stream, message) : -EPIPE;
        if (r == -ENOMEM) {
            cvn_stream_cancel(call->stream);
            return cvn_cli_no_memory(call->cli);
        }
        if (r) {
            (void)cvn_stream_writes_done(call->stream);
            return CVN_EXIT_DONE;
        }
    }
}

/* How it ended; a fault on this side has been told already and counts more. */
static enum cvn_exit finish(struct call *call, enum cvn_exit code)
{
    struct cvn_status status;
    enum cvn_code ended = cvn_stream_finish(call->stream, &call->cli->arena, &status);
    code = code ? code : call->read;
    show_headers(call);
    if (call->cli->verbose) {
        cvn_rpc_print_metadata("<<", cvn_stream_trailing_metadata(call->stream));
        cvn_cli_note(call->cli, "%s: %s", call->method->full_name, cvn_code_name(ended));
    }
    if (code || ended == CVN_OK) {
        return code;
    }
    return cvn_rpc_print_failure(call->cli, &status, call->types);
}

/* Replies are read on a thread of their own, so that both sides may speak as they like. */
static enum cvn_exit call_with_stream(struct call *call)
{
    enum cvn_exit code = open_stream(call, NULL);
    pthread_t reader;
    if (code) {
        return code;
    }
    if (pthread_create(&reader, NULL, run_reader, call) != 0) {
        return cvn_cli_no_memory(call->cli);
    }
    code = write_requests(call);
    (void)pthread_join(reader, NULL);
    return finish(call, code);
}

static enum cvn_exit call_with_message(struct call *call)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, MESSAGE_BYTES);
    ProtobufCMessage *message;
    enum cvn_exit code = next_request(call, 1, &arena, &message);
    if (code == CVN_EXIT_DONE && !message) {
        return cvn_cli_misuse(call->cli, "There is no request; {} is an empty one.");
    }
    struct cvn_slice text;
    if (code == CVN_EXIT_DONE && cvn_rpc_input_next(call->input, &text) == 0) {
        return cvn_cli_misuse(call->cli, "%s takes one request.", call->method->full_name);
    }
    code = code ? code : open_stream(call, message);
    if (code) {
        return code;
    }
    read_replies(call);
    return finish(call, CVN_EXIT_DONE);
}

enum cvn_exit cvn_rpc_call_run(struct cvn_cli *cli)
{
    struct call call = {
        .cli = cli,
        .print = {.pretty = !cvn_args_has(&cli->args, "compact"),
                  .defaults = cvn_args_has(&cli->args, "defaults")},
        .ended_fd = eventfd(0, EFD_CLOEXEC),
    };
    enum cvn_exit code = call.ended_fd < 0 ? cvn_cli_no_memory(cli) : take_metadata(&call);
    code = code ? code : cvn_rpc_reflect_types(cli, NULL, &call.types);
    call.print.types = call.types;
    code = code ? code : find_method(&call);
    code = code ? code : open_input(&call);
    if (code == CVN_EXIT_DONE) {
        code = call.method->client_streaming ? call_with_stream(&call) : call_with_message(&call);
    }
    cvn_stream_free(call.stream);
    cvn_rpc_input_close(call.input);
    cvn_types_free(call.types);
    if (call.ended_fd >= 0) {
        (void)close(call.ended_fd);
    }
    return code;
}
