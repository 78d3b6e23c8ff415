#include "services/mentoring/runs/result_words.h"

#include "services/mentoring/privacy.h"
#include "services/mentoring/spaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { KIND_PERSON = 'p', KIND_TEXT = 't', PERSON_HEAD = 1 + CVN_ID_BYTES };

struct word {
    uint32_t number;
    UT_hash_handle hh; /* in the order of the numbers */
    size_t n_bytes;
    char bytes[];
};

struct cvn_result_words {
    struct cvn_id run;
    struct word *by_bytes;
    uint32_t n, n_texts;
    char *looked_for; /* what a word is looked for by; of room bytes */
    size_t room;
};

int cvn_result_words_new(struct cvn_result_words **ret, const struct cvn_id *run)
{
    struct cvn_result_words *words = calloc(1, sizeof *words);
    if (!words)
        return -ENOMEM;
    words->run = *run;
    *ret = words;
    return 0;
}

void cvn_result_words_free(struct cvn_result_words *words)
{
    struct word *word, *next;
    if (!words)
        return;
    for (word = words->by_bytes; word; word = next) {
        next = word->hh.next;
        HASH_DELETE(hh, words->by_bytes, word);
        free(word);
    }
    free(words->looked_for);
    free(words);
}

/* Puts a word's head, which tells its kind, and what follows into one piece. */
static int join(struct cvn_result_words *words, struct cvn_slice head, struct cvn_slice tail)
{
    size_t len = head.len + tail.len;
    if (len > words->room) {
        char *grown = realloc(words->looked_for, 2 * len);
        if (!grown)
            return -ENOMEM;
        words->looked_for = grown;
        words->room = 2 * len;
    }
    memcpy(words->looked_for, head.data, head.len);
    if (tail.len > 0)
        memcpy(words->looked_for + head.len, tail.data, tail.len);
    return 0;
}

static int add(struct cvn_result_words *words, size_t n_bytes)
{
    struct word *word = malloc(sizeof *word + n_bytes);
    if (!word)
        return -ENOMEM;
    *word = (struct word){.number = words->n + 1, .n_bytes = n_bytes};
    memcpy(word->bytes, words->looked_for, n_bytes);
    HASH_ADD(hh, words->by_bytes, bytes, n_bytes, word);
    if (!word->hh.tbl) {
        free(word);
        return -ENOMEM;
    }
    words->n++;
    words->n_texts += word->bytes[0] == KIND_TEXT;
    return 0;
}

/* One that is not there is added, if it may be; else the number is 0. */
static int number_of(struct cvn_result_words *words, struct cvn_slice head, struct cvn_slice tail,
                     bool may_add, uint32_t *ret)
{
    struct word *known;
    size_t n_bytes = head.len + tail.len;
    int r = join(words, head, tail);
    if (r)
        return r;
    HASH_FIND(hh, words->by_bytes, words->looked_for, n_bytes, known);
    if (known || !may_add) {
        *ret = known ? known->number : 0;
        return 0;
    }
    r = add(words, n_bytes);
    *ret = words->n;
    return r;
}

int cvn_result_words_text(struct cvn_result_words *words, struct cvn_slice text, uint32_t *ret)
{
    return number_of(words, cvn_slice(&(char){KIND_TEXT}, 1), text,
                     words->n_texts < CVN_RESULT_TEXTS_MAX, ret);
}

int cvn_result_words_person(struct cvn_result_words *words, const struct cvn_id *id,
                            const char *name, uint32_t *ret)
{
    uint8_t head[PERSON_HEAD] = {KIND_PERSON};
    memcpy(head + 1, id->bytes, CVN_ID_BYTES);
    return number_of(words, cvn_slice(head, sizeof head), cvn_slice_of_string(name), true, ret);
}

uint32_t cvn_result_words_count(const struct cvn_result_words *words)
{
    return words->n;
}

void cvn_result_words_key(struct cvn_key *key, const struct cvn_id *run)
{
    cvn_key_begin(key, CVN_SPACE_RESULT_WORDS);
    cvn_key_put_id(key, run);
}

int cvn_result_words_put(const struct cvn_result_words *words, struct cvn_txn *txn, uint32_t first)
{
    const struct word *word =
        words->by_bytes ? ELMT_FROM_HH(words->by_bytes->hh.tbl, words->by_bytes->hh.tbl->tail)
                        : NULL;
    int r = 0;
    for (; r == 0 && word && word->number >= first; word = word->hh.prev) {
        struct cvn_key key;
        cvn_result_words_key(&key, &words->run);
        cvn_key_put_u32(&key, word->number);
        r = cvn_txn_put(txn, cvn_key_slice(&key), cvn_slice(word->bytes, word->n_bytes));
    }
    return r;
}

static int get(struct cvn_txn *txn, const struct cvn_id *run, uint32_t number, char kind,
               struct cvn_slice *ret)
{
    struct cvn_key key;
    cvn_result_words_key(&key, run);
    cvn_key_put_u32(&key, number);
    int r = cvn_txn_get(txn, cvn_key_slice(&key), ret);
    size_t head = kind == KIND_PERSON ? PERSON_HEAD : 1;
    if (r == CVN_STORE_ABSENT || (r == 0 && (ret->len < head || *(const char *)ret->data != kind)))
        return -EUCLEAN;
    return r;
}

int cvn_result_text_get(struct cvn_txn *txn, const struct cvn_id *run, uint32_t number,
                        struct cvn_slice *ret)
{
    struct cvn_slice word;
    int r = get(txn, run, number, KIND_TEXT, &word);
    if (r == 0)
        *ret = cvn_slice((const char *)word.data + 1, word.len - 1);
    return r;
}

int cvn_result_person_get(struct cvn_txn *txn, const struct cvn_id *run, uint32_t number,
                          struct cvn_id *ret_id, struct cvn_slice *ret_name)
{
    struct cvn_slice word;
    int r = get(txn, run, number, KIND_PERSON, &word);
    if (r)
        return r;
    memcpy(ret_id->bytes, (const char *)word.data + 1, CVN_ID_BYTES);
    *ret_name = cvn_slice((const char *)word.data + PERSON_HEAD, word.len - PERSON_HEAD);
    return 0;
}

int cvn_result_word_blank(struct cvn_txn *txn, const struct cvn_id *person, struct cvn_slice key,
                          struct cvn_slice value, bool *ret_changed)
{
    char blank[PERSON_HEAD + sizeof CVN_FORGOTTEN_NAME] = {KIND_PERSON};
    const char *bytes = value.data;
    *ret_changed = value.len >= PERSON_HEAD && bytes[0] == KIND_PERSON &&
                   memcmp(bytes + 1, person->bytes, CVN_ID_BYTES) == 0;
    if (!*ret_changed)
        return 0;
    size_t len = strlen(CVN_FORGOTTEN_NAME);
    memcpy(blank + PERSON_HEAD, CVN_FORGOTTEN_NAME, len);
    struct cvn_key at;
    cvn_key_init(&at);
    cvn_key_put_raw(&at, key);
    return cvn_txn_put(txn, cvn_key_slice(&at), cvn_slice(blank, PERSON_HEAD + len));
}
