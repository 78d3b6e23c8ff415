/* The channel from the inside: what channel.c, channel_calls.c and channel_wire.c share. */
#ifndef CVN_RPC_CHANNEL_STATE_H
#define CVN_RPC_CHANNEL_STATE_H

#include "rpc/channel.h"
#include "rpc/deadlines.h"
#include "rpc/outbox.h"
#include "rpc/watch.h"

#include <nng/nng.h>
#include <pthread.h>
#include <uthash.h>

struct cvn_client_call {
    uint32_t number;
    struct cvn_call_sink sink;
    struct cvn_arena arena; /* for the status */
    struct cvn_status status;
    struct cvn_deadline deadline; /* what ends it next: its own, or that of connecting */
    int64_t deadline_ms;          /* its own; 0: none */
    bool wait_for_ready;
    bool sent; /* its OPEN was queued on the present connection */
    char *method;
    const struct cvn_metadata *metadata; /* in the arena */
    uint8_t *request;                    /* until it is sent */
    size_t request_len;
    uint8_t *reply;
    size_t reply_len, reply_room;
    bool trailed;                        /* TRAILERS came */
    struct cvn_client_call *prev, *next; /* waiting for a connection, in order */
    struct cvn_client_call *next_done;   /* ended, to be told */
    UT_hash_handle hh;                   /* by number */
};

struct cvn_channel {
    struct cvn_channel_options options;
    char *url;
    char *authorization;
    char *user_agent;
    nng_socket socket;
    nng_aio *receive_aio, *send_aio;

    pthread_mutex_t lock; /* covers everything below; never held in a notification or a callback */
    uint32_t pipe;        /* the present one's number; 0: none */
    bool ready;           /* SETTINGS came, and no GOAWAY */
    uint64_t epoch;
    uint32_t peer_max_message_bytes;
    struct cvn_outbox outbox;
    struct cvn_client_call *calls; /* in flight, by number */
    struct cvn_client_call *waiting_first, *waiting_last;
    struct cvn_client_call *done_first, *done_last;
    struct cvn_deadlines deadlines;
    uint32_t last_number;
    bool closing;

    struct cvn_watch watch;
    pthread_t watcher;
};

/* All with the lock held. */

/* Gives the next bundle to nng, if there is one and the last has left. */
void cvn_channel_send(struct cvn_channel *channel);
/* Takes in the pipes that came and went. */
void cvn_channel_update(struct cvn_channel *channel);
/* Takes a bundle in. False when the server broke the protocol. */
bool cvn_channel_receive(struct cvn_channel *channel, struct cvn_slice bytes);
/* Queues a call's frames; when there is no room it goes on waiting. */
void cvn_channel_put_call(struct cvn_channel *channel, struct cvn_client_call *call);
/* Ends a call with its status set; it is told by cvn_channel_tell. */
void cvn_client_call_end(struct cvn_channel *channel, struct cvn_client_call *call);
/* The same with a code and a sentence. */
void cvn_client_call_fail(struct cvn_channel *channel, struct cvn_client_call *call,
                          enum cvn_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Lets the server know that nobody waits any more. */
void cvn_channel_put_cancel(struct cvn_channel *channel, uint32_t number);

/* Without the lock: tells the ended calls' owners. */
void cvn_channel_tell(struct cvn_channel *channel);

#endif
