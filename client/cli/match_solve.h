/* `convene match solve`: a matching from two files, without any server. */
#ifndef CVN_CLIENT_CLI_MATCH_SOLVE_H
#define CVN_CLIENT_CLI_MATCH_SOLVE_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_match_solve_options[];

enum cvn_exit cvn_match_solve_run(struct cvn_cli *cli);

#endif
