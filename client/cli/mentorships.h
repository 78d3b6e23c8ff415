/* The commands of `convene mentorships` that write something down. */
#ifndef CVN_CLIENT_CLI_MENTORSHIPS_H
#define CVN_CLIENT_CLI_MENTORSHIPS_H

#include "client/cli/view.h"

/* How a mentorship is shown. */
extern const struct cvn_view_column cvn_mentorship_columns[];

extern const struct cvn_option cvn_mentorship_log_options[];
extern const struct cvn_option cvn_mentorship_check_in_options[];
extern const struct cvn_option cvn_mentorship_feedback_options[];

enum cvn_exit cvn_mentorship_log_run(struct cvn_cli *cli);
enum cvn_exit cvn_mentorship_check_in_run(struct cvn_cli *cli);
enum cvn_exit cvn_mentorship_feedback_run(struct cvn_cli *cli);

/* Shows sessions and check-ins, below an empty line; nothing where there are none. */
enum cvn_exit cvn_mentorship_show_log(struct cvn_cli *cli, char *mentorship_id);

#endif
