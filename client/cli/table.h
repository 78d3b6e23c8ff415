/*
 * Rows of text in columns, in the three forms of -o: a table (through libsmartcols on a terminal,
 * plain aligned columns elsewhere), and CSV. Widths are those of a terminal, so that CJK aligns.
 */
#ifndef CVN_CLIENT_CLI_TABLE_H
#define CVN_CLIENT_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CVN_TABLE_COLUMNS = 24 };

struct cvn_table_column {
    const char *title;
    bool right;         /* numbers */
    bool shrink;        /* may be cut where the terminal is too narrow */
    bool once;          /* in tables left out where the row above has the same */
    unsigned cells_min; /* of a terminal that is wide enough for the column; 0: any */
};

struct cvn_table {
    const struct cvn_table_column *columns;
    size_t n_columns;   /* at most CVN_TABLE_COLUMNS */
    const char **cells; /* by row; borrowed; NULL is "" */
    size_t n_rows;
};

/* Aligned columns, two blanks between them, no blanks at line ends; 0 or -errno. */
int cvn_table_print_plain(FILE *file, const struct cvn_table *table);

/* As wide as the terminal, headings in bold where colour is wanted; 0 or -errno. */
int cvn_table_print_terminal(FILE *file, const struct cvn_table *table, bool colour);

/* How many cells wide the terminal is; 80 where it does not say. */
size_t cvn_table_cells(void);

/* RFC 4180, with the titles as the first row, in lower case with '_' for blanks; 0 or -errno. */
int cvn_table_print_csv(FILE *file, const struct cvn_table *table);

#endif
