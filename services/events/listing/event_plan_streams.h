/* The streams of a plan: what each filter of a query gives to walk. */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_PLAN_STREAMS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_PLAN_STREAMS_H

#include "services/events/listing/event_plan.h"

/*
 * Adds a stream for each filter of the plan's query, and sets needed for those that no traits stand
 * for. Sets empty where a filter leaves nothing. 0 or a fault.
 */
int cvn_event_plan_add_streams(struct cvn_event_plan *plan, bool *needed);

/* The place and the traits of an event, borrowed. 0; CVN_STORE_ABSENT; a fault. */
int cvn_event_plan_find_traits(struct cvn_txn *txn, const struct cvn_id *id,
                               struct cvn_event_entry *ret);

#endif
