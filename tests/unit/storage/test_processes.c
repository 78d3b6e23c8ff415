/* One process writes a store, others look at it. */
#include "storage/store.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The other process: forked before any store is open, it opens the store read-only when told to
 * and answers one byte for each it is sent. Its faults are its exit status.
 */
struct other {
    pid_t pid;
    int to[2], from[2];
};

struct fixture {
    struct scratch scratch;
    struct other other;
};

static char ask(struct other *other, char question)
{
    char answer = '?';
    assert_int_equal(write(other->to[1], &question, 1), 1);
    assert_int_equal(read(other->from[0], &answer, 1), 1);
    return answer;
}

/* 'o' opens, 's' takes a snapshot and keeps it, 'r' releases it, 'g' looks for the key "large". */
static char do_as_told(struct cvn_store **store, struct cvn_txn **snapshot, const char *path,
                       char question)
{
    struct cvn_store_options options = {.path = path, .read_only = true};
    int r = 0;
    switch (question) {
    case 'o':
        r = cvn_store_open(store, &options, NULL);
        break;
    case 's':
        r = cvn_store_snapshot(*store, snapshot);
        break;
    case 'r':
        cvn_snapshot_release(*snapshot);
        break;
    case 'g':
        r = cvn_txn_get(*snapshot, text("large"), NULL);
        break;
    default:
        _exit(9);
    }
    return r == 0 ? '0' : r == CVN_STORE_ABSENT ? 'a' : r == CVN_STORE_BUSY ? 'b' : 'f';
}

static void be_the_other(const struct other *other, const char *path)
{
    struct cvn_store *store = NULL;
    struct cvn_txn *snapshot = NULL;
    char question;
    while (read(other->to[0], &question, 1) == 1) {
        char answer = do_as_told(&store, &snapshot, path, question);
        if (write(other->from[1], &answer, 1) != 1)
            break;
    }
    _exit(0); /* leaves its snapshot as a crash does */
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->scratch.path, "/tmp/convene-store-XXXXXX");
    assert_non_null(mkdtemp(f->scratch.path));
    assert_int_equal(pipe(f->other.to), 0);
    assert_int_equal(pipe(f->other.from), 0);
    f->other.pid = fork();
    assert_true(f->other.pid >= 0);
    if (f->other.pid == 0) {
        (void)close(f->other.to[1]);
        be_the_other(&f->other, f->scratch.path);
    }
    (void)close(f->other.to[0]);
    scratch_reopen(&f->scratch, &(struct cvn_store_options){.manual = true, .map_bytes = 1 << 20});
    *state = f;
    return 0;
}

static void end_other(struct other *other)
{
    int status;
    (void)close(other->to[1]);
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    assert_int_equal(status, 0);
    other->to[1] = -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->other.to[1] >= 0)
        end_other(&f->other);
    (void)close(f->other.from[0]);
    (void)close(f->other.from[1]);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static int put_large(struct cvn_txn *txn, void *arg)
{
    static char large[3 << 20];
    (void)arg;
    return cvn_txn_put(txn, text("large"), cvn_slice(large, sizeof large));
}

static void test_store_can_be_read_beside_its_writer(void **state)
{
    struct fixture *f = *state;
    scratch_put(&f->scratch, "small", "v");
    assert_int_equal(ask(&f->other, 'o'), '0');
    assert_int_equal(ask(&f->other, 's'), '0');
    assert_int_equal(ask(&f->other, 'g'), 'a');
    assert_int_equal(cvn_store_update(f->scratch.store, put_large, NULL, 0), 0);
    assert_int_equal(ask(&f->other, 'g'), 'a');
    assert_int_equal(ask(&f->other, 'r'), '0');
    struct cvn_store_stats stats;
    cvn_store_stats(f->scratch.store, &stats);
    assert_true(stats.n_growths > 0);
    assert_int_equal(ask(&f->other, 's'), '0'); /* in a map as large as the writer's */
    assert_int_equal(ask(&f->other, 'g'), '0');
}

static void test_snapshot_of_another_process_is_seen(void **state)
{
    struct fixture *f = *state;
    struct cvn_store_stats stats;
    scratch_put(&f->scratch, "k", "1");
    assert_int_equal(ask(&f->other, 'o'), '0');
    assert_int_equal(ask(&f->other, 's'), '0');
    scratch_put(&f->scratch, "k", "2");
    scratch_put(&f->scratch, "k", "3");
    cvn_store_stats(f->scratch.store, &stats);
    assert_int_equal(stats.reader_lag_most, 2);
    assert_true(stats.readers_now > 0);
    assert_int_equal(stats.snapshots_now, 0);
}

static void test_snapshot_of_a_dead_process_is_cleared(void **state)
{
    struct fixture *f = *state;
    struct cvn_store_stats stats;
    scratch_put(&f->scratch, "k", "1");
    assert_int_equal(ask(&f->other, 'o'), '0');
    assert_int_equal(ask(&f->other, 's'), '0');
    end_other(&f->other);
    scratch_put(&f->scratch, "k", "2");
    scratch_put(&f->scratch, "k", "3");
    cvn_store_stats(f->scratch.store, &stats);
    assert_int_equal(stats.reader_lag_most, 2);
    bool more;
    assert_int_equal(cvn_store_maintain(f->scratch.store, &more), 0);
    cvn_store_stats(f->scratch.store, &stats);
    assert_true(stats.n_readers_cleared > 0);
    assert_int_equal(stats.reader_lag_most, 0);
}

static void test_reading_what_is_not_there_makes_nothing(void **state)
{
    struct fixture *f = *state;
    struct cvn_store *store = NULL;
    struct cvn_error err;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/none", f->scratch.path);
    struct cvn_store_options options = {.path = path, .read_only = true};
    assert_int_equal(cvn_store_open(&store, &options, &err), -ENOENT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(access(path, F_OK), -1);
}

static void test_second_writer_is_told_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct cvn_store *store = NULL;
    struct cvn_error err;
    struct cvn_store_options options = {.path = f->scratch.path};
    assert_int_equal(cvn_store_open(&store, &options, &err), -EBUSY);
    assert_non_null(strstr(err.text, f->scratch.path));
    assert_non_null(strstr(err.text, "stop that one first"));
}

#define WITH_OTHER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OTHER(test_store_can_be_read_beside_its_writer),
        WITH_OTHER(test_snapshot_of_another_process_is_seen),
        WITH_OTHER(test_snapshot_of_a_dead_process_is_cleared),
        WITH_OTHER(test_reading_what_is_not_there_makes_nothing),
        WITH_OTHER(test_second_writer_is_told_what_to_do),
    };
    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
