#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/message.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAILER_BYTES_MAX = 128 * 1024 };

/* Queues the TRAILERS frame; a status that cannot be packed goes as its bare code. */
static int put_trailers(struct cvn_connection *connection, uint32_t number,
                        const struct cvn_status *status)
{
    struct cvn_frame frame = {.type = CVN_FRAME_TRAILERS, .call = number};
    if (!status || (status->code == CVN_OK && !status->message))
        return cvn_outbox_put(&connection->outbox, &frame);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, TRAILER_BYTES_MAX);
    struct cvn_slice packed;
    struct cvn_status bare = {.code = status->code};
    if (cvn_status_pack(status, &arena, &packed) < 0 && cvn_status_pack(&bare, &arena, &packed) < 0)
        return -ENOMEM;
    /* Trailers { Status status = 1; }: the packed status is the field's content as it stands. */
    uint8_t *body = cvn_arena_alloc(&arena, packed.len + 16);
    if (!body)
        return -ENOMEM;
    size_t at = 0;
    body[at++] = 1 << 3 | 2;
    size_t len = packed.len;
    for (; len > 0x7f; len >>= 7)
        body[at++] = (uint8_t)(len | 0x80);
    body[at++] = (uint8_t)len;
    memcpy(body + at, packed.data, packed.len);
    frame.body = cvn_slice(body, at + packed.len);
    return frame.body.len > CVN_WIRE_FRAME_BODY_MAX ? put_trailers(connection, number, &bare)
                                                    : cvn_outbox_put(&connection->outbox, &frame);
}

void cvn_server_call_end(struct cvn_server_call *call, const struct cvn_status *status,
                         struct cvn_slice reply)
{
    struct cvn_connection *connection = call->connection;
    if (atomic_exchange(&call->ended, true))
        return;
    call->ended_code = status ? status->code : CVN_OK;
    if (connection->cut_off)
        return;
    int r = 0;
    if (call->ended_code == CVN_OK)
        r = cvn_outbox_put_message(&connection->outbox, call->number, reply, 0);
    if (r == 0)
        r = put_trailers(connection, call->number, status);
    if (r)
        cvn_connection_cut_off(connection);
    else
        cvn_connection_send(connection);
}

void cvn_server_call_abandon(struct cvn_server_call *call, enum cvn_code code)
{
    if (!atomic_exchange(&call->ended, true))
        call->ended_code = code;
}

void cvn_server_call_enqueue(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    call->running = true;
    call->connection->incoming_bytes -= call->incoming_len;
    if (server->run_last)
        server->run_last->next = call;
    else
        server->run_first = call;
    server->run_last = call;
    (void)pthread_cond_signal(&server->work);
}

void cvn_server_call_discard(struct cvn_server_call *call)
{
    struct cvn_connection *connection = call->connection;
    struct cvn_server *server = connection->server;
    if (!call->running)
        connection->incoming_bytes -= call->incoming_len;
    cvn_deadlines_remove(&server->deadlines, &call->deadline);
    HASH_DELETE(hh, connection->calls, call);
    connection->n_calls--;
    call->next = server->over;
    server->over = call;
}

static void write_log(const struct cvn_server_call *call)
{
    const struct cvn_server_options *options = &call->connection->server->options;
    if (!options->log)
        return;
    struct cvn_call_record record = {
        .method = call->method,
        .code = call->ended_code,
        .duration_us = cvn_rpc_now_us() - call->began_us,
        .principal = call->principal[0] ? call->principal : NULL,
        .request_id = cvn_metadata_get(&call->metadata, "x-request-id"),
        .peer = &call->connection->peer,
    };
    options->log(options->log_user, &record);
}

static struct cvn_server_call *oldest_first(struct cvn_server_call *newest)
{
    struct cvn_server_call *oldest = NULL;
    while (newest) {
        struct cvn_server_call *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* Logs the calls and frees what is theirs alone; what is left of each goes on being linked. */
static void log_all(struct cvn_server_call *calls)
{
    for (struct cvn_server_call *call = calls; call; call = call->next) {
        write_log(call);
        cvn_arena_deinit(&call->arena);
        free(call->incoming);
    }
}

void cvn_server_log_over(struct cvn_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    while (server->over) {
        struct cvn_server_call *call = oldest_first(server->over);
        server->over = NULL;
        (void)pthread_mutex_unlock(&server->lock);
        log_all(call);
        (void)pthread_mutex_lock(&server->lock);
        while (call) {
            struct cvn_server_call *next = call->next;
            cvn_connection_unref(call->connection);
            free(call);
            if (--server->n_calls == 0)
                (void)pthread_cond_broadcast(&server->calm);
            call = next;
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static void finish(struct cvn_server_call *call, const struct cvn_status *status,
                   struct cvn_slice reply)
{
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_server_call_end(call, status, reply);
    cvn_server_call_discard(call);
    (void)pthread_mutex_unlock(&server->lock);
    cvn_server_log_over(server);
}

void cvn_server_call_finish(struct cvn_server_call *call, const struct cvn_status *status,
                            const ProtobufCMessage *reply)
{
    struct cvn_slice packed = {NULL, 0};
    struct cvn_status too_large = {.code = CVN_RESOURCE_EXHAUSTED,
                                   .message = "The answer is larger than one call may make; ask "
                                              "for less at a time."};
    bool ok = !status || status->code == CVN_OK;
    if (ok && reply && cvn_message_pack(reply, &call->arena, &packed) < 0)
        status = &too_large;
    finish(call, status, packed);
}

void cvn_server_call_finish_packed(struct cvn_server_call *call, struct cvn_slice reply)
{
    finish(call, NULL, reply);
}

/* Unpacks and checks the request. 0, or CVN_UNKNOWN with the status that refuses it. */
static int read_request(struct cvn_server_call *call, ProtobufCMessage **ret,
                        struct cvn_status *status)
{
    const ProtobufCMethodDescriptor *method =
        &call->service->descriptor->methods[call->method_index];
    int r = cvn_message_unpack(method->input, &call->arena,
                               cvn_slice(call->incoming, call->incoming_len), ret);
    free(call->incoming);
    call->incoming = NULL;
    if (r == -ENOMEM) {
        status->code = CVN_RESOURCE_EXHAUSTED;
        status->message = "The request unfolds to more memory than one call may use.";
        return CVN_UNKNOWN;
    }
    if (r < 0) {
        (void)cvn_status_set(status, &call->arena, CVN_INVALID_ARGUMENT,
                             "The request is no %s: its bytes do not read as one.",
                             method->input->name);
        return CVN_UNKNOWN;
    }
    struct cvn_problems problems;
    cvn_problems_init(&problems, &call->arena);
    cvn_message_check(*ret, &problems);
    if (problems.total == 0)
        return 0;
    cvn_status_from_problems(status, &call->arena, &problems);
    return CVN_UNKNOWN;
}

void cvn_server_call_run(struct cvn_server_call *call)
{
    struct cvn_status status = {.code = CVN_CANCELLED};
    ProtobufCMessage *request;
    if (atomic_load(&call->ended) || read_request(call, &request, &status) != 0) {
        cvn_server_call_finish(call, &status, NULL);
        return;
    }
    call->service->methods[call->method_index].unary(call, request, call->service->user);
}

struct cvn_arena *cvn_server_call_arena(struct cvn_server_call *call)
{
    return &call->arena;
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
