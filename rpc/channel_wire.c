#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdlib.h>

enum {
    REQUEST_ID = (int)0x80000001u, /* raw REQ wants one in each message; ours tells nothing */
    OPEN_ARENA_BYTES = 128 * 1024,
};

void cvn_channel_send(struct cvn_channel *channel)
{
    if (!channel->pipe || channel->closing)
        return;
    nng_msg *msg = cvn_outbox_next(&channel->outbox, channel->epoch);
    if (!msg)
        return;
    if (nng_msg_header_append_u32(msg, (uint32_t)REQUEST_ID) != 0) {
        nng_msg_free(msg);
        channel->outbox.sending = false;
        return;
    }
    nng_aio_set_msg(channel->send_aio, msg);
    nng_send_aio(channel->socket, channel->send_aio);
}

static void put_hello(struct cvn_channel *channel)
{
    Convene__Rpc__V1__Hello hello = CONVENE__RPC__V1__HELLO__INIT;
    hello.user_agent = channel->user_agent;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, OPEN_ARENA_BYTES);
    struct cvn_frame frame = {.type = CVN_FRAME_HELLO};
    if (cvn_message_pack(&hello.base, &arena, &frame.body) == 0)
        (void)cvn_outbox_put(&channel->outbox, &frame);
}

static void come(struct cvn_channel *channel, uint32_t pipe)
{
    channel->pipe = pipe;
    channel->ready = false;
    channel->epoch = 0;
    cvn_outbox_reset(&channel->outbox);
    put_hello(channel);
    cvn_channel_send(channel);
}

/* The connection is lost: what was sent may or may not have been done. */
static void go(struct cvn_channel *channel)
{
    channel->pipe = 0;
    channel->ready = false;
    channel->epoch = 0;
    cvn_outbox_reset(&channel->outbox);
    nng_aio_cancel(channel->send_aio); /* what is under way must not reach the next server */
    struct cvn_client_call *call, *next;
    HASH_ITER(hh, channel->calls, call, next)
    {
        if (call->sent)
            cvn_client_call_fail(channel, call, CVN_UNAVAILABLE,
                                 "The connection to %s was lost while the call was running.",
                                 channel->url);
    }
}

void cvn_channel_update(struct cvn_channel *channel)
{
    struct cvn_pipe_note *note = cvn_watch_take(&channel->watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        uint32_t id = (uint32_t)nng_pipe_id(note->pipe);
        if (note->came)
            come(channel, id);
        else if (id == channel->pipe)
            go(channel);
        free(note);
        note = next;
    }
}

/* Packs the OPEN body. 0 or -ENOMEM. */
static int pack_open(const struct cvn_client_call *call, struct cvn_arena *arena,
                     struct cvn_slice *ret)
{
    Convene__Rpc__V1__Open open = CONVENE__RPC__V1__OPEN__INIT;
    Convene__Rpc__V1__MetadataEntry entries[CVN_METADATA_ENTRIES_MAX],
        *list[CVN_METADATA_ENTRIES_MAX];
    open.method = call->method;
    if (call->deadline_ms) {
        int64_t left_ms = call->deadline_ms - cvn_rpc_now_ms();
        open.timeout_ms = left_ms > 0 ? (uint64_t)left_ms : 1;
    }
    open.metadata = list;
    for (; open.n_metadata < call->metadata->n; open.n_metadata++) {
        const struct cvn_metadata_entry *from = &call->metadata->entries[open.n_metadata];
        Convene__Rpc__V1__MetadataEntry *to = list[open.n_metadata] = &entries[open.n_metadata];
        convene__rpc__v1__metadata_entry__init(to);
        to->key = (char *)(uintptr_t)from->key;
        to->value.data = (uint8_t *)(uintptr_t)from->value.data;
        to->value.len = from->value.len;
    }
    return cvn_message_pack(&open.base, arena, ret);
}

static void unqueue(struct cvn_channel *channel, struct cvn_client_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else if (channel->waiting_first == call)
        channel->waiting_first = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else if (channel->waiting_last == call)
        channel->waiting_last = call->prev;
    call->prev = call->next = NULL;
}

static void set_deadline(struct cvn_channel *channel, struct cvn_client_call *call, int64_t at_ms)
{
    cvn_deadlines_remove(&channel->deadlines, &call->deadline);
    call->deadline.at_ms = at_ms;
    if (at_ms && cvn_deadlines_add(&channel->deadlines, &call->deadline) == 0)
        cvn_watch_alarm(&channel->watch, at_ms);
}

void cvn_channel_put_call(struct cvn_channel *channel, struct cvn_client_call *call)
{
    if (call->request_len > channel->peer_max_message_bytes) {
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The request has %zu bytes and the server takes %u.",
                             call->request_len, channel->peer_max_message_bytes);
        return;
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, OPEN_ARENA_BYTES);
    struct cvn_frame open = {.type = CVN_FRAME_OPEN, .call = call->number};
    int r = pack_open(call, &arena, &open.body);
    if (r == 0 && channel->outbox.bytes_max - channel->outbox.bytes <
                      open.body.len + call->request_len + call->request_len / 1024 + 1024)
        return; /* no room yet; it is tried again when a bundle has left */
    if (r == 0)
        r = cvn_outbox_put(&channel->outbox, &open);
    if (r == 0)
        r = cvn_outbox_put_message(&channel->outbox, call->number,
                                   cvn_slice(call->request, call->request_len),
                                   CVN_FRAME_END_STREAM);
    if (r) {
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED, "There is no memory to send.");
        return;
    }
    unqueue(channel, call);
    call->sent = true;
    free(call->request);
    call->request = NULL;
    set_deadline(channel, call, call->deadline_ms);
}

void cvn_channel_put_cancel(struct cvn_channel *channel, uint32_t number)
{
    (void)cvn_outbox_put(&channel->outbox,
                         &(struct cvn_frame){.type = CVN_FRAME_CANCEL, .call = number});
    cvn_channel_send(channel);
}

void cvn_client_call_end(struct cvn_channel *channel, struct cvn_client_call *call)
{
    unqueue(channel, call);
    cvn_deadlines_remove(&channel->deadlines, &call->deadline);
    HASH_DELETE(hh, channel->calls, call);
    if (channel->done_last)
        channel->done_last->next_done = call;
    else
        channel->done_first = call;
    channel->done_last = call;
}

static void take_settings(struct cvn_channel *channel, struct cvn_slice body, uint64_t epoch)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, OPEN_ARENA_BYTES);
    ProtobufCMessage *message;
    if (cvn_message_unpack(&convene__rpc__v1__settings__descriptor, &arena, body, &message) < 0)
        return;
    channel->peer_max_message_bytes =
        ((const Convene__Rpc__V1__Settings *)message)->max_message_bytes;
    channel->epoch = epoch;
    channel->ready = true;
}

static bool grow_reply(struct cvn_client_call *call, size_t more)
{
    size_t need = call->reply_len + more;
    if (need <= call->reply_room)
        return true;
    size_t room = call->reply_room * 2 > need ? call->reply_room * 2 : need;
    uint8_t *grown = realloc(call->reply, room);
    if (!grown)
        return false;
    call->reply = grown;
    call->reply_room = room;
    return true;
}

static void take_msg(struct cvn_channel *channel, struct cvn_client_call *call,
                     struct cvn_slice body)
{
    if (call->reply_len + body.len > channel->options.max_message_bytes ||
        !grow_reply(call, body.len)) {
        cvn_channel_put_cancel(channel, call->number);
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The reply is larger than the %u bytes this client takes.",
                             channel->options.max_message_bytes);
        return;
    }
    if (body.len)
        memcpy(call->reply + call->reply_len, body.data, body.len);
    call->reply_len += body.len;
}

static void take_trailers(struct cvn_channel *channel, struct cvn_client_call *call,
                          struct cvn_slice body)
{
    ProtobufCMessage *message;
    call->status = (struct cvn_status){.code = CVN_OK};
    if (body.len > 0) {
        int r = cvn_message_unpack(&convene__rpc__v1__trailers__descriptor, &call->arena, body,
                                   &message);
        const Convene__Rpc__V1__Trailers *trailers = (const void *)message;
        struct cvn_slice packed;
        if (r == 0 && trailers->status)
            r = cvn_message_pack(&trailers->status->base, &call->arena, &packed);
        if (r == 0 && trailers->status)
            r = cvn_status_unpack(&call->status, &call->arena, packed);
        if (r)
            call->status = (struct cvn_status){.code = CVN_INTERNAL,
                                               .message = "The server's answer could not be read."};
    }
    cvn_client_call_end(channel, call);
}

static bool take_frame(struct cvn_channel *channel, const struct cvn_frame *frame, uint64_t epoch)
{
    struct cvn_client_call *call = NULL;
    if (frame->call)
        HASH_FIND(hh, channel->calls, &frame->call, sizeof frame->call, call);
    switch (frame->type) {
    case CVN_FRAME_SETTINGS:
        take_settings(channel, frame->body, epoch);
        return true;
    case CVN_FRAME_MSG:
        if (call && call->sent)
            take_msg(channel, call, frame->body);
        return true;
    case CVN_FRAME_TRAILERS:
        if (call && call->sent)
            take_trailers(channel, call, frame->body);
        return true;
    case CVN_FRAME_PING:
        return cvn_outbox_put(&channel->outbox,
                              &(struct cvn_frame){CVN_FRAME_PONG, 0, 0, frame->body}) == 0;
    case CVN_FRAME_GOAWAY:
        channel->ready = false;
        channel->outbox.ack_now = true;
        return true;
    case CVN_FRAME_HELLO:
    case CVN_FRAME_OPEN:
    case CVN_FRAME_HALF_CLOSE:
    case CVN_FRAME_CANCEL:
        return false; /* a client's to send */
    case CVN_FRAME_HEADERS:
    case CVN_FRAME_CREDIT:
    case CVN_FRAME_ACK:
    case CVN_FRAME_PONG:
        return true;
    }
    return true; /* of a later version */
}

bool cvn_channel_receive(struct cvn_channel *channel, struct cvn_slice bytes)
{
    struct cvn_bundle_header header;
    if (cvn_wire_read_bundle(&bytes, &header) < 0)
        return false;
    if (channel->epoch && header.epoch != channel->epoch)
        return true; /* left over from another connection */
    if (cvn_outbox_heard(&channel->outbox, &header) < 0)
        return false;
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        if (cvn_wire_read_frame(&bytes, &frame) < 0 || !take_frame(channel, &frame, header.epoch))
            return false;
    }
    return bytes.len == 0;
}
