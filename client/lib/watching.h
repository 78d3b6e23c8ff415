/* What the command line asks of a watch beside the public header. */
#ifndef CVN_CLIENT_LIB_WATCHING_H
#define CVN_CLIENT_LIB_WATCHING_H

#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"

/* Sets the filter as a message, which outlives the watch; before it is run. */
void cvn_watch_set_filter(struct convene_watch *watch,
                          Convene__Events__V1__ListEventsRequest *filter);

#endif
