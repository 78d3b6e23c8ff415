/*
 * What nng's pipe notifications and deadlines have in common: somebody must look, later and on
 * another thread. A notification holds the socket's lock, so it only leaves a note here.
 */
#ifndef CVN_RPC_WATCH_H
#define CVN_RPC_WATCH_H

#include <nng/nng.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct cvn_pipe_note {
    struct cvn_pipe_note *next;
    nng_pipe pipe;
    void *owner; /* of the socket */
    bool came;   /* else it went */
};

struct cvn_watch {
    pthread_mutex_t lock; /* held for a few instructions only; nothing is called under it */
    pthread_cond_t wake;
    struct cvn_pipe_note *first, *last;
    int64_t alarm_ms; /* when to wake at the latest, monotonic; 0: never */
    bool stopping;
};

/* 0 or -ENOMEM. */
int cvn_watch_init(struct cvn_watch *watch);
void cvn_watch_deinit(struct cvn_watch *watch);

/* One socket that is watched, for whom; it must outlive the socket. */
struct cvn_watch_source {
    struct cvn_watch *watch;
    void *owner;
};

/* Registers for the socket's pipes coming and going. 0 or -ENOMEM. */
int cvn_watch_socket(struct cvn_watch_source *source, nng_socket socket);

/* Takes all notes, oldest first; to be freed one by one with free(). */
struct cvn_pipe_note *cvn_watch_take(struct cvn_watch *watch);

/* Asks to be woken at that time if none sooner is set. */
void cvn_watch_alarm(struct cvn_watch *watch, int64_t at_ms);

/*
 * Waits for a note, the alarm or the stop, and clears the alarm. False when stopping. For one
 * thread.
 */
bool cvn_watch_wait(struct cvn_watch *watch);

/* Ends wait, now and forever. */
void cvn_watch_stop(struct cvn_watch *watch);

#endif
