/*
 * The client's side: a channel to one or several addresses of a service, over which any number of
 * calls go at once. It connects by itself, and again after a server was away; calls go round robin
 * over the addresses that are connected.
 */
#ifndef CVN_RPC_CHANNEL_H
#define CVN_RPC_CHANNEL_H

#include "base/arena.h"
#include "base/error.h"
#include "rpc/metadata.h"
#include "rpc/retry.h"
#include "rpc/status.h"
#include "rpc/tls.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

struct cvn_channel;
struct cvn_server_call;

/* What stands for a 0 in the options. */
enum {
    CVN_CHANNEL_CONNECT_TIMEOUT_MS_DEFAULT = 2000,
    CVN_CHANNEL_MESSAGE_BYTES_DEFAULT = 64 << 20,
    CVN_CHANNEL_QUEUE_BYTES_DEFAULT = 64 << 20,
    CVN_CHANNEL_QUEUE_BYTES_MIN = 128 * 1024, /* stands for anything less */
    CVN_CHANNEL_CALLS_DEFAULT = 65536,
    CVN_CHANNEL_KEEPALIVE_TIME_MS_DEFAULT = 30000,
    CVN_CHANNEL_KEEPALIVE_TIMEOUT_MS_DEFAULT = 20000,
    CVN_CHANNEL_ADDRESSES_MAX = 64,
    CVN_CHANNEL_INTERCEPTORS_MAX = 8,
};

/* What stands around every call of a client, as in gRPC. Both may be NULL; any thread. */
struct cvn_client_interceptor {
    /* Before the call is sent: may add metadata. A fault of cvn_metadata_add fails the call. */
    int (*begin)(void *user, const char *method, struct cvn_metadata *metadata);
    /* When it has ended, and begin had let it pass; who waits for a unary call hears later. */
    void (*end)(void *user, const char *method, enum cvn_code code, int64_t duration_us);
    void *user;
};

/* Zero what you do not care about. */
struct cvn_channel_options {
    int connect_timeout_ms;        /* a call that does not wait for ready fails after so long
                                      without a connection */
    int refused_timeout_ms;        /* the same while every address refuses connections, since nobody
                                      listens there; 0: as connect_timeout_ms */
    uint32_t max_message_bytes;    /* of a reply; RESOURCE_EXHAUSTED beyond */
    size_t max_queue_bytes;        /* unsent requests of one address; further ones wait */
    uint32_t max_calls;            /* in flight; RESOURCE_EXHAUSTED beyond */
    uint32_t stream_credit_bytes;  /* that each call's replies begin with */
    const char *authorization;     /* sent as that metadata with each call; NULL for none; copied */
    const char *user_agent;        /* NULL for "convene/VERSION" */
    struct cvn_tls_files tls;      /* of tls+tcp:// addresses; read when the channel is made */
    struct cvn_retry_policy retry; /* zeroed: only what was provably not processed is retried; its
                                      tokens throttle every call */
    int keepalive_time_ms;      /* with calls in flight and nothing heard so long, a PING is sent */
    int keepalive_timeout_ms;   /* and with nothing heard so long after it the connection is lost */
    const char *health_service; /* when not NULL, an address is used while grpc.health.v1 there says
                                   that this service ("": the server) is SERVING */
    const struct cvn_client_interceptor *interceptors; /* outermost first; copied */
    size_t n_interceptors;                             /* at most CVN_CHANNEL_INTERCEPTORS_MAX */
};

/* Zero what you do not care about. */
struct cvn_call_options {
    int64_t timeout_ms;                   /* 0: no deadline. Less than 0: passed already */
    const struct cvn_metadata *metadata;  /* NULL for none */
    bool wait_for_ready;                  /* wait for a connection as long as the deadline allows */
    const struct cvn_retry_policy *retry; /* this method's, as gRPC's service configuration names
                                             one; NULL: the channel's. Copied */
    /*
     * The call at the server on whose behalf this one is made: its deadline bounds this one, its
     * traceparent goes with it, and its end cancels a call that is waited for. NULL for none.
     */
    struct cvn_server_call *parent;
};

/*
 * Makes a channel to inproc://name, ipc:///path, tcp://host:port, tls+tcp://host:port or several of
 * them, separated by commas, and begins to connect. 0; -EINVAL for an address that is none, or
 * another fault, as of cvn_tls_new, with the sentence in err. options may be NULL. *ret is the
 * caller's. Make it after any fork.
 */
int cvn_channel_new(struct cvn_channel **ret, const char *urls,
                    const struct cvn_channel_options *options, struct cvn_error *err);

/*
 * Fails what is in flight with CANCELLED, waits for callbacks that run, and frees. Not from a
 * callback; its streams are to be freed before. NULL is accepted.
 */
void cvn_channel_free(struct cvn_channel *channel);

/*
 * Told once how a call ended: an OK status with the packed reply, or another without. Both live
 * during the callback. On one of the channel's threads; it must be quick and must not wait for
 * another call.
 */
typedef void cvn_call_done(void *arg, const struct cvn_status *status, struct cvn_slice reply);

/* Where to tell how a call ended. */
struct cvn_call_sink {
    cvn_call_done *done;
    void *arg;
};

/*
 * Starts a unary call of the method ("package.Service/Method") with a packed request, which is
 * copied. done is called exactly once, maybe before this returns. Returns the call's number, for
 * cancel.
 */
uint32_t cvn_channel_start(struct cvn_channel *channel, const char *method,
                           struct cvn_slice request, const struct cvn_call_options *options,
                           struct cvn_call_sink sink);

/* Ends a call with CANCELLED, here and at the server. Nothing when it has ended. Any thread. */
void cvn_channel_cancel(struct cvn_channel *channel, uint32_t call);

/* What to call with what. */
struct cvn_call_request {
    const ProtobufCServiceDescriptor *service;
    const char *method; /* as in the .proto: "ListEvents" */
    const ProtobufCMessage *message;
    struct cvn_call_options options;
};

/*
 * Calls and waits. The status and, when it is OK, *ret_reply (a message of the method's output
 * type) live in the arena. Returns status->code. Any thread but the channel's own.
 */
enum cvn_code cvn_channel_call(struct cvn_channel *channel, const struct cvn_call_request *request,
                               struct cvn_arena *arena, struct cvn_status *status,
                               ProtobufCMessage **ret_reply);

/* How the channel fares, for tests and metrics. */
struct cvn_channel_stats {
    unsigned n_addresses, n_ready;
    unsigned n_calls;    /* in flight */
    size_t unsent_bytes; /* of requests */
    uint64_t n_retries;  /* by policy */
    uint64_t n_transparent_retries;
};
void cvn_channel_read_stats(struct cvn_channel *channel, struct cvn_channel_stats *ret);

#endif
