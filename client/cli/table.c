#include "client/cli/table.h"

#include "base/csv.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *cell(const struct cvn_table *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->n_columns + column];
    return text ? text : "";
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Cells that print_clean will take. */
static size_t width(const char *text)
{
    size_t n = cvn_text_width(cvn_slice_of_string(text));
    for (const char *c = text; *c; c++) {
        n += is_control((unsigned char)*c);
    }
    return n;
}

/* Control characters could move the cursor or forge lines; each becomes a blank. */
static void print_clean(FILE *file, const char *text)
{
    for (const char *c = text; *c; c++) {
        (void)fputc(is_control((unsigned char)*c) ? ' ' : *c, file);
    }
}

static void print_padded(FILE *file, const char *text, size_t cells, bool right, bool last)
{
    size_t used = width(text);
    int pad = (int)(cells > used ? cells - used : 0);
    (void)fprintf(file, "%*s", right ? pad : 0, "");
    print_clean(file, text);
    (void)fprintf(file, "%*s", right || last ? 0 : pad, "");
    (void)fputs(last ? "" : "  ", file);
}

/* One line; what is empty at its end is left out. */
static void print_line(FILE *file, const struct cvn_table *table, const char *const *cells,
                       const size_t *widths)
{
    size_t n = table->n_columns;
    while (n > 0 && (!cells[n - 1] || !*cells[n - 1])) {
        n--;
    }
    for (size_t c = 0; c < n; c++) {
        print_padded(file, cells[c] ? cells[c] : "", widths[c], table->columns[c].right,
                     c + 1 == n);
    }
    (void)fputc('\n', file);
}

int cvn_table_print_plain(FILE *file, const struct cvn_table *table)
{
    size_t widths[CVN_TABLE_COLUMNS];
    const char *titles[CVN_TABLE_COLUMNS];
    for (size_t c = 0; c < table->n_columns; c++) {
        titles[c] = table->columns[c].title;
        widths[c] = width(titles[c]);
        for (size_t r = 0; r < table->n_rows; r++) {
            size_t w = width(cell(table, r, c));
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
    print_line(file, table, titles, widths);
    for (size_t r = 0; r < table->n_rows; r++) {
        print_line(file, table, table->cells + r * table->n_columns, widths);
    }
    return ferror(file) ? -EIO : 0;
}

static int fill(struct libscols_table *scols, const struct cvn_table *table, bool colour)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct cvn_table_column *column = &table->columns[c];
        int flags = (column->right ? SCOLS_FL_RIGHT : 0) | (column->shrink ? SCOLS_FL_TRUNC : 0);
        struct libscols_column *made =
            scols_table_new_column(scols, column->title, column->shrink ? 0.4 : 0, flags);
        if (!made) {
            return -ENOMEM;
        }
        if (colour) {
            (void)scols_cell_set_color(scols_column_get_header(made), "bold");
        }
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        struct libscols_line *line = scols_table_new_line(scols, NULL);
        for (size_t c = 0; c < table->n_columns; c++) {
            if (!line || scols_line_set_data(line, c, cell(table, r, c))) {
                return -ENOMEM;
            }
        }
    }
    return 0;
}

int cvn_table_print_terminal(FILE *file, const struct cvn_table *table, bool colour)
{
    struct libscols_table *scols = scols_new_table();
    if (!scols) {
        return -ENOMEM;
    }
    int r = scols_table_enable_colors(scols, colour);
    r = r ? r : scols_table_set_stream(scols, file);
    r = r ? r : scols_table_set_column_separator(scols, "  ");
    r = r ? r : fill(scols, table, colour);
    r = r ? r : scols_print_table(scols);
    scols_unref_table(scols);
    return r;
}

size_t cvn_table_cells(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    unsigned long n = columns ? strtoul(columns, NULL, 10) : 0;
    if (n == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        n = size.ws_col;
    }
    return n ? n : 80;
}

int cvn_table_print_csv(FILE *file, const struct cvn_table *table)
{
    char titles[CVN_TABLE_COLUMNS][64];
    struct cvn_slice fields[CVN_TABLE_COLUMNS];
    for (size_t c = 0; c < table->n_columns; c++) {
        (void)snprintf(titles[c], sizeof titles[c], "%s", table->columns[c].title);
        for (char *p = titles[c]; *p; p++) {
            *p = *p == ' ' ? '_' : (char)tolower((unsigned char)*p);
        }
        fields[c] = cvn_slice_of_string(titles[c]);
    }
    int r = cvn_csv_write_row(file, fields, table->n_columns);
    for (size_t row = 0; r == 0 && row < table->n_rows; row++) {
        for (size_t c = 0; c < table->n_columns; c++) {
            fields[c] = cvn_slice_of_string(cell(table, row, c));
        }
        r = cvn_csv_write_row(file, fields, table->n_columns);
    }
    return r;
}
