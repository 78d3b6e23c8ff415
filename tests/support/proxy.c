#include "tests/support/proxy.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { N_DIRECTIONS = 2, HEADER_BYTES_MAX = 9, BACKLOG = 16 };

struct record {
    uint8_t *bytes;
    size_t len;
};

/* What is to happen to a connection. */
struct plan {
    uint64_t cut_at[N_DIRECTIONS];
    uint64_t truncate_message[N_DIRECTIONS];
    uint64_t truncate_bytes[N_DIRECTIONS];
};
#define NEVER UINT64_MAX

struct connection;

/* One direction of a connection: a thread of its own. */
struct half {
    struct connection *connection;
    enum proxy_direction direction;
    pthread_t thread;
    bool joined;
    int from, to;
    uint64_t n_passed, n_messages;
    struct record *record; /* NULL: not kept */
};

struct connection {
    struct proxy *proxy;
    struct plan plan;
    int client, server;
    bool dropping; /* was cut */
    bool lingers;  /* its server is not to hear of the client's end */
    struct half halves[N_DIRECTIONS];
};

struct proxy {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t acceptor;
    bool ipc, refusing, stopping, has_cut;
    bool held[N_DIRECTIONS];
    unsigned n_held[N_DIRECTIONS]; /* halves that wait for a release */
    struct sockaddr_storage server, own;
    socklen_t address_len;
    int listener;
    struct plan next;
    struct connection *connections[PROXY_CONNECTIONS_MAX];
    unsigned n_connections;
    struct record records[N_DIRECTIONS];
};

static const struct plan pass_all = {{NEVER, NEVER}, {NEVER, NEVER}, {0, 0}};

static bool put(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads until len are there or the end; how many came. */
static size_t get(int fd, uint8_t *bytes, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = recv(fd, bytes + got, len - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

/* Waits while the direction is held. False when the bytes are not wanted any more. */
static bool wait_released(struct half *half)
{
    struct proxy *proxy = half->connection->proxy;
    (void)pthread_mutex_lock(&proxy->lock);
    if (proxy->held[half->direction]) {
        proxy->n_held[half->direction]++;
        (void)pthread_cond_broadcast(&proxy->changed);
        while (proxy->held[half->direction] && !half->connection->dropping && !proxy->stopping)
            (void)pthread_cond_wait(&proxy->changed, &proxy->lock);
        proxy->n_held[half->direction]--;
    }
    bool wanted = !half->connection->dropping && !proxy->stopping;
    (void)pthread_mutex_unlock(&proxy->lock);
    return wanted;
}

static void cut(struct connection *connection)
{
    struct proxy *proxy = connection->proxy;
    (void)pthread_mutex_lock(&proxy->lock);
    connection->dropping = true;
    proxy->has_cut = true;
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)pthread_mutex_unlock(&proxy->lock);
    (void)shutdown(connection->server, SHUT_WR);
    (void)shutdown(connection->client, SHUT_WR);
}

static void note(struct half *half, const uint8_t *bytes, size_t len)
{
    struct record *record = half->record;
    half->n_passed += len;
    if (record && len <= PROXY_RECORD_BYTES_MAX - record->len) {
        memcpy(record->bytes + record->len, bytes, len);
        record->len += len;
    }
}

/* Passes bytes on, up to where the cut is. False when nothing may follow them. */
static bool pass(struct half *half, const uint8_t *bytes, size_t len)
{
    struct connection *connection = half->connection;
    if (!wait_released(half))
        return false;
    uint64_t left = connection->plan.cut_at[half->direction] - half->n_passed;
    size_t n = len < left ? len : (size_t)left;
    if (!put(half->to, bytes, n))
        return false;
    note(half, bytes, n);
    if (n < left)
        return true;
    cut(connection);
    return false;
}

/* Counts a message, for those who wait for it; its number from 0. */
static uint64_t count_message(struct half *half)
{
    struct proxy *proxy = half->connection->proxy;
    (void)pthread_mutex_lock(&proxy->lock);
    uint64_t number = half->n_messages++;
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)pthread_mutex_unlock(&proxy->lock);
    return number;
}

/* Cuts the message short if that is planned; its length behind the header. */
static uint64_t plan_len(struct half *half, uint8_t *length, uint64_t len)
{
    const struct plan *plan = &half->connection->plan;
    if (count_message(half) != plan->truncate_message[half->direction] ||
        len <= plan->truncate_bytes[half->direction])
        return len;
    len = plan->truncate_bytes[half->direction];
    uint64_t told = htobe64(len);
    memcpy(length, &told, sizeof told);
    return len;
}

/* Reads one message and passes it on. False at the end. */
static bool pump_message(struct half *half, uint8_t *bytes)
{
    size_t header = proxy_message_header_bytes(half->connection->proxy);
    size_t got = get(half->from, bytes, header);
    if (got < header) { /* whatever there is */
        if (got)
            (void)pass(half, bytes, got);
        return false;
    }
    uint8_t *length = bytes + header - sizeof(uint64_t);
    uint64_t len;
    memcpy(&len, length, sizeof len);
    len = be64toh(len);
    if (len > PROXY_MESSAGE_BYTES_MAX)
        return false;
    got = get(half->from, bytes + header, len);
    if (got < len) {
        (void)pass(half, bytes, header + got);
        return false;
    }
    return pass(half, bytes, header + (size_t)plan_len(half, length, len));
}

/* Waits while the server is not to hear of the end. */
static void wait_lingering(const struct half *half)
{
    const struct connection *connection = half->connection;
    struct proxy *proxy = connection->proxy;
    (void)pthread_mutex_lock(&proxy->lock);
    while (connection->lingers && half->direction == PROXY_TO_SERVER && !proxy->stopping)
        (void)pthread_cond_wait(&proxy->changed, &proxy->lock);
    (void)pthread_mutex_unlock(&proxy->lock);
}

static void *pump(void *arg)
{
    struct half *half = arg;
    uint8_t *bytes = malloc(HEADER_BYTES_MAX + PROXY_MESSAGE_BYTES_MAX);
    if (half->connection->plan.cut_at[half->direction] == 0) {
        cut(half->connection);
    } else {
        size_t got = get(half->from, bytes, PROXY_GREETING_BYTES);
        if (got && pass(half, bytes, got) && got == PROXY_GREETING_BYTES)
            while (pump_message(half, bytes))
                ;
    }
    wait_lingering(half);
    (void)shutdown(half->to, SHUT_WR);
    while (get(half->from, bytes, PROXY_MESSAGE_BYTES_MAX) > 0)
        ; /* dropped, until the sender has closed too */
    free(bytes);
    return NULL;
}

static int connect_to(const struct proxy *proxy)
{
    int fd = socket(proxy->server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, (const void *)&proxy->server, proxy->address_len) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* With the lock held. Takes over the client's socket. */
static void add_connection(struct proxy *proxy, int client)
{
    int server = proxy->n_connections < PROXY_CONNECTIONS_MAX ? connect_to(proxy) : -1;
    if (server < 0) { /* the server is gone: so is the proxy for this client */
        (void)close(client);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct connection *connection = calloc(1, sizeof *connection);
    *connection = (struct connection){
        .proxy = proxy, .plan = proxy->next, .client = client, .server = server};
    proxy->next = pass_all;
    bool first = proxy->n_connections == 0;
    proxy->connections[proxy->n_connections++] = connection;
    for (int i = 0; i < N_DIRECTIONS; i++) {
        struct half *half = &connection->halves[i];
        bool up = i == PROXY_TO_SERVER;
        *half = (struct half){.connection = connection,
                              .direction = (enum proxy_direction)i,
                              .from = up ? client : server,
                              .to = up ? server : client,
                              .record = first ? &proxy->records[i] : NULL};
        (void)pthread_create(&half->thread, NULL, pump, half);
    }
}

/* Whether somebody else may be let in, waiting while that is refused. */
static bool wait_accepting(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    while (proxy->refusing && !proxy->stopping)
        (void)pthread_cond_wait(&proxy->changed, &proxy->lock);
    bool go_on = !proxy->stopping;
    (void)pthread_mutex_unlock(&proxy->lock);
    return go_on;
}

static void *accept_all(void *arg)
{
    struct proxy *proxy = arg;
    while (wait_accepting(proxy)) {
        int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        (void)pthread_mutex_lock(&proxy->lock);
        if (proxy->refusing || proxy->stopping)
            (void)close(client);
        else
            add_connection(proxy, client);
        (void)pthread_mutex_unlock(&proxy->lock);
    }
    return NULL;
}

/* Takes the own address and, unless refusing, listens at it. */
static int take_address(struct proxy *proxy)
{
    int fd = socket(proxy->own.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (proxy->ipc)
        (void)unlink(((const struct sockaddr_un *)(const void *)&proxy->own)->sun_path);
    assert_int_equal(bind(fd, (const void *)&proxy->own, proxy->address_len), 0);
    if (!proxy->refusing)
        assert_int_equal(listen(fd, BACKLOG), 0);
    return fd;
}

static void make_addresses(struct proxy *proxy, const char *server_url)
{
    proxy->ipc = strncmp(server_url, "ipc:", 4) == 0;
    if (proxy->ipc) {
        struct sockaddr_un *server = (void *)&proxy->server, *own = (void *)&proxy->own;
        const char *path = server_url + strlen("ipc://");
        server->sun_family = own->sun_family = AF_UNIX;
        (void)snprintf(server->sun_path, sizeof server->sun_path, "%s", path);
        (void)snprintf(own->sun_path, sizeof own->sun_path, "%s-proxy", path);
        proxy->address_len = sizeof *server;
    } else {
        struct sockaddr_in *server = (void *)&proxy->server, *own = (void *)&proxy->own;
        server->sin_family = own->sin_family = AF_INET;
        server->sin_addr.s_addr = own->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        server->sin_port = htons((uint16_t)strtoul(strrchr(server_url, ':') + 1, NULL, 10));
        proxy->address_len = sizeof *server;
    }
}

static void tell_url(struct proxy *proxy, const char *server_url, char url[TRANSPORT_URL_BYTES])
{
    if (proxy->ipc) {
        (void)snprintf(url, TRANSPORT_URL_BYTES, "%s-proxy", server_url);
        return;
    }
    struct sockaddr_in *own = (void *)&proxy->own;
    socklen_t len = sizeof *own;
    assert_int_equal(getsockname(proxy->listener, (void *)own, &len), 0);
    (void)snprintf(url, TRANSPORT_URL_BYTES, "tcp://127.0.0.1:%u", ntohs(own->sin_port));
}

struct proxy *proxy_new(const char *server_url, char url[TRANSPORT_URL_BYTES])
{
    struct proxy *proxy = calloc(1, sizeof *proxy);
    (void)pthread_mutex_init(&proxy->lock, NULL);
    (void)pthread_cond_init(&proxy->changed, NULL);
    proxy->next = pass_all;
    for (int i = 0; i < N_DIRECTIONS; i++)
        proxy->records[i].bytes = malloc(PROXY_RECORD_BYTES_MAX);
    make_addresses(proxy, server_url);
    proxy->listener = take_address(proxy);
    tell_url(proxy, server_url, url);
    assert_int_equal(pthread_create(&proxy->acceptor, NULL, accept_all, proxy), 0);
    return proxy;
}

static void join(struct half *half)
{
    if (!half->joined)
        (void)pthread_join(half->thread, NULL);
    half->joined = true;
}

static void free_connection(struct connection *connection)
{
    (void)shutdown(connection->client, SHUT_RDWR);
    (void)shutdown(connection->server, SHUT_RDWR);
    for (int i = 0; i < N_DIRECTIONS; i++)
        join(&connection->halves[i]);
    (void)close(connection->client);
    (void)close(connection->server);
    free(connection);
}

void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->stopping = true;
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)shutdown(proxy->listener, SHUT_RDWR); /* wakes who accepts */
    (void)pthread_mutex_unlock(&proxy->lock);
    (void)pthread_join(proxy->acceptor, NULL);
    for (unsigned i = 0; i < proxy->n_connections; i++)
        free_connection(proxy->connections[i]);
    (void)close(proxy->listener);
    if (proxy->ipc)
        (void)unlink(((const struct sockaddr_un *)(const void *)&proxy->own)->sun_path);
    for (int i = 0; i < N_DIRECTIONS; i++)
        free(proxy->records[i].bytes);
    (void)pthread_mutex_destroy(&proxy->lock);
    (void)pthread_cond_destroy(&proxy->changed);
    free(proxy);
}

void proxy_cut_at(struct proxy *proxy, enum proxy_direction direction, uint64_t n_bytes)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->next.cut_at[direction] = n_bytes;
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_truncate(struct proxy *proxy, enum proxy_direction direction, unsigned message,
                    uint64_t n_bytes)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->next.truncate_message[direction] = message;
    proxy->next.truncate_bytes[direction] = n_bytes;
    (void)pthread_mutex_unlock(&proxy->lock);
}

static void set_held(struct proxy *proxy, enum proxy_direction direction, bool held)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->held[direction] = held;
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_hold(struct proxy *proxy, enum proxy_direction direction)
{
    set_held(proxy, direction, true);
}

void proxy_release(struct proxy *proxy, enum proxy_direction direction)
{
    set_held(proxy, direction, false);
}

void proxy_wait_held(struct proxy *proxy, enum proxy_direction direction)
{
    (void)pthread_mutex_lock(&proxy->lock);
    while (proxy->n_held[direction] == 0)
        (void)pthread_cond_wait(&proxy->changed, &proxy->lock);
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_wait_messages(struct proxy *proxy, enum proxy_direction direction, uint64_t n)
{
    (void)pthread_mutex_lock(&proxy->lock);
    while (proxy->connections[proxy->n_connections - 1]->halves[direction].n_messages < n)
        (void)pthread_cond_wait(&proxy->changed, &proxy->lock);
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_cut_now(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    struct connection *connection = proxy->connections[proxy->n_connections - 1];
    (void)pthread_mutex_unlock(&proxy->lock);
    cut(connection);
}

void proxy_cut_client(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->connections[0]->lingers = true;
    (void)shutdown(proxy->connections[0]->client, SHUT_RDWR);
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_cut_server(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->connections[0]->lingers = false;
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)pthread_mutex_unlock(&proxy->lock);
}

void proxy_refuse(struct proxy *proxy, bool refuse)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->refusing = refuse;
    (void)shutdown(proxy->listener, SHUT_RDWR); /* wakes who accepts, and gives up the port */
    int listener = take_address(proxy);
    (void)dup3(listener, proxy->listener, O_CLOEXEC);
    (void)close(listener);
    (void)pthread_cond_broadcast(&proxy->changed);
    (void)pthread_mutex_unlock(&proxy->lock);
}

unsigned proxy_connections(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    unsigned n = proxy->n_connections;
    (void)pthread_mutex_unlock(&proxy->lock);
    return n;
}

bool proxy_has_cut(struct proxy *proxy)
{
    (void)pthread_mutex_lock(&proxy->lock);
    bool has_cut = proxy->has_cut;
    (void)pthread_mutex_unlock(&proxy->lock);
    return has_cut;
}

struct cvn_slice proxy_record(struct proxy *proxy, enum proxy_direction direction)
{
    if (proxy_connections(proxy) == 0)
        return cvn_slice(NULL, 0);
    join(&proxy->connections[0]->halves[direction]);
    return cvn_slice(proxy->records[direction].bytes, proxy->records[direction].len);
}

size_t proxy_message_header_bytes(const struct proxy *proxy)
{
    return proxy->ipc ? 1 + sizeof(uint64_t) : sizeof(uint64_t);
}
