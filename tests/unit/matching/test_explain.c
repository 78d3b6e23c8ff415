#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <string.h>

static void test_facts_of_every_pair_are_those_of_the_answer(void **state)
{
    struct cohort_shape shape = cohort_shape_of(300, 21);
    struct cohort cohort;
    shape.n_skills = 30;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    struct cvn_match_result *result = people_solve(&cohort.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        struct cvn_match_facts facts;
        assert_int_equal(
            cvn_match_explain_pair(&cohort.problem, &pair->mentor_id, &pair->mentee_id, &facts), 0);
        assert_int_equal(facts.refused_by, CVN_MATCH_RULE_NONE);
        assert_int_equal(facts.mentee_score, pair->mentee_score);
        assert_int_equal(facts.mentor_score, pair->mentor_score);
        assert_memory_equal(facts.mentee_points, pair->mentee_points, sizeof pair->mentee_points);
        assert_memory_equal(facts.mentor_points, pair->mentor_points, sizeof pair->mentor_points);
        assert_true(facts.n_skills > 0 && facts.n_common_hours > 0);
    }
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

static void test_facts_say_what_is_behind_the_points(void **state)
{
    struct people people;
    people_init(&people, 2, 1);
    struct cvn_id first = people_id(0x10), mentee = people_id(0x20);
    struct cvn_id favourites[] = {people_id(0x77), people_id(0x10)};
    struct cvn_match_shared shared = {first, mentee, 250, 3};
    people.mentees[0].person.ranked = (struct cvn_match_ids){favourites, 2};
    people.mentees[0].waited_days = 90;
    people.mentors[0].person.hours.bits[0] = 0xf;
    people.offered[1].skill = 5;
    people.problem.shared = &shared;
    people.problem.n_shared = 1;
    struct cvn_match_facts facts;
    assert_int_equal(cvn_match_explain_pair(&people.problem, &first, &mentee, &facts), 0);
    assert_int_equal(facts.refused_by, CVN_MATCH_RULE_NONE);
    assert_int_equal(facts.n_common_hours, 4);
    assert_int_equal(facts.n_common_languages, 1);
    assert_int_equal(facts.goals, 1);
    assert_int_equal(facts.shared_groups, 3);
    assert_int_equal(facts.meetup_points, 250);
    assert_int_equal(facts.mentee_ranked, 2);
    assert_int_equal(facts.mentor_ranked, 0);
    assert_int_equal(facts.n_skills, 1);
    assert_int_equal(facts.skills[0].mentor_level, 4);
    assert_int_equal(facts.skills[0].n_mentors, 1);
    const int16_t expected[CVN_MATCH_TERMS] = {500, 150, 50, 25, 37, 25, 0, 0, 570};
    assert_memory_equal(facts.mentee_points, expected, sizeof expected);
    assert_int_equal(facts.mentor_points[CVN_MATCH_TERM_WAITING], 75);
    assert_int_equal(facts.mentor_points[CVN_MATCH_TERM_RANKING], 285);
    struct cvn_id second = people_id(0x11), nobody = people_id(0x99);
    assert_int_equal(cvn_match_explain_pair(&people.problem, &second, &mentee, &facts), 0);
    assert_int_equal(facts.refused_by, CVN_MATCH_RULE_SKILL);
    assert_int_equal(cvn_match_explain_pair(&people.problem, &nobody, &mentee, &facts),
                     CVN_MATCH_UNKNOWN);
    assert_int_equal(cvn_match_explain_pair(&people.problem, &first, &nobody, &facts),
                     CVN_MATCH_UNKNOWN);
}

/* All three want the first mentor, who likes those best who waited longest; the third gets nobody.
 */
static void test_mentee_hears_who_took_the_seats(void **state)
{
    struct people people;
    people_init(&people, 2, 3);
    people.mentors[0].person.goals = 3;
    for (int i = 0; i < 3; i++) {
        people.mentees[i].person.goals = 2;
        people.mentees[i].waited_days = 100 - 40 * i;
    }
    struct cvn_match_result *result = people_solve(&people.problem);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    const struct cvn_match_explanation *explanation;
    const struct cvn_id *last = &people.mentees[2].person.id;
    assert_int_equal(cvn_match_explain_mentee(&people.problem, result, last, &arena, &explanation),
                     0);
    assert_null(explanation->pair);
    assert_non_null(explanation->unmatched);
    assert_int_equal(explanation->n_alternatives, 2);
    for (int i = 0; i < 2; i++) {
        const struct cvn_match_alternative *alternative = &explanation->alternatives[i];
        assert_true(cvn_id_equal(&alternative->mentor_id, &people.mentors[i].person.id));
        assert_int_equal(alternative->outcome, CVN_MATCH_OUTCOME_TAKEN);
        assert_int_equal(alternative->mentee_choice, i + 1);
        assert_int_equal(alternative->mentor_choice, 3);
        assert_int_equal(alternative->n_rivals, 2);
        assert_int_equal(alternative->n_holders, 1);
        assert_true(cvn_id_equal(&alternative->holders[0], &people.mentees[i].person.id));
        assert_true(alternative->lowest_held > alternative->mentor_score);
    }
    const struct cvn_id *first = &people.mentees[0].person.id;
    assert_int_equal(cvn_match_explain_mentee(&people.problem, result, first, &arena, &explanation),
                     0);
    assert_null(explanation->unmatched);
    assert_int_equal(explanation->pair->mentee_choice, 1);
    assert_int_equal(explanation->alternatives[0].outcome, CVN_MATCH_OUTCOME_PAIRED);
    assert_int_equal(explanation->alternatives[0].mentor_choice, 1);
    assert_int_equal(explanation->alternatives[1].outcome, CVN_MATCH_OUTCOME_NOT_NEEDED);
    struct cvn_id nobody = people_id(0x99);
    assert_int_equal(
        cvn_match_explain_mentee(&people.problem, result, &nobody, &arena, &explanation),
        CVN_MATCH_UNKNOWN);
    CVN_ARENA_AUTO small;
    cvn_arena_init(&small, 16);
    assert_true(cvn_match_explain_mentee(&people.problem, result, first, &small, &explanation) < 0);
    cvn_match_result_free(result);
}

/* The solver counts with bits, the explanation pair by pair. */
static void test_both_ways_of_counting_rules_agree(void **state)
{
    struct cohort_shape shape = cohort_shape_of(400, 8);
    struct cohort cohort;
    shape.n_mentors = 5000; /* more than a block */
    shape.n_zones = 4;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.rules.min_common_hours = 9;
    for (size_t i = 0; i < shape.n_mentors; i++)
        cohort.mentors[i].person.languages.bits[0] &= 0x1f;
    struct cvn_match_result *result = NULL;
    assert_int_equal(cvn_match_solve(&cohort.problem, NULL, &result), 0);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    size_t n_compared = 0;
    for (size_t i = 0; i < answer->n_unmatched; i++) {
        const struct cvn_match_unmatched *unmatched = &answer->unmatched[i];
        if (unmatched->reason != CVN_MATCH_UNMATCHED_NO_CANDIDATE)
            continue;
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, 1 << 20);
        const struct cvn_match_explanation *explanation;
        assert_int_equal(cvn_match_explain_mentee(&cohort.problem, result, &unmatched->mentee_id,
                                                  &arena, &explanation),
                         0);
        assert_memory_equal(explanation->removed, unmatched->removed, sizeof unmatched->removed);
        assert_memory_equal(explanation->removed_alone, unmatched->removed_alone,
                            sizeof unmatched->removed_alone);
        n_compared++;
    }
    assert_true(n_compared > 10);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_of_every_pair_are_those_of_the_answer),
        cmocka_unit_test(test_facts_say_what_is_behind_the_points),
        cmocka_unit_test(test_mentee_hears_who_took_the_seats),
        cmocka_unit_test(test_both_ways_of_counting_rules_agree),
    };
    return cmocka_run_group_tests_name("matching explanations", tests, NULL, NULL);
}
