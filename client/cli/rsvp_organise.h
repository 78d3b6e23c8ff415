/* Commands of `convene rsvp` with which organisers decide, add, move and invite. */
#ifndef CVN_CLIENT_CLI_RSVP_ORGANISE_H
#define CVN_CLIENT_CLI_RSVP_ORGANISE_H

#include "client/cli/cli.h"

enum cvn_exit cvn_rsvp_run_decide(struct cvn_cli *cli);
enum cvn_exit cvn_rsvp_run_add(struct cvn_cli *cli);
enum cvn_exit cvn_rsvp_run_move(struct cvn_cli *cli);
enum cvn_exit cvn_rsvp_run_invite(struct cvn_cli *cli);

extern const struct cvn_option cvn_rsvp_decide_options[];
extern const struct cvn_option cvn_rsvp_add_options[];
extern const struct cvn_option cvn_rsvp_move_options[];
extern const struct cvn_option cvn_rsvp_invite_options[];

#endif
