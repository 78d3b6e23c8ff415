/* The closing report of an import: how many of each, and each refused record with its reason. */
#ifndef CVN_CLIENT_CLI_REPORT_H
#define CVN_CLIENT_CLI_REPORT_H

#include "client/cli/cli.h"

struct cvn_report;

/* NULL without memory. */
struct cvn_report *cvn_report_new(void);
void cvn_report_free(struct cvn_report *report);

/* Counts a record that was taken. */
void cvn_report_count(struct cvn_report *report, enum convene_outcome outcome);

/*
 * Counts a refused record and keeps its line, its identity ("" where unknown) and the reason, up to
 * CVN_IMPORT_REFUSED_MAX of them.
 */
void cvn_report_refuse(struct cvn_report *report, size_t line, const char *identity,
                       const char *reason);

/* Counts a record for which there was nothing to do, and keeps why, as for one refused. */
void cvn_report_skip(struct cvn_report *report, size_t line, const char *identity,
                     const char *reason);

/* Keeps what is to be said of a record that was taken; it counts for nothing. */
void cvn_report_remark(struct cvn_report *report, size_t line, const char *identity,
                       const char *text);

/* A further reason for the record refused last. */
void cvn_report_also(struct cvn_report *report, const char *reason);

/* Notes why reading ended before the end of the file. */
void cvn_report_broken(struct cvn_report *report, const char *reason);

/* Records in all so far. */
size_t cvn_report_total(const struct cvn_report *report);

/*
 * Prints it as -o asks, and nothing where the import failed (code, which was told) before it had a
 * result. That code, or CVN_EXIT_FAILED when anything was refused or reading ended early.
 */
enum cvn_exit cvn_report_print(struct cvn_cli *cli, const struct cvn_report *report,
                               const char *noun, const char *file_name, enum cvn_exit code);

#endif
