/*
 * The server: listens, runs unary calls on worker threads, keeps limits, drains. Method names and
 * types come from the generated descriptors.
 */
#ifndef CVN_RPC_SERVER_H
#define CVN_RPC_SERVER_H

#include "base/arena.h"
#include "base/error.h"
#include "rpc/metadata.h"
#include "rpc/status.h"

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
    CVN_SERVER_DEADLINE_MS_MAX = 24 * 60 * 60 * 1000, /* a later one is brought forward */
    CVN_SERVER_METHOD_NAME_BYTES_MAX = 200,
};

enum cvn_transport {
    CVN_TRANSPORT_INPROC,
    CVN_TRANSPORT_IPC,
    CVN_TRANSPORT_TCP,
};

/* Who is at the other end of a connection, as far as the operating system knows. */
struct cvn_peer {
    enum cvn_transport transport;
    bool has_uid; /* over ipc */
    uint32_t uid;
};

/* One line of the call log: how a call ended. Never its contents. */
struct cvn_call_record {
    const char *method; /* full name as asked */
    enum cvn_code code;
    int64_t duration_us;
    const char *principal;  /* as set with cvn_server_call_set_principal; NULL without */
    const char *request_id; /* metadata "x-request-id"; NULL without */
    const struct cvn_peer *peer;
};

/* Zero what you do not care about. */
struct cvn_server_options {
    unsigned n_workers;
    uint32_t max_message_bytes;        /* RESOURCE_EXHAUSTED beyond */
    size_t max_arena_bytes;            /* memory of one call; RESOURCE_EXHAUSTED beyond */
    uint32_t max_calls_per_connection; /* RESOURCE_EXHAUSTED with RetryInfo beyond */
    uint32_t max_calls;                /* of all connections; the same beyond */
    size_t max_connection_bytes;       /* unsent replies and unfinished requests of one connection;
                                          it is closed beyond */
    uint32_t max_connections;          /* further ones are not served and closed */
    void (*log)(void *user, const struct cvn_call_record *record); /* any thread; may be NULL */
    void *log_user;
};

/*
 * Runs a unary call on a worker thread; request lives until the call is finished. It must lead, at
 * once or later and from any thread, to exactly one cvn_server_call_finish… of the call.
 */
typedef void cvn_unary_handler(struct cvn_server_call *call, const ProtobufCMessage *request,
                               void *user);

/* One method of a service; NULL means UNIMPLEMENTED. */
struct cvn_method {
    cvn_unary_handler *unary;
};

/* Makes a server that listens nowhere yet. 0 or -ENOMEM. *ret is the caller's. */
int cvn_server_new(struct cvn_server **ret, const struct cvn_server_options *options);

/*
 * Adds a service before start: methods has one row for each of the descriptor's, in its order.
 * The arrays must outlive the server. 0, -EEXIST when it is there, -ENOMEM.
 */
int cvn_server_add_service(struct cvn_server *server, const ProtobufCServiceDescriptor *descriptor,
                           const struct cvn_method *methods, void *user);

/*
 * Listens on inproc://name, ipc:///path or tcp://address:port (port 0 takes a free one); several
 * times if wanted. 0 or a fault (-EADDRINUSE, …) with the sentence in err. A socket file that no
 * process listens on any more is replaced.
 */
int cvn_server_listen(struct cvn_server *server, const char *url, struct cvn_error *err);

/* The port of the last tcp:// URL listened on; 0 without one. */
uint16_t cvn_server_port(const struct cvn_server *server);

/* Starts the workers and accepts calls. 0 or -EAGAIN, -ENOMEM. */
int cvn_server_start(struct cvn_server *server);

/*
 * Refuses new calls with UNAVAILABLE, waits at most timeout_ms for the running ones and for their
 * replies to leave, then cancels the rest and waits until their handlers have finished them.
 * Returns how many had to be cancelled. Once; not from a handler.
 */
unsigned cvn_server_drain(struct cvn_server *server, int timeout_ms);

/* Drains with no time left if that was not done, and frees. NULL is accepted. */
void cvn_server_free(struct cvn_server *server);

/* The call's memory: capped, freed when it is finished. One thread at a time. */
struct cvn_arena *cvn_server_call_arena(struct cvn_server_call *call);

/* The method's place in its service's descriptor. */
unsigned cvn_server_call_method_index(const struct cvn_server_call *call);

/* When the caller stops waiting, on CLOCK_MONOTONIC; always set. */
int64_t cvn_server_call_deadline_ms(const struct cvn_server_call *call);

/* The request's metadata, until the call is finished. */
const struct cvn_metadata *cvn_server_call_metadata(const struct cvn_server_call *call);

const struct cvn_peer *cvn_server_call_peer(const struct cvn_server_call *call);

/* Whether nobody waits for the answer any more: cancelled, past its deadline, or peer gone. */
bool cvn_server_call_cancelled(struct cvn_server_call *call);

/* Who calls, for the log; the text is copied. */
void cvn_server_call_set_principal(struct cvn_server_call *call, const char *text);

/*
 * Ends the call: with the reply when the status is OK (NULL means OK), else without. Packs at once
 * and never blocks; any thread. The call, its arena and its request are gone afterwards.
 */
void cvn_server_call_finish(struct cvn_server_call *call, const struct cvn_status *status,
                            const ProtobufCMessage *reply);

/* Ends the call with OK and a reply that is packed already. */
void cvn_server_call_finish_packed(struct cvn_server_call *call, struct cvn_slice reply);

#endif
