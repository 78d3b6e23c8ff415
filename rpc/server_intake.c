#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/message.h"
#include "rpc/metadata_wire.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <stdlib.h>

enum {
    ROOM_FIRST = 4096,
    RETRY_DELAY_MS = 100,
};

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
    call->handler = &service->methods[call->method_index];
    return call->handler->unary || call->handler->stream;
}

/* Adds the entries to the call's. 0, or CVN_UNKNOWN with the status that refuses it. */
static int read_metadata(struct cvn_server_call *call, const Convene__Rpc__V1__Open *open,
                         struct cvn_status *status)
{
    size_t bad;
    int r = cvn_metadata_of_wire(&call->metadata, open->metadata, open->n_metadata, &bad);
    if (r == 0)
        return 0;
    if (r == -EINVAL)
        (void)cvn_status_set(status, &call->arena, CVN_INVALID_ARGUMENT,
                             "Metadata entry %zu has a key or a value that gRPC does not allow.",
                             bad);
    else
        (void)cvn_status_set(status, &call->arena, CVN_RESOURCE_EXHAUSTED,
                             "The metadata is over %d entries or %d bytes.",
                             CVN_METADATA_ENTRIES_MAX, CVN_METADATA_BYTES_MAX);
    return CVN_UNKNOWN;
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
    call->deadline.at_ms = call->began_us / 1000 + (int64_t)timeout_ms;
    if (cvn_deadlines_add(&server->deadlines, &call->deadline) == 0)
        cvn_watch_alarm(&server->watch, call->deadline.at_ms);
}

static struct cvn_server_call *new_call(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server *server = connection->server;
    struct cvn_server_call *call = server->spare;
    if (call) {
        server->spare = call->next;
        server->n_spare--;
    } else if (!(call = malloc(sizeof *call))) {
        return NULL;
    }
    memset(call, 0, offsetof(struct cvn_server_call, room));
    const struct cvn_server_options *options = &server->options;
    cvn_arena_init_with(&call->arena, options->max_arena_bytes, call->room, sizeof call->room);
    cvn_metadata_init(&call->metadata, &call->arena);
    cvn_flow_in_init(&call->in, options->stream_credit_bytes);
    cvn_flow_out_init(&call->out, connection->stream_credit);
    call->connection = connection;
    call->number = number;
    call->method = "";
    call->began_us = cvn_rpc_now_us();
    HASH_ADD(hh, connection->calls, number, sizeof call->number, call);
    connection->n_refs++;
    connection->n_calls++;
    server->n_calls++;
    return call;
}

static struct cvn_server_call *find_call(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call;
    HASH_FIND(hh, connection->calls, &number, sizeof number, call);
    return call;
}

static bool streams_requests(const struct cvn_server_call *call)
{
    return call->handler && call->handler->stream && call->handler->stream->message;
}

/* The method's name, for the log and the table, or "" for one that could not be shown. */
static const char *shown_method(const char *name)
{
    size_t len = strnlen(name, CVN_SERVER_METHOD_NAME_BYTES_MAX + 1);
    if (len > CVN_SERVER_METHOD_NAME_BYTES_MAX)
        return "";
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return "";
    return name;
}

/* Tells the peer that the call has ended, whatever its handler does. */
static void refuse(struct cvn_server_call *call, const struct cvn_status *status)
{
    cvn_server_call_end(call, status);
    cvn_server_call_settle(call);
}

static void refuse_request(struct cvn_server_call *call, enum cvn_code code, const char *text)
{
    refuse(call, &(struct cvn_status){.code = code, .message = text});
}

/* What came with HELLO counts for each call that does not bring its own. */
static int add_connection_metadata(struct cvn_server_call *call)
{
    const struct cvn_metadata *from = &call->connection->metadata;
    int r = 0;
    for (size_t i = 0; r == 0 && i < from->n; i++)
        if (!cvn_metadata_get(&call->metadata, from->entries[i].key))
            r = cvn_metadata_add(&call->metadata, from->entries[i].key, from->entries[i].value);
    return r;
}

bool cvn_server_take_open(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    if (frame->call == 0 || find_call(connection, frame->call))
        return false;
    struct cvn_server_call *call = new_call(connection, frame->call);
    if (!call)
        return false;
    ProtobufCMessage *message;
    if (cvn_message_unpack(&convene__rpc__v1__open__descriptor, &call->arena, frame->body,
                           &message) < 0)
        return false;
    if (frame->call > connection->last_call)
        connection->last_call = frame->call;
    const Convene__Rpc__V1__Open *open = (const void *)message;
    struct cvn_status status = {0};
    call->method = shown_method(open->method);
    if (admit(connection, call, open, &status) != 0) {
        refuse(call, &status);
    } else if (add_connection_metadata(call) != 0) {
        refuse_request(call, CVN_RESOURCE_EXHAUSTED,
                       "The metadata of HELLO and of the call together are over the limit.");
    } else {
        set_deadline(call, open->timeout_ms);
        cvn_server_call_settle(call);
    }
    return true;
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

/* The message that came in pieces is whole: it waits for its handler. */
static bool deliver(struct cvn_server_call *call)
{
    if (!streams_requests(call)) {
        call->whole = true;
        return true;
    }
    struct cvn_inbox_message *message = calloc(1, sizeof *message);
    if (!message)
        return false;
    message->bytes = call->incoming;
    message->len = call->incoming_len;
    message->cost = call->incoming_cost;
    call->incoming = NULL;
    call->incoming_len = call->incoming_room = 0;
    call->incoming_cost = 0;
    if (call->inbox_last)
        call->inbox_last->next = message;
    else
        call->inbox_first = message;
    call->inbox_last = message;
    return true;
}

/* Adds a piece to the message that is under way. False when the call was refused for it. */
static bool append(struct cvn_server_call *call, struct cvn_slice piece)
{
    struct cvn_connection *connection = call->connection;
    const struct cvn_server_options *options = &connection->server->options;
    const char *refusal = NULL;
    if (call->incoming_len + piece.len > options->max_message_bytes)
        refusal = "The request is larger than the server takes.";
    else if (connection->incoming_bytes + piece.len > options->max_connection_bytes)
        refusal = "The requests of this connection that wait are as much as the server takes.";
    else if (!make_room(call, piece.len))
        refusal = "The server is out of memory.";
    if (refusal) {
        refuse_request(call, CVN_RESOURCE_EXHAUSTED, refusal);
        return false;
    }
    if (piece.len)
        memcpy(call->incoming + call->incoming_len, piece.data, piece.len);
    call->incoming_len += piece.len;
    call->bytes_in += piece.len;
    connection->incoming_bytes += piece.len;
    return true;
}

bool cvn_server_take_msg(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    struct cvn_server_call *call = find_call(connection, frame->call);
    if (!call || atomic_load(&call->ended) || call->finished)
        return true; /* refused, ended or cancelled meanwhile */
    if (call->half_closed || call->whole) {
        refuse_request(call, CVN_INTERNAL,
                       call->half_closed ? "A message came after the end of the requests."
                                         : "This method takes one request, and a second came.");
        return true;
    }
    uint32_t cost;
    if (cvn_flow_take(&call->in, frame, &cost) < 0)
        return false;
    if (!append(call, frame->body))
        return true;
    call->amid_message = frame->flags & CVN_FRAME_MORE;
    if (call->amid_message)
        return cvn_server_call_give_credit(call, cost);
    call->incoming_cost = cost;
    if (!deliver(call)) {
        refuse_request(call, CVN_RESOURCE_EXHAUSTED, "The server is out of memory.");
        return true;
    }
    if (frame->flags & CVN_FRAME_END_STREAM)
        call->half_closed = true;
    cvn_server_call_settle(call);
    return true;
}

void cvn_server_take_half_close(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call = find_call(connection, number);
    if (!call || atomic_load(&call->ended) || call->finished || call->half_closed)
        return;
    call->half_closed = true;
    if (call->amid_message)
        refuse_request(call, CVN_INTERNAL, "The requests ended amid a message.");
    else if (!call->whole && !streams_requests(call))
        refuse_request(call, CVN_INTERNAL,
                       "This method takes one request, and they ended before it came.");
    else
        cvn_server_call_settle(call);
}

void cvn_server_take_cancel(struct cvn_connection *connection, uint32_t number)
{
    struct cvn_server_call *call = find_call(connection, number);
    if (!call)
        return;
    cvn_server_call_abandon(call, CVN_CANCELLED);
    cvn_server_call_settle(call);
}

bool cvn_server_take_credit(struct cvn_connection *connection, const struct cvn_frame *frame)
{
    struct cvn_server_call *call = find_call(connection, frame->call);
    if (!call)
        return true;
    if (cvn_flow_credit(&call->out, frame->body) < 0)
        return false;
    cvn_server_call_release(call);
    cvn_server_call_settle(call);
    return true;
}
