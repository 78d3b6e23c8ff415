/*
 * Records of a file, one after another and never all in memory: CSV whose first row names the
 * columns, or JSON lines (one object a line) whose keys do. Values are text in both: JSON numbers
 * as written, true and false as "yes" and "no", lists joined with ';', null as "".
 */
#ifndef CVN_CLIENT_CLI_RECORDS_H
#define CVN_CLIENT_CLI_RECORDS_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

enum {
    CVN_RECORDS_END = 1,     /* outcome: no further record */
    CVN_RECORDS_REFUSED = 2, /* outcome: this record cannot be used, later ones may */
    CVN_RECORDS_BROKEN = 3,  /* outcome: nothing can be read from here on */

    CVN_RECORDS_LINE_MAX = 16 << 20, /* bytes of a line of JSON */
    CVN_RECORDS_VALUES_MAX = 256,
};

enum cvn_records_format {
    CVN_RECORDS_CSV,
    CVN_RECORDS_JSON_LINES,
};

/* Borrowed until the next call. All texts are valid UTF-8. */
struct cvn_record {
    size_t line; /* in the file, from 1 */
    size_t n;
    const char *const *names;
    const char *const *values;
};

struct cvn_records;

/*
 * Begins to read; the file stays the caller's and outlives the records. 0; CVN_RECORDS_BROKEN with
 * a sentence in err when there is no usable heading; -ENOMEM.
 */
int cvn_records_new(struct cvn_records **ret_records, FILE *file, enum cvn_records_format format,
                    struct cvn_error *err);
void cvn_records_free(struct cvn_records *records);

/* The columns that a CSV file named; 0 for JSON lines. */
size_t cvn_records_columns(const struct cvn_records *records, const char *const **ret_names);

/*
 * The next record. 0; CVN_RECORDS_END; CVN_RECORDS_REFUSED with record->line set and the reason in
 * err; CVN_RECORDS_BROKEN with line, column and what would be right in err; -EIO; -ENOMEM.
 */
int cvn_records_next(struct cvn_records *records, struct cvn_record *record, struct cvn_error *err);

#endif
