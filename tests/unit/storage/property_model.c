#include "tests/unit/storage/property_model.h"

#include "tests/support/dice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PAIRED = 32, FIRST_PLAIN = 48, NAME_BYTES = 240, LONG_NAME = 31, KIND_AT = 2 };

/* Names of one byte begin names of two, and the bytes are those that escaping has to mind. */
static struct cvn_slice name_of(unsigned number, uint8_t *buffer)
{
    static const uint8_t bytes[8] = {0x00, 0x01, 'a', 'b', 0xfe, 0xff, 0x7f, 0x80};
    size_t len = 0;
    buffer[len++] = bytes[number % 8];
    if (number >= 8)
        buffer[len++] = bytes[number / 8 - 1];
    if (number == LONG_NAME)
        while (len < NAME_BYTES)
            buffer[len++] = 'z';
    return cvn_slice(buffer, len);
}

unsigned model_table_of(unsigned key)
{
    return key < FIRST_PAIRED ? 0 : key < FIRST_PLAIN ? 1 : 2;
}

void model_key(struct cvn_key *ret, unsigned key)
{
    uint8_t buffer[NAME_BYTES];
    switch (model_table_of(key)) {
    case 0:
        cvn_key_begin(ret, 'w');
        cvn_key_put_text(ret, name_of(key, buffer));
        return;
    case 1:
        cvn_key_begin(ret, 's');
        cvn_key_put_u8(ret, (uint8_t)(key % 4));
        cvn_key_put_u8(ret, 1);
        cvn_key_put_i64(ret, (int64_t)key - 40);
        return;
    default:
        cvn_key_begin(ret, 's');
        cvn_key_put_u8(ret, (uint8_t)(key % 4));
        cvn_key_put_u8(ret, 2);
        cvn_key_put_u64_desc(ret, key);
    }
}

unsigned model_key_of(struct cvn_slice bytes)
{
    struct cvn_key key;
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        model_key(&key, i);
        if (cvn_slice_compare(cvn_key_slice(&key), bytes) == 0)
            return i;
    }
    return MODEL_KEYS;
}

struct model_row model_row_of(uint32_t number)
{
    uint64_t dice = number;
    struct model_row row = {.there = true, .n_words = (uint8_t)dice_below(&dice, 5)};
    for (unsigned i = 0; i < row.n_words; i++)
        row.words[i] = (uint8_t)dice_below(&dice, MODEL_WORDS);
    row.unique =
        dice_once_in(&dice, 3) ? MODEL_NO_UNIQUE : (uint8_t)dice_below(&dice, MODEL_UNIQUES);
    row.filler = (uint8_t)dice_below(&dice, 4);
    /* Some rows are larger than a page. */
    row.n_filler =
        (uint16_t)(dice_once_in(&dice, 8) ? dice_below(&dice, 5900) : dice_below(&dice, 60));
    return row;
}

struct cvn_slice model_pack(const struct model_row *row, uint8_t *buffer)
{
    size_t len = 0;
    buffer[len++] = row->n_words;
    for (unsigned i = 0; i < row->n_words; i++)
        buffer[len++] = row->words[i];
    buffer[len++] = row->unique;
    buffer[len++] = row->filler;
    memset(buffer + len, row->filler, row->n_filler);
    return cvn_slice(buffer, len + row->n_filler);
}

void model_word_key(struct cvn_key *ret, unsigned word)
{
    uint8_t buffer[NAME_BYTES];
    cvn_key_init(ret);
    cvn_key_put_text(ret, name_of(word, buffer));
}

void model_unique_key(struct cvn_key *ret, unsigned unique)
{
    cvn_key_init(ret);
    cvn_key_put_u16(ret, (uint16_t)(unique * 31));
}

/* Emits a row's entries; the index of words has the id first, that of unique numbers the next. */
static int derive(struct cvn_slice value, uint8_t first, struct cvn_index_sink *sink)
{
    const uint8_t *at = value.data;
    unsigned n_words = value.len ? at[0] : 0;
    if (value.len < n_words + 3)
        return -EBADMSG;
    struct cvn_slice filler = cvn_slice(at + n_words + 2, 1);
    struct cvn_key key;
    int r = 0;
    for (unsigned i = 0; r == 0 && i < n_words; i++) {
        model_word_key(&key, at[1 + i]);
        r = cvn_index_emit(sink, first, cvn_key_slice(&key), filler);
    }
    if (r == 0 && at[n_words + 1] != MODEL_NO_UNIQUE) {
        model_unique_key(&key, at[n_words + 1]);
        r = cvn_index_emit(sink, (uint8_t)(first + 1), cvn_key_slice(&key), cvn_slice(NULL, 0));
    }
    return r;
}

static int derive_named(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    return derive(value, 1, sink);
}

static int derive_paired(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    return derive(value, 3, sink);
}

static const struct cvn_index named_indexes[] = {{"named_word", 1, false},
                                                 {"named_unique", 2, true}};
static const struct cvn_index paired_indexes[] = {{"paired_word", 3, false},
                                                  {"paired_unique", 4, true}};
static const struct cvn_table named = {.name = "named",
                                       .space = 'w',
                                       .indexes = named_indexes,
                                       .n_indexes = 2,
                                       .derive = derive_named};
static const struct cvn_table paired = {.name = "paired",
                                        .space = 's',
                                        .kind_at = KIND_AT,
                                        .kind = 1,
                                        .indexes = paired_indexes,
                                        .n_indexes = 2,
                                        .derive = derive_paired};
static const struct cvn_table plain = {
    .name = "plain", .space = 's', .kind_at = KIND_AT, .kind = 2};
const struct cvn_table *const model_tables[] = {&named, &paired, &plain, NULL};

const struct cvn_index *model_word_index(unsigned table)
{
    return table == 0 ? &named_indexes[0] : &paired_indexes[0];
}

const struct cvn_index *model_unique_index(unsigned table)
{
    return table == 0 ? &named_indexes[1] : &paired_indexes[1];
}

unsigned model_find_unique(const struct model *model, unsigned table, unsigned unique)
{
    for (unsigned i = 0; i < MODEL_KEYS; i++)
        if (model_table_of(i) == table && model->rows[i].there && model->rows[i].unique == unique)
            return i;
    return MODEL_KEYS;
}

bool model_is_duplicate(const struct model *model, unsigned key, const struct model_row *row)
{
    unsigned table = model_table_of(key);
    if (table == 2 || row->unique == MODEL_NO_UNIQUE)
        return false;
    unsigned holder = model_find_unique(model, table, row->unique);
    return holder != MODEL_KEYS && holder != key;
}

static int compare_keys(const void *a, const void *b)
{
    struct cvn_key x, y;
    model_key(&x, *(const uint8_t *)a);
    model_key(&y, *(const uint8_t *)b);
    return cvn_slice_compare(cvn_key_slice(&x), cvn_key_slice(&y));
}

void model_order(uint8_t ret[MODEL_KEYS])
{
    for (unsigned i = 0; i < MODEL_KEYS; i++)
        ret[i] = (uint8_t)i;
    qsort(ret, MODEL_KEYS, 1, compare_keys);
}

/* Words sort as their bytes do, a word before those it begins; then the rows as their keys do. */
int model_compare_entries(const void *a, const void *b)
{
    const struct model_entry *x = a, *y = b;
    uint8_t buffers[2][NAME_BYTES];
    int c = cvn_slice_compare(name_of(x->word, buffers[0]), name_of(y->word, buffers[1]));
    return c ? c : compare_keys(&x->key, &y->key);
}

static bool has_word_before(const struct model_row *row, unsigned i)
{
    for (unsigned j = 0; j < i; j++)
        if (row->words[j] == row->words[i])
            return true;
    return false;
}

size_t model_entries(const struct model *model, unsigned table,
                     struct model_entry entries[MODEL_ENTRIES])
{
    size_t n = 0;
    for (unsigned key = 0; key < MODEL_KEYS; key++) {
        const struct model_row *row = &model->rows[key];
        if (!row->there || model_table_of(key) != table)
            continue;
        for (unsigned i = 0; i < row->n_words; i++)
            if (!has_word_before(row, i))
                entries[n++] = (struct model_entry){row->words[i], (uint8_t)key, row->filler};
    }
    qsort(entries, n, sizeof *entries, model_compare_entries);
    return n;
}

void model_count(const struct model *model, uint64_t *ret_rows, uint64_t *ret_entries)
{
    struct model_entry entries[MODEL_ENTRIES];
    uint64_t n_rows = 0, n_entries = 0;
    for (unsigned key = 0; key < MODEL_KEYS; key++) {
        bool indexed = model_table_of(key) < 2;
        n_rows += model->rows[key].there;
        n_entries +=
            indexed && model->rows[key].there && model->rows[key].unique != MODEL_NO_UNIQUE;
    }
    for (unsigned table = 0; table < 2; table++)
        n_entries += model_entries(model, table, entries);
    *ret_rows = n_rows;
    *ret_entries = n_entries;
}
