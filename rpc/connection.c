#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/message.h"
#include "rpc/metadata_wire.h"
#include "rpc/server_state.h"

#include <stdlib.h>

enum {
    HELLO_ARENA_BYTES = 256 * 1024,
    SETTINGS_BYTES_MAX = 64,
    GOAWAY_BYTES_MAX = 64,
};

void cvn_connection_unref(struct cvn_connection *connection)
{
    if (--connection->n_refs > 0)
        return;
    struct cvn_server *server = connection->server;
    cvn_outbox_reset(&connection->outbox);
    connection->carrier->deinit(connection);
    cvn_arena_deinit(&connection->arena);
    free(connection);
    if (--server->n_live == 0)
        (void)pthread_cond_broadcast(&server->calm);
}

/* Lets the streams go on that waited until less was unsent. */
static void let_go(struct cvn_connection *connection)
{
    if (!connection->held_back || connection->outbox.queue.bytes > connection->outbox.bytes_max / 4)
        return;
    connection->held_back = false;
    struct cvn_server_call *call, *next;
    HASH_ITER(hh, connection->calls, call, next)
    {
        cvn_server_call_release(call);
        cvn_server_call_settle(call);
    }
}

void cvn_connection_sent(struct cvn_connection *connection, bool ok)
{
    struct cvn_server *server = connection->server;
    connection->outbox.sending = false;
    if (ok && !connection->gone) {
        let_go(connection);
        cvn_connection_send(connection);
    }
    (void)pthread_cond_broadcast(&server->calm);
    cvn_server_log_over(server);
    cvn_connection_unref(connection); /* last: the server may be freed after it */
}

/*
 * Whether what is sent is all there is of one unary call, with whose reply nothing else would go
 * along. A reply of several bundles would keep the server's lock for as long as they take.
 */
static bool is_alone(const struct cvn_connection *connection)
{
    const struct cvn_server_call *call = connection->calls;
    return connection->n_calls == 1 && call && call->handler && call->handler->unary &&
           !call->handler->stream && !connection->held_back && !connection->outbox.queue.first;
}

void cvn_connection_send(struct cvn_connection *connection)
{
    if (connection->gone || connection->cut_off)
        return;
    nng_msg *msg = cvn_outbox_next(&connection->outbox, connection->epoch);
    if (!msg)
        return;
    if (connection->carrier->send(connection, msg, is_alone(connection))) {
        connection->outbox.sending = false;
        (void)pthread_cond_broadcast(&connection->server->calm);
    } else {
        connection->n_refs++; /* until sent */
    }
}

static void look_out(struct cvn_connection *connection, int64_t at_ms)
{
    struct cvn_server *server = connection->server;
    cvn_deadlines_remove(&server->lookouts, &connection->lookout);
    connection->lookout.at_ms = at_ms;
    if (cvn_deadlines_add(&server->lookouts, &connection->lookout) == 0)
        cvn_watch_alarm(&server->watch, at_ms);
}

struct cvn_connection *cvn_connection_new(struct cvn_server *server,
                                          const struct cvn_carrier *carrier, uint64_t id)
{
    struct cvn_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->server = server;
    connection->carrier = carrier;
    connection->id = id;
    connection->peer.connection = id;
    connection->epoch = server->epoch + ++server->n_greeted;
    connection->n_refs = 1;
    cvn_outbox_init(&connection->outbox, server->options.max_connection_bytes);
    cvn_arena_init(&connection->arena, HELLO_ARENA_BYTES);
    HASH_ADD(hh, server->connections, id, sizeof connection->id, connection);
    server->n_connections++;
    server->n_live++;
    connection->heard_ms = cvn_rpc_now_ms();
    look_out(connection, connection->heard_ms + server->options.hello_timeout_ms);
    return connection;
}

void cvn_connection_end_calls(struct cvn_connection *connection)
{
    struct cvn_server_call *call, *next;
    HASH_ITER(hh, connection->calls, call, next)
    {
        cvn_server_call_abandon(call, CVN_CANCELLED);
        cvn_server_call_settle(call);
    }
}

void cvn_connection_cut_off(struct cvn_connection *connection)
{
    if (connection->cut_off || connection->gone)
        return;
    connection->cut_off = true;
    cvn_outbox_reset(&connection->outbox);
    connection->carrier->close(connection);
}

void cvn_connection_drop(struct cvn_connection *connection)
{
    if (connection->gone)
        return;
    struct cvn_server *server = connection->server;
    connection->gone = true;
    HASH_DELETE(hh, server->connections, connection);
    server->n_connections--;
    cvn_deadlines_remove(&server->lookouts, &connection->lookout);
    cvn_connection_end_calls(connection);
    cvn_outbox_reset(&connection->outbox);
    (void)pthread_cond_broadcast(&server->calm);
    cvn_connection_unref(connection);
}

void cvn_connection_say_goodbye(struct cvn_connection *connection)
{
    Convene__Rpc__V1__Goaway goaway = CONVENE__RPC__V1__GOAWAY__INIT;
    uint8_t body[GOAWAY_BYTES_MAX];
    goaway.last_call = connection->last_call;
    goaway.reason = (char *)(uintptr_t) "The server is stopping.";
    (void)cvn_outbox_put(&connection->outbox,
                         &(struct cvn_frame){
                             .type = CVN_FRAME_GOAWAY,
                             .body = cvn_slice(body, convene__rpc__v1__goaway__pack(&goaway, body)),
                         });
}

static void look_after(struct cvn_connection *connection, int64_t now_ms)
{
    const struct cvn_server_options *options = &connection->server->options;
    cvn_deadlines_remove(&connection->server->lookouts, &connection->lookout);
    if (connection->cut_off)
        return;
    if (!connection->greeted || connection->pinged) {
        cvn_connection_cut_off(connection);
    } else if (connection->heard_ms + options->keepalive_time_ms > now_ms) {
        look_out(connection, connection->heard_ms + options->keepalive_time_ms);
    } else {
        connection->pinged = true;
        (void)cvn_outbox_put(&connection->outbox, &(struct cvn_frame){.type = CVN_FRAME_PING});
        cvn_connection_send(connection);
        look_out(connection, now_ms + options->keepalive_timeout_ms);
    }
}

void cvn_connections_look_after(struct cvn_server *server, int64_t now_ms)
{
    struct cvn_deadline *first;
    while ((first = cvn_deadlines_first(&server->lookouts)) && first->at_ms <= now_ms)
        look_after((void *)((char *)first - offsetof(struct cvn_connection, lookout)), now_ms);
    if (first)
        cvn_watch_alarm(&server->watch, first->at_ms);
}

/* Ends all calls and gives their numbers up, also of those whose handlers are not done yet. */
static void begin_anew(struct cvn_connection *connection)
{
    struct cvn_server_call *call, *next;
    cvn_connection_end_calls(connection);
    HASH_ITER(hh, connection->calls, call, next)
    {
        HASH_DELETE(hh, connection->calls, call);
        call->numberless = true;
    }
    cvn_outbox_reset(&connection->outbox);
    connection->last_call = 0;
}

/* A client's first frame, or its first again after it lost count: both sides start from nothing. */
static bool take_hello(struct cvn_connection *connection, struct cvn_slice body)
{
    struct cvn_server *server = connection->server;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, HELLO_ARENA_BYTES);
    ProtobufCMessage *message;
    if (cvn_message_unpack(&convene__rpc__v1__hello__descriptor, &arena, body, &message) < 0)
        return false;
    const Convene__Rpc__V1__Hello *hello = (const void *)message;
    size_t bad;
    cvn_arena_reset(&connection->arena);
    cvn_metadata_init(&connection->metadata, &connection->arena);
    if (cvn_metadata_of_wire(&connection->metadata, hello->metadata, hello->n_metadata, &bad) != 0)
        return false;
    begin_anew(connection);
    connection->outbox.received = 1;
    connection->greeted = true;
    look_out(connection, connection->heard_ms + server->options.keepalive_time_ms);
    connection->stream_credit = hello->stream_credit ? hello->stream_credit : CVN_FLOW_CREDIT_BYTES;
    connection->carrier->read_peer(connection);
    Convene__Rpc__V1__Settings settings = CONVENE__RPC__V1__SETTINGS__INIT;
    settings.max_message_bytes = server->options.max_message_bytes;
    settings.max_calls = server->options.max_calls_per_connection;
    settings.stream_credit = server->options.stream_credit_bytes;
    uint8_t packed[SETTINGS_BYTES_MAX];
    (void)cvn_outbox_put(
        &connection->outbox,
        &(struct cvn_frame){
            .type = CVN_FRAME_SETTINGS,
            .body = cvn_slice(packed, convene__rpc__v1__settings__pack(&settings, packed)),
        });
    if (server->draining)
        cvn_connection_say_goodbye(connection);
    return true;
}

/* False when the peer broke the protocol. */
static bool take_frame(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    switch (frame->type) {
    case CVN_FRAME_HELLO:
        return take_hello(connection, frame->body);
    case CVN_FRAME_OPEN:
        return cvn_server_take_open(connection, frame);
    case CVN_FRAME_MSG:
        return cvn_server_take_msg(connection, frame);
    case CVN_FRAME_HALF_CLOSE:
        cvn_server_take_half_close(connection, frame->call);
        return true;
    case CVN_FRAME_CANCEL:
        cvn_server_take_cancel(connection, frame->call);
        return true;
    case CVN_FRAME_CREDIT:
        return cvn_server_take_credit(connection, frame);
    case CVN_FRAME_PING:
        return cvn_outbox_put(&connection->outbox,
                              &(struct cvn_frame){CVN_FRAME_PONG, 0, 0, frame->body}) == 0;
    case CVN_FRAME_SETTINGS:
    case CVN_FRAME_HEADERS:
    case CVN_FRAME_TRAILERS:
    case CVN_FRAME_GOAWAY:
        return false; /* a server's to send */
    case CVN_FRAME_ACK:
    case CVN_FRAME_PONG:
        return true;
    }
    return true; /* of a later version */
}

/* False when the peer broke the protocol. */
static bool take_bundle(struct cvn_connection *connection, struct cvn_slice bytes)
{
    struct cvn_bundle_header header;
    if (cvn_wire_read_bundle(&bytes, &header) < 0)
        return false;
    const uint8_t *first = bytes.data;
    bool hello =
        header.epoch == 0 && header.n_frames > 0 && bytes.len > 0 && first[0] == CVN_FRAME_HELLO;
    if (!hello && (!connection->greeted || header.epoch != connection->epoch))
        return true; /* left over from another connection */
    if (!hello && cvn_outbox_heard(&connection->outbox, &header) < 0)
        return false;
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        if (cvn_wire_read_frame(&bytes, &frame) < 0 || !take_frame(connection, &frame))
            return false;
        if (connection->cut_off)
            return true;
    }
    return bytes.len == 0;
}

void cvn_connection_receive(struct cvn_connection *connection, struct cvn_slice bytes)
{
    struct cvn_server *server = connection->server;
    if (connection->cut_off || connection->gone)
        return;
    connection->heard_ms = cvn_rpc_now_ms();
    if (connection->pinged) {
        connection->pinged = false;
        look_out(connection, connection->heard_ms + server->options.keepalive_time_ms);
    }
    server->taking_in = true;
    if (take_bundle(connection, bytes)) {
        cvn_connection_send(connection);
        if (server->draining) /* it may be the acknowledgement that is waited for */
            (void)pthread_cond_broadcast(&server->calm);
    } else {
        cvn_connection_cut_off(connection);
        cvn_connection_end_calls(connection);
    }
}
