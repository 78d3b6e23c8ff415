/*
 * A list's filters, to be asked of one event after another: for whoever follows changes. What a
 * list asks of others than the event, as who is in a group, is asked once, when the filter is made.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_FILTER_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_FILTER_H

#include "services/runtime/ctx.h"

/*
 * Lives in the context's arena. The context of the functions is the call's at that moment; what
 * they read goes into its arena.
 */
struct cvn_event_filter;

/*
 * Reads the filters of a ListEventsRequest that cvn_event_list_check has passed and that outlives
 * them. 0, CVN_REFUSED or a fault.
 */
int cvn_event_filter_new(struct cvn_ctx *ctx, const void *request, struct cvn_event_filter **ret);

/* Whether events of the group may be in it. */
bool cvn_event_filter_takes_group(const struct cvn_event_filter *filter,
                                  const struct cvn_id *group);

/* Whether what becomes of the group itself is in it: it names the group, or asks for nothing. */
bool cvn_event_filter_names_group(const struct cvn_event_filter *filter,
                                  const struct cvn_id *group);

/* The person attending that the filter names; NULL where it names none. */
const struct cvn_id *cvn_event_filter_attendee(const struct cvn_event_filter *filter);

/* Whether events without a free seat are left out. */
bool cvn_event_filter_wants_seats(const struct cvn_event_filter *filter);

/* Whether an RSVP in that state has its event among those of its person. */
bool cvn_event_filter_attends(int rsvp_state);

/* As what the caller looks at an event: their role in its group, and how that stands. */
struct cvn_event_sight {
    int role;
    int64_t archived_ms; /* since when the group counts as archived; INT64_MAX: it does not */
};

/*
 * Whether an event passes all filters but that of the attendee, and the caller, by that sight, has
 * it in such a list. id is that of the event as it is; NULL for one that is
 * kept as it was (change_row.h), with the seats that were taken: it may have no title, and then
 * passes whatever the text. 0 or a fault.
 */
int cvn_event_filter_passes(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                            const struct cvn_id *id, const void *event,
                            const struct cvn_event_sight *sight, bool *ret);

#endif
