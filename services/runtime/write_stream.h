/*
 * Streams that write: each message of the caller's is worked off in one or several updates on the
 * store's writer, and each update is answered when it is on the disk. The next message is taken
 * when the last answer to the one before is on its way, so that a stream holds no more than one
 * message and its caller's credit, and a peer that does not read its answers is not read from.
 */
#ifndef CVN_SERVICES_RUNTIME_WRITE_STREAM_H
#define CVN_SERVICES_RUNTIME_WRITE_STREAM_H

#include "services/runtime/methods.h"

struct cvn_server;
struct cvn_store;

/* How the updates of a message are run. */
enum cvn_write_stream_mode {
    CVN_WRITE_STREAM_WRITE,
    CVN_WRITE_STREAM_READ, /* on a snapshot: nothing is written */
    CVN_WRITE_STREAM_UNDO, /* they write, and all of it is taken back */
};

/* One method. */
struct cvn_write_stream_type {
    struct cvn_service_method need; /* its name, access and scope */
    size_t message_bytes_max;       /* memory for a message and what take makes of it */
    size_t update_bytes_max;        /* memory for one update and its answer */
    size_t state_size;              /* of what the functions share in a call; zero at first */
    /*
     * Takes a message, which lies in the context's arena until its last answer has left. On a
     * worker, without a transaction. 0; CVN_REFUSED, which ends the stream; a fault.
     */
    int (*take)(struct cvn_ctx *ctx, void *state, ProtobufCMessage *message,
                enum cvn_write_stream_mode *ret_mode);
    /* An update; may be run twice. Its arena is of this update alone. Results as for take. */
    int (*run)(struct cvn_ctx *ctx, void *state);
    /* What is said of the update that was run last. Asked anew while the peer has no room. */
    const ProtobufCMessage *(*answer)(void *state);
    /* The answer has left. Whether the same message has another update. */
    bool (*next)(void *state);
};

/* A service of such methods; lives as long as the server. */
struct cvn_write_streams {
    void *service; /* of the contexts */
    struct cvn_store *store;
    struct cvn_runtime *runtime;
    int64_t (*wall_clock_ms)(void);
    void (*random_bytes)(void *buffer, size_t size);
    const struct cvn_write_stream_type *const *types; /* as given to bind */
};

/*
 * Adds the service to the server, before it starts; all of its methods are such streams, in the
 * descriptor's order. What cvn_server_add_service gives.
 */
int cvn_write_streams_bind(struct cvn_write_streams *streams, struct cvn_server *server,
                           const ProtobufCServiceDescriptor *descriptor,
                           const struct cvn_write_stream_type *const *types);

#endif
