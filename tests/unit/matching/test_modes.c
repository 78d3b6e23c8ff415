/* The modes that look at total worth, over whole problems. */
#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <stdlib.h>
#include <string.h>

enum { COHORTS = 300, MENTEES_MOST = 12, MENTORS_MOST = 6 };

static const enum cvn_match_mode by_worth[] = {CVN_MATCH_OPTIMAL, CVN_MATCH_MOST, CVN_MATCH_FAIR};

static void make(struct cohort *cohort, uint64_t *state)
{
    struct cohort_shape shape = {
        .n_mentees = cohort_below(state, MENTEES_MOST + 1),
        .n_mentors = cohort_below(state, MENTORS_MOST + 1),
        .n_skills = 1 + cohort_below(state, 4),
        .n_zones = 1 + cohort_below(state, 2),
        .n_languages = 1 + cohort_below(state, 2),
        .n_teams = cohort_below(state, 2) * 8,
        .ranked = cohort_below(state, 300),
        .seed = cohort_random(state),
    };
    assert_int_equal(cohort_init(cohort, &shape), 0);
    cohort->problem.rules.require_level = cohort_below(state, 3) == 0;
    for (size_t i = 0; i < shape.n_mentors; i++)
        cohort->mentors[i].capacity = 1 + (int32_t)cohort_below(state, 3);
}

static int64_t worth_of(const struct cvn_match_result *result)
{
    const struct cvn_match_stats *stats = &cvn_match_result_answer(result)->stats;
    return stats->mentee_score + stats->mentor_score;
}

static int32_t least_of(const struct cvn_match_result *result)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    int32_t least = INT32_MAX;
    for (size_t i = 0; i < answer->n_pairs; i++) {
        int32_t worth = answer->pairs[i].mentee_score + answer->pairs[i].mentor_score;
        least = worth < least ? worth : least;
    }
    return least;
}

/* people_solve has each answer proved by the checker. */
static void test_each_mode_is_proved_and_best_at_its_own_aim(void **state)
{
    uint64_t random = 5;
    int n_unlike = 0;
    for (int round = 0; round < COHORTS; round++) {
        struct cohort cohort;
        struct cvn_match_result *results[CVN_MATCH_MODES];
        make(&cohort, &random);
        for (int mode = 0; mode < CVN_MATCH_MODES; mode++) {
            cohort.problem.mode = (enum cvn_match_mode)mode;
            results[mode] = people_solve(&cohort.problem);
        }
        int64_t most = cvn_match_result_answer(results[CVN_MATCH_MOST])->stats.n_matched;
        for (int mode = 0; mode < CVN_MATCH_MODES; mode++) {
            int64_t n = cvn_match_result_answer(results[mode])->stats.n_matched;
            assert_true(worth_of(results[mode]) <= worth_of(results[CVN_MATCH_OPTIMAL]));
            assert_true(n <= most);
            if (n == most) {
                assert_true(worth_of(results[mode]) <= worth_of(results[CVN_MATCH_MOST]));
                assert_true(least_of(results[mode]) <= least_of(results[CVN_MATCH_FAIR]));
            }
        }
        n_unlike += worth_of(results[CVN_MATCH_STABLE]) < worth_of(results[CVN_MATCH_OPTIMAL]);
        for (int mode = 0; mode < CVN_MATCH_MODES; mode++)
            cvn_match_result_free(results[mode]);
        cohort_deinit(&cohort);
    }
    assert_true(n_unlike > COHORTS / 10);
}

/* The total when a pair is settled beforehand, as far as one can do that. */
static bool settle(const struct cvn_match_problem *problem, struct cvn_match_pair_ids pair,
                   int64_t *ret_worth)
{
    struct cvn_match_problem settled = *problem;
    struct cvn_match_result *result;
    settled.locked = &pair;
    settled.n_locked = 1;
    if (cvn_match_solve(&settled, NULL, &result) != 0)
        return false;
    *ret_worth = worth_of(result);
    cvn_match_result_free(result);
    return true;
}

static int check_costs(const struct cvn_match_problem *problem,
                       const struct cvn_match_result *result, const struct cvn_id *mentee)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    const struct cvn_match_explanation *why;
    int n_costly = 0;
    struct cvn_match_explainer *explainer = people_explain(problem, result);
    assert_int_equal(cvn_match_explain_mentee(explainer, mentee, &arena, &why), 0);
    for (size_t i = 0; i < why->n_alternatives; i++) {
        const struct cvn_match_alternative *alternative = &why->alternatives[i];
        int64_t worth;
        bool own = why->pair && cvn_id_equal(&alternative->mentor_id, &why->pair->mentor_id);
        assert_int_equal(alternative->outcome,
                         own ? CVN_MATCH_OUTCOME_PAIRED : CVN_MATCH_OUTCOME_COSTS);
        assert_true(alternative->cost >= 0);
        if (!own &&
            settle(problem, (struct cvn_match_pair_ids){alternative->mentor_id, *mentee}, &worth))
            assert_true(worth <= worth_of(result) - alternative->cost);
        n_costly += alternative->cost > 0;
    }
    cvn_match_explainer_free(explainer);
    return n_costly;
}

static void test_cost_of_an_alternative_is_what_the_total_loses(void **state)
{
    uint64_t random = 11;
    int n_costly = 0;
    for (int round = 0; round < COHORTS / 4; round++) {
        struct cohort cohort;
        make(&cohort, &random);
        cohort.problem.mode = CVN_MATCH_OPTIMAL;
        struct cvn_match_result *result = people_solve(&cohort.problem);
        for (size_t i = 0; i < cohort.problem.n_mentees; i++)
            n_costly += check_costs(&cohort.problem, result, &cohort.mentees[i].person.id);
        cvn_match_result_free(result);
        cohort_deinit(&cohort);
    }
    assert_true(n_costly > COHORTS);
}

static void test_bytes_are_the_same_when_rows_are_in_another_order(void **state)
{
    struct cohort_shape shape = cohort_shape_of(800, 3);
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    for (size_t m = 0; m < sizeof by_worth / sizeof *by_worth; m++) {
        cohort.problem.mode = by_worth[m];
        struct cvn_match_result *one = people_solve(&cohort.problem);
        for (size_t i = 0; i < shape.n_mentees / 2; i++) {
            struct cvn_match_mentee swap = cohort.mentees[i];
            cohort.mentees[i] = cohort.mentees[shape.n_mentees - 1 - i];
            cohort.mentees[shape.n_mentees - 1 - i] = swap;
        }
        struct cvn_match_result *other = people_solve(&cohort.problem);
        const struct cvn_match_answer *a = cvn_match_result_answer(one);
        const struct cvn_match_answer *b = cvn_match_result_answer(other);
        assert_int_equal(a->n_pairs, b->n_pairs);
        assert_memory_equal(a->pairs, b->pairs, a->n_pairs * sizeof *a->pairs);
        assert_memory_equal(a->prices.price, b->prices.price, a->n_mentors * sizeof(int64_t));
        cvn_match_result_free(one);
        cvn_match_result_free(other);
    }
    cohort_deinit(&cohort);
}

static void test_locked_pairs_stay_and_take_their_seat(void **state)
{
    struct people people;
    people_init(&people, 2, 3);
    struct cvn_match_pair_ids locked = {people_id(0x10), people_id(0x22)};
    people.problem.locked = &locked;
    people.problem.n_locked = 1;
    for (size_t m = 0; m < sizeof by_worth / sizeof *by_worth; m++) {
        people.problem.mode = by_worth[m];
        struct cvn_match_result *result = people_solve(&people.problem);
        const struct cvn_match_answer *answer = cvn_match_result_answer(result);
        assert_int_equal(answer->stats.n_locked, 1);
        assert_int_equal(answer->n_pairs, 2);
        struct cvn_id last = people_id(0x22), first = people_id(0x10);
        assert_true(cvn_id_equal(&answer->pairs[1].mentee_id, &last));
        assert_true(cvn_id_equal(&answer->pairs[1].mentor_id, &first));
        cvn_match_result_free(result);
    }
}

static void test_checker_finds_an_answer_that_is_not_the_best(void **state)
{
    struct people people;
    people_init(&people, 2, 1);
    people.mentors[0].person.languages.bits[0] |= 2;
    people.mentees[0].person.languages.bits[0] |= 2;
    people.problem.mode = CVN_MATCH_OPTIMAL;
    struct cvn_match_result *result = people_solve(&people.problem);
    struct cvn_match_answer answer = *cvn_match_result_answer(result);
    assert_int_equal(answer.n_pairs, 1);
    int64_t high[] = {0, 7}; /* for a seat that nobody takes */
    struct cvn_error err = {""};
    answer.prices.price = high;
    assert_int_equal(
        cvn_match_check(&people.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "prove only"));
    answer.prices.price = NULL;
    assert_int_equal(
        cvn_match_check(&people.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "optimal"));
    answer = *cvn_match_result_answer(result);
    people.problem.mode = CVN_MATCH_MOST;
    assert_int_equal(
        cvn_match_check(&people.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "most placed"));
    cvn_match_result_free(result);
}

/* A floor that could be higher is no proof of a fair answer, however good its total. */
static void test_checker_finds_a_floor_that_is_too_low(void **state)
{
    uint64_t random = 3;
    int n_found = 0;
    for (int round = 0; round < COHORTS / 4; round++) {
        struct cohort cohort;
        struct cvn_error err = {""};
        make(&cohort, &random);
        cohort.problem.mode = CVN_MATCH_FAIR;
        struct cvn_match_result *fair = people_solve(&cohort.problem);
        cohort.problem.mode = CVN_MATCH_MOST;
        struct cvn_match_result *most = people_solve(&cohort.problem);
        struct cvn_match_answer answer = *cvn_match_result_answer(most);
        bool is_worse = answer.n_pairs > 0 && least_of(most) < least_of(fair);
        answer.prices.floor = 0;
        answer.prices.above = cvn_match_result_answer(fair)->prices.above;
        cohort.problem.mode = CVN_MATCH_FAIR;
        int r = cvn_match_check(&cohort.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err);
        if (is_worse) {
            assert_int_equal(r, CVN_MATCH_VIOLATION);
            assert_non_null(strstr(err.text, "not proved that this could not be more"));
            n_found++;
        }
        cvn_match_result_free(fair);
        cvn_match_result_free(most);
        cohort_deinit(&cohort);
    }
    assert_true(n_found > 5);
}

/* Tells nothing; asserts that what is told can be. */
static bool hear(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    size_t *n_calls = context;
    assert_true(done <= total);
    ++*n_calls;
    return true;
}

/* Large enough for prices to be mended after the bidding, by which some are done with twice. */
static void test_progress_stays_within_its_total(void **state)
{
    struct cohort_shape shape = cohort_shape_of(12000, 8);
    struct cohort cohort;
    struct cvn_match_result *result = NULL;
    size_t n_calls = 0;
    struct cvn_match_progress progress = {hear, &n_calls};
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.mode = CVN_MATCH_OPTIMAL;
    cohort.problem.n_threads = 2;
    assert_int_equal(cvn_match_solve(&cohort.problem, &progress, &result), 0);
    assert_true(n_calls > 20);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mode_is_proved_and_best_at_its_own_aim),
        cmocka_unit_test(test_cost_of_an_alternative_is_what_the_total_loses),
        cmocka_unit_test(test_bytes_are_the_same_when_rows_are_in_another_order),
        cmocka_unit_test(test_locked_pairs_stay_and_take_their_seat),
        cmocka_unit_test(test_checker_finds_an_answer_that_is_not_the_best),
        cmocka_unit_test(test_checker_finds_a_floor_that_is_too_low),
        cmocka_unit_test(test_progress_stays_within_its_total),
    };
    return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}
