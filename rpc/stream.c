#include "rpc/stream.h"

#include "rpc/channel_state.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct cvn_stream {
    struct cvn_channel *channel;
    struct cvn_client_call *call;
    const ProtobufCMethodDescriptor *method;
    struct cvn_stream_watcher watcher;
    pthread_cond_t changed;
    bool telling;   /* the watcher runs, on teller */
    bool tell_more; /* and is to run again */
    bool freed;     /* by the watcher */
    pthread_t teller;
};

static void free_stream(struct cvn_stream *stream)
{
    (void)pthread_cond_destroy(&stream->changed);
    free(stream);
}

void cvn_stream_attach(struct cvn_stream *stream, struct cvn_client_call *call)
{
    stream->call = call;
}

void cvn_stream_wake(struct cvn_stream *stream)
{
    (void)pthread_cond_broadcast(&stream->changed);
}

/* With the lock held: the watcher runs without it. */
void cvn_stream_tell(struct cvn_channel *channel, struct cvn_client_call *call)
{
    struct cvn_stream *stream = call->stream;
    if (!stream) { /* let go; the call was kept for this list only */
        if (call->ended)
            cvn_client_call_free(call);
        return;
    }
    if (!stream->watcher.changed)
        return;
    stream->tell_more = true;
    if (stream->telling)
        return;
    stream->telling = true;
    stream->teller = pthread_self();
    while (stream->tell_more && !stream->freed) {
        stream->tell_more = false;
        (void)pthread_mutex_unlock(&channel->lock);
        stream->watcher.changed(stream->watcher.arg);
        (void)pthread_mutex_lock(&channel->lock);
    }
    stream->telling = false;
    if (stream->freed)
        free_stream(stream);
    else
        (void)pthread_cond_broadcast(&stream->changed);
}

int cvn_stream_new(struct cvn_stream **ret, struct cvn_channel *channel,
                   const struct cvn_call_request *request, const struct cvn_stream_watcher *watcher)
{
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(request->service, request->method);
    if (!method)
        return -EINVAL;
    struct cvn_stream *stream = calloc(1, sizeof *stream);
    char name[256];
    (void)snprintf(name, sizeof name, "%s/%s", request->service->name, method->name);
    size_t len = request->message ? protobuf_c_message_get_packed_size(request->message) : 0;
    uint8_t *packed = malloc(len ? len : 1);
    if (!stream || !packed) {
        free(stream);
        free(packed);
        return -ENOMEM;
    }
    if (request->message)
        (void)protobuf_c_message_pack(request->message, packed);
    stream->channel = channel;
    stream->method = method;
    if (watcher)
        stream->watcher = *watcher;
    (void)pthread_cond_init(&stream->changed, NULL);
    struct cvn_client_call_start start = {
        .method = name,
        .request = cvn_slice(packed, len),
        .options = &request->options,
        .stream = stream,
        .streams = true,
        .streams_requests = !request->message,
    };
    uint32_t id;
    int r = cvn_client_call_start(channel, &start, &id);
    free(packed);
    if (r)
        free_stream(stream);
    else
        *ret = stream;
    return r;
}

static void cancel(struct cvn_stream *stream)
{
    struct cvn_client_call *call = stream->call;
    if (call->ended)
        return;
    cvn_client_call_cancel(call);
    cvn_client_call_fail(stream->channel, call, CVN_CANCELLED, "The call was cancelled.");
}

void cvn_stream_cancel(struct cvn_stream *stream)
{
    struct cvn_channel *channel = stream->channel;
    (void)pthread_mutex_lock(&channel->lock);
    const struct cvn_client_call *last = channel->told_last;
    cancel(stream);
    cvn_channel_tell_elsewhere(channel, last);
    (void)pthread_mutex_unlock(&channel->lock);
}

void cvn_stream_free(struct cvn_stream *stream)
{
    if (!stream)
        return;
    struct cvn_channel *channel = stream->channel;
    (void)pthread_mutex_lock(&channel->lock);
    const struct cvn_client_call *last = channel->told_last;
    cancel(stream);
    cvn_channel_tell_elsewhere(channel, last);
    bool by_watcher = stream->telling && pthread_equal(stream->teller, pthread_self());
    while (stream->telling && !by_watcher)
        (void)pthread_cond_wait(&stream->changed, &channel->lock);
    stream->call->stream = NULL;
    if (!stream->call->to_tell)
        cvn_client_call_free(stream->call);
    if (by_watcher)
        stream->freed = true;
    else
        free_stream(stream);
    (void)pthread_mutex_unlock(&channel->lock);
}

/* With the lock held. */
static void queue(struct cvn_stream *stream, struct cvn_frames *frames)
{
    struct cvn_channel *channel = stream->channel;
    const struct cvn_client_call *last = channel->told_last;
    cvn_flow_put(&stream->call->out, frames);
    cvn_client_call_release(stream->call);
    cvn_channel_tell_elsewhere(channel, last);
}

/* Queues frames, or says why not; with the lock held. They are taken with 0 only. */
static int put(struct cvn_stream *stream, struct cvn_frames *frames)
{
    struct cvn_client_call *call = stream->call;
    if (call->ended || call->half_closed)
        return -EPIPE;
    if (!cvn_flow_has_room(&call->out))
        return CVN_STREAM_LATER;
    queue(stream, frames);
    return 0;
}

static int write_request(struct cvn_stream *stream, const ProtobufCMessage *request, bool wait)
{
    struct cvn_channel *channel = stream->channel;
    struct cvn_frames frames = {0};
    int r = cvn_frames_add_packing(&frames, 0, request, 0);
    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&channel->lock);
    while ((r = put(stream, &frames)) == CVN_STREAM_LATER && wait)
        (void)pthread_cond_wait(&stream->changed, &channel->lock);
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_frames_clear(&frames);
    return r;
}

int cvn_stream_write(struct cvn_stream *stream, const ProtobufCMessage *request)
{
    return write_request(stream, request, true);
}

int cvn_stream_try_write(struct cvn_stream *stream, const ProtobufCMessage *request)
{
    return write_request(stream, request, false);
}

int cvn_stream_writes_done(struct cvn_stream *stream)
{
    struct cvn_channel *channel = stream->channel;
    struct cvn_client_call *call = stream->call;
    struct cvn_frames frames = {0};
    int r = cvn_frames_add(&frames, &(struct cvn_frame){.type = CVN_FRAME_HALF_CLOSE});
    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&channel->lock);
    if (call->ended) {
        r = -EPIPE;
    } else if (!call->half_closed && call->streams_requests) {
        call->half_closed = true;
        queue(stream, &frames);
    }
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_frames_clear(&frames);
    return r;
}

/* Takes the first reply out, with the lock held; its credit is given back. */
static struct cvn_reply_message *shift(struct cvn_client_call *call)
{
    struct cvn_reply_message *message = call->inbox_first;
    call->inbox_first = message->next;
    if (!call->inbox_first)
        call->inbox_last = NULL;
    cvn_client_call_give_credit(call, message->cost);
    return message;
}

/* Waits for a reply as wait says. 0, CVN_STREAM_END or CVN_STREAM_LATER; with the lock held. */
static int await(struct cvn_stream *stream, bool wait)
{
    struct cvn_client_call *call = stream->call;
    while (!call->inbox_first && !call->ended && wait)
        (void)pthread_cond_wait(&stream->changed, &stream->channel->lock);
    if (call->inbox_first)
        return 0;
    return call->ended ? CVN_STREAM_END : CVN_STREAM_LATER;
}

static int read_reply(struct cvn_stream *stream, struct cvn_arena *arena, bool wait,
                      ProtobufCMessage **ret)
{
    struct cvn_channel *channel = stream->channel;
    (void)pthread_mutex_lock(&channel->lock);
    int r = await(stream, wait);
    struct cvn_reply_message *message = stream->call->inbox_first;
    (void)pthread_mutex_unlock(&channel->lock);
    if (r)
        return r;
    /* The reader alone takes messages out, so this one stays while it is unpacked. */
    r = cvn_message_unpack(stream->method->output, arena, cvn_slice(message->bytes, message->len),
                           ret);
    if (r == -ENOMEM)
        return r;
    (void)pthread_mutex_lock(&channel->lock);
    message = shift(stream->call);
    (void)pthread_mutex_unlock(&channel->lock);
    free(message->bytes);
    free(message);
    return r;
}

int cvn_stream_read(struct cvn_stream *stream, struct cvn_arena *arena, ProtobufCMessage **ret)
{
    return read_reply(stream, arena, true, ret);
}

int cvn_stream_try_read(struct cvn_stream *stream, struct cvn_arena *arena, ProtobufCMessage **ret)
{
    return read_reply(stream, arena, false, ret);
}

int cvn_stream_try_read_packed(struct cvn_stream *stream, struct cvn_arena *arena,
                               struct cvn_slice *ret)
{
    struct cvn_channel *channel = stream->channel;
    (void)pthread_mutex_lock(&channel->lock);
    int r = await(stream, false);
    struct cvn_slice copy = {NULL, 0};
    if (r == 0) {
        const struct cvn_reply_message *first = stream->call->inbox_first;
        copy = cvn_arena_slice(arena, cvn_slice(first->bytes, first->len));
        r = copy.data ? 0 : -ENOMEM;
    }
    struct cvn_reply_message *message = r == 0 ? shift(stream->call) : NULL;
    (void)pthread_mutex_unlock(&channel->lock);
    if (message) {
        free(message->bytes);
        free(message);
        *ret = copy;
    }
    return r;
}

enum cvn_code cvn_stream_finish(struct cvn_stream *stream, struct cvn_arena *arena,
                                struct cvn_status *status)
{
    struct cvn_channel *channel = stream->channel;
    struct cvn_client_call *call = stream->call;
    (void)pthread_mutex_lock(&channel->lock);
    while (!call->ended) {
        while (call->inbox_first) {
            struct cvn_reply_message *message = shift(call);
            free(message->bytes);
            free(message);
        }
        (void)pthread_cond_wait(&stream->changed, &channel->lock);
    }
    if (cvn_status_copy(status, arena, &call->status) < 0)
        *status = (struct cvn_status){.code = call->status.code};
    (void)pthread_mutex_unlock(&channel->lock);
    return status->code;
}

bool cvn_stream_ended(struct cvn_stream *stream)
{
    (void)pthread_mutex_lock(&stream->channel->lock);
    bool ended = stream->call->ended;
    (void)pthread_mutex_unlock(&stream->channel->lock);
    return ended;
}

const struct cvn_metadata *cvn_stream_initial_metadata(struct cvn_stream *stream)
{
    (void)pthread_mutex_lock(&stream->channel->lock);
    const struct cvn_metadata *metadata = stream->call->initial_metadata;
    (void)pthread_mutex_unlock(&stream->channel->lock);
    return metadata;
}

const struct cvn_metadata *cvn_stream_trailing_metadata(struct cvn_stream *stream)
{
    (void)pthread_mutex_lock(&stream->channel->lock);
    const struct cvn_metadata *metadata =
        stream->call->ended ? stream->call->trailing_metadata : NULL;
    (void)pthread_mutex_unlock(&stream->channel->lock);
    return metadata;
}
