/*
 * One connection of ipc, tcp or tls+tcp: an nng stream on which this speaks what nng's raw REQ and
 * REP sockets speak (SP's TCP and IPC mappings), so that either end may be such a socket.
 *
 * Not such sockets themselves, because of nng 1.5.2's: one that closes a pipe between the header
 * and the body of an arriving message never finishes, nor does any other of the process after it
 * (nng #1636). Fewer threads touch a bundle here, too, so a call is answered sooner.
 */
#ifndef CVN_RPC_PIPE_H
#define CVN_RPC_PIPE_H

#include "rpc/wire.h"

#include <nng/nng.h>

struct cvn_pipe;

/* Which protocol of SP this end speaks; the other must speak the other. */
enum cvn_pipe_role { CVN_PIPE_REQ, CVN_PIPE_REP };

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
    /* What was being sent has left, or not: first the greeting that start sends, then each bundle
     * of which send did not say itself that it left. */
    void (*sent)(void *owner, bool ok);
    /* Nothing comes and nothing is sent any more: once, in place of receiving again. */
    void (*gone)(void *owner);
};

/*
 * Whether this carries URLs like that: ipc, unix, abstract; tcp, tcp4, tcp6 and with tls+, as nng
 * names them. *ret_is_ipc: nng's sockets put a byte of their own before each message there.
 */
bool cvn_pipe_carries(const char *url, bool *ret_is_ipc);

/* How a pipe is made; the events must outlive it. */
struct cvn_pipe_start {
    nng_stream *stream; /* taken, also when it fails */
    enum cvn_pipe_role role;
    bool is_ipc, is_tls;
    const struct cvn_pipe_events *events;
    void *owner;
};
/* 0 or -ENOMEM. */
int cvn_pipe_new(struct cvn_pipe **ret, const struct cvn_pipe_start *start);

/* Begins to receive, and sends the greeting. */
void cvn_pipe_start(struct cvn_pipe *pipe);

/*
 * Sends a bundle, which is taken; only when the one before, or the greeting, has left. True when it
 * has left already, of which sent is not told: tried where now is true, which saves two threads the
 * work of telling it, and where more may soon be sent leaves that no time to become one bundle.
 */
bool cvn_pipe_send(struct cvn_pipe *pipe, nng_msg *bundle, bool now);

/* Ends the connection; gone is told soon, if the pipe was started. Any thread, again and again. */
void cvn_pipe_close(struct cvn_pipe *pipe);

/*
 * To be called about every second for a pipe with TLS, until it is gone: nng 1.5.2 tells nobody
 * that such a connection is over when at that moment nothing was being received. Closes it then.
 * Any thread.
 */
void cvn_pipe_check(struct cvn_pipe *pipe);

/*
 * When gone is told: why the peer could not even be greeted, as the end of a sentence; NULL when it
 * was, or for no reason that people could do something about. *ret_lasts: it would be so again.
 * Static text.
 */
const char *cvn_pipe_reason(struct cvn_pipe *pipe, bool *ret_lasts);

/* Frees a pipe that was never started, or is gone and has nothing to send. Any thread. */
void cvn_pipe_free(struct cvn_pipe *pipe);

nng_stream *cvn_pipe_stream(struct cvn_pipe *pipe);

#endif
