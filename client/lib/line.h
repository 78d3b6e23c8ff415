/*
 * A streaming call that is opened again after each break, with growing pauses: what watching and
 * registering have in common. Used by one thread; only stop may come from another.
 */
#ifndef CVN_CLIENT_LIB_LINE_H
#define CVN_CLIENT_LIB_LINE_H

#include "convene/convene.h"
#include "rpc/channel.h"
#include "rpc/stream.h"

#include <pthread.h>

enum {
    CVN_LINE_FIRST_PAUSE_MS = 100,
    CVN_LINE_LONGEST_PAUSE_MS = 5000,
    CVN_LINE_CALL_MS = 12 * 60 * 60 * 1000, /* of one call, which then is opened anew */
};

struct cvn_line {
    struct convene *client;
    struct cvn_call_request request;
    int64_t patience_ms; /* from a break without any answer until it is final; 0: for ever */
    bool answered;       /* ever; where the client fails fast, a break before that is final */
    struct cvn_stream *stream;
    int64_t broken_ms; /* since when there was no answer; 0 where there is no break */
    int64_t pause_ms, next_try_ms;
    unsigned n_opened;
    pthread_mutex_t lock; /* of these */
    pthread_cond_t wake;
    bool changed, stopped;
};

enum {
    CVN_LINE_LATER = 1,  /* nothing now: wait */
    CVN_LINE_BROKEN = 2, /* it broke, and is opened again in time; status says why */
    CVN_LINE_ENDED = 3,  /* the server ended it with OK */
    CVN_LINE_STOPPED = 4,
};

/* 0, or CONVENE_RESOURCE_EXHAUSTED. The client outlives the line; request is filled by the caller
 * before the line is first opened. */
int cvn_line_init(struct cvn_line *line, struct convene *client, int64_t patience_ms);
void cvn_line_deinit(struct cvn_line *line);

/*
 * Opens the line when it is not open and its time has come; request->message, if any, is sent. 0
 * when it was just opened; CVN_LINE_LATER when it is open already or not due; -ENOMEM.
 */
int cvn_line_open(struct cvn_line *line);

/*
 * The next message, in the arena. 0; CVN_LINE_LATER, BROKEN, ENDED or STOPPED; or, negative, the
 * code of a final failure, with the status filled.
 */
int cvn_line_read(struct cvn_line *line, struct cvn_arena *arena, ProtobufCMessage **ret,
                  struct convene_status *status);

/* Waits until something changed, the next try is due, or so many milliseconds have passed. */
void cvn_line_wait(struct cvn_line *line, int64_t at_most_ms);

/*
 * Says that no further request follows, and waits shortly for the server to end the call, so that
 * it ends with OK there, too; deinit cancels it.
 */
void cvn_line_close(struct cvn_line *line);

/* Has wait return and read give STOPPED. Any thread. */
void cvn_line_stop(struct cvn_line *line);

#endif
