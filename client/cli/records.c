#include "client/cli/records.h"

#include "base/arena.h"
#include "base/csv.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { HEADING_BYTES = 64 << 10, VALUES_BYTES = 3 * CVN_RECORDS_LINE_MAX };

struct cvn_records {
    FILE *file;
    enum cvn_records_format format;
    struct cvn_csv_reader *csv;
    struct cvn_arena heading; /* column names of CSV */
    struct cvn_arena current; /* texts of the current JSON record */
    const char *names[CVN_RECORDS_VALUES_MAX];
    const char *values[CVN_RECORDS_VALUES_MAX];
    size_t n_columns;
    size_t line;
    char *buffer; /* of getline */
    size_t buffer_size;
};

/* Headings are compared without blanks around them and in any case. */
static int read_name(struct cvn_records *records, struct cvn_slice field, size_t line,
                     struct cvn_error *err)
{
    if (!cvn_text_is_line(field)) {
        return cvn_error_set(err, CVN_RECORDS_BROKEN,
                             "line %zu: column %zu of the heading is no plain UTF-8 text", line,
                             records->n_columns + 1);
    }
    char *name = cvn_arena_copy(&records->heading, field.data, field.len);
    if (!name) {
        return -ENOMEM;
    }
    name += strspn(name, " \t");
    size_t len = strlen(name);
    while (len > 0 && isspace((unsigned char)name[len - 1])) {
        name[--len] = '\0';
    }
    for (char *c = name; *c; c++) {
        *c = *c == ' ' ? '_' : (char)tolower((unsigned char)*c);
    }
    for (size_t i = 0; i < records->n_columns; i++) {
        if (strcmp(records->names[i], name) == 0) {
            return cvn_error_set(err, CVN_RECORDS_BROKEN, "line %zu: column \"%s\" comes twice",
                                 line, name);
        }
    }
    records->names[records->n_columns++] = name;
    return 0;
}

/* A heading of one column, with what other programs separate columns by in it, has several. */
static int check_separator(const struct cvn_csv_row *row, struct cvn_error *err)
{
    const struct cvn_slice *all = &row->fields[0];
    bool by_tab = row->n_fields == 1 && memchr(all->data, '\t', all->len);
    if (!by_tab && (row->n_fields > 1 || !memchr(all->data, ';', all->len))) {
        return 0;
    }
    return cvn_error_set(
        err, CVN_RECORDS_BROKEN,
        "line %zu: the columns are separated by %s where commas are right; a value "
        "with a comma in it goes into quotes",
        row->line, by_tab ? "tabs" : ";");
}

static int read_heading(struct cvn_records *records, struct cvn_error *err)
{
    struct cvn_csv_row row;
    int r = cvn_csv_next(records->csv, &row, err);
    if (r == CVN_CSV_END) {
        return cvn_error_set(err, CVN_RECORDS_BROKEN,
                             "the file is empty; its first line must name the columns");
    }
    if (r == CVN_CSV_MALFORMED) {
        return CVN_RECORDS_BROKEN;
    }
    r = r ? r : check_separator(&row, err);
    for (size_t i = 0; r == 0 && i < row.n_fields && i < CVN_RECORDS_VALUES_MAX; i++) {
        r = read_name(records, row.fields[i], row.line, err);
    }
    return r;
}

int cvn_records_new(struct cvn_records **ret_records, FILE *file, enum cvn_records_format format,
                    struct cvn_error *err)
{
    struct cvn_records *records = calloc(1, sizeof *records);
    if (!records) {
        return -ENOMEM;
    }
    records->file = file;
    records->format = format;
    cvn_arena_init(&records->heading, HEADING_BYTES);
    cvn_arena_init(&records->current, VALUES_BYTES);
    int r = 0;
    if (format == CVN_RECORDS_CSV) {
        r = cvn_csv_reader_new_file(&records->csv, file);
        r = r ? r : read_heading(records, err);
    }
    if (r) {
        cvn_records_free(records);
        return r;
    }
    *ret_records = records;
    return 0;
}

void cvn_records_free(struct cvn_records *records)
{
    if (records) {
        cvn_csv_reader_free(records->csv);
        cvn_arena_deinit(&records->heading);
        cvn_arena_deinit(&records->current);
        free(records->buffer);
        free(records);
    }
}

size_t cvn_records_columns(const struct cvn_records *records, const char *const **ret_names)
{
    *ret_names = records->names;
    return records->n_columns;
}

static int next_csv(struct cvn_records *records, struct cvn_record *record, struct cvn_error *err)
{
    struct cvn_csv_row row;
    int r = cvn_csv_next(records->csv, &row, err);
    if (r < 0 || r == CVN_CSV_END) {
        return r < 0 ? r : CVN_RECORDS_END;
    }
    if (r == CVN_CSV_MALFORMED) {
        return CVN_RECORDS_BROKEN;
    }
    *record = (struct cvn_record){row.line, 0, records->names, records->values};
    if (r == CVN_CSV_RAGGED) {
        return cvn_error_set(err, CVN_RECORDS_REFUSED, "has %zu fields where the heading names %zu",
                             row.n_fields, records->n_columns);
    }
    for (size_t i = 0; i < row.n_fields; i++) {
        const char *text = row.fields[i].data;
        if (!cvn_text_valid(row.fields[i]) || strlen(text) != row.fields[i].len) {
            return cvn_error_set(err, CVN_RECORDS_REFUSED, "%s must be UTF-8 text without NUL",
                                 records->names[i]);
        }
        records->values[i] = text;
    }
    record->n = row.n_fields;
    return 0;
}

static char *json_list_text(struct cvn_arena *arena, const json_t *list)
{
    char *text = cvn_arena_strdup(arena, "");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) {
            return NULL;
        }
        text = text ? cvn_arena_printf(arena, "%s%s%s", text, i ? ";" : "", json_string_value(item))
                    : NULL;
    }
    return text;
}

/* The value as text in the arena; NULL for what is no plain value, and when the arena is spent. */
static char *json_text(struct cvn_arena *arena, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return cvn_arena_strdup(arena, json_string_value(value));
    case JSON_INTEGER:
        return cvn_arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return cvn_arena_printf(arena, "%.15g", json_real_value(value));
    case JSON_TRUE:
        return cvn_arena_strdup(arena, "yes");
    case JSON_FALSE:
        return cvn_arena_strdup(arena, "no");
    case JSON_NULL:
        return cvn_arena_strdup(arena, "");
    case JSON_ARRAY:
        return json_list_text(arena, value);
    case JSON_OBJECT:
        break;
    }
    return NULL;
}

static int read_object(struct cvn_records *records, json_t *object, struct cvn_record *record,
                       struct cvn_error *err)
{
    if (!json_is_object(object)) {
        return cvn_error_set(err, CVN_RECORDS_REFUSED, "must be a JSON object");
    }
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (record->n == CVN_RECORDS_VALUES_MAX) {
            return cvn_error_set(err, CVN_RECORDS_REFUSED, "has more than %d keys",
                                 CVN_RECORDS_VALUES_MAX);
        }
        records->names[record->n] = cvn_arena_strdup(&records->current, key);
        records->values[record->n] = json_text(&records->current, value);
        if (!records->values[record->n]) {
            return cvn_error_set(err, CVN_RECORDS_REFUSED,
                                 "%.60s must be a text, a number or a list of texts", key);
        }
        record->n++;
    }
    return 0;
}

static int next_json(struct cvn_records *records, struct cvn_record *record, struct cvn_error *err)
{
    ssize_t len;
    do {
        errno = 0;
        len = getline(&records->buffer, &records->buffer_size, records->file);
        if (len < 0) {
            return errno == ENOMEM ? -ENOMEM : ferror(records->file) ? -EIO : CVN_RECORDS_END;
        }
        records->line++;
    } while (strspn(records->buffer, " \t\r\n") == (size_t)len);

    cvn_arena_reset(&records->current);
    *record = (struct cvn_record){records->line, 0, records->names, records->values};
    if (len > CVN_RECORDS_LINE_MAX) {
        return cvn_error_set(err, CVN_RECORDS_REFUSED, "has %zd bytes, at most %d are read", len,
                             CVN_RECORDS_LINE_MAX);
    }
    json_error_t problem;
    json_t *object = json_loadb(records->buffer, (size_t)len, JSON_REJECT_DUPLICATES, &problem);
    if (!object) {
        return cvn_error_set(err, CVN_RECORDS_REFUSED, "is no JSON at column %d: %s",
                             problem.column, problem.text);
    }
    int r = read_object(records, object, record, err);
    json_decref(object);
    return r;
}

int cvn_records_next(struct cvn_records *records, struct cvn_record *record, struct cvn_error *err)
{
    return records->format == CVN_RECORDS_CSV ? next_csv(records, record, err)
                                              : next_json(records, record, err);
}
