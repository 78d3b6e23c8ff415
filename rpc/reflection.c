#include "rpc/reflection.h"

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 16 << 20, EXTENSIONS_MAX = 1024 };

/* The state of a call: the request whose answer has to wait, packed. The server tells no other
 * until that is written. */
struct dialogue {
    uint8_t *bytes; /* NULL when none waits */
    size_t len;
};

static void answer_error(Grpc__Reflection__V1__ServerReflectionResponse *response,
                         struct cvn_arena *arena, enum cvn_code code, const char *sentence)
{
    Grpc__Reflection__V1__ErrorResponse *error = cvn_arena_alloc(arena, sizeof *error);
    if (!error || !sentence)
        return;
    grpc__reflection__v1__error_response__init(error);
    error->error_code = (int32_t)code;
    error->error_message = (char *)(uintptr_t)sentence;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
    response->error_response = error;
}

static void answer_file(const struct cvn_reflection *reflection, const struct cvn_types_file *file,
                        Grpc__Reflection__V1__ServerReflectionResponse *response,
                        struct cvn_arena *arena)
{
    const struct cvn_types_file *const *files;
    size_t n;
    Grpc__Reflection__V1__FileDescriptorResponse *answer = cvn_arena_alloc(arena, sizeof *answer);
    if (!answer || cvn_types_closure(reflection->types, file, arena, &files, &n) < 0)
        return;
    grpc__reflection__v1__file_descriptor_response__init(answer);
    answer->file_descriptor_proto =
        cvn_arena_alloc_array(arena, n, sizeof *answer->file_descriptor_proto);
    if (!answer->file_descriptor_proto)
        return;
    answer->n_file_descriptor_proto = n;
    for (size_t i = 0; i < n; i++) {
        answer->file_descriptor_proto[i].data = (uint8_t *)(uintptr_t)files[i]->bytes.data;
        answer->file_descriptor_proto[i].len = files[i]->bytes.len;
    }
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    response->file_descriptor_response = answer;
}

static void answer_extension(const struct cvn_reflection *reflection,
                             const Grpc__Reflection__V1__ExtensionRequest *asked,
                             Grpc__Reflection__V1__ServerReflectionResponse *response,
                             struct cvn_arena *arena)
{
    const struct cvn_types_file *file = cvn_types_file_of_extension(
        reflection->types, asked->containing_type, asked->extension_number);
    if (file)
        answer_file(reflection, file, response, arena);
    else
        answer_error(response, arena, CVN_NOT_FOUND,
                     cvn_arena_printf(arena, "No file extends \"%s\" with the number %d.",
                                      asked->containing_type, asked->extension_number));
}

static void answer_numbers(const struct cvn_reflection *reflection, char *type,
                           Grpc__Reflection__V1__ServerReflectionResponse *response,
                           struct cvn_arena *arena)
{
    if (!cvn_types_message(reflection->types, type)) {
        answer_error(response, arena, CVN_NOT_FOUND,
                     cvn_arena_printf(arena, "There is no message \"%s\".", type));
        return;
    }
    Grpc__Reflection__V1__ExtensionNumberResponse *answer = cvn_arena_alloc(arena, sizeof *answer);
    int32_t *numbers = cvn_arena_alloc_array(arena, EXTENSIONS_MAX, sizeof *numbers);
    if (!answer || !numbers)
        return;
    size_t n = cvn_types_extensions(reflection->types, type, numbers, EXTENSIONS_MAX);
    grpc__reflection__v1__extension_number_response__init(answer);
    answer->base_type_name = type;
    answer->n_extension_number = n < EXTENSIONS_MAX ? n : EXTENSIONS_MAX;
    answer->extension_number = numbers;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
    response->all_extension_numbers_response = answer;
}

static int compare_services(const void *a, const void *b)
{
    const Grpc__Reflection__V1__ServiceResponse *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void answer_services(const struct cvn_reflection *reflection,
                            Grpc__Reflection__V1__ServerReflectionResponse *response,
                            struct cvn_arena *arena)
{
    size_t n = 0;
    while (cvn_server_service_at(reflection->server, n))
        n++;
    Grpc__Reflection__V1__ListServiceResponse *answer = cvn_arena_alloc(arena, sizeof *answer);
    Grpc__Reflection__V1__ServiceResponse *services =
        cvn_arena_alloc_array(arena, n, sizeof *services);
    Grpc__Reflection__V1__ServiceResponse **pointers =
        cvn_arena_alloc_array(arena, n, sizeof *pointers);
    if (!answer || !services || !pointers)
        return;
    grpc__reflection__v1__list_service_response__init(answer);
    for (size_t i = 0; i < n; i++) {
        grpc__reflection__v1__service_response__init(&services[i]);
        services[i].name = (char *)(uintptr_t)cvn_server_service_at(reflection->server, i)->name;
        pointers[i] = &services[i];
    }
    qsort(pointers, n, sizeof(struct Grpc__Reflection__V1__ServiceResponse *), compare_services);
    answer->service = pointers;
    answer->n_service = n;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
    response->list_services_response = answer;
}

/* Fills the answer; without one, memory was short. */
static void answer(const struct cvn_reflection *reflection,
                   Grpc__Reflection__V1__ServerReflectionRequest *request,
                   Grpc__Reflection__V1__ServerReflectionResponse *response,
                   struct cvn_arena *arena)
{
    const struct cvn_types_file *file;
    switch (request->message_request_case) {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
        file = cvn_types_file(reflection->types, request->file_by_filename);
        if (file)
            answer_file(reflection, file, response, arena);
        else
            answer_error(
                response, arena, CVN_NOT_FOUND,
                cvn_arena_printf(arena, "There is no file \"%s\".", request->file_by_filename));
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
        file = cvn_types_file_of_symbol(reflection->types, request->file_containing_symbol);
        if (file)
            answer_file(reflection, file, response, arena);
        else
            answer_error(response, arena, CVN_NOT_FOUND,
                         cvn_arena_printf(arena, "No file declares \"%s\".",
                                          request->file_containing_symbol));
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
        answer_extension(reflection, request->file_containing_extension, response, arena);
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
        answer_numbers(reflection, request->all_extension_numbers_of_type, response, arena);
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
        answer_services(reflection, response, arena);
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__NOT_SET:
    case _GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__CASE_IS_INT_SIZE:
        break;
    }
    answer_error(response, arena, CVN_INVALID_ARGUMENT,
                 "The request asks for nothing that this server knows; one of file_by_filename, "
                 "file_containing_symbol, file_containing_extension, "
                 "all_extension_numbers_of_type and list_services is right.");
}

/* Answers one request. What cvn_server_call_write gives. */
static int reply(const struct cvn_reflection *reflection, struct cvn_server_call *call,
                 Grpc__Reflection__V1__ServerReflectionRequest *request)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ANSWER_BYTES_MAX);
    Grpc__Reflection__V1__ServerReflectionResponse response =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    response.valid_host = request->host;
    response.original_request = request;
    answer(reflection, request, &response, &arena);
    if (arena.overflowed)
        return -ENOMEM;
    return cvn_server_call_write(call, &response.base);
}

static void end(struct cvn_server_call *call, enum cvn_code code, const char *sentence)
{
    cvn_server_call_finish(call, &(struct cvn_status){.code = code, .message = sentence}, NULL);
}

static void end_without_memory(struct cvn_server_call *call)
{
    end(call, CVN_RESOURCE_EXHAUSTED, "The server has no memory for the answer.");
}

/* Keeps a request until its answer finds room. */
static void keep(struct dialogue *dialogue, struct cvn_server_call *call,
                 const ProtobufCMessage *request)
{
    size_t len = protobuf_c_message_get_packed_size(request);
    dialogue->bytes = malloc(len ? len : 1);
    if (dialogue->bytes)
        dialogue->len = protobuf_c_message_pack(request, dialogue->bytes);
    else
        end_without_memory(call);
}

static void forget(struct dialogue *dialogue)
{
    free(dialogue->bytes);
    dialogue->bytes = NULL;
}

static void told_begin(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct dialogue *dialogue = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *dialogue);
    if (!dialogue)
        end_without_memory(call);
    cvn_server_call_set_state(call, dialogue);
}

static void told_message(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    struct dialogue *dialogue = cvn_server_call_state(call);
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len > CVN_REFLECTION_REQUEST_BYTES_MAX) {
        struct cvn_status status;
        (void)cvn_status_set(&status, cvn_server_call_arena(call), CVN_INVALID_ARGUMENT,
                             "The request has %zu bytes; at most %d are right.", len,
                             CVN_REFLECTION_REQUEST_BYTES_MAX);
        cvn_server_call_finish(call, &status, NULL);
        return;
    }
    int r = reply(user, call, (Grpc__Reflection__V1__ServerReflectionRequest *)(uintptr_t)message);
    if (r == CVN_CALL_LATER)
        keep(dialogue, call, message);
    else if (r == -ENOMEM)
        end_without_memory(call);
}

static void told_half_close(struct cvn_server_call *call, void *user)
{
    (void)user;
    cvn_server_call_finish(call, NULL, NULL);
}

static void told_writable(struct cvn_server_call *call, void *user)
{
    struct dialogue *dialogue = cvn_server_call_state(call);
    if (!dialogue->bytes)
        return;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ANSWER_BYTES_MAX);
    ProtobufCMessage *request;
    int r = cvn_message_unpack(&grpc__reflection__v1__server_reflection_request__descriptor, &arena,
                               cvn_slice(dialogue->bytes, dialogue->len), &request);
    if (r == 0)
        r = reply(user, call, (Grpc__Reflection__V1__ServerReflectionRequest *)request);
    if (r == 0)
        forget(dialogue);
    else if (r != CVN_CALL_LATER && r != -EPIPE)
        end_without_memory(call);
}

static void told_cancelled(struct cvn_server_call *call, void *user)
{
    (void)user;
    end(call, CVN_CANCELLED, NULL);
}

static void told_done(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct dialogue *dialogue = cvn_server_call_state(call);
    if (dialogue)
        forget(dialogue);
}

int cvn_reflection_bind(const struct cvn_reflection *reflection, struct cvn_server *server)
{
    static const struct cvn_stream_handler handler = {
        .begin = told_begin,
        .message = told_message,
        .half_close = told_half_close,
        .writable = told_writable,
        .cancelled = told_cancelled,
        .done = told_done,
    };
    static const struct cvn_method methods[] = {{.stream = &handler}};
    return cvn_server_add_service(server, &grpc__reflection__v1__server_reflection__descriptor,
                                  methods, (void *)(uintptr_t)reflection);
}
