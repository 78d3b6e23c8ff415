/* Events as records of CSV or JSON lines, with the columns that `events import` reads. */
#ifndef CVN_CLIENT_CLI_RECORD_OUT_H
#define CVN_CLIENT_CLI_RECORD_OUT_H

#include "client/cli/import.h"
#include "convene/events/v1/event.pb-c.h"

/* Writes the columns' names as a row of CSV. */
void cvn_record_out_heading(FILE *file, const struct cvn_import_column *columns);

/* Writes the event as a row, or as an object on a line of its own. 0 or -ENOMEM. */
int cvn_record_out_event(FILE *file, bool csv, const Convene__Events__V1__Event *event);

#endif
