/* A service's clock: a turn when something is due, and when something was written. */
#include "services/runtime/clock.h"
#include "storage/change_log.h"
#include "storage/engine_memory.h"
#include "storage/store.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

enum { NOW_MS = 1000000 };

/* What the turns are to answer, the last for all that follow, and how many there were. */
struct scene {
    struct cvn_store *store;
    struct cvn_clock *clock;
    pthread_mutex_t lock;
    pthread_cond_t taken;
    int answers[4];
    int64_t next_ms[4];
    unsigned n_turns;
    bool writes; /* the second turn writes, too */
};

static int n_reports, last_fault;
static const char *last_failed;

static int64_t wall_clock_ms(void)
{
    return NOW_MS;
}

static void report(const char *failed, int fault)
{
    n_reports++;
    last_failed = failed;
    last_fault = fault;
}

static int append(struct cvn_txn *txn, void *arg)
{
    const struct cvn_change change = {.kind = cvn_slice("event.changed", 13)};
    (void)arg;
    return cvn_change_append(txn, &change, NULL);
}

static int turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct scene *s = arg;
    (void)pthread_mutex_lock(&s->lock);
    unsigned i = s->n_turns < 3 ? s->n_turns : 3;
    int r = now_ms == NOW_MS ? s->answers[i] : -EINVAL;
    if (s->next_ms[i])
        *ret_next_ms = s->next_ms[i];
    bool writes = s->writes && s->n_turns == 1;
    s->n_turns++;
    (void)pthread_cond_broadcast(&s->taken);
    (void)pthread_mutex_unlock(&s->lock);
    return writes && cvn_store_update(s->store, append, NULL, 0) ? -EIO : r;
}

static void wait_turns(struct scene *s, unsigned n)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->n_turns < n)
        (void)pthread_cond_wait(&s->taken, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

static void start(struct scene *s)
{
    static const struct cvn_clock_task tasks[] = {{turn, "it could not be done"}};
    const struct cvn_clock_options options = {.store = s->store,
                                              .tasks = tasks,
                                              .n_tasks = 1,
                                              .arg = s,
                                              .wall_clock_ms = wall_clock_ms,
                                              .report = report};
    assert_int_equal(cvn_clock_new(&s->clock, &options), 0);
}

static int setup(void **state)
{
    static struct scene s;
    struct cvn_error err = {""};
    const struct cvn_store_options options = {.engine = &cvn_engine_memory, .path = "memory"};
    s = (struct scene){.lock = PTHREAD_MUTEX_INITIALIZER, .taken = PTHREAD_COND_INITIALIZER};
    n_reports = 0;
    *state = &s;
    return cvn_store_open(&s.store, &options, &err);
}

static int teardown(void **state)
{
    struct scene *s = *state;
    cvn_clock_free(s->clock);
    cvn_store_close(s->store);
    return 0;
}

static void test_turn_when_there_is_more_follows_at_once(void **state)
{
    struct scene *s = *state;
    s->answers[0] = s->answers[1] = 1;
    start(s);
    wait_turns(s, 3);
}

static void test_turn_when_something_is_due_comes_by_itself(void **state)
{
    struct scene *s = *state;
    s->next_ms[0] = NOW_MS + 1;
    s->next_ms[1] = NOW_MS; /* due meanwhile */
    start(s);
    wait_turns(s, 3);
}

static void test_turn_when_something_is_written_does_not_wait_for_what_is_due(void **state)
{
    struct scene *s = *state;
    s->next_ms[0] = NOW_MS + INT64_C(1000) * 86400 * 365;
    start(s);
    wait_turns(s, 1);
    for (unsigned n = 2; n <= 4; n++) {
        assert_int_equal(cvn_store_update(s->store, append, NULL, 0), 0);
        wait_turns(s, n);
    }
}

static void test_turn_when_written_to_during_another_is_not_lost(void **state)
{
    struct scene *s = *state;
    s->answers[0] = 1;
    s->writes = true;
    start(s);
    wait_turns(s, 3);
}

static void test_turn_when_it_fails_is_reported_and_the_clock_can_still_be_ended(void **state)
{
    struct scene *s = *state;
    s->answers[0] = -EUCLEAN;
    start(s);
    wait_turns(s, 1);
    cvn_clock_free(s->clock);
    s->clock = NULL;
    assert_int_equal(s->n_turns, 1);
    assert_int_equal(n_reports, 1);
    assert_int_equal(last_fault, -EUCLEAN);
    assert_string_equal(last_failed, "it could not be done");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_turn_when_there_is_more_follows_at_once),
        TEST(test_turn_when_something_is_due_comes_by_itself),
        TEST(test_turn_when_something_is_written_does_not_wait_for_what_is_due),
        TEST(test_turn_when_written_to_during_another_is_not_lost),
        TEST(test_turn_when_it_fails_is_reported_and_the_clock_can_still_be_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
