#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/pipe.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

enum {
    RECONNECT_MS_MIN = 20,
    RECONNECT_MS_MAX = 1000,
    DOUBLINGS_MAX = 6,
    CHECK_MS = 1000,         /* between looks at connections */
    GREETING_MS_MAX = 20000, /* from being connected until SETTINGS came; as in gRPC */
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
    bool lasts = false;
    if (!link->epoch)
        link->reason = cvn_pipe_reason(link->pipe, &lasts);
    cvn_link_down(link);
    if (lasts && link->channel->n_links == 1)
        cvn_client_calls_give_up(link->channel);
    (void)pthread_mutex_unlock(&link->channel->lock);
    cvn_channel_tell(link->channel);
}

static const struct cvn_pipe_events events = {take_bundle, receiving, received, sent, gone};

static int make_pipe(struct cvn_link *link, nng_stream *stream)
{
    return cvn_pipe_new(&link->pipe, &(struct cvn_pipe_start){.stream = stream,
                                                              .role = CVN_PIPE_REQ,
                                                              .is_ipc = link->is_ipc,
                                                              .is_tls = cvn_tls_is_url(link->url),
                                                              .events = &events,
                                                              .owner = link});
}

static void dial(void *arg)
{
    struct cvn_link *link = arg;
    if (nng_aio_result(link->pause_aio) == 0)
        nng_stream_dialer_dial(link->dialer, link->dial_aio);
}

static void set_check(struct cvn_channel *channel, int64_t at_ms)
{
    channel->check_ms = at_ms;
    cvn_watch_alarm(&channel->watch, at_ms);
}

/* Looks at one connection. False when that need not be done again. */
static bool check(struct cvn_link *link, int64_t now_ms)
{
    if (!link->pipe || !link->up)
        return false;
    if (!link->epoch && link->heard_ms + GREETING_MS_MAX <= now_ms)
        cvn_pipe_close(link->pipe);
    cvn_pipe_check(link->pipe);
    return !link->epoch || cvn_tls_is_url(link->url);
}

void cvn_link_pipes_check(struct cvn_channel *channel, int64_t now_ms)
{
    if (channel->check_ms > now_ms)
        set_check(channel, channel->check_ms);
    if (!channel->check_ms || channel->check_ms > now_ms)
        return;
    bool again = false;
    for (size_t i = 0; i < channel->n_links; i++)
        again = check(&channel->links[i], now_ms) || again;
    channel->check_ms = 0;
    if (again)
        set_check(channel, now_ms + CHECK_MS);
}

static void dialed(void *arg)
{
    struct cvn_link *link = arg;
    struct cvn_channel *channel = link->channel;
    int r = nng_aio_result(link->dial_aio);
    bool ok = r == 0;
    nng_stream *stream = ok ? nng_aio_get_output(link->dial_aio, 0) : NULL;
    (void)pthread_mutex_lock(&channel->lock);
    if (ok && channel->closing) {
        nng_stream_free(stream);
    } else if (ok && make_pipe(link, stream) == 0) {
        link->n_pipe_refs = 2; /* until received, and until the greeting is sent */
        link->outbox.sending = true;
        link->refused = false;
        cvn_link_up(link);
        cvn_pipe_start(link->pipe);
        if (!channel->check_ms)
            set_check(channel, cvn_rpc_now_ms() + CHECK_MS);
    } else {
        link->n_failures++;
        link->reason = NULL;
        link->refused = r == NNG_ECONNREFUSED || r == NNG_ENOENT;
        dial_later(link);
        if (link->refused)
            cvn_client_calls_note_refusal(channel);
    }
    (void)pthread_mutex_unlock(&channel->lock);
    cvn_channel_tell(channel);
}

static bool send_bundle(struct cvn_link *link, nng_msg *bundle, bool now)
{
    bool left = cvn_pipe_send(link->pipe, bundle, now);
    link->n_pipe_refs += !left; /* until sent */
    return left;
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

/* Has the dialer use the channel's certificates. 0 or nng's error. */
static int set_tls(struct cvn_link *link)
{
    nng_url *url;
    nng_tls_config *config;
    int r = nng_url_parse(&url, link->url);
    if (r)
        return r;
    r = cvn_tls_configure(link->channel->tls, url->u_hostname, &config) < 0 ? NNG_ENOMEM : 0;
    nng_url_free(url);
    if (r)
        return r;
    r = nng_stream_dialer_set_ptr(link->dialer, NNG_OPT_TLS_CONFIG, config);
    nng_tls_config_free(config);
    return r;
}

static int open_dialer(struct cvn_link *link, struct cvn_error *err)
{
    int r = nng_stream_dialer_alloc(&link->dialer, link->url);
    if (r == 0 && cvn_tls_is_url(link->url))
        r = set_tls(link);
    if (r == 0)
        r = nng_aio_alloc(&link->dial_aio, dialed, link);
    if (r == 0)
        r = nng_aio_alloc(&link->pause_aio, dial, link);
    if (r)
        return cvn_error_set(
            err, -EINVAL,
            "\"%s\" is no address to connect to (%s); ipc:///path, tcp://host:port, "
            "tls+tcp://host:port or inproc://name is right.",
            link->url, nng_strerror(r));
    nng_stream_dialer_dial(link->dialer, link->dial_aio);
    return 0;
}

static void close_dialer(struct cvn_link *link)
{
    struct cvn_channel *channel = link->channel;
    if (link->dialer)
        nng_stream_dialer_close(link->dialer);
    if (link->pause_aio)
        nng_aio_stop(link->pause_aio);
    /* It ends by itself now; nng 1.5.2 may free a TLS connection that is amid being cancelled. */
    if (link->dial_aio)
        nng_aio_wait(link->dial_aio);
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
