/*
 * What a disk does to a store: it is full, or fails at the worst moment. The test stands between
 * LMDB and the C library's pwrite to fail the write of a meta page, after which LMDB refuses
 * everything until it is reopened.
 */
#include "storage/store.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int n_failing; /* writes of meta pages that are still to fail */

/* By the name that the library calls, whatever the headers here make of it. */
ssize_t stand_between(int fd, const void *bytes, size_t n, off_t at) __asm__("pwrite");

/* LMDB writes meta pages, and nothing else, through a descriptor that syncs. */
ssize_t stand_between(int fd, const void *bytes, size_t n, off_t at)
{
    if (fcntl(fd, F_GETFL) & O_DSYNC && atomic_load(&n_failing) > 0) {
        atomic_fetch_sub(&n_failing, 1);
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, n, at);
}

enum { VALUE_BYTES = 40000, LIMIT_BYTES = 1 << 20, BATCH = 3 };

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    scratch_open(s, &(struct cvn_store_options){.manual = true});
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

/* How large this process may make a file. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

struct large {
    struct cvn_update update;
    char key[16];
    int result;
};

static int put_large(struct cvn_txn *txn, void *arg)
{
    static char value[VALUE_BYTES];
    return cvn_txn_put(txn, text(((struct large *)arg)->key), cvn_slice(value, sizeof value));
}

static void keep_result(void *arg, int result)
{
    ((struct large *)arg)->result = result;
}

/* One batch of large values; the result that all of its callers got. */
static int write_batch(struct scratch *s, int number)
{
    struct large large[BATCH];
    for (int i = 0; i < BATCH; i++) {
        large[i].update =
            (struct cvn_update){.run = put_large, .done = keep_result, .arg = &large[i]};
        (void)snprintf(large[i].key, sizeof large[i].key, "%03d.%d", number, i);
        assert_int_equal(cvn_store_submit(s->store, &large[i].update), 0);
    }
    assert_true(cvn_store_run_batch(s->store));
    for (int i = 1; i < BATCH; i++)
        assert_int_equal(large[i].result, large[0].result);
    return large[0].result;
}

static bool has(struct scratch *s, int number)
{
    struct cvn_txn *txn;
    char key[16];
    (void)snprintf(key, sizeof key, "%03d.%d", number, BATCH - 1);
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    int r = cvn_txn_get(txn, text(key), NULL);
    cvn_snapshot_release(txn);
    return r == 0;
}

static int fill_the_disk(struct scratch *s)
{
    int n = 0, r;
    limit_files(LIMIT_BYTES);
    while ((r = write_batch(s, n)) == 0 && n < 100)
        n++;
    assert_int_equal(r, -ENOSPC);
    assert_true(n > 0);
    return n;
}

static void test_full_disk_refuses_writes_and_not_reads(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_stats stats;
    int n = fill_the_disk(s);
    assert_int_equal(write_batch(s, n), -ENOSPC);
    assert_true(has(s, n - 1));
    assert_false(has(s, n));
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.n_faults, 2);
    assert_int_equal(stats.n_reopenings, 0);
    limit_files(RLIM_INFINITY);
    assert_int_equal(write_batch(s, n), 0);
    scratch_reopen(s, &(struct cvn_store_options){.manual = true});
    for (int i = 0; i <= n; i++)
        assert_true(has(s, i));
}

/* The limit is moved byte by page, so that commits end short at every place they can. */
static void test_full_disk_is_told_wherever_the_write_ends(void **state)
{
    struct scratch *s = *state;
    int n = fill_the_disk(s);
    for (rlim_t more = 1; more < (rlim_t)BATCH * VALUE_BYTES; more += 3700) {
        limit_files(LIMIT_BYTES + more);
        int r = write_batch(s, n);
        assert_true(r == 0 || r == -ENOSPC);
        n += r == 0;
        assert_true(has(s, n - 1));
    }
    limit_files(RLIM_INFINITY);
    assert_int_equal(write_batch(s, n), 0);
}

static void test_small_writes_go_on_in_pages_that_are_free(void **state)
{
    struct scratch *s = *state;
    char buffer[256];
    scratch_put(s, "small", "1");
    scratch_put(s, "small", "2");
    scratch_put(s, "small", "3");
    (void)fill_the_disk(s);
    scratch_put(s, "small", "4");
    limit_files(RLIM_INFINITY);
    assert_string_equal(scratch_get(s, "small", buffer), "4");
}

static int put_new(struct cvn_txn *txn, void *arg)
{
    return cvn_txn_put(txn, text("k"), text(arg));
}

static void test_store_goes_on_after_its_meta_page_failed(void **state)
{
    struct scratch *s = *state;
    char buffer[256];
    static char lost[] = "lost";
    struct cvn_store_stats stats;
    scratch_put(s, "k", "kept");
    for (int i = 1; i <= 3; i++) {
        atomic_store(&n_failing, 1);
        assert_int_equal(cvn_store_update(s->store, put_new, lost, 0), -EIO);
        assert_string_equal(scratch_get(s, "k", buffer), "kept");
        cvn_store_stats(s->store, &stats);
        assert_int_equal(stats.n_reopenings, i);
        scratch_put(s, "other", "written");
        assert_string_equal(scratch_get(s, "other", buffer), "written");
    }
    scratch_reopen(s, NULL);
    assert_string_equal(scratch_get(s, "k", buffer), "kept");
}

/* A snapshot that is open meanwhile stays what it is, and the reopening waits for it. */
struct holder {
    struct scratch *scratch;
    struct cvn_txn *snapshot;
    int result;
};

static void *fail_a_write(void *arg)
{
    struct holder *holder = arg;
    static char lost[] = "lost";
    holder->result = cvn_store_update(holder->scratch->store, put_new, lost, 0);
    return NULL;
}

static void test_open_snapshot_outlives_the_fault(void **state)
{
    struct holder holder = {.scratch = *state};
    struct scratch *s = *state;
    struct cvn_slice value;
    char buffer[256];
    pthread_t thread;
    scratch_reopen(s, NULL);
    scratch_put(s, "k", "kept");
    assert_int_equal(cvn_store_snapshot(s->store, &holder.snapshot), 0);
    atomic_store(&n_failing, 1);
    assert_int_equal(pthread_create(&thread, NULL, fail_a_write, &holder), 0);
    while (atomic_load(&n_failing) > 0)
        (void)sched_yield();
    assert_int_equal(cvn_txn_get(holder.snapshot, text("k"), &value), 0);
    assert_memory_equal(value.data, "kept", 4);
    cvn_snapshot_release(holder.snapshot);
    (void)pthread_join(thread, NULL);
    assert_int_equal(holder.result, -EIO);
    assert_string_equal(scratch_get(s, "k", buffer), "kept");
    scratch_put(s, "k", "new");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    (void)signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit is to fail, not to kill */
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_full_disk_refuses_writes_and_not_reads),
        WITH_STORE(test_full_disk_is_told_wherever_the_write_ends),
        WITH_STORE(test_small_writes_go_on_in_pages_that_are_free),
        WITH_STORE(test_store_goes_on_after_its_meta_page_failed),
        WITH_STORE(test_open_snapshot_outlives_the_fault),
    };
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
