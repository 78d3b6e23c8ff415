/* `convene match publish` and `convene match rematch`. */
#ifndef CVN_CLIENT_CLI_MATCH_PUBLISH_H
#define CVN_CLIENT_CLI_MATCH_PUBLISH_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_match_publish_options[];

enum cvn_exit cvn_match_publish_run(struct cvn_cli *cli);
enum cvn_exit cvn_match_rematch_run(struct cvn_cli *cli);

#endif
