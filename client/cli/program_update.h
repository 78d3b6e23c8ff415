/* `convene programs update` and `convene programs lint`. */
#ifndef CVN_CLIENT_CLI_PROGRAM_UPDATE_H
#define CVN_CLIENT_CLI_PROGRAM_UPDATE_H

#include "client/cli/cli.h"
#include "convene/mentoring/v1/program.pb-c.h"

extern const struct cvn_option cvn_program_update_options[];

/* Puts ids in the place of the group's slug and the managers' e-mails. */
enum cvn_exit cvn_program_find_named(struct cvn_cli *cli, Convene__Mentoring__V1__Program *program);

enum cvn_exit cvn_program_update_run(struct cvn_cli *cli);
enum cvn_exit cvn_program_lint_run(struct cvn_cli *cli);

#endif
