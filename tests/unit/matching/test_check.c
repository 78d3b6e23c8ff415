#include "bench/cohort.h"
#include "matching/prepared.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 400, EDGES_MAX = 20000 };

/* An answer that may be spoilt. */
struct plant {
    struct cohort cohort;
    struct cvn_match_result *result;
    struct cvn_match_answer answer;
    struct cvn_match_pair pairs[PAIRS_MAX];
    struct cvn_match_unmatched unmatched[PAIRS_MAX];
    struct cvn_match_candidate candidates[EDGES_MAX];
};

static void copy(struct plant *plant)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(plant->result);
    size_t n_edges = answer->first[answer->n_mentees];
    assert_true(answer->n_pairs < PAIRS_MAX && answer->n_unmatched < PAIRS_MAX);
    assert_true(n_edges < EDGES_MAX);
    plant->answer = *answer;
    memcpy(plant->pairs, answer->pairs, answer->n_pairs * sizeof *plant->pairs);
    memcpy(plant->unmatched, answer->unmatched, answer->n_unmatched * sizeof *plant->unmatched);
    memcpy(plant->candidates, answer->candidates, n_edges * sizeof *plant->candidates);
    plant->answer.pairs = plant->pairs;
    plant->answer.unmatched = plant->unmatched;
    plant->answer.candidates = plant->candidates;
}

static int set_up(void **state)
{
    static struct plant plant;
    struct cohort_shape shape = cohort_shape_of(200, 11);
    shape.n_skills = 20;
    shape.n_zones = 6;
    if (cohort_init(&plant.cohort, &shape) != 0 ||
        cvn_match_solve(&plant.cohort.problem, NULL, &plant.result) != 0)
        return 1;
    *state = &plant;
    return 0;
}

static int tear_down(void **state)
{
    struct plant *plant = *state;
    cvn_match_result_free(plant->result);
    cohort_deinit(&plant->cohort);
    return 0;
}

static void assert_fault(const struct plant *plant, const char *part)
{
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_check(&plant->cohort.problem, &plant->answer,
                                     CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
                     CVN_MATCH_VIOLATION);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_answer_passes_when_nothing_is_spoilt(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    assert_int_equal(cvn_match_check(&plant->cohort.problem, &plant->answer,
                                     CVN_MATCH_CHECK_ALL_PAIRS, NULL, NULL),
                     0);
    assert_true(plant->answer.n_pairs > 20 && plant->answer.n_unmatched > 5);
}

/* A second mode of one prepared problem: all but its candidates, which a check has passed. */
static void test_pairs_alone_are_checked_of_a_second_mode(void **state)
{
    struct plant *plant = *state;
    struct cvn_match_problem problem = plant->cohort.problem;
    struct cvn_match_prepared *prepared = NULL;
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_prepared_new(&problem, NULL, &prepared), 0);
    assert_int_equal(cvn_match_prepared_solve(prepared, CVN_MATCH_OPTIMAL, NULL, &result), 0);
    problem.mode = CVN_MATCH_OPTIMAL;
    struct cvn_match_answer answer = *cvn_match_result_answer(result);
    assert_int_equal(cvn_match_check(&problem, &answer, CVN_MATCH_CHECK_PAIRS, NULL, &err), 0);
    struct cvn_match_pair *pairs = malloc(answer.n_pairs * sizeof *pairs);
    assert_non_null(pairs);
    memcpy(pairs, answer.pairs, answer.n_pairs * sizeof *pairs);
    answer.pairs = pairs;
    pairs[0].mentor_points[0]++;
    assert_int_equal(cvn_match_check(&problem, &answer, CVN_MATCH_CHECK_PAIRS, NULL, &err),
                     CVN_MATCH_VIOLATION);
    free(pairs);
    cvn_match_result_free(result);
    cvn_match_prepared_free(prepared);
    /* A stable one is gone through all the same. */
    copy(plant);
    plant->candidates[0].mentee_score++;
    assert_int_equal(
        cvn_match_check(&plant->cohort.problem, &plant->answer, CVN_MATCH_CHECK_PAIRS, NULL, &err),
        CVN_MATCH_VIOLATION);
}

static void test_mentor_over_capacity_is_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    struct cvn_match_mentor *mentors = plant->cohort.mentors;
    for (size_t i = 0; i < plant->cohort.problem.n_mentors; i++) {
        int32_t n = 0, before = mentors[i].capacity;
        for (size_t p = 0; p < plant->answer.n_pairs; p++)
            n += cvn_id_equal(&plant->pairs[p].mentor_id, &mentors[i].person.id);
        if (n < 2)
            continue;
        mentors[i].capacity = n - 1;
        assert_fault(plant, "has more mentees than the capacity");
        mentors[i].capacity = before;
        return;
    }
    fail_msg("no mentor has two mentees");
}

static void test_excluded_pair_is_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    for (size_t i = 0; i < plant->cohort.problem.n_mentees; i++) {
        struct cvn_match_person *person = &plant->cohort.mentees[i].person;
        if (!cvn_id_equal(&person->id, &plant->pairs[0].mentee_id))
            continue;
        struct cvn_match_ids before = person->excluded;
        person->excluded = (struct cvn_match_ids){&plant->pairs[0].mentor_id, 1};
        assert_fault(plant, "(exclusion)");
        person->excluded = before;
    }
}

static void test_pair_without_common_hours_is_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    plant->cohort.problem.rules.min_common_hours = 30;
    assert_fault(plant, "(common hours)");
    plant->cohort.problem.rules.min_common_hours = 1;
}

/* A mentee given up for nothing: the mentor's seat is free and both would like it. */
static void test_blocking_pair_is_found_when_a_seat_stays_free(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    struct cvn_match_unmatched dropped = {.mentee_id = plant->pairs[0].mentee_id,
                                          .reason = CVN_MATCH_UNMATCHED_ALL_TAKEN};
    memmove(plant->pairs, plant->pairs + 1, --plant->answer.n_pairs * sizeof *plant->pairs);
    size_t at = 0;
    while (at < plant->answer.n_unmatched &&
           memcmp(&plant->unmatched[at].mentee_id, &dropped.mentee_id, CVN_ID_BYTES) < 0)
        at++;
    memmove(plant->unmatched + at + 1, plant->unmatched + at,
            (plant->answer.n_unmatched - at) * sizeof *plant->unmatched);
    plant->unmatched[at] = dropped;
    plant->answer.n_unmatched++;
    assert_fault(plant, "a free seat");
}

/* The mentee who was refused gets the seat of one whom the mentor likes better. */
static void test_blocking_pair_is_found_when_the_wrong_one_was_taken(void **state)
{
    struct people people;
    people_init(&people, 1, 2);
    people.mentees[1].waited_days = 100;
    struct cvn_match_result *result = people_solve(&people.problem);
    struct cvn_match_answer answer = *cvn_match_result_answer(result);
    assert_int_equal(answer.n_pairs, 1);
    assert_true(cvn_id_equal(&answer.pairs[0].mentee_id, &people.mentees[1].person.id));
    struct cvn_match_pair pair = answer.pairs[0];
    struct cvn_match_unmatched unmatched = answer.unmatched[0];
    struct cvn_match_facts facts;
    unmatched.mentee_id = pair.mentee_id;
    pair.mentee_id = people.mentees[0].person.id;
    struct cvn_match_explainer *explainer = people_explain(&people.problem, NULL);
    assert_int_equal(cvn_match_explain_pair(explainer, &pair.mentor_id, &pair.mentee_id, &facts),
                     0);
    cvn_match_explainer_free(explainer);
    pair.mentor_score = facts.mentor_score;
    memcpy(pair.mentor_points, facts.mentor_points, sizeof pair.mentor_points);
    answer.pairs = &pair;
    answer.unmatched = &unmatched;
    struct cvn_error err = {""};
    assert_int_equal(
        cvn_match_check(&people.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "somebody liked less"));
    cvn_match_result_free(result);
}

static void test_wrong_points_are_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    plant->pairs[3].mentor_points[CVN_MATCH_TERM_GOALS]++;
    assert_fault(plant, "points for goals");
    copy(plant);
    plant->pairs[3].mentee_score--;
    assert_fault(plant, "not the sum");
}

static void test_mentee_in_two_places_is_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    plant->pairs[1] = plant->pairs[0];
    assert_fault(plant, "paired twice");
    copy(plant);
    plant->unmatched[1] = plant->unmatched[0];
    assert_fault(plant, "not once each");
    copy(plant);
    plant->answer.n_pairs--;
    assert_fault(plant, "do not make");
    copy(plant);
    plant->pairs[0].mentee_id = people_id(1);
    assert_fault(plant, "is not in the problem");
}

static void test_wrong_candidates_are_found(void **state)
{
    struct plant *plant = *state;
    copy(plant);
    size_t mentee = 0;
    while (plant->answer.first[mentee + 1] - plant->answer.first[mentee] < 2)
        mentee++;
    struct cvn_match_candidate *edge = &plant->candidates[plant->answer.first[mentee]];
    edge->mentor_score++;
    assert_fault(plant, "has other scores");
    copy(plant);
    struct cvn_match_candidate first = edge[0];
    edge[0] = edge[1];
    edge[1] = first;
    assert_int_equal(cvn_match_check(&plant->cohort.problem, &plant->answer,
                                     CVN_MATCH_CHECK_CANDIDATES, NULL, NULL),
                     CVN_MATCH_VIOLATION);
    copy(plant);
    edge->mentor = (uint32_t)plant->answer.n_mentors;
    assert_int_equal(cvn_match_check(&plant->cohort.problem, &plant->answer,
                                     CVN_MATCH_CHECK_CANDIDATES, NULL, NULL),
                     CVN_MATCH_VIOLATION);
}

static void test_blocking_pair_beyond_the_candidates_is_found_over_all_pairs(void **state)
{
    struct people people;
    people_init(&people, 2, 2);
    people.problem.candidates_per_mentee = 1;
    people.mentors[0].person.goals = 3;
    people.mentees[0].person.goals = people.mentees[1].person.goals = 2;
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_solve(&people.problem, NULL, &result), 0);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_int_equal(answer->n_pairs, 1);
    assert_int_equal(
        cvn_match_check(&people.problem, answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err), 0);
    assert_int_equal(
        cvn_match_check(&people.problem, answer, CVN_MATCH_CHECK_ALL_PAIRS, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "block"));
    cvn_match_result_free(result);
}

static void test_left_out_candidate_is_found_over_all_pairs(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.problem.rules.min_common_hours = 11;
    struct cvn_match_result *result = people_solve(&people.problem);
    people.problem.rules.min_common_hours = 10;
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_check(&people.problem, cvn_match_result_answer(result),
                                     CVN_MATCH_CHECK_ALL_PAIRS, NULL, &err),
                     CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "left out"));
    cvn_match_result_free(result);
}

static void test_lock_not_kept_is_found(void **state)
{
    struct people people;
    people_init(&people, 2, 1);
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    bool first = cvn_id_equal(&answer->pairs[0].mentor_id, &people.mentors[0].person.id);
    struct cvn_match_pair_ids locked = {people.mentors[first].person.id,
                                        people.mentees[0].person.id};
    people.problem.locked = &locked;
    people.problem.n_locked = 1;
    struct cvn_error err = {""};
    assert_int_equal(
        cvn_match_check(&people.problem, answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_VIOLATION);
    assert_non_null(strstr(err.text, "is locked with"));
    cvn_match_result_free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_passes_when_nothing_is_spoilt),
        cmocka_unit_test(test_pairs_alone_are_checked_of_a_second_mode),
        cmocka_unit_test(test_mentor_over_capacity_is_found),
        cmocka_unit_test(test_excluded_pair_is_found),
        cmocka_unit_test(test_pair_without_common_hours_is_found),
        cmocka_unit_test(test_blocking_pair_is_found_when_a_seat_stays_free),
        cmocka_unit_test(test_blocking_pair_is_found_when_the_wrong_one_was_taken),
        cmocka_unit_test(test_wrong_points_are_found),
        cmocka_unit_test(test_mentee_in_two_places_is_found),
        cmocka_unit_test(test_wrong_candidates_are_found),
        cmocka_unit_test(test_blocking_pair_beyond_the_candidates_is_found_over_all_pairs),
        cmocka_unit_test(test_left_out_candidate_is_found_over_all_pairs),
        cmocka_unit_test(test_lock_not_kept_is_found),
    };
    return cmocka_run_group_tests_name("matching check", tests, set_up, tear_down);
}
