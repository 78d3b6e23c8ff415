#include "rpc/server.h"

#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/pipe.h"
#include "rpc/server_state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    FLUSH_MS_MAX = 1000, /* for the last replies to be acknowledged */
};

static void *work(void *arg)
{
    cvn_server_work(arg);
    return NULL;
}

/* Ends the calls whose deadline is over; their handlers find out or finish in vain. */
static void end_overdue(struct cvn_server *server)
{
    static const struct cvn_status overdue = {
        .code = CVN_DEADLINE_EXCEEDED, .message = "The deadline passed before the call was done."};
    int64_t now_ms = cvn_rpc_now_ms();
    struct cvn_deadline *first;
    while ((first = cvn_deadlines_first(&server->deadlines)) && first->at_ms <= now_ms) {
        struct cvn_server_call *call =
            (void *)((char *)first - offsetof(struct cvn_server_call, deadline));
        cvn_deadlines_remove(&server->deadlines, first);
        cvn_server_call_end(call, &overdue);
        cvn_server_call_settle(call);
    }
    if (first)
        cvn_watch_alarm(&server->watch, first->at_ms);
}

static void *watch(void *arg)
{
    struct cvn_server *server = arg;
    while (cvn_watch_wait(&server->watch)) {
        (void)pthread_mutex_lock(&server->lock);
        cvn_server_socket_update(server);
        end_overdue(server);
        cvn_connections_look_after(server, cvn_rpc_now_ms());
        cvn_server_pipes_check(server, cvn_rpc_now_ms());
        cvn_server_log_over(server);
        (void)pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

static void set_defaults(struct cvn_server_options *options)
{
    if (!options->n_workers)
        options->n_workers = CVN_SERVER_WORKERS_DEFAULT;
    if (!options->max_message_bytes)
        options->max_message_bytes = CVN_SERVER_MESSAGE_BYTES_DEFAULT;
    if (!options->max_arena_bytes)
        options->max_arena_bytes = CVN_SERVER_ARENA_BYTES_DEFAULT;
    if (!options->max_calls_per_connection)
        options->max_calls_per_connection = CVN_SERVER_CONNECTION_CALLS_DEFAULT;
    if (!options->max_calls)
        options->max_calls = CVN_SERVER_CALLS_DEFAULT;
    if (!options->max_connection_bytes)
        options->max_connection_bytes = CVN_SERVER_CONNECTION_BYTES_DEFAULT;
    if (!options->max_connections)
        options->max_connections = CVN_SERVER_CONNECTIONS_DEFAULT;
    if (!options->stream_credit_bytes)
        options->stream_credit_bytes = CVN_FLOW_CREDIT_BYTES;
    if (!options->hello_timeout_ms)
        options->hello_timeout_ms = CVN_SERVER_HELLO_TIMEOUT_MS_DEFAULT;
    if (!options->keepalive_time_ms)
        options->keepalive_time_ms = CVN_SERVER_KEEPALIVE_TIME_MS_DEFAULT;
    if (!options->keepalive_timeout_ms)
        options->keepalive_timeout_ms = CVN_SERVER_KEEPALIVE_TIMEOUT_MS_DEFAULT;
}

int cvn_server_new(struct cvn_server **ret, const struct cvn_server_options *options)
{
    struct cvn_server *server = calloc(1, sizeof *server);
    if (!server)
        return -ENOMEM;
    if (options)
        server->options = *options;
    set_defaults(&server->options);
    if (server->options.n_interceptors > CVN_SERVER_INTERCEPTORS_MAX) {
        free(server);
        return -E2BIG;
    }
    for (size_t i = 0; i < server->options.n_interceptors; i++)
        server->interceptors[i] = server->options.interceptors[i];
    if (getrandom(&server->epoch, sizeof server->epoch, 0) != sizeof server->epoch)
        server->epoch = (uint64_t)cvn_rpc_now_us() << 20;
    server->epoch = (server->epoch & ~UINT64_C(0xffffffff)) | UINT64_C(1) << 63;
    server->workers = calloc(server->options.n_workers, sizeof *server->workers);
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_mutex_init(&server->tls_lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->work, &monotonic);
    (void)pthread_cond_init(&server->calm, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    int r = server->workers ? cvn_watch_init(&server->watch) : -ENOMEM;
    if (r == 0 && (r = cvn_server_socket_open(server)) < 0)
        cvn_watch_deinit(&server->watch);
    if (r) {
        free(server->workers);
        free(server);
        return r;
    }
    *ret = server;
    return 0;
}

int cvn_server_add_service(struct cvn_server *server, const ProtobufCServiceDescriptor *descriptor,
                           const struct cvn_method *methods, void *user)
{
    struct cvn_service *service;
    HASH_FIND_STR(server->services, descriptor->name, service);
    if (service)
        return -EEXIST;
    service = calloc(1, sizeof *service);
    if (!service)
        return -ENOMEM;
    *service = (struct cvn_service){.descriptor = descriptor, .methods = methods, .user = user};
    HASH_ADD_KEYPTR(hh, server->services, descriptor->name, strlen(descriptor->name), service);
    return 0;
}

const ProtobufCServiceDescriptor *cvn_server_service_at(const struct cvn_server *server, size_t i)
{
    const struct cvn_service *service = server->services;
    while (service && i-- > 0)
        service = service->hh.next;
    return service ? service->descriptor : NULL;
}

static int fault_of_nng(int r)
{
    switch (r) {
    case NNG_EADDRINUSE:
        return -EADDRINUSE;
    case NNG_EADDRINVAL:
    case NNG_EINVAL:
        return -EINVAL;
    case NNG_ENOMEM:
        return -ENOMEM;
    case NNG_EPERM:
        return -EACCES;
    default:
        return -EIO;
    }
}

int cvn_server_listen(struct cvn_server *server, const char *url, struct cvn_error *err)
{
    bool is_ipc;
    if (cvn_tls_is_url(url) && !server->tls)
        return cvn_error_set(err, -EINVAL,
                             "Cannot listen on %s: it needs a certificate and its private key, and "
                             "neither file is given.",
                             url);
    int r = cvn_pipe_carries(url, &is_ipc) ? cvn_server_pipe_listen(server, url, is_ipc)
                                           : cvn_server_socket_listen(server, url);
    return r == 0 ? 0
                  : cvn_error_set(err, fault_of_nng(r), "Cannot listen on %s: %s.", url,
                                  nng_strerror(r));
}

uint16_t cvn_server_port(const struct cvn_server *server)
{
    return server->port;
}

int cvn_server_start(struct cvn_server *server)
{
    if (pthread_create(&server->watcher, NULL, watch, server) != 0)
        return -EAGAIN;
    server->started = true;
    while (server->n_workers < server->options.n_workers) {
        if (pthread_create(&server->workers[server->n_workers], NULL, work, server) != 0)
            return -EAGAIN;
        server->n_workers++;
    }
    cvn_server_socket_start(server);
    cvn_server_pipe_start(server);
    return 0;
}

/* Waits on calm. False when the time is up; a time of 0 never is. */
static bool wait_calm(struct cvn_server *server, int64_t until_ms)
{
    struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int r = until_ms ? pthread_cond_timedwait(&server->calm, &server->lock, &at)
                     : pthread_cond_wait(&server->calm, &server->lock);
    return r != ETIMEDOUT;
}

static void say_goodbye(struct cvn_server *server)
{
    struct cvn_connection *connection, *next;
    HASH_ITER(hh, server->connections, connection, next)
    {
        cvn_connection_say_goodbye(connection);
        cvn_connection_send(connection);
    }
}

static bool settled(const struct cvn_server *server)
{
    const struct cvn_connection *connection;
    for (connection = server->connections; connection; connection = connection->hh.next)
        if (connection->greeted && !connection->cut_off && !cvn_outbox_settled(&connection->outbox))
            return false;
    return true;
}

/* Ends what still runs, for its peers; how many there were. */
static unsigned cancel_all(struct cvn_server *server)
{
    static const struct cvn_status stopping = {
        .code = CVN_UNAVAILABLE, .message = "The server stopped before the call was done."};
    unsigned n = 0;
    struct cvn_connection *connection, *next;
    struct cvn_server_call *call, *next_call;
    HASH_ITER(hh, server->connections, connection, next)
    {
        HASH_ITER(hh, connection->calls, call, next_call)
        {
            n++;
            cvn_server_call_end(call, &stopping);
            cvn_server_call_settle(call);
        }
    }
    return n;
}

unsigned cvn_server_drain(struct cvn_server *server, int timeout_ms)
{
    (void)pthread_mutex_lock(&server->lock);
    server->draining = true;
    say_goodbye(server);
    int64_t until_ms = cvn_rpc_now_ms() + timeout_ms;
    while (server->n_calls > 0 && wait_calm(server, until_ms))
        ;
    unsigned n_cancelled = server->n_calls > 0 ? cancel_all(server) : 0;
    cvn_server_log_over(server);
    while (server->n_calls > 0)
        (void)wait_calm(server, 0);
    until_ms = cvn_rpc_now_ms() + (timeout_ms < FLUSH_MS_MAX ? timeout_ms : FLUSH_MS_MAX);
    while (!settled(server) && wait_calm(server, until_ms))
        ;
    (void)pthread_mutex_unlock(&server->lock);
    return n_cancelled;
}

void cvn_server_read_stats(struct cvn_server *server, struct cvn_server_stats *ret)
{
    (void)pthread_mutex_lock(&server->lock);
    *ret = (struct cvn_server_stats){.n_connections = server->n_connections,
                                     .n_calls = server->n_calls};
    const struct cvn_connection *connection;
    for (connection = server->connections; connection; connection = connection->hh.next) {
        const struct cvn_server_call *call;
        ret->incoming_bytes += connection->incoming_bytes;
        ret->outgoing_bytes += connection->outbox.queue.bytes;
        for (call = connection->calls; call; call = call->hh.next)
            ret->outgoing_bytes += call->out.queue.bytes;
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static void stop_threads(struct cvn_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)pthread_cond_broadcast(&server->work);
    (void)pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < server->n_workers; i++)
        (void)pthread_join(server->workers[i], NULL);
    if (server->started) {
        cvn_watch_stop(&server->watch);
        (void)pthread_join(server->watcher, NULL);
    }
}

void cvn_server_free(struct cvn_server *server)
{
    if (!server)
        return;
    if (server->started && !server->draining)
        (void)cvn_server_drain(server, 0);
    cvn_server_socket_close(server);
    cvn_server_pipe_stop(server);
    stop_threads(server);
    nng_aio_free(server->receive_aio);
    (void)pthread_mutex_lock(&server->lock);
    cvn_server_socket_update(server);
    struct cvn_connection *connection, *next;
    HASH_ITER(hh, server->connections, connection, next)
    {
        cvn_connection_drop(connection);
    }
    cvn_server_log_over(server);
    while (server->n_live > 0)
        (void)wait_calm(server, 0);
    (void)pthread_mutex_unlock(&server->lock);
    struct cvn_service *service, *next_service;
    HASH_ITER(hh, server->services, service, next_service)
    {
        HASH_DELETE(hh, server->services, service);
        free(service);
    }
    while (server->spare) {
        struct cvn_server_call *spare = server->spare;
        server->spare = spare->next;
        free(spare);
    }
    cvn_server_pipe_free(server);
    cvn_deadlines_deinit(&server->deadlines);
    cvn_deadlines_deinit(&server->lookouts);
    cvn_watch_deinit(&server->watch);
    (void)pthread_cond_destroy(&server->work);
    (void)pthread_cond_destroy(&server->calm);
    (void)pthread_mutex_destroy(&server->lock);
    (void)pthread_mutex_destroy(&server->tls_lock);
    cvn_tls_free(server->tls);
    free(server->workers);
    free(server);
}
