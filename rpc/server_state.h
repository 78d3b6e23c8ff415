/* The server from the inside: what server.c, connection.c and server_call.c share. */
#ifndef CVN_RPC_SERVER_STATE_H
#define CVN_RPC_SERVER_STATE_H

#include "rpc/clock.h"
#include "rpc/deadlines.h"
#include "rpc/outbox.h"
#include "rpc/server.h"
#include "rpc/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

struct cvn_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct cvn_method *methods;
    void *user;
    UT_hash_handle hh; /* by descriptor->name */
};

/* One pipe. Counted: the table, each call and a bundle under way hold a reference. */
struct cvn_connection {
    struct cvn_server *server;
    uint32_t id; /* the pipe's */
    nng_pipe pipe;
    unsigned n_refs;
    bool gone;    /* out of the table; nothing is sent any more */
    bool cut_off; /* nothing is taken in or sent any more; its pipe is closed once it is quiet */
    struct cvn_deadline quiet; /* when that is, if nothing comes until then */
    bool greeted;              /* HELLO came */
    uint64_t epoch;
    struct cvn_peer peer;
    struct cvn_outbox outbox;
    nng_aio *send_aio;
    struct cvn_server_call *calls; /* by number */
    unsigned n_calls;
    size_t incoming_bytes; /* of requests that are not complete */
    UT_hash_handle hh;     /* by id */
};

struct cvn_server_call {
    struct cvn_arena arena;
    struct cvn_connection *connection;
    uint32_t number;
    const struct cvn_service *service;
    unsigned method_index;
    char method[CVN_SERVER_METHOD_NAME_BYTES_MAX + 1];
    struct cvn_metadata metadata;
    struct cvn_deadline deadline;
    int64_t began_us;
    uint8_t *incoming; /* the request as far as it came */
    size_t incoming_len, incoming_room;
    bool whole;        /* the request's message has come, all of it */
    bool running;      /* given to a worker; forgotten by finish only */
    atomic_bool ended; /* the peer was told, or is gone: finish sends nothing */
    enum cvn_code ended_code;
    char principal[64];
    struct cvn_server_call *next; /* waiting for a worker, or to be logged */
    UT_hash_handle hh;            /* by number, in the connection */
};

struct cvn_server {
    struct cvn_server_options options;
    nng_socket socket;
    nng_aio *receive_aio;
    uint64_t epoch; /* of this instance; a connection's is this plus its pipe's number */
    uint16_t port;
    struct cvn_service *services;

    pthread_mutex_t lock; /* covers everything below; never held in a notification of nng */
    pthread_cond_t work;  /* a call waits for a worker, or stopping */
    pthread_cond_t calm;  /* fewer calls, or less to send */
    struct cvn_connection *connections;
    unsigned n_connections;
    unsigned n_live; /* connections whose memory is not freed yet */
    unsigned n_calls;
    struct cvn_server_call *run_first, *run_last;
    struct cvn_server_call *over; /* forgotten and still to be logged, newest first */
    struct cvn_deadlines deadlines;
    struct cvn_deadlines quiets; /* of connections that are cut off */
    bool draining, stopping;

    struct cvn_watch watch; /* pipes that came and went, and the next deadline */
    pthread_t watcher;
    pthread_t *workers;
    unsigned n_workers;
    bool started;
};

/* connection.c. All with the lock held unless they say otherwise. */

/* Brings the table up to date with the pipes that came and went. */
void cvn_connections_update(struct cvn_server *server);
/* Takes a bundle in. False when the peer broke the protocol and the pipe must be closed. */
bool cvn_connection_receive(struct cvn_connection *connection, struct cvn_slice bytes);
/* Gives the next bundle to nng, if there is one and the last has left. */
void cvn_connection_send(struct cvn_connection *connection);
/* Takes the connection out of the table and ends its calls; its pipe may be gone or not. */
void cvn_connection_drop(struct cvn_connection *connection);
/*
 * Deals no more with a peer that breaks the protocol or does not read what it asked for; the others
 * notice nothing. The connection and its calls stay until the pipe is gone, so this is safe amid a
 * walk over them. nng 1.5.2 (fixed by its #1636) never finishes closing a pipe that is closed from
 * this side between the header and the body of an arriving message, and no pipe of the process is
 * ever reported gone after that. So the pipe is closed only after a while without a message.
 */
void cvn_connection_cut_off(struct cvn_connection *connection);
/* Closes the pipes that were cut off and have been quiet; sets the next alarm. */
void cvn_connections_close_quiet(struct cvn_server *server, int64_t now_ms);
/* Ends every call of the connection for its peer; those that run are finished by their handlers. */
void cvn_connection_end_calls(struct cvn_connection *connection);
void cvn_connection_unref(struct cvn_connection *connection);

/* server_call.c, with the lock held. */

/* Tells the peer how the call ended; the handler, if it runs, is not waited for. */
void cvn_server_call_end(struct cvn_server_call *call, const struct cvn_status *status,
                         struct cvn_slice reply);
/* Notes how a call ended that nobody waits for any more; the first end counts. */
void cvn_server_call_abandon(struct cvn_server_call *call, enum cvn_code code);
/* Gives a call whose request is complete to the workers. */
void cvn_server_call_enqueue(struct cvn_server_call *call);
/* Forgets a call that has ended and that no worker has: it is freed once it is logged. */
void cvn_server_call_discard(struct cvn_server_call *call);
/* Logs and frees what was discarded. Without the lock; whoever may have discarded calls it. */
void cvn_server_log_over(struct cvn_server *server);
/* What a worker does with a call. Without the lock. */
void cvn_server_call_run(struct cvn_server_call *call);

#endif
