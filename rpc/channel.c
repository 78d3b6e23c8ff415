#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/pipe.h"
#include "rpc/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { TOLD_AT_ONCE_MAX = 16 };

uint32_t cvn_channel_random(struct cvn_channel *channel)
{
    channel->random ^= channel->random << 13; /* xorshift32 (Marsaglia 2003) */
    channel->random ^= channel->random >> 17;
    channel->random ^= channel->random << 5;
    return channel->random;
}

void cvn_channel_note(struct cvn_channel *channel, struct cvn_client_call *call)
{
    if (call->stream)
        cvn_stream_wake(call->stream);
    if (call->to_tell)
        return;
    call->to_tell = true;
    call->next_told = NULL;
    if (channel->told_last)
        channel->told_last->next_told = call;
    else
        channel->told_first = call;
    channel->told_last = call;
}

static void tell_end(struct cvn_channel *channel, struct cvn_client_call *call)
{
    for (size_t i = call->n_begun; i > 0; i--) {
        const struct cvn_client_interceptor *interceptor = &channel->interceptors[i - 1];
        if (interceptor->end)
            interceptor->end(interceptor->user, call->method, call->status.code,
                             cvn_rpc_now_us() - call->began_us);
    }
}

/* With the lock held, which is let go meanwhile. */
static void tell_stream(struct cvn_channel *channel, struct cvn_client_call *call)
{
    if (call->ended && !call->end_told) {
        call->end_told = true;
        call->to_tell = true; /* so that its owner does not free it meanwhile */
        (void)pthread_mutex_unlock(&channel->lock);
        tell_end(channel, call);
        (void)pthread_mutex_lock(&channel->lock);
        call->to_tell = false;
    }
    cvn_stream_tell(channel, call);
}

/* Takes the first of those to be told out; NULL when there is none. */
static struct cvn_client_call *shift_told(struct cvn_channel *channel)
{
    struct cvn_client_call *call = channel->told_first;
    if (!call)
        return NULL;
    channel->told_first = call->next_told;
    if (!channel->told_first)
        channel->told_last = NULL;
    call->next_told = NULL;
    call->to_tell = false;
    return call;
}

static bool is_unary(const struct cvn_client_call *call)
{
    return call && !call->streams;
}

bool cvn_channel_holds(const struct cvn_channel *channel)
{
    return channel->holding && pthread_equal(channel->holder, pthread_self());
}

void cvn_channel_hold_no_more(struct cvn_channel *channel)
{
    if (!cvn_channel_holds(channel))
        return;
    channel->holding = false;
    for (size_t i = 0; i < channel->n_links; i++)
        cvn_link_send(&channel->links[i]);
}

/*
 * Tells of a unary call and of those behind it that are, too; the lock is let go meanwhile. Calls
 * that are made of it leave together, which is worth a bundle: a callback is quick and waits for
 * none of them.
 */
static void tell_unary(struct cvn_channel *channel, struct cvn_client_call *call)
{
    struct cvn_client_call *last = call;
    for (int n = 1; n < TOLD_AT_ONCE_MAX && is_unary(channel->told_first); n++) {
        last->next_told = shift_told(channel);
        last = last->next_told;
    }
    if (!channel->holding) {
        channel->holding = true;
        channel->holder = pthread_self();
    }
    (void)pthread_mutex_unlock(&channel->lock);
    while (call) {
        struct cvn_client_call *next = call->next_told;
        bool ok = call->status.code == CVN_OK;
        tell_end(channel, call);
        call->sink.done(call->sink.arg, &call->status,
                        cvn_slice(call->reply, ok ? call->reply_len : 0));
        cvn_client_call_free(call);
        call = next;
    }
    (void)pthread_mutex_lock(&channel->lock);
    cvn_channel_hold_no_more(channel);
}

void cvn_channel_tell(struct cvn_channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    struct cvn_client_call *call;
    while ((call = shift_told(channel))) {
        if (call->watches)
            cvn_link_health_tell(call);
        else if (call->streams)
            tell_stream(channel, call);
        else
            tell_unary(channel, call);
    }
    (void)pthread_mutex_unlock(&channel->lock);
}

void cvn_channel_tell_elsewhere(struct cvn_channel *channel, const struct cvn_client_call *last)
{
    if (channel->told_last != last)
        cvn_watch_alarm(&channel->watch, 1); /* a time long past */
}

/* The next address in turn that takes calls; NULL when none does. */
static struct cvn_link *pick(struct cvn_channel *channel)
{
    for (size_t i = 0; i < channel->n_links; i++) {
        size_t place = (channel->next_link + i) % channel->n_links;
        struct cvn_link *link = &channel->links[place];
        if (link->ready && !link->unhealthy) {
            channel->next_link = (place + 1) % channel->n_links;
            return link;
        }
    }
    return NULL;
}

void cvn_channel_put_waiting(struct cvn_channel *channel)
{
    struct cvn_client_call *call;
    struct cvn_link *link;
    while ((call = channel->waiting_first) && (link = pick(channel))) {
        if (!cvn_client_call_put(call, link))
            return;
        cvn_link_send(link);
    }
}

void cvn_channel_put(struct cvn_channel *channel, struct cvn_client_call *call)
{
    struct cvn_link *link = channel->waiting_first ? NULL : pick(channel);
    if (link && cvn_client_call_put(call, link)) {
        cvn_link_send(link);
        return;
    }
    cvn_client_call_wait(channel, call);
    cvn_channel_put_waiting(channel);
}

static void *watch(void *arg)
{
    struct cvn_channel *channel = arg;
    while (cvn_watch_wait(&channel->watch)) {
        (void)pthread_mutex_lock(&channel->lock);
        cvn_link_sockets_update(channel);
        int64_t now_ms = cvn_rpc_now_ms();
        struct cvn_deadline *first;
        while ((first = cvn_deadlines_first(&channel->alarms)) && first->at_ms <= now_ms)
            cvn_client_call_alarm(
                channel, (void *)((char *)first - offsetof(struct cvn_client_call, alarm)), now_ms);
        if (first)
            cvn_watch_alarm(&channel->watch, first->at_ms);
        cvn_links_keep_alive(channel, now_ms);
        cvn_links_health_again(channel, now_ms);
        cvn_link_pipes_check(channel, now_ms);
        cvn_channel_put_waiting(channel);
        (void)pthread_mutex_unlock(&channel->lock);
        cvn_channel_tell(channel);
    }
    return NULL;
}

static void set_defaults(struct cvn_channel_options *options)
{
    if (!options->connect_timeout_ms)
        options->connect_timeout_ms = CVN_CHANNEL_CONNECT_TIMEOUT_MS_DEFAULT;
    if (!options->refused_timeout_ms || options->refused_timeout_ms > options->connect_timeout_ms)
        options->refused_timeout_ms = options->connect_timeout_ms;
    if (!options->max_message_bytes)
        options->max_message_bytes = CVN_CHANNEL_MESSAGE_BYTES_DEFAULT;
    if (!options->max_queue_bytes)
        options->max_queue_bytes = CVN_CHANNEL_QUEUE_BYTES_DEFAULT;
    if (options->max_queue_bytes < CVN_CHANNEL_QUEUE_BYTES_MIN)
        options->max_queue_bytes = CVN_CHANNEL_QUEUE_BYTES_MIN;
    if (!options->max_calls)
        options->max_calls = CVN_CHANNEL_CALLS_DEFAULT;
    if (!options->stream_credit_bytes)
        options->stream_credit_bytes = CVN_FLOW_CREDIT_BYTES;
    if (!options->keepalive_time_ms)
        options->keepalive_time_ms = CVN_CHANNEL_KEEPALIVE_TIME_MS_DEFAULT;
    if (!options->keepalive_timeout_ms)
        options->keepalive_timeout_ms = CVN_CHANNEL_KEEPALIVE_TIMEOUT_MS_DEFAULT;
    if (!options->user_agent)
        options->user_agent = "convene/" CVN_VERSION;
}

/* Copies one optional text. False without memory. */
static bool keep(char **to, const char *text)
{
    *to = text ? strdup(text) : NULL;
    return !text || *to;
}

/* Splits the addresses into links that are not open yet. 0 or a fault with the sentence in err. */
static int make_links(struct cvn_channel *channel, struct cvn_error *err)
{
    size_t n = 1;
    for (const char *at = channel->urls; (at = strchr(at, ',')); at++)
        n++;
    if (n > CVN_CHANNEL_ADDRESSES_MAX)
        return cvn_error_set(err, -E2BIG, "A channel takes at most %d addresses, not %zu.",
                             CVN_CHANNEL_ADDRESSES_MAX, n);
    channel->links = calloc(n, sizeof *channel->links);
    if (!channel->links)
        return -ENOMEM;
    const char *at = channel->urls;
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(at, ",");
        struct cvn_link *link = &channel->links[channel->n_links++];
        link->channel = channel;
        cvn_outbox_init(&link->outbox, channel->options.max_queue_bytes);
        link->url = strndup(at, len);
        link->carrier = cvn_pipe_carries(at, &link->is_ipc) ? &cvn_link_pipe : &cvn_link_socket;
        if (!link->url)
            return -ENOMEM;
        at += len + 1;
    }
    return 0;
}

/* Reads the files of TLS, if an address needs them. */
static int make_tls(struct cvn_channel *channel, struct cvn_error *err)
{
    bool needed = false;
    for (size_t i = 0; i < channel->n_links; i++)
        needed = needed || cvn_tls_is_url(channel->links[i].url);
    int r = needed ? cvn_tls_new(&channel->tls, CVN_TLS_CLIENT, &channel->options.tls, err) : 0;
    channel->options.tls = (struct cvn_tls_files){NULL}; /* its texts may go now */
    return r;
}

static int start(struct cvn_channel *channel, struct cvn_error *err)
{
    int r = make_links(channel, err);
    if (r == 0)
        r = make_tls(channel, err);
    for (; r == 0 && channel->n_opened < channel->n_links; channel->n_opened++) {
        struct cvn_link *link = &channel->links[channel->n_opened];
        r = link->carrier->open(link, err);
    }
    if (r)
        return r;
    if (pthread_create(&channel->watcher, NULL, watch, channel) != 0)
        return cvn_error_set(err, -EAGAIN, "No thread for a channel.");
    channel->watching = true;
    return 0;
}

int cvn_channel_new(struct cvn_channel **ret, const char *urls,
                    const struct cvn_channel_options *options, struct cvn_error *err)
{
    struct cvn_channel *channel = calloc(1, sizeof *channel);
    if (!channel || cvn_watch_init(&channel->watch) < 0) {
        free(channel);
        return cvn_error_set(err, -ENOMEM, "No memory for a channel.");
    }
    if (options)
        channel->options = *options;
    set_defaults(&channel->options);
    (void)pthread_mutex_init(&channel->lock, NULL);
    (void)pthread_cond_init(&channel->calm, NULL);
    cvn_retry_throttle_init(&channel->throttle, &channel->options.retry);
    if (getrandom(&channel->random, sizeof channel->random, 0) != sizeof channel->random)
        channel->random = (uint32_t)cvn_rpc_now_us();
    channel->random |= 1; /* 0 would stay 0 */
    int r = cvn_error_set(err, -ENOMEM, "No memory for a channel.");
    if (channel->options.n_interceptors > CVN_CHANNEL_INTERCEPTORS_MAX)
        r = cvn_error_set(err, -E2BIG, "A channel takes at most %d interceptors.",
                          CVN_CHANNEL_INTERCEPTORS_MAX);
    else if (keep(&channel->urls, urls) &&
             keep(&channel->user_agent, channel->options.user_agent) &&
             keep(&channel->authorization, channel->options.authorization) &&
             keep(&channel->health_service, channel->options.health_service))
        r = 0;
    for (size_t i = 0; r == 0 && i < channel->options.n_interceptors; i++)
        channel->interceptors[i] = channel->options.interceptors[i];
    if (r == 0)
        r = start(channel, err);
    if (r) {
        cvn_channel_free(channel);
        return r;
    }
    *ret = channel;
    return 0;
}

/* Ends every call; its server finds out when the connection is closed. */
static void give_up(struct cvn_channel *channel)
{
    channel->closing = true;
    struct cvn_client_call *call, *next;
    HASH_ITER(hh, channel->calls, call, next)
    {
        cvn_client_call_fail(channel, call, CVN_CANCELLED, "The channel was closed.");
    }
    for (size_t i = 0; i < channel->n_links; i++)
        if (channel->links[i].health)
            cvn_client_call_fail(channel, channel->links[i].health, CVN_CANCELLED,
                                 "The channel was closed.");
}

void cvn_channel_free(struct cvn_channel *channel)
{
    if (!channel)
        return;
    (void)pthread_mutex_lock(&channel->lock);
    give_up(channel);
    (void)pthread_mutex_unlock(&channel->lock);
    if (channel->watching) {
        cvn_watch_stop(&channel->watch);
        (void)pthread_join(channel->watcher, NULL);
    }
    for (size_t i = 0; i < channel->n_opened; i++)
        channel->links[i].carrier->close(&channel->links[i]);
    cvn_channel_tell(channel);
    for (size_t i = 0; i < channel->n_links; i++) {
        cvn_outbox_reset(&channel->links[i].outbox);
        free(channel->links[i].url);
    }
    cvn_watch_deinit(&channel->watch);
    cvn_deadlines_deinit(&channel->alarms);
    cvn_deadlines_deinit(&channel->keepalives);
    cvn_deadlines_deinit(&channel->health_agains);
    (void)pthread_cond_destroy(&channel->calm);
    (void)pthread_mutex_destroy(&channel->lock);
    free(channel->links);
    free(channel->urls);
    free(channel->authorization);
    free(channel->user_agent);
    free(channel->health_service);
    cvn_tls_free(channel->tls);
    free(channel);
}

void cvn_channel_read_stats(struct cvn_channel *channel, struct cvn_channel_stats *ret)
{
    (void)pthread_mutex_lock(&channel->lock);
    *ret = (struct cvn_channel_stats){
        .n_addresses = (unsigned)channel->n_links,
        .n_calls = HASH_COUNT(channel->calls),
        .n_retries = channel->n_retries,
        .n_transparent_retries = channel->n_transparent_retries,
    };
    const struct cvn_client_call *call;
    for (call = channel->calls; call; call = call->hh.next)
        ret->unsent_bytes += call->out.queue.bytes + (call->link ? 0 : call->request.len);
    for (size_t i = 0; i < channel->n_links; i++)
        ret->unsent_bytes += channel->links[i].outbox.queue.bytes;
    for (size_t i = 0; i < channel->n_links; i++)
        ret->n_ready += channel->links[i].ready && !channel->links[i].unhealthy;
    (void)pthread_mutex_unlock(&channel->lock);
}
