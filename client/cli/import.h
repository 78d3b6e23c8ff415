/*
 * Importing records through a batch method: columns to fields, batches, and the report that names
 * each refused record. What differs between events, groups, people and enrolments is data.
 */
#ifndef CVN_CLIENT_CLI_IMPORT_H
#define CVN_CLIENT_CLI_IMPORT_H

#include "client/cli/cli.h"
#include "client/cli/import_columns.h"

#include <protobuf-c/protobuf-c.h>

enum {
    CVN_IMPORT_VALUE_MAX = 64 << 10, /* bytes of a value; no field takes more */
    CVN_IMPORT_REFUSED_MAX = 10000,  /* refused records kept for the report; all are counted */
};

struct cvn_import_kind {
    const char *noun;     /* "events" */
    const char *identity; /* the column that names a record in the report */
    const char *method;
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *record;
    const char *records_field; /* of the request, holding the records */
    bool streams; /* the records are events, which go through a registrar; the method is not used */
    const struct cvn_import_column *columns;
    /*
     * Completes a record from columns without a path; values are by column, NULL where absent.
     * Texts go into the arena. 0, or -EINVAL with a phrase in err that names the column; -ECANCELED
     * with cli->zone_failure. May be NULL.
     */
    int (*finish)(struct cvn_cli *cli, struct cvn_arena *arena, ProtobufCMessage *record,
                  const char *const *values, struct cvn_error *err);
};

/*
 * Imports the file that a word of the command names ("-" is standard input). The command's options
 * with a path fill each request; --format csv or jsonl overrides the file's name. program_id (may
 * be NULL) is set in the request. CVN_EXIT_FAILED when anything was refused.
 */
enum cvn_exit cvn_import_run(struct cvn_cli *cli, const struct cvn_import_kind *kind,
                             const char *file_name, const char *program_id);

#endif
