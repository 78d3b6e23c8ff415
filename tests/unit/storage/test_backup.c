#include "storage/backup.h"
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "storage/verify.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A backup in memory, written to its end and read from its beginning. */
struct tape {
    uint8_t *bytes;
    size_t len, at;
    size_t most; /* how much one reading gives */
};

static int record(void *arg, const void *bytes, size_t n)
{
    struct tape *tape = arg;
    tape->bytes = realloc(tape->bytes, tape->len + n);
    assert_non_null(tape->bytes);
    memcpy(tape->bytes + tape->len, bytes, n);
    tape->len += n;
    return 0;
}

static int64_t play(void *arg, void *buffer, size_t n)
{
    struct tape *tape = arg;
    size_t left = tape->len - tape->at;
    n = n < left ? n : left;
    n = tape->most && n > tape->most ? tape->most : n;
    if (n)
        memcpy(buffer, tape->bytes + tape->at, n);
    tape->at += n;
    return (int64_t)n;
}

static int put_large(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    static char large[70000];
    memset(large, 'x', sizeof large);
    int r = cvn_txn_put(txn, text("large"), cvn_slice(large, sizeof large));
    return r ? r : cvn_txn_put(txn, text("empty"), text(""));
}

static int schema_step(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    return cvn_txn_put(txn, text("stepped"), text("yes"));
}

static cvn_schema_step *const steps[] = {schema_step};

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    s->engine = &cvn_engine_memory;
    scratch_open(s, &(struct cvn_store_options){.schema_version = 1, .schema_steps = steps});
    char key[8], value[16];
    for (int i = 0; i < 400; i++) {
        (void)snprintf(key, sizeof key, "w%03d", i);
        (void)snprintf(value, sizeof value, "n%d even", i);
        assert_int_equal(words_put(s, key, value), 0);
    }
    assert_int_equal(cvn_store_update(s->store, put_large, NULL, 0), 0);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void back_up(struct scratch *s, struct tape *tape, uint16_t number, uint16_t n_parts)
{
    struct cvn_backup_part part = {
        .number = number, .n_parts = n_parts, .time_ms = 1234, .name = "events"};
    struct cvn_txn *snapshot;
    uint64_t n_bytes;
    size_t before = tape->len;
    assert_int_equal(cvn_store_snapshot(s->store, &snapshot), 0);
    const struct cvn_backup_sink sink = {.write = record, .arg = tape};
    assert_int_equal(cvn_backup_write(snapshot, &part, &sink, &n_bytes), 0);
    cvn_snapshot_release(snapshot);
    assert_int_equal(n_bytes, tape->len - before);
}

/* A sum over everything in the store: equal for equal stores. */
static uint64_t sum_of(struct cvn_store *store)
{
    const struct cvn_slice none = {NULL, 0};
    struct cvn_txn *txn;
    struct cvn_cursor cursor;
    struct cvn_slice at[2];
    uint64_t sum = 1;
    assert_int_equal(cvn_store_snapshot(store, &txn), 0);
    assert_int_equal(cvn_cursor_init(&cursor, txn, none, none, CVN_FORWARD), 0);
    while (cvn_cursor_next(&cursor, &at[0], &at[1]) == 0)
        sum = sum * 31 + cvn_store_caller(at[0]) * 7 + cvn_store_caller(at[1]);
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
    return sum;
}

static int restore(struct tape *tape, const struct cvn_store_options *options,
                   struct cvn_error *err)
{
    struct cvn_backup_reader *reader;
    struct cvn_backup_part part;
    tape->at = 0;
    assert_int_equal(cvn_backup_reader_new(&reader, play, tape), 0);
    int r = cvn_backup_read_part(reader, &part, err);
    if (r == 0)
        r = cvn_backup_restore_part(reader, options, err);
    if (r == 0)
        assert_int_equal(cvn_backup_read_part(reader, &part, err), CVN_STORE_ABSENT);
    cvn_backup_reader_free(reader);
    return r;
}

static void test_restored_store_is_the_same_in_either_engine(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    struct tape tape = {.most = 777};
    struct cvn_error err = {""};
    char path[96];
    back_up(s, &tape, 1, 1);
    (void)snprintf(path, sizeof path, "%s/restored", s->path);
    struct cvn_memory *memory = cvn_memory_new();
    const struct cvn_store_options options[] = {
        {.engine = &cvn_engine_lmdb, .path = path, .schema_version = 1, .schema_steps = steps},
        {.engine = &cvn_engine_memory,
         .memory = memory,
         .schema_version = 1,
         .schema_steps = steps},
    };
    for (int i = 0; i < 2; i++) {
        struct cvn_store *store;
        struct cvn_txn *txn;
        if (restore(&tape, &options[i], &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(cvn_store_open(&store, &options[i], &err), 0);
        assert_true(sum_of(store) == sum_of(s->store));
        assert_int_equal(cvn_store_snapshot(store, &txn), 0);
        assert_int_equal(cvn_store_verify(txn, words_tables, NULL, &report), 0);
        assert_int_equal(report.n_findings, 0);
        assert_int_equal(report.n_rows, 400);
        cvn_snapshot_release(txn);
        cvn_store_close(store);
    }
    assert_int_equal(restore(&tape, &options[0], &err), -EEXIST);
    assert_non_null(strstr(err.text, path));
    cvn_memory_free(memory);
    scratch_remove_directory(path);
    free(tape.bytes);
}

static int check(struct tape *tape, struct cvn_error *err)
{
    struct cvn_backup_reader *reader;
    struct cvn_backup_part part;
    uint64_t n_records;
    int r = 0;
    tape->at = 0;
    assert_int_equal(cvn_backup_reader_new(&reader, play, tape), 0);
    while (r == 0 && (r = cvn_backup_read_part(reader, &part, err)) == 0)
        r = cvn_backup_check_part(reader, &n_records, err);
    cvn_backup_reader_free(reader);
    return r;
}

/* The store is what is told of, not the backup. */
static void test_store_without_room_is_told(void **state)
{
    struct tape tape = {0};
    struct cvn_error err = {""};
    back_up(*state, &tape, 1, 1);
    const struct cvn_store_options small = {
        .engine = &cvn_engine_memory, .map_bytes = 4096, .map_max_bytes = 8192};
    assert_int_equal(restore(&tape, &small, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "cannot be written"));
    free(tape.bytes);
}

static void test_part_says_what_it_is(void **state)
{
    struct tape tape = {0};
    struct cvn_backup_reader *reader;
    struct cvn_backup_part part;
    struct cvn_error err;
    uint64_t n_records;
    back_up(*state, &tape, 1, 1);
    assert_int_equal(cvn_backup_reader_new(&reader, play, &tape), 0);
    assert_int_equal(cvn_backup_read_part(reader, &part, &err), 0);
    assert_int_equal(part.schema_version, 1);
    assert_int_equal(part.time_ms, 1234);
    assert_int_equal(part.last_change, 0);
    assert_string_equal(part.name, "events");
    assert_int_equal(cvn_backup_check_part(reader, &n_records, &err), 0);
    assert_int_equal(n_records, 4 * 400 + 4);
    cvn_backup_reader_free(reader);
    free(tape.bytes);
}

static void test_every_changed_byte_is_noticed(void **state)
{
    struct tape tape = {0};
    struct cvn_error err;
    back_up(*state, &tape, 1, 1);
    assert_int_equal(check(&tape, &err), CVN_STORE_ABSENT);
    for (size_t i = 0; i < tape.len; i += i < 200 || i + 60 > tape.len ? 1 : 2711) {
        tape.bytes[i] ^= 0x10;
        int r = check(&tape, &err);
        if (r != -EBADMSG && r != -EPROTO)
            fail_msg("byte %zu changed and nobody noticed", i);
        tape.bytes[i] ^= 0x10;
    }
    free(tape.bytes);
}

static void test_every_cut_is_noticed(void **state)
{
    struct tape tape = {0};
    struct cvn_error err;
    back_up(*state, &tape, 1, 1);
    size_t whole = tape.len;
    for (size_t i = 0; i < whole; i += i < 200 || i + 60 > whole ? 1 : 2711) {
        tape.len = i;
        assert_int_equal(check(&tape, &err), -EBADMSG);
    }
    tape.len = whole;
    assert_int_equal(record(&tape, "x", 1), 0);
    assert_int_equal(check(&tape, &err), -EBADMSG);
    free(tape.bytes);
}

static void test_parts_come_in_order_and_all(void **state)
{
    static const struct {
        uint16_t first, second, n_parts;
        int result;
    } rows[] = {
        {1, 2, 2, CVN_STORE_ABSENT}, {1, 2, 3, -EBADMSG}, /* the last is missing */
        {2, 1, 2, -EBADMSG},         {1, 1, 2, -EBADMSG}, {1, 2, 1, -EBADMSG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tape tape = {0};
        struct cvn_error err;
        back_up(*state, &tape, rows[i].first, rows[i].n_parts);
        back_up(*state, &tape, rows[i].second, rows[i].n_parts);
        assert_int_equal(check(&tape, &err), rows[i].result);
        free(tape.bytes);
    }
}

static void test_newer_format_is_refused_with_advice(void **state)
{
    struct tape tape = {0};
    struct cvn_error err;
    back_up(*state, &tape, 1, 1);
    tape.bytes[9] = CVN_BACKUP_FORMAT + 1;
    assert_int_equal(check(&tape, &err), -EPROTO);
    assert_non_null(strstr(err.text, "format 2"));
    free(tape.bytes);
}

static int refuse(void *arg, const void *bytes, size_t n)
{
    (void)arg;
    (void)bytes;
    (void)n;
    return -ENOSPC;
}

static void test_sink_that_refuses_ends_the_backup(void **state)
{
    struct scratch *s = *state;
    struct cvn_backup_part part = {.number = 1, .n_parts = 1, .name = "events"};
    struct cvn_txn *snapshot;
    const struct cvn_backup_sink sink = {.write = refuse};
    uint64_t n_bytes;
    assert_int_equal(cvn_store_snapshot(s->store, &snapshot), 0);
    assert_int_equal(cvn_backup_write(snapshot, &part, &sink, &n_bytes), -ENOSPC);
    cvn_snapshot_release(snapshot);
}

/* What was told, in order; ends the job the given time that it is told. */
struct listener {
    unsigned n_told, ends_at;
    uint64_t n_done, n_total;
};

static int listen(void *arg, uint64_t n_done, uint64_t n_total)
{
    struct listener *listener = arg;
    assert_true(n_done > listener->n_done || listener->n_told == 0 || n_done == n_total);
    assert_true(n_done <= n_total);
    listener->n_done = n_done;
    listener->n_total = n_total;
    return ++listener->n_told == listener->ends_at ? CVN_STORE_CANCELLED : 0;
}

static int put_many(struct cvn_txn *txn, void *arg)
{
    int r = 0;
    (void)arg;
    for (uint32_t i = 0; r == 0 && i < 3 * CVN_PROGRESS_KEYS; i++) {
        struct cvn_key key;
        cvn_key_begin(&key, 'm');
        cvn_key_put_u32(&key, i);
        r = cvn_txn_put(txn, cvn_key_slice(&key), cvn_slice("v", 1));
    }
    return r;
}

static void test_progress_is_told_and_can_end_it(void **state)
{
    struct scratch *s = *state;
    struct scratch copy = {.engine = NULL};
    struct cvn_backup_part part = {.number = 1, .n_parts = 1, .name = "events"};
    struct tape tape = {0};
    struct cvn_txn *snapshot;
    struct cvn_store_stats stats;
    uint64_t n_bytes;
    assert_int_equal(cvn_store_update(s->store, put_many, NULL, 0), 0);
    cvn_store_stats(s->store, &stats);
    assert_int_equal(cvn_store_snapshot(s->store, &snapshot), 0);
    scratch_open(&copy, NULL);
    for (unsigned ends_at = 0; ends_at <= 2; ends_at++) {
        struct listener writing = {.ends_at = ends_at}, copying = {.ends_at = ends_at};
        const struct cvn_progress progress[] = {{listen, &writing}, {listen, &copying}};
        const struct cvn_backup_sink sink = {record, &tape, &progress[0]};
        int result = ends_at ? CVN_STORE_CANCELLED : 0;
        assert_int_equal(cvn_backup_write(snapshot, &part, &sink, &n_bytes), result);
        assert_int_equal(cvn_backup_copy(snapshot, copy.store, &progress[1]), result);
        assert_int_equal(writing.n_total, stats.n_keys);
        assert_int_equal(copying.n_total, stats.n_keys);
        assert_int_equal(writing.n_done, ends_at ? ends_at * CVN_PROGRESS_KEYS : stats.n_keys);
        assert_int_equal(copying.n_done, writing.n_done);
    }
    cvn_snapshot_release(snapshot);
    scratch_remove(&copy);
    free(tape.bytes);
}

static void test_copy_is_compact_and_the_same(void **state)
{
    struct scratch *s = *state;
    struct scratch copy = {.engine = NULL};
    struct cvn_txn *snapshot;
    scratch_open(&copy, NULL);
    assert_int_equal(cvn_store_snapshot(s->store, &snapshot), 0);
    assert_int_equal(cvn_backup_copy(snapshot, copy.store, NULL), 0);
    cvn_snapshot_release(snapshot);
    assert_true(sum_of(copy.store) == sum_of(s->store));
    scratch_remove(&copy);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_restored_store_is_the_same_in_either_engine),
        WITH_STORE(test_store_without_room_is_told),
        WITH_STORE(test_part_says_what_it_is),
        WITH_STORE(test_every_changed_byte_is_noticed),
        WITH_STORE(test_every_cut_is_noticed),
        WITH_STORE(test_parts_come_in_order_and_all),
        WITH_STORE(test_newer_format_is_refused_with_advice),
        WITH_STORE(test_sink_that_refuses_ends_the_backup),
        WITH_STORE(test_progress_is_told_and_can_end_it),
        WITH_STORE(test_copy_is_compact_and_the_same),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
