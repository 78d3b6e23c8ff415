/* How a pair, or a mentee without a mentor, is shown. */
#ifndef CVN_CLIENT_CLI_MATCH_VIEW_H
#define CVN_CLIENT_CLI_MATCH_VIEW_H

#include "client/cli/view.h"

extern const struct cvn_view_column cvn_match_columns[];
extern const struct cvn_view_column cvn_match_group_columns[]; /* of a run that made groups */

#endif
