#include "rpc/channel_state.h"
#include "rpc/clock.h"

#include <errno.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdlib.h>

#define INPROC "inproc://" /* for the others see pipe.h */

enum {
    REQUEST_ID = (int)0x80000001u, /* raw REQ wants one in each message; ours tells nothing */
    RECEIVE_QUEUE = 16,
    RECEIVE_BYTES_MAX = CVN_WIRE_BUNDLE_HEADER_BYTES + CVN_WIRE_BUNDLE_BYTES_MAX + 64,
    RECONNECT_MS_MIN = 20,
    RECONNECT_MS_MAX = 1000,
};

static bool is_present(const struct cvn_link *link, nng_pipe pipe)
{
    return link->up && nng_pipe_id(pipe) == nng_pipe_id(link->nng_pipe);
}

void cvn_link_sockets_update(struct cvn_channel *channel)
{
    struct cvn_pipe_note *note = cvn_watch_take(&channel->watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        struct cvn_link *link = note->owner;
        if (note->came) {
            link->nng_pipe = note->pipe;
            cvn_link_up(link);
        } else if (is_present(link, note->pipe)) {
            cvn_link_down(link);
        }
        free(note);
        note = next;
    }
}

static void receive(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    if (nng_aio_result(link->receive_aio) != 0)
        return; /* closed */
    nng_msg *msg = nng_aio_get_msg(link->receive_aio);
    nng_pipe pipe = nng_msg_get_pipe(msg);
    (void)pthread_mutex_lock(&channel->lock);
    cvn_link_sockets_update(channel);
    if (is_present(link, pipe) &&
        !cvn_link_receive(link, cvn_slice(nng_msg_body(msg), nng_msg_len(msg))))
        (void)nng_pipe_close(pipe);
    (void)pthread_mutex_unlock(&channel->lock);
    nng_msg_free(msg);
    cvn_channel_tell(channel);
    nng_recv_aio(link->socket, link->receive_aio);
}

static void sent(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    int r = nng_aio_result(link->send_aio);
    if (r)
        nng_msg_free(nng_aio_get_msg(link->send_aio));
    (void)pthread_mutex_lock(&channel->lock);
    cvn_link_sent(link);
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
}

static bool send_bundle(struct cvn_link *link, nng_msg *bundle, bool now)
{
    (void)now;
    /* Without the number raw REQ drops the message. */
    (void)nng_msg_header_append_u32(bundle, (uint32_t)REQUEST_ID);
    nng_aio_set_msg(link->send_aio, bundle);
    nng_send_aio(link->socket, link->send_aio);
    return false;
}

/* nng would give what waits in the socket to the next server. */
static void forget(struct cvn_link *link)
{
    nng_aio_cancel(link->send_aio);
}

static void hang_up(struct cvn_link *link)
{
    (void)nng_pipe_close(link->nng_pipe);
}

static int open_socket(struct cvn_link *link, struct cvn_error *err)
{
    if (strncmp(link->url, INPROC, strlen(INPROC)) != 0)
        return cvn_error_set(err, -EINVAL,
                             "\"%s\" is no address to connect to; ipc:///path, tcp://host:port, "
                             "tls+tcp://host:port or inproc://name is right.",
                             link->url);
    if (nng_req0_open_raw(&link->socket) != 0)
        return cvn_error_set(err, -ENOMEM, "No memory for a socket.");
    link->source = (struct cvn_watch_source){&link->channel->watch, link};
    nng_dialer dialer;
    int r = nng_socket_set_int(link->socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE);
    if (r == 0)
        r = nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, RECEIVE_BYTES_MAX);
    if (r == 0)
        r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMINT, RECONNECT_MS_MIN);
    if (r == 0)
        r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMAXT, RECONNECT_MS_MAX);
    if (r == 0)
        r = nng_aio_alloc(&link->receive_aio, receive, link);
    if (r == 0)
        r = nng_aio_alloc(&link->send_aio, sent, link);
    if (r == 0)
        r = cvn_watch_socket(&link->source, link->socket) ? NNG_ENOMEM : 0;
    if (r == 0)
        r = nng_dialer_create(&dialer, link->socket, link->url);
    if (r == 0 && nng_dialer_start(dialer, 0) != 0) { /* nobody there yet: tries on */
        link->n_failures++;
        link->refused = true;
        r = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    }
    if (r == 0) {
        nng_recv_aio(link->socket, link->receive_aio);
        return 0;
    }
    return cvn_error_set(err, -EINVAL,
                         "\"%s\" is no address to connect to (%s); ipc:///path, tcp://host:port, "
                         "tls+tcp://host:port or inproc://name is right.",
                         link->url, nng_strerror(r));
}

static void close_socket(struct cvn_link *link)
{
    if (link->receive_aio)
        nng_aio_stop(link->receive_aio);
    if (link->send_aio)
        nng_aio_stop(link->send_aio);
    (void)nng_close(link->socket); /* one that was never opened is refused */
    nng_aio_free(link->receive_aio);
    nng_aio_free(link->send_aio);
}

const struct cvn_link_carrier cvn_link_socket = {open_socket, send_bundle, forget, hang_up,
                                                 close_socket};
