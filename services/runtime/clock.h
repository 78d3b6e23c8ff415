/*
 * What a service does by itself as time passes: a thread that sleeps until the next thing is due,
 * and is woken when something is written that may be due before that.
 */
#ifndef CVN_SERVICES_RUNTIME_CLOCK_H
#define CVN_SERVICES_RUNTIME_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct cvn_clock;
struct cvn_store;

enum {
    CVN_CLOCK_SLEEP_MS = 60 * 1000,      /* at most, since the wall clock may be set */
    CVN_CLOCK_PAUSE_MS = 50,             /* at least between turns that writes ask for */
    CVN_CLOCK_FAULT_PAUSE_MS = 5 * 1000, /* at least after a turn that failed */
};

/* One thing to look after. */
struct cvn_clock_task {
    /*
     * A turn of bounded work at that moment. 1 when there is more to do at once; 0 when not, and
     * *ret_next_ms, which is INT64_MAX before, is when there will be as things are; a fault, with
     * *ret_next_ms as for 0. May wait for the store's writer.
     */
    int (*turn)(void *arg, int64_t now_ms, int64_t *ret_next_ms);
    const char *failed; /* a sentence without its end, for the report */
};

/* What is pointed to is borrowed and outlives the clock. */
struct cvn_clock_options {
    struct cvn_store *store; /* whose commits wake */
    const struct cvn_clock_task *tasks;
    size_t n_tasks;
    void *arg;                                     /* of each turn */
    int64_t (*wall_clock_ms)(void);                /* since 1970, UTC */
    void (*report)(const char *failed, int fault); /* of each turn that failed; on the thread */
};

/* Starts it, with a turn at once. 0 or a fault; *ret is the caller's. */
int cvn_clock_new(struct cvn_clock **ret, const struct cvn_clock_options *options);

/* Lets the turn end that is being taken. Before the store is closed. NULL is accepted. */
void cvn_clock_free(struct cvn_clock *clock);

#endif
