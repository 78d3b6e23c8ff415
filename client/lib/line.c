#include "client/lib/line.h"

#include "client/lib/channel.h"
#include "client/lib/status.h"
#include "rpc/clock.h"

#include <errno.h>
#include <sodium.h>
#include <time.h>

enum { STATUS_BYTES = 1 << 20, CLOSE_MS = 1000 };

static int64_t now_ms(void)
{
    return cvn_rpc_now_ms();
}

static void note_change(void *arg)
{
    struct cvn_line *line = arg;
    (void)pthread_mutex_lock(&line->lock);
    line->changed = true;
    (void)pthread_cond_signal(&line->wake);
    (void)pthread_mutex_unlock(&line->lock);
}

int cvn_line_init(struct cvn_line *line, struct convene *client, int64_t patience_ms)
{
    *line = (struct cvn_line){
        .client = client,
        .patience_ms = patience_ms,
        .pause_ms = CVN_LINE_FIRST_PAUSE_MS,
    };
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return CONVENE_RESOURCE_EXHAUSTED;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&line->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&line->lock, NULL);
    return 0;
}

void cvn_line_deinit(struct cvn_line *line)
{
    cvn_stream_free(line->stream);
    (void)pthread_cond_destroy(&line->wake);
    (void)pthread_mutex_destroy(&line->lock);
}

int cvn_line_open(struct cvn_line *line)
{
    const struct cvn_stream_watcher watcher = {note_change, line};
    if (line->stream || now_ms() < line->next_try_ms) {
        return CVN_LINE_LATER;
    }
    line->request.options.timeout_ms = CVN_LINE_CALL_MS;
    int r =
        cvn_stream_new(&line->stream, cvn_client_channel(line->client), &line->request, &watcher);
    line->n_opened += r == 0;
    return r;
}

/* Sets when the next try is due: after the pause, a fifth more or less, or when the server says. */
static void plan_next(struct cvn_line *line, const struct convene_status *status)
{
    int64_t pause_ms = line->pause_ms, jitter_ms = pause_ms / 5;
    pause_ms += (int64_t)randombytes_uniform((uint32_t)(2 * jitter_ms + 1)) - jitter_ms;
    if (status->retry_after_ms > pause_ms) {
        pause_ms = status->retry_after_ms;
    }
    line->next_try_ms = now_ms() + pause_ms;
    line->pause_ms = line->pause_ms * 8 / 5;
    if (line->pause_ms > CVN_LINE_LONGEST_PAUSE_MS) {
        line->pause_ms = CVN_LINE_LONGEST_PAUSE_MS;
    }
}

static bool worth_a_try(struct cvn_line *line, const struct convene_status *status)
{
    int64_t now = now_ms();
    line->broken_ms = line->broken_ms ? line->broken_ms : now;
    if (!line->answered && cvn_client_fails_fast(line->client)) {
        return false;
    }
    bool passes = status->code == CONVENE_UNAVAILABLE ||
                  status->code == CONVENE_DEADLINE_EXCEEDED ||
                  (status->code == CONVENE_RESOURCE_EXHAUSTED && status->retry_after_ms > 0);
    bool patient = line->patience_ms == 0 || now - line->broken_ms < line->patience_ms;
    return passes && patient;
}

/* The call is over: how, and what comes of it. */
static int take_end(struct cvn_line *line, struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    struct cvn_status ended = {0};
    cvn_arena_init(&arena, STATUS_BYTES);
    enum cvn_code code = cvn_stream_finish(line->stream, &arena, &ended);
    if (code != CVN_OK) {
        cvn_client_take_status(line->client, &ended, &arena, status);
    }
    cvn_stream_free(line->stream);
    line->stream = NULL;
    if (code == CVN_OK) {
        plan_next(line, status);
        return CVN_LINE_ENDED;
    }
    if (!worth_a_try(line, status)) {
        return -(int)code;
    }
    plan_next(line, status);
    return CVN_LINE_BROKEN;
}

static bool is_stopped(struct cvn_line *line)
{
    (void)pthread_mutex_lock(&line->lock);
    bool stopped = line->stopped;
    (void)pthread_mutex_unlock(&line->lock);
    return stopped;
}

int cvn_line_read(struct cvn_line *line, struct cvn_arena *arena, ProtobufCMessage **ret,
                  struct convene_status *status)
{
    if (is_stopped(line)) {
        return CVN_LINE_STOPPED;
    }
    if (!line->stream) {
        return CVN_LINE_LATER;
    }
    int r = cvn_stream_try_read(line->stream, arena, ret);
    switch (r) {
    case 0:
        cvn_client_note_answer(line->client);
        line->broken_ms = 0;
        line->answered = true;
        line->pause_ms = CVN_LINE_FIRST_PAUSE_MS;
        return 0;
    case CVN_STREAM_LATER:
        return CVN_LINE_LATER;
    case CVN_STREAM_END:
        return take_end(line, status);
    default:
        return -cvn_status_set_sentence(
            status, r == -ENOMEM ? CONVENE_RESOURCE_EXHAUSTED : CONVENE_INTERNAL,
            r == -ENOMEM ? "There is no memory for the server's message."
                         : "The server's message cannot be read.");
    }
}

void cvn_line_wait(struct cvn_line *line, int64_t at_most_ms)
{
    int64_t until_ms = now_ms() + at_most_ms;
    if (!line->stream && line->next_try_ms < until_ms) {
        until_ms = line->next_try_ms;
    }
    const struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    int r = 0;
    (void)pthread_mutex_lock(&line->lock);
    while (r == 0 && !line->changed && !line->stopped) {
        r = pthread_cond_timedwait(&line->wake, &line->lock, &until);
    }
    line->changed = false;
    (void)pthread_mutex_unlock(&line->lock);
}

void cvn_line_close(struct cvn_line *line)
{
    int64_t until_ms = now_ms() + CLOSE_MS, left_ms;
    if (!line->stream || cvn_stream_writes_done(line->stream) != 0) {
        return;
    }
    while (!cvn_stream_ended(line->stream) && (left_ms = until_ms - now_ms()) > 0) {
        cvn_line_wait(line, left_ms);
    }
}

void cvn_line_stop(struct cvn_line *line)
{
    (void)pthread_mutex_lock(&line->lock);
    line->stopped = true;
    (void)pthread_cond_signal(&line->wake);
    (void)pthread_mutex_unlock(&line->lock);
}
