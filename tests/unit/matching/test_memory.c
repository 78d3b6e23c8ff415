/* Linked with --wrap for the allocators, so that each allocation can be made to fail in turn. */
#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

static int allocations_left = INT_MAX;

static bool is_refused(void)
{
    return allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

static int set_up(void **state)
{
    static struct cohort cohort;
    static struct cvn_match_pair_ids locked;
    struct cohort_shape shape = cohort_shape_of(200, 4);
    if (cohort_init(&cohort, &shape) != 0)
        return 1;
    for (int i = 0; i < 2; i++)
        cohort.mentees[i].person.n_conflict_tags = cohort.mentees[i].person.excluded.n = 0;
    locked = (struct cvn_match_pair_ids){cohort.mentors[0].person.id, cohort.mentees[0].person.id};
    cohort.problem.locked = &locked;
    cohort.problem.n_locked = 1;
    *state = &cohort;
    return 0;
}

static int tear_down(void **state)
{
    cohort_deinit(*state);
    return 0;
}

/* Solves with each allocation failing in turn, until enough succeed. */
static void fail_each_allocation(const struct cohort *cohort)
{
    struct cvn_match_result *untouched = (void *)(uintptr_t)cohort, *result = untouched;
    int r = -ENOMEM, n = 0;
    for (; r == -ENOMEM; n++) {
        assert_ptr_equal(result, untouched);
        allocations_left = n;
        r = cvn_match_solve(&cohort->problem, NULL, &result);
        allocations_left = INT_MAX;
    }
    assert_int_equal(r, 0);
    assert_true(n > 30);
    cvn_match_result_free(result);
}

static void test_solve_gives_up_cleanly_when_any_allocation_fails(void **state)
{
    struct cohort *cohort = *state;
    fail_each_allocation(cohort);
    int32_t n_candidates = cohort->problem.candidates_per_mentee;
    cohort->problem.candidates_per_mentee = 1; /* so that there is much to add */
    cohort->problem.all_pairs = true;
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        cohort->problem.mode = (enum cvn_match_mode)m;
        fail_each_allocation(cohort);
    }
    cohort->problem.candidates_per_mentee = n_candidates;
    cohort->problem.all_pairs = false;
    cohort->problem.mode = CVN_MATCH_STABLE;
}

static void test_check_gives_up_cleanly_when_any_allocation_fails(void **state)
{
    struct cohort *cohort = *state;
    struct cvn_match_result *result = people_solve(&cohort->problem);
    int r = -ENOMEM, n = 0;
    for (; r == -ENOMEM; n++) {
        allocations_left = n;
        r = cvn_match_check(&cohort->problem, cvn_match_result_answer(result),
                            CVN_MATCH_CHECK_CANDIDATES, NULL, NULL);
        allocations_left = INT_MAX;
    }
    assert_int_equal(r, 0);
    assert_true(n > 10);
    cvn_match_result_free(result);
}

static void test_explanation_gives_up_cleanly_when_any_allocation_fails(void **state)
{
    struct cohort *cohort = *state;
    struct cvn_match_result *result = people_solve(&cohort->problem);
    struct cvn_match_explainer *explainer = NULL;
    int r = -ENOMEM, n = 0;
    for (; r == -ENOMEM; n++) {
        assert_null(explainer);
        allocations_left = n;
        r = cvn_match_explainer_new(&cohort->problem, result, &explainer);
        allocations_left = INT_MAX;
    }
    assert_int_equal(r, 0);
    assert_true(n > 12);
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve_gives_up_cleanly_when_any_allocation_fails),
        cmocka_unit_test(test_check_gives_up_cleanly_when_any_allocation_fails),
        cmocka_unit_test(test_explanation_gives_up_cleanly_when_any_allocation_fails),
    };
    return cmocka_run_group_tests_name("matching without memory", tests, set_up, tear_down);
}
