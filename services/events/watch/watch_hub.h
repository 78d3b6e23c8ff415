/*
 * convene.events.v1.WatchService: those who watch, and the one thread that follows the change log
 * for all of them. It is woken by commits, reads each stretch of the log once, and tells each
 * watcher as much as its credit takes; one that does not read stays where it is and costs nothing.
 */
#ifndef CVN_SERVICES_EVENTS_WATCH_WATCH_HUB_H
#define CVN_SERVICES_EVENTS_WATCH_WATCH_HUB_H

#include "services/events/service.h"

#include <stddef.h>

enum {
    CVN_WATCHERS_MAX = 4096,            /* RESOURCE_EXHAUSTED with RetryInfo beyond */
    CVN_WATCHERS_OF_CALLER_MAX = 1024,  /* the same, of one principal */
    CVN_WATCH_IDENTIFY_EVERY_MS = 1000, /* after which a key is looked at again before it is told */
};

struct cvn_watch_hub;

struct cvn_watch_hub_options {
    struct cvn_events_service *service;
    struct cvn_store *store;
    struct cvn_runtime *runtime;
    int64_t (*wall_clock_ms)(void);
};

/* Starts the follower. 0, -ENOMEM or -EAGAIN. *ret is the caller's. */
int cvn_watch_hub_new(struct cvn_watch_hub **ret, const struct cvn_watch_hub_options *options);

/* Adds the service to the server, before it starts. What cvn_server_add_service gives. */
int cvn_watch_hub_bind(struct cvn_watch_hub *hub, struct cvn_server *server);

/*
 * Ends all watches with UNAVAILABLE, so that they go on elsewhere, and takes none any more. Before
 * cvn_server_drain. Any thread.
 */
void cvn_watch_hub_drain(struct cvn_watch_hub *hub);

/* How many watch now. */
size_t cvn_watch_hub_watchers(struct cvn_watch_hub *hub);

/*
 * Stops the follower: after the servers it was bound to are drained, before the store is closed.
 * The memory goes with cvn_watch_hub_free, after the servers are freed. NULL is accepted.
 */
void cvn_watch_hub_stop(struct cvn_watch_hub *hub);
void cvn_watch_hub_free(struct cvn_watch_hub *hub);

#endif
