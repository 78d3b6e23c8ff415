/* Finding events: every filter of ListEvents, combined, in pages sorted by start. */
#ifndef CVN_SERVICES_EVENTS_EVENT_LIST_H
#define CVN_SERVICES_EVENTS_EVENT_LIST_H

#include "services/runtime/ctx.h"

enum {
    CVN_EVENT_LIST_DEFAULT = 20,
    CVN_EVENT_LIST_MAX = 1000,
    /*
     * Index entries that one call looks at. A list whose filters leave little of them gives a
     * shorter page, maybe an empty one, with a token to go on.
     */
    CVN_EVENT_LIST_SCAN_MAX = 20000,
    /* Packed events of one page; the one that reaches it is the page's last. */
    CVN_EVENT_LIST_BYTES_MAX = 2 << 20,
    /* Memory for reading one event that may then not be shown. */
    CVN_EVENT_LIST_ROW_BYTES_MAX = 1 << 20,
    /* Ranges of an index that are merged for one list: cells around a place. */
    CVN_EVENT_LIST_STREAMS_MAX = 48,
};

/* The prepare and run of ListEvents. */
int cvn_event_list_check(struct cvn_ctx *ctx, const void *request);
int cvn_event_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
