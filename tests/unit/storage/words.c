#include "tests/unit/storage/words.h"

#include <string.h>

static int derive_words(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    const char *at = value.data, *end = at + value.len;
    for (bool first = true; at < end; first = false) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        size_t len = (size_t)((space ? space : end) - at);
        struct cvn_key word;
        cvn_key_init(&word);
        cvn_key_put_text(&word, cvn_slice(at, len));
        int r = cvn_index_emit(sink, 1, cvn_key_slice(&word), cvn_slice("v", 1));
        if (r == 0 && first)
            r = cvn_index_emit(sink, 2, cvn_key_slice(&word), cvn_slice(NULL, 0));
        if (r)
            return r;
        at += len + 1;
    }
    return 0;
}

static const struct cvn_index indexes[] = {{"word", 1, false}, {"first", 2, true}};
const struct cvn_table words_table = {
    .name = "words", .space = 'w', .indexes = indexes, .n_indexes = 2, .derive = derive_words};
const struct cvn_table *const words_tables[] = {&words_table, NULL};

struct row {
    const char *key, *value;
};

static int put_row(struct cvn_txn *txn, void *arg)
{
    const struct row *row = arg;
    return row->value ? cvn_table_put(txn, &words_table, text(row->key), text(row->value))
                      : cvn_table_delete(txn, &words_table, text(row->key));
}

int words_put(struct scratch *s, const char *key, const char *value)
{
    struct row row = {key, value};
    return cvn_store_update(s->store, put_row, &row, 0);
}
