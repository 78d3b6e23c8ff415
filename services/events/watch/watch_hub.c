#include "services/events/watch/watch_hub.h"

#include "convene/events/v1/watch.pb-c.h"
#include "rpc/server.h"
#include "services/events/watch/watch_feed.h"
#include "services/runtime/answer.h"
#include "services/runtime/methods.h"
#include "storage/store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RETRY_DELAY_MS = 1000,
    ROUND_STEPS_MAX = 256, /* that share one snapshot */
    BUSY_MS = 10,          /* until the next try where the store had no snapshot left */
};

/* A call of WatchEvents, in its arena. Whoever takes it off the list has to finish the call. */
struct watcher {
    struct watcher *next, **link; /* of all */
    struct watcher *run_next;     /* of those that are due */
    struct cvn_server_call *call;
    struct cvn_principal who;
    char caller[CVN_PRINCIPAL_TEXT_BYTES]; /* whom it counts for */
    const uint8_t *token_key;
    int64_t identified_ms;
    struct cvn_watch_feed feed;
    bool listed;
    bool due;       /* in the queue */
    bool running;   /* the follower has it */
    bool again;     /* became due while it ran */
    bool blocked;   /* its call takes no more for now */
    bool cancelled; /* nobody waits any more; the follower ends it */
};

struct cvn_watch_hub {
    struct cvn_watch_hub_options options;
    struct cvn_store_listener listener;
    pthread_t follower;
    pthread_mutex_t lock; /* never held while a call is written to or finished */
    pthread_cond_t wake;
    struct watcher *watchers;
    size_t n_watchers;
    struct watcher *due_first, **due_end;
    bool grown; /* the log has, since the watchers were last made due */
    bool stale; /* what the follower's snapshot does not have is to be told */
    bool draining, stopping, joined;
    pthread_cond_t calm; /* the last watcher is gone */
};

/* What the follower works with: one snapshot for a number of steps, and what it has read of it. */
struct round {
    struct cvn_watch_hub *hub;
    struct cvn_txn *snapshot; /* NULL between rounds */
    unsigned n_steps;
    struct cvn_watch_page page;
    struct cvn_arena arena;
    struct cvn_status status;
};

static const struct cvn_service_method need = {"WatchEvents", CVN_METHOD_READ, CVN_ACCESS_PUBLIC,
                                               .scope = CVN_SCOPE_READ};

static const struct cvn_status stopping = {
    .code = CVN_UNAVAILABLE,
    .message = "The server is stopping; go on with another, from the last cursor.",
};

/* With the lock held, as the next three. */
static void list(struct cvn_watch_hub *hub, struct watcher *watcher)
{
    watcher->next = hub->watchers;
    watcher->link = &hub->watchers;
    if (watcher->next)
        watcher->next->link = &watcher->next;
    hub->watchers = watcher;
    hub->n_watchers++;
    watcher->listed = true;
}

static void unlist(struct cvn_watch_hub *hub, struct watcher *watcher)
{
    *watcher->link = watcher->next;
    if (watcher->next)
        watcher->next->link = watcher->link;
    hub->n_watchers--;
    watcher->listed = false;
}

static void make_due(struct cvn_watch_hub *hub, struct watcher *watcher)
{
    if (watcher->running) {
        watcher->again = true;
        return;
    }
    if (watcher->due || !watcher->listed)
        return;
    watcher->due = true;
    watcher->run_next = NULL;
    *hub->due_end = watcher;
    hub->due_end = &watcher->run_next;
    (void)pthread_cond_signal(&hub->wake);
}

static struct watcher *shift_due(struct cvn_watch_hub *hub)
{
    struct watcher *watcher = hub->due_first;
    if (watcher) {
        hub->due_first = watcher->run_next;
        if (!hub->due_first)
            hub->due_end = &hub->due_first;
        watcher->due = false;
    }
    return watcher;
}

static void log_grew(void *arg)
{
    struct cvn_watch_hub *hub = arg;
    (void)pthread_mutex_lock(&hub->lock);
    hub->grown = hub->stale = true;
    (void)pthread_cond_signal(&hub->wake);
    (void)pthread_mutex_unlock(&hub->lock);
}

static void end_round(struct round *round)
{
    cvn_watch_page_drop(&round->page);
    cvn_snapshot_release(round->snapshot);
    round->snapshot = NULL;
    round->n_steps = 0;
}

/* The context of a step; its arena is emptied by the feed. */
static struct cvn_ctx context(struct round *round, const struct watcher *watcher)
{
    const struct cvn_watch_hub_options *options = &round->hub->options;
    cvn_arena_reset(&round->arena);
    round->status = (struct cvn_status){0};
    struct cvn_ctx ctx = {
        .arena = &round->arena,
        .txn = round->snapshot,
        .who = watcher->who,
        .now_ms = options->wall_clock_ms(),
        .service = options->service,
        .status = &round->status,
        .token_key = watcher->token_key,
    };
    cvn_problems_init(&ctx.problems, ctx.arena);
    return ctx;
}

/* A key may have been revoked, or have ended, since it was looked at. */
static int identify(struct round *round, struct watcher *watcher)
{
    const struct cvn_watch_hub_options *options = &round->hub->options;
    int64_t now_ms = options->wall_clock_ms(), age_ms = now_ms - watcher->identified_ms;
    if (!watcher->who.by_key || (age_ms >= 0 && age_ms < CVN_WATCH_IDENTIFY_EVERY_MS))
        return 0;
    end_round(round); /* keys are read in a snapshot of their own */
    struct cvn_ctx ctx = context(round, watcher);
    int r = cvn_runtime_admit_again(options->runtime, watcher->call, &need, &ctx);
    if (r == 0) {
        watcher->who = ctx.who;
        watcher->identified_ms = now_ms;
    }
    return r;
}

static int write_message(void *arg, const Convene__Events__V1__WatchEventsResponse *message)
{
    int r = cvn_server_call_write(arg, &message->base);
    return r == CVN_CALL_LATER ? CVN_WATCH_LATER : r;
}

/* One step of a watcher. What the feed gives, or CVN_STORE_BUSY. */
static int step(struct round *round, struct watcher *watcher)
{
    const struct cvn_watch_sink sink = {write_message, watcher->call};
    int r = identify(round, watcher);
    if (r == 0 && !round->snapshot)
        r = cvn_store_snapshot(round->hub->options.store, &round->snapshot);
    if (r)
        return r;
    struct cvn_ctx ctx = context(round, watcher);
    r = cvn_watch_feed_step(&watcher->feed, &ctx, &round->page, &sink);
    if (++round->n_steps >= ROUND_STEPS_MAX)
        end_round(round);
    return r;
}

/* The last that a watcher is told when the server ends it: how far it has come. */
static void say_goodbye(struct round *round, struct watcher *watcher)
{
    const struct cvn_watch_sink sink = {write_message, watcher->call};
    struct cvn_ctx ctx = context(round, watcher);
    (void)cvn_watch_feed_say_cursor(&watcher->feed, &ctx, &sink);
}

/* Finishes the call of one that is off the list. */
static void finish(struct round *round, struct watcher *watcher, int r)
{
    static const struct cvn_status cancelled = {.code = CVN_CANCELLED};
    const struct cvn_status *status = &round->status;
    if (watcher->cancelled || r == -EPIPE) {
        status = &cancelled;
    } else if (r == -ESHUTDOWN) {
        say_goodbye(round, watcher);
        status = &stopping;
    } else if (r != CVN_REFUSED) {
        cvn_arena_reset(&round->arena);
        round->status = (struct cvn_status){0};
        cvn_answer_fault(&round->status, &round->arena, r);
    }
    cvn_server_call_finish(watcher->call, status, NULL);
}

/* With the lock held, which is let go for a moment. */
static void end_round_unlocked(struct cvn_watch_hub *hub, struct round *round)
{
    hub->stale = false;
    (void)pthread_mutex_unlock(&hub->lock);
    end_round(round);
    (void)pthread_mutex_lock(&hub->lock);
}

/* The next watcher that is due; waits for it. NULL when the hub stops. With the lock held. */
static struct watcher *next_due(struct cvn_watch_hub *hub, struct round *round)
{
    while (!hub->stopping) {
        if (hub->grown) {
            hub->grown = false;
            for (struct watcher *watcher = hub->watchers; watcher; watcher = watcher->next)
                if (!watcher->blocked)
                    make_due(hub, watcher);
        }
        if (round->snapshot && (hub->stale || !hub->due_first)) {
            end_round_unlocked(hub, round);
            continue;
        }
        struct watcher *watcher = shift_due(hub);
        if (watcher)
            return watcher;
        (void)pthread_cond_wait(&hub->wake, &hub->lock);
    }
    return NULL;
}

/* Runs a watcher, and ends it or says when it is due again. With the lock held. */
static void serve(struct cvn_watch_hub *hub, struct round *round, struct watcher *watcher)
{
    bool draining = hub->draining;
    watcher->running = true;
    watcher->again = watcher->blocked = false;
    (void)pthread_mutex_unlock(&hub->lock);
    int r = draining ? -ESHUTDOWN : step(round, watcher);
    if (r == CVN_STORE_BUSY) {
        const struct timespec pause = {.tv_nsec = BUSY_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
        r = CVN_WATCH_MORE;
    }
    (void)pthread_mutex_lock(&hub->lock);
    watcher->running = false;
    bool goes_on = r == CVN_WATCH_MORE || r == CVN_WATCH_IDLE || r == CVN_WATCH_LATER;
    if (goes_on && !watcher->cancelled) {
        watcher->blocked = r == CVN_WATCH_LATER && !watcher->again;
        if (r == CVN_WATCH_MORE || watcher->again)
            make_due(hub, watcher);
        return;
    }
    unlist(hub, watcher);
    (void)pthread_mutex_unlock(&hub->lock);
    finish(round, watcher, r);
    (void)pthread_mutex_lock(&hub->lock);
    if (hub->n_watchers == 0)
        (void)pthread_cond_broadcast(&hub->calm);
}

static void *follow(void *arg)
{
    struct round *round = arg;
    struct cvn_watch_hub *hub = round->hub;
    struct watcher *watcher;
    (void)pthread_mutex_lock(&hub->lock);
    while ((watcher = next_due(hub, round)))
        serve(hub, round, watcher);
    (void)pthread_mutex_unlock(&hub->lock);
    end_round(round);
    cvn_arena_deinit(&round->arena);
    free(round);
    return NULL;
}

static void refuse_full(struct cvn_ctx *ctx, bool for_caller)
{
    if (for_caller)
        (void)cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                             "You have %d watches already; end one before another.",
                             CVN_WATCHERS_OF_CALLER_MAX);
    else
        (void)cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                             "%d calls watch already; no more are taken.", CVN_WATCHERS_MAX);
    cvn_status_add_retry_info(ctx->status, ctx->arena, RETRY_DELAY_MS);
}

static size_t count_of_caller(const struct cvn_watch_hub *hub, const char *caller)
{
    size_t n = 0;
    for (const struct watcher *watcher = hub->watchers; watcher; watcher = watcher->next)
        n += strcmp(watcher->caller, caller) == 0;
    return n;
}

/* Takes the watcher in, or says in the status why not. */
static bool enter(struct cvn_watch_hub *hub, struct watcher *watcher, struct cvn_ctx *ctx)
{
    (void)pthread_mutex_lock(&hub->lock);
    bool draining = hub->draining;
    bool full = hub->n_watchers >= CVN_WATCHERS_MAX;
    bool has_enough = count_of_caller(hub, watcher->caller) >= CVN_WATCHERS_OF_CALLER_MAX;
    bool taken = !draining && !full && !has_enough;
    if (taken) {
        list(hub, watcher);
        hub->stale = true; /* it may have seen more of the log than the follower */
        make_due(hub, watcher);
    }
    (void)pthread_mutex_unlock(&hub->lock);
    if (draining)
        *ctx->status = stopping;
    else if (!taken)
        refuse_full(ctx, has_enough);
    return taken;
}

static int open_feed(struct cvn_watch_hub *hub, struct watcher *watcher, struct cvn_ctx *ctx,
                     const ProtobufCMessage *request)
{
    int r = cvn_store_snapshot(hub->options.store, &ctx->txn);
    if (r)
        return r;
    ctx->service = hub->options.service;
    r = cvn_watch_feed_open(&watcher->feed, ctx, (const void *)request);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = NULL;
    return r;
}

/* Whoever is not signed in counts as a connection. */
static void name_caller(struct watcher *watcher)
{
    if (watcher->who.kind == CVN_PRINCIPAL_ANONYMOUS)
        (void)snprintf(watcher->caller, sizeof watcher->caller, "connection:%" PRIu64,
                       cvn_server_call_peer(watcher->call)->connection);
    else
        (void)snprintf(watcher->caller, sizeof watcher->caller, "%s", watcher->who.text);
}

static void begin(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct cvn_watch_hub *hub = user;
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(hub->options.runtime, call, &need, &ctx) != 0)
        return;
    struct watcher *watcher = cvn_arena_alloc(ctx->arena, sizeof *watcher);
    int r = watcher ? 0 : -ENOMEM;
    if (r == 0) {
        *watcher = (struct watcher){.call = call,
                                    .who = ctx->who,
                                    .token_key = ctx->token_key,
                                    .identified_ms = ctx->now_ms};
        name_caller(watcher);
        r = open_feed(hub, watcher, ctx, request);
    }
    if (r && r != CVN_REFUSED)
        cvn_answer_fault(ctx->status, ctx->arena, r);
    if (r == 0) {
        cvn_server_call_set_state(call, watcher);
        if (enter(hub, watcher, ctx))
            return;
    }
    cvn_server_call_finish(call, ctx->status, NULL);
}

static void nudge(struct cvn_watch_hub *hub, struct watcher *watcher, bool cancelled)
{
    if (!watcher)
        return;
    (void)pthread_mutex_lock(&hub->lock);
    watcher->cancelled |= cancelled;
    make_due(hub, watcher);
    (void)pthread_mutex_unlock(&hub->lock);
}

static void go_on(struct cvn_server_call *call, void *user)
{
    nudge(user, cvn_server_call_state(call), false);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    nudge(user, cvn_server_call_state(call), true);
}

int cvn_watch_hub_bind(struct cvn_watch_hub *hub, struct cvn_server *server)
{
    static const struct cvn_stream_handler stream = {.writable = go_on, .cancelled = give_up};
    static const struct cvn_method methods[] = {{.unary = begin, .stream = &stream}};
    return cvn_server_add_service(server, &convene__events__v1__watch_service__descriptor, methods,
                                  hub);
}

static int start_follower(struct cvn_watch_hub *hub)
{
    struct round *round = calloc(1, sizeof *round);
    if (!round)
        return -ENOMEM;
    round->hub = hub;
    cvn_arena_init(&round->arena, CVN_WATCH_STEP_BYTES);
    int r = pthread_create(&hub->follower, NULL, follow, round);
    if (r)
        free(round);
    return -r;
}

int cvn_watch_hub_new(struct cvn_watch_hub **ret, const struct cvn_watch_hub_options *options)
{
    struct cvn_watch_hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return -ENOMEM;
    hub->options = *options;
    hub->listener = (struct cvn_store_listener){.changed = log_grew, .arg = hub};
    hub->due_end = &hub->due_first;
    (void)pthread_mutex_init(&hub->lock, NULL);
    (void)pthread_cond_init(&hub->wake, NULL);
    (void)pthread_cond_init(&hub->calm, NULL);
    int r = start_follower(hub);
    if (r) {
        hub->joined = true;
        cvn_watch_hub_free(hub);
        return r;
    }
    cvn_store_listen(options->store, &hub->listener);
    *ret = hub;
    return 0;
}

void cvn_watch_hub_drain(struct cvn_watch_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->draining = true;
    for (struct watcher *watcher = hub->watchers; watcher; watcher = watcher->next)
        make_due(hub, watcher);
    while (hub->n_watchers > 0 && !hub->stopping)
        (void)pthread_cond_wait(&hub->calm, &hub->lock);
    (void)pthread_mutex_unlock(&hub->lock);
}

size_t cvn_watch_hub_watchers(struct cvn_watch_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    size_t n = hub->n_watchers;
    (void)pthread_mutex_unlock(&hub->lock);
    return n;
}

void cvn_watch_hub_stop(struct cvn_watch_hub *hub)
{
    if (!hub || hub->joined)
        return;
    cvn_watch_hub_drain(hub);
    cvn_store_unlisten(hub->options.store, &hub->listener);
    (void)pthread_mutex_lock(&hub->lock);
    hub->stopping = true;
    (void)pthread_cond_signal(&hub->wake);
    (void)pthread_mutex_unlock(&hub->lock);
    (void)pthread_join(hub->follower, NULL);
    hub->joined = true;
}

void cvn_watch_hub_free(struct cvn_watch_hub *hub)
{
    if (!hub)
        return;
    cvn_watch_hub_stop(hub);
    (void)pthread_cond_destroy(&hub->calm);
    (void)pthread_cond_destroy(&hub->wake);
    (void)pthread_mutex_destroy(&hub->lock);
    free(hub);
}
