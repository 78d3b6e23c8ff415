#include "rpc/pipe.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

enum {
    ROOM_FIRST = 4096, /* an idle connection keeps no more */
    ROOM_MAX = CVN_PIPE_LENGTH_BYTES + CVN_PIPE_BUNDLE_BYTES_MAX,
};

struct cvn_pipe {
    nng_stream *stream;
    const struct cvn_pipe_events *events;
    void *owner;
    nng_aio *receive_aio, *send_aio;
    uint8_t *bytes; /* received and not told */
    size_t len, room;
    nng_msg *msg; /* being sent */
    size_t n_sent;
    uint8_t length[CVN_PIPE_LENGTH_BYTES]; /* of msg */
};

static bool make_room(struct cvn_pipe *pipe, size_t room)
{
    if (room == pipe->room)
        return true;
    uint8_t *bytes = realloc(pipe->bytes, room);
    if (!bytes)
        return false;
    pipe->bytes = bytes;
    pipe->room = room;
    return true;
}

static void receive_more(struct cvn_pipe *pipe)
{
    nng_iov iov = {pipe->bytes + pipe->len, pipe->room - pipe->len};
    (void)nng_aio_set_iov(pipe->receive_aio, 1, &iov);
    nng_stream_recv(pipe->stream, pipe->receive_aio);
}

/* Tells the bundles that are there and makes room for the next. False: close. */
static bool take_bundles(struct cvn_pipe *pipe)
{
    size_t at = 0;
    size_t want = ROOM_FIRST;
    while (pipe->len - at >= CVN_PIPE_LENGTH_BYTES) {
        uint32_t length;
        memcpy(&length, pipe->bytes + at, sizeof length);
        size_t whole = CVN_PIPE_LENGTH_BYTES + (size_t)be32toh(length);
        if (whole > ROOM_MAX)
            return false;
        if (pipe->len - at < whole) {
            want = whole > ROOM_FIRST ? ROOM_MAX : ROOM_FIRST;
            break;
        }
        if (!pipe->events->bundle(pipe->owner, cvn_slice(pipe->bytes + at + CVN_PIPE_LENGTH_BYTES,
                                                         whole - CVN_PIPE_LENGTH_BYTES)))
            return false;
        at += whole;
    }
    bool full = pipe->len == pipe->room; /* much comes: take in more at a time */
    pipe->len -= at;
    if (at > 0 && pipe->len > 0)
        memmove(pipe->bytes, pipe->bytes + at, pipe->len);
    if (full || pipe->len > ROOM_FIRST)
        want = ROOM_MAX;
    return make_room(pipe, want);
}

static void received(void *arg)
{
    struct cvn_pipe *pipe = arg;
    const struct cvn_pipe_events *events = pipe->events;
    void *owner = pipe->owner;
    bool ok = nng_aio_result(pipe->receive_aio) == 0;
    if (ok) {
        pipe->len += nng_aio_count(pipe->receive_aio);
        ok = nng_aio_count(pipe->receive_aio) > 0 && take_bundles(pipe);
    }
    if (ok) {
        events->receiving(owner);
        receive_more(pipe);
    } else {
        nng_stream_close(pipe->stream);
        events->gone(owner);
    }
    events->received(owner);
}

static void send_more(struct cvn_pipe *pipe)
{
    nng_iov iov[2];
    unsigned n = 0;
    size_t skip = pipe->n_sent;
    if (skip < sizeof pipe->length) {
        iov[n++] = (nng_iov){pipe->length + skip, sizeof pipe->length - skip};
        skip = 0;
    } else {
        skip -= sizeof pipe->length;
    }
    iov[n++] = (nng_iov){(uint8_t *)nng_msg_body(pipe->msg) + skip, nng_msg_len(pipe->msg) - skip};
    (void)nng_aio_set_iov(pipe->send_aio, n, iov);
    nng_stream_send(pipe->stream, pipe->send_aio);
}

static void sent(void *arg)
{
    struct cvn_pipe *pipe = arg;
    bool ok = nng_aio_result(pipe->send_aio) == 0;
    if (ok) {
        pipe->n_sent += nng_aio_count(pipe->send_aio);
        if (pipe->n_sent < sizeof pipe->length + nng_msg_len(pipe->msg)) {
            send_more(pipe);
            return;
        }
    }
    nng_msg_free(pipe->msg);
    pipe->msg = NULL;
    if (!ok)
        nng_stream_close(pipe->stream);
    pipe->events->sent(pipe->owner, ok);
}

int cvn_pipe_new(struct cvn_pipe **ret, nng_stream *stream, const struct cvn_pipe_events *events,
                 void *owner)
{
    struct cvn_pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) {
        nng_stream_free(stream);
        return -ENOMEM;
    }
    *pipe = (struct cvn_pipe){.stream = stream, .events = events, .owner = owner};
    if (!make_room(pipe, ROOM_FIRST) || nng_aio_alloc(&pipe->receive_aio, received, pipe) != 0 ||
        nng_aio_alloc(&pipe->send_aio, sent, pipe) != 0) {
        cvn_pipe_free(pipe);
        return -ENOMEM;
    }
    *ret = pipe;
    return 0;
}

void cvn_pipe_start(struct cvn_pipe *pipe)
{
    receive_more(pipe);
}

void cvn_pipe_send(struct cvn_pipe *pipe, nng_msg *bundle)
{
    uint32_t length = htobe32((uint32_t)nng_msg_len(bundle));
    memcpy(pipe->length, &length, sizeof length);
    pipe->msg = bundle;
    pipe->n_sent = 0;
    send_more(pipe);
}

void cvn_pipe_close(struct cvn_pipe *pipe)
{
    nng_stream_close(pipe->stream);
}

nng_stream *cvn_pipe_stream(struct cvn_pipe *pipe)
{
    return pipe->stream;
}

void cvn_pipe_free(struct cvn_pipe *pipe)
{
    if (!pipe)
        return;
    nng_stream_close(pipe->stream);
    if (pipe->receive_aio)
        nng_aio_reap(pipe->receive_aio);
    if (pipe->send_aio)
        nng_aio_reap(pipe->send_aio);
    nng_stream_free(pipe->stream);
    free(pipe->bytes);
    free(pipe);
}
