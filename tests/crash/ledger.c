#include "tests/crash/ledger.h"

#include "storage/change_log.h"
#include "storage/table.h"
#include "storage/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 'l', BUCKETS = 7, LARGE_BYTES = 9000, SMALL_BYTES = 40, ROW_BYTES_MAX = 10000 };

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_key_reader reader;
    struct cvn_key index_key;
    (void)key;
    cvn_key_reader_init(&reader, value);
    uint64_t number = cvn_key_get_u64(&reader);
    if (reader.failed)
        return -EBADMSG;
    cvn_key_init(&index_key);
    cvn_key_put_u8(&index_key, (uint8_t)(number % BUCKETS));
    int r = cvn_index_emit(sink, 1, cvn_key_slice(&index_key), cvn_slice(NULL, 0));
    cvn_key_init(&index_key);
    cvn_key_put_u64_desc(&index_key, number);
    return r ? r : cvn_index_emit(sink, 2, cvn_key_slice(&index_key), cvn_slice(NULL, 0));
}

static const struct cvn_index indexes[] = {{"bucket", 1, false}, {"number", 2, true}};
static const struct cvn_table table = {
    .name = "ledger", .space = SPACE, .indexes = indexes, .n_indexes = 2, .derive = derive};
static const struct cvn_table *const tables[] = {&table, NULL};

/* Neighbours in time are not neighbours in the tree, so that each commit touches many pages. */
static void row_key(struct cvn_key *key, uint64_t number)
{
    cvn_key_begin(key, SPACE);
    cvn_key_put_u32(key, (uint32_t)(number * 2654435761U));
}

static struct cvn_slice row_value(uint64_t number, uint8_t buffer[ROW_BYTES_MAX])
{
    size_t n = number % 5 == 0 ? LARGE_BYTES + number % 900 : SMALL_BYTES + number % 40;
    memset(buffer, (int)(number * 31 % 251), n);
    for (unsigned i = 0; i < 8; i++)
        buffer[i] = (uint8_t)(number >> (56 - 8 * i));
    return cvn_slice(buffer, n);
}

int ledger_write(struct cvn_txn *txn, uint64_t number)
{
    uint8_t buffer[ROW_BYTES_MAX];
    struct cvn_key key;
    uint64_t sequence;
    row_key(&key, number);
    int r = cvn_table_put(txn, &table, cvn_key_slice(&key), row_value(number, buffer));
    if (r == 0 && number > LEDGER_KEPT) {
        row_key(&key, number - LEDGER_KEPT);
        r = cvn_table_delete(txn, &table, cvn_key_slice(&key));
    }
    const struct cvn_change change = {.kind = cvn_slice_of_string("entry"),
                                      .time_ms = (int64_t)number};
    if (r == 0)
        r = cvn_change_append(txn, &change, &sequence);
    return r == 0 && sequence != number ? -EUCLEAN : r;
}

static int check_rows(struct cvn_txn *txn, uint64_t last, char *sentence)
{
    uint8_t buffer[ROW_BYTES_MAX];
    uint64_t first = last > LEDGER_KEPT ? last - LEDGER_KEPT + 1 : 1;
    for (uint64_t number = first; number <= last; number++) {
        struct cvn_key key;
        struct cvn_slice value;
        row_key(&key, number);
        int r = cvn_table_get(txn, &table, cvn_key_slice(&key), &value);
        if (r == 0 && cvn_slice_compare(value, row_value(number, buffer)) == 0)
            continue;
        (void)snprintf(sentence, LEDGER_SENTENCE_BYTES, "Of %llu entries, entry %llu is %s.",
                       (unsigned long long)last, (unsigned long long)number,
                       r == 0 ? "not as written" : "lost");
        return r < 0 ? r : -EUCLEAN;
    }
    return 0;
}

static int check(struct cvn_txn *txn, struct cvn_verify_report *report, char *sentence)
{
    int r = cvn_store_verify(txn, tables, NULL, report);
    if (r) {
        (void)snprintf(sentence, LEDGER_SENTENCE_BYTES, "The store cannot be read: %d.", r);
        return r;
    }
    if (report->n_findings) {
        (void)snprintf(sentence, LEDGER_SENTENCE_BYTES, "%.*s", LEDGER_SENTENCE_BYTES - 1,
                       report->findings[0]);
        return -EUCLEAN;
    }
    uint64_t last = report->last_change, n = last < LEDGER_KEPT ? last : LEDGER_KEPT;
    if (report->n_rows != n || report->n_entries != 2 * n || report->n_changes != last) {
        (void)snprintf(sentence, LEDGER_SENTENCE_BYTES,
                       "After %llu entries there are %llu rows, %llu index entries, %llu changes.",
                       (unsigned long long)last, (unsigned long long)report->n_rows,
                       (unsigned long long)report->n_entries,
                       (unsigned long long)report->n_changes);
        return -EUCLEAN;
    }
    return check_rows(txn, last, sentence);
}

int ledger_check(struct cvn_store *store, uint64_t *ret_last, char sentence[LEDGER_SENTENCE_BYTES])
{
    struct cvn_verify_report *report = calloc(1, sizeof *report);
    struct cvn_txn *txn = NULL;
    sentence[0] = '\0';
    int r = report ? cvn_store_snapshot(store, &txn) : -ENOMEM;
    if (r == 0)
        r = check(txn, report, sentence);
    else
        (void)snprintf(sentence, LEDGER_SENTENCE_BYTES, "No snapshot can be taken: %d.", r);
    if (r == 0)
        *ret_last = report->last_change;
    cvn_snapshot_release(txn);
    free(report);
    return r;
}
