/*
 * A store whose whole content follows from one number: how many entries were written to it. So a
 * store that comes back after a crash can be held against what it must be, whole and no more.
 * Each entry writes a row with index entries, one in five larger than pages, deletes the row of the
 * entry LEDGER_KEPT before, and appends a change.
 */
#ifndef CVN_TESTS_LEDGER_H
#define CVN_TESTS_LEDGER_H

#include "storage/store.h"

enum { LEDGER_KEPT = 60, LEDGER_SENTENCE_BYTES = 256 };

/* Writes the entry of that number in the update's transaction. 0 or a fault. */
int ledger_write(struct cvn_txn *txn, uint64_t number);

/*
 * Reads the number of the last entry there is, and checks that the store is just what so many
 * entries make. 0; -EUCLEAN with a sentence when it is not; a fault of reading, with a sentence.
 */
int ledger_check(struct cvn_store *store, uint64_t *ret_last, char sentence[LEDGER_SENTENCE_BYTES]);

#endif
