#include "rpc/channel_state.h"
#include "rpc/pipe.h"

#include <errno.h>

enum {
    RECONNECT_MS_MIN = 20,
    RECONNECT_MS_MAX = 1000,
    DOUBLINGS_MAX = 6,
};

/* Tries again after a while that doubles with each failure in a row; with the lock held. */
static void dial_later(struct cvn_link *link)
{
    unsigned n = link->n_failures - 1;
    int delay_ms = RECONNECT_MS_MIN << (n < DOUBLINGS_MAX ? n : DOUBLINGS_MAX);
    if (!link->channel->closing)
        nng_sleep_aio(delay_ms < RECONNECT_MS_MAX ? delay_ms : RECONNECT_MS_MAX, link->pause_aio);
}

/* Lets go of the pipe, whose last user dials again; with the lock held. */
static void unref(struct cvn_link *link)
{
    if (--link->n_pipe_refs > 0)
        return;
    cvn_pipe_free(link->pipe);
    link->pipe = NULL;
    dial_later(link);
    (void)pthread_cond_broadcast(&link->channel->calm);
}

static bool take_bundle(void *owner, struct cvn_slice bytes)
{
    struct cvn_link *link = owner;
    (void)pthread_mutex_lock(&link->channel->lock);
    bool good = link->up && cvn_link_receive(link, bytes);
    (void)pthread_mutex_unlock(&link->channel->lock);
    cvn_channel_tell(link->channel);
    return good;
}

static void receiving(void *owner)
{
    struct cvn_link *link = owner;
    (void)pthread_mutex_lock(&link->channel->lock);
    link->n_pipe_refs++;
    (void)pthread_mutex_unlock(&link->channel->lock);
}

static void received(void *owner)
{
    struct cvn_link *link = owner;
    (void)pthread_mutex_lock(&link->channel->lock);
    unref(link);
    (void)pthread_mutex_unlock(&link->channel->lock);
}

static void sent(void *owner, bool ok)
{
    struct cvn_link *link = owner;
    (void)pthread_mutex_lock(&link->channel->lock);
    if (ok && link->up)
        cvn_link_sent(link);
    else
        link->outbox.sending = false;
    (void)pthread_mutex_unlock(&link->channel->lock);
    cvn_channel_tell(link->channel);
    (void)pthread_mutex_lock(&link->channel->lock);
    unref(link); /* last: the channel may be freed as soon as the lock is released */
    (void)pthread_mutex_unlock(&link->channel->lock);
}

static void gone(void *owner)
{
    struct cvn_link *link = owner;
    (void)pthread_mutex_lock(&link->channel->lock);
    cvn_link_down(link);
    (void)pthread_mutex_unlock(&link->channel->lock);
    cvn_channel_tell(link->channel);
}

static const struct cvn_pipe_events events = {take_bundle, receiving, received, sent, gone};

static int make_pipe(struct cvn_link *link, nng_stream *stream)
{
    return cvn_pipe_new(&link->pipe, &(struct cvn_pipe_start){.stream = stream,
                                                              .role = CVN_PIPE_REQ,
                                                              .is_ipc = link->is_ipc,
                                                              .events = &events,
                                                              .owner = link});
}

static void dial(void *arg)
{
    struct cvn_link *link = arg;
    if (nng_aio_result(link->pause_aio) == 0)
        nng_stream_dialer_dial(link->dialer, link->dial_aio);
}

static void dialed(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    bool ok = nng_aio_result(link->dial_aio) == 0;
    nng_stream *stream = ok ? nng_aio_get_output(link->dial_aio, 0) : NULL;
    (void)pthread_mutex_lock(&channel->lock);
    if (ok && channel->closing) {
        nng_stream_free(stream);
    } else if (ok && make_pipe(link, stream) == 0) {
        link->n_pipe_refs = 2; /* until received, and until the greeting is sent */
        link->outbox.sending = true;
        cvn_link_up(link);
        cvn_pipe_start(link->pipe);
    } else {
        link->n_failures++;
        dial_later(link);
    }
    (void)pthread_mutex_unlock(&channel->lock);
}

static void send_bundle(struct cvn_link *link, nng_msg *bundle)
{
    link->n_pipe_refs++;
    cvn_pipe_send(link->pipe, bundle);
}

/* What the pipe has is lost with it. */
static void forget(struct cvn_link *link)
{
    (void)link;
}

static void hang_up(struct cvn_link *link)
{
    cvn_pipe_close(link->pipe);
}

static int open_dialer(struct cvn_link *link, struct cvn_error *err)
{
    int r = nng_stream_dialer_alloc(&link->dialer, link->url);
    if (r == 0)
        r = nng_aio_alloc(&link->dial_aio, dialed, link);
    if (r == 0)
        r = nng_aio_alloc(&link->pause_aio, dial, link);
    if (r)
        return cvn_error_set(
            err, -EINVAL,
            "\"%s\" is no address to connect to (%s); ipc:///path, tcp://host:port or "
            "inproc://name is right.",
            link->url, nng_strerror(r));
    nng_stream_dialer_dial(link->dialer, link->dial_aio);
    return 0;
}

static void close_dialer(struct cvn_link *link)
{
    struct cvn_channel *channel = link->channel;
    if (link->dialer)
        nng_stream_dialer_close(link->dialer);
    if (link->dial_aio)
        nng_aio_stop(link->dial_aio);
    if (link->pause_aio)
        nng_aio_stop(link->pause_aio);
    (void)pthread_mutex_lock(&channel->lock);
    if (link->pipe)
        cvn_pipe_close(link->pipe);
    while (link->pipe)
        (void)pthread_cond_wait(&channel->calm, &channel->lock);
    (void)pthread_mutex_unlock(&channel->lock);
    nng_aio_free(link->dial_aio);
    nng_aio_free(link->pause_aio);
    if (link->dialer)
        nng_stream_dialer_free(link->dialer);
}

const struct cvn_link_carrier cvn_link_pipe = {open_dialer, send_bundle, forget, hang_up,
                                               close_dialer};
