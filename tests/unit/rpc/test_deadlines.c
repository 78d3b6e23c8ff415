/* The heap of deadlines: always the soonest first, whatever was added and taken out. */
#include "rpc/deadlines.h"
#include "tests/support/cmocka_all.h"

#include <stdbool.h>
#include <stdlib.h>

enum { N = 300, N_STEPS = 20000 };

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct cvn_deadlines));
    return 0;
}

static int tear_down(void **state)
{
    cvn_deadlines_deinit(*state);
    free(*state);
    return 0;
}

static void test_first_when_empty(void **state)
{
    struct cvn_deadlines *deadlines = *state;
    assert_null(cvn_deadlines_first(deadlines));
    struct cvn_deadline never_added = {.at_ms = 5};
    cvn_deadlines_remove(deadlines, &never_added);
    assert_null(cvn_deadlines_first(deadlines));
}

static void test_first_when_added_in_any_order(void **state)
{
    struct cvn_deadlines *deadlines = *state;
    static struct cvn_deadline all[N];
    for (size_t i = 0; i < N; i++) {
        all[i] = (struct cvn_deadline){.at_ms = (int64_t)(i * 7919 % N)}; /* each of 0 … N-1 once */
        assert_int_equal(cvn_deadlines_add(deadlines, &all[i]), 0);
    }
    for (int64_t at_ms = 0; at_ms < N; at_ms++) {
        struct cvn_deadline *first = cvn_deadlines_first(deadlines);
        assert_int_equal(first->at_ms, at_ms);
        cvn_deadlines_remove(deadlines, first);
        assert_int_equal(first->place, 0);
    }
    assert_null(cvn_deadlines_first(deadlines));
}

static void test_first_when_several_are_due_at_once(void **state)
{
    struct cvn_deadlines *deadlines = *state;
    struct cvn_deadline a = {.at_ms = 9}, b = {.at_ms = 9}, past = {.at_ms = -1};
    assert_int_equal(cvn_deadlines_add(deadlines, &a), 0);
    assert_int_equal(cvn_deadlines_add(deadlines, &b), 0);
    assert_int_equal(cvn_deadlines_add(deadlines, &past), 0);
    assert_ptr_equal(cvn_deadlines_first(deadlines), &past);
    cvn_deadlines_remove(deadlines, &past);
    cvn_deadlines_remove(deadlines, &a);
    cvn_deadlines_remove(deadlines, &a); /* a second time is nothing */
    assert_ptr_equal(cvn_deadlines_first(deadlines), &b);
}

static int64_t soonest(const struct cvn_deadline *all)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < N; i++)
        if (all[i].place && all[i].at_ms < least)
            least = all[i].at_ms;
    return least;
}

/* Against a search through all, with removals from the middle. */
static void test_first_when_mixed(void **state)
{
    struct cvn_deadlines *deadlines = *state;
    static struct cvn_deadline all[N];
    uint32_t random = 2463534242;
    for (unsigned step = 0; step < N_STEPS; step++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        struct cvn_deadline *one = &all[random % N];
        if (one->place) {
            cvn_deadlines_remove(deadlines, one);
        } else {
            one->at_ms = (int64_t)(random >> 9) % 1000;
            assert_int_equal(cvn_deadlines_add(deadlines, one), 0);
        }
        const struct cvn_deadline *first = cvn_deadlines_first(deadlines);
        assert_true((first ? first->at_ms : INT64_MAX) == soonest(all));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_when_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_when_added_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_when_several_are_due_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_when_mixed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
