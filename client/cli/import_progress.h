/*
 * What an import in a stream shows on a terminal meanwhile, and how Ctrl-C ends it: once, when what
 * is under way is stored; twice, at once.
 */
#ifndef CVN_CLIENT_CLI_IMPORT_PROGRESS_H
#define CVN_CLIENT_CLI_IMPORT_PROGRESS_H

#include "client/cli/cli.h"
#include "client/cli/report.h"

#include <signal.h>
#include <stdio.h>

struct cvn_import_progress {
    struct cvn_cli *cli;
    const struct cvn_report *report;
    const char *noun;
    off_t file_bytes; /* 0 where nobody knows */
    int64_t began_ms, shown_ms;
    bool interrupted; /* once */
    sigset_t signals, mask_before;
};

/* Begins, before the run's client is opened: from here on Ctrl-C ends the program no more. */
void cvn_import_progress_begin(struct cvn_import_progress *progress, struct cvn_cli *cli,
                               const struct cvn_report *report, const char *noun);
void cvn_import_progress_end(struct cvn_import_progress *progress);

/* How many bytes the file has, where it has an end. */
off_t cvn_import_progress_size(FILE *file);

/* Whether the user has asked to stop. */
bool cvn_import_progress_interrupted(struct cvn_import_progress *progress);

/* Shows how far it is, from time to time: the report's records, at so many bytes of the file. */
void cvn_import_progress_show(struct cvn_import_progress *progress, off_t at);

/* Takes the line away. */
void cvn_import_progress_clear(const struct cvn_import_progress *progress);

/* For the sender (client/lib/sender.h): whether to stop at once, and that the connection broke. */
bool cvn_import_progress_given_up(void *progress);
void cvn_import_progress_tell_line(void *progress, const struct convene_status *why);

/* Says why sending failed, r being its code, and clears the status. CVN_EXIT_DONE for 0. */
enum cvn_exit cvn_import_progress_tell(const struct cvn_import_progress *progress, int r,
                                       struct convene_status *status);

#endif
