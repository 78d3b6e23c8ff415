/* `convene programs report` and `convene programs feedback`. */
#ifndef CVN_CLIENT_CLI_PROGRAM_REPORT_H
#define CVN_CLIENT_CLI_PROGRAM_REPORT_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_program_report_options[];
extern const struct cvn_option cvn_program_feedback_options[];

enum cvn_exit cvn_program_report_run(struct cvn_cli *cli);
enum cvn_exit cvn_program_feedback_run(struct cvn_cli *cli);

#endif
