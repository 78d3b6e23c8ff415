/* Finding events: every filter of ListEvents, combined, in pages sorted by start. */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_LIST_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_LIST_H

#include "services/runtime/ctx.h"

enum {
    CVN_EVENT_LIST_DEFAULT = 20,
    CVN_EVENT_LIST_MAX = 1000,
    /*
     * Index entries that one call looks at; an event that is read and then not shown counts as
     * CVN_EVENT_LIST_READ of them. A list whose filters leave little gives a shorter page, maybe an
     * empty one, with a token to go on.
     */
    CVN_EVENT_LIST_SCAN_MAX = 20000,
    CVN_EVENT_LIST_READ = 10,
    /* Events read for one page, shown or not, as stored; the one that reaches it is the last. */
    CVN_EVENT_LIST_BYTES_MAX = 2 << 20,
    /* Memory for looking at one event. */
    CVN_EVENT_LIST_ROW_BYTES_MAX = 1 << 20,
    /* For each hint of an empty page: events counted, and index entries looked at for it. */
    CVN_EVENT_LIST_HINT_MAX = CVN_EVENT_LIST_DEFAULT,
    CVN_EVENT_LIST_HINT_SCAN_MAX = 2000,
    /* Memory for one hint. */
    CVN_EVENT_LIST_HINT_BYTES_MAX = 4 << 20,
};

/* The prepare of ListEvents, and its run for those within the service, which look at the events. */
int cvn_event_list_check(struct cvn_ctx *ctx, const void *request);
int cvn_event_list(struct cvn_ctx *ctx, const void *request, void *reply);

/*
 * The run of ListEvents whose reply is only packed: events are in it as bytes, which saves
 * unpacking and packing what was stored packed. The reply's events stay empty.
 */
int cvn_event_list_packed(struct cvn_ctx *ctx, const void *request, void *reply);

/* The page token for going on behind an event of the list; NULL when the arena is spent. */
char *cvn_event_list_token(struct cvn_ctx *ctx, const void *request, const void *event);

#endif
