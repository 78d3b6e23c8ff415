/* How far something long has come, on one line of a terminal that is written over. */
#ifndef CVN_CLIENT_CLI_PROGRESS_H
#define CVN_CLIENT_CLI_PROGRESS_H

#include "client/cli/cli.h"

/* Nothing where standard error is no terminal, or with --quiet; as all of these. */
void cvn_progress_show_keys(struct cvn_cli *cli, const char *what, uint64_t done, uint64_t total);
void cvn_progress_show_bytes(struct cvn_cli *cli, uint64_t done, uint64_t total);
/* Takes the line away. */
void cvn_progress_clear(struct cvn_cli *cli);

#endif
