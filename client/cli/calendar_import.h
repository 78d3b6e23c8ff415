/* Importing an iCalendar file: `convene events import FILE.ics --group GROUP`. */
#ifndef CVN_CLIENT_CLI_CALENDAR_IMPORT_H
#define CVN_CLIENT_CLI_CALENDAR_IMPORT_H

#include "client/cli/cli.h"

/* Whether the command asks for one, by --format or by the file's name. */
bool cvn_calendar_import_meant(const struct cvn_cli *cli, const char *file_name);

/* Imports the file ("-" is standard input) and prints the report. */
enum cvn_exit cvn_calendar_import_run(struct cvn_cli *cli, const char *file_name);

#endif
