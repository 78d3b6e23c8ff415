#include "client/cli/import_columns.h"

#include "client/cli/options.h"

#include <errno.h>
#include <string.h>

const struct cvn_import_column *cvn_import_column_find(const struct cvn_import_column *columns,
                                                       const char *name)
{
    while (columns->name && strcmp(columns->name, name) != 0) {
        columns++;
    }
    return columns->name ? columns : NULL;
}

int cvn_import_column_refuse(const struct cvn_import_column *columns, const char *noun,
                             const char *name, struct cvn_error *err)
{
    for (const struct cvn_import_column *column = columns; column->name; column++) {
        if (cvn_words_close(column->name, name)) {
            return cvn_error_set(err, -EINVAL, "there is no column \"%.60s\"; did you mean \"%s\"?",
                                 name, column->name);
        }
    }
    return cvn_error_set(err, -EINVAL, "\"%.60s\" is no column of %s", name, noun);
}

void cvn_import_columns_help(FILE *file, const struct cvn_import_column *columns)
{
    for (; columns->name; columns++) {
        (void)fprintf(file, "  %-16s %s\n", columns->name, columns->help);
    }
}
