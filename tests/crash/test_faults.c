/*
 * A disk that fails while a store writes: every kind of call, at several moments, once or for a
 * while, with an error or half done. Each update that is not stored is told so; each that was told
 * to be stored is there, also after reopening; and when the disk is well again, so is the store.
 */
#include "storage/store.h"
#include "tests/crash/faulty_disk.h"
#include "tests/crash/ledger.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BEFORE = 6, DURING = 8, AFTER = 4, UPDATES_PER_BATCH = 3, MAP_BYTES = 8 << 20 };

struct disk_store {
    char path[64];
    struct cvn_store *store;
    uint64_t last; /* entry told to be stored */
    struct faulty_disk_plan plan;
};

static void give_up(const struct disk_store *d, const char *what)
{
    fail_msg("kind %d, call %u, %u times, errno %d, torn after %zu: %s", (int)d->plan.kind,
             d->plan.first, d->plan.times, d->plan.error, d->plan.torn_bytes, what);
}

static void open_store(struct disk_store *d)
{
    struct cvn_error err = {""};
    const struct cvn_store_options options = {
        .path = d->path, .map_bytes = MAP_BYTES, .manual = true};
    if (cvn_store_open(&d->store, &options, &err) != 0)
        give_up(d, err.text);
}

static void make_store(struct disk_store *d, const struct faulty_disk_plan *plan)
{
    *d = (struct disk_store){.path = "/tmp/convene-faults-XXXXXX", .plan = *plan};
    assert_non_null(mkdtemp(d->path));
    open_store(d);
}

static void remove_store(struct disk_store *d)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "store.lock"};
    char name[128];
    cvn_store_close(d->store);
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s/%s", d->path, files[i]);
        (void)unlink(name);
    }
    (void)rmdir(d->path);
}

struct entry {
    struct cvn_update update;
    uint64_t number;
    int result;
};

static int run_entry(struct cvn_txn *txn, void *arg)
{
    return ledger_write(txn, ((struct entry *)arg)->number);
}

static void end_entry(void *arg, int result)
{
    ((struct entry *)arg)->result = result;
}

/* Commits some entries at once, which all are stored or all are not. Whether they were. */
static bool write_batch(struct disk_store *d)
{
    struct entry entries[UPDATES_PER_BATCH];
    unsigned n_stored = 0;
    for (unsigned i = 0; i < UPDATES_PER_BATCH; i++) {
        entries[i] = (struct entry){.number = d->last + 1 + i};
        entries[i].update =
            (struct cvn_update){.run = run_entry, .done = end_entry, .arg = &entries[i]};
        assert_int_equal(cvn_store_submit(d->store, &entries[i].update), 0);
    }
    while (cvn_store_run_batch(d->store))
        ;
    for (unsigned i = 0; i < UPDATES_PER_BATCH; i++)
        n_stored += entries[i].result == 0;
    if (n_stored != 0 && n_stored != UPDATES_PER_BATCH)
        give_up(d, "half a batch was stored");
    d->last += n_stored;
    return n_stored > 0;
}

/*
 * Holds the store against what was told. After a fault the batch that met it may be there or not,
 * as whoever is told of a fault has to expect; then the store says which.
 */
static void check_store(struct disk_store *d, bool failed)
{
    char sentence[LEDGER_SENTENCE_BYTES];
    uint64_t last = 0;
    if (ledger_check(d->store, &last, sentence) != 0)
        give_up(d, sentence);
    if (last != d->last && !(failed && last == d->last + UPDATES_PER_BATCH))
        give_up(d, "an entry that was told to be stored is not, or one that was not told is");
    d->last = last;
}

/* Returns how many batches failed. */
static unsigned write_on_a_failing_disk(const struct faulty_disk_plan *plan)
{
    struct disk_store d;
    unsigned n_failed = 0;
    make_store(&d, plan);
    for (unsigned i = 0; i < BEFORE; i++)
        assert_true(write_batch(&d));
    faulty_disk_plan(plan);
    for (unsigned i = 0; i < DURING; i++) {
        bool stored = write_batch(&d);
        n_failed += !stored;
        if (!stored) { /* what is there is asked for with a disk that answers */
            uint32_t calls = faulty_disk_calls(plan->kind);
            struct faulty_disk_plan rest = *plan;
            rest.first = rest.first > calls ? rest.first - calls : 1;
            rest.times =
                calls - plan->first + 1 < plan->times ? plan->times - (calls - plan->first + 1) : 0;
            faulty_disk_plan(NULL);
            check_store(&d, true);
            faulty_disk_plan(&rest);
        }
    }
    faulty_disk_plan(NULL);
    for (unsigned i = 0; i < AFTER; i++)
        if (!write_batch(&d))
            give_up(&d, "the disk is well again and the store is not");
    check_store(&d, false);
    cvn_store_close(d.store);
    open_store(&d);
    check_store(&d, false);
    remove_store(&d);
    return n_failed;
}

static void try_all(enum faulty_disk_kind kind, const size_t torn[3])
{
    static const int errors[] = {EIO, ENOSPC, 0};
    unsigned n_failed = 0, n_tried = 0;
    faulty_disk_hurry(true);
    for (uint32_t first = 1; first <= 4; first++)
        for (uint32_t times = 1; times <= 3; times += 2)
            for (unsigned e = 0; e < (kind == FAULTY_DISK_SYNC ? 2 : 3); e++)
                for (unsigned t = 0; t < 3 && (t == 0 || torn[t]); t++) {
                    const struct faulty_disk_plan plan = {kind, first, times, errors[e], torn[t]};
                    n_failed += write_on_a_failing_disk(&plan);
                    n_tried++;
                }
    faulty_disk_hurry(false);
    assert_true(n_failed >= n_tried); /* no fault was swallowed */
}

static void test_failing_writes_of_pages(void **state)
{
    try_all(FAULTY_DISK_WRITE, (size_t[3]){0, 700, 4096});
}

static void test_failing_writes_of_meta_pages(void **state)
{
    try_all(FAULTY_DISK_META, (size_t[3]){0, 60, 119});
}

static void test_failing_syncs(void **state)
{
    try_all(FAULTY_DISK_SYNC, (size_t[3]){0, 0, 0});
}

/* A store that cannot be made says so, and leaves nothing that is taken for one. */
static void test_a_store_that_cannot_be_made_says_so(void **state)
{
    for (unsigned kind = FAULTY_DISK_WRITE; kind <= FAULTY_DISK_META; kind++)
        for (size_t torn = 0; torn <= 6000; torn += 3000) {
            struct disk_store d = {.path = "/tmp/convene-faults-XXXXXX"};
            struct cvn_error err = {""};
            d.plan = (struct faulty_disk_plan){(enum faulty_disk_kind)kind, 1, 1, ENOSPC, torn};
            assert_non_null(mkdtemp(d.path));
            const struct cvn_store_options options = {
                .path = d.path, .map_bytes = MAP_BYTES, .manual = true};
            faulty_disk_plan(&d.plan);
            int r = cvn_store_open(&d.store, &options, &err);
            faulty_disk_plan(NULL);
            if (r == 0) { /* it needed no such call until the first commit */
                assert_int_equal(kind, FAULTY_DISK_META);
            } else {
                assert_true(r < 0 && err.text[0]);
                d.store = NULL;
            }
            remove_store(&d);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failing_writes_of_pages),
        cmocka_unit_test(test_failing_writes_of_meta_pages),
        cmocka_unit_test(test_failing_syncs),
        cmocka_unit_test(test_a_store_that_cannot_be_made_says_so),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
