/* `convene events list` and `convene events for-me`. */
#ifndef CVN_CLIENT_CLI_EVENTS_LIST_H
#define CVN_CLIENT_CLI_EVENTS_LIST_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_events_list_options[];
extern const struct cvn_option cvn_events_for_me_options[];

enum cvn_exit cvn_events_run_list(struct cvn_cli *cli);
enum cvn_exit cvn_events_run_for_me(struct cvn_cli *cli);

#endif
