#include "services/mentoring/runs/watch.h"

#include "rpc/server.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/runtime/answer.h"
#include "storage/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGE_ARENA_BYTES = 8 << 20 };

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* One stream. In the list until its call is finished; freed when the call is over. */
struct cvn_run_watcher {
    struct cvn_run_watch *watch;
    struct cvn_server_call *call;
    struct cvn_principal who;
    char run_id[CVN_ID_TEXT_BYTES];
    struct cvn_slice told; /* the last message, to leave out those that say the same */
    uint64_t turn;         /* the last in which it was looked at */
    bool held;             /* the thread looks at it, and nobody else ends it */
    bool given_up;         /* the thread is to end it */
    struct cvn_run_watcher *next, **link;
};

static void unlink_watcher(struct cvn_run_watcher *watcher)
{
    if (!watcher->link)
        return;
    *watcher->link = watcher->next;
    if (watcher->next)
        watcher->next->link = watcher->link;
    watcher->link = NULL;
}

/* The run as the watcher may see it now, in the arena. 0, CVN_REFUSED or a fault. */
static int read_run(struct cvn_run_watcher *watcher, struct cvn_ctx *ctx,
                    Convene__Mentoring__V1__MatchRun **ret)
{
    struct cvn_mentoring *mentoring = watcher->watch->mentoring;
    struct cvn_id id;
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(mentoring->options.store, &snapshot);
    if (r)
        return r;
    ctx->txn = snapshot;
    r = cvn_run_find_managed(ctx, "id", watcher->run_id, &id, ret);
    ctx->txn = NULL;
    cvn_snapshot_release(snapshot);
    if (r == 0)
        cvn_run_show_progress(ctx, &id, *ret);
    return r;
}

/* Writes the run unless it says what was written last. What write gave. */
static int tell(struct cvn_run_watcher *watcher, struct cvn_ctx *ctx,
                const Convene__Mentoring__V1__MatchRun *run)
{
    struct cvn_slice packed;
    int r = cvn_ctx_pack(ctx, &run->base, &packed);
    if (r || (watcher->told.data && cvn_slice_compare(packed, watcher->told) == 0))
        return r;
    r = cvn_server_call_write(watcher->call, &run->base);
    void *copy = r == 0 ? malloc(packed.len + 1) : NULL;
    if (copy) {
        memcpy(copy, packed.data, packed.len);
        free((void *)(uintptr_t)watcher->told.data);
        watcher->told = cvn_slice(copy, packed.len);
    }
    return r;
}

static bool has_ended(const Convene__Mentoring__V1__MatchRun *run)
{
    return run->state != STATE(RUNNING) && run->state != STATE(QUEUED);
}

/* Looks at the run once. Whether the stream is at its end, with its status. */
static bool serve(struct cvn_run_watcher *watcher, struct cvn_ctx *ctx, struct cvn_status *status)
{
    Convene__Mentoring__V1__MatchRun *run;
    bool draining = cvn_server_call_draining(watcher->call);
    int r = read_run(watcher, ctx, &run);
    if (r == CVN_STORE_BUSY)
        return false;
    if (r) {
        if (r != CVN_REFUSED)
            cvn_answer_fault(status, ctx->arena, r);
        return true;
    }
    r = tell(watcher, ctx, run);
    if (r == CVN_CALL_LATER)
        return false;
    if (r)
        cvn_answer_fault(status, ctx->arena, r == -EPIPE ? CVN_STORE_CANCELLED : r);
    else if (draining && !has_ended(run))
        *status = (struct cvn_status){.code = CVN_UNAVAILABLE,
                                      .message = "The server stops; watch again when it is back."};
    return r != 0 || draining || has_ended(run);
}

/* Looks at the run of a watcher that is held, without the lock: finishing may free the watcher. */
static void look(struct cvn_run_watcher *watcher)
{
    struct cvn_run_watch *watch = watcher->watch;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {.code = CVN_OK};
    cvn_arena_init(&arena, MESSAGE_ARENA_BYTES);
    struct cvn_ctx ctx = {
        .arena = &arena,
        .who = watcher->who,
        .service = watch->mentoring,
        .status = &status,
    };
    cvn_problems_init(&ctx.problems, &arena);
    bool over = serve(watcher, &ctx, &status);
    (void)pthread_mutex_lock(&watch->lock);
    watcher->held = false;
    if (watcher->given_up && !over)
        status.code = CVN_CANCELLED;
    over = over || watcher->given_up;
    if (over)
        unlink_watcher(watcher);
    (void)pthread_mutex_unlock(&watch->lock);
    if (over)
        cvn_server_call_finish(watcher->call, status.code == CVN_OK ? NULL : &status, NULL);
}

/* One that was not looked at in the turn, held; NULL when all were. Under the lock. */
static struct cvn_run_watcher *take_next(struct cvn_run_watch *watch, uint64_t turn)
{
    struct cvn_run_watcher *watcher = watch->watchers;
    while (watcher && watcher->turn == turn)
        watcher = watcher->next;
    if (watcher) {
        watcher->turn = turn;
        watcher->held = true;
    }
    return watcher;
}

static void wait_for_turn(struct cvn_run_watch *watch)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += CVN_RUN_WATCH_EVERY_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (watch->watchers)
        (void)pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
    else
        (void)pthread_cond_wait(&watch->changed, &watch->lock);
}

static void *work(void *arg)
{
    struct cvn_run_watch *watch = arg;
    struct cvn_run_watcher *watcher;
    (void)pthread_mutex_lock(&watch->lock);
    for (uint64_t turn = 1; !watch->stopping; turn++) {
        while (!watch->stopping && (watcher = take_next(watch, turn))) {
            (void)pthread_mutex_unlock(&watch->lock);
            look(watcher);
            (void)pthread_mutex_lock(&watch->lock);
        }
        if (!watch->stopping)
            wait_for_turn(watch);
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return NULL;
}

int cvn_run_watch_init(struct cvn_run_watch *watch, struct cvn_mentoring *mentoring)
{
    watch->mentoring = mentoring;
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_cond_init(&watch->changed, NULL);
    if (pthread_create(&watch->thread, NULL, work, watch) != 0)
        return -EAGAIN;
    watch->started = true;
    return 0;
}

/* Takes any watcher off the list; NULL when there is none. */
static struct cvn_run_watcher *take_any(struct cvn_run_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    struct cvn_run_watcher *watcher = watch->watchers;
    if (watcher)
        unlink_watcher(watcher);
    (void)pthread_mutex_unlock(&watch->lock);
    return watcher;
}

void cvn_run_watch_stop(struct cvn_run_watch *watch)
{
    const struct cvn_status stopped = {.code = CVN_UNAVAILABLE,
                                       .message = "The server stops; watch again when it is back."};
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    (void)pthread_cond_signal(&watch->changed);
    (void)pthread_mutex_unlock(&watch->lock);
    if (watch->started)
        (void)pthread_join(watch->thread, NULL);
    watch->started = false;
    struct cvn_run_watcher *watcher;
    while ((watcher = take_any(watch)))
        cvn_server_call_finish(watcher->call, &stopped, NULL);
}

void cvn_run_watch_deinit(struct cvn_run_watch *watch)
{
    (void)pthread_cond_destroy(&watch->changed);
    (void)pthread_mutex_destroy(&watch->lock);
}

static const struct cvn_service_method need = {"WatchMatchRun", CVN_METHOD_READ,
                                               CVN_ACCESS_SIGNED_IN, .scope = CVN_SCOPE_READ};

static struct cvn_run_watcher *new_watcher(struct cvn_run_watch *watch,
                                           struct cvn_server_call *call, const struct cvn_ctx *ctx,
                                           const Convene__Mentoring__V1__WatchMatchRunRequest *req)
{
    struct cvn_run_watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher)
        return NULL;
    watcher->watch = watch;
    watcher->call = call;
    watcher->who = ctx->who;
    (void)snprintf(watcher->run_id, sizeof watcher->run_id, "%s", req->id);
    return watcher;
}

/* Puts the watcher into the list. False when there are as many as may be. */
static bool add_watcher(struct cvn_run_watch *watch, struct cvn_run_watcher *watcher)
{
    (void)pthread_mutex_lock(&watch->lock);
    bool fits = watch->n_watchers < CVN_RUN_WATCHERS_MAX && !watch->stopping;
    if (fits) {
        watch->n_watchers++;
        watcher->next = watch->watchers;
        watcher->link = &watch->watchers;
        if (watcher->next)
            watcher->next->link = &watcher->next;
        watch->watchers = watcher;
        (void)pthread_cond_signal(&watch->changed);
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return fits;
}

static void begin(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct cvn_run_watch *watch = user;
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(watch->runtime, call, &need, &ctx) != 0)
        return;
    struct cvn_run_watcher *watcher = new_watcher(
        watch, call, ctx, (const Convene__Mentoring__V1__WatchMatchRunRequest *)request);
    if (watcher) {
        cvn_server_call_set_state(call, watcher);
        if (add_watcher(watch, watcher))
            return;
        cvn_server_call_set_state(call, NULL);
        free(watcher);
    }
    struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED,
                                .message =
                                    "As many runs are watched as can be; ask for the run with "
                                    "GetMatchRun instead."};
    cvn_server_call_finish(call, &status, NULL);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    struct cvn_run_watch *watch = user;
    struct cvn_run_watcher *watcher = cvn_server_call_state(call);
    const struct cvn_status cancelled = {.code = CVN_CANCELLED,
                                         .message = "Nobody watches any more."};
    if (!watcher)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    bool ours = watcher->link && !watcher->held;
    watcher->given_up = true;
    if (ours)
        unlink_watcher(watcher);
    (void)pthread_mutex_unlock(&watch->lock);
    if (ours)
        cvn_server_call_finish(call, &cancelled, NULL);
}

static void end(struct cvn_server_call *call, void *user)
{
    struct cvn_run_watch *watch = user;
    struct cvn_run_watcher *watcher = cvn_server_call_state(call);
    if (!watcher)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    unlink_watcher(watcher);
    watch->n_watchers--;
    (void)pthread_mutex_unlock(&watch->lock);
    free((void *)(uintptr_t)watcher->told.data);
    free(watcher);
}

static const struct cvn_stream_handler stream = {.cancelled = give_up, .done = end};
static const struct cvn_method methods[] = {{.unary = begin, .stream = &stream}};

int cvn_run_watch_bind(struct cvn_run_watch *watch, struct cvn_runtime *runtime,
                       struct cvn_server *server)
{
    watch->runtime = runtime;
    return cvn_server_add_service(server, &convene__mentoring__v1__match_watch_service__descriptor,
                                  methods, watch);
}
