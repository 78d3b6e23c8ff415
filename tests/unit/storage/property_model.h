/*
 * What a store should hold, as plain arrays: the model that the property test compares with. Two
 * tables with indexes and one without, the last two sharing a key space; few keys and few words, so
 * that operations meet. Names are chosen to be awkward: some begin others, some hold 0x00 and 0xff.
 */
#ifndef CVN_TESTS_PROPERTY_MODEL_H
#define CVN_TESTS_PROPERTY_MODEL_H

#include "storage/table.h"

enum {
    MODEL_KEYS = 64,
    MODEL_WORDS = 12,
    MODEL_ROW_WORDS = 4,
    MODEL_UNIQUES = 24,
    MODEL_NO_UNIQUE = 255,
    MODEL_ROW_BYTES = 6000,
    MODEL_ENTRIES = MODEL_KEYS * MODEL_ROW_WORDS,
};

/* A row, and how it is derived from one number. */
struct model_row {
    bool there;
    uint8_t n_words;
    uint8_t words[MODEL_ROW_WORDS];
    uint8_t unique; /* MODEL_NO_UNIQUE: none */
    uint8_t filler;
    uint16_t n_filler;
};

struct model {
    struct model_row rows[MODEL_KEYS];
    uint64_t last_change;
};

/* An index entry as it should be. */
struct model_entry {
    uint8_t word;
    uint8_t key;
    uint8_t value; /* the filler of the row */
};

extern const struct cvn_table *const model_tables[];

/* The table of a key number, and its place in model_tables. */
unsigned model_table_of(unsigned key);

/* The bytes of a key, and the key of bytes; MODEL_KEYS when they are none. */
void model_key(struct cvn_key *ret, unsigned key);
unsigned model_key_of(struct cvn_slice bytes);

struct model_row model_row_of(uint32_t number);
/* The row as stored; buffer has MODEL_ROW_BYTES. */
struct cvn_slice model_pack(const struct model_row *row, uint8_t *buffer);

/* The index key of a word, and of a unique number. */
void model_word_key(struct cvn_key *ret, unsigned word);
void model_unique_key(struct cvn_key *ret, unsigned unique);
/* The indexes of table 0 or 1. */
const struct cvn_index *model_word_index(unsigned table);
const struct cvn_index *model_unique_index(unsigned table);

/* Whether another row of the same table has the row's unique number. */
bool model_is_duplicate(const struct model *model, unsigned key, const struct model_row *row);

/* The row that has the unique number; MODEL_KEYS for none. */
unsigned model_find_unique(const struct model *model, unsigned table, unsigned unique);

/* The key numbers in the order of their bytes. */
void model_order(uint8_t ret[MODEL_KEYS]);

/* The entries of the word index of a table, in order. Returns how many. */
size_t model_entries(const struct model *model, unsigned table,
                     struct model_entry entries[MODEL_ENTRIES]);
/* The order of entries. */
int model_compare_entries(const void *a, const void *b);

/* How many rows and index entries there are in all tables. */
void model_count(const struct model *model, uint64_t *ret_rows, uint64_t *ret_entries);

#endif
