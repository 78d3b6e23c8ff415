#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/message.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <nng/transport/ipc/ipc.h>
#include <stdlib.h>

enum {
    REQUEST_ID = (int)0x80000001u, /* raw REQ/REP wants one; ours tells nothing */
    ROOM_FIRST = 4096,
    RETRY_DELAY_MS = 100,
    QUIET_MS = 200, /* before a pipe is closed from this side */
};

static void read_peer(struct cvn_connection *connection)
{
    nng_sockaddr address;
    uint64_t uid;
    connection->peer.transport = CVN_TRANSPORT_TCP;
    if (nng_pipe_get_addr(connection->pipe, NNG_OPT_REMADDR, &address) == 0) {
        if (address.s_family == NNG_AF_INPROC)
            connection->peer.transport = CVN_TRANSPORT_INPROC;
        if (address.s_family == NNG_AF_IPC || address.s_family == NNG_AF_UNSPEC)
            connection->peer.transport = CVN_TRANSPORT_IPC;
    }
    if (nng_pipe_get_uint64(connection->pipe, NNG_OPT_IPC_PEER_UID, &uid) == 0) {
        connection->peer.transport = CVN_TRANSPORT_IPC;
        connection->peer.has_uid = true;
        connection->peer.uid = (uint32_t)uid;
    }
}

void cvn_connection_unref(struct cvn_connection *connection)
{
    if (--connection->n_refs > 0)
        return;
    struct cvn_server *server = connection->server;
    cvn_outbox_reset(&connection->outbox);
    nng_aio_reap(connection->send_aio);
    free(connection);
    if (--server->n_live == 0)
        (void)pthread_cond_broadcast(&server->calm);
}

static void sent(void *arg)
{
    struct cvn_connection *connection = arg;
    struct cvn_server *server = connection->server;
    int r = nng_aio_result(connection->send_aio);
    if (r)
        nng_msg_free(nng_aio_get_msg(connection->send_aio));
    (void)pthread_mutex_lock(&server->lock);
    connection->outbox.sending = false;
    if (!r && !connection->gone)
        cvn_connection_send(connection);
    (void)pthread_cond_broadcast(&server->calm);
    cvn_connection_unref(connection);
    (void)pthread_mutex_unlock(&server->lock);
}

void cvn_connection_send(struct cvn_connection *connection)
{
    if (connection->gone || connection->cut_off)
        return;
    nng_msg *msg = cvn_outbox_next(&connection->outbox, connection->epoch);
    if (!msg)
        return;
    if (nng_msg_header_append_u32(msg, connection->id) != 0 ||
        nng_msg_header_append_u32(msg, (uint32_t)REQUEST_ID) != 0) {
        nng_msg_free(msg);
        connection->outbox.sending = false;
        return;
    }
    connection->n_refs++;
    nng_aio_set_msg(connection->send_aio, msg);
    nng_send_aio(connection->server->socket, connection->send_aio);
}

static void add_connection(struct cvn_server *server, nng_pipe pipe)
{
    struct cvn_connection *connection = calloc(1, sizeof *connection);
    if (!connection || nng_aio_alloc(&connection->send_aio, sent, connection) != 0) {
        free(connection);
        (void)nng_pipe_close(pipe);
        return;
    }
    connection->server = server;
    connection->pipe = pipe;
    connection->id = (uint32_t)nng_pipe_id(pipe);
    connection->epoch = server->epoch + connection->id;
    connection->n_refs = 1;
    cvn_outbox_init(&connection->outbox, server->options.max_connection_bytes);
    HASH_ADD(hh, server->connections, id, sizeof connection->id, connection);
    server->n_connections++;
    server->n_live++;
    if (server->n_connections > server->options.max_connections)
        cvn_connection_cut_off(connection);
}

void cvn_connection_end_calls(struct cvn_connection *connection)
{
    struct cvn_server_call *call, *next;
    HASH_ITER(hh, connection->calls, call, next)
    {
        cvn_server_call_abandon(call, CVN_CANCELLED);
        if (!call->running)
            cvn_server_call_discard(call);
    }
}

/* Puts off closing the pipe, as something may be arriving. */
static void await_quiet(struct cvn_connection *connection)
{
    struct cvn_server *server = connection->server;
    cvn_deadlines_remove(&server->quiets, &connection->quiet);
    connection->quiet.at_ms = cvn_rpc_now_ms() + QUIET_MS;
    if (cvn_deadlines_add(&server->quiets, &connection->quiet) == 0)
        cvn_watch_alarm(&server->watch, connection->quiet.at_ms);
}

void cvn_connection_cut_off(struct cvn_connection *connection)
{
    if (connection->cut_off || connection->gone)
        return;
    connection->cut_off = true;
    cvn_outbox_reset(&connection->outbox);
    await_quiet(connection);
}

void cvn_connections_close_quiet(struct cvn_server *server, int64_t now_ms)
{
    struct cvn_deadline *first;
    while ((first = cvn_deadlines_first(&server->quiets)) && first->at_ms <= now_ms) {
        struct cvn_connection *connection =
            (void *)((char *)first - offsetof(struct cvn_connection, quiet));
        cvn_deadlines_remove(&server->quiets, first);
        (void)nng_pipe_close(connection->pipe);
    }
    if (first)
        cvn_watch_alarm(&server->watch, first->at_ms);
}

void cvn_connection_drop(struct cvn_connection *connection)
{
    if (connection->gone)
        return;
    struct cvn_server *server = connection->server;
    connection->gone = true;
    HASH_DELETE(hh, server->connections, connection);
    server->n_connections--;
    cvn_deadlines_remove(&server->quiets, &connection->quiet);
    cvn_connection_end_calls(connection);
    cvn_outbox_reset(&connection->outbox);
    (void)pthread_cond_broadcast(&server->calm);
    cvn_connection_unref(connection);
}

void cvn_connections_update(struct cvn_server *server)
{
    struct cvn_pipe_note *note = cvn_watch_take(&server->watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        if (note->came) {
            add_connection(server, note->pipe);
        } else {
            uint32_t id = (uint32_t)nng_pipe_id(note->pipe);
            struct cvn_connection *connection;
            HASH_FIND(hh, server->connections, &id, sizeof id, connection);
            if (connection)
                cvn_connection_drop(connection);
        }
        free(note);
        note = next;
    }
}

/* A client's first frame, or its first again after it lost count: both sides start from nothing. */
static void take_hello(struct cvn_connection *connection)
{
    struct cvn_server *server = connection->server;
    cvn_connection_end_calls(connection);
    cvn_outbox_reset(&connection->outbox);
    connection->outbox.received = 1;
    connection->greeted = true;
    read_peer(connection);
    Convene__Rpc__V1__Settings settings = CONVENE__RPC__V1__SETTINGS__INIT;
    settings.max_message_bytes = server->options.max_message_bytes;
    settings.max_calls = server->options.max_calls_per_connection;
    uint8_t body[64];
    (void)cvn_outbox_put(
        &connection->outbox,
        &(struct cvn_frame){
            .type = CVN_FRAME_SETTINGS,
            .body = cvn_slice(body, convene__rpc__v1__settings__pack(&settings, body)),
        });
}

/* Finds service and method of "package.Service/Method". */
static bool find_method(struct cvn_server *server, struct cvn_server_call *call)
{
    const char *slash = strchr(call->method, '/');
    if (!slash)
        return false;
    struct cvn_service *service;
    HASH_FIND(hh, server->services, call->method, (size_t)(slash - call->method), service);
    if (!service)
        return false;
    const ProtobufCServiceDescriptor *descriptor = service->descriptor;
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(descriptor, slash + 1);
    if (!method)
        return false;
    call->service = service;
    call->method_index = (unsigned)(method - descriptor->methods);
    return service->methods[call->method_index].unary != NULL;
}

static int read_metadata(struct cvn_server_call *call, const Convene__Rpc__V1__Open *open,
                         struct cvn_status *status)
{
    for (size_t i = 0; i < open->n_metadata; i++) {
        const Convene__Rpc__V1__MetadataEntry *entry = open->metadata[i];
        int r = cvn_metadata_add(&call->metadata, entry->key,
                                 cvn_slice(entry->value.data, entry->value.len));
        if (r == 0)
            continue;
        if (r == -EINVAL)
            (void)cvn_status_set(status, &call->arena, CVN_INVALID_ARGUMENT,
                                 "Metadata entry %zu has a key or a value that gRPC does not "
                                 "allow.",
                                 i);
        else
            (void)cvn_status_set(status, &call->arena, CVN_RESOURCE_EXHAUSTED,
                                 "The metadata is over %d entries or %d bytes.",
                                 CVN_METADATA_ENTRIES_MAX, CVN_METADATA_BYTES_MAX);
        return CVN_UNKNOWN;
    }
    return 0;
}

/* What stands against a call before its request is looked at; 0 when nothing does. */
static int admit(struct cvn_connection *connection, struct cvn_server_call *call,
                 const Convene__Rpc__V1__Open *open, struct cvn_status *status)
{
    struct cvn_server *server = connection->server;
    struct cvn_arena *arena = &call->arena;
    if (server->draining) {
        (void)cvn_status_set(status, arena, CVN_UNAVAILABLE, "The server is stopping.");
        cvn_status_add_retry_info(status, arena, RETRY_DELAY_MS);
        return 1;
    }
    if (connection->n_calls > server->options.max_calls_per_connection ||
        server->n_calls > server->options.max_calls) { /* this one is counted */
        (void)cvn_status_set(status, arena, CVN_RESOURCE_EXHAUSTED,
                             "The server has as many calls in flight as it takes, %u of one "
                             "connection and %u in all; try again shortly.",
                             server->options.max_calls_per_connection, server->options.max_calls);
        cvn_status_add_retry_info(status, arena, RETRY_DELAY_MS);
        return 1;
    }
    if (!call->method[0]) {
        (void)cvn_status_set(status, arena, CVN_UNIMPLEMENTED,
                             "The method's name must be 1 to %d bytes of printable ASCII.",
                             CVN_SERVER_METHOD_NAME_BYTES_MAX);
        return 1;
    }
    if (!find_method(server, call)) {
        (void)cvn_status_set(status, arena, CVN_UNIMPLEMENTED, "There is no method %s here%s.",
                             open->method,
                             strchr(open->method, '/') ? "" : "; a name is package.Service/Method");
        return 1;
    }
    return read_metadata(call, open, status);
}

static void set_deadline(struct cvn_server_call *call, uint64_t timeout_ms)
{
    struct cvn_server *server = call->connection->server;
    if (timeout_ms == 0 || timeout_ms > CVN_SERVER_DEADLINE_MS_MAX)
        timeout_ms = CVN_SERVER_DEADLINE_MS_MAX;
    call->deadline.at_ms = cvn_rpc_now_ms() + (int64_t)timeout_ms;
    if (cvn_deadlines_add(&server->deadlines, &call->deadline) == 0)
        cvn_watch_alarm(&server->watch, call->deadline.at_ms);
}

static struct cvn_server_call *new_call(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    cvn_arena_init(&call->arena, connection->server->options.max_arena_bytes);
    cvn_metadata_init(&call->metadata, &call->arena);
    call->connection = connection;
    call->number = number;
    call->began_us = cvn_rpc_now_us();
    HASH_ADD(hh, connection->calls, number, sizeof call->number, call);
    connection->n_refs++;
    connection->n_calls++;
    connection->server->n_calls++;
    return call;
}

/* Keeps the method's name, for the log and the table; one that could not be shown stays empty. */
static void set_method(struct cvn_server_call *call, const char *name)
{
    size_t len = strnlen(name, sizeof call->method);
    if (len == sizeof call->method)
        return;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return;
    memcpy(call->method, name, len + 1);
}

/* Ends a call that no worker has, and forgets it. */
static void refuse(struct cvn_server_call *call, const struct cvn_status *status)
{
    cvn_server_call_end(call, status, cvn_slice(NULL, 0));
    cvn_server_call_discard(call);
}

/* False when the peer broke the protocol. */
static bool take_open(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    struct cvn_server_call *call;
    HASH_FIND(hh, connection->calls, &frame->call, sizeof frame->call, call);
    if (call || frame->call == 0)
        return false;
    call = new_call(connection, frame->call);
    if (!call)
        return false;
    ProtobufCMessage *message;
    if (cvn_message_unpack(&convene__rpc__v1__open__descriptor, &call->arena, frame->body,
                           &message) < 0)
        return false;
    const Convene__Rpc__V1__Open *open = (const void *)message;
    struct cvn_status status = {0};
    set_method(call, open->method);
    if (admit(connection, call, open, &status) == 0)
        set_deadline(call, open->timeout_ms);
    else
        refuse(call, &status);
    return true;
}

static void refuse_incomplete(struct cvn_server_call *call, enum cvn_code code, const char *text)
{
    refuse(call, &(struct cvn_status){.code = code, .message = text});
}

static bool make_room(struct cvn_server_call *call, size_t more)
{
    size_t need = call->incoming_len + more;
    if (need <= call->incoming_room)
        return true;
    size_t room = call->incoming_room ? call->incoming_room * 2 : more ? more : ROOM_FIRST;
    if (room < need)
        room = need;
    uint8_t *grown = realloc(call->incoming, room);
    if (!grown)
        return false;
    call->incoming = grown;
    call->incoming_room = room;
    return true;
}

/* False when the peer broke the protocol. */
static bool take_msg(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    const struct cvn_server_options *options = &connection->server->options;
    struct cvn_server_call *call;
    HASH_FIND(hh, connection->calls, &frame->call, sizeof frame->call, call);
    if (!call || call->running)
        return true; /* refused, ended or cancelled meanwhile */
    if (call->whole) {
        refuse_incomplete(call, CVN_INTERNAL, "A unary call takes one message, and a second came.");
        return true;
    }
    if (call->incoming_len + frame->body.len > options->max_message_bytes) {
        refuse_incomplete(call, CVN_RESOURCE_EXHAUSTED,
                          "The request is larger than the server takes.");
        return true;
    }
    if (connection->incoming_bytes + frame->body.len > options->max_connection_bytes)
        return false;
    if (!make_room(call, frame->body.len)) {
        refuse_incomplete(call, CVN_RESOURCE_EXHAUSTED, "The server is out of memory.");
        return true;
    }
    if (frame->body.len)
        memcpy(call->incoming + call->incoming_len, frame->body.data, frame->body.len);
    call->incoming_len += frame->body.len;
    connection->incoming_bytes += frame->body.len;
    call->whole = !(frame->flags & CVN_FRAME_MORE);
    if (call->whole && frame->flags & CVN_FRAME_END_STREAM)
        cvn_server_call_enqueue(call);
    return true;
}

static void take_half_close(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call;
    HASH_FIND(hh, connection->calls, &number, sizeof number, call);
    if (!call || call->running)
        return;
    if (call->whole)
        cvn_server_call_enqueue(call);
    else
        refuse_incomplete(call, CVN_INTERNAL,
                          "A unary call takes one message, and the request ended before it did.");
}

static void take_cancel(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call;
    HASH_FIND(hh, connection->calls, &number, sizeof number, call);
    if (!call)
        return;
    cvn_server_call_abandon(call, CVN_CANCELLED);
    if (!call->running)
        cvn_server_call_discard(call);
}

/* False when the peer broke the protocol. */
static bool take_frame(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    switch (frame->type) {
    case CVN_FRAME_HELLO:
        take_hello(connection);
        return true;
    case CVN_FRAME_OPEN:
        return take_open(connection, frame);
    case CVN_FRAME_MSG:
        return take_msg(connection, frame);
    case CVN_FRAME_HALF_CLOSE:
        take_half_close(connection, frame->call);
        return true;
    case CVN_FRAME_CANCEL:
        take_cancel(connection, frame->call);
        return true;
    case CVN_FRAME_PING:
        return cvn_outbox_put(&connection->outbox,
                              &(struct cvn_frame){CVN_FRAME_PONG, 0, 0, frame->body}) == 0;
    case CVN_FRAME_SETTINGS:
    case CVN_FRAME_HEADERS:
    case CVN_FRAME_TRAILERS:
    case CVN_FRAME_GOAWAY:
        return false; /* a server's to send */
    case CVN_FRAME_CREDIT:
    case CVN_FRAME_ACK:
    case CVN_FRAME_PONG:
        return true;
    }
    return true; /* of a later version */
}

bool cvn_connection_receive(struct cvn_connection *connection, struct cvn_slice bytes)
{
    if (connection->cut_off) {
        await_quiet(connection);
        return true;
    }
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
