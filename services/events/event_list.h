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

/*
 * A list's filters, to be asked of one event after another: for whoever follows changes. Lives in
 * the context's arena. The context of the functions is the call's at that moment; what they read
 * goes into its arena.
 */
struct cvn_event_filter;

/*
 * Reads the filters of a ListEventsRequest that cvn_event_list_check has passed and that outlives
 * them. 0, CVN_REFUSED or a fault.
 */
int cvn_event_filter_new(struct cvn_ctx *ctx, const void *request, struct cvn_event_filter **ret);

/* The group, or the person attending, that the filter names; NULL where it names none. */
const struct cvn_id *cvn_event_filter_group(const struct cvn_event_filter *filter);
const struct cvn_id *cvn_event_filter_attendee(const struct cvn_event_filter *filter);

/* Whether it lets every event through that the caller may see, but for its state. */
bool cvn_event_filter_everything(const struct cvn_event_filter *filter);

/* Whether an RSVP in that state has its event among those of its person. */
bool cvn_event_filter_attends(int rsvp_state);

/*
 * Whether an event passes all filters but that of the attendee, and the caller, whose role in its
 * group is given, sees it in such a list. 0 or a fault.
 */
int cvn_event_filter_passes(struct cvn_event_filter *filter, struct cvn_ctx *ctx, const void *event,
                            int role, bool *ret);

/* The page token for going on behind an event of the list; NULL when the arena is spent. */
char *cvn_event_list_token(struct cvn_ctx *ctx, const void *request, const void *event);

#endif
