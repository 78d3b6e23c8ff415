/* `convene rsvp draw`: drawing lots, and checking a draw without trusting the server. */
#ifndef CVN_CLIENT_CLI_RSVP_DRAW_H
#define CVN_CLIENT_CLI_RSVP_DRAW_H

#include "client/cli/cli.h"

enum cvn_exit cvn_rsvp_run_draw(struct cvn_cli *cli);

extern const struct cvn_option cvn_rsvp_draw_options[];

#endif
