/*
 * A small service in two versions, for the tests of schema steps.
 *
 * Version 1: rows [space 'T'][title] with the value "speaker/city", and an index of cities.
 * Version 2: the value is "city/speaker", with an index of speakers beside that of cities.
 */
#ifndef CVN_TESTS_TALKS_H
#define CVN_TESTS_TALKS_H

#include "storage/table.h"

enum {
    TALKS_N = 2000,
    TALKS_TITLE_BYTES = 16,
    TALKS_VALUE_BYTES = 48,
};

extern const struct cvn_table talks_table_1;
extern const struct cvn_table talks_table_2;

/* The i-th talk's title, and its value in the version. */
void talks_title(char text[TALKS_TITLE_BYTES], int i);
void talks_value(char text[TALKS_VALUE_BYTES], int i, int version);

/* The steps of the schema: from nothing to version 1, and on to 2; arg counts how many ran. */
int talks_step_to_1(struct cvn_txn *txn, void *arg);
int talks_step_to_2(struct cvn_txn *txn, void *arg);

#endif
