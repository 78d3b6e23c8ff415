/* Cells of events that several commands show. */
#ifndef CVN_CLIENT_CLI_EVENT_VIEW_H
#define CVN_CLIENT_CLI_EVENT_VIEW_H

#include "client/cli/cli.h"

/* The title, and in tables whether it was called off. */
const char *cvn_event_see_title(struct cvn_cli *cli, const void *event);

/* Seats taken, of how many, and how many wait: "12", "31/40", "40/40 +3". */
const char *cvn_event_see_seats(struct cvn_cli *cli, const void *event);

#endif
