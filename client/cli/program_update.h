/* `convene programs update` and `convene programs lint`. */
#ifndef CVN_CLIENT_CLI_PROGRAM_UPDATE_H
#define CVN_CLIENT_CLI_PROGRAM_UPDATE_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_program_update_options[];

enum cvn_exit cvn_program_update_run(struct cvn_cli *cli);
enum cvn_exit cvn_program_lint_run(struct cvn_cli *cli);

#endif
