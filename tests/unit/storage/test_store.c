#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    s->engine = *state;
    scratch_open(s, NULL);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void test_what_was_written_is_there_after_reopening(void **state)
{
    struct scratch *s = *state;
    char buffer[256];
    scratch_put(s, "k", "v");
    scratch_reopen(s, NULL);
    assert_string_equal(scratch_get(s, "k", buffer), "v");
    assert_null(scratch_get(s, "other", buffer));
}

static void test_second_opening_is_refused(void **state)
{
    struct scratch *s = *state;
    struct cvn_store *second = NULL;
    struct cvn_error err;
    struct cvn_store_options options = {.path = s->path};
    assert_int_equal(cvn_store_open(&second, &options, &err), -EBUSY);
    assert_null(second);
    assert_non_null(strstr(err.text, "another process"));
}

static int step_a(struct cvn_txn *txn, void *arg)
{
    ++*(int *)arg;
    return cvn_txn_put(txn, text("a"), text("1"));
}

static int step_b(struct cvn_txn *txn, void *arg)
{
    ++*(int *)arg;
    struct cvn_slice value;
    int r = cvn_txn_get(txn, text("a"), &value);
    return r ? -EINVAL : cvn_txn_put(txn, text("b"), text("2"));
}

static void test_schema_steps_run_once_and_in_order(void **state)
{
    struct scratch *s = *state;
    cvn_schema_step *const steps[] = {step_a, step_b};
    int n_run = 0;
    char buffer[256];
    struct cvn_store_options options = {
        .schema_version = 1, .schema_steps = steps, .schema_arg = &n_run};
    scratch_reopen(s, &options);
    assert_int_equal(n_run, 1);
    options.schema_version = 2;
    scratch_reopen(s, &options);
    assert_int_equal(n_run, 2);
    scratch_reopen(s, &options);
    assert_int_equal(n_run, 2);
    assert_string_equal(scratch_get(s, "b", buffer), "2");
}

static void test_newer_schema_is_refused(void **state)
{
    struct scratch *s = *state;
    cvn_schema_step *const steps[] = {step_a};
    int n_run = 0;
    struct cvn_store_options options = {
        .schema_version = 1, .schema_steps = steps, .schema_arg = &n_run};
    scratch_reopen(s, &options);
    cvn_store_close(s->store);
    s->store = NULL;
    struct cvn_error err;
    options = (struct cvn_store_options){.engine = s->engine, .memory = s->memory, .path = s->path};
    assert_int_equal(cvn_store_open(&s->store, &options, &err), -EPROTO);
    assert_non_null(strstr(err.text, "newer"));
}

/* Updates that are queued while the first one holds the writer, so that they share one commit. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inside, open;
    int n_done;
};

static int wait_at_gate(struct cvn_txn *txn, void *arg)
{
    struct gate *gate = arg;
    (void)txn;
    (void)pthread_mutex_lock(&gate->lock);
    gate->inside = true;
    (void)pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
    return 7;
}

struct write {
    struct cvn_update update;
    struct gate *gate;
    const char *key;
    int result_wanted, result;
};

static int write_two(struct cvn_txn *txn, void *arg)
{
    struct write *write = arg;
    int r = cvn_txn_put(txn, text(write->key), text("new"));
    if (r == 0)
        r = cvn_txn_put(txn, text("shared"), text(write->key));
    return r ? r : write->result_wanted;
}

static void note_done(void *arg, int result)
{
    struct write *write = arg;
    (void)pthread_mutex_lock(&write->gate->lock);
    write->result = result;
    write->gate->n_done++;
    (void)pthread_cond_broadcast(&write->gate->changed);
    (void)pthread_mutex_unlock(&write->gate->lock);
}

static void gate_note_done(void *arg, int result)
{
    (void)result;
    struct gate *gate = arg;
    (void)pthread_mutex_lock(&gate->lock);
    gate->n_done++;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}

static void close_gate(struct scratch *s, struct gate *gate, struct cvn_update *first)
{
    *first = (struct cvn_update){.run = wait_at_gate, .done = gate_note_done, .arg = gate};
    assert_int_equal(cvn_store_submit(s->store, first), 0);
    (void)pthread_mutex_lock(&gate->lock);
    while (!gate->inside)
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate, int n)
{
    (void)pthread_mutex_lock(&gate->lock);
    gate->open = true;
    (void)pthread_cond_broadcast(&gate->changed);
    while (gate->n_done < n)
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
}

static void test_update_that_fails_is_undone_alone(void **state)
{
    struct scratch *s = *state;
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct cvn_update first;
    struct write writes[] = {{.key = "one"}, {.key = "two", .result_wanted = 42}, {.key = "three"}};
    char buffer[256];
    scratch_put(s, "two", "old");
    close_gate(s, &gate, &first);
    for (int i = 0; i < 3; i++) {
        writes[i].gate = &gate;
        writes[i].update =
            (struct cvn_update){.run = write_two, .done = note_done, .arg = &writes[i]};
        assert_int_equal(cvn_store_submit(s->store, &writes[i].update), 0);
    }
    open_gate(&gate, 4);
    assert_int_equal(writes[0].result, 0);
    assert_int_equal(writes[1].result, 42);
    assert_int_equal(writes[2].result, 0);
    assert_string_equal(scratch_get(s, "one", buffer), "new");
    assert_string_equal(scratch_get(s, "two", buffer), "old");
    assert_string_equal(scratch_get(s, "shared", buffer), "three");
    struct cvn_store_stats stats;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.batch_most, 3);
}

static int64_t fixed_clock(void *arg)
{
    (void)arg;
    return 1000;
}

static bool say_cancelled(void *arg)
{
    (void)arg;
    return true;
}

static void test_update_past_its_deadline_or_cancelled_does_not_begin(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_options options = {.now_ns = fixed_clock};
    char buffer[256];
    scratch_reopen(s, &options);
    int n_run = 0;
    assert_int_equal(cvn_store_update(s->store, step_a, &n_run, 1000), CVN_STORE_EXPIRED);
    assert_int_equal(n_run, 0);
    assert_int_equal(cvn_store_update(s->store, step_a, &n_run, 1001), 0);
    assert_int_equal(n_run, 1);
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct write write = {.key = "cancelled", .gate = &gate};
    write.update = (struct cvn_update){
        .run = write_two, .done = note_done, .cancelled = say_cancelled, .arg = &write};
    assert_int_equal(cvn_store_submit(s->store, &write.update), 0);
    open_gate(&gate, 1);
    assert_int_equal(write.result, CVN_STORE_CANCELLED);
    assert_null(scratch_get(s, "cancelled", buffer));
}

/* A clock and a caller's patience that an update itself uses up. */
struct patience {
    int64_t now_ns;
    bool cancelled;
    unsigned n_asked;
    int result;
};

static int64_t patience_clock(void *arg)
{
    return ((struct patience *)arg)->now_ns;
}

static bool is_patience_over(void *arg)
{
    struct patience *patience = arg;
    patience->n_asked++;
    return patience->cancelled;
}

static int outlast(struct cvn_txn *txn, void *arg)
{
    struct patience *patience = arg;
    int r = cvn_txn_put(txn, text("begun"), text("1"));
    patience->now_ns = 5000;
    patience->cancelled = true;
    return r ? r : cvn_txn_put(txn, text("ended"), text("2"));
}

static void end_patience(void *arg, int result)
{
    struct patience *patience = arg;
    patience->result = result;
}

static void test_update_that_has_begun_is_not_given_up_in_the_middle(void **state)
{
    struct scratch *s = *state;
    struct patience patience = {.now_ns = 1000, .result = -1};
    struct cvn_store_options options = {
        .now_ns = patience_clock, .now_arg = &patience, .manual = true};
    char buffer[256];
    scratch_reopen(s, &options);
    struct cvn_update update = {.run = outlast,
                                .done = end_patience,
                                .cancelled = is_patience_over,
                                .arg = &patience,
                                .deadline_ns = 2000};
    assert_int_equal(cvn_store_submit(s->store, &update), 0);
    assert_true(cvn_store_run_batch(s->store));
    assert_int_equal(patience.result, 0);
    assert_int_equal(patience.n_asked, 1);
    assert_string_equal(scratch_get(s, "begun", buffer), "1");
    assert_string_equal(scratch_get(s, "ended", buffer), "2");
    assert_int_equal(cvn_store_submit(s->store, &update), 0); /* and this time it does not begin */
    assert_true(cvn_store_run_batch(s->store));
    assert_int_equal(patience.result, CVN_STORE_EXPIRED);
}

static void test_queue_takes_its_limit_and_no_more(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_options options = {.queue_max = 3};
    scratch_reopen(s, &options);
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct cvn_update first;
    struct write writes[4];
    close_gate(s, &gate, &first);
    for (int i = 0; i < 4; i++) {
        writes[i] = (struct write){.key = "x", .gate = &gate};
        writes[i].update =
            (struct cvn_update){.run = write_two, .done = note_done, .arg = &writes[i]};
        assert_int_equal(cvn_store_submit(s->store, &writes[i].update), i < 3 ? 0 : CVN_STORE_BUSY);
    }
    open_gate(&gate, 4);
}

static int put_large(struct cvn_txn *txn, void *arg)
{
    static char megabyte[1 << 20];
    char key[16];
    (void)snprintf(key, sizeof key, "large%02d", *(int *)arg);
    return cvn_txn_put(txn, text(key), cvn_slice(megabyte, sizeof megabyte));
}

static void test_map_grows_by_itself_up_to_its_limit(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_options options = {.map_bytes = 1 << 20, .map_max_bytes = 32 << 20};
    char buffer[256];
    scratch_reopen(s, &options);
    int i, r = 0;
    for (i = 0; i < 64 && (r = cvn_store_update(s->store, put_large, &i, 0)) == 0; i++)
        ;
    assert_int_equal(r, -ENOSPC);
    assert_true(i >= 16);
    struct cvn_store_stats stats;
    cvn_store_stats(s->store, &stats);
    assert_int_equal(stats.map_bytes, 32 << 20);
    assert_non_null(scratch_get(s, "large00", buffer));
    scratch_put(s, "small", "still works");
    assert_string_equal(scratch_get(s, "small", buffer), "still works");
}

static int add_one(struct cvn_txn *txn, void *arg)
{
    struct cvn_slice value;
    int n = 0, r = cvn_txn_get(txn, text(arg), &value);
    if (r == 0)
        memcpy(&n, value.data, sizeof n);
    n++;
    return cvn_txn_put(txn, text(arg), cvn_slice(&n, sizeof n));
}

static void *add_often(void *arg)
{
    struct scratch *s = arg;
    static char counter[] = "counter";
    char buffer[256];
    for (int i = 0; i < 50; i++) {
        assert_int_equal(cvn_store_update(s->store, add_one, counter, 0), 0);
        (void)scratch_get(s, "k", buffer);
    }
    return NULL;
}

static void test_threads_lose_no_update(void **state)
{
    struct scratch *s = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_often, s), 0);
    for (int i = 0; i < 8; i++)
        (void)pthread_join(threads[i], NULL);
    struct cvn_txn *txn;
    struct cvn_slice value;
    int n;
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_txn_get(txn, text("counter"), &value), 0);
    memcpy(&n, value.data, sizeof n);
    cvn_snapshot_release(txn);
    assert_int_equal(n, 400);
}

static void test_snapshots_are_limited_and_do_not_change(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_options options = {.readers_max = 2};
    scratch_reopen(s, &options);
    struct cvn_txn *a, *b, *c;
    assert_int_equal(cvn_store_snapshot(s->store, &a), 0);
    assert_int_equal(cvn_store_snapshot(s->store, &b), 0);
    assert_int_equal(cvn_store_snapshot(s->store, &c), CVN_STORE_BUSY);
    cvn_snapshot_release(b);
    scratch_put(s, "later", "v");
    assert_int_equal(cvn_txn_get(a, text("later"), NULL), CVN_STORE_ABSENT);
    assert_int_equal(cvn_txn_put(a, text("k"), text("v")), -EROFS);
    cvn_snapshot_release(a);
}

static void test_manual_store_runs_when_it_is_told(void **state)
{
    struct scratch *s = *state;
    struct cvn_store_options options = {.manual = true, .batch_max = 2};
    scratch_reopen(s, &options);
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct write writes[3];
    char buffer[256];
    assert_false(cvn_store_run_batch(s->store));
    for (int i = 0; i < 3; i++) {
        writes[i] = (struct write){.key = "k", .gate = &gate};
        writes[i].update =
            (struct cvn_update){.run = write_two, .done = note_done, .arg = &writes[i]};
        assert_int_equal(cvn_store_submit(s->store, &writes[i].update), 0);
    }
    assert_int_equal(gate.n_done, 0);
    assert_true(cvn_store_run_batch(s->store));
    assert_int_equal(gate.n_done, 2);
    scratch_put(s, "own", "after the one that waited");
    assert_int_equal(gate.n_done, 3);
    assert_string_equal(scratch_get(s, "own", buffer), "after the one that waited");
    assert_false(cvn_store_run_batch(s->store));
}

#define WITH_ENGINE(test, engine)                                                                  \
    {                                                                                              \
#test " [" #engine "]", test, set_up, tear_down, (void *)(uintptr_t)&cvn_engine_##engine   \
    }
#define WITH_STORE(test) WITH_ENGINE(test, lmdb), WITH_ENGINE(test, memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_what_was_written_is_there_after_reopening),
        WITH_ENGINE(test_second_opening_is_refused, lmdb),
        WITH_STORE(test_schema_steps_run_once_and_in_order),
        WITH_STORE(test_newer_schema_is_refused),
        WITH_STORE(test_update_that_fails_is_undone_alone),
        WITH_STORE(test_update_past_its_deadline_or_cancelled_does_not_begin),
        WITH_STORE(test_update_that_has_begun_is_not_given_up_in_the_middle),
        WITH_STORE(test_queue_takes_its_limit_and_no_more),
        WITH_STORE(test_map_grows_by_itself_up_to_its_limit),
        WITH_STORE(test_threads_lose_no_update),
        WITH_STORE(test_snapshots_are_limited_and_do_not_change),
        WITH_STORE(test_manual_store_runs_when_it_is_told),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
