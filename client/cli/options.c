#include "client/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { WORD_MAX = 63, FAR = 99 };

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t cvn_words_distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX) {
        return FAR;
    }
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= m; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            row[j] = min2(min2(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = min2(row[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[m];
}

bool cvn_words_close(const char *meant, const char *written)
{
    size_t len = strlen(meant);
    if (strlen(written) >= 3 && strncmp(meant, written, strlen(written)) == 0) {
        return true;
    }
    return cvn_words_distance(meant, written) <= (len < 4 ? 1 : 2);
}

static const struct cvn_option *find_name(const struct cvn_option *const *tables, size_t n,
                                          const char *name, size_t len)
{
    for (size_t t = 0; t < n; t++) {
        for (const struct cvn_option *o = tables[t]; o && o->name; o++) {
            if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) {
                return o;
            }
        }
    }
    return NULL;
}

static const struct cvn_option *find_letter(const struct cvn_option *const *tables, size_t n,
                                            char letter)
{
    for (size_t t = 0; t < n; t++) {
        for (const struct cvn_option *o = tables[t]; o && o->name; o++) {
            if (o->letter && o->letter == letter) {
                return o;
            }
        }
    }
    return NULL;
}

static int refuse_unknown(const char *word, const struct cvn_option *const *tables, size_t n,
                          struct cvn_error *err)
{
    const struct cvn_option *best = NULL;
    size_t best_distance = FAR;
    int len = (int)strcspn(word, "=");
    char name[WORD_MAX + 1] = "";
    if (strncmp(word, "--", 2) == 0 && len - 2 <= WORD_MAX) {
        memcpy(name, word + 2, (size_t)len - 2);
    }
    for (size_t t = 0; *name && t < n; t++) {
        for (const struct cvn_option *o = tables[t]; o && o->name; o++) {
            size_t distance = cvn_words_distance(o->name, name);
            if (distance < best_distance && cvn_words_close(o->name, name)) {
                best = o;
                best_distance = distance;
            }
        }
    }
    if (best) {
        return cvn_error_set(err, -EINVAL, "There is no option %.*s. Did you mean --%s?", len, word,
                             best->name);
    }
    return cvn_error_set(err, -EINVAL, "There is no option %.*s here.", len, word);
}

static int note(struct cvn_args *args, const struct cvn_option *option, const char *value,
                struct cvn_error *err)
{
    if (args->n_given == CVN_OPTIONS_GIVEN_MAX) {
        return cvn_error_set(err, -EINVAL, "At most %d options may be given.",
                             CVN_OPTIONS_GIVEN_MAX);
    }
    args->given[args->n_given].option = option;
    args->given[args->n_given].value = value;
    args->n_given++;
    return 0;
}

/* Takes one option word; *i moves on over a value that is a word of its own. */
static int take_option(struct cvn_args *args, char *const *argv, int argc, int *i,
                       const struct cvn_option *option, const char *attached, struct cvn_error *err)
{
    if (!option->argument) {
        if (attached) {
            return cvn_error_set(err, -EINVAL, "Option --%s takes no value.", option->name);
        }
        return note(args, option, "", err);
    }
    if (!attached) {
        if (*i + 1 >= argc) {
            return cvn_error_set(err, -EINVAL, "Option --%s needs a value: --%s %s.", option->name,
                                 option->name, option->argument);
        }
        attached = argv[++*i];
    }
    return note(args, option, attached, err);
}

static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]) && word[1] != '.';
}

static int take_word(struct cvn_args *args, const char *word, struct cvn_error *err)
{
    if (args->n_positionals == CVN_POSITIONALS_MAX) {
        return cvn_error_set(err, -EINVAL, "There are more than %d words here.",
                             CVN_POSITIONALS_MAX);
    }
    args->positionals[args->n_positionals++] = word;
    return 0;
}

int cvn_args_parse(struct cvn_args *args, int argc, char *const *argv,
                   const struct cvn_option *const *tables, size_t n, struct cvn_error *err)
{
    struct cvn_args parsed = {0};
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        int r;
        if (only_words || !looks_like_option(word)) {
            r = take_word(&parsed, word, err);
        } else if (strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        } else {
            bool is_long = word[1] == '-';
            size_t len = is_long ? strcspn(word + 2, "=") : 1;
            const char *rest = is_long ? word + 2 + len : word + 2;
            const struct cvn_option *option =
                is_long ? find_name(tables, n, word + 2, len) : find_letter(tables, n, word[1]);
            if (!option) {
                return refuse_unknown(word, tables, n, err);
            }
            const char *attached = *rest ? rest + (*rest == '=') : NULL;
            r = take_option(&parsed, argv, argc, &i, option, attached, err);
        }
        if (r) {
            return r;
        }
    }
    *args = parsed;
    return 0;
}

const char *cvn_args_get(const struct cvn_args *args, const char *name)
{
    for (size_t i = args->n_given; i-- > 0;) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            return args->given[i].value;
        }
    }
    return NULL;
}

bool cvn_args_has(const struct cvn_args *args, const char *name)
{
    return cvn_args_get(args, name) != NULL;
}

const char *cvn_args_word(const struct cvn_args *args, size_t i)
{
    return i < args->n_positionals ? args->positionals[i] : NULL;
}
