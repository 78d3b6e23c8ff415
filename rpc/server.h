/*
 * The server: listens, runs calls on worker threads, keeps limits, drains. Method names and types
 * come from the generated descriptors. Calls of all four kinds: unary, server-, client- and
 * bidirectional-streaming (https://grpc.io/docs/what-is-grpc/core-concepts/).
 */
#ifndef CVN_RPC_SERVER_H
#define CVN_RPC_SERVER_H

#include "base/arena.h"
#include "base/error.h"
#include "rpc/metadata.h"
#include "rpc/status.h"
#include "rpc/tls.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

struct cvn_server;
struct cvn_server_call;

/* What stands for a 0 in the options. */
enum {
    CVN_SERVER_WORKERS_DEFAULT = 8,
    CVN_SERVER_MESSAGE_BYTES_DEFAULT = 4 << 20,
    CVN_SERVER_ARENA_BYTES_DEFAULT = 64 << 20,
    CVN_SERVER_CONNECTION_CALLS_DEFAULT = 1024,
    CVN_SERVER_CALLS_DEFAULT = 8192,
    CVN_SERVER_CONNECTION_BYTES_DEFAULT = 64 << 20,
    CVN_SERVER_CONNECTIONS_DEFAULT = 4096,
    CVN_SERVER_HELLO_TIMEOUT_MS_DEFAULT = 20000,
    CVN_SERVER_KEEPALIVE_TIME_MS_DEFAULT = 60000,
    CVN_SERVER_KEEPALIVE_TIMEOUT_MS_DEFAULT = 20000,
    CVN_SERVER_DEADLINE_MS_MAX = 24 * 60 * 60 * 1000, /* a later one is brought forward */
    CVN_SERVER_METHOD_NAME_BYTES_MAX = 200,
    CVN_SERVER_INTERCEPTORS_MAX = 16,
};

enum cvn_transport {
    CVN_TRANSPORT_INPROC,
    CVN_TRANSPORT_IPC,
    CVN_TRANSPORT_TCP,
    CVN_TRANSPORT_TLS,
};

/* Who is at the other end of a connection, as far as the operating system knows. */
struct cvn_peer {
    enum cvn_transport transport;
    bool has_uid; /* over ipc */
    uint32_t uid;
    uint64_t connection; /* which one of this server's; never used again */
};

/* How a call ended, for logs and metrics. Never its contents. */
struct cvn_call_record {
    const char *method; /* full name as asked; "" when it could not be shown */
    bool known;         /* the server has that method: the name is not just what a peer says */
    enum cvn_code code;
    int64_t duration_us;
    uint64_t bytes_in, bytes_out; /* of messages */
    const char *principal;        /* as set with cvn_server_call_set_principal; NULL without */
    const char *request_id;       /* metadata "x-request-id"; NULL without */
    const char *traceparent;      /* metadata of that name (W3C Trace Context); NULL without */
    const struct cvn_peer *peer;
    void *interceptor_state; /* what this interceptor's begin has set; NULL without */
};

/*
 * What stands around every call, as in gRPC: authentication, authorisation, limits, logging and
 * metrics are interceptors. Both functions may be NULL; any thread, several at once.
 */
struct cvn_interceptor {
    /*
     * Asked on a worker before the handler, in the order of the options; a status other than OK
     * refuses the call, and those behind are not asked. The status lives in the call's arena.
     */
    enum cvn_code (*begin)(void *user, struct cvn_server_call *call, struct cvn_status *status);
    /*
     * Told of every call that is over, in the opposite order; begun when begin was asked and let
     * the call pass.
     */
    void (*end)(void *user, const struct cvn_call_record *record, bool begun);
    void *user;
};

/* Zero what you do not care about. */
struct cvn_server_options {
    unsigned n_workers;
    uint32_t max_message_bytes;        /* RESOURCE_EXHAUSTED beyond */
    size_t max_arena_bytes;            /* memory of one call, and of one message of a stream;
                                          RESOURCE_EXHAUSTED beyond */
    uint32_t max_calls_per_connection; /* RESOURCE_EXHAUSTED with RetryInfo beyond */
    uint32_t max_calls;                /* of all connections; the same beyond */
    size_t max_connection_bytes;       /* unsent replies of one connection, which is closed beyond;
                                          and its unfinished requests, RESOURCE_EXHAUSTED beyond */
    uint32_t max_connections;          /* further ones are not served and closed */
    uint32_t stream_credit_bytes;      /* that each call's requests begin with */
    int hello_timeout_ms;              /* a connection that has not said HELLO by then is closed */
    int keepalive_time_ms;             /* one that was silent for so long is asked by PING */
    int keepalive_timeout_ms;          /* and closed when it does not answer within this */
    const struct cvn_interceptor *interceptors; /* outermost first; copied */
    size_t n_interceptors;                      /* at most CVN_SERVER_INTERCEPTORS_MAX */
};

/*
 * Takes a request on a worker thread: the only one of a unary or server-streaming call, which
 * lives until the call is over. It must lead, at once or later and from any thread, to exactly one
 * cvn_server_call_finish… of the call.
 */
typedef void cvn_unary_handler(struct cvn_server_call *call, const ProtobufCMessage *request,
                               void *user);

/*
 * What a stream's handler is told, on worker threads and never two at once for one call. Any may be
 * NULL. A message lives during the function only.
 */
struct cvn_stream_handler {
    void (*begin)(struct cvn_server_call *call,
                  void *user); /* of streamed requests: first of all */
    /* A streamed request; its presence makes the requests a stream. */
    cvn_unary_handler *message;
    void (*half_close)(struct cvn_server_call *call, void *user); /* no further request comes */
    /*
     * Replies may be written again after a write that gave CVN_CALL_LATER. Until then no further
     * request is told, so that there is no more than one reply to keep.
     */
    void (*writable)(struct cvn_server_call *call, void *user);
    /*
     * Nobody waits for an answer any more; nothing but done follows. Finish soon. NULL only where
     * something else leads to finishing, as on_cancel or a write that fails.
     */
    void (*cancelled)(struct cvn_server_call *call, void *user);
    /* The call is over, finished and sent or given up: the last that is told, to free state. */
    void (*done)(struct cvn_server_call *call, void *user);
};

/*
 * One method of a service; both NULL means UNIMPLEMENTED. A unary method has unary alone, a
 * server-streaming one unary and stream, one with streamed requests stream with its message.
 */
struct cvn_method {
    cvn_unary_handler *unary;
    const struct cvn_stream_handler *stream;
};

/* Makes a server that listens nowhere yet. 0, -E2BIG, -ENOMEM. *ret is the caller's. */
int cvn_server_new(struct cvn_server **ret, const struct cvn_server_options *options);

/*
 * Adds a service before start: methods has one row for each of the descriptor's, in its order.
 * The arrays must outlive the server. 0, -EEXIST when it is there, -ENOMEM.
 */
int cvn_server_add_service(struct cvn_server *server, const ProtobufCServiceDescriptor *descriptor,
                           const struct cvn_method *methods, void *user);

/* The i-th service in the order they were added; NULL past the last. Not while one is added. */
const ProtobufCServiceDescriptor *cvn_server_service_at(const struct cvn_server *server, size_t i);

/*
 * Has tls+tcp:// addresses use these files: before the first one is listened on, and again while
 * the server runs, for the connections that come then; those that are there go on. 0, or a fault of
 * cvn_tls_new with the sentence in err and everything as before. Not beside listen, nor itself.
 */
int cvn_server_set_tls(struct cvn_server *server, const struct cvn_tls_files *files,
                       struct cvn_error *err);

/*
 * Listens on inproc://name, ipc:///path, tcp://address:port or tls+tcp://address:port (port 0 takes
 * a free one); several times if wanted. 0 or a fault (-EADDRINUSE, …) with the sentence in err. A
 * socket file that no process listens on any more is replaced.
 */
int cvn_server_listen(struct cvn_server *server, const char *url, struct cvn_error *err);

/* The port of the last tcp:// or tls+tcp:// URL listened on; 0 without one. */
uint16_t cvn_server_port(const struct cvn_server *server);

/* Starts the workers and accepts calls. 0 or -EAGAIN, -ENOMEM. */
int cvn_server_start(struct cvn_server *server);

/*
 * Refuses new calls with UNAVAILABLE, waits at most timeout_ms for the running ones and for their
 * replies to leave, then cancels the rest and waits until their handlers have finished them.
 * Returns how many had to be cancelled. Once; not from a handler.
 */
unsigned cvn_server_drain(struct cvn_server *server, int timeout_ms);

/* How the server fares, for tests and metrics. */
struct cvn_server_stats {
    unsigned n_connections;
    unsigned n_calls;      /* whose memory is not freed yet */
    size_t incoming_bytes; /* of requests that no handler has yet */
    size_t outgoing_bytes; /* of replies that have not left */
};
void cvn_server_read_stats(struct cvn_server *server, struct cvn_server_stats *ret);

/* Drains with no time left if that was not done, and frees. NULL is accepted. */
void cvn_server_free(struct cvn_server *server);

/* The call's memory: capped, freed when it is finished. One thread at a time. */
struct cvn_arena *cvn_server_call_arena(struct cvn_server_call *call);

/* The method's full name as asked, "package.Service/Method". */
const char *cvn_server_call_method(const struct cvn_server_call *call);

/* The method's place in its service's descriptor. */
unsigned cvn_server_call_method_index(const struct cvn_server_call *call);

/* When the caller stops waiting, on CLOCK_MONOTONIC; always set. */
int64_t cvn_server_call_deadline_ms(const struct cvn_server_call *call);

/* The request's metadata, until the call is finished. */
const struct cvn_metadata *cvn_server_call_metadata(const struct cvn_server_call *call);

const struct cvn_peer *cvn_server_call_peer(const struct cvn_server_call *call);

/* Whether nobody waits for the answer any more: cancelled, past its deadline, or peer gone. */
bool cvn_server_call_cancelled(struct cvn_server_call *call);

/*
 * Has hook called once when nobody waits for the answer any more, on any thread and without locks;
 * at once when that is so already. One hook at a time: another replaces it, NULL takes it away, and
 * both wait until a hook that runs has returned, so not from a hook. It is not called for a call
 * that is finished; it may finish the call itself.
 */
void cvn_server_call_on_cancel(struct cvn_server_call *call, void (*hook)(void *arg), void *arg);

/* The handler's own state of the call; NULL at first. For one thread at a time. */
void cvn_server_call_set_state(struct cvn_server_call *call, void *state);
void *cvn_server_call_state(const struct cvn_server_call *call);

/* Who calls, for the log and for limits; the text is copied. Before the handler runs. */
void cvn_server_call_set_principal(struct cvn_server_call *call, const char *text);
const char *cvn_server_call_principal(const struct cvn_server_call *call); /* "" without */

/* The bytes of messages that came so far. In an interceptor's begin or a handler. */
uint64_t cvn_server_call_bytes_in(const struct cvn_server_call *call);

/* For an interceptor's begin: what its end is to be given. It may lie in the call's arena. */
void cvn_server_call_set_interceptor_state(struct cvn_server_call *call, void *state);

/* Whether the server drains: a stream without an end of its own should finish. */
bool cvn_server_call_draining(struct cvn_server_call *call);

enum {
    CVN_CALL_LATER = 1, /* not taken: writable is told when there is room again */
};

/*
 * Sends initial metadata, before any message. 0; -EINVAL when it is too late; -EPIPE when nobody
 * waits any more; -ENOMEM.
 */
int cvn_server_call_send_initial_metadata(struct cvn_server_call *call,
                                          const struct cvn_metadata *metadata);

/*
 * Writes a reply of a stream; it is packed at once. 0; CVN_CALL_LATER; -EPIPE when nobody waits any
 * more or the call is finished; -ENOMEM. Never blocks; any thread.
 */
int cvn_server_call_write(struct cvn_server_call *call, const ProtobufCMessage *reply);

/* Sets the trailing metadata that goes with the status; it is copied. 0 or -ENOMEM. */
int cvn_server_call_set_trailing_metadata(struct cvn_server_call *call,
                                          const struct cvn_metadata *metadata);

/*
 * Has no further request of a stream told, nor that none comes, until resume: for a handler whose
 * work on one goes on when its function has returned. What the peer may send meanwhile is bounded
 * by its credit. Cancelled and writable are told all the same. Any thread.
 */
void cvn_server_call_hold(struct cvn_server_call *call);
void cvn_server_call_resume(struct cvn_server_call *call);

/*
 * Ends the call: with the status (NULL means OK) and, when it is OK, the reply. Without one a unary
 * call is given an empty reply, a stream none. Packs at once and never blocks; any thread, once.
 * The call may be gone afterwards, but for a handler of it that runs.
 */
void cvn_server_call_finish(struct cvn_server_call *call, const struct cvn_status *status,
                            const ProtobufCMessage *reply);

/* Ends the call with OK and a reply that is packed already. */
void cvn_server_call_finish_packed(struct cvn_server_call *call, struct cvn_slice reply);

#endif
