#include "tests/integration/rpc/rig.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

struct cvn_server *rig_serve(const struct rig_options *options, struct interop_service *service,
                             char url[TRANSPORT_URL_BYTES], bool again)
{
    struct cvn_server *server;
    assert_int_equal(cvn_server_new(&server, options->server), 0);
    const struct cvn_method *methods = options->methods ? options->methods : interop_methods;
    assert_int_equal(cvn_server_add_service(server, &convene__testing__test_service__descriptor,
                                            methods, options->user ? options->user : service),
                     0);
    if (again)
        transport_listen_again(server, url);
    else
        transport_listen(server, options->transport, url);
    assert_int_equal(cvn_server_start(server), 0);
    return server;
}

void rig_start(struct rig *rig, const struct rig_options *options)
{
    *rig = (struct rig){.server = NULL};
    rig->server = rig_serve(options, &rig->service, rig->url, false);
    assert_int_equal(transport_connect(&rig->channel, rig->url, options->channel, NULL), 0);
}

void rig_stop(struct rig *rig)
{
    cvn_channel_free(rig->channel);
    cvn_server_free(rig->server);
    assert_int_equal(rig->service.n_live, 0);
}

struct cvn_stream *rig_stream_with(struct rig *rig, const char *method,
                                   const ProtobufCMessage *request,
                                   const struct cvn_call_options *options,
                                   const struct cvn_stream_watcher *watcher)
{
    struct cvn_stream *stream;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = method,
                                    .message = request,
                                    .options = *options};
    assert_int_equal(cvn_stream_new(&stream, rig->channel, &what, watcher), 0);
    return stream;
}

struct cvn_stream *rig_stream(struct rig *rig, const char *method, const ProtobufCMessage *request)
{
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    return rig_stream_with(rig, method, request, &options, NULL);
}

int rig_ask(struct cvn_stream *stream, int32_t reply_bytes, size_t payload_bytes)
{
    Convene__Testing__ResponseParameters wanted = CONVENE__TESTING__RESPONSE_PARAMETERS__INIT;
    Convene__Testing__ResponseParameters *all[1] = {&wanted};
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    wanted.size = reply_bytes;
    payload.body.len = payload_bytes;
    payload.body.data = calloc(1, payload_bytes + 1);
    request.payload = &payload;
    request.response_parameters = all;
    request.n_response_parameters = reply_bytes < 0 ? 0 : 1;
    int r = cvn_stream_write(stream, &request.base);
    free(payload.body.data);
    return r;
}

int rig_read(struct cvn_stream *stream)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    ProtobufCMessage *message;
    int r = cvn_stream_read(stream, &arena, &message);
    if (r == CVN_STREAM_END)
        return -1;
    assert_int_equal(r, 0);
    const Convene__Testing__StreamingOutputCallResponse *reply = (const void *)message;
    return reply->payload ? (int)reply->payload->body.len : 0;
}

enum cvn_code rig_finish(struct cvn_stream *stream)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_status status;
    enum cvn_code code = cvn_stream_finish(stream, &arena, &status);
    cvn_stream_free(stream);
    return code;
}

enum cvn_code rig_empty_call(struct cvn_channel *channel, const struct cvn_call_options *options)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    ProtobufCMessage *reply;
    struct cvn_status status;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "EmptyCall",
                                    .message = &empty.base,
                                    .options = {.timeout_ms = RIG_TIMEOUT_MS}};
    if (options)
        what.options = *options;
    return cvn_channel_call(channel, &what, &arena, &status, &reply);
}

void tally_add(struct tally *tally)
{
    (void)pthread_mutex_lock(&tally->lock);
    tally->n++;
    (void)pthread_cond_broadcast(&tally->changed);
    (void)pthread_mutex_unlock(&tally->lock);
}

void tally_wait(struct tally *tally, unsigned n)
{
    (void)pthread_mutex_lock(&tally->lock);
    while (tally->n < n)
        (void)pthread_cond_wait(&tally->changed, &tally->lock);
    (void)pthread_mutex_unlock(&tally->lock);
}

unsigned tally_get(struct tally *tally)
{
    (void)pthread_mutex_lock(&tally->lock);
    unsigned n = tally->n;
    (void)pthread_mutex_unlock(&tally->lock);
    return n;
}
