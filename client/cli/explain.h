/* The explanation of a match, told to people. */
#ifndef CVN_CLIENT_CLI_EXPLAIN_H
#define CVN_CLIENT_CLI_EXPLAIN_H

#include "client/cli/cli.h"
#include "convene/mentoring/v1/match.pb-c.h"

/* Prints it as -o asks; CSV gives the terms of the pairs. */
enum cvn_exit cvn_explain_print(struct cvn_cli *cli,
                                const Convene__Mentoring__V1__ExplainMatchResponse *reply);

#endif
