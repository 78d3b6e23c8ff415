#include "rpc/clock.h"
#include "rpc/watch.h"
#include "tests/support/cmocka_all.h"

#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdlib.h>

static struct cvn_watch watch;

static int set_up(void **state)
{
    return cvn_watch_init(&watch);
}

static int tear_down(void **state)
{
    cvn_watch_deinit(&watch);
    return 0;
}

static void test_stop_ends_every_wait(void **state)
{
    cvn_watch_stop(&watch);
    assert_false(cvn_watch_wait(&watch));
    cvn_watch_alarm(&watch, 1);
    assert_false(cvn_watch_wait(&watch));
}

static void test_alarm_that_is_past_wakes_once(void **state)
{
    cvn_watch_alarm(&watch, 1);
    assert_true(cvn_watch_wait(&watch));
    assert_int_equal(watch.alarm_ms, 0);
    assert_null(cvn_watch_take(&watch));
}

static void test_alarm_that_is_soonest_counts(void **state)
{
    cvn_watch_alarm(&watch, 50);
    cvn_watch_alarm(&watch, 70);
    assert_int_equal(watch.alarm_ms, 50);
    cvn_watch_alarm(&watch, 50);
    assert_int_equal(watch.alarm_ms, 50);
    cvn_watch_alarm(&watch, 49);
    assert_int_equal(watch.alarm_ms, 49);
}

static void test_alarm_is_waited_for_on_the_monotonic_clock(void **state)
{
    int64_t at_ms = cvn_rpc_now_ms() + 3;
    cvn_watch_alarm(&watch, at_ms);
    assert_true(cvn_watch_wait(&watch));
    assert_true(cvn_rpc_now_ms() >= at_ms);
}

static void *wait_on_it(void *arg)
{
    *(bool *)arg = cvn_watch_wait(&watch);
    return NULL;
}

/* Whichever comes first, the wait or what wakes it: the wait must end. */
static bool wait_beside(void (*wake)(void))
{
    pthread_t thread;
    bool woken = false;
    assert_int_equal(pthread_create(&thread, NULL, wait_on_it, &woken), 0);
    wake();
    assert_int_equal(pthread_join(thread, NULL), 0);
    return woken;
}

static void stop(void)
{
    cvn_watch_stop(&watch);
}

static void bring_forward(void)
{
    cvn_watch_alarm(&watch, 1);
}

static void test_wait_ends_when_another_thread_stops_it(void **state)
{
    assert_false(wait_beside(stop));
}

static void test_wait_ends_when_another_thread_brings_the_alarm_forward(void **state)
{
    cvn_watch_alarm(&watch, INT64_MAX / 2);
    assert_true(wait_beside(bring_forward));
    assert_true(wait_beside(bring_forward));
}

/* A pair of sockets over inproc, both watched. */
struct pair {
    nng_socket rep, req;
    struct cvn_watch_source of_rep, of_req;
};

static void pair_open(struct pair *pair)
{
    pair->of_rep = (struct cvn_watch_source){&watch, &pair->rep};
    pair->of_req = (struct cvn_watch_source){&watch, &pair->req};
    assert_int_equal(nng_rep0_open_raw(&pair->rep), 0);
    assert_int_equal(nng_req0_open_raw(&pair->req), 0);
    assert_int_equal(cvn_watch_socket(&pair->of_rep, pair->rep), 0);
    assert_int_equal(cvn_watch_socket(&pair->of_req, pair->req), 0);
    assert_int_equal(nng_listen(pair->rep, "inproc://watch", NULL, 0), 0);
    assert_int_equal(nng_dial(pair->req, "inproc://watch", NULL, 0), 0);
}

/* Waits for one note of the owner's and gives its pipe; others are left out. */
static int wait_note(const void *owner, bool came)
{
    int pipe = 0;
    while (!pipe) {
        assert_true(cvn_watch_wait(&watch));
        struct cvn_pipe_note *note = cvn_watch_take(&watch);
        while (note) {
            struct cvn_pipe_note *next = note->next;
            if (note->owner == owner && note->came == came)
                pipe = nng_pipe_id(note->pipe);
            free(note);
            note = next;
        }
    }
    return pipe;
}

static void test_notes_of_a_pipe_that_comes_and_goes(void **state)
{
    struct pair pair;
    pair_open(&pair);
    int came = wait_note(&pair.rep, true);
    assert_true(came > 0);
    assert_int_equal(nng_close(pair.req), 0);
    assert_int_equal(wait_note(&pair.rep, false), came);
    assert_int_equal(nng_close(pair.rep), 0);
}

static void test_notes_keep_their_order_and_their_owner(void **state)
{
    struct pair pair;
    pair_open(&pair);
    assert_int_equal(nng_close(pair.req), 0);
    assert_int_equal(nng_close(pair.rep), 0);
    struct cvn_pipe_note *note = cvn_watch_take(&watch);
    unsigned n_rep = 0, n_req = 0;
    while (note) {
        struct cvn_pipe_note *next = note->next;
        unsigned *n = note->owner == &pair.rep ? &n_rep : &n_req;
        assert_true(note->owner == &pair.rep || note->owner == &pair.req);
        assert_int_equal(note->came, *n == 0);
        (*n)++;
        free(note);
        note = next;
    }
    assert_int_equal(n_req, 2);
    assert_int_equal(n_rep, 2);
    assert_null(cvn_watch_take(&watch));
}

static void test_notes_that_nobody_took_are_freed(void **state)
{
    struct pair pair;
    pair_open(&pair);
    assert_int_equal(nng_close(pair.req), 0);
    assert_int_equal(nng_close(pair.rep), 0);
    assert_non_null(watch.first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stop_ends_every_wait),
        TEST(test_alarm_that_is_past_wakes_once),
        TEST(test_alarm_that_is_soonest_counts),
        TEST(test_alarm_is_waited_for_on_the_monotonic_clock),
        TEST(test_wait_ends_when_another_thread_stops_it),
        TEST(test_wait_ends_when_another_thread_brings_the_alarm_forward),
        TEST(test_notes_of_a_pipe_that_comes_and_goes),
        TEST(test_notes_keep_their_order_and_their_owner),
        TEST(test_notes_that_nobody_took_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
