/*
 * Streaming calls from a client, with gRPC's operations: write, writes done, read, finish, cancel.
 * The functions that wait are for programs; those that do not, and the watcher, for services.
 */
#ifndef CVN_RPC_STREAM_H
#define CVN_RPC_STREAM_H

#include "rpc/channel.h"

struct cvn_stream;

enum {
    CVN_STREAM_END = 1,   /* no further message comes: see cvn_stream_finish */
    CVN_STREAM_LATER = 2, /* nothing now: the watcher is told when it is worth another try */
};

/* Told that there may be more to read, room to write, or that the call has ended. */
struct cvn_stream_watcher {
    void (*changed)(
        void *arg); /* on one of the channel's threads; never two at once; may be NULL */
    void *arg;
};

/*
 * Begins a call. A request->message goes as the only request (server-streaming); without one the
 * requests are written one by one. watcher may be NULL, and may be told before this returns. 0;
 * -EINVAL when the service has no such method; -ENOMEM. What else is wrong is told by finish. *ret
 * is the caller's.
 */
int cvn_stream_new(struct cvn_stream **ret, struct cvn_channel *channel,
                   const struct cvn_call_request *request,
                   const struct cvn_stream_watcher *watcher);

/*
 * Cancels the call if it has not ended, waits for a watcher that runs (but not from it), and frees.
 * Before the channel is freed. NULL is accepted.
 */
void cvn_stream_free(struct cvn_stream *stream);

/* Writes a request; waits until there is room. 0; -EPIPE when the call has ended; -ENOMEM. */
int cvn_stream_write(struct cvn_stream *stream, const ProtobufCMessage *request);
/* The same without waiting: CVN_STREAM_LATER when it was not taken. */
int cvn_stream_try_write(struct cvn_stream *stream, const ProtobufCMessage *request);

/* No further request follows: half-closes. 0 or -EPIPE as write; a second time is nothing. */
int cvn_stream_writes_done(struct cvn_stream *stream);

/*
 * The next reply, in the arena; waits for it. 0; CVN_STREAM_END; -EBADMSG when it does not read as
 * the method's output; -ENOMEM when it does not fit into the arena, and it can be read again.
 */
int cvn_stream_read(struct cvn_stream *stream, struct cvn_arena *arena, ProtobufCMessage **ret);
/* The same without waiting: CVN_STREAM_LATER when there is none yet. */
int cvn_stream_try_read(struct cvn_stream *stream, struct cvn_arena *arena, ProtobufCMessage **ret);
/* As try_read, the reply's bytes as they came. */
int cvn_stream_try_read_packed(struct cvn_stream *stream, struct cvn_arena *arena,
                               struct cvn_slice *ret);

/*
 * Waits for the call's end, dropping replies that were not read, and copies how it ended. Returns
 * status->code.
 */
enum cvn_code cvn_stream_finish(struct cvn_stream *stream, struct cvn_arena *arena,
                                struct cvn_status *status);

/* Whether the call has ended; what has come and was not read can still be read. */
bool cvn_stream_ended(struct cvn_stream *stream);

/* Ends the call with CANCELLED, here and at the server. Nothing when it has ended. */
void cvn_stream_cancel(struct cvn_stream *stream);

/*
 * The server's initial and trailing metadata, until the stream is freed: NULL while none came. The
 * trailing come with the end.
 */
const struct cvn_metadata *cvn_stream_initial_metadata(struct cvn_stream *stream);
const struct cvn_metadata *cvn_stream_trailing_metadata(struct cvn_stream *stream);

#endif
