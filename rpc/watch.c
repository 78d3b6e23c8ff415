#include "rpc/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int cvn_watch_init(struct cvn_watch *watch)
{
    *watch = (struct cvn_watch){0};
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -ENOMEM;
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int r = pthread_cond_init(&watch->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (r == 0 && (r = pthread_mutex_init(&watch->lock, NULL)) != 0)
        (void)pthread_cond_destroy(&watch->wake);
    return r ? -ENOMEM : 0;
}

void cvn_watch_deinit(struct cvn_watch *watch)
{
    struct cvn_pipe_note *note = cvn_watch_take(watch);
    while (note) {
        struct cvn_pipe_note *next = note->next;
        free(note);
        note = next;
    }
    (void)pthread_cond_destroy(&watch->wake);
    (void)pthread_mutex_destroy(&watch->lock);
}

static void note_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct cvn_watch_source *source = arg;
    struct cvn_watch *watch = source->watch;
    struct cvn_pipe_note *note = malloc(sizeof *note);
    if (!note) /* a pipe nobody knows of is never answered; its peer's deadline ends the wait */
        return;
    *note = (struct cvn_pipe_note){
        .pipe = pipe, .owner = source->owner, .came = event == NNG_PIPE_EV_ADD_PRE};
    (void)pthread_mutex_lock(&watch->lock);
    if (watch->last)
        watch->last->next = note;
    else
        watch->first = note;
    watch->last = note;
    (void)pthread_cond_signal(&watch->wake);
    (void)pthread_mutex_unlock(&watch->lock);
}

int cvn_watch_socket(struct cvn_watch_source *source, nng_socket socket)
{
    int r = nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, note_pipe, source);
    if (r == 0)
        r = nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, note_pipe, source);
    return r ? -ENOMEM : 0;
}

struct cvn_pipe_note *cvn_watch_take(struct cvn_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    struct cvn_pipe_note *first = watch->first;
    watch->first = watch->last = NULL;
    (void)pthread_mutex_unlock(&watch->lock);
    return first;
}

void cvn_watch_alarm(struct cvn_watch *watch, int64_t at_ms)
{
    (void)pthread_mutex_lock(&watch->lock);
    if (watch->alarm_ms == 0 || at_ms < watch->alarm_ms) {
        watch->alarm_ms = at_ms;
        (void)pthread_cond_signal(&watch->wake);
    }
    (void)pthread_mutex_unlock(&watch->lock);
}

bool cvn_watch_wait(struct cvn_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    for (int r = 0; r != ETIMEDOUT && !watch->first && !watch->stopping;) {
        int64_t at_ms = watch->alarm_ms;
        struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
        r = at_ms ? pthread_cond_timedwait(&watch->wake, &watch->lock, &at)
                  : pthread_cond_wait(&watch->wake, &watch->lock);
        if (r == ETIMEDOUT && watch->alarm_ms != at_ms)
            r = 0; /* it was brought forward or cleared meanwhile */
    }
    watch->alarm_ms = 0;
    bool stopping = watch->stopping;
    (void)pthread_mutex_unlock(&watch->lock);
    return !stopping;
}

void cvn_watch_stop(struct cvn_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    (void)pthread_cond_signal(&watch->wake);
    (void)pthread_mutex_unlock(&watch->lock);
}
