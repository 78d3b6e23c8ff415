/*
 * The versions of the events service's store. A step leads from each to the next; it runs when a
 * newer program opens an older store (storage/store.h).
 *
 *     0  as first released
 *     1  an index of archived groups
 *     2  an index of events by topic and place at once
 */
#ifndef CVN_SERVICES_EVENTS_SCHEMA_H
#define CVN_SERVICES_EVENTS_SCHEMA_H

#include "storage/store.h"

enum { CVN_EVENTS_SCHEMA = 2 };

extern cvn_schema_step *const cvn_events_schema_steps[CVN_EVENTS_SCHEMA];

#endif
