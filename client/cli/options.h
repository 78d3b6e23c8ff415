/*
 * Options of commands as data: one row says how an option is written, which field of the request
 * it fills and what help says of it. Parsing, help and the words of errors all come from the rows.
 */
#ifndef CVN_CLIENT_CLI_OPTIONS_H
#define CVN_CLIENT_CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_OPTIONS_GIVEN_MAX = 128,
    CVN_POSITIONALS_MAX = 16,
};

struct cvn_option {
    const char *name;     /* without the dashes, as in "near"; NULL ends a table */
    char letter;          /* as in 'o' for -o; 0 for none */
    const char *argument; /* what help calls its value, as in "LAT,LON"; NULL for a flag */
    const char *help;     /* a phrase */
    const char *path;     /* field of the request that it fills; NULL when the command's own */
};

/* What was given; texts are borrowed from argv. */
struct cvn_args {
    size_t n_positionals;
    const char *positionals[CVN_POSITIONALS_MAX];
    size_t n_given;
    struct {
        const struct cvn_option *option;
        const char *value; /* "" for a flag */
    } given[CVN_OPTIONS_GIVEN_MAX];
};

/*
 * Reads the words: "--name value", "--name=value", "-n value", "-nvalue", "--" before words that
 * begin with a dash; options and other words in any order; numbers such as -3 are values. tables
 * holds n tables, looked through in turn. 0, or -EINVAL with a sentence in err that names the word
 * and, where one is close, the option that was meant.
 */
int cvn_args_parse(struct cvn_args *args, int argc, char *const *argv,
                   const struct cvn_option *const *tables, size_t n, struct cvn_error *err);

/* The last value given, or NULL. */
const char *cvn_args_get(const struct cvn_args *args, const char *name);

/* Whether it was given. */
bool cvn_args_has(const struct cvn_args *args, const char *name);

/* The positional word at i, or NULL. */
const char *cvn_args_word(const struct cvn_args *args, size_t i);

/*
 * How many letters must be put in, taken out, exchanged or swapped with a neighbour to make b of a
 * (Damerau and Levenshtein, optimal string alignment). Words over 63 bytes count as far apart.
 */
size_t cvn_words_distance(const char *a, const char *b);

/* Whether the distance is small enough for "did you mean". */
bool cvn_words_close(const char *meant, const char *written);

#endif
