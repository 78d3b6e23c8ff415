/*
 * A table for tests: a row's value is words; the first is unique among rows, each is an entry of
 * an index.
 */
#ifndef CVN_TESTS_WORDS_H
#define CVN_TESTS_WORDS_H

#include "storage/table.h"
#include "tests/unit/storage/scratch.h"

extern const struct cvn_table words_table;
extern const struct cvn_table *const words_tables[];

/* Writes the row, or deletes it for a value of NULL; the update's result. */
int words_put(struct scratch *s, const char *key, const char *value);

#endif
