#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"
#include "rpc/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TRACEPARENT "traceparent" /* W3C Trace Context */

enum { CALL_ARENA_BYTES = 256 * 1024, REQUEST_IN_ARENA_BYTES = 4096 };

/* Adds what the interceptors and the parent have to add, behind the caller's own. 0 or a fault. */
static int make_metadata(struct cvn_channel *channel, struct cvn_client_call *call,
                         const struct cvn_call_options *options)
{
    const struct cvn_metadata *from = options ? options->metadata : NULL;
    struct cvn_metadata *to = cvn_arena_alloc(&call->arena, sizeof *to);
    if (!to)
        return -ENOMEM;
    cvn_metadata_init(to, &call->arena);
    call->metadata = to;
    int r = 0;
    for (size_t i = 0; r == 0 && from && i < from->n; i++)
        r = cvn_metadata_add(to, from->entries[i].key, from->entries[i].value);
    if (r == 0 && channel->authorization && !cvn_metadata_get(to, "authorization"))
        r = cvn_metadata_add(to, "authorization", cvn_slice_of_string(channel->authorization));
    if (r == 0 && options && options->parent && !cvn_metadata_get(to, TRACEPARENT)) {
        const char *trace =
            cvn_metadata_get(cvn_server_call_metadata(options->parent), TRACEPARENT);
        if (trace)
            r = cvn_metadata_add(to, TRACEPARENT, cvn_slice_of_string(trace));
    }
    for (size_t i = 0; r == 0 && i < channel->options.n_interceptors; i++) {
        const struct cvn_client_interceptor *interceptor = &channel->interceptors[i];
        if (interceptor->begin)
            r = interceptor->begin(interceptor->user, call->method, to);
        if (r == 0)
            call->n_begun++;
    }
    return r;
}

/* The absolute deadline; 0 for none. The parent's bounds it. */
static int64_t deadline_of(const struct cvn_call_options *options)
{
    int64_t deadline_ms = 0;
    if (options && options->timeout_ms > 0)
        deadline_ms = cvn_rpc_now_ms() + options->timeout_ms;
    if (options && options->parent) {
        int64_t parent_ms = cvn_server_call_deadline_ms(options->parent);
        if (deadline_ms == 0 || parent_ms < deadline_ms)
            deadline_ms = parent_ms;
    }
    return deadline_ms;
}

static uint32_t next_id(struct cvn_channel *channel)
{
    struct cvn_client_call *taken;
    uint32_t id;
    do {
        id = ++channel->last_id;
        HASH_FIND(hh, channel->calls, &id, sizeof id, taken);
    } while (id == 0 || taken);
    return id;
}

static bool keep_request(struct cvn_client_call *call, struct cvn_slice request)
{
    if (request.len <= REQUEST_IN_ARENA_BYTES) {
        call->request = cvn_arena_slice(&call->arena, request);
        return call->request.data;
    }
    call->request_bytes = malloc(request.len);
    if (!call->request_bytes)
        return false;
    memcpy(call->request_bytes, request.data, request.len);
    call->request = cvn_slice(call->request_bytes, request.len);
    return true;
}

struct cvn_client_call *cvn_client_call_new(const struct cvn_channel *channel,
                                            const struct cvn_client_call_start *start)
{
    struct cvn_client_call *call = malloc(sizeof *call);
    if (!call)
        return NULL;
    memset(call, 0, offsetof(struct cvn_client_call, room));
    cvn_arena_init_with(&call->arena, CALL_ARENA_BYTES, call->room, sizeof call->room);
    call->method = cvn_arena_strdup(&call->arena, start->method);
    if (!call->method || !keep_request(call, start->request)) {
        cvn_client_call_free(call);
        return NULL;
    }
    call->sink = start->sink;
    call->stream = start->stream;
    call->streams = start->streams;
    call->streams_requests = start->streams_requests;
    call->half_closed = !start->streams_requests; /* with the request */
    call->wait_for_ready = start->options && start->options->wait_for_ready;
    call->retry =
        start->options && start->options->retry ? *start->options->retry : channel->options.retry;
    call->began_us = channel->options.n_interceptors > 0 ? cvn_rpc_now_us() : 0;
    call->deadline_ms = deadline_of(start->options);
    cvn_flow_out_init(&call->out, 0);
    return call;
}

/* What is wrong with a call before it is sent; it has ended then. */
static bool refuse(struct cvn_channel *channel, struct cvn_client_call *call, int metadata_result,
                   const struct cvn_call_options *options)
{
    unsigned n_calls = HASH_COUNT(channel->calls) - 1;
    if (channel->closing)
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The channel was closed.");
    else if (metadata_result == -EINVAL)
        cvn_client_call_fail(channel, call, CVN_INVALID_ARGUMENT,
                             "A metadata key or value is none that gRPC allows.");
    else if (metadata_result)
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The metadata is over %d entries or %d bytes.",
                             CVN_METADATA_ENTRIES_MAX, CVN_METADATA_BYTES_MAX);
    else if ((options && options->timeout_ms < 0) ||
             (call->deadline_ms && call->deadline_ms <= cvn_rpc_now_ms()))
        cvn_client_call_fail(channel, call, CVN_DEADLINE_EXCEEDED,
                             "The deadline had passed before the call began.");
    else if (n_calls >= channel->options.max_calls)
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The channel has %u calls in flight, as many as it takes.", n_calls);
    else
        return false;
    return true;
}

int cvn_client_call_start(struct cvn_channel *channel, const struct cvn_client_call_start *start,
                          uint32_t *ret_id)
{
    struct cvn_client_call *call = cvn_client_call_new(channel, start);
    if (!call)
        return -ENOMEM;
    int r = make_metadata(channel, call, start->options);
    (void)pthread_mutex_lock(&channel->lock);
    const struct cvn_client_call *last = channel->told_last;
    if (start->awaited)
        cvn_channel_hold_no_more(channel);
    *ret_id = call->id = next_id(channel);
    HASH_ADD(hh, channel->calls, id, sizeof call->id, call);
    if (start->stream)
        cvn_stream_attach(start->stream, call);
    if (!refuse(channel, call, r, start->options)) {
        cvn_channel_put(channel, call);
    }
    cvn_channel_tell_elsewhere(channel, last);
    (void)pthread_mutex_unlock(&channel->lock);
    return 0;
}

static uint32_t start_unary(struct cvn_channel *channel, const struct cvn_client_call_start *start)
{
    uint32_t id = 0;
    if (cvn_client_call_start(channel, start, &id) < 0) {
        struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED,
                                    .message = "There is no memory for a call."};
        start->sink.done(start->sink.arg, &status, cvn_slice(NULL, 0));
    }
    return id;
}

uint32_t cvn_channel_start(struct cvn_channel *channel, const char *method,
                           struct cvn_slice request, const struct cvn_call_options *options,
                           struct cvn_call_sink sink)
{
    struct cvn_client_call_start start = {
        .method = method, .request = request, .options = options, .sink = sink};
    return start_unary(channel, &start);
}

void cvn_channel_cancel(struct cvn_channel *channel, uint32_t id)
{
    (void)pthread_mutex_lock(&channel->lock);
    const struct cvn_client_call *last = channel->told_last;
    struct cvn_client_call *call;
    HASH_FIND(hh, channel->calls, &id, sizeof id, call);
    if (call) {
        cvn_client_call_cancel(call);
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The call was cancelled.");
    }
    cvn_channel_tell_elsewhere(channel, last);
    (void)pthread_mutex_unlock(&channel->lock);
}

/* A thread that waits for its call, and where it wants the answer. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t ended_changed;
    bool ended;
    struct cvn_arena *arena;
    struct cvn_status *status;
    struct cvn_slice reply;
};

static void wake(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct waiter *waiter = arg;
    (void)pthread_mutex_lock(&waiter->lock);
    if (cvn_status_copy(waiter->status, waiter->arena, status) < 0)
        *waiter->status = (struct cvn_status){.code = status->code};
    if (status->code == CVN_OK)
        waiter->reply = cvn_arena_slice(waiter->arena, reply);
    waiter->ended = true;
    (void)pthread_cond_signal(&waiter->ended_changed);
    (void)pthread_mutex_unlock(&waiter->lock);
}

/* A call that is cancelled when its parent's caller does not wait any more. */
struct child {
    struct cvn_channel *channel;
    uint32_t call;
};

static void cancel_child(void *arg)
{
    const struct child *child = arg;
    cvn_channel_cancel(child->channel, child->call);
}

static void call_and_wait(struct cvn_channel *channel, const char *name, struct cvn_slice packed,
                          const struct cvn_call_options *options, struct waiter *waiter)
{
    (void)pthread_mutex_init(&waiter->lock, NULL);
    (void)pthread_cond_init(&waiter->ended_changed, NULL);
    struct child child = {channel, 0};
    struct cvn_client_call_start start = {.method = name,
                                          .request = packed,
                                          .options = options,
                                          .sink = {wake, waiter},
                                          .awaited = true};
    child.call = start_unary(channel, &start);
    if (options->parent)
        cvn_server_call_on_cancel(options->parent, cancel_child, &child);
    (void)pthread_mutex_lock(&waiter->lock);
    while (!waiter->ended)
        (void)pthread_cond_wait(&waiter->ended_changed, &waiter->lock);
    (void)pthread_mutex_unlock(&waiter->lock);
    if (options->parent)
        cvn_server_call_on_cancel(options->parent, NULL, NULL);
    (void)pthread_cond_destroy(&waiter->ended_changed);
    (void)pthread_mutex_destroy(&waiter->lock);
}

enum cvn_code cvn_channel_call(struct cvn_channel *channel, const struct cvn_call_request *request,
                               struct cvn_arena *arena, struct cvn_status *status,
                               ProtobufCMessage **ret_reply)
{
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(request->service, request->method);
    if (!method)
        return cvn_status_set(status, arena, CVN_UNIMPLEMENTED, "%s has no method %s.",
                              request->service->name, request->method)
            ->code;
    const char *name = cvn_arena_printf(arena, "%s/%s", request->service->name, method->name);
    struct cvn_slice packed;
    if (!name || cvn_message_pack(request->message, arena, &packed) < 0)
        return cvn_status_set(status, arena, CVN_RESOURCE_EXHAUSTED,
                              "The request is larger than the memory given for the call.")
            ->code;
    struct waiter waiter = {.arena = arena, .status = status};
    call_and_wait(channel, name, packed, &request->options, &waiter);
    if (status->code != CVN_OK)
        return status->code;
    int r = waiter.reply.data ? cvn_message_unpack(method->output, arena, waiter.reply, ret_reply)
                              : -ENOMEM;
    if (r == -ENOMEM)
        (void)cvn_status_set(status, arena, CVN_RESOURCE_EXHAUSTED,
                             "The reply is larger than the memory given for the call.");
    else if (r < 0)
        (void)cvn_status_set(status, arena, CVN_INTERNAL, "The server's reply could not be read.");
    return status->code;
}
