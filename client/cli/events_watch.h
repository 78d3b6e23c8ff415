/* `convene events watch`. */
#ifndef CVN_CLIENT_CLI_EVENTS_WATCH_H
#define CVN_CLIENT_CLI_EVENTS_WATCH_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_events_watch_options[];
extern const char cvn_events_watch_notes[];
enum cvn_exit cvn_events_run_watch(struct cvn_cli *cli);

#endif
