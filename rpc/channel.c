#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"

#include <errno.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RECEIVE_QUEUE = 16,
    RECEIVE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX + 64,
    RECONNECT_MS_MIN = 20,
    RECONNECT_MS_MAX = 1000,
};

static void free_call(struct cvn_client_call *call)
{
    cvn_arena_deinit(&call->arena);
    free(call->method);
    free(call->request);
    free(call->reply);
    free(call);
}

void cvn_client_call_fail(struct cvn_channel *channel, struct cvn_client_call *call,
                          enum cvn_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->status =
        (struct cvn_status){.code = code, .message = cvn_arena_vprintf(&call->arena, format, args)};
    va_end(args);
    cvn_client_call_end(channel, call);
}

void cvn_channel_tell(struct cvn_channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    struct cvn_client_call *call = channel->done_first;
    channel->done_first = channel->done_last = NULL;
    (void)pthread_mutex_unlock(&channel->lock);
    while (call) {
        struct cvn_client_call *next = call->next_done;
        bool ok = call->status.code == CVN_OK;
        call->sink.done(call->sink.arg, &call->status,
                        cvn_slice(call->reply, ok ? call->reply_len : 0));
        free_call(call);
        call = next;
    }
}

/* Sends what has been waiting for the connection or for room. */
static void put_waiting(struct cvn_channel *channel)
{
    while (channel->ready && channel->waiting_first) {
        struct cvn_client_call *call = channel->waiting_first;
        cvn_channel_put_call(channel, call);
        if (channel->waiting_first == call)
            break;
    }
}

static void receive(void *arg)
{
    struct cvn_channel *channel = arg;
    if (nng_aio_result(channel->receive_aio) != 0)
        return; /* closed */
    nng_msg *msg = nng_aio_get_msg(channel->receive_aio);
    nng_pipe pipe = nng_msg_get_pipe(msg);
    (void)pthread_mutex_lock(&channel->lock);
    cvn_channel_update(channel);
    if ((uint32_t)nng_pipe_id(pipe) == channel->pipe) {
        if (!cvn_channel_receive(channel, cvn_slice(nng_msg_body(msg), nng_msg_len(msg))))
            (void)nng_pipe_close(pipe);
        put_waiting(channel);
        cvn_channel_send(channel);
    }
    (void)pthread_mutex_unlock(&channel->lock);
    nng_msg_free(msg);
    cvn_channel_tell(channel);
    nng_recv_aio(channel->socket, channel->receive_aio);
}

static void sent(void *arg)
{
    struct cvn_channel *channel = arg;
    int r = nng_aio_result(channel->send_aio);
    if (r)
        nng_msg_free(nng_aio_get_msg(channel->send_aio));
    (void)pthread_mutex_lock(&channel->lock);
    channel->outbox.sending = false;
    put_waiting(channel);
    cvn_channel_send(channel);
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
}

/* Ends a call whose time is up; which time it was decides how. */
static void end_overdue_call(struct cvn_channel *channel, struct cvn_client_call *call)
{
    if (call->sent) {
        cvn_channel_put_cancel(channel, call->number);
        cvn_client_call_fail(channel, call, CVN_DEADLINE_EXCEEDED,
                             "The deadline passed before %s answered.", channel->url);
    } else if (call->wait_for_ready) {
        cvn_client_call_fail(channel, call, CVN_DEADLINE_EXCEEDED,
                             "The deadline passed before there was a connection to %s.",
                             channel->url);
    } else {
        cvn_client_call_fail(channel, call, CVN_UNAVAILABLE, "No server answers at %s.",
                             channel->url);
    }
}

static void *watch(void *arg)
{
    struct cvn_channel *channel = arg;
    while (cvn_watch_wait(&channel->watch)) {
        (void)pthread_mutex_lock(&channel->lock);
        cvn_channel_update(channel);
        int64_t now_ms = cvn_rpc_now_ms();
        struct cvn_deadline *first;
        while ((first = cvn_deadlines_first(&channel->deadlines)) && first->at_ms <= now_ms)
            end_overdue_call(channel,
                             (void *)((char *)first - offsetof(struct cvn_client_call, deadline)));
        if (first)
            cvn_watch_alarm(&channel->watch, first->at_ms);
        (void)pthread_mutex_unlock(&channel->lock);
        cvn_channel_tell(channel);
    }
    return NULL;
}

static void set_defaults(struct cvn_channel_options *options)
{
    if (!options->connect_timeout_ms)
        options->connect_timeout_ms = CVN_CHANNEL_CONNECT_TIMEOUT_MS_DEFAULT;
    if (!options->max_message_bytes)
        options->max_message_bytes = CVN_CHANNEL_MESSAGE_BYTES_DEFAULT;
    if (!options->max_queue_bytes)
        options->max_queue_bytes = CVN_CHANNEL_QUEUE_BYTES_DEFAULT;
    if (!options->max_calls)
        options->max_calls = CVN_CHANNEL_CALLS_DEFAULT;
    if (!options->user_agent)
        options->user_agent = "convene/" CVN_VERSION;
}

static int open_socket(struct cvn_channel *channel, struct cvn_error *err)
{
    if (nng_req0_open_raw(&channel->socket) != 0)
        return cvn_error_set(err, -ENOMEM, "No memory for a socket.");
    nng_dialer dialer;
    int r = nng_socket_set_int(channel->socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE);
    if (r == 0)
        r = nng_socket_set_size(channel->socket, NNG_OPT_RECVMAXSZ, RECEIVE_BYTES_MAX);
    if (r == 0)
        r = nng_socket_set_ms(channel->socket, NNG_OPT_RECONNMINT, RECONNECT_MS_MIN);
    if (r == 0)
        r = nng_socket_set_ms(channel->socket, NNG_OPT_RECONNMAXT, RECONNECT_MS_MAX);
    if (r == 0)
        r = nng_aio_alloc(&channel->receive_aio, receive, channel);
    if (r == 0)
        r = nng_aio_alloc(&channel->send_aio, sent, channel);
    if (r == 0)
        r = cvn_watch_socket(&channel->watch, channel->socket) ? NNG_ENOMEM : 0;
    if (r == 0)
        r = nng_dialer_create(&dialer, channel->socket, channel->url);
    if (r == 0)
        r = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    if (r == 0)
        return 0;
    (void)nng_close(channel->socket);
    return cvn_error_set(err, -EINVAL,
                         "\"%s\" is no address to connect to (%s); ipc:///path, tcp://host:port or "
                         "inproc://name is right.",
                         channel->url, nng_strerror(r));
}

static void free_memory(struct cvn_channel *channel)
{
    nng_aio_free(channel->receive_aio);
    nng_aio_free(channel->send_aio);
    cvn_watch_deinit(&channel->watch);
    cvn_outbox_reset(&channel->outbox);
    cvn_deadlines_deinit(&channel->deadlines);
    (void)pthread_mutex_destroy(&channel->lock);
    free(channel->url);
    free(channel->authorization);
    free(channel->user_agent);
    free(channel);
}

int cvn_channel_new(struct cvn_channel **ret, const char *url,
                    const struct cvn_channel_options *options, struct cvn_error *err)
{
    struct cvn_channel *channel = calloc(1, sizeof *channel);
    if (!channel || cvn_watch_init(&channel->watch) < 0) {
        free(channel);
        return cvn_error_set(err, -ENOMEM, "No memory for a channel.");
    }
    if (options)
        channel->options = *options;
    set_defaults(&channel->options);
    (void)pthread_mutex_init(&channel->lock, NULL);
    cvn_outbox_init(&channel->outbox, channel->options.max_queue_bytes);
    channel->url = strdup(url);
    channel->user_agent = strdup(channel->options.user_agent);
    if (channel->options.authorization)
        channel->authorization = strdup(channel->options.authorization);
    int r = -ENOMEM;
    if (channel->url && channel->user_agent &&
        (channel->authorization || !channel->options.authorization))
        r = open_socket(channel, err);
    if (r == 0 && pthread_create(&channel->watcher, NULL, watch, channel) != 0) {
        (void)nng_close(channel->socket);
        r = cvn_error_set(err, -EAGAIN, "No thread for a channel.");
    }
    if (r) {
        free_memory(channel);
        return r;
    }
    nng_recv_aio(channel->socket, channel->receive_aio);
    *ret = channel;
    return 0;
}

void cvn_channel_free(struct cvn_channel *channel)
{
    if (!channel)
        return;
    (void)pthread_mutex_lock(&channel->lock);
    channel->closing = true;
    struct cvn_client_call *call, *next;
    HASH_ITER(hh, channel->calls, call, next)
    {
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The channel was closed.");
    }
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_watch_stop(&channel->watch);
    (void)pthread_join(channel->watcher, NULL);
    nng_aio_stop(channel->receive_aio);
    nng_aio_stop(channel->send_aio);
    (void)nng_close(channel->socket);
    cvn_channel_tell(channel);
    free_memory(channel);
}
