#include "rpc/pipe.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/transport/ipc/ipc.h>
#include <stdlib.h>

enum {
    ACCEPT_AGAIN_MS = 100, /* after accepting failed, as for want of file descriptors */
    CHECK_MS = 1000,       /* between looks at connections */
};

struct cvn_pipe_listener {
    struct cvn_server *server;
    nng_stream_listener *listener;
    nng_aio *accept_aio, *pause_aio;
    bool is_ipc, is_tls;
    struct cvn_pipe_listener *next;
};

static bool send_bundle(struct cvn_connection *connection, nng_msg *bundle, bool now)
{
    return cvn_pipe_send(connection->pipe, bundle, now);
}

static void close_pipe(struct cvn_connection *connection)
{
    cvn_pipe_close(connection->pipe);
}

static void read_peer(struct cvn_connection *connection)
{
    uint64_t uid;
    nng_stream *stream = cvn_pipe_stream(connection->pipe);
    if (nng_stream_get_uint64(stream, NNG_OPT_IPC_PEER_UID, &uid) == 0) {
        connection->peer.has_uid = true;
        connection->peer.uid = (uint32_t)uid;
    }
}

static void deinit(struct cvn_connection *connection)
{
    cvn_pipe_free(connection->pipe);
}

static const struct cvn_carrier carrier = {send_bundle, close_pipe, read_peer, deinit};

static bool take_bundle(void *owner, struct cvn_slice bytes)
{
    struct cvn_connection *connection = owner;
    struct cvn_server *server = connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_receive(connection, bytes);
    connection->runs_here |= cvn_server_wake_workers(server);
    bool good = !connection->cut_off;
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
    return good;
}

static void receiving(void *owner)
{
    struct cvn_connection *connection = owner;
    (void)pthread_mutex_lock(&connection->server->lock);
    connection->n_refs++;
    (void)pthread_mutex_unlock(&connection->server->lock);
}

static void received(void *owner)
{
    struct cvn_connection *connection = owner;
    struct cvn_server *server = connection->server;
    (void)pthread_mutex_lock(&server->lock);
    bool here = connection->runs_here;
    connection->runs_here = false;
    (void)pthread_mutex_unlock(&server->lock);
    if (here)
        cvn_server_run_here(server);
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_unref(connection);
    (void)pthread_mutex_unlock(&server->lock);
}

static void sent(void *owner, bool ok)
{
    struct cvn_connection *connection = owner;
    struct cvn_server *server = connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_sent(connection, ok);
    (void)pthread_mutex_unlock(&server->lock);
}

static void gone(void *owner)
{
    struct cvn_connection *connection = owner;
    struct cvn_server *server = connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_connection_drop(connection);
    cvn_server_log_over(server);
    (void)pthread_mutex_unlock(&server->lock);
}

static const struct cvn_pipe_events events = {take_bundle, receiving, received, sent, gone};

static void set_check(struct cvn_server *server, int64_t at_ms)
{
    server->check_ms = at_ms;
    cvn_watch_alarm(&server->watch, at_ms);
}

/* Looks at one connection. False when that need not be done again. */
static bool check(struct cvn_connection *connection)
{
    if (connection->peer.transport != CVN_TRANSPORT_TLS)
        return false;
    cvn_pipe_check(connection->pipe);
    return true;
}

void cvn_server_pipes_check(struct cvn_server *server, int64_t now_ms)
{
    if (server->check_ms > now_ms)
        cvn_watch_alarm(&server->watch, server->check_ms);
    if (!server->check_ms || server->check_ms > now_ms)
        return;
    bool again = false;
    struct cvn_connection *connection;
    for (connection = server->connections; connection; connection = connection->hh.next)
        again = check(connection) || again;
    server->check_ms = 0;
    if (again)
        set_check(server, now_ms + CHECK_MS);
}

static enum cvn_transport transport_of(const struct cvn_pipe_listener *listener)
{
    return listener->is_tls   ? CVN_TRANSPORT_TLS
           : listener->is_ipc ? CVN_TRANSPORT_IPC
                              : CVN_TRANSPORT_TCP;
}

static void add(struct cvn_pipe_listener *listener, nng_stream *stream)
{
    struct cvn_server *server = listener->server;
    (void)pthread_mutex_lock(&server->lock);
    struct cvn_connection *connection =
        server->n_connections < server->options.max_connections && !server->closed
            ? cvn_connection_new(server, &carrier,
                                 UINT64_C(1) << 32 | (uint32_t)++server->last_pipe_id)
            : NULL;
    if (!connection) {
        nng_stream_free(stream);
    } else if (cvn_pipe_new(&connection->pipe, &(struct cvn_pipe_start){
                                                   .stream = stream,
                                                   .role = CVN_PIPE_REP,
                                                   .is_ipc = listener->is_ipc,
                                                   .is_tls = listener->is_tls,
                                                   .events = &events,
                                                   .owner = connection,
                                               }) < 0) {
        cvn_connection_drop(connection);
    } else {
        connection->peer.transport = transport_of(listener);
        connection->n_refs += 2; /* until received, and until the greeting is sent */
        connection->outbox.sending = true;
        cvn_pipe_start(connection->pipe);
        if (listener->is_tls && !server->check_ms)
            set_check(server, connection->heard_ms + CHECK_MS);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* Has the next connection use the present certificates. 0 or nng's error. */
static int set_config(struct cvn_pipe_listener *listener)
{
    nng_tls_config *config;
    if (cvn_tls_configure(listener->server->tls, NULL, &config) < 0)
        return NNG_ENOMEM;
    int r = nng_stream_listener_set_ptr(listener->listener, NNG_OPT_TLS_CONFIG, config);
    nng_tls_config_free(config);
    return r;
}

static void accept_next(void *arg)
{
    struct cvn_pipe_listener *listener = arg;
    struct cvn_server *server = listener->server;
    (void)pthread_mutex_lock(&server->tls_lock);
    int r = listener->is_tls ? set_config(listener) : 0;
    if (r == 0)
        nng_stream_listener_accept(listener->listener, listener->accept_aio);
    (void)pthread_mutex_unlock(&server->tls_lock);
    if (r)
        nng_sleep_aio(ACCEPT_AGAIN_MS, listener->pause_aio);
}

/* NNG_EAGAIN is what set_tls ends the waiting of an old certificate with. */
static void accepted(void *arg)
{
    struct cvn_pipe_listener *listener = arg;
    int r = nng_aio_result(listener->accept_aio);
    if (r == NNG_ECLOSED || r == NNG_ECANCELED)
        return;
    if (r && r != NNG_EAGAIN) {
        nng_sleep_aio(ACCEPT_AGAIN_MS, listener->pause_aio);
        return;
    }
    if (r == 0) {
        /* set_tls is done with the connection then. */
        (void)pthread_mutex_lock(&listener->server->tls_lock);
        (void)pthread_mutex_unlock(&listener->server->tls_lock);
        add(listener, nng_aio_get_output(listener->accept_aio, 0));
    }
    accept_next(listener);
}

int cvn_server_set_tls(struct cvn_server *server, const struct cvn_tls_files *files,
                       struct cvn_error *err)
{
    struct cvn_tls *tls;
    int r = cvn_tls_new(&tls, CVN_TLS_SERVER, files, err);
    if (r)
        return r;
    (void)pthread_mutex_lock(&server->tls_lock);
    cvn_tls_free(server->tls);
    server->tls = tls;
    /* nng has chosen the certificate of the next connection when it began to wait for it. */
    struct cvn_pipe_listener *listener;
    for (listener = server->pipe_listeners; listener; listener = listener->next)
        if (listener->is_tls)
            nng_aio_abort(listener->accept_aio, NNG_EAGAIN);
    (void)pthread_mutex_unlock(&server->tls_lock);
    return 0;
}

static void free_listener(struct cvn_pipe_listener *listener)
{
    if (listener->accept_aio)
        nng_aio_free(listener->accept_aio);
    if (listener->pause_aio)
        nng_aio_free(listener->pause_aio);
    if (listener->listener)
        nng_stream_listener_free(listener->listener);
    free(listener);
}

int cvn_server_pipe_listen(struct cvn_server *server, const char *url, bool is_ipc)
{
    struct cvn_pipe_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return NNG_ENOMEM;
    listener->server = server;
    listener->is_ipc = is_ipc;
    listener->is_tls = cvn_tls_is_url(url);
    int r = nng_stream_listener_alloc(&listener->listener, url);
    if (r == 0)
        r = nng_aio_alloc(&listener->accept_aio, accepted, listener);
    if (r == 0)
        r = nng_aio_alloc(&listener->pause_aio, accept_next, listener);
    if (r == 0)
        r = nng_stream_listener_listen(listener->listener);
    if (r) {
        free_listener(listener);
        return r;
    }
    int port;
    if (nng_stream_listener_get_int(listener->listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        server->port = (uint16_t)port;
    listener->next = server->pipe_listeners;
    server->pipe_listeners = listener;
    return 0;
}

void cvn_server_pipe_start(struct cvn_server *server)
{
    struct cvn_pipe_listener *listener;
    for (listener = server->pipe_listeners; listener; listener = listener->next)
        accept_next(listener);
}

void cvn_server_pipe_stop(struct cvn_server *server)
{
    struct cvn_pipe_listener *listener;
    for (listener = server->pipe_listeners; listener; listener = listener->next) {
        nng_stream_listener_close(listener->listener);
        nng_aio_stop(listener->pause_aio);
        /* It ends by itself now; nng 1.5.2 may free a TLS connection that is amid being cancelled.
         */
        nng_aio_wait(listener->accept_aio);
    }
    (void)pthread_mutex_lock(&server->lock);
    server->closed = true;
    struct cvn_connection *connection;
    for (connection = server->connections; connection; connection = connection->hh.next)
        if (connection->pipe)
            cvn_pipe_close(connection->pipe);
    (void)pthread_mutex_unlock(&server->lock);
}

void cvn_server_pipe_free(struct cvn_server *server)
{
    while (server->pipe_listeners) {
        struct cvn_pipe_listener *listener = server->pipe_listeners;
        server->pipe_listeners = listener->next;
        free_listener(listener);
    }
}
