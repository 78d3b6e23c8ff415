/* That the search over several blocks of mentors leaves nobody out, whatever counts most. */
#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

enum { MENTEES = 8, MENTORS = 9000, ROUNDS = 6 }; /* three blocks */

/* Many goals, some terms that count nothing, and few places, so that most mentors fall short. */
static void make(struct cohort *cohort, uint64_t *random)
{
    struct cohort_shape shape = cohort_shape_of(MENTEES, cohort_random(random));
    shape.n_mentors = MENTORS;
    shape.n_skills = 1 + cohort_below(random, 60);
    shape.n_zones = 2;
    assert_int_equal(cohort_init(cohort, &shape), 0);
    for (size_t i = 0; i < MENTORS; i++)
        cohort->mentors[i].person.goals = (uint32_t)cohort_random(random);
    for (size_t i = 0; i < MENTEES; i++)
        cohort->mentees[i].person.goals =
            (uint32_t)(cohort_random(random) >> cohort_below(random, 65) % 64);
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        if (cohort_below(random, 3) == 0)
            cohort->problem.mentee_weights.points[t] =
                (int32_t)(cohort_below(random, 2) * CVN_MATCH_WEIGHT_MAX);
    cohort->problem.rules.require_skill = cohort_below(random, 2);
    cohort->problem.rules.require_level = cohort_below(random, 2);
    cohort->problem.rules.require_language = cohort_below(random, 2);
    cohort->problem.candidates_per_mentee = 1 + (int32_t)cohort_below(random, 40);
}

static void test_best_are_kept_of_several_blocks(void **state)
{
    uint64_t random = 77;
    for (int i = 0; i < ROUNDS; i++) {
        struct cohort cohort;
        make(&cohort, &random);
        struct cvn_match_result *result = people_solve(&cohort.problem);
        const struct cvn_match_stats *stats = &cvn_match_result_answer(result)->stats;
        assert_true(stats->n_scored >= stats->n_candidates);
        cvn_match_result_free(result);
        cohort_deinit(&cohort);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_are_kept_of_several_blocks),
    };
    return cmocka_run_group_tests_name("candidates", tests, NULL, NULL);
}
