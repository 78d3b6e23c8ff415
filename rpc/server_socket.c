#include "rpc/server_state.h"

#include <errno.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdlib.h>

#define INPROC "inproc://" /* for the others see pipe.h */

enum {
    REQUEST_ID = (int)0x80000001u, /* raw REQ/REP wants one; ours tells nothing */
    /* All pipes share one queue: short, or a flooding peer delays everyone. */
    RECEIVE_QUEUE = 16,
    RECEIVE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX + 64,
};

static void read_peer(struct cvn_connection *connection)
{
    connection->peer.transport = CVN_TRANSPORT_INPROC;
}

static void sent(void *arg)
{
    struct cvn_connection *connection = arg;
    struct cvn_server *server = connection->server;
    int r = nng_aio_result(connection->send_aio);
    if (r)
        nng_msg_free(nng_aio_get_msg(connection->send_aio));
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_sent(connection, r == 0);
    (void)pthread_mutex_unlock(&server->lock);
}

static bool send_bundle(struct cvn_connection *connection, nng_msg *bundle, bool now)
{
    (void)now;
    /* Without the pipe's number in front nng would not know where to; it drops the message then. */
    (void)nng_msg_header_append_u32(bundle, (uint32_t)connection->id);
    (void)nng_msg_header_append_u32(bundle, (uint32_t)REQUEST_ID);
    nng_aio_set_msg(connection->send_aio, bundle);
    nng_send_aio(connection->server->socket, connection->send_aio);
    return false;
}

static void close_pipe(struct cvn_connection *connection)
{
    (void)nng_pipe_close(connection->nng_pipe);
}

static void deinit(struct cvn_connection *connection)
{
    nng_aio_reap(connection->send_aio);
}

static const struct cvn_carrier carrier = {send_bundle, close_pipe, read_peer, deinit};

static void add(struct cvn_server *server, nng_pipe pipe)
{
    struct cvn_connection *connection =
        cvn_connection_new(server, &carrier, (uint32_t)nng_pipe_id(pipe));
    if (!connection) {
        (void)nng_pipe_close(pipe);
        return;
    }
    connection->nng_pipe = pipe;
    if (nng_aio_alloc(&connection->send_aio, sent, connection) != 0 ||
        server->n_connections > server->options.max_connections)
        cvn_connection_cut_off(connection);
}

static struct cvn_connection *find(struct cvn_server *server, nng_pipe pipe)
{
    uint64_t id = (uint32_t)nng_pipe_id(pipe);
    struct cvn_connection *connection;
    HASH_FIND(hh, server->connections, &id, sizeof id, connection);
    return connection;
}

void cvn_server_socket_update(struct cvn_server *server)
{
    struct cvn_pipe_note *note = cvn_watch_take(&server->watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        struct cvn_connection *connection = find(server, note->pipe);
        if (note->came)
            add(server, note->pipe);
        else if (connection)
            cvn_connection_drop(connection);
        free(note);
        note = next;
    }
}

static void receive(void *arg)
{
    struct cvn_server *server = arg;
    if (nng_aio_result(server->receive_aio) != 0)
        return; /* closed */
    nng_msg *msg = nng_aio_get_msg(server->receive_aio);
    (void)pthread_mutex_lock(&server->lock);
    cvn_server_socket_update(server);
    struct cvn_connection *connection = find(server, nng_msg_get_pipe(msg));
    bool here = false;
    if (connection) {
        cvn_connection_receive(connection, cvn_slice(nng_msg_body(msg), nng_msg_len(msg)));
        here = cvn_server_wake_workers(server);
    }
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
    nng_msg_free(msg);
    nng_recv_aio(server->socket, server->receive_aio);
    if (here)
        cvn_server_run_here(server);
}

int cvn_server_socket_open(struct cvn_server *server)
{
    server->source = (struct cvn_watch_source){&server->watch, server};
    if (nng_rep0_open_raw(&server->socket) != 0)
        return -ENOMEM;
    int r = nng_socket_set_int(server->socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE);
    if (r == 0)
        r = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, RECEIVE_BYTES_MAX);
    if (r == 0)
        r = nng_aio_alloc(&server->receive_aio, receive, server);
    if (r == 0)
        r = cvn_watch_socket(&server->source, server->socket);
    if (r)
        (void)nng_close(server->socket);
    return r ? -ENOMEM : 0;
}

int cvn_server_socket_listen(struct cvn_server *server, const char *url)
{
    if (strncmp(url, INPROC, strlen(INPROC)) != 0)
        return NNG_EADDRINVAL;
    nng_listener listener;
    int r = nng_listener_create(&listener, server->socket, url);
    return r ? r : nng_listener_start(listener, 0);
}

void cvn_server_socket_start(struct cvn_server *server)
{
    nng_recv_aio(server->socket, server->receive_aio);
}

void cvn_server_socket_close(struct cvn_server *server)
{
    nng_aio_stop(server->receive_aio);
    (void)nng_close(server->socket);
}
