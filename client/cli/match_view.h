/* How a pair, or a mentee without a mentor, is shown. */
#ifndef CVN_CLIENT_CLI_MATCH_VIEW_H
#define CVN_CLIENT_CLI_MATCH_VIEW_H

#include "client/cli/view.h"

extern const struct cvn_view_column cvn_match_columns[];
extern const struct cvn_view_column cvn_match_group_columns[]; /* of a run that made groups */

/*
 * How much higher a total could be over all pairs than over the candidates, as a sentence; "" where
 * that says nothing, NULL without memory.
 */
const char *cvn_match_gap_text(struct cvn_cli *cli, int64_t total, int64_t bound);

#endif
