/* Commands of `convene rsvp` at the door and after it: who came, and who did not. */
#ifndef CVN_CLIENT_CLI_RSVP_CHECK_IN_H
#define CVN_CLIENT_CLI_RSVP_CHECK_IN_H

#include "client/cli/cli.h"

enum cvn_exit cvn_rsvp_run_check_in(struct cvn_cli *cli);
enum cvn_exit cvn_rsvp_run_close(struct cvn_cli *cli);

extern const struct cvn_option cvn_rsvp_check_in_options[];

#endif
