/* How a pair, or a mentee without a mentor, is shown. */
#ifndef CVN_CLIENT_CLI_MATCH_VIEW_H
#define CVN_CLIENT_CLI_MATCH_VIEW_H

#include "client/cli/view.h"
#include "convene/mentoring/v1/match.pb-c.h"

extern const struct cvn_view_column cvn_match_columns[];
extern const struct cvn_view_column cvn_match_group_columns[]; /* of a run that made groups */

/*
 * How much better than a run any pairing could be, as a sentence; "" where that says nothing, NULL
 * without memory.
 */
const char *cvn_match_gap_text(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchGap *gap);

#endif
