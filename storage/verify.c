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

void cvn_verify_note(struct cvn_verify_report *report, const char *format, ...)
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

static void find_in_table(void *arg, const struct cvn_verify_finding *finding)
{
    char text[KEY_TEXT_BYTES];
    const char *table = finding->table ? finding->table->name : "(none)";
    const char *index = finding->index ? finding->index->name : "(none)";
    (void)show(text, finding->key);
    switch (finding->kind) {
    case CVN_VERIFY_MISSING:
        cvn_verify_note(arg, "Table %s: index %s lacks the entry %s.", table, index, text);
        break;
    case CVN_VERIFY_STALE:
        cvn_verify_note(arg, "Table %s: the entry %s of index %s is not what its row derives.",
                        table, text, index);
        break;
    case CVN_VERIFY_ORPHANED:
        cvn_verify_note(arg, "Table %s: the entry %s of index %s has no row.", table, text, index);
        break;
    case CVN_VERIFY_UNREADABLE:
        cvn_verify_note(arg, "Table %s: the %s %s cannot be read.", table,
                        finding->index ? "entry" : "row", text);
        break;
    }
}

/* What the walk over all keys carries along. */
struct walk {
    struct cvn_verify_report *report;
    struct cvn_table_check tables;
    struct cvn_key before;
    uint64_t n_replay_times;
};

static void check_order(struct walk *walk, struct cvn_slice key)
{
    char text[KEY_TEXT_BYTES];
    if (cvn_slice_compare(key, cvn_key_slice(&walk->before)) <= 0)
        cvn_verify_note(walk->report, "Key %s is not in its place in the order of keys.",
                        show(text, key));
    cvn_key_init(&walk->before);
    cvn_key_put_raw(&walk->before, key);
}

static void check_change(struct cvn_verify_report *report, struct cvn_slice key,
                         struct cvn_slice value)
{
    char text[KEY_TEXT_BYTES];
    struct cvn_change change;
    report->n_changes++;
    if (cvn_change_read(key, value, &change) != 0) {
        cvn_verify_note(report, "The change %s cannot be read.", show(text, key));
        return;
    }
    if (report->n_changes > 1 && change.sequence != report->last_change + 1)
        cvn_verify_note(report, "The change log goes from %llu to %llu.",
                        (unsigned long long)report->last_change,
                        (unsigned long long)change.sequence);
    report->last_change = change.sequence;
}

static int check_replay(struct walk *walk, struct cvn_slice key, struct cvn_slice value)
{
    char text[KEY_TEXT_BYTES];
    walk->report->n_replays++;
    int r = cvn_replay_check(walk->tables.txn, key, value);
    if (r != CVN_STORE_ABSENT && r != -EUCLEAN)
        return r;
    cvn_verify_note(walk->report, "The replay record %s %s.", show(text, key),
                    r == -EUCLEAN ? "cannot be read" : "is not in the order of time");
    return 0;
}

static int check_key(struct walk *walk, struct cvn_slice key, struct cvn_slice value)
{
    walk->report->n_keys++;
    check_order(walk, key);
    switch (*(const uint8_t *)key.data) {
    case CVN_SPACE_CHANGES:
        check_change(walk->report, key, value);
        return 0;
    case CVN_SPACE_REPLAY:
        return check_replay(walk, key, value);
    case CVN_SPACE_REPLAY_BY_TIME:
        walk->n_replay_times++;
        return 0;
    default:
        return cvn_table_check_key(&walk->tables, key, value);
    }
}

int cvn_store_verify(struct cvn_txn *txn, const struct cvn_table *const *tables,
                     const struct cvn_progress *progress, struct cvn_verify_report *ret)
{
    struct walk walk = {
        .report = ret,
        .tables = {.txn = txn, .tables = tables, .report = find_in_table, .arg = ret},
    };
    struct cvn_progress_count count = cvn_progress_begin(progress, txn);
    const struct cvn_slice none = {NULL, 0};
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor;
    memset(ret, 0, sizeof *ret);
    cvn_key_init(&walk.before);
    int r = cvn_cursor_init(&cursor, txn, none, none, CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        r = check_key(&walk, key, value);
        if (r == 0)
            r = cvn_progress_step(&count);
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    ret->n_rows = walk.tables.totals.n_rows;
    ret->n_entries = walk.tables.totals.n_entries;
    if (walk.n_replay_times != ret->n_replays)
        cvn_verify_note(
            ret, "There are %llu replay records, and %llu places in their order of time.",
            (unsigned long long)ret->n_replays, (unsigned long long)walk.n_replay_times);
    return cvn_progress_end(&count);
}
