/*
 * Watching runs: a stream for each who watches, told by one thread, which looks several times a
 * second at how far the runs are.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_WATCH_H
#define CVN_SERVICES_MENTORING_RUNS_WATCH_H

#include <pthread.h>
#include <stdbool.h>

struct cvn_mentoring;
struct cvn_run_watcher;
struct cvn_runtime;
struct cvn_server;

enum {
    CVN_RUN_WATCHERS_MAX = 256, /* RESOURCE_EXHAUSTED beyond */
    CVN_RUN_WATCH_EVERY_MS = 100,
};

/* Embedded by value. */
struct cvn_run_watch {
    struct cvn_mentoring *mentoring;
    struct cvn_runtime *runtime;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* covers what follows, and the watchers */
    pthread_cond_t changed;
    struct cvn_run_watcher *watchers;
    unsigned n_watchers;
    bool stopping;
};

/* 0 or -EAGAIN. To be stopped and ended also after a failed one. */
int cvn_run_watch_init(struct cvn_run_watch *watch, struct cvn_mentoring *mentoring);
/* Ends all streams and waits for the thread. */
void cvn_run_watch_stop(struct cvn_run_watch *watch);
void cvn_run_watch_deinit(struct cvn_run_watch *watch);

/* Adds the service to the server. 0 or a fault. */
int cvn_run_watch_bind(struct cvn_run_watch *watch, struct cvn_runtime *runtime,
                       struct cvn_server *server);

#endif
