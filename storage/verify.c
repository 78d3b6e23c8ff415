#include "storage/verify.h"

#include "storage/change_log.h"
#include "storage/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES_SHOWN = 40, KEY_TEXT_BYTES = 2 * KEY_BYTES_SHOWN + 8 };

size_t cvn_verify_n_kept(const struct cvn_verify_report *report)
{
    return report->n_findings < CVN_VERIFY_FINDINGS_KEPT ? (size_t)report->n_findings
                                                         : CVN_VERIFY_FINDINGS_KEPT;
}

static void __attribute__((format(printf, 2, 3)))
find(struct cvn_verify_report *report, const char *format, ...)
{
    if (report->n_findings++ >= CVN_VERIFY_FINDINGS_KEPT)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(report->findings[report->n_findings - 1], CVN_VERIFY_TEXT_BYTES, format, args);
    va_end(args);
}

static const char *show(char text[KEY_TEXT_BYTES], struct cvn_slice key)
{
    size_t n = key.len < KEY_BYTES_SHOWN ? key.len : KEY_BYTES_SHOWN;
    for (size_t i = 0; i < n; i++)
        (void)sprintf(text + 2 * i, "%02x", ((const uint8_t *)key.data)[i]);
    (void)strcpy(text + 2 * n, n < key.len ? "..." : "");
    return text;
}

static int walk_space(struct cvn_txn *txn, uint8_t space, struct cvn_cursor *cursor)
{
    struct cvn_key lo, hi;
    cvn_key_begin(&lo, space);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_cursor_init(cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

static int verify_order(struct cvn_txn *txn, struct cvn_verify_report *report)
{
    const struct cvn_slice none = {NULL, 0};
    char text[KEY_TEXT_BYTES];
    struct cvn_slice key;
    struct cvn_key before;
    cvn_key_init(&before);
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, none, none, CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        report->n_keys++;
        if (cvn_slice_compare(key, cvn_key_slice(&before)) <= 0)
            find(report, "Key %s is not in its place in the order of keys.", show(text, key));
        cvn_key_init(&before);
        cvn_key_put_raw(&before, key);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static void find_in_table(void *arg, const struct cvn_verify_finding *finding)
{
    char text[KEY_TEXT_BYTES];
    const char *table = finding->table ? finding->table->name : "(none)";
    const char *index = finding->index ? finding->index->name : "(none)";
    (void)show(text, finding->key);
    switch (finding->kind) {
    case CVN_VERIFY_MISSING:
        find(arg, "Table %s: index %s lacks the entry %s.", table, index, text);
        break;
    case CVN_VERIFY_STALE:
        find(arg, "Table %s: the entry %s of index %s is not what its row derives.", table, text,
             index);
        break;
    case CVN_VERIFY_ORPHANED:
        find(arg, "Table %s: the entry %s of index %s has no row.", table, text, index);
        break;
    case CVN_VERIFY_UNREADABLE:
        find(arg, "Table %s: the %s %s cannot be read.", table, finding->index ? "entry" : "row",
             text);
        break;
    }
}

static int verify_tables(struct cvn_txn *txn, const struct cvn_table *const *tables,
                         struct cvn_verify_report *report)
{
    struct cvn_verify_totals totals;
    int r = cvn_table_verify(txn, tables, find_in_table, report, &totals);
    if (r)
        return r;
    report->n_rows = totals.n_rows;
    report->n_entries = totals.n_entries;
    return 0;
}

static int verify_changes(struct cvn_txn *txn, struct cvn_verify_report *report)
{
    char text[KEY_TEXT_BYTES];
    struct cvn_slice key, value;
    struct cvn_change change;
    uint64_t last = 0;
    CVN_CURSOR_AUTO cursor;
    int r = walk_space(txn, CVN_SPACE_CHANGES, &cursor);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        report->n_changes++;
        if (cvn_change_read(key, value, &change) != 0) {
            find(report, "The change %s cannot be read.", show(text, key));
            continue;
        }
        if (report->n_changes > 1 && change.sequence != last + 1)
            find(report, "The change log goes from %llu to %llu.", (unsigned long long)last,
                 (unsigned long long)change.sequence);
        last = change.sequence;
    }
    report->last_change = last;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int verify_replays(struct cvn_txn *txn, struct cvn_verify_report *report)
{
    char text[KEY_TEXT_BYTES];
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO records;
    int r = walk_space(txn, CVN_SPACE_REPLAY, &records);
    while (r == 0 && (r = cvn_cursor_next(&records, &key, &value)) == 0) {
        report->n_replays++;
        r = cvn_replay_check(txn, key, value);
        if (r == CVN_STORE_ABSENT || r == -EUCLEAN) {
            find(report, "The replay record %s %s.", show(text, key),
                 r == -EUCLEAN ? "cannot be read" : "is not in the order of time");
            r = 0;
        }
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    CVN_CURSOR_AUTO times;
    uint64_t n_times = 0;
    r = walk_space(txn, CVN_SPACE_REPLAY_BY_TIME, &times);
    while (r == 0 && (r = cvn_cursor_next(&times, &key, NULL)) == 0)
        n_times++;
    if (r == CVN_STORE_ABSENT && n_times != report->n_replays)
        find(report, "There are %llu replay records, and %llu places in their order of time.",
             (unsigned long long)report->n_replays, (unsigned long long)n_times);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_store_verify(struct cvn_txn *txn, const struct cvn_table *const *tables,
                     struct cvn_verify_report *ret)
{
    memset(ret, 0, sizeof *ret);
    int r = verify_order(txn, ret);
    if (r == 0)
        r = verify_tables(txn, tables, ret);
    if (r == 0)
        r = verify_changes(txn, ret);
    return r ? r : verify_replays(txn, ret);
}
