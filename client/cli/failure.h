/* What a failed call means for people: an exit code, a sentence, and what to do next. */
#ifndef CVN_CLIENT_CLI_FAILURE_H
#define CVN_CLIENT_CLI_FAILURE_H

#include "client/cli/cli.h"

/* The exit code for a status. */
enum cvn_exit cvn_failure_exit(const struct convene_status *status);

/*
 * Whether a violation's field, as the server names it ("events[3].venue.city"), is the field at
 * path ("venue.city" or "event.venue.city"): indexes do not count, and one may begin further up.
 */
bool cvn_failure_is_field(const char *violation, const char *path);

/*
 * Finds the word that names a violation's field where help calls a command's words "PROGRAM
 * PERSON": PROGRAM for "program_id", and for "id" the only one. How long it is, *ret being its
 * place; 0 for none.
 */
size_t cvn_failure_word(const char *words, const char *field, const char **ret);

/*
 * Says on standard error why the call failed and what to do next; field violations come one to a
 * line, named by the command's options or words where they fill the field. Returns the exit code.
 */
enum cvn_exit cvn_failure_print(struct cvn_cli *cli, const struct convene_status *status);

#endif
