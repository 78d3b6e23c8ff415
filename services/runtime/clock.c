#include "services/runtime/clock.h"

#include "storage/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct cvn_clock {
    struct cvn_clock_options options;
    struct cvn_store_listener listener;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool written; /* something was, since the last turn began */
    bool stopping;
    pthread_t thread;
};

/* What the turns of all tasks have come to. */
struct outcome {
    bool more;
    bool failed;
    int64_t next_ms;
};

static struct outcome take_turns(const struct cvn_clock_options *options)
{
    struct outcome outcome = {.next_ms = INT64_MAX};
    int64_t now_ms = options->wall_clock_ms();
    for (size_t i = 0; i < options->n_tasks; i++) {
        int64_t next_ms = INT64_MAX;
        int r = options->tasks[i].turn(options->arg, now_ms, &next_ms);
        if (r < 0)
            options->report(options->tasks[i].failed, r);
        outcome.failed |= r < 0;
        outcome.more |= r > 0;
        if (next_ms < outcome.next_ms)
            outcome.next_ms = next_ms;
    }
    return outcome;
}

/* That many milliseconds from now, as pthread_cond_timedwait takes it. */
static struct timespec after(int64_t ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* With the lock held, for so long; ends before that when stopping, or when written to if asked. */
static void sleep_for(struct cvn_clock *clock, int64_t ms, bool until_written)
{
    const struct timespec end = after(ms);
    int r = 0;
    while (r == 0 && !clock->stopping && !(until_written && clock->written))
        r = pthread_cond_timedwait(&clock->wake, &clock->lock, &end);
}

static int64_t clamp(int64_t ms, int64_t least, int64_t most)
{
    return ms < least ? least : ms > most ? most : ms;
}

/* With the lock held, until the next turn is to be taken. */
static void wait_for_next(struct cvn_clock *clock, const struct outcome *outcome)
{
    int64_t now_ms = clock->options.wall_clock_ms();
    int64_t left_ms = outcome->next_ms > now_ms ? outcome->next_ms - now_ms : 0;
    int64_t least_ms = outcome->failed ? CVN_CLOCK_FAULT_PAUSE_MS : 0;
    int64_t pause_ms = outcome->failed ? CVN_CLOCK_FAULT_PAUSE_MS : CVN_CLOCK_PAUSE_MS;
    left_ms = clamp(left_ms, least_ms, CVN_CLOCK_SLEEP_MS);
    pause_ms = clamp(pause_ms, 0, left_ms);
    sleep_for(clock, pause_ms, false);
    sleep_for(clock, left_ms - pause_ms, true);
}

static void *run(void *arg)
{
    struct cvn_clock *clock = arg;
    (void)pthread_mutex_lock(&clock->lock);
    while (!clock->stopping) {
        clock->written = false;
        (void)pthread_mutex_unlock(&clock->lock);
        struct outcome outcome = take_turns(&clock->options);
        (void)pthread_mutex_lock(&clock->lock);
        if (outcome.failed || !outcome.more)
            wait_for_next(clock, &outcome);
    }
    (void)pthread_mutex_unlock(&clock->lock);
    return NULL;
}

static void nudge(struct cvn_clock *clock, bool *what)
{
    (void)pthread_mutex_lock(&clock->lock);
    *what = true;
    (void)pthread_cond_signal(&clock->wake);
    (void)pthread_mutex_unlock(&clock->lock);
}

static void written(void *arg)
{
    struct cvn_clock *clock = arg;
    nudge(clock, &clock->written);
}

static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static void discard(struct cvn_clock *clock)
{
    (void)pthread_cond_destroy(&clock->wake);
    (void)pthread_mutex_destroy(&clock->lock);
    free(clock);
}

int cvn_clock_new(struct cvn_clock **ret, const struct cvn_clock_options *options)
{
    struct cvn_clock *clock = calloc(1, sizeof *clock);
    if (!clock)
        return -ENOMEM;
    clock->options = *options;
    clock->listener = (struct cvn_store_listener){.changed = written, .arg = clock};
    (void)pthread_mutex_init(&clock->lock, NULL);
    init_wake(&clock->wake);
    cvn_store_listen(options->store, &clock->listener);
    int r = pthread_create(&clock->thread, NULL, run, clock);
    if (r) {
        cvn_store_unlisten(options->store, &clock->listener);
        discard(clock);
        return -r;
    }
    *ret = clock;
    return 0;
}

void cvn_clock_free(struct cvn_clock *clock)
{
    if (!clock)
        return;
    cvn_store_unlisten(clock->options.store, &clock->listener);
    nudge(clock, &clock->stopping);
    (void)pthread_join(clock->thread, NULL);
    discard(clock);
}
