/*
 * One watch of WatchEvents: what it is about, how far it has come, and what it is told next. Knows
 * neither calls nor threads; whoever drives it gives it a snapshot and takes its messages.
 */
#ifndef CVN_SERVICES_EVENTS_WATCH_WATCH_FEED_H
#define CVN_SERVICES_EVENTS_WATCH_WATCH_FEED_H

#include "convene/events/v1/watch.pb-c.h"
#include "services/events/listing/event_filter.h"
#include "services/events/listing/event_list.h"
#include "services/events/watch/watch_cursor.h"
#include "services/events/watch/watch_page.h"

enum {
    CVN_WATCH_LIST_PAGE = 32,        /* events of a snapshot listed in one step */
    CVN_WATCH_WALK_ROWS = 256,       /* events of a group looked at in one step */
    CVN_WATCH_UNSAID_MAX = 1000,     /* entries passed over before the cursor is sent alone */
    CVN_WATCH_STEP_BYTES = 16 << 20, /* memory for a step: a page of the list is the most */
};

struct cvn_watch_feed {
    struct cvn_watch_cursor at;
    Convene__Events__V1__ListEventsRequest list; /* the request's filter, for its pages */
    struct cvn_event_filter *filter;
    bool live;       /* the message that says so was sent */
    uint64_t unsaid; /* entries passed since the cursor was sent */
};

/* Where messages go. write: 0; CVN_WATCH_LATER when it takes none now; -EPIPE when none any more.
 */
struct cvn_watch_sink {
    int (*write)(void *arg, const Convene__Events__V1__WatchEventsResponse *message);
    void *arg;
};

enum {
    CVN_WATCH_MORE = 100,  /* step again */
    CVN_WATCH_IDLE = 101,  /* step again when the log has grown */
    CVN_WATCH_LATER = 102, /* step again when the sink takes more */
};

/*
 * Begins a watch in a context with a snapshot whose arena outlives it, as does the request. 0;
 * CVN_REFUSED, with OUT_OF_RANGE for a cursor that cannot be gone on from; a fault.
 */
int cvn_watch_feed_open(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                        const Convene__Events__V1__WatchEventsRequest *request);

/*
 * Tells the sink some of what is due. The context is of this step: its snapshot is the page's, its
 * arena is emptied again and again. CVN_WATCH_MORE, IDLE or LATER; CVN_REFUSED; -EPIPE; a fault.
 */
int cvn_watch_feed_step(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                        struct cvn_watch_page *page, const struct cvn_watch_sink *sink);

/* Sends the cursor alone where it has moved on unsaid. What the sink gives. */
int cvn_watch_feed_say_cursor(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                              const struct cvn_watch_sink *sink);

#endif
