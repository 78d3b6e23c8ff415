/* What `convene demo` is made of: a server in a temporary folder, and commands run against it. */
#ifndef CVN_CLIENT_CLI_DEMO_STEPS_H
#define CVN_CLIENT_CLI_DEMO_STEPS_H

#include "client/cli/cli.h"

struct cvn_demo;

/*
 * Makes the folder with its files and starts the server. On failure says why; *ret_demo may be set
 * all the same and is given to end.
 */
enum cvn_exit cvn_demo_begin(struct cvn_cli *cli, struct cvn_demo **ret_demo);

/* A heading, in the words of somebody who watches. */
void cvn_demo_title(struct cvn_demo *demo, const char *text);

/*
 * Prints `convene` with the words, which NULL ends, as one would type it, runs it and prints its
 * output. False, having said so, when it does not exit with 0 or its output lacks one of the
 * expected texts, which '|' separates.
 */
bool cvn_demo_step(struct cvn_demo *demo, const char *expected, ...) __attribute__((sentinel));

/*
 * Finds the first id with the prefix in the last step's output, in the line that holds the text
 * (any line for NULL). False, having said so, when there is none.
 */
bool cvn_demo_find_id(struct cvn_demo *demo, const char *prefix, const char *line_text,
                      char id[CONVENE_ID_BYTES]);

/* Stops the server, removes the folder and says where to go next. Returns the exit code. */
enum cvn_exit cvn_demo_end(struct cvn_demo *demo, enum cvn_exit code);

#endif
