#include "storage/change_log.h"
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* The clock of maintenance, which the tests set. */
struct clock {
    int64_t now_ms;
};

static int64_t read_clock(void *arg)
{
    return ((struct clock *)arg)->now_ms;
}

static int64_t still(void *arg)
{
    (void)arg;
    return 1;
}

struct fixture {
    struct scratch scratch;
    struct clock clock;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->scratch.engine = *state;
    f->clock.now_ms = 1000 * DAY_MS;
    struct cvn_store_options options = {.manual = true,
                                        .wall_ms = read_clock,
                                        .now_ns = still,
                                        .now_arg = &f->clock,
                                        .change_keep_days = 10};
    scratch_open(&f->scratch, &options);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

struct append {
    struct cvn_change change;
    uint64_t sequence;
    int n;
    int result;
};

static int append_some(struct cvn_txn *txn, void *arg)
{
    struct append *append = arg;
    int r = 0;
    for (int i = 0; r == 0 && i < append->n; i++)
        r = cvn_change_append(txn, &append->change, &append->sequence);
    return r ? r : append->result;
}

static struct cvn_change change_at(int64_t time_ms)
{
    return (struct cvn_change){
        .time_ms = time_ms,
        .subject = text("evt_1"),
        .kind = text("event.moved"),
        .principal = text("per_1"),
        .reason = text("the room was too small"),
        .detail = text("detail"),
    };
}

/* Appends n entries of the time in one update; the last one's number. */
static uint64_t append_at(struct fixture *f, int64_t time_ms, int n)
{
    struct append append = {.change = change_at(time_ms), .n = n};
    assert_int_equal(cvn_store_update(f->scratch.store, append_some, &append, 0), 0);
    return append.sequence;
}

static struct cvn_change_bounds bounds(struct fixture *f)
{
    struct cvn_txn *txn;
    struct cvn_change_bounds found;
    assert_int_equal(cvn_store_snapshot(f->scratch.store, &txn), 0);
    assert_int_equal(cvn_change_bounds(txn, &found), 0);
    cvn_snapshot_release(txn);
    return found;
}

/* How many entries a follower reads from its cursor on, or the outcome below 0. */
static int follow(struct fixture *f, uint64_t after)
{
    struct cvn_txn *txn;
    struct cvn_change change;
    assert_int_equal(cvn_store_snapshot(f->scratch.store, &txn), 0);
    CVN_CHANGE_CURSOR_AUTO cursor;
    int n = 0, r = cvn_change_cursor_init(&cursor, txn, after);
    if (r) {
        n = -r;
    } else {
        while ((r = cvn_change_cursor_next(&cursor, &change)) == 0)
            assert_int_equal(change.sequence, after + (uint64_t)++n);
        assert_int_equal(r, CVN_STORE_ABSENT);
    }
    cvn_change_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
    return n;
}

static void test_entries_are_read_as_they_were_appended(void **state)
{
    struct fixture *f = *state;
    struct cvn_txn *txn;
    struct cvn_change found;
    assert_int_equal(append_at(f, -5, 1), 1);
    assert_int_equal(cvn_store_snapshot(f->scratch.store, &txn), 0);
    struct cvn_change_cursor cursor;
    assert_int_equal(cvn_change_cursor_init(&cursor, txn, 0), 0);
    assert_int_equal(cvn_change_cursor_next(&cursor, &found), 0);
    struct cvn_change wanted = change_at(-5);
    assert_int_equal(found.sequence, 1);
    assert_int_equal(found.time_ms, -5);
    assert_int_equal(cvn_slice_compare(found.subject, wanted.subject), 0);
    assert_int_equal(cvn_slice_compare(found.kind, wanted.kind), 0);
    assert_int_equal(cvn_slice_compare(found.principal, wanted.principal), 0);
    assert_int_equal(cvn_slice_compare(found.reason, wanted.reason), 0);
    assert_int_equal(cvn_slice_compare(found.detail, wanted.detail), 0);
    cvn_change_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
}

static void note(void *arg, int result)
{
    *(int *)arg = result;
}

struct noted {
    struct append append;
    struct cvn_update update;
    int result;
};

static int append_noted(struct cvn_txn *txn, void *arg)
{
    return append_some(txn, &((struct noted *)arg)->append);
}

static void note_result(void *arg, int result)
{
    note(&((struct noted *)arg)->result, result);
}

static void test_undone_update_leaves_no_gap_in_its_batch(void **state)
{
    struct fixture *f = *state;
    struct noted noted[3];
    for (int i = 0; i < 3; i++) {
        noted[i] = (struct noted){.append = {change_at(i), .n = 2, .result = i == 1 ? 42 : 0}};
        noted[i].update =
            (struct cvn_update){.run = append_noted, .done = note_result, .arg = &noted[i]};
        assert_int_equal(cvn_store_submit(f->scratch.store, &noted[i].update), 0);
    }
    assert_true(cvn_store_run_batch(f->scratch.store));
    assert_int_equal(noted[1].result, 42);
    assert_int_equal(noted[0].append.sequence, 2);
    assert_int_equal(noted[2].append.sequence, 4);
    assert_int_equal(follow(f, 0), 4);
    assert_int_equal(append_at(f, 5, 1), 5);
}

static void count_call(void *arg)
{
    ++*(int *)arg;
}

/* Writes a key and an entry, and ends with what it is to end with. */
static int write_part(struct cvn_txn *txn, void *arg)
{
    struct append *append = arg;
    int r = cvn_txn_put(txn, text("k"), text(append->result ? "refused" : "kept"));
    if (r == 0)
        r = cvn_txn_put(txn, text(append->result ? "refused" : "kept"), text("new"));
    return r ? r : append_some(txn, append);
}

/* Between a part that is kept and what follows, one that is taken back. */
static int write_parts(struct cvn_txn *txn, void *arg)
{
    struct append kept = {.change = change_at(1), .n = 1};
    struct append refused = {.change = change_at(2), .n = 3, .result = 42};
    struct append *last = arg;
    int r = cvn_txn_part(txn, write_part, &kept);
    if (r == 0 && cvn_txn_part(txn, write_part, &refused) != 42)
        r = -EINVAL;
    return r ? r : append_some(txn, last);
}

static void test_part_that_is_refused_is_taken_back_alone(void **state)
{
    struct fixture *f = *state;
    struct append last = {.change = change_at(3), .n = 1};
    char buffer[256];
    int n_heard = 0;
    struct cvn_store_listener listener = {.changed = count_call, .arg = &n_heard};
    cvn_store_listen(f->scratch.store, &listener);
    assert_int_equal(cvn_store_update(f->scratch.store, write_parts, &last, 0), 0);
    assert_int_equal(last.sequence, 2); /* no gap where the part was */
    assert_int_equal(follow(f, 0), 2);
    assert_int_equal(n_heard, 1);
    assert_string_equal(scratch_get(&f->scratch, "k", buffer), "kept");
    assert_string_equal(scratch_get(&f->scratch, "kept", buffer), "new");
    assert_null(scratch_get(&f->scratch, "refused", buffer));
    last.n = 0; /* heard of also when what follows appends nothing */
    assert_int_equal(cvn_store_update(f->scratch.store, write_parts, &last, 0), 0);
    assert_int_equal(n_heard, 2);
    cvn_store_unlisten(f->scratch.store, &listener);
}

static void test_part_of_a_snapshot_is_refused(void **state)
{
    struct fixture *f = *state;
    struct append part = {.change = change_at(1)};
    struct cvn_txn *txn;
    assert_int_equal(cvn_store_snapshot(f->scratch.store, &txn), 0);
    assert_int_equal(cvn_txn_part(txn, write_part, &part), -EROFS);
    cvn_snapshot_release(txn);
}

static void test_cursor_is_within_the_log_or_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(follow(f, 0), 0);
    assert_int_equal(follow(f, 1), -CVN_CHANGE_AHEAD);
    append_at(f, f->clock.now_ms - 20 * DAY_MS, 5);
    append_at(f, f->clock.now_ms, 3);
    assert_int_equal(follow(f, 0), 8);
    assert_int_equal(follow(f, 7), 1);
    assert_int_equal(follow(f, 8), 0);
    assert_int_equal(follow(f, 9), -CVN_CHANGE_AHEAD);
    bool more;
    assert_int_equal(cvn_store_maintain(f->scratch.store, &more), 0);
    assert_false(more);
    assert_int_equal(follow(f, 4), -CVN_CHANGE_TRIMMED);
    assert_int_equal(follow(f, 5), 3);
    assert_int_equal(bounds(f).first, 6);
}

static void test_trimming_goes_by_age_and_in_steps(void **state)
{
    struct fixture *f = *state;
    bool more;
    append_at(f, f->clock.now_ms - 10 * DAY_MS - 1, CVN_STORE_MAINTAIN_STEP + 1);
    append_at(f, f->clock.now_ms - 10 * DAY_MS, 1);
    assert_int_equal(cvn_store_maintain(f->scratch.store, &more), 0);
    assert_true(more);
    assert_int_equal(bounds(f).first, CVN_STORE_MAINTAIN_STEP + 1);
    assert_int_equal(cvn_store_maintain(f->scratch.store, &more), 0);
    assert_false(more);
    assert_int_equal(bounds(f).first, CVN_STORE_MAINTAIN_STEP + 2);
    struct cvn_store_stats stats;
    cvn_store_stats(f->scratch.store, &stats);
    assert_int_equal(stats.n_changes_trimmed, CVN_STORE_MAINTAIN_STEP + 1);
}

static void test_newest_entry_is_never_trimmed(void **state)
{
    struct fixture *f = *state;
    bool more;
    append_at(f, 0, 3);
    assert_int_equal(cvn_store_maintain(f->scratch.store, &more), 0);
    assert_int_equal(bounds(f).first, 3);
    assert_int_equal(bounds(f).last, 3);
    assert_int_equal(append_at(f, 0, 1), 4);
}

static int append_once(struct fixture *f, const struct cvn_change *change)
{
    struct append append = {.change = *change, .n = 1};
    return cvn_store_update(f->scratch.store, append_some, &append, 0);
}

static void test_texts_have_limits(void **state)
{
    struct fixture *f = *state;
    static char bytes[CVN_CHANGE_DETAIL_BYTES_MAX + 1];
    struct cvn_change change = change_at(0);
    change.kind = cvn_slice(bytes, 0);
    assert_int_equal(append_once(f, &change), -EINVAL);
    change.kind = cvn_slice(bytes, CVN_CHANGE_KIND_BYTES_MAX);
    change.subject = cvn_slice(bytes, CVN_CHANGE_SUBJECT_BYTES_MAX);
    change.principal = cvn_slice(bytes, CVN_CHANGE_PRINCIPAL_BYTES_MAX);
    change.reason = cvn_slice(bytes, CVN_CHANGE_REASON_BYTES_MAX);
    change.detail = cvn_slice(bytes, CVN_CHANGE_DETAIL_BYTES_MAX);
    assert_int_equal(append_once(f, &change), 0);
    struct cvn_slice *const texts[] = {&change.kind, &change.subject, &change.principal,
                                       &change.reason, &change.detail};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        texts[i]->len++;
        assert_int_equal(append_once(f, &change), -EINVAL);
        texts[i]->len--;
    }
    assert_int_equal(follow(f, 0), 1);
}

static void test_listeners_hear_of_commits_that_appended(void **state)
{
    struct fixture *f = *state;
    int n_heard = 0, n_other = 0;
    struct cvn_store_listener listener = {.changed = count_call, .arg = &n_heard};
    struct cvn_store_listener other = {.changed = count_call, .arg = &n_other};
    cvn_store_listen(f->scratch.store, &listener);
    cvn_store_listen(f->scratch.store, &other);
    append_at(f, 0, 5);
    assert_int_equal(n_heard, 1);
    scratch_put(&f->scratch, "k", "no change");
    assert_int_equal(n_heard, 1);
    struct append undone = {.change = change_at(0), .n = 1, .result = 7};
    assert_int_equal(cvn_store_update(f->scratch.store, append_some, &undone, 0), 7);
    assert_int_equal(n_heard, 1);
    cvn_store_unlisten(f->scratch.store, &listener);
    cvn_store_unlisten(f->scratch.store, &listener);
    append_at(f, 0, 1);
    assert_int_equal(n_heard, 1);
    assert_int_equal(n_other, 2);
    cvn_store_unlisten(f->scratch.store, &other);
}

static void test_numbers_go_on_after_reopening(void **state)
{
    struct fixture *f = *state;
    append_at(f, 0, 3);
    scratch_reopen(&f->scratch, &(struct cvn_store_options){.manual = true});
    assert_int_equal(append_at(f, 0, 1), 4);
}

#define WITH_ENGINE(test, engine)                                                                  \
    {                                                                                              \
#test " [" #engine "]", test, set_up, tear_down, (void *)(uintptr_t)&cvn_engine_##engine   \
    }
#define WITH_EACH(test) WITH_ENGINE(test, lmdb), WITH_ENGINE(test, memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EACH(test_entries_are_read_as_they_were_appended),
        WITH_EACH(test_undone_update_leaves_no_gap_in_its_batch),
        WITH_EACH(test_part_that_is_refused_is_taken_back_alone),
        WITH_EACH(test_part_of_a_snapshot_is_refused),
        WITH_EACH(test_cursor_is_within_the_log_or_told),
        WITH_EACH(test_trimming_goes_by_age_and_in_steps),
        WITH_EACH(test_newest_entry_is_never_trimmed),
        WITH_EACH(test_texts_have_limits),
        WITH_EACH(test_listeners_hear_of_commits_that_appended),
        WITH_EACH(test_numbers_go_on_after_reopening),
    };
    return cmocka_run_group_tests_name("change_log", tests, NULL, NULL);
}
