/* `convene rsvp waitlist`: the queue, what became of it, and whether that is the truth. */
#ifndef CVN_CLIENT_CLI_RSVP_WAITLIST_H
#define CVN_CLIENT_CLI_RSVP_WAITLIST_H

#include "client/cli/cli.h"

enum cvn_exit cvn_rsvp_run_waitlist(struct cvn_cli *cli);

extern const struct cvn_option cvn_rsvp_waitlist_options[];

#endif
