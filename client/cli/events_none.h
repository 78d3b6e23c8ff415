/* What is said of a list of events that is empty: which filter left nothing, and what to try. */
#ifndef CVN_CLIENT_CLI_EVENTS_NONE_H
#define CVN_CLIENT_CLI_EVENTS_NONE_H

#include "client/cli/cli.h"
#include "convene/events/v1/event.pb-c.h"

/*
 * Says it on standard error, from the hints of the reply and the options that were given, and names
 * the command to try next.
 */
void cvn_events_tell_none(struct cvn_cli *cli,
                          const Convene__Events__V1__ListEventsResponse *reply);

#endif
