#include "convene/matching.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

/* Two mentors of one seat each; mentee 1 can only have mentor 0, whom mentee 0 likes best. */
static const uint64_t first[] = {0, 2, 3};
static const struct convene_matching_edge edges[] = {{0, 30, 20}, {1, 1, 1}, {0, 10, 10}};
static const uint32_t seats[] = {1, 1};
static const struct convene_matching_instance instance = {2, 2, first, edges, seats, NULL};

static void expect(enum convene_matching_mode mode, uint64_t mentee_0, uint64_t mentee_1)
{
    struct convene_matching made;
    struct convene_matching_run run = {.mode = mode};
    if (convene_matching_solve(&made, &instance, &run) != CONVENE_MATCHING_DONE)
        fail_msg("%s", run.error);
    assert_true(made.proved);
    assert_int_equal(made.edge[0], mentee_0);
    assert_int_equal(made.edge[1], mentee_1);
    convene_matching_clear(&made);
    assert_null(made.edge);
}

static void test_solve_by_mode(void **state)
{
    expect(CONVENE_MATCHING_STABLE, 0, UINT64_MAX);
    expect(CONVENE_MATCHING_OPTIMAL, 0, UINT64_MAX);
    expect(CONVENE_MATCHING_MOST, 1, 2);
    expect(CONVENE_MATCHING_FAIR, 1, 2);
}

static void test_solve_figures_of_most(void **state)
{
    struct convene_matching made;
    struct convene_matching_run run = {.mode = CONVENE_MATCHING_MOST};
    assert_int_equal(convene_matching_solve(&made, &instance, &run), CONVENE_MATCHING_DONE);
    assert_int_equal(made.n_placed, 2);
    assert_int_equal(made.worth, 22);
    assert_int_equal(made.least, 2);
    assert_true(made.price[0] > 0);
    assert_true(made.price[1] >= 0);
    convene_matching_clear(&made);
}

static void test_solve_when_nobody_is_there(void **state)
{
    static const uint64_t nothing[] = {0};
    const struct convene_matching_instance empty = {0, 0, nothing, NULL, NULL, NULL};
    for (int mode = CONVENE_MATCHING_STABLE; mode <= CONVENE_MATCHING_FAIR; mode++) {
        struct convene_matching made;
        struct convene_matching_run run = {.mode = (enum convene_matching_mode)mode};
        assert_int_equal(convene_matching_solve(&made, &empty, &run), CONVENE_MATCHING_DONE);
        assert_int_equal(made.n_placed, 0);
        convene_matching_clear(&made);
    }
}

static void test_solve_when_an_edge_leads_nowhere(void **state)
{
    struct convene_matching_instance broken = instance;
    struct convene_matching made = {.n_placed = 77};
    struct convene_matching_run run = {.mode = CONVENE_MATCHING_OPTIMAL};
    broken.n_mentors = 1;
    assert_int_equal(convene_matching_solve(&made, &broken, &run), CONVENE_MATCHING_INVALID);
    assert_non_null(strstr(run.error, "mentor"));
    assert_int_equal(made.n_placed, 77);
}

static void test_solve_when_the_mode_is_none(void **state)
{
    struct convene_matching made;
    struct convene_matching_run run = {.mode = (enum convene_matching_mode)99};
    assert_int_equal(convene_matching_solve(&made, &instance, &run), CONVENE_MATCHING_INVALID);
}

static bool refuse(void *context, uint64_t done, uint64_t total)
{
    ++*(int *)context;
    return false;
}

static void test_solve_when_cancelled(void **state)
{
    for (int mode = CONVENE_MATCHING_STABLE; mode <= CONVENE_MATCHING_FAIR; mode++) {
        int n = 0;
        struct convene_matching made;
        struct convene_matching_run run = {
            .mode = (enum convene_matching_mode)mode, .progress = refuse, .context = &n};
        assert_int_equal(convene_matching_solve(&made, &instance, &run),
                         CONVENE_MATCHING_CANCELLED);
        assert_int_equal(n, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve_by_mode),
        cmocka_unit_test(test_solve_figures_of_most),
        cmocka_unit_test(test_solve_when_nobody_is_there),
        cmocka_unit_test(test_solve_when_an_edge_leads_nowhere),
        cmocka_unit_test(test_solve_when_the_mode_is_none),
        cmocka_unit_test(test_solve_when_cancelled),
    };
    convene_matching_clear(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
