/* The server from the inside: what server.c, connection.c and the server_….c files share. */
#ifndef CVN_RPC_SERVER_STATE_H
#define CVN_RPC_SERVER_STATE_H

#include "rpc/clock.h"
#include "rpc/deadlines.h"
#include "rpc/flow.h"
#include "rpc/outbox.h"
#include "rpc/server.h"
#include "rpc/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

struct cvn_connection;
struct cvn_pipe_listener;

struct cvn_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct cvn_method *methods;
    void *user;
    UT_hash_handle hh; /* by descriptor->name */
};

/* What brings bundles to and from a connection's peer. All with the lock held. */
struct cvn_carrier {
    /* Sends a bundle, which is taken; cvn_connection_sent follows, unless this is true: it has left
     * already, as may be where now is true (pipe.h). */
    bool (*send)(struct cvn_connection *connection, nng_msg *bundle, bool now);
    /* Begins to close; cvn_connection_drop follows. */
    void (*close)(struct cvn_connection *connection);
    /* Who is at the other end. */
    void (*read_peer)(struct cvn_connection *connection);
    /* Frees what is the carrier's own of a connection that is gone. */
    void (*deinit)(struct cvn_connection *connection);
};

/* One peer. Counted: the table, each call and whatever the carrier has under way hold a reference.
 */
struct cvn_connection {
    struct cvn_server *server;
    const struct cvn_carrier *carrier;
    uint64_t id;       /* with a socket the number of nng's pipe, else above all of those */
    nng_pipe nng_pipe; /* with a socket */
    nng_aio *send_aio;
    struct cvn_pipe *pipe; /* without */
    bool runs_here;        /* the carrier's thread is to run a call when it receives again */
    unsigned n_refs;
    bool gone;    /* out of the table; nothing is sent any more */
    bool cut_off; /* nothing is taken in or sent any more; its pipe is being closed */
    struct cvn_deadline lookout; /* when to look whether it still lives */
    int64_t heard_ms;
    bool pinged;
    bool greeted;           /* HELLO came */
    uint32_t stream_credit; /* that the client gives each call's replies at first */
    uint64_t epoch;
    uint32_t last_call; /* highest number opened */
    struct cvn_peer peer;
    struct cvn_arena arena; /* for the metadata that came with HELLO */
    struct cvn_metadata metadata;
    bool held_back; /* streams wait until less is unsent */
    struct cvn_outbox outbox;
    struct cvn_server_call *calls; /* by number */
    unsigned n_calls;
    size_t incoming_bytes; /* of requests that no handler has yet */
    UT_hash_handle hh;     /* by id */
};

/* A whole message of a stream that waits for its handler. */
struct cvn_inbox_message {
    struct cvn_inbox_message *next;
    uint32_t cost; /* credit to give back */
    size_t len;
    uint8_t *bytes;
};

enum {
    /* For OPEN and a small request; the call and it are one piece that malloc keeps at hand. */
    CVN_SERVER_CALL_ROOM_BYTES = 400,
    CVN_SERVER_SPARE_CALLS_MAX = 64,
};

struct cvn_server_call {
    struct cvn_arena arena;
    struct cvn_connection *connection;
    uint32_t number;
    bool numberless; /* a new HELLO gave the number to others; not in the connection's table */
    const struct cvn_service *service; /* NULL: refused for its name */
    const struct cvn_method *handler;
    unsigned method_index;
    const char *method; /* "" when it could not be shown; in the arena */
    struct cvn_metadata metadata;
    struct cvn_slice trailing_metadata; /* packed fields of Trailers, in the arena */
    struct cvn_deadline deadline;
    int64_t began_us;
    char principal[64];
    void *state;             /* the handler's */
    void (*hook)(void *arg); /* to be called when the call is cancelled */
    void *hook_arg;
    bool hook_due, hook_runs;
    struct cvn_server_call *next_hooked;
    size_t n_begun; /* interceptors that let it pass */
    void *interceptor_states[CVN_SERVER_INTERCEPTORS_MAX];

    uint8_t *incoming; /* the message as far as it came */
    size_t incoming_len, incoming_room;
    uint32_t incoming_cost;
    bool amid_message; /* further pieces of it are to come */
    struct cvn_inbox_message *inbox_first, *inbox_last;
    struct cvn_flow_in in;
    struct cvn_flow_out out;
    uint64_t bytes_in, bytes_out;

    bool whole;       /* the only message of unstreamed requests has come, all of it */
    bool half_closed; /* no further request comes */
    bool begun;       /* a worker has begun with it: it ends when it is finished */
    bool handled;     /* the handler knows of it */
    bool told_half_close, told_cancelled;
    bool wrote;          /* a reply or initial metadata was queued */
    bool wants_to_write; /* a write was put off; writable is due when there is room */
    bool held;           /* the handler takes no further request for now */
    bool busy;           /* a worker has it, or it waits for one */
    bool finished;       /* the handler has said how it ends */
    enum cvn_code finished_code;
    atomic_bool ended; /* the peer was told, or is gone: nothing is sent any more */
    enum cvn_code ended_code;
    struct cvn_server_call *next; /* waiting for a worker, or to be logged */
    UT_hash_handle hh;            /* by number, in the connection */

    _Alignas(16) uint8_t room[CVN_SERVER_CALL_ROOM_BYTES]; /* what the arena begins with */
};

struct cvn_server {
    struct cvn_server_options options;
    struct cvn_interceptor interceptors[CVN_SERVER_INTERCEPTORS_MAX];
    nng_socket socket;
    nng_aio *receive_aio;
    uint64_t epoch; /* of this instance; a connection's is this plus its number */
    struct cvn_pipe_listener *pipe_listeners;
    pthread_mutex_t tls_lock; /* covers tls; alone or before lock */
    struct cvn_tls *tls;      /* NULL until it is set */
    uint16_t port;
    struct cvn_service *services;

    pthread_mutex_t lock; /* covers everything below; never held in a notification of nng */
    pthread_cond_t work;  /* a call waits for a worker, or stopping */
    pthread_cond_t calm;  /* fewer calls, or less to send */
    struct cvn_connection *connections;
    unsigned n_connections;
    unsigned n_live; /* connections whose memory is not freed yet */
    unsigned n_calls;
    unsigned n_greeted; /* connections so far, for their epochs */
    uint64_t last_pipe_id;
    int64_t check_ms; /* when to look after pipes; 0: no need */
    struct cvn_server_call *run_first, *run_last;
    bool taking_in;                 /* a bundle: workers are woken when all of it is in */
    unsigned n_unwoken;             /* calls that wait meanwhile */
    unsigned n_idle;                /* workers that wait for a call and that nobody woke */
    unsigned n_waking;              /* that were woken and have not looked yet */
    bool running_here;              /* a carrier's thread has a call */
    struct cvn_server_call *hooked; /* whose hooks are due */
    struct cvn_server_call *over;   /* forgotten and still to be logged, newest first */
    struct cvn_server_call *spare;  /* memory for calls: they begin and end on different threads */
    unsigned n_spare;               /* at most CVN_SERVER_SPARE_CALLS_MAX */
    struct cvn_deadlines deadlines;
    struct cvn_deadlines lookouts; /* of connections */
    bool draining, stopping;
    bool closed; /* no connection is accepted any more */

    struct cvn_watch_source source;
    struct cvn_watch watch; /* pipes that came and went, and the next deadline */
    pthread_t watcher;
    pthread_t *workers;
    unsigned n_workers;
    bool started;
};

/* server_socket.c: the carrier of inproc://, a raw REP socket. */

/* 0 or -ENOMEM. */
int cvn_server_socket_open(struct cvn_server *server);
/* 0 or nng's error. */
int cvn_server_socket_listen(struct cvn_server *server, const char *url);
void cvn_server_socket_start(struct cvn_server *server);
/* Without the lock. */
void cvn_server_socket_close(struct cvn_server *server);
/* With the lock: brings the table up to date with the pipes that came and went. */
void cvn_server_socket_update(struct cvn_server *server);

/* server_pipe.c: the carrier of ipc://, tcp:// and tls+tcp://. */

/* 0 or nng's error. TLS must have been set for a URL of TLS. */
int cvn_server_pipe_listen(struct cvn_server *server, const char *url, bool is_ipc);
void cvn_server_pipe_start(struct cvn_server *server);
/* With the lock: closes those that are over; sets the next alarm. */
void cvn_server_pipes_check(struct cvn_server *server, int64_t now_ms);
/* Without the lock: accepts no more. */
void cvn_server_pipe_stop(struct cvn_server *server);
void cvn_server_pipe_free(struct cvn_server *server);

/* connection.c. All with the lock held. */

/* Adds one to the table; one too many is cut off at once. NULL without memory. */
struct cvn_connection *cvn_connection_new(struct cvn_server *server,
                                          const struct cvn_carrier *carrier, uint64_t id);
/* Takes a bundle in and answers; a peer that breaks the protocol is cut off. */
void cvn_connection_receive(struct cvn_connection *connection, struct cvn_slice bytes);
/* Gives the next bundle to the carrier, if there is one and the last has left. */
void cvn_connection_send(struct cvn_connection *connection);
/* The carrier has sent the bundle, or not. */
void cvn_connection_sent(struct cvn_connection *connection, bool ok);
/* Takes the connection out of the table and ends its calls. */
void cvn_connection_drop(struct cvn_connection *connection);
/*
 * Deals no more with a peer that breaks the protocol or does not read what it asked for; the others
 * notice nothing. The connection and its calls stay until its carrier has closed it, so this is
 * safe amid a walk over them.
 */
void cvn_connection_cut_off(struct cvn_connection *connection);
/* Tells the peer that no further call is taken. */
void cvn_connection_say_goodbye(struct cvn_connection *connection);
/* Looks after the connections from which nothing was heard for long; sets the next alarm. */
void cvn_connections_look_after(struct cvn_server *server, int64_t now_ms);
/* Ends every call of the connection for its peer; those that run are finished by their handlers. */
void cvn_connection_end_calls(struct cvn_connection *connection);
void cvn_connection_unref(struct cvn_connection *connection);

/* server_intake.c: what frames do to calls. With the lock held; false: the protocol was broken. */

bool cvn_server_take_open(struct cvn_connection *connection, const struct cvn_frame *frame);
bool cvn_server_take_msg(struct cvn_connection *connection, const struct cvn_frame *frame);
bool cvn_server_take_credit(struct cvn_connection *connection, const struct cvn_frame *frame);
void cvn_server_take_half_close(struct cvn_connection *connection, uint32_t number);
void cvn_server_take_cancel(struct cvn_connection *connection, uint32_t number);

/* server_call.c, with the lock held. */

/* Gives back the credit of a message that is done with. False when that finds no room. */
bool cvn_server_call_give_credit(struct cvn_server_call *call, uint32_t cost);
/* Sends what the call's credit allows. */
void cvn_server_call_release(struct cvn_server_call *call);
/* Tells the peer at once that the call has ended so; the handler, if it runs, is not waited for. */
void cvn_server_call_end(struct cvn_server_call *call, const struct cvn_status *status);
/* Notes how a call ended that nobody waits for any more; the first end counts. */
void cvn_server_call_abandon(struct cvn_server_call *call, enum cvn_code code);
/*
 * After any change: gives the call to the workers when its handler must be told something, and
 * forgets it when nothing is left to do. It may be freed as soon as the lock is released.
 */
void cvn_server_call_settle(struct cvn_server_call *call);

/* server_work.c, with the lock held. */

/* Gives the call to the workers when its handler must be told something. True when it does. */
bool cvn_server_call_enqueue(struct cvn_server_call *call);
/*
 * A bundle is taken in: wakes workers for its calls, but for one that the carrier's thread may run
 * itself, which saves a change of threads; at most one call at a time, as a handler may wait for
 * what only the carrier's other threads can bring. True when it is to run one.
 */
bool cvn_server_wake_workers(struct cvn_server *server);
/* Without the lock: runs that call, if no worker was faster. */
void cvn_server_run_here(struct cvn_server *server);
/* Without the lock: what a worker does until the server stops. */
void cvn_server_work(struct cvn_server *server);
/* Has the handler of a busy call told what there is; the lock is let go meanwhile. */
void cvn_server_call_run(struct cvn_server_call *call);
/* Runs hooks that are due, logs and frees the calls that are over; the lock is let go meanwhile. */
void cvn_server_log_over(struct cvn_server *server);

#endif
