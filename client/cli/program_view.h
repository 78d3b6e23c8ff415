/* How a programme is shown. */
#ifndef CVN_CLIENT_CLI_PROGRAM_VIEW_H
#define CVN_CLIENT_CLI_PROGRAM_VIEW_H

#include "client/cli/view.h"

extern const struct cvn_view_column cvn_program_list_columns[];
extern const struct cvn_view_column cvn_program_show_columns[];

#endif
