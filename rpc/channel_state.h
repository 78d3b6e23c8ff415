/* The channel from the inside: what channel.c, link.c, client_call.c and stream.c share. */
#ifndef CVN_RPC_CHANNEL_STATE_H
#define CVN_RPC_CHANNEL_STATE_H

#include "rpc/channel.h"
#include "rpc/deadlines.h"
#include "rpc/flow.h"
#include "rpc/outbox.h"
#include "rpc/watch.h"

#include <nng/nng.h>
#include <pthread.h>
#include <uthash.h>

struct cvn_stream;
struct cvn_link;
struct cvn_pipe;

/* What brings bundles to and from a link's server. */
struct cvn_link_carrier {
    /* Opens and begins to connect; cvn_link_up follows each time there is a connection. 0 or a
     * fault with the sentence in err; then close is called as well. */
    int (*open)(struct cvn_link *link, struct cvn_error *err);
    /* With the lock: sends a bundle, which is taken; cvn_link_sent follows, unless this is true: it
     * has left already, as may be where now is true (pipe.h). */
    bool (*send)(struct cvn_link *link, nng_msg *bundle, bool now);
    /* With the lock: what is being sent must not reach another server. */
    void (*forget)(struct cvn_link *link);
    /* With the lock: begins to close the connection; cvn_link_down may have been called. */
    void (*hang_up)(struct cvn_link *link);
    /* Ends it all, waiting for what runs; without the lock. */
    void (*close)(struct cvn_link *link);
};

/* One address, and the connection to it when there is one: gRPC's subchannel. */
struct cvn_link {
    struct cvn_channel *channel;
    const struct cvn_link_carrier *carrier;
    char *url;
    nng_socket socket; /* with a socket, its aios and the present pipe */
    nng_aio *receive_aio, *send_aio;
    nng_pipe nng_pipe;
    struct cvn_watch_source source;
    bool is_ipc; /* without a socket: see pipe.h */
    nng_stream_dialer *dialer;
    nng_aio *dial_aio, *pause_aio;
    struct cvn_pipe *pipe;
    unsigned n_pipe_refs;
    const char *reason;  /* why the server could not be greeted; NULL when it was, or unknown */
    unsigned n_failures; /* to connect or to stay so, in a row */
    bool refused;        /* the last of these at once: nobody listens there */
    bool up;             /* there is a connection */
    bool ready;          /* SETTINGS came, and no GOAWAY */
    bool unhealthy;      /* its health service says so, or has not said yet */
    struct cvn_client_call *health; /* which asks that; NULL when none does */
    unsigned n_health_failures;     /* of it, in a row */
    struct cvn_deadline health_again;
    uint64_t epoch;
    uint32_t peer_max_message_bytes;
    uint32_t peer_stream_credit;
    bool held_back; /* streams wait until less is unsent */
    struct cvn_outbox outbox;
    struct cvn_client_call *calls; /* sent on the present connection, by number */
    uint32_t last_number;
    struct cvn_deadline keepalive; /* when to look whether it still lives */
    int64_t heard_ms;
    bool pinged;
};

/* A whole message of a stream that its owner has not read yet. */
struct cvn_reply_message {
    struct cvn_reply_message *next;
    uint32_t cost; /* credit to give back */
    size_t len;
    uint8_t *bytes;
};

enum {
    /* For a method's name and a small request; the call and it are one piece that malloc keeps at
     * hand. */
    CVN_CLIENT_CALL_ROOM_BYTES = 384,
};

struct cvn_client_call {
    uint32_t id;               /* its owner's, to cancel it with */
    struct cvn_call_sink sink; /* of a unary call */
    struct cvn_stream *stream; /* of another; NULL once its owner has let it go */
    bool streams;              /* it is another */
    bool streams_requests;     /* requests come one by one */
    struct cvn_link *watches;  /* whose health it watches for the channel, on it alone */
    struct cvn_arena arena;    /* for what follows of texts and metadata */
    struct cvn_status status;
    const struct cvn_metadata *metadata;
    struct cvn_metadata *initial_metadata, *trailing_metadata; /* NULL until they came */
    const char *method;
    struct cvn_slice request; /* packed; kept for further attempts */
    uint8_t *request_bytes;   /* of a large one; else it lies in the arena */
    int64_t began_us;
    int64_t deadline_ms; /* 0: none */
    bool wait_for_ready;
    int64_t connect_by_ms; /* 0: as long as the deadline allows */
    int64_t refused_by_ms; /* the same where all addresses refuse; at most that */
    int64_t retry_at_ms;   /* 0: not waiting for another attempt */
    struct cvn_retry_policy retry;
    struct cvn_deadline alarm; /* the next of these */
    unsigned n_attempts;       /* that have left */
    unsigned n_transparent;    /* attempts that were provably not processed */

    struct cvn_link *link; /* where it was sent; NULL while it waits */
    uint32_t number;       /* on that link */
    uint64_t place;        /* of its OPEN among all frames of the link */
    struct cvn_flow_out out;
    struct cvn_flow_in in;
    bool half_closed;
    bool answered; /* something of a reply came: no further attempt */
    bool got_message;
    uint8_t *reply; /* the message as far as it came */
    size_t reply_len, reply_room;
    struct cvn_reply_message *inbox_first, *inbox_last;

    size_t n_begun;                      /* interceptors that let it pass */
    bool ended;                          /* out of all tables */
    bool end_told;                       /* to the interceptors */
    bool to_tell;                        /* in the list of those */
    struct cvn_client_call *prev, *next; /* waiting for a connection, in order */
    struct cvn_client_call *next_told;
    UT_hash_handle hh;      /* by id, in the channel */
    UT_hash_handle hh_link; /* by number, in the link */

    _Alignas(16) uint8_t room[CVN_CLIENT_CALL_ROOM_BYTES]; /* what the arena begins with */
};

struct cvn_channel {
    struct cvn_channel_options options;
    struct cvn_client_interceptor interceptors[CVN_CHANNEL_INTERCEPTORS_MAX];
    char *urls; /* as given, for messages */
    char *authorization;
    char *user_agent;
    char *health_service;
    struct cvn_tls *tls; /* NULL without such an address */

    pthread_mutex_t lock; /* covers everything below; never held in a notification or a callback */
    struct cvn_link *links;
    size_t n_links, next_link;
    size_t n_opened;               /* of them, or begun to be */
    struct cvn_client_call *calls; /* in flight, by id */
    struct cvn_client_call *waiting_first, *waiting_last;
    struct cvn_client_call *told_first, *told_last;
    bool holding;                    /* calls are told of, and what that thread has to send waits */
    pthread_t holder;                /* which one */
    struct cvn_deadlines alarms;     /* of calls */
    struct cvn_deadlines keepalives; /* of links */
    struct cvn_deadlines health_agains;
    struct cvn_retry_throttle throttle;
    uint32_t last_id;
    uint32_t random; /* state of the jitter's generator */
    uint64_t n_retries, n_transparent_retries;
    bool closing;        /* nothing begins and nothing is sent any more */
    pthread_cond_t calm; /* a pipe was let go */
    int64_t check_ms;    /* when to look after pipes; 0: no need */

    struct cvn_watch watch;
    pthread_t watcher;
    bool watching;
};

/* channel.c, with the lock held. */

/* Whether what this thread has to send waits until calls are told of. */
bool cvn_channel_holds(const struct cvn_channel *channel);
/* It does not, as this thread is going to wait for an answer. */
void cvn_channel_hold_no_more(struct cvn_channel *channel);
/* The next number of the jitter's generator. */
uint32_t cvn_channel_random(struct cvn_channel *channel);
/* Sends the calls that wait, as far as there are connections and room. */
void cvn_channel_put_waiting(struct cvn_channel *channel);
/* Sends a new call, or has it wait in its turn. */
void cvn_channel_put(struct cvn_channel *channel, struct cvn_client_call *call);
/* Has the call's owner told, by cvn_channel_tell. */
void cvn_channel_note(struct cvn_channel *channel, struct cvn_client_call *call);
/* Without the lock, on a thread of the channel's: tells the owners of calls what there is. */
void cvn_channel_tell(struct cvn_channel *channel);
/*
 * The same from a thread of a user's, which may hold what the owners wait for: has a thread of the
 * channel's tell, if something was noted since told_last was what is given.
 */
void cvn_channel_tell_elsewhere(struct cvn_channel *channel, const struct cvn_client_call *last);

/* link_socket.c: the carrier of inproc://, a raw REQ socket. */

extern const struct cvn_link_carrier cvn_link_socket;
/* With the lock: takes in the pipes that came and went. */
void cvn_link_sockets_update(struct cvn_channel *channel);

/* link_pipe.c: the carrier of ipc://, tcp:// and tls+tcp://. */

extern const struct cvn_link_carrier cvn_link_pipe;
/* With the lock: looks whether connections are over or get nowhere; sets the next alarm. */
void cvn_link_pipes_check(struct cvn_channel *channel, int64_t now_ms);

/* link.c, with the lock held. */

/* There is a connection, or there is none any more. */
void cvn_link_up(struct cvn_link *link);
void cvn_link_down(struct cvn_link *link);
/* Takes a bundle in and answers. False when the server broke the protocol. */
bool cvn_link_receive(struct cvn_link *link, struct cvn_slice bytes);
/* The bundle given to the carrier has left, or not. */
void cvn_link_sent(struct cvn_link *link);
/* Gives the next bundle to the carrier, if there is one and the last has left. */
void cvn_link_send(struct cvn_link *link);
/* Looks after the links from which nothing was heard for long; sets the next alarm. */
void cvn_links_keep_alive(struct cvn_channel *channel, int64_t now_ms);
/* Begins to look after the link, now that a call is on it. */
void cvn_link_watch(struct cvn_link *link);

/* link_health.c, with the lock held. */

/* Asks the link's server how it fares, if the channel wants to know; it is ready. */
void cvn_link_health_begin(struct cvn_link *link);
/* The connection is lost, and the call with it. */
void cvn_link_health_end(struct cvn_link *link);
/* Takes in what such a call has heard, and frees it when it has ended. */
void cvn_link_health_tell(struct cvn_client_call *call);
/* Asks again where the call has failed; sets the next alarm. */
void cvn_links_health_again(struct cvn_channel *channel, int64_t now_ms);

/* client_call.c, with the lock held. */

/* Has the call wait for a connection. */
void cvn_client_call_wait(struct cvn_channel *channel, struct cvn_client_call *call);
/* Queues the call's frames on the link. False when there is no room yet. */
bool cvn_client_call_put(struct cvn_client_call *call, struct cvn_link *link);
/* Sends what the call's credit and the link's room allow. */
void cvn_client_call_release(struct cvn_client_call *call);
/* Lets the streams go on that waited until less was unsent. */
void cvn_client_calls_let_go(struct cvn_link *link);
/* What frames do to a call. */
void cvn_client_call_take_headers(struct cvn_client_call *call, struct cvn_slice body);
bool cvn_client_call_take_msg(struct cvn_client_call *call, const struct cvn_frame *frame);
void cvn_client_call_take_trailers(struct cvn_client_call *call, struct cvn_slice body);
bool cvn_client_call_take_credit(struct cvn_client_call *call, struct cvn_slice body);
/* The connection is lost, or takes it no more; untouched when the server provably has not. */
void cvn_client_call_lose(struct cvn_client_call *call, bool untouched);
/* One of its times has come. */
void cvn_client_call_alarm(struct cvn_channel *channel, struct cvn_client_call *call,
                           int64_t now_ms);
/* Fails the calls that would wait for a connection, but not until the deadline: there is none. */
void cvn_client_calls_give_up(struct cvn_channel *channel);
/* The same where every address has refused, of those that have waited long enough for that. */
void cvn_client_calls_note_refusal(struct cvn_channel *channel);
/* Gives back the credit of a message that is done with. */
void cvn_client_call_give_credit(struct cvn_client_call *call, uint32_t cost);
/* Lets the server know that nobody waits any more. */
void cvn_client_call_cancel(struct cvn_client_call *call);
/* Ends a call with a code and a sentence. */
void cvn_client_call_fail(struct cvn_channel *channel, struct cvn_client_call *call,
                          enum cvn_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets the next of its times. */
void cvn_client_call_set_alarm(struct cvn_channel *channel, struct cvn_client_call *call);
void cvn_client_call_free(struct cvn_client_call *call);

/* channel_calls.c */

/* What a call is started with. */
struct cvn_client_call_start {
    const char *method;
    struct cvn_slice request;
    const struct cvn_call_options *options;
    struct cvn_call_sink sink;
    struct cvn_stream *stream;
    bool streams, streams_requests;
    bool awaited; /* by this thread */
};
/*
 * Without the lock: makes a call, which ends at once when something is wrong with it. 0 or -ENOMEM.
 * It may be gone when this returns, unless it is a stream's.
 */
int cvn_client_call_start(struct cvn_channel *channel, const struct cvn_client_call_start *start,
                          uint32_t *ret_id);
/* Makes a call and no more, without metadata. NULL without memory. */
struct cvn_client_call *cvn_client_call_new(const struct cvn_channel *channel,
                                            const struct cvn_client_call_start *start);

/* stream.c */

/* With the lock: the call is the stream's from now on. */
void cvn_stream_attach(struct cvn_stream *stream, struct cvn_client_call *call);
/* Tells the owner of a stream that something changed; the lock is let go meanwhile. */
void cvn_stream_tell(struct cvn_channel *channel, struct cvn_client_call *call);
/* With the lock: lets those that wait look again. */
void cvn_stream_wake(struct cvn_stream *stream);

#endif
