#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/message.h"
#include "rpc/metadata_wire.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAILER_BYTES_MAX = 256 * 1024 };

/* Adds the TRAILERS frame; what does not fit in one goes as the bare code. 0 or -ENOMEM. */
static int add_trailers(const struct cvn_server_call *call, const struct cvn_status *status,
                        struct cvn_frames *frames)
{
    struct cvn_frame frame = {.type = CVN_FRAME_TRAILERS, .call = call->number};
    bool told = status && (status->code != CVN_OK || status->message);
    if (!told && call->trailing_metadata.len == 0)
        return cvn_frames_add(frames, &frame);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, TRAILER_BYTES_MAX);
    struct cvn_slice packed = {NULL, 0};
    struct cvn_status bare = {.code = status ? status->code : CVN_OK};
    if (told && cvn_status_pack(status, &arena, &packed) < 0 &&
        cvn_status_pack(&bare, &arena, &packed) < 0)
        return -ENOMEM;
    /* Trailers { Status status = 1; repeated MetadataEntry metadata = 2; }: both are packed. */
    uint8_t *body = cvn_arena_alloc(&arena, packed.len + call->trailing_metadata.len + 16);
    if (!body)
        return -ENOMEM;
    size_t at = 0;
    if (told) {
        body[at++] = 1 << 3 | 2;
        size_t len = packed.len;
        for (; len > 0x7f; len >>= 7)
            body[at++] = (uint8_t)(len | 0x80);
        body[at++] = (uint8_t)len;
        memcpy(body + at, packed.data, packed.len);
        at += packed.len;
    }
    if (call->trailing_metadata.len > 0)
        memcpy(body + at, call->trailing_metadata.data, call->trailing_metadata.len);
    frame.body = cvn_slice(body, at + call->trailing_metadata.len);
    if (frame.body.len > CVN_WIRE_FRAME_BODY_MAX)
        frame.body.len = at <= CVN_WIRE_FRAME_BODY_MAX ? at : 0;
    if (frame.body.len == 0) { /* only ever with a status, which alone is too long */
        (void)cvn_status_pack(&bare, &arena, &packed);
        struct cvn_server_call without = {.number = call->number};
        return add_trailers(&without, &bare, frames);
    }
    return cvn_frames_add(frames, &frame);
}

/* Has the hook called as soon as the lock is let go. */
static void make_hook_due(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    call->hook_due = true;
    call->next_hooked = server->hooked;
    server->hooked = call;
}

static void note_end(struct cvn_server_call *call, enum cvn_code code)
{
    if (atomic_exchange(&call->ended, true))
        return;
    call->ended_code = code;
    if (call->hook)
        make_hook_due(call);
}

/* Queues frames for the peer; one that has left no room for them is dealt with no more. */
static void send_frames(struct cvn_connection *connection, struct cvn_frames *frames)
{
    if (frames->bytes == 0 || connection->cut_off || connection->gone) {
        cvn_frames_clear(frames);
        return;
    }
    if (cvn_outbox_move(&connection->outbox, frames) < 0) {
        cvn_frames_clear(frames);
        cvn_connection_cut_off(connection);
    } else {
        cvn_connection_send(connection);
    }
}

void cvn_server_call_end(struct cvn_server_call *call, const struct cvn_status *status)
{
    if (atomic_load(&call->ended))
        return;
    note_end(call, status->code);
    cvn_frames_clear(&call->out.queue);
    struct cvn_frames frames = {0};
    if (add_trailers(call, status, &frames) < 0)
        cvn_connection_cut_off(call->connection);
    send_frames(call->connection, &frames);
}

void cvn_server_call_abandon(struct cvn_server_call *call, enum cvn_code code)
{
    note_end(call, code);
    cvn_frames_clear(&call->out.queue);
}

void cvn_server_call_release(struct cvn_server_call *call)
{
    struct cvn_connection *connection = call->connection;
    if (atomic_load(&call->ended))
        return;
    if (connection->outbox.queue.bytes > connection->outbox.bytes_max / 2)
        connection->held_back = true;
    /* Of a stream even what needs no credit waits: many streams may begin at once. */
    bool waits = connection->held_back && call->handler && call->handler->stream;
    struct cvn_frames ready = {0};
    cvn_flow_release(&call->out, connection->held_back, waits ? 0 : SIZE_MAX, &ready);
    send_frames(connection, &ready);
    if (connection->cut_off || connection->gone)
        cvn_frames_clear(&call->out.queue);
    if (call->finished && !call->out.queue.first)
        note_end(call, call->finished_code);
}

bool cvn_server_call_give_credit(struct cvn_server_call *call, uint32_t cost)
{
    uint32_t bytes = cvn_flow_done(&call->in, cost);
    uint8_t body[CVN_FLOW_CREDIT_BODY_BYTES];
    if (bytes == 0 || atomic_load(&call->ended))
        return true;
    cvn_flow_put_credit(body, bytes);
    struct cvn_frame frame = {
        .type = CVN_FRAME_CREDIT, .call = call->number, .body = cvn_slice(body, sizeof body)};
    return cvn_outbox_put(&call->connection->outbox, &frame) == 0;
}

void cvn_server_call_on_cancel(struct cvn_server_call *call, void (*hook)(void *arg), void *arg)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    while (call->hook_due || call->hook_runs)
        (void)pthread_cond_wait(&server->calm, &server->lock);
    call->hook = hook;
    call->hook_arg = arg;
    if (hook && atomic_load(&call->ended))
        make_hook_due(call);
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
}

/* Forgets a call that has ended and whose handler has nothing to do with it any more. */
static void discard(struct cvn_server_call *call)
{
    struct cvn_connection *connection = call->connection;
    struct cvn_server *server = connection->server;
    connection->incoming_bytes -= call->incoming_len;
    for (struct cvn_inbox_message *message = call->inbox_first; message; message = message->next)
        connection->incoming_bytes -= message->len;
    cvn_deadlines_remove(&server->deadlines, &call->deadline);
    if (!call->numberless)
        HASH_DELETE(hh, connection->calls, call);
    connection->n_calls--;
    call->next = server->over;
    server->over = call;
}

void cvn_server_call_settle(struct cvn_server_call *call)
{
    if (call->busy || cvn_server_call_enqueue(call))
        return;
    bool hooked = call->hook_due || call->hook_runs; /* its end settles the call again */
    if (atomic_load(&call->ended) && (!call->begun || call->finished) && !hooked)
        discard(call);
}

/* Ends the call with what stands in frames, trailers included; they are taken. */
static void finish(struct cvn_server_call *call, enum cvn_code code, struct cvn_frames *frames)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    call->finished = true;
    call->finished_code = code;
    call->hook = NULL; /* nobody is left to be told */
    if (!atomic_load(&call->ended))
        cvn_flow_put(&call->out, frames);
    cvn_server_call_release(call);
    cvn_server_call_settle(call);
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
    cvn_frames_clear(frames);
}

/* The call cannot be told how it ended for want of memory; its peer sees the connection go. */
static void finish_untold(struct cvn_server_call *call, struct cvn_frames *frames)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_cut_off(call->connection);
    (void)pthread_mutex_unlock(&server->lock);
    finish(call, CVN_RESOURCE_EXHAUSTED, frames);
}

void cvn_server_call_finish(struct cvn_server_call *call, const struct cvn_status *status,
                            const ProtobufCMessage *reply)
{
    static const struct cvn_status too_large = {
        .code = CVN_RESOURCE_EXHAUSTED, .message = "The server has no memory for the answer."};
    enum cvn_code code = status ? status->code : CVN_OK;
    struct cvn_frames frames = {0};
    int r = 0;
    if (code == CVN_OK && reply)
        r = cvn_frames_add_packing(&frames, call->number, reply, 0);
    else if (code == CVN_OK && !call->handler->stream)
        r = cvn_frames_add_message(&frames, call->number, cvn_slice(NULL, 0), 0);
    if (r) {
        status = &too_large;
        code = too_large.code;
    }
    call->bytes_out += frames.bytes;
    if (add_trailers(call, status, &frames) < 0)
        finish_untold(call, &frames);
    else
        finish(call, code, &frames);
}

void cvn_server_call_finish_packed(struct cvn_server_call *call, struct cvn_slice reply)
{
    struct cvn_frames frames = {0};
    if (cvn_frames_add_message(&frames, call->number, reply, 0) < 0 ||
        add_trailers(call, NULL, &frames) < 0) {
        finish_untold(call, &frames);
        return;
    }
    call->bytes_out += reply.len;
    finish(call, CVN_OK, &frames);
}

int cvn_server_call_send_initial_metadata(struct cvn_server_call *call,
                                          const struct cvn_metadata *metadata)
{
    struct cvn_server *server = call->connection->server;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, TRAILER_BYTES_MAX);
    struct cvn_frame frame = {.type = CVN_FRAME_HEADERS, .call = call->number};
    struct cvn_frames frames = {0};
    int r = cvn_metadata_pack_headers(metadata, &arena, &frame.body);
    if (r == 0)
        r = cvn_frames_add(&frames, &frame);
    (void)pthread_mutex_lock(&server->lock);
    if (r == 0 && (atomic_load(&call->ended) || call->finished))
        r = -EPIPE;
    if (r == 0 && call->wrote)
        r = -EINVAL;
    if (r == 0) {
        call->wrote = true;
        cvn_flow_put(&call->out, &frames);
        cvn_server_call_release(call);
    }
    (void)pthread_mutex_unlock(&server->lock);
    cvn_frames_clear(&frames);
    return r;
}

int cvn_server_call_set_trailing_metadata(struct cvn_server_call *call,
                                          const struct cvn_metadata *metadata)
{
    return cvn_metadata_pack_trailers(metadata, &call->arena, &call->trailing_metadata);
}

int cvn_server_call_write(struct cvn_server_call *call, const ProtobufCMessage *reply)
{
    struct cvn_server *server = call->connection->server;
    if (atomic_load(&call->ended))
        return -EPIPE;
    struct cvn_frames frames = {0};
    int r = cvn_frames_add_packing(&frames, call->number, reply, 0);
    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&server->lock);
    if (atomic_load(&call->ended) || call->finished) {
        r = -EPIPE;
    } else if (!cvn_flow_has_room(&call->out)) {
        call->wants_to_write = true;
        r = CVN_CALL_LATER;
    } else {
        call->wrote = true;
        call->bytes_out += frames.bytes;
        cvn_flow_put(&call->out, &frames);
        cvn_server_call_release(call);
    }
    (void)pthread_mutex_unlock(&server->lock);
    cvn_frames_clear(&frames);
    return r;
}

void cvn_server_call_hold(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    call->held = true;
    (void)pthread_mutex_unlock(&server->lock);
}

void cvn_server_call_resume(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    call->held = false;
    cvn_server_call_settle(call);
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
}

bool cvn_server_call_draining(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    bool draining = server->draining;
    (void)pthread_mutex_unlock(&server->lock);
    return draining;
}

void cvn_server_call_set_state(struct cvn_server_call *call, void *state)
{
    call->state = state;
}

void *cvn_server_call_state(const struct cvn_server_call *call)
{
    return call->state;
}

uint64_t cvn_server_call_bytes_in(const struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    uint64_t bytes = call->bytes_in; /* of a stream more may come meanwhile */
    (void)pthread_mutex_unlock(&server->lock);
    return bytes;
}

void cvn_server_call_set_interceptor_state(struct cvn_server_call *call, void *state)
{
    call->interceptor_states[call->n_begun] = state;
}

const char *cvn_server_call_principal(const struct cvn_server_call *call)
{
    return call->principal;
}

struct cvn_arena *cvn_server_call_arena(struct cvn_server_call *call)
{
    return &call->arena;
}

const char *cvn_server_call_method(const struct cvn_server_call *call)
{
    return call->method;
}

unsigned cvn_server_call_method_index(const struct cvn_server_call *call)
{
    return call->method_index;
}

int64_t cvn_server_call_deadline_ms(const struct cvn_server_call *call)
{
    return call->deadline.at_ms;
}

const struct cvn_metadata *cvn_server_call_metadata(const struct cvn_server_call *call)
{
    return &call->metadata;
}

const struct cvn_peer *cvn_server_call_peer(const struct cvn_server_call *call)
{
    return &call->connection->peer;
}

bool cvn_server_call_cancelled(struct cvn_server_call *call)
{
    return atomic_load(&call->ended);
}

void cvn_server_call_set_principal(struct cvn_server_call *call, const char *text)
{
    (void)snprintf(call->principal, sizeof call->principal, "%s", text);
}
