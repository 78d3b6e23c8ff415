/*
 * What the results of a run say over and over, stored once for the run under numbers from 1: people
 * as "p", the 16 bytes of the id and the name; texts as "t" and the text, which has
 * CVN_RESULT_NUMBER in the place of each number.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_RESULT_WORDS_H
#define CVN_SERVICES_MENTORING_RUNS_RESULT_WORDS_H

#include "base/arena.h"
#include "base/id.h"
#include "storage/key.h"
#include "storage/txn.h"

struct cvn_result_words;

enum {
    CVN_RESULT_TEXTS_MAX = 1 << 18, /* of a run; a result has further ones of its own */
    CVN_RESULT_NUMBER = '\x01',
};

/* The words of a run that has none yet. 0 or -ENOMEM. *ret is the caller's. Not for two threads. */
int cvn_result_words_new(struct cvn_result_words **ret, const struct cvn_id *run);
void cvn_result_words_free(struct cvn_result_words *words);

/* The number of the text, a new one if need be; 0 when there are too many. 0 or -ENOMEM. */
int cvn_result_words_text(struct cvn_result_words *words, struct cvn_slice text, uint32_t *ret);

/* The number of the person; zeros for somebody who is forgotten. 0 or -ENOMEM. */
int cvn_result_words_person(struct cvn_result_words *words, const struct cvn_id *id,
                            const char *name, uint32_t *ret);

/* How many there are. */
uint32_t cvn_result_words_count(const struct cvn_result_words *words);

/* Writes those from number `first` on. 0 or a fault. */
int cvn_result_words_put(const struct cvn_result_words *words, struct cvn_txn *txn, uint32_t first);

/* Where the words of a run begin. */
void cvn_result_words_key(struct cvn_key *key, const struct cvn_id *run);

/* The text of a number, borrowed as from cvn_txn_get. 0; -EUCLEAN when it is none; a fault. */
int cvn_result_text_get(struct cvn_txn *txn, const struct cvn_id *run, uint32_t number,
                        struct cvn_slice *ret);

/* The person of a number; the name is borrowed. 0; -EUCLEAN when it is none; a fault. */
int cvn_result_person_get(struct cvn_txn *txn, const struct cvn_id *run, uint32_t number,
                          struct cvn_id *ret_id, struct cvn_slice *ret_name);

/* Takes the person out of a stored word; *ret_changed says whether it was the person's. */
int cvn_result_word_blank(struct cvn_txn *txn, const struct cvn_id *person, struct cvn_slice key,
                          struct cvn_slice value, bool *ret_changed);

#endif
