#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"

enum { SETTINGS_ARENA_BYTES = 128 * 1024 };

/* Whether what is sent is all there is of one unary call, with which nothing else would go along.
 */
static bool is_alone(const struct cvn_link *link)
{
    return link->calls && HASH_CNT(hh_link, link->calls) == 1 && !link->calls->streams &&
           !link->held_back && !link->outbox.queue.first && !link->channel->waiting_first;
}

void cvn_link_send(struct cvn_link *link)
{
    if (!link->up || link->channel->closing || cvn_channel_holds(link->channel))
        return;
    nng_msg *msg = cvn_outbox_next(&link->outbox, link->epoch);
    if (msg && link->carrier->send(link, msg, is_alone(link)))
        link->outbox.sending = false;
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

void cvn_link_up(struct cvn_link *link)
{
    link->up = true;
    link->ready = false;
    link->epoch = 0;
    link->pinged = false;
    link->heard_ms = cvn_rpc_now_ms();
    cvn_outbox_reset(&link->outbox);
    put_hello(link);
    cvn_link_send(link);
}

/* What has left may or may not have been done. */
void cvn_link_down(struct cvn_link *link)
{
    if (!link->up)
        return;
    uint64_t n_left = link->outbox.n_left;
    link->up = false;
    link->n_failures++;
    link->ready = false;
    link->epoch = 0;
    link->held_back = false;
    cvn_link_health_end(link);
    cvn_outbox_reset(&link->outbox);
    link->carrier->forget(link);
    struct cvn_client_call *call, *next;
    HASH_ITER(hh_link, link->calls, call, next)
    {
        cvn_client_call_lose(call, call->place >= n_left);
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
    link->n_failures = 0;
    link->refused = false;
    link->reason = NULL;
    cvn_link_health_begin(link);
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
    case CVN_FRAME_ACK:
    case CVN_FRAME_PONG:
        return true;
    }
    return true; /* of a later version */
}

static void set_keepalive(struct cvn_link *link, int64_t at_ms)
{
    struct cvn_channel *channel = link->channel;
    cvn_deadlines_remove(&channel->keepalives, &link->keepalive);
    link->keepalive.at_ms = at_ms;
    if (cvn_deadlines_add(&channel->keepalives, &link->keepalive) == 0)
        cvn_watch_alarm(&channel->watch, at_ms);
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
    if (link->pinged) {
        link->pinged = false;
        set_keepalive(link, link->heard_ms + link->channel->options.keepalive_time_ms);
    }
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        if (cvn_wire_read_frame(&bytes, &frame) < 0 || !take_frame(link, &frame, header.epoch))
            return false;
    }
    return bytes.len == 0;
}

bool cvn_link_receive(struct cvn_link *link, struct cvn_slice bytes)
{
    bool good = take_bundle(link, bytes);
    cvn_channel_put_waiting(link->channel);
    cvn_link_send(link);
    return good;
}

void cvn_link_sent(struct cvn_link *link)
{
    link->outbox.sending = false;
    cvn_client_calls_let_go(link);
    cvn_channel_put_waiting(link->channel);
    cvn_link_send(link);
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
    if (!link->up || !link->calls)
        return; /* looked after again with the next call */
    if (!link->pinged && link->heard_ms + options->keepalive_time_ms > now_ms) {
        set_keepalive(link, link->heard_ms + options->keepalive_time_ms);
    } else if (!link->pinged) {
        link->pinged = true;
        (void)cvn_outbox_put(&link->outbox, &(struct cvn_frame){.type = CVN_FRAME_PING});
        cvn_link_send(link);
        set_keepalive(link, now_ms + options->keepalive_timeout_ms);
    } else {
        link->carrier->hang_up(link);
        cvn_link_down(link);
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
