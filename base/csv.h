/*
 * Comma-separated values after RFC 4180: quoted fields with commas, line ends and doubled quotes in
 * them; CRLF or LF between rows; a UTF-8 byte order mark at the start is skipped, and so are empty
 * lines. Whether the fields are UTF-8 is the caller's to ask (base/text.h).
 */
#ifndef CVN_BASE_CSV_H
#define CVN_BASE_CSV_H

#include "base/error.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdio.h>

enum {
    CVN_CSV_END = 1,       /* outcome: no further row */
    CVN_CSV_RAGGED = 2,    /* outcome: a row with more or fewer fields than the first */
    CVN_CSV_MALFORMED = 3, /* outcome: the text is no CSV from here on */

    CVN_CSV_FIELD_MAX = 1 << 20, /* bytes */
    CVN_CSV_ROW_MAX = 4 << 20,   /* bytes of all fields */
    CVN_CSV_COLUMNS_MAX = 256,
};

/* Fields are borrowed until the next call on the reader; each has a NUL behind it. */
struct cvn_csv_row {
    size_t line; /* of the row's first character, from 1 */
    size_t n_fields;
    const struct cvn_slice *fields;
};

struct cvn_csv_reader;

/*
 * Readers over text in memory, which must outlive the reader, or over an open file, which stays the
 * caller's. 0 or -ENOMEM. One thread at a time.
 */
int cvn_csv_reader_new(struct cvn_csv_reader **ret_reader, struct cvn_slice text);
int cvn_csv_reader_new_file(struct cvn_csv_reader **ret_reader, FILE *file);
void cvn_csv_reader_free(struct cvn_csv_reader *reader);

/*
 * Reads the next row. 0; CVN_CSV_END; CVN_CSV_RAGGED, with the row given all the same and reading
 * able to go on; CVN_CSV_MALFORMED, with line and column (from 1, in characters) and what would be
 * right in err, the same again from every later call; -EIO, -ENOMEM. err may be NULL.
 */
int cvn_csv_next(struct cvn_csv_reader *reader, struct cvn_csv_row *row, struct cvn_error *err);

/*
 * Writes one row, ended by CRLF, quoting the fields that need it. 0 or -EIO. Fields are written as
 * they are: a spreadsheet takes "=1+1" for a formula.
 */
int cvn_csv_write_row(FILE *file, const struct cvn_slice *fields, size_t n_fields);

#endif
