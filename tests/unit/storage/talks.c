#include "tests/unit/storage/talks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_CITY = 1, INDEX_SPEAKER = 2 };

/* The parts of a value, before and behind its slash. */
static int split(struct cvn_slice value, struct cvn_slice ret[2])
{
    const char *bytes = value.data, *slash = memchr(bytes, '/', value.len);
    if (!slash)
        return -EBADMSG;
    ret[0] = cvn_slice(bytes, (size_t)(slash - bytes));
    ret[1] = cvn_slice(slash + 1, value.len - ret[0].len - 1);
    return 0;
}

static int emit(struct cvn_index_sink *sink, uint8_t index, struct cvn_slice text)
{
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_text(&key, text);
    return cvn_index_emit(sink, index, cvn_key_slice(&key), cvn_slice(NULL, 0));
}

static int derive_1(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    struct cvn_slice parts[2];
    int r = split(value, parts);
    return r ? r : emit(sink, INDEX_CITY, parts[1]);
}

static int derive_2(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    struct cvn_slice parts[2];
    int r = split(value, parts);
    if (r == 0)
        r = emit(sink, INDEX_CITY, parts[0]);
    return r ? r : emit(sink, INDEX_SPEAKER, parts[1]);
}

static const struct cvn_index indexes[] = {{"city", INDEX_CITY, false},
                                           {"speaker", INDEX_SPEAKER, false}};
const struct cvn_table talks_table_1 = {
    .name = "talks", .space = 'T', .indexes = indexes, .n_indexes = 1, .derive = derive_1};
const struct cvn_table talks_table_2 = {
    .name = "talks", .space = 'T', .indexes = indexes, .n_indexes = 2, .derive = derive_2};

void talks_title(char text[TALKS_TITLE_BYTES], int i)
{
    (void)snprintf(text, TALKS_TITLE_BYTES, "Ttalk%05d", i);
}

void talks_value(char text[TALKS_VALUE_BYTES], int i, int version)
{
    int city = i % 7, speaker = i % 100;
    if (version == 1)
        (void)snprintf(text, TALKS_VALUE_BYTES, "speaker%d/city%d", speaker, city);
    else
        (void)snprintf(text, TALKS_VALUE_BYTES, "city%d/speaker%d", city, speaker);
}

int talks_step_to_1(struct cvn_txn *txn, void *arg)
{
    (void)txn; /* a new store is empty, and that is all of version 1 */
    ++*(int *)arg;
    return 0;
}

/* One row: out of the table as it was, into the table as it is. */
static int rewrite(struct cvn_txn *txn, const struct cvn_key *key, struct cvn_slice value)
{
    char text[TALKS_VALUE_BYTES];
    struct cvn_slice parts[2];
    int r = split(value, parts);
    if (r)
        return r;
    int len = snprintf(text, sizeof text, "%.*s/%.*s", (int)parts[1].len,
                       (const char *)parts[1].data, (int)parts[0].len, (const char *)parts[0].data);
    if (len >= (int)sizeof text)
        return -EBADMSG;
    r = cvn_table_delete(txn, &talks_table_1, cvn_key_slice(key));
    return r ? r
             : cvn_table_put(txn, &talks_table_2, cvn_key_slice(key), cvn_slice(text, (size_t)len));
}

int talks_step_to_2(struct cvn_txn *txn, void *arg)
{
    CVN_CURSOR_AUTO cursor;
    struct cvn_slice key, value;
    int r = cvn_cursor_init(&cursor, txn, cvn_slice("T", 1), cvn_slice("U", 1), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        struct cvn_key copy;
        cvn_key_init(&copy);
        cvn_key_put_raw(&copy, key);
        r = rewrite(txn, &copy, value);
    }
    ++*(int *)arg;
    return r == CVN_STORE_ABSENT ? 0 : r;
}
