#include "base/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    FIRST_BUFFER_BYTES = 4096,
    READ_BYTES = 64 << 10,
    END_OF_TEXT = -1,
};

struct cvn_csv_reader {
    FILE *file; /* NULL: all the text is in chunk from the start */
    struct cvn_slice chunk;
    size_t at; /* in chunk */
    uint8_t *read_buffer;

    size_t line, column;             /* of the next character, from 1 */
    size_t field_line, field_column; /* of the field that is read */
    int done;                        /* what every later call returns: END, MALFORMED or a fault */
    struct cvn_error malformed;

    char *bytes; /* of the row's fields, each with a NUL behind it */
    size_t n_bytes, bytes_room;
    struct cvn_slice fields[CVN_CSV_COLUMNS_MAX];
    size_t starts[CVN_CSV_COLUMNS_MAX]; /* of the fields in bytes, which may still move */
    size_t n_fields;
    bool quoted;      /* the last field was */
    size_t n_columns; /* of the first row; 0 before it */
};

static int new_reader(struct cvn_csv_reader **ret_reader, struct cvn_slice text, FILE *file)
{
    struct cvn_csv_reader *reader = calloc(1, sizeof *reader);
    uint8_t *read_buffer = file ? malloc(READ_BYTES) : NULL;
    if (!reader || (file && !read_buffer)) {
        free(reader);
        free(read_buffer);
        return -ENOMEM;
    }
    reader->file = file;
    reader->chunk = text;
    reader->read_buffer = read_buffer;
    reader->line = reader->column = 1;
    *ret_reader = reader;
    return 0;
}

int cvn_csv_reader_new(struct cvn_csv_reader **ret_reader, struct cvn_slice text)
{
    return new_reader(ret_reader, text, NULL);
}

int cvn_csv_reader_new_file(struct cvn_csv_reader **ret_reader, FILE *file)
{
    return new_reader(ret_reader, cvn_slice(NULL, 0), file);
}

void cvn_csv_reader_free(struct cvn_csv_reader *reader)
{
    if (!reader)
        return;
    free(reader->read_buffer);
    free(reader->bytes);
    free(reader);
}

/* The next byte, not taken; END_OF_TEXT also on a fault, which done then holds. */
static int peek(struct cvn_csv_reader *r)
{
    if (r->at == r->chunk.len && r->file) {
        size_t n = fread(r->read_buffer, 1, READ_BYTES, r->file);
        if (n == 0 && ferror(r->file))
            r->done = -EIO;
        r->chunk = cvn_slice(r->read_buffer, n);
        r->at = 0;
    }
    if (r->at == r->chunk.len)
        return END_OF_TEXT;
    return ((const uint8_t *)r->chunk.data)[r->at];
}

/* Takes the byte that peek has shown. Columns count characters, so not what continues one. */
static void advance(struct cvn_csv_reader *r, int c)
{
    r->at++;
    if (c == '\n') {
        r->line++;
        r->column = 1;
    } else if ((c & 0xc0) != 0x80) {
        r->column++;
    }
}

static bool take(struct cvn_csv_reader *r, int want)
{
    if (peek(r) != want)
        return false;
    advance(r, want);
    return true;
}

static int malformed(struct cvn_csv_reader *r, size_t line, size_t column, const char *problem)
{
    r->done = cvn_error_set(&r->malformed, CVN_CSV_MALFORMED, "line %zu, column %zu: %s", line,
                            column, problem);
    return r->done;
}

static int malformed_here(struct cvn_csv_reader *r, const char *problem)
{
    return malformed(r, r->line, r->column, problem);
}

/* Appends one byte to the field that is being read. */
static int append(struct cvn_csv_reader *r, int c)
{
    if (r->n_bytes == r->bytes_room) {
        size_t room = r->bytes_room ? r->bytes_room * 2 : FIRST_BUFFER_BYTES;
        char *bytes = realloc(r->bytes, room);
        if (!bytes)
            return r->done = -ENOMEM;
        r->bytes = bytes;
        r->bytes_room = room;
    }
    r->bytes[r->n_bytes++] = (char)c;
    return 0;
}

static int malformed_field(struct cvn_csv_reader *r, const char *problem)
{
    return malformed(r, r->field_line, r->field_column, problem);
}

/* Takes the byte into the field, within the limits. */
static int take_into_field(struct cvn_csv_reader *r, int c)
{
    if (r->n_bytes - r->starts[r->n_fields] == CVN_CSV_FIELD_MAX)
        return malformed_field(r, r->quoted ? "the quote that opens here is not closed within "
                                              "1 MiB; close it with another \", or leave it out"
                                            : "the field that begins here exceeds 1 MiB");
    if (r->n_bytes - r->n_fields == CVN_CSV_ROW_MAX)
        return malformed_field(r, "the row exceeds 4 MiB with the field that begins here");
    advance(r, c);
    return append(r, c);
}

/* Behind the opening quote, up to and with the closing one. */
static int read_quoted(struct cvn_csv_reader *r)
{
    for (;;) {
        int c = peek(r), status;
        if (c == END_OF_TEXT && r->done)
            return r->done;
        if (c == END_OF_TEXT)
            return malformed_field(
                r, "the quote that opens here is not closed before the file ends; close "
                   "it with another \", or leave it out");
        if (c == '"') {
            advance(r, c);
            if (peek(r) != '"')
                return r->done;
        }
        status = take_into_field(r, c);
        if (status)
            return status;
    }
}

static int read_plain(struct cvn_csv_reader *r)
{
    for (;;) {
        int c = peek(r), status;
        if (c == END_OF_TEXT || c == ',' || c == '\n' || c == '\r')
            return r->done;
        if (c == '"')
            return malformed_here(r, "a \" within a field that does not begin with one; put the "
                                     "whole field in quotes, and write each \" in it twice");
        status = take_into_field(r, c);
        if (status)
            return status;
    }
}

static const char *problem_behind_quote(int c)
{
    return c == ';'    ? "a ; behind the closing quote; separate the columns with commas"
           : c == '\t' ? "a tab behind the closing quote; separate the columns with commas"
                       : "text behind the closing quote; write each \" within a field twice";
}

/* What ends a field: *ret_last says whether it ends the row too. */
static int read_separator(struct cvn_csv_reader *r, bool *ret_last)
{
    *ret_last = true;
    int c = peek(r);
    if (c == END_OF_TEXT)
        return r->done;
    if (take(r, ',')) {
        *ret_last = false;
        return 0;
    }
    size_t line = r->line, column = r->column;
    bool returned = take(r, '\r');
    if (take(r, '\n'))
        return 0;
    if (r->done)
        return r->done;
    if (returned)
        return malformed(r, line, column,
                         "a carriage return without a line feed; end rows with both or put the "
                         "field in quotes");
    return malformed(r, line, column, problem_behind_quote(c));
}

static int read_field(struct cvn_csv_reader *r, bool *ret_last)
{
    if (r->n_fields == CVN_CSV_COLUMNS_MAX)
        return malformed_here(r, "the row has more than 256 fields");
    r->starts[r->n_fields] = r->n_bytes;
    r->field_line = r->line;
    r->field_column = r->column;
    r->quoted = take(r, '"');
    int status = r->quoted ? read_quoted(r) : read_plain(r);
    if (status == 0)
        status = read_separator(r, ret_last);
    if (status == 0)
        status = append(r, '\0');
    if (status == 0)
        r->n_fields++;
    return status;
}

/* The mark is no character of the text, so the column stays 1. */
static void skip_byte_order_mark(struct cvn_csv_reader *r)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (peek(r) == 0xef && r->chunk.len >= 3 && memcmp(r->chunk.data, mark, 3) == 0)
        r->at = 3;
}

static bool is_empty_line(const struct cvn_csv_reader *r)
{
    return r->n_fields == 1 && r->n_bytes == 1 && !r->quoted;
}

/* Reads the fields of one line, with the lines that are within quotes. */
static int read_line(struct cvn_csv_reader *r, size_t *ret_line)
{
    r->n_bytes = r->n_fields = 0;
    *ret_line = r->line;
    if (peek(r) == END_OF_TEXT)
        return r->done ? r->done : (r->done = CVN_CSV_END);
    for (bool last = false; !last;) {
        int status = read_field(r, &last);
        if (status)
            return status;
    }
    return 0;
}

static int read_row(struct cvn_csv_reader *r, struct cvn_csv_row *row)
{
    size_t line;
    if (r->line == 1 && r->column == 1)
        skip_byte_order_mark(r);
    do {
        int status = read_line(r, &line);
        if (status)
            return status;
    } while (is_empty_line(r));
    for (size_t i = 0; i < r->n_fields; i++) {
        size_t end = i + 1 < r->n_fields ? r->starts[i + 1] : r->n_bytes;
        r->fields[i] = cvn_slice(r->bytes + r->starts[i], end - r->starts[i] - 1);
    }
    if (r->n_columns == 0)
        r->n_columns = r->n_fields;
    *row = (struct cvn_csv_row){.line = line, .n_fields = r->n_fields, .fields = r->fields};
    return r->n_fields == r->n_columns ? 0 : CVN_CSV_RAGGED;
}

int cvn_csv_next(struct cvn_csv_reader *r, struct cvn_csv_row *row, struct cvn_error *err)
{
    int status = r->done ? r->done : read_row(r, row);
    if (status == CVN_CSV_MALFORMED)
        return cvn_error_set(err, status, "%s", r->malformed.text);
    if (status == CVN_CSV_RAGGED)
        return cvn_error_set(err, status, "line %zu: %zu fields, where the first row has %zu",
                             row->line, row->n_fields, r->n_columns);
    if (status < 0)
        return cvn_error_set(err, status, "line %zu: %s", r->line,
                             status == -ENOMEM ? "out of memory" : "the file cannot be read");
    return status;
}

/* A row of one empty field would read as an empty line; a mark at the start would be skipped. */
static bool needs_quotes(struct cvn_slice field, size_t n_fields)
{
    const char *p = field.data;
    if (field.len == 0)
        return n_fields == 1;
    if (p[0] == ' ' || p[field.len - 1] == ' ' || p[0] == '\xef')
        return true;
    for (size_t i = 0; i < field.len; i++)
        if (p[i] == '"' || p[i] == ',' || p[i] == '\r' || p[i] == '\n')
            return true;
    return false;
}

static void write_field(FILE *file, struct cvn_slice field, size_t n_fields)
{
    if (!needs_quotes(field, n_fields)) {
        if (field.len)
            (void)fwrite(field.data, 1, field.len, file);
        return;
    }
    const char *p = field.data;
    (void)fputc('"', file);
    for (size_t i = 0; i < field.len; i++) {
        if (p[i] == '"')
            (void)fputc('"', file);
        (void)fputc(p[i], file);
    }
    (void)fputc('"', file);
}

/* The stream remembers that a write failed, so it is asked once at the end. */
int cvn_csv_write_row(FILE *file, const struct cvn_slice *fields, size_t n_fields)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (i)
            (void)fputc(',', file);
        write_field(file, fields[i], n_fields);
    }
    (void)fputs("\r\n", file);
    return ferror(file) ? -EIO : 0;
}
