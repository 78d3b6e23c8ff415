/*
 * One connection of the stream carrier: a plain nng stream (ipc, tcp, tls+tcp) on which each bundle
 * follows its length. Fewer threads touch a bundle than with a socket, so one call at a time is
 * answered sooner, and it can be closed at any moment.
 */
#ifndef CVN_RPC_PIPE_H
#define CVN_RPC_PIPE_H

#include "rpc/wire.h"

#include <nng/nng.h>

struct cvn_pipe;

enum {
    CVN_PIPE_LENGTH_BYTES = 4, /* big-endian, before each bundle */
    CVN_PIPE_BUNDLE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX,
};

/* What the owner is told, on nng's threads and without locks. */
struct cvn_pipe_events {
    /* A bundle came; false closes the pipe. One at a time. */
    bool (*bundle)(void *owner, struct cvn_slice bytes);
    /*
     * All bundles that came at once were told, and the pipe receives again: bundle may be told on
     * another thread meanwhile. Each received has a receiving before it; the pipe may be freed
     * between them by nobody but received.
     */
    void (*receiving)(void *owner);
    void (*received)(void *owner);
    /* The bundle given to send has left, or not. */
    void (*sent)(void *owner, bool ok);
    /* Nothing comes and nothing is sent any more: once, in place of receiving again. */
    void (*gone)(void *owner);
};

/* Takes the stream, also when it fails. 0 or -ENOMEM. The events must outlive the pipe. */
int cvn_pipe_new(struct cvn_pipe **ret, nng_stream *stream, const struct cvn_pipe_events *events,
                 void *owner);

/* Begins to receive. */
void cvn_pipe_start(struct cvn_pipe *pipe);

/* Sends a bundle, which is taken; sent is told, and only then the next may be given. */
void cvn_pipe_send(struct cvn_pipe *pipe, nng_msg *bundle);

/* Ends the connection; gone is told soon, if the pipe was started. Any thread, again and again. */
void cvn_pipe_close(struct cvn_pipe *pipe);

/* Frees a pipe that was never started, or is gone and has nothing to send. Any thread. */
void cvn_pipe_free(struct cvn_pipe *pipe);

nng_stream *cvn_pipe_stream(struct cvn_pipe *pipe);

#endif
