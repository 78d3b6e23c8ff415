/* Events as a file: `convene events export`. */
#ifndef CVN_CLIENT_CLI_EVENTS_EXPORT_H
#define CVN_CLIENT_CLI_EVENTS_EXPORT_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_events_export_options[];

enum cvn_exit cvn_events_export_run(struct cvn_cli *cli);

#endif
