/*
 * Importing events through a registrar: records of a file go to the server in a stream, and their
 * results come back in order. What it shows meanwhile on a terminal, and how Ctrl-C ends it.
 */
#ifndef CVN_CLIENT_CLI_IMPORT_STREAM_H
#define CVN_CLIENT_CLI_IMPORT_STREAM_H

#include "client/cli/cli.h"
#include "client/cli/report.h"
#include "convene/events/v1/event.pb-c.h"
#include "google/rpc/status.pb-c.h"

#include <stdio.h>

struct cvn_import_stream;

struct cvn_import_stream_options {
    const char *noun;
    FILE *file; /* that the records come from, for how much of it is left */
    struct cvn_report *report;
    /* Notes a record that the server refused. */
    void (*refuse)(void *arg, size_t line, const char *identity, const Google__Rpc__Status *status);
    void *arg;
};

/* Opens the run's client and the stream. From here on Ctrl-C is noticed by interrupted. */
enum cvn_exit cvn_import_stream_open(struct cvn_import_stream **ret, struct cvn_cli *cli,
                                     const struct cvn_import_stream_options *options);

/* Sends one record; refused at once where it is too large. CVN_EXIT_DONE, or the failure told. */
enum cvn_exit cvn_import_stream_push(struct cvn_import_stream *stream,
                                     const Convene__Events__V1__Event *event, size_t line,
                                     const char *identity);

/* Whether the user has asked to stop. */
bool cvn_import_stream_interrupted(struct cvn_import_stream *stream);

/* Waits for what is under way; a second Ctrl-C gives it up. */
enum cvn_exit cvn_import_stream_flush(struct cvn_import_stream *stream);

/* Frees it and has Ctrl-C end the program again. NULL is accepted. */
void cvn_import_stream_close(struct cvn_import_stream *stream);

#endif
