/* That the gap over all pairs is what the prices say when every pair is written out. */
#include "bench/cohort.h"
#include "matching/prepared.h"
#include "tests/support/cmocka_all.h"

enum { MENTEES = 60, MENTORS = 30, ROUNDS = 40 };

struct solved {
    struct cvn_match_prepared *prepared;
    struct cvn_match_result *result;
    const struct cvn_match_answer *answer;
    struct cvn_match_gap gap;
};

static void solve(struct cohort *cohort, int32_t n_candidates, struct solved *ret)
{
    cohort->problem.candidates_per_mentee = n_candidates;
    assert_int_equal(cvn_match_prepared_new(&cohort->problem, NULL, &ret->prepared), 0);
    assert_int_equal(cvn_match_prepared_solve(ret->prepared, CVN_MATCH_OPTIMAL, NULL, &ret->result),
                     0);
    ret->answer = cvn_match_result_answer(ret->result);
    assert_int_equal(cvn_match_prepared_find_gap(ret->prepared, ret->result, NULL, &ret->gap), 0);
}

static void solved_free(struct solved *solved)
{
    cvn_match_result_free(solved->result);
    cvn_match_prepared_free(solved->prepared);
}

static int64_t seats_of(const struct cohort *cohort, const struct cvn_id *mentor_id)
{
    int64_t n = 0;
    for (size_t j = 0; j < MENTORS; j++)
        if (cvn_id_equal(&cohort->mentors[j].person.id, mentor_id))
            n += cohort->mentors[j].capacity;
    for (size_t i = 0; i < cohort->problem.n_locked; i++)
        n -= cvn_id_equal(&cohort->problem.locked[i].mentor_id, mentor_id);
    return n;
}

/* The bound from the prices of few candidates and a list of all pairs. */
static int64_t write_out(const struct cohort *cohort, const struct cvn_match_answer *few,
                         const struct cvn_match_answer *all)
{
    int64_t price[MENTORS] = {0}, bound = 0;
    for (uint64_t e = 0; e < few->first[MENTEES]; e++)
        price[few->candidates[e].mentor]++;
    for (size_t j = 0; j < MENTORS; j++) {
        int64_t seats = seats_of(cohort, &few->mentor_ids[j]);
        price[j] = price[j] < seats ? 0 : few->prices.price[j];
        bound += price[j] * seats;
    }
    for (size_t i = 0; i < MENTEES; i++) {
        int64_t most = 0;
        for (uint64_t e = all->first[i]; e < all->first[i + 1]; e++) {
            const struct cvn_match_candidate *edge = &all->candidates[e];
            int64_t gain = edge->mentee_score + edge->mentor_score - price[edge->mentor];
            most = gain > most ? gain : most;
        }
        bound += most;
    }
    return bound;
}

static void test_gap_is_that_of_all_pairs(void **state)
{
    uint64_t random = 5;
    int n_gaps = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct cohort_shape shape = cohort_shape_of(MENTEES, cohort_random(&random));
        struct cohort cohort;
        struct solved few, all;
        shape.n_mentors = MENTORS;
        shape.n_skills = 12;
        shape.n_zones = 2;
        shape.shared = 400;
        assert_int_equal(cohort_init(&cohort, &shape), 0);
        cohort.problem.n_threads = 1 + i % 3;
        solve(&cohort, CVN_MATCH_CANDIDATES_MAX, &all);
        struct cvn_match_pair_ids locked = {all.answer->pairs[0].mentor_id,
                                            all.answer->pairs[0].mentee_id};
        if (i % 2) {
            solved_free(&all);
            cohort.problem.locked = &locked;
            cohort.problem.n_locked = 1;
            solve(&cohort, CVN_MATCH_CANDIDATES_MAX, &all);
        }
        assert_int_equal(all.gap.bound, all.gap.worth);
        assert_int_equal(all.gap.n_tempted, 0);
        solve(&cohort, 1 + i % 8, &few);
        assert_int_equal(few.gap.bound, write_out(&cohort, few.answer, all.answer));
        assert_true(few.gap.worth <= all.gap.worth && all.gap.worth <= few.gap.bound);
        assert_true((few.gap.n_tempted > 0) == (few.gap.bound > few.gap.worth));
        n_gaps += few.gap.bound > few.gap.worth;
        solved_free(&few);
        solved_free(&all);
        cohort_deinit(&cohort);
    }
    assert_true(n_gaps > 5); /* the trials mean something */
}

static void test_gap_needs_the_prices_of_worth_alone(void **state)
{
    struct cohort_shape shape = cohort_shape_of(MENTEES, 1);
    struct cohort cohort;
    struct cvn_match_prepared *prepared;
    struct cvn_match_gap gap;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    assert_int_equal(cvn_match_prepared_new(&cohort.problem, NULL, &prepared), 0);
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        struct cvn_match_result *result;
        assert_int_equal(cvn_match_prepared_solve(prepared, (enum cvn_match_mode)m, NULL, &result),
                         0);
        assert_int_equal(cvn_match_prepared_find_gap(prepared, result, NULL, &gap),
                         m == CVN_MATCH_OPTIMAL ? 0 : CVN_MATCH_INVALID);
        cvn_match_result_free(result);
    }
    cvn_match_prepared_free(prepared);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap_is_that_of_all_pairs),
        cmocka_unit_test(test_gap_needs_the_prices_of_worth_alone),
    };
    return cmocka_run_group_tests_name("gap over all pairs", tests, NULL, NULL);
}
