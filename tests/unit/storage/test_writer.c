/* Turns, limits, maintenance and figures of the writer. */
#include "storage/engine_memory.h"
#include "storage/replay.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 300 };

/* Updates that note the order in which they were run. */
struct order {
    int n_run;
    int64_t now_ns;
};

struct numbered {
    struct cvn_update update;
    struct order *order;
    int place; /* 1 for the first that ran */
    int result;
};

static int take_place(struct cvn_txn *txn, void *arg)
{
    struct numbered *n = arg;
    n->place = ++n->order->n_run;
    return cvn_txn_put(txn, text("k"), text("v"));
}

static void keep_result(void *arg, int result)
{
    ((struct numbered *)arg)->result = result;
}

static int submit(struct scratch *s, struct numbered *n, struct order *order, uint64_t caller)
{
    *n = (struct numbered){.order = order, .result = -1};
    n->update =
        (struct cvn_update){.run = take_place, .done = keep_result, .arg = n, .caller = caller};
    return cvn_store_submit(s->store, &n->update);
}

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    s->engine = &cvn_engine_memory;
    scratch_open(s, &(struct cvn_store_options){.manual = true, .batch_max = 4});
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void test_flood_delays_another_caller_by_one_batch(void **state)
{
    struct scratch *s = *state;
    struct order order = {0};
    static struct numbered flood[MANY], one;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(submit(s, &flood[i], &order, 1), 0);
    assert_int_equal(submit(s, &one, &order, 2), 0);
    assert_true(cvn_store_run_batch(s->store));
    assert_int_equal(one.result, 0);
    assert_int_equal(one.place, 2);
    assert_int_equal(flood[2].place, 4);
    while (cvn_store_run_batch(s->store))
        ;
    for (int i = 1; i < MANY; i++)
        assert_true(flood[i - 1].place < flood[i].place);
    assert_int_equal(order.n_run, MANY + 1);
}

static void test_callers_take_turns(void **state)
{
    struct scratch *s = *state;
    struct order order = {0};
    struct numbered updates[3][4];
    for (uint64_t caller = 0; caller < 3; caller++)
        for (int i = 0; i < 4; i++)
            assert_int_equal(submit(s, &updates[caller][i], &order, caller), 0);
    while (cvn_store_run_batch(s->store))
        ;
    for (int caller = 0; caller < 3; caller++)
        for (int i = 0; i < 4; i++)
            assert_int_equal(updates[caller][i].place, 1 + 3 * i + caller);
}

/* Many callers, more than there are buckets to find them by, that come and go at random. */
static void test_every_update_of_many_callers_runs_once_and_in_order(void **state)
{
    struct scratch *s = *state;
    enum { CALLERS = 700, UPDATES = 4000 };
    static struct numbered updates[UPDATES];
    static int last_place[CALLERS];
    struct order order = {0};
    scratch_reopen(
        s, &(struct cvn_store_options){.manual = true, .queue_max = UPDATES, .batch_max = 64});
    uint64_t random = 7;
    for (int i = 0; i < UPDATES; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        assert_int_equal(submit(s, &updates[i], &order, 1 + (random >> 33) % CALLERS), 0);
        if ((random >> 40) % 100 == 0)
            assert_true(cvn_store_run_batch(s->store));
    }
    while (cvn_store_run_batch(s->store))
        ;
    assert_int_equal(order.n_run, UPDATES);
    memset(last_place, 0, sizeof last_place);
    for (int i = 0; i < UPDATES; i++) {
        int *last = &last_place[updates[i].update.caller - 1];
        assert_int_equal(updates[i].result, 0);
        assert_true(updates[i].place > *last);
        *last = updates[i].place;
    }
}

static void test_one_caller_cannot_take_the_whole_queue(void **state)
{
    struct scratch *s = *state;
    struct order order = {0};
    struct numbered updates[9];
    scratch_reopen(s, &(struct cvn_store_options){.manual = true, .queue_max = 8});
    for (int i = 0; i < 6; i++)
        assert_int_equal(submit(s, &updates[i], &order, 1), 0);
    assert_int_equal(submit(s, &updates[6], &order, 1), CVN_STORE_BUSY);
    assert_int_equal(submit(s, &updates[6], &order, 2), 0);
    assert_int_equal(submit(s, &updates[7], &order, 3), 0);
    assert_int_equal(submit(s, &updates[8], &order, 4), CVN_STORE_BUSY);
    struct cvn_store_stats stats;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.n_refused, 2);
    assert_int_equal(stats.queue_now, 8);
    while (cvn_store_run_batch(s->store))
        ;
    assert_int_equal(submit(s, &updates[8], &order, 1), 0);
    assert_true(cvn_store_run_batch(s->store));
}

static void test_names_make_callers(void **state)
{
    (void)state;
    assert_int_not_equal(cvn_store_caller(text("per_1")), cvn_store_caller(text("per_2")));
    assert_int_equal(cvn_store_caller(text("per_1")), cvn_store_caller(text("per_1")));
    assert_int_not_equal(cvn_store_caller(text("")), 0);
}

static void test_batches_and_commits_are_counted_by_size(void **state)
{
    struct scratch *s = *state;
    struct order order = {0};
    struct numbered updates[4];
    for (int n = 1; n <= 4; n++) {
        for (int i = 0; i < n; i++)
            assert_int_equal(submit(s, &updates[i], &order, 1), 0);
        assert_true(cvn_store_run_batch(s->store));
    }
    struct cvn_store_stats stats;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.batches[0], 1);
    assert_int_equal(stats.batches[1], 1);
    assert_int_equal(stats.batches[2], 2);
    assert_int_equal(stats.batches[3], 0);
    uint64_t n_commits = 0;
    for (int i = 0; i < CVN_STORE_COMMIT_BUCKETS; i++)
        n_commits += stats.commits[i];
    assert_int_equal(n_commits, 4);
    assert_int_equal(stats.n_commits, 4);
}

/* Each look at this clock takes as long as the test says, so that commits do. */
static int64_t stepping_clock(void *arg)
{
    struct order *clock = arg;
    return clock->now_ns += clock->n_run;
}

static void test_commits_fall_into_their_bucket_at_the_bound(void **state)
{
    struct scratch *s = *state;
    static const struct {
        int ns, bucket;
    } rows[] = {{1, 0}, {64000, 0}, {64001, 1}, {128000, 1}, {128001, 2}, {2000000000, 15}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct order clock = {.n_run = rows[i].ns};
        struct cvn_store_stats stats;
        scratch_reopen(s, &(struct cvn_store_options){
                              .manual = true, .now_ns = stepping_clock, .now_arg = &clock});
        scratch_put(s, "k", "v");
        cvn_store_stats(s->store, &stats);
        assert_int_equal(stats.commits[rows[i].bucket], 1);
        assert_int_equal(stats.commit_ns_most, rows[i].ns);
    }
}

static int64_t set_clock(void *arg)
{
    return ((struct order *)arg)->now_ns;
}

static void test_oldest_snapshot_is_seen(void **state)
{
    struct scratch *s = *state;
    struct order clock = {.now_ns = 100};
    struct cvn_txn *a, *b;
    struct cvn_store_stats stats;
    scratch_reopen(
        s, &(struct cvn_store_options){.manual = true, .now_ns = set_clock, .now_arg = &clock});
    assert_int_equal(cvn_store_snapshot(s->store, &a), 0);
    clock.now_ns = 300;
    assert_int_equal(cvn_store_snapshot(s->store, &b), 0);
    scratch_put(s, "k", "v");
    clock.now_ns = 1000;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.snapshots_now, 2);
    assert_int_equal(stats.snapshot_ns_now, 900);
    assert_int_equal(stats.reader_lag_most, 1);
    cvn_snapshot_release(a);
    clock.now_ns = 1100;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.snapshot_ns_now, 800);
    assert_int_equal(stats.snapshot_ns_most, 900);
    cvn_snapshot_release(b);
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.snapshot_ns_now, 0);
    assert_int_equal(stats.reader_lag_most, 0);
}

static int put_replays(struct cvn_txn *txn, void *arg)
{
    int64_t created_ms = *(int64_t *)arg;
    int r = 0;
    for (int i = 0; r == 0 && i < MANY; i++) {
        char id[2] = {(char)(1 + i / 200), (char)(1 + i % 200)};
        struct cvn_replay_request request = {.principal = text("p"),
                                             .request_id = cvn_slice(id, 2)};
        r = cvn_replay_put(txn, &request, created_ms, text("reply"));
    }
    return r;
}

static int64_t wall_two_days(void *arg)
{
    (void)arg;
    return INT64_C(2) * 24 * 60 * 60 * 1000;
}

/* The store's own thread does it, in as many steps as it takes. */
static void test_old_replay_records_go_by_themselves(void **state)
{
    struct scratch *s = *state;
    int64_t created_ms = 1;
    struct cvn_store_stats stats;
    scratch_reopen(s, &(struct cvn_store_options){.wall_ms = wall_two_days, .maintain_ms = 1});
    assert_int_equal(cvn_store_update(s->store, put_replays, &created_ms, 0), 0);
    do {
        (void)sched_yield();
        cvn_store_stats(s->store, &stats);
    } while (stats.n_replays_purged < MANY);
    assert_int_equal(stats.n_replays_purged, MANY);
    assert_int_equal(stats.n_keys, 0);
}

static void test_young_replay_records_stay(void **state)
{
    struct scratch *s = *state;
    int64_t created_ms = wall_two_days(NULL) - CVN_REPLAY_KEEP_MS + 1;
    bool more;
    struct cvn_store_stats stats;
    scratch_reopen(s, &(struct cvn_store_options){.manual = true, .wall_ms = wall_two_days});
    assert_int_equal(cvn_store_update(s->store, put_replays, &created_ms, 0), 0);
    assert_int_equal(cvn_store_maintain(s->store, &more), 0);
    assert_false(more);
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.n_keys, 2 * MANY);
    assert_int_equal(stats.n_replays_purged, 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_flood_delays_another_caller_by_one_batch),
        WITH_STORE(test_callers_take_turns),
        WITH_STORE(test_every_update_of_many_callers_runs_once_and_in_order),
        WITH_STORE(test_one_caller_cannot_take_the_whole_queue),
        cmocka_unit_test(test_names_make_callers),
        WITH_STORE(test_batches_and_commits_are_counted_by_size),
        WITH_STORE(test_commits_fall_into_their_bucket_at_the_bound),
        WITH_STORE(test_oldest_snapshot_is_seen),
        WITH_STORE(test_old_replay_records_go_by_themselves),
        WITH_STORE(test_young_replay_records_stay),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
