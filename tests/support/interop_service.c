#include "tests/support/interop_service.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

/* A stream's state: the replies that were asked for and have not left. */
struct stream {
    int32_t sizes[INTEROP_RESPONSES_MAX];
    size_t n, n_written;
    bool last_came; /* nothing further will be asked for */
    int64_t sum;    /* of what came */
};

static void echo_metadata(struct cvn_server_call *call)
{
    struct cvn_arena *arena = cvn_server_call_arena(call);
    const struct cvn_metadata *from = cvn_server_call_metadata(call);
    struct cvn_metadata initial, trailing;
    cvn_metadata_init(&initial, arena);
    cvn_metadata_init(&trailing, arena);
    for (size_t i = 0; i < from->n; i++) {
        const struct cvn_metadata_entry *entry = &from->entries[i];
        if (strcmp(entry->key, INTEROP_ECHO_INITIAL) == 0)
            (void)cvn_metadata_add(&initial, entry->key, entry->value);
        if (strcmp(entry->key, INTEROP_ECHO_TRAILING) == 0)
            (void)cvn_metadata_add(&trailing, entry->key, entry->value);
    }
    if (initial.n)
        (void)cvn_server_call_send_initial_metadata(call, &initial);
    if (trailing.n)
        (void)cvn_server_call_set_trailing_metadata(call, &trailing);
}

static void finish(struct cvn_server_call *call, enum cvn_code code, const char *message)
{
    struct cvn_status status = {.code = code, .message = message};
    cvn_server_call_finish(call, &status, NULL);
}

/* Whether the request asked for a status, with which the call is then finished. */
static bool finish_as_asked(struct cvn_server_call *call, const Convene__Testing__EchoStatus *asked)
{
    if (!asked || asked->code == 0)
        return false;
    finish(call, cvn_code_of_number(asked->code), asked->message);
    return true;
}

static void empty_call(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    Convene__Testing__Empty reply = CONVENE__TESTING__EMPTY__INIT;
    cvn_server_call_finish(call, NULL, &reply.base);
}

static void let_go(void *arg)
{
    finish(arg, CVN_CANCELLED, NULL);
}

static void unary_call(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Convene__Testing__SimpleRequest *request = (const void *)message;
    echo_metadata(call);
    if (request->hold) {
        cvn_server_call_on_cancel(call, let_go, call);
        return;
    }
    if (finish_as_asked(call, request->response_status))
        return;
    size_t len = request->response_size > 0 ? (size_t)request->response_size : 0;
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleResponse reply = CONVENE__TESTING__SIMPLE_RESPONSE__INIT;
    payload.body.data = cvn_arena_alloc(cvn_server_call_arena(call), len);
    payload.body.len = payload.body.data ? len : 0;
    reply.payload = &payload;
    cvn_server_call_finish(call, NULL, &reply.base);
}

static struct stream *begin_stream(struct cvn_server_call *call, struct interop_service *service)
{
    struct stream *stream = calloc(1, sizeof *stream);
    atomic_fetch_add(&service->n_live, 1);
    atomic_fetch_add(&service->n_begun, 1);
    cvn_server_call_set_state(call, stream);
    echo_metadata(call);
    return stream;
}

static void begin(struct cvn_server_call *call, void *user)
{
    (void)begin_stream(call, user);
}

static void done(struct cvn_server_call *call, void *user)
{
    struct interop_service *service = user;
    free(cvn_server_call_state(call));
    atomic_fetch_sub(&service->n_live, 1);
}

static void cancelled(struct cvn_server_call *call, void *user)
{
    finish(call, CVN_CANCELLED, NULL);
}

static int write_one(struct cvn_server_call *call, int32_t size)
{
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingOutputCallResponse reply =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    payload.body.len = size > 0 ? (size_t)size : 0;
    payload.body.data = calloc(1, payload.body.len + 1);
    reply.payload = &payload;
    int r = cvn_server_call_write(call, &reply.base);
    free(payload.body.data);
    return r;
}

/* Writes what there is room for; finishes when it was the last. */
static void write_on(struct cvn_server_call *call, void *user)
{
    struct stream *stream = cvn_server_call_state(call);
    while (stream->n_written < stream->n) {
        if (write_one(call, stream->sizes[stream->n_written]) != 0)
            return; /* writable or cancelled is told */
        stream->n_written++;
    }
    stream->n = stream->n_written = 0;
    if (stream->last_came)
        finish(call, CVN_OK, NULL);
}

/* False when the call was finished because it asked for too much. */
static bool note_wanted(struct cvn_server_call *call,
                        const Convene__Testing__StreamingOutputCallRequest *request)
{
    struct stream *stream = cvn_server_call_state(call);
    if (request->n_response_parameters > INTEROP_RESPONSES_MAX - stream->n) {
        finish(call, CVN_RESOURCE_EXHAUSTED, "More replies were asked for than are kept.");
        return false;
    }
    for (size_t i = 0; i < request->n_response_parameters; i++)
        stream->sizes[stream->n++] = request->response_parameters[i]->size;
    return true;
}

static void streaming_output_call(struct cvn_server_call *call, const ProtobufCMessage *message,
                                  void *user)
{
    const Convene__Testing__StreamingOutputCallRequest *request = (const void *)message;
    struct stream *stream = begin_stream(call, user);
    if (finish_as_asked(call, request->response_status) || !note_wanted(call, request))
        return;
    stream->last_came = true;
    write_on(call, user);
}

static void take_input(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Convene__Testing__StreamingInputCallRequest *request = (const void *)message;
    struct stream *stream = cvn_server_call_state(call);
    stream->sum += request->payload ? (int64_t)request->payload->body.len : 0;
}

static void sum_up(struct cvn_server_call *call, void *user)
{
    const struct stream *stream = cvn_server_call_state(call);
    Convene__Testing__StreamingInputCallResponse reply =
        CONVENE__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    reply.aggregated_payload_size = (int32_t)stream->sum;
    cvn_server_call_finish(call, NULL, &reply.base);
}

static void take_and_reply(struct cvn_server_call *call, const ProtobufCMessage *message,
                           void *user)
{
    const Convene__Testing__StreamingOutputCallRequest *request = (const void *)message;
    if (!finish_as_asked(call, request->response_status) && note_wanted(call, request))
        write_on(call, user);
}

static void take_and_wait(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Convene__Testing__StreamingOutputCallRequest *request = (const void *)message;
    if (!finish_as_asked(call, request->response_status))
        (void)note_wanted(call, request);
}

static void half_close(struct cvn_server_call *call, void *user)
{
    struct stream *stream = cvn_server_call_state(call);
    stream->last_came = true;
    write_on(call, user);
}

static const struct cvn_stream_handler output_stream = {
    .writable = write_on, .cancelled = cancelled, .done = done};
static const struct cvn_stream_handler input_stream = {.begin = begin,
                                                       .message = take_input,
                                                       .half_close = sum_up,
                                                       .cancelled = cancelled,
                                                       .done = done};
static const struct cvn_stream_handler full_duplex_stream = {.begin = begin,
                                                             .message = take_and_reply,
                                                             .half_close = half_close,
                                                             .writable = write_on,
                                                             .cancelled = cancelled,
                                                             .done = done};
static const struct cvn_stream_handler half_duplex_stream = {.begin = begin,
                                                             .message = take_and_wait,
                                                             .half_close = half_close,
                                                             .writable = write_on,
                                                             .cancelled = cancelled,
                                                             .done = done};

const struct cvn_method interop_methods[7] = {
    {.unary = empty_call},
    {.unary = unary_call},
    {.unary = streaming_output_call, .stream = &output_stream},
    {.stream = &input_stream},
    {.stream = &full_duplex_stream},
    {.stream = &half_duplex_stream},
    {NULL},
};

void interop_service_add(struct interop_service *service, struct cvn_server *server)
{
    assert_int_equal(cvn_server_add_service(server, &convene__testing__test_service__descriptor,
                                            interop_methods, service),
                     0);
}
