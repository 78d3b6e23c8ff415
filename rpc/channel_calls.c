#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CALL_ARENA_BYTES = 256 * 1024 };

/* Copies the caller's metadata, and the channel's authorization behind it. 0 or a fault of add. */
static int copy_metadata(struct cvn_channel *channel, struct cvn_client_call *call,
                         const struct cvn_metadata *from)
{
    struct cvn_metadata *to = cvn_arena_alloc(&call->arena, sizeof *to);
    if (!to)
        return -ENOMEM;
    cvn_metadata_init(to, &call->arena);
    int r = 0;
    for (size_t i = 0; r == 0 && from && i < from->n; i++)
        r = cvn_metadata_add(to, from->entries[i].key, from->entries[i].value);
    if (r == 0 && channel->authorization && !cvn_metadata_get(to, "authorization"))
        r = cvn_metadata_add(to, "authorization", cvn_slice_of_string(channel->authorization));
    call->metadata = to;
    return r;
}

/* Sets what ends a call that cannot be sent yet. */
static void wait_for_connection(struct cvn_channel *channel, struct cvn_client_call *call)
{
    int64_t at_ms = call->deadline_ms;
    int64_t connect_ms = cvn_rpc_now_ms() + channel->options.connect_timeout_ms;
    if (!call->wait_for_ready && (at_ms == 0 || connect_ms < at_ms))
        at_ms = connect_ms;
    call->prev = channel->waiting_last;
    if (channel->waiting_last)
        channel->waiting_last->next = call;
    else
        channel->waiting_first = call;
    channel->waiting_last = call;
    call->deadline.at_ms = at_ms;
    if (at_ms && cvn_deadlines_add(&channel->deadlines, &call->deadline) == 0)
        cvn_watch_alarm(&channel->watch, at_ms);
}

static uint32_t next_number(struct cvn_channel *channel)
{
    struct cvn_client_call *taken;
    uint32_t number;
    do {
        number = ++channel->last_number;
        HASH_FIND(hh, channel->calls, &number, sizeof number, taken);
    } while (number == 0 || taken);
    return number;
}

static struct cvn_client_call *new_call(const char *method, struct cvn_slice request,
                                        const struct cvn_call_options *options)
{
    struct cvn_client_call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    cvn_arena_init(&call->arena, CALL_ARENA_BYTES);
    call->method = strdup(method);
    call->request = malloc(request.len ? request.len : 1);
    if (!call->method || !call->request) {
        free(call->method);
        free(call->request);
        free(call);
        return NULL;
    }
    if (request.len)
        memcpy(call->request, request.data, request.len);
    call->request_len = request.len;
    call->wait_for_ready = options && options->wait_for_ready;
    if (options && options->timeout_ms > 0)
        call->deadline_ms = cvn_rpc_now_ms() + options->timeout_ms;
    return call;
}

uint32_t cvn_channel_start(struct cvn_channel *channel, const char *method,
                           struct cvn_slice request, const struct cvn_call_options *options,
                           struct cvn_call_sink sink)
{
    struct cvn_client_call *call = new_call(method, request, options);
    if (!call) {
        struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED,
                                    .message = "There is no memory for a call."};
        sink.done(sink.arg, &status, cvn_slice(NULL, 0));
        return 0;
    }
    call->sink = sink;
    int r = copy_metadata(channel, call, options ? options->metadata : NULL);
    (void)pthread_mutex_lock(&channel->lock);
    unsigned n_calls = HASH_COUNT(channel->calls);
    uint32_t number = call->number = next_number(channel);
    HASH_ADD(hh, channel->calls, number, sizeof call->number, call);
    if (channel->closing)
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The channel was closed.");
    else if (r == -EINVAL)
        cvn_client_call_fail(channel, call, CVN_INVALID_ARGUMENT,
                             "A metadata key or value is none that gRPC allows.");
    else if (r)
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The metadata is over %d entries or %d bytes.",
                             CVN_METADATA_ENTRIES_MAX, CVN_METADATA_BYTES_MAX);
    else if (options && options->timeout_ms < 0)
        cvn_client_call_fail(channel, call, CVN_DEADLINE_EXCEEDED,
                             "The deadline had passed before the call began.");
    else if (n_calls >= channel->options.max_calls)
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The channel has %u calls in flight, as many as it takes.", n_calls);
    else {
        wait_for_connection(channel, call);
        if (channel->ready && channel->waiting_first == call)
            cvn_channel_put_call(channel, call);
        cvn_channel_send(channel);
    }
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
    return number;
}

void cvn_channel_cancel(struct cvn_channel *channel, uint32_t number)
{
    (void)pthread_mutex_lock(&channel->lock);
    struct cvn_client_call *call;
    HASH_FIND(hh, channel->calls, &number, sizeof number, call);
    if (call) {
        if (call->sent)
            cvn_channel_put_cancel(channel, number);
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The call was cancelled.");
    }
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
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

static void call_and_wait(struct cvn_channel *channel, const char *name, struct cvn_slice packed,
                          const struct cvn_call_options *options, struct waiter *waiter)
{
    (void)pthread_mutex_init(&waiter->lock, NULL);
    (void)pthread_cond_init(&waiter->ended_changed, NULL);
    (void)cvn_channel_start(channel, name, packed, options, (struct cvn_call_sink){wake, waiter});
    (void)pthread_mutex_lock(&waiter->lock);
    while (!waiter->ended)
        (void)pthread_cond_wait(&waiter->ended_changed, &waiter->lock);
    (void)pthread_mutex_unlock(&waiter->lock);
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
