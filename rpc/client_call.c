#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"
#include "rpc/metadata_wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OPEN_ARENA_BYTES = 128 * 1024,
    OPEN_ROOM_BYTES = 1024, /* of it, on the stack */
    TRANSPARENT_RETRIES_MAX = 3,
};

void cvn_client_call_free(struct cvn_client_call *call)
{
    cvn_frames_clear(&call->out.queue);
    while (call->inbox_first) {
        struct cvn_reply_message *message = call->inbox_first;
        call->inbox_first = message->next;
        free(message->bytes);
        free(message);
    }
    cvn_arena_deinit(&call->arena);
    free(call->request_bytes);
    free(call->reply);
    free(call);
}

void cvn_client_call_wait(struct cvn_channel *channel, struct cvn_client_call *call)
{
    int64_t now_ms = cvn_rpc_now_ms();
    call->retry_at_ms = 0;
    call->connect_by_ms = call->wait_for_ready ? 0 : now_ms + channel->options.connect_timeout_ms;
    call->refused_by_ms = call->wait_for_ready ? 0 : now_ms + channel->options.refused_timeout_ms;
    call->prev = channel->waiting_last;
    call->next = NULL;
    if (channel->waiting_last)
        channel->waiting_last->next = call;
    else
        channel->waiting_first = call;
    channel->waiting_last = call;
    cvn_client_call_set_alarm(channel, call);
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

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    if (a_ms == 0 || b_ms == 0)
        return a_ms + b_ms;
    return a_ms < b_ms ? a_ms : b_ms;
}

void cvn_client_call_set_alarm(struct cvn_channel *channel, struct cvn_client_call *call)
{
    int64_t at_ms = call->deadline_ms;
    if (call->retry_at_ms)
        at_ms = sooner(at_ms, call->retry_at_ms);
    else if (!call->link)
        at_ms = sooner(at_ms, call->refused_by_ms ? call->refused_by_ms : call->connect_by_ms);
    cvn_deadlines_remove(&channel->alarms, &call->alarm);
    call->alarm.at_ms = at_ms;
    if (at_ms && cvn_deadlines_add(&channel->alarms, &call->alarm) == 0)
        cvn_watch_alarm(&channel->watch, at_ms);
}

/* Takes the call off its connection, where nothing of it is expected any more. */
static void leave_link(struct cvn_client_call *call)
{
    if (!call->link)
        return;
    HASH_DELETE(hh_link, call->link->calls, call);
    call->link = NULL;
    cvn_frames_clear(&call->out.queue);
}

static void end(struct cvn_channel *channel, struct cvn_client_call *call)
{
    leave_link(call);
    unqueue(channel, call);
    cvn_deadlines_remove(&channel->alarms, &call->alarm);
    if (!call->watches)
        HASH_DELETE(hh, channel->calls, call);
    cvn_frames_clear(&call->out.queue);
    call->ended = true;
    cvn_channel_note(channel, call);
}

/* How long to wait before another attempt; -1 for none. */
static int64_t retry_delay_ms(struct cvn_channel *channel, struct cvn_client_call *call)
{
    cvn_retry_throttle_note(&channel->throttle, &call->retry, call->status.code);
    if (call->status.code == CVN_OK || call->retry.max_attempts == 0 || call->answered ||
        call->streams_requests || channel->closing)
        return -1;
    struct cvn_retry_question question = {
        .code = call->status.code,
        .n_attempts = call->n_attempts,
        .trailing = call->trailing_metadata,
        .advised_ms = cvn_status_retry_delay_ms(&call->status, &call->arena),
        .random = cvn_channel_random(channel),
    };
    return cvn_retry_delay_ms(&call->retry, &channel->throttle, &question);
}

/* An attempt has ended with the call's status: tries again if the policy says so, else ends. */
static void conclude(struct cvn_channel *channel, struct cvn_client_call *call)
{
    int64_t delay_ms = retry_delay_ms(channel, call);
    int64_t at_ms = delay_ms < 0 ? 0 : cvn_rpc_now_ms() + delay_ms;
    if (delay_ms < 0 || (call->deadline_ms && at_ms >= call->deadline_ms)) {
        end(channel, call);
        return;
    }
    leave_link(call);
    unqueue(channel, call);
    call->trailing_metadata = NULL; /* of the attempt that failed */
    channel->n_retries++;
    call->retry_at_ms = at_ms ? at_ms : 1;
    cvn_client_call_set_alarm(channel, call);
}

void cvn_client_call_fail(struct cvn_channel *channel, struct cvn_client_call *call,
                          enum cvn_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->status =
        (struct cvn_status){.code = code, .message = cvn_arena_vprintf(&call->arena, format, args)};
    va_end(args);
    end(channel, call);
}

void cvn_client_call_cancel(struct cvn_client_call *call)
{
    if (!call->link)
        return;
    struct cvn_frame frame = {.type = CVN_FRAME_CANCEL, .call = call->number};
    (void)cvn_outbox_put(&call->link->outbox, &frame);
    cvn_link_send(call->link);
}

/* Packs the OPEN body. 0 or -ENOMEM. */
static int pack_open(const struct cvn_client_call *call, struct cvn_arena *arena,
                     struct cvn_slice *ret)
{
    Convene__Rpc__V1__Open open = CONVENE__RPC__V1__OPEN__INIT;
    open.method = (char *)(uintptr_t)call->method;
    if (call->deadline_ms) {
        int64_t left_ms = call->deadline_ms - cvn_rpc_now_ms();
        open.timeout_ms = left_ms > 0 ? (uint64_t)left_ms : 1;
    }
    struct cvn_metadata metadata = {0};
    if (call->metadata)
        metadata = *call->metadata;
    char attempts[16];
    if (call->n_attempts > 0) { /* gRPC tells the server which attempt this is */
        metadata.arena = arena;
        metadata.entries = cvn_arena_alloc_array(arena, metadata.n + 1, sizeof *metadata.entries);
        if (!metadata.entries)
            return -ENOMEM;
        if (metadata.n)
            memcpy(metadata.entries, call->metadata->entries,
                   metadata.n * sizeof *metadata.entries);
        (void)snprintf(attempts, sizeof attempts, "%u", call->n_attempts);
        metadata.entries[metadata.n++] =
            (struct cvn_metadata_entry){CVN_RETRY_METADATA_ATTEMPTS, cvn_slice_of_string(attempts)};
    }
    int r = cvn_metadata_to_wire(&metadata, arena, &open.metadata);
    open.n_metadata = metadata.n;
    return r ? r : cvn_message_pack(&open.base, arena, ret);
}

/* OPEN, and the request when it is there. 0 or -ENOMEM. */
static int make_frames(const struct cvn_client_call *call, struct cvn_frames *frames)
{
    CVN_ARENA_ROOM(room, OPEN_ROOM_BYTES);
    CVN_ARENA_AUTO arena;
    cvn_arena_init_with(&arena, OPEN_ARENA_BYTES, room, sizeof room);
    struct cvn_frame open = {.type = CVN_FRAME_OPEN, .call = call->number};
    int r = pack_open(call, &arena, &open.body);
    if (r == 0)
        r = cvn_frames_add(frames, &open);
    if (r == 0 && !call->streams_requests)
        r = cvn_frames_add_message(frames, call->number, call->request, CVN_FRAME_END_STREAM);
    return r;
}

static void join_link(struct cvn_client_call *call, struct cvn_link *link)
{
    do
        call->number = ++link->last_number;
    while (call->number == 0);
    call->link = link;
    call->retry_at_ms = 0;
    HASH_ADD(hh_link, link->calls, number, sizeof call->number, call);
    call->place = link->outbox.n_queued;
    cvn_link_watch(link);
}

bool cvn_client_call_put(struct cvn_client_call *call, struct cvn_link *link)
{
    struct cvn_channel *channel = link->channel;
    if (call->request.len > link->peer_max_message_bytes) {
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                             "The request has %zu bytes and the server takes %u.",
                             call->request.len, link->peer_max_message_bytes);
        return true;
    }
    join_link(call, link);
    struct cvn_frames frames = {0};
    if (make_frames(call, &frames) < 0) {
        cvn_frames_clear(&frames);
        cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED, "There is no memory to send.");
        return true;
    }
    if (cvn_outbox_move(&link->outbox, &frames) < 0) { /* tried again when a bundle has left */
        bool never = frames.bytes > link->outbox.bytes_max;
        size_t bytes = frames.bytes;
        cvn_frames_clear(&frames);
        HASH_DELETE(hh_link, link->calls, call);
        call->link = NULL;
        if (never)
            cvn_client_call_fail(channel, call, CVN_RESOURCE_EXHAUSTED,
                                 "The request takes %zu bytes and the channel queues %zu.", bytes,
                                 link->outbox.bytes_max);
        return never;
    }
    unqueue(channel, call);
    call->n_attempts++;
    cvn_flow_in_init(&call->in, channel->options.stream_credit_bytes);
    call->out.credit = link->peer_stream_credit;
    cvn_client_call_release(call);
    cvn_client_call_set_alarm(channel, call);
    return true;
}

void cvn_client_call_release(struct cvn_client_call *call)
{
    struct cvn_link *link = call->link;
    if (!link || !call->out.queue.first)
        return;
    if (link->outbox.queue.bytes > link->outbox.bytes_max / 2)
        link->held_back = true;
    if (link->held_back)
        return;
    bool full = !cvn_flow_has_room(&call->out);
    struct cvn_frames ready = {0};
    cvn_flow_release(&call->out, false, cvn_outbox_room(&link->outbox), &ready);
    cvn_frames_set_call(&ready, call->number);
    (void)cvn_outbox_move(&link->outbox, &ready); /* there is room */
    if (full && cvn_flow_has_room(&call->out))
        cvn_channel_note(link->channel, call);
    cvn_link_send(link);
}

void cvn_client_calls_let_go(struct cvn_link *link)
{
    if (!link->held_back || link->outbox.queue.bytes > link->outbox.bytes_max / 4)
        return;
    link->held_back = false;
    struct cvn_client_call *call, *next;
    HASH_ITER(hh_link, link->calls, call, next)
    {
        cvn_client_call_release(call);
    }
}

void cvn_client_call_give_credit(struct cvn_client_call *call, uint32_t cost)
{
    uint32_t bytes = cvn_flow_done(&call->in, cost);
    uint8_t body[CVN_FLOW_CREDIT_BODY_BYTES];
    if (bytes == 0 || !call->link)
        return;
    cvn_flow_put_credit(body, bytes);
    struct cvn_frame frame = {
        .type = CVN_FRAME_CREDIT, .call = call->number, .body = cvn_slice(body, sizeof body)};
    (void)cvn_outbox_put(&call->link->outbox, &frame);
    cvn_link_send(call->link);
}

/* Ends a call whose reply is not to be had, and tells the server. */
static void refuse_reply(struct cvn_client_call *call, enum cvn_code code, const char *text)
{
    struct cvn_channel *channel = call->link->channel;
    cvn_client_call_cancel(call);
    cvn_client_call_fail(channel, call, code, "%s", text);
}

static struct cvn_metadata *read_metadata(struct cvn_client_call *call,
                                          Convene__Rpc__V1__MetadataEntry **entries, size_t n)
{
    size_t bad;
    struct cvn_metadata *metadata = cvn_arena_alloc(&call->arena, sizeof *metadata);
    if (!metadata)
        return NULL;
    cvn_metadata_init(metadata, &call->arena);
    return cvn_metadata_of_wire(metadata, entries, n, &bad) == 0 ? metadata : NULL;
}

void cvn_client_call_take_headers(struct cvn_client_call *call, struct cvn_slice body)
{
    ProtobufCMessage *message;
    if (call->answered || cvn_message_unpack(&convene__rpc__v1__headers__descriptor, &call->arena,
                                             body, &message) < 0) {
        refuse_reply(call, CVN_INTERNAL, "The server's initial metadata could not be read.");
        return;
    }
    const Convene__Rpc__V1__Headers *headers = (const void *)message;
    call->answered = true;
    call->initial_metadata = read_metadata(call, headers->metadata, headers->n_metadata);
    if (!call->initial_metadata)
        refuse_reply(call, CVN_INTERNAL, "The server's initial metadata is none that gRPC allows.");
    else if (call->streams)
        cvn_channel_note(call->link->channel, call);
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

/* The message of a stream is whole: it waits for its owner. */
static bool deliver(struct cvn_client_call *call, uint32_t cost)
{
    struct cvn_reply_message *message = malloc(sizeof *message);
    if (!message)
        return false;
    *message = (struct cvn_reply_message){NULL, cost, call->reply_len, call->reply};
    call->reply = NULL;
    call->reply_len = call->reply_room = 0;
    if (call->inbox_last)
        call->inbox_last->next = message;
    else
        call->inbox_first = message;
    call->inbox_last = message;
    cvn_channel_note(call->link->channel, call);
    return true;
}

bool cvn_client_call_take_msg(struct cvn_client_call *call, const struct cvn_frame *frame)
{
    uint32_t cost;
    if (cvn_flow_take(&call->in, frame, &cost) < 0)
        return false;
    call->answered = true;
    if (call->got_message && !call->streams) {
        refuse_reply(call, CVN_INTERNAL, "The server sent a second reply to a unary call.");
        return true;
    }
    if (call->reply_len + frame->body.len > call->link->channel->options.max_message_bytes ||
        !grow_reply(call, frame->body.len)) {
        refuse_reply(call, CVN_RESOURCE_EXHAUSTED, "The reply is larger than this client takes.");
        return true;
    }
    if (frame->body.len)
        memcpy(call->reply + call->reply_len, frame->body.data, frame->body.len);
    call->reply_len += frame->body.len;
    if (frame->flags & CVN_FRAME_MORE) {
        cvn_client_call_give_credit(call, cost);
        return true;
    }
    call->got_message = true;
    if (call->streams && !deliver(call, cost))
        refuse_reply(call, CVN_RESOURCE_EXHAUSTED, "There is no memory for the reply.");
    return true;
}

/* Reads how the call ended. 0 or a fault. */
static int read_trailers(struct cvn_client_call *call, struct cvn_slice body)
{
    ProtobufCMessage *message;
    call->status = (struct cvn_status){.code = CVN_OK};
    if (body.len == 0)
        return 0;
    int r =
        cvn_message_unpack(&convene__rpc__v1__trailers__descriptor, &call->arena, body, &message);
    if (r)
        return r;
    const Convene__Rpc__V1__Trailers *trailers = (const void *)message;
    call->trailing_metadata = read_metadata(call, trailers->metadata, trailers->n_metadata);
    struct cvn_slice packed;
    if (!call->trailing_metadata)
        return -EBADMSG;
    if (!trailers->status)
        return 0;
    r = cvn_message_pack(&trailers->status->base, &call->arena, &packed);
    return r ? r : cvn_status_unpack(&call->status, &call->arena, packed);
}

void cvn_client_call_take_trailers(struct cvn_client_call *call, struct cvn_slice body)
{
    if (read_trailers(call, body) != 0)
        call->status = (struct cvn_status){.code = CVN_INTERNAL,
                                           .message = "The server's answer could not be read."};
    else if (call->status.code == CVN_OK && !call->streams && !call->got_message)
        call->status = (struct cvn_status){.code = CVN_INTERNAL,
                                           .message = "The server ended the call without a reply."};
    else if (call->status.code == CVN_OK && call->streams && call->reply_len > 0)
        call->status = (struct cvn_status){.code = CVN_INTERNAL,
                                           .message = "The server ended the call amid a reply."};
    conclude(call->link->channel, call);
}

bool cvn_client_call_take_credit(struct cvn_client_call *call, struct cvn_slice body)
{
    if (cvn_flow_credit(&call->out, body) < 0)
        return false;
    cvn_client_call_release(call);
    if (!call->ended && call->streams)
        cvn_channel_note(call->link->channel, call);
    return true;
}

void cvn_client_call_lose(struct cvn_client_call *call, bool untouched)
{
    struct cvn_channel *channel = call->link->channel;
    if (untouched && !call->answered && !call->streams_requests && !call->watches &&
        call->n_transparent < TRANSPARENT_RETRIES_MAX) {
        leave_link(call);
        call->n_attempts--;
        call->n_transparent++;
        channel->n_transparent_retries++;
        cvn_client_call_wait(channel, call);
        return;
    }
    call->status = (struct cvn_status){
        .code = CVN_UNAVAILABLE,
        .message = cvn_arena_printf(&call->arena,
                                    "The connection to %s was lost while the call was running.",
                                    call->link->url),
    };
    conclude(channel, call);
}

/* Whether no address answered when it was last tried. */
static bool is_away(const struct cvn_channel *channel)
{
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i].n_failures == 0)
            return false;
    return true;
}

/* Whether nobody listened at any address when it was last tried. */
static bool is_refused(const struct cvn_channel *channel)
{
    for (size_t i = 0; i < channel->n_links; i++)
        if (!channel->links[i].refused)
            return false;
    return true;
}

/* What is known of why no address answers; "" when nothing is. */
static const char *reason_of(const struct cvn_channel *channel)
{
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i].reason)
            return channel->links[i].reason;
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i].up && !channel->links[i].epoch)
            return "it takes connections and says nothing";
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i].ready && channel->links[i].unhealthy)
            return "what answers there is not serving, as its health service says";
    return "";
}

static void fail_unanswered(struct cvn_channel *channel, struct cvn_client_call *call)
{
    const char *reason = reason_of(channel);
    cvn_client_call_fail(channel, call, CVN_UNAVAILABLE, "No server answers at %s%s%s.",
                         channel->urls, *reason ? ": " : "", reason);
}

void cvn_client_calls_give_up(struct cvn_channel *channel)
{
    struct cvn_client_call *call, *next;
    for (call = channel->waiting_first; call; call = next) {
        next = call->next;
        if (call->connect_by_ms)
            fail_unanswered(channel, call);
    }
}

void cvn_client_calls_note_refusal(struct cvn_channel *channel)
{
    struct cvn_client_call *call, *next;
    if (!is_refused(channel))
        return;
    for (call = channel->waiting_first; call; call = next) {
        next = call->next;
        if (call->connect_by_ms && !call->refused_by_ms)
            fail_unanswered(channel, call);
    }
}

void cvn_client_call_alarm(struct cvn_channel *channel, struct cvn_client_call *call,
                           int64_t now_ms)
{
    bool overdue = call->deadline_ms && call->deadline_ms <= now_ms;
    bool unanswered = !call->link && call->connect_by_ms && !call->retry_at_ms;
    if (call->refused_by_ms && call->refused_by_ms <= now_ms)
        call->refused_by_ms = 0; /* from now on a refusal is an answer */
    bool refused = !call->refused_by_ms && is_refused(channel);
    if (unanswered && (call->connect_by_ms <= now_ms || refused || (overdue && is_away(channel)))) {
        fail_unanswered(channel, call);
    } else if (overdue) {
        cvn_client_call_cancel(call);
        cvn_client_call_fail(channel, call, CVN_DEADLINE_EXCEEDED,
                             call->link
                                 ? "The deadline passed before %s answered."
                                 : "The deadline passed before there was a connection to %s.",
                             channel->urls);
    } else if (call->retry_at_ms && call->retry_at_ms <= now_ms) {
        cvn_client_call_wait(channel, call);
    } else {
        cvn_client_call_set_alarm(channel, call);
    }
}
