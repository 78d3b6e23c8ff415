/* Why a list is empty: what there would be without each of its filters. */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_HINTS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_HINTS_H

#include "services/events/listing/event_query.h"

/*
 * Adds to the reply of an empty list, whose query is given, one hint for each filter. Each costs at
 * most CVN_EVENT_LIST_HINT_SCAN_MAX index entries. 0 or a fault.
 */
int cvn_event_hints_add(struct cvn_event_query *query,
                        Convene__Events__V1__ListEventsResponse *reply);

#endif
