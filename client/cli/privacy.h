/* Commands of the family people about all that is held about one: in a file, or gone. */
#ifndef CVN_CLIENT_CLI_PRIVACY_H
#define CVN_CLIENT_CLI_PRIVACY_H

#include "client/cli/cli.h"

enum cvn_exit cvn_privacy_run_export(struct cvn_cli *cli);
enum cvn_exit cvn_privacy_run_erase(struct cvn_cli *cli);

extern const struct cvn_option cvn_privacy_export_options[];
extern const struct cvn_option cvn_privacy_erase_options[];

#endif
