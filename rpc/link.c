#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"
#include "rpc/stream.h"

#include <errno.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdlib.h>

enum {
    REQUEST_ID = (int)0x80000001u, /* raw REQ wants one in each message; ours tells nothing */
    RECEIVE_QUEUE = 16,
    RECEIVE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX + 64,
    RECONNECT_MS_MIN = 20,
    RECONNECT_MS_MAX = 1000,
    SETTINGS_ARENA_BYTES = 128 * 1024,
};

void cvn_link_send(struct cvn_link *link)
{
    if (!link->pipe || link->channel->closed)
        return;
    nng_msg *msg = cvn_outbox_next(&link->outbox, link->epoch);
    if (!msg)
        return;
    if (nng_msg_header_append_u32(msg, (uint32_t)REQUEST_ID) != 0) {
        nng_msg_free(msg);
        link->outbox.sending = false;
        return;
    }
    nng_aio_set_msg(link->send_aio, msg);
    nng_send_aio(link->socket, link->send_aio);
}

static void put_hello(struct cvn_link *link)
{
    Convene__Rpc__V1__Hello hello = CONVENE__RPC__V1__HELLO__INIT;
    hello.user_agent = link->channel->user_agent;
    hello.stream_credit = link->channel->options.stream_credit_bytes;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SETTINGS_ARENA_BYTES);
    struct cvn_frame frame = {.type = CVN_FRAME_HELLO};
    if (cvn_message_pack(&hello.base, &arena, &frame.body) == 0)
        (void)cvn_outbox_put(&link->outbox, &frame);
}

static void come(struct cvn_link *link, nng_pipe pipe)
{
    link->pipe = (uint32_t)nng_pipe_id(pipe);
    link->pipe_handle = pipe;
    link->ready = false;
    link->epoch = 0;
    link->pinged = false;
    link->held_back = false;
    link->heard_ms = cvn_rpc_now_ms();
    cvn_outbox_reset(&link->outbox);
    put_hello(link);
    cvn_link_send(link);
}

void cvn_link_part(struct cvn_link *link)
{
    static const uint8_t last[] = "bye"; /* keepalive's have no body */
    if (!link->pipe || link->epoch == 0)
        return; /* with SETTINGS, if they come */
    struct cvn_frame ping = {.type = CVN_FRAME_PING, .body = cvn_slice(last, sizeof last)};
    (void)cvn_outbox_put(&link->outbox, &ping);
    cvn_link_send(link);
}

/* The connection is lost: what has left may or may not have been done. */
static void go(struct cvn_link *link)
{
    uint64_t n_left = link->outbox.n_left;
    link->pipe = 0;
    link->ready = false;
    link->epoch = 0;
    (void)pthread_cond_broadcast(&link->channel->calm);
    cvn_outbox_reset(&link->outbox);
    nng_aio_cancel(link->send_aio); /* what is under way must not reach the next server */
    struct cvn_client_call *call, *next;
    HASH_ITER(hh_link, link->calls, call, next)
    {
        cvn_client_call_lose(call, call->place >= n_left);
    }
}

void cvn_links_update(struct cvn_channel *channel)
{
    struct cvn_pipe_note *note = cvn_watch_take(&channel->watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        struct cvn_link *link = note->owner;
        if (note->came)
            come(link, note->pipe);
        else if ((uint32_t)nng_pipe_id(note->pipe) == link->pipe)
            go(link);
        free(note);
        note = next;
    }
}

static void take_settings(struct cvn_link *link, struct cvn_slice body, uint64_t epoch)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SETTINGS_ARENA_BYTES);
    ProtobufCMessage *message;
    if (cvn_message_unpack(&convene__rpc__v1__settings__descriptor, &arena, body, &message) < 0)
        return;
    const Convene__Rpc__V1__Settings *settings = (const void *)message;
    link->peer_max_message_bytes = settings->max_message_bytes;
    link->peer_stream_credit =
        settings->stream_credit ? settings->stream_credit : CVN_FLOW_CREDIT_BYTES;
    link->epoch = epoch;
    link->ready = true;
    if (link->channel->closing)
        cvn_link_part(link);
}

/* The server takes no further call: what it has not seen goes elsewhere. */
static void take_goaway(struct cvn_link *link, struct cvn_slice body)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SETTINGS_ARENA_BYTES);
    ProtobufCMessage *message;
    link->ready = false;
    link->outbox.ack_now = true;
    if (cvn_message_unpack(&convene__rpc__v1__goaway__descriptor, &arena, body, &message) < 0)
        return;
    uint32_t last_call = ((const Convene__Rpc__V1__Goaway *)message)->last_call;
    struct cvn_client_call *call, *next;
    HASH_ITER(hh_link, link->calls, call, next)
    {
        if (call->number > last_call)
            cvn_client_call_lose(call, true);
    }
}

/* False when the server broke the protocol. */
static bool take_call_frame(struct cvn_link *link, const struct cvn_frame *frame)
{
    struct cvn_client_call *call;
    HASH_FIND(hh_link, link->calls, &frame->call, sizeof frame->call, call);
    if (!call)
        return true; /* ended meanwhile */
    switch (frame->type) {
    case CVN_FRAME_HEADERS:
        cvn_client_call_take_headers(call, frame->body);
        return true;
    case CVN_FRAME_MSG:
        return cvn_client_call_take_msg(call, frame);
    case CVN_FRAME_TRAILERS:
        cvn_client_call_take_trailers(call, frame->body);
        return true;
    case CVN_FRAME_CREDIT:
        return cvn_client_call_take_credit(call, frame->body);
    case CVN_FRAME_HELLO:
    case CVN_FRAME_SETTINGS:
    case CVN_FRAME_OPEN:
    case CVN_FRAME_HALF_CLOSE:
    case CVN_FRAME_CANCEL:
    case CVN_FRAME_ACK:
    case CVN_FRAME_PING:
    case CVN_FRAME_PONG:
    case CVN_FRAME_GOAWAY:
        return false;
    }
    return true;
}

static bool take_frame(struct cvn_link *link, const struct cvn_frame *frame, uint64_t epoch)
{
    switch (frame->type) {
    case CVN_FRAME_SETTINGS:
        take_settings(link, frame->body, epoch);
        return true;
    case CVN_FRAME_HEADERS:
    case CVN_FRAME_MSG:
    case CVN_FRAME_TRAILERS:
    case CVN_FRAME_CREDIT:
        return take_call_frame(link, frame);
    case CVN_FRAME_PING:
        return cvn_outbox_put(&link->outbox,
                              &(struct cvn_frame){CVN_FRAME_PONG, 0, 0, frame->body}) == 0;
    case CVN_FRAME_GOAWAY:
        take_goaway(link, frame->body);
        return true;
    case CVN_FRAME_HELLO:
    case CVN_FRAME_OPEN:
    case CVN_FRAME_HALF_CLOSE:
    case CVN_FRAME_CANCEL:
        return false; /* a client's to send */
    case CVN_FRAME_PONG:
        link->parted = frame->body.len > 0;
        (void)pthread_cond_broadcast(&link->channel->calm);
        return true;
    case CVN_FRAME_ACK:
        return true;
    }
    return true; /* of a later version */
}

/* Takes a bundle in. False when the server broke the protocol. */
static bool take_bundle(struct cvn_link *link, struct cvn_slice bytes)
{
    struct cvn_bundle_header header;
    if (cvn_wire_read_bundle(&bytes, &header) < 0)
        return false;
    if (link->epoch && header.epoch != link->epoch)
        return true; /* left over from another connection */
    if (cvn_outbox_heard(&link->outbox, &header) < 0)
        return false;
    link->heard_ms = cvn_rpc_now_ms();
    link->pinged = false;
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        if (cvn_wire_read_frame(&bytes, &frame) < 0 || !take_frame(link, &frame, header.epoch))
            return false;
    }
    return bytes.len == 0;
}

static void receive(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    if (nng_aio_result(link->receive_aio) != 0)
        return; /* closed */
    nng_msg *msg = nng_aio_get_msg(link->receive_aio);
    nng_pipe pipe = nng_msg_get_pipe(msg);
    (void)pthread_mutex_lock(&channel->lock);
    cvn_links_update(channel);
    if ((uint32_t)nng_pipe_id(pipe) == link->pipe) {
        if (!take_bundle(link, cvn_slice(nng_msg_body(msg), nng_msg_len(msg))))
            (void)nng_pipe_close(pipe);
        cvn_channel_put_waiting(channel);
        cvn_link_send(link);
    }
    (void)pthread_mutex_unlock(&channel->lock);
    nng_msg_free(msg);
    cvn_channel_tell(channel);
    nng_recv_aio(link->socket, link->receive_aio);
}

static void sent(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    int r = nng_aio_result(link->send_aio);
    if (r)
        nng_msg_free(nng_aio_get_msg(link->send_aio));
    (void)pthread_mutex_lock(&channel->lock);
    link->outbox.sending = false;
    cvn_client_calls_let_go(link);
    cvn_channel_put_waiting(channel);
    cvn_link_send(link);
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
}

static void set_keepalive(struct cvn_link *link, int64_t at_ms)
{
    struct cvn_channel *channel = link->channel;
    cvn_deadlines_remove(&channel->keepalives, &link->keepalive);
    link->keepalive.at_ms = at_ms;
    if (cvn_deadlines_add(&channel->keepalives, &link->keepalive) == 0)
        cvn_watch_alarm(&channel->watch, at_ms);
}

void cvn_link_watch(struct cvn_link *link)
{
    if (!link->keepalive.place)
        set_keepalive(link, cvn_rpc_now_ms() + link->channel->options.keepalive_time_ms);
}

/* One link's time to look whether the server still lives. */
static void keep_alive(struct cvn_link *link, int64_t now_ms)
{
    const struct cvn_channel_options *options = &link->channel->options;
    cvn_deadlines_remove(&link->channel->keepalives, &link->keepalive);
    if (!link->pipe || !link->calls)
        return; /* looked after again with the next call */
    if (!link->pinged && link->heard_ms + options->keepalive_time_ms > now_ms) {
        set_keepalive(link, link->heard_ms + options->keepalive_time_ms);
    } else if (!link->pinged) {
        link->pinged = true;
        (void)cvn_outbox_put(&link->outbox, &(struct cvn_frame){.type = CVN_FRAME_PING});
        cvn_link_send(link);
        set_keepalive(link, now_ms + options->keepalive_timeout_ms);
    } else {
        (void)nng_pipe_close(link->pipe_handle);
        go(link);
    }
}

void cvn_links_keep_alive(struct cvn_channel *channel, int64_t now_ms)
{
    struct cvn_deadline *first;
    while ((first = cvn_deadlines_first(&channel->keepalives)) && first->at_ms <= now_ms)
        keep_alive((void *)((char *)first - offsetof(struct cvn_link, keepalive)), now_ms);
    if (first)
        cvn_watch_alarm(&channel->watch, first->at_ms);
}

int cvn_link_open(struct cvn_link *link, struct cvn_error *err)
{
    if (nng_req0_open_raw(&link->socket) != 0)
        return cvn_error_set(err, -ENOMEM, "No memory for a socket.");
    link->open = true;
    link->source = (struct cvn_watch_source){&link->channel->watch, link};
    nng_dialer dialer;
    int r = nng_socket_set_int(link->socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE);
    if (r == 0)
        r = nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, RECEIVE_BYTES_MAX);
    if (r == 0)
        r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMINT, RECONNECT_MS_MIN);
    if (r == 0)
        r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMAXT, RECONNECT_MS_MAX);
    if (r == 0)
        r = nng_aio_alloc(&link->receive_aio, receive, link);
    if (r == 0)
        r = nng_aio_alloc(&link->send_aio, sent, link);
    if (r == 0)
        r = cvn_watch_socket(&link->source, link->socket) ? NNG_ENOMEM : 0;
    if (r == 0)
        r = nng_dialer_create(&dialer, link->socket, link->url);
    if (r == 0)
        r = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    if (r == 0) {
        nng_recv_aio(link->socket, link->receive_aio);
        return 0;
    }
    return cvn_error_set(err, -EINVAL,
                         "\"%s\" is no address to connect to (%s); ipc:///path, tcp://host:port or "
                         "inproc://name is right.",
                         link->url, nng_strerror(r));
}

void cvn_link_close(struct cvn_link *link)
{
    if (!link->open)
        return;
    nng_aio_stop(link->receive_aio);
    nng_aio_stop(link->send_aio);
    (void)nng_close(link->socket);
}

void cvn_link_deinit(struct cvn_link *link)
{
    nng_aio_free(link->receive_aio);
    nng_aio_free(link->send_aio);
    cvn_outbox_reset(&link->outbox);
    free(link->url);
}
