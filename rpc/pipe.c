#include "rpc/pipe.h"

#include <endian.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    GREETING_BYTES = 8,
    TLS_ALERT = 0x15, /* what a TLS server's answer to anything else begins with */
    /* Before each bundle: on ipc the kind of message, then the length of what follows, then the
     * number that REQ gives a request and REP returns; ours tells nothing. */
    KIND_BYTES = 1,
    KIND = 1,
    LENGTH_BYTES = 8,
    NUMBER_BYTES = 4,
    LEAD_BYTES_MAX = KIND_BYTES + LENGTH_BYTES + NUMBER_BYTES,
    BUNDLE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX,
    ROOM_FIRST = 4096, /* an idle connection keeps no more */
    ROOM_MAX = LEAD_BYTES_MAX + BUNDLE_BYTES_MAX,
};
#define NUMBER UINT32_C(0x80000001) /* the highest bit: the last of a stack of such numbers */

/* Of SP's connections: version 0, and the number of REQ or REP. */
static const uint8_t greetings[][GREETING_BYTES] = {
    [CVN_PIPE_REQ] = {0, 'S', 'P', 0, 0, 0x30, 0, 0},
    [CVN_PIPE_REP] = {0, 'S', 'P', 0, 0, 0x31, 0, 0},
};

struct cvn_pipe {
    nng_stream *stream;
    enum cvn_pipe_role role;
    size_t kind_bytes;    /* KIND_BYTES on ipc, else 0 */
    pthread_mutex_t lock; /* between giving nng something to do and closing */
    bool closed;
    bool is_tls;
    int fault; /* nng's, that ended it first; 0 for none */
    const struct cvn_pipe_events *events;
    void *owner;
    nng_aio *receive_aio, *send_aio;
    nng_aio *now_aio; /* sends what can leave at once; tells nobody */
    bool greeted;     /* the peer's greeting came */
    bool misgreeted;  /* something else did */
    uint8_t *bytes;   /* received and not told */
    size_t len, room;
    uint8_t lead[LEAD_BYTES_MAX]; /* being sent: this, then msg */
    size_t lead_len;
    nng_msg *msg; /* NULL with the greeting */
    size_t n_sent;
};

bool cvn_pipe_carries(const char *url, bool *ret_is_ipc)
{
    static const struct {
        const char *scheme;
        bool is_ipc;
    } carried[] = {
        {"ipc://", true},      {"unix://", true},      {"abstract://", true},
        {"tcp://", false},     {"tcp4://", false},     {"tcp6://", false},
        {"tls+tcp://", false}, {"tls+tcp4://", false}, {"tls+tcp6://", false},
    };
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++) {
        if (strncmp(url, carried[i].scheme, strlen(carried[i].scheme)) == 0) {
            *ret_is_ipc = carried[i].is_ipc;
            return true;
        }
    }
    return false;
}

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

/*
 * Gives the stream an aio. nng 1.5.2 never ends one that a closed stream is given, so that is not
 * let happen; its callback is told all the same, on another thread.
 */
static void submit(struct cvn_pipe *pipe, void (*operation)(nng_stream *, nng_aio *), nng_aio *aio)
{
    (void)pthread_mutex_lock(&pipe->lock);
    bool closed = pipe->closed;
    if (!closed)
        operation(pipe->stream, aio);
    (void)pthread_mutex_unlock(&pipe->lock);
    if (closed && nng_aio_begin(aio))
        nng_aio_finish(aio, NNG_ECLOSED);
}

/*
 * nng 1.5.2 has closed its own stream below that of TLS when the connection ended, and that can be
 * told from its having no peer's address any more, as soon as the peer's machine knows as well.
 */
void cvn_pipe_check(struct cvn_pipe *pipe)
{
    nng_sockaddr address;
    if (pipe->is_tls && nng_stream_get_addr(pipe->stream, NNG_OPT_REMADDR, &address) != 0)
        nng_stream_close(pipe->stream);
}

static void note_fault(struct cvn_pipe *pipe, int fault)
{
    (void)pthread_mutex_lock(&pipe->lock);
    if (!pipe->fault && !pipe->closed)
        pipe->fault = fault;
    (void)pthread_mutex_unlock(&pipe->lock);
}

const char *cvn_pipe_reason(struct cvn_pipe *pipe, bool *ret_lasts)
{
    bool verified = true;
    *ret_lasts = false;
    if (pipe->greeted || pipe->kind_bytes > 0)
        return NULL;
    if (pipe->is_tls)
        (void)nng_stream_get_bool(pipe->stream, NNG_OPT_TLS_VERIFIED, &verified);
    *ret_lasts =
        pipe->misgreeted || !verified || pipe->fault == NNG_ECRYPTO || pipe->fault == NNG_EPEERAUTH;
    if (pipe->misgreeted && pipe->bytes[0] == TLS_ALERT)
        return "what answers there speaks TLS; tls+tcp:// is right";
    if (pipe->misgreeted)
        return "what answers there does not speak this protocol";
    if (!verified)
        return "this side did not accept the server's certificate; it must be from an authority "
               "that is trusted here, for the name of the host, and not expired";
    if (pipe->is_tls && pipe->fault)
        return "the TLS handshake failed; either that side does not speak TLS there, or it did not "
               "accept this side's certificate, or wants one";
    return pipe->fault ? "what listens there hung up at once; it may want tls+tcp://" : NULL;
}

static void receive_more(struct cvn_pipe *pipe)
{
    nng_iov iov = {pipe->bytes + pipe->len, pipe->room - pipe->len};
    (void)nng_aio_set_iov(pipe->receive_aio, 1, &iov);
    submit(pipe, nng_stream_recv, pipe->receive_aio);
    cvn_pipe_check(pipe);
}

/*
 * Reads what stands before a bundle. 1 and the bundle's length; 0 when more must come first; a
 * negative number when this is no bundle of ours.
 */
static int read_lead(const struct cvn_pipe *pipe, const uint8_t *at, size_t len, size_t *ret_len)
{
    uint64_t length;
    uint32_t number;
    if (len < pipe->kind_bytes + sizeof length)
        return 0;
    if (pipe->kind_bytes > 0 && at[0] != KIND)
        return -EPROTO;
    memcpy(&length, at + pipe->kind_bytes, sizeof length);
    length = be64toh(length);
    /* Judged before the number is there: of a message too short to have one, no more comes. */
    if (length < sizeof number || length - sizeof number > BUNDLE_BYTES_MAX)
        return -EPROTO;
    if (len < pipe->kind_bytes + sizeof length + sizeof number)
        return 0;
    memcpy(&number, at + pipe->kind_bytes + sizeof length, sizeof number);
    if (!(be32toh(number) & UINT32_C(0x80000000)))
        return -EPROTO;
    *ret_len = (size_t)length - sizeof number;
    return 1;
}

/* True when the peer is what it should be, as far as it has said. */
static bool take_greeting(struct cvn_pipe *pipe)
{
    const uint8_t *wanted = greetings[pipe->role == CVN_PIPE_REQ ? CVN_PIPE_REP : CVN_PIPE_REQ];
    size_t len = pipe->len < GREETING_BYTES ? pipe->len : GREETING_BYTES;
    pipe->greeted = len == GREETING_BYTES;
    pipe->misgreeted = memcmp(pipe->bytes, wanted, len) != 0;
    return !pipe->misgreeted;
}

/* Tells the bundles that are there and makes room for the next. False: close. */
static bool take_bundles(struct cvn_pipe *pipe)
{
    size_t lead_len = pipe->kind_bytes + LENGTH_BYTES + NUMBER_BYTES;
    size_t at = 0;
    size_t want = ROOM_FIRST;
    size_t len;
    int r = 1;
    if (!pipe->greeted) {
        if (!take_greeting(pipe))
            return false;
        at = pipe->greeted ? GREETING_BYTES : 0;
    }
    while (pipe->greeted && (r = read_lead(pipe, pipe->bytes + at, pipe->len - at, &len)) > 0) {
        if (pipe->len - at < lead_len + len) {
            want = lead_len + len > ROOM_FIRST ? ROOM_MAX : ROOM_FIRST;
            break;
        }
        if (!pipe->events->bundle(pipe->owner, cvn_slice(pipe->bytes + at + lead_len, len)))
            return false;
        at += lead_len + len;
    }
    if (r < 0)
        return false;
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
    int fault = nng_aio_result(pipe->receive_aio);
    bool ok = fault == 0;
    if (fault)
        note_fault(pipe, fault);
    if (ok) {
        pipe->len += nng_aio_count(pipe->receive_aio);
        ok = nng_aio_count(pipe->receive_aio) > 0 && take_bundles(pipe);
    }
    if (ok) {
        events->receiving(owner);
        receive_more(pipe);
    } else {
        cvn_pipe_close(pipe);
        events->gone(owner);
    }
    events->received(owner);
}

static void set_rest(struct cvn_pipe *pipe, nng_aio *aio)
{
    nng_iov iov[2];
    unsigned n = 0;
    size_t skip = pipe->n_sent;
    if (skip < pipe->lead_len) {
        iov[n++] = (nng_iov){pipe->lead + skip, pipe->lead_len - skip};
        skip = 0;
    } else {
        skip -= pipe->lead_len;
    }
    if (pipe->msg)
        iov[n++] =
            (nng_iov){(uint8_t *)nng_msg_body(pipe->msg) + skip, nng_msg_len(pipe->msg) - skip};
    (void)nng_aio_set_iov(aio, n, iov);
}

static void send_more(struct cvn_pipe *pipe)
{
    set_rest(pipe, pipe->send_aio);
    submit(pipe, nng_stream_send, pipe->send_aio);
}

static bool is_sent(const struct cvn_pipe *pipe)
{
    return pipe->n_sent == pipe->lead_len + (pipe->msg ? nng_msg_len(pipe->msg) : 0);
}

/*
 * nng writes what a socket takes before it returns, and what is cancelled after that was not
 * written at all. An aio without a callback ends on the thread that ends it, so that the wait,
 * mostly for nothing, needs no other thread of nng's and is allowed in callbacks. Not with TLS, of
 * which nng 1.5.2 may free what is being cancelled.
 */
static bool send_now(struct cvn_pipe *pipe)
{
    if (pipe->is_tls)
        return false;
    set_rest(pipe, pipe->now_aio);
    submit(pipe, nng_stream_send, pipe->now_aio);
    nng_aio_cancel(pipe->now_aio);
    nng_aio_wait(pipe->now_aio);
    if (nng_aio_result(pipe->now_aio) == 0)
        pipe->n_sent += nng_aio_count(pipe->now_aio);
    if (!is_sent(pipe))
        return false;
    nng_msg_free(pipe->msg);
    pipe->msg = NULL;
    return true;
}

static void sent(void *arg)
{
    struct cvn_pipe *pipe = arg;
    int fault = nng_aio_result(pipe->send_aio);
    bool ok = fault == 0;
    if (fault)
        note_fault(pipe, fault);
    if (ok) {
        pipe->n_sent += nng_aio_count(pipe->send_aio);
        if (!is_sent(pipe)) {
            send_more(pipe);
            return;
        }
    }
    nng_msg_free(pipe->msg);
    pipe->msg = NULL;
    if (!ok)
        cvn_pipe_close(pipe);
    pipe->events->sent(pipe->owner, ok);
}

int cvn_pipe_new(struct cvn_pipe **ret, const struct cvn_pipe_start *start)
{
    struct cvn_pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) {
        nng_stream_free(start->stream);
        return -ENOMEM;
    }
    *pipe = (struct cvn_pipe){
        .stream = start->stream,
        .role = start->role,
        .kind_bytes = start->is_ipc ? KIND_BYTES : 0,
        .is_tls = start->is_tls,
        .events = start->events,
        .owner = start->owner,
    };
    (void)pthread_mutex_init(&pipe->lock, NULL);
    (void)nng_stream_set_bool(pipe->stream, NNG_OPT_TCP_NODELAY, true); /* ipc has no such thing */
    if (!make_room(pipe, ROOM_FIRST) || nng_aio_alloc(&pipe->receive_aio, received, pipe) != 0 ||
        nng_aio_alloc(&pipe->send_aio, sent, pipe) != 0 ||
        nng_aio_alloc(&pipe->now_aio, NULL, NULL) != 0) {
        cvn_pipe_free(pipe);
        return -ENOMEM;
    }
    *ret = pipe;
    return 0;
}

void cvn_pipe_start(struct cvn_pipe *pipe)
{
    memcpy(pipe->lead, greetings[pipe->role], GREETING_BYTES);
    pipe->lead_len = GREETING_BYTES;
    send_more(pipe);
    receive_more(pipe);
}

bool cvn_pipe_send(struct cvn_pipe *pipe, nng_msg *bundle, bool now)
{
    uint64_t length = htobe64(nng_msg_len(bundle) + NUMBER_BYTES);
    uint32_t number = htobe32(NUMBER);
    pipe->lead[0] = KIND;
    memcpy(pipe->lead + pipe->kind_bytes, &length, sizeof length);
    memcpy(pipe->lead + pipe->kind_bytes + sizeof length, &number, sizeof number);
    pipe->lead_len = pipe->kind_bytes + sizeof length + sizeof number;
    pipe->msg = bundle;
    pipe->n_sent = 0;
    if (now && send_now(pipe))
        return true;
    send_more(pipe);
    return false;
}

void cvn_pipe_close(struct cvn_pipe *pipe)
{
    (void)pthread_mutex_lock(&pipe->lock);
    pipe->closed = true;
    (void)pthread_mutex_unlock(&pipe->lock);
    nng_stream_close(pipe->stream);
}

void cvn_pipe_free(struct cvn_pipe *pipe)
{
    if (!pipe)
        return;
    cvn_pipe_close(pipe);
    if (pipe->receive_aio)
        nng_aio_reap(pipe->receive_aio);
    if (pipe->send_aio)
        nng_aio_reap(pipe->send_aio);
    if (pipe->now_aio)
        nng_aio_free(pipe->now_aio);
    nng_stream_free(pipe->stream);
    (void)pthread_mutex_destroy(&pipe->lock);
    free(pipe->bytes);
    free(pipe);
}

nng_stream *cvn_pipe_stream(struct cvn_pipe *pipe)
{
    return pipe->stream;
}
