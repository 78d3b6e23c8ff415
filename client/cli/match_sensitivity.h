/* Which weights would give a mentee another mentor, asked and told. */
#ifndef CVN_CLIENT_CLI_MATCH_SENSITIVITY_H
#define CVN_CLIENT_CLI_MATCH_SENSITIVITY_H

#include "client/cli/cli.h"
#include "convene/mentoring/v1/match.pb-c.h"

/* `convene match sensitivity`. */
enum cvn_exit cvn_match_sensitivity_run(struct cvn_cli *cli);

/* Prints it as -o asks; CSV gives the turns. */
enum cvn_exit cvn_match_sensitivity_print(struct cvn_cli *cli,
                                          const Convene__Mentoring__V1__MatchSensitivity *found);

#endif
