/* Importing events, and completing one event's times; shared by `events import` and `create`. */
#ifndef CVN_CLIENT_CLI_EVENTS_IMPORT_H
#define CVN_CLIENT_CLI_EVENTS_IMPORT_H

#include "client/cli/import.h"
#include "convene/events/v1/event.pb-c.h"

extern const struct cvn_import_kind cvn_events_import;

/*
 * Fills start_local and end_local of an event whose group and zone are set; any text may be NULL.
 * Where a time has an offset and the event names no zone, asks the server for the group's. 0, or
 * -EINVAL with a phrase in err that names the column; -ENOMEM; or -ECANCELED when asking failed,
 * which was told and is in cli->zone_failure.
 */
int cvn_events_set_times(struct cvn_cli *cli, struct cvn_arena *arena,
                         Convene__Events__V1__Event *event, const char *const texts[3],
                         struct cvn_error *err);

/* The places in texts. */
enum { CVN_EVENT_START, CVN_EVENT_END, CVN_EVENT_DURATION };

#endif
