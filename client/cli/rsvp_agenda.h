/* `convene rsvp agenda`, and the warning of clashes with a yes. */
#ifndef CVN_CLIENT_CLI_RSVP_AGENDA_H
#define CVN_CLIENT_CLI_RSVP_AGENDA_H

#include "client/cli/cli.h"
#include "convene/events/v1/rsvp.pb-c.h"

enum cvn_exit cvn_rsvp_run_agenda(struct cvn_cli *cli);

/* Remarks, on standard error, what else the person has said yes to at that time. */
void cvn_rsvp_warn_of_clashes(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp);

extern const struct cvn_option cvn_rsvp_agenda_options[];

#endif
