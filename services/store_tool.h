/*
 * What convened does with a data directory when it does not serve: check it, restore it from a
 * backup, compact it. The words on the command line; services' tables are known here.
 */
#ifndef CVN_SERVICES_STORE_TOOL_H
#define CVN_SERVICES_STORE_TOOL_H

#include <stdbool.h>

/* Whether the first word asks for one of these. */
bool cvn_store_tool_is(int argc, char **argv);

/*
 * Does it and says how it went. The process's exit status: 0 done and, for a check, sound; 1 not
 * done, or not sound; 2 for words that cannot be understood.
 */
int cvn_store_tool_main(int argc, char **argv);

#endif
