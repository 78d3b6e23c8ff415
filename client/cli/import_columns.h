/* The columns that records of a file have: finding one by its name, and refusing what is none. */
#ifndef CVN_CLIENT_CLI_IMPORT_COLUMNS_H
#define CVN_CLIENT_CLI_IMPORT_COLUMNS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cvn_import_column {
    const char *name;   /* NULL ends the columns */
    const char *path;   /* field of the record; NULL when its reader knows what it fills */
    const char *help;   /* a phrase */
    size_t max_bytes;   /* a longer value is refused here; 0 means CVN_IMPORT_VALUE_MAX */
    const char *blamed; /* without a path: the field that the server blames for it */
    bool folds;         /* A-Z are read as a-z, which the report says of a record's identity */
};

/* The column of that name, or NULL. */
const struct cvn_import_column *cvn_import_column_find(const struct cvn_import_column *columns,
                                                       const char *name);

/*
 * Says in err that the name is no column of noun ("events"), or which one may be meant by it.
 * Returns -EINVAL.
 */
int cvn_import_column_refuse(const struct cvn_import_column *columns, const char *noun,
                             const char *name, struct cvn_error *err);

/* Prints the columns that help shows. */
void cvn_import_columns_help(FILE *file, const struct cvn_import_column *columns);

#endif
