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
    struct cvn_match_explainer *explainer = people_explain(&cohort.problem, result);
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        struct cvn_match_facts facts;
        assert_int_equal(
            cvn_match_explain_pair(explainer, &pair->mentor_id, &pair->mentee_id, &facts), 0);
        assert_int_equal(facts.refused_by, CVN_MATCH_RULE_NONE);
        assert_int_equal(facts.mentee_score, pair->mentee_score);
        assert_int_equal(facts.mentor_score, pair->mentor_score);
        assert_memory_equal(facts.mentee_points, pair->mentee_points, sizeof pair->mentee_points);
        assert_memory_equal(facts.mentor_points, pair->mentor_points, sizeof pair->mentor_points);
        assert_true(facts.n_skills > 0 && facts.n_common_hours > 0);
    }
    cvn_match_explainer_free(explainer);
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
    struct cvn_match_explainer *explainer = people_explain(&people.problem, NULL);
    assert_int_equal(cvn_match_explain_pair(explainer, &first, &mentee, &facts), 0);
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
    assert_int_equal(cvn_match_explain_pair(explainer, &second, &mentee, &facts), 0);
    assert_int_equal(facts.refused_by, CVN_MATCH_RULE_SKILL);
    assert_int_equal(cvn_match_explain_pair(explainer, &nobody, &mentee, &facts),
                     CVN_MATCH_UNKNOWN);
    assert_int_equal(cvn_match_explain_pair(explainer, &first, &nobody, &facts), CVN_MATCH_UNKNOWN);
    cvn_match_explainer_free(explainer);
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
    struct cvn_match_explainer *explainer = people_explain(&people.problem, result);
    const struct cvn_match_explanation *explanation;
    const struct cvn_id *last = &people.mentees[2].person.id;
    assert_int_equal(cvn_match_explain_mentee(explainer, last, &arena, &explanation), 0);
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
    assert_int_equal(cvn_match_explain_mentee(explainer, first, &arena, &explanation), 0);
    assert_null(explanation->unmatched);
    assert_int_equal(explanation->pair->mentee_choice, 1);
    assert_int_equal(explanation->alternatives[0].outcome, CVN_MATCH_OUTCOME_PAIRED);
    assert_int_equal(explanation->alternatives[0].mentor_choice, 1);
    assert_int_equal(explanation->alternatives[1].outcome, CVN_MATCH_OUTCOME_NOT_NEEDED);
    struct cvn_id nobody = people_id(0x99);
    assert_int_equal(cvn_match_explain_mentee(explainer, &nobody, &arena, &explanation),
                     CVN_MATCH_UNKNOWN);
    CVN_ARENA_AUTO small;
    cvn_arena_init(&small, 16);
    assert_true(cvn_match_explain_mentee(explainer, first, &small, &explanation) < 0);
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
}

/* Whether the mentor of an edge prefers the mentee of another edge to the mentee of this one. */
static bool is_preferred(const struct cvn_match_answer *answer, uint64_t seed, size_t other,
                         uint16_t other_score, size_t mentee, int32_t score)
{
    uint64_t theirs = cvn_match_lottery(seed, &answer->mentee_ids[other]);
    uint64_t own = cvn_match_lottery(seed, &answer->mentee_ids[mentee]);
    return other_score > score || (other_score == score && theirs < own);
}

/* Counts rivals and holders of one alternative by looking at everybody. */
static void check_alternative(const struct cvn_match_answer *answer, uint64_t seed, size_t mentee,
                              const struct cvn_match_alternative *alternative)
{
    int32_t n_rivals = 0, n_better = 0, lowest = 0;
    size_t n_holders = 0;
    for (size_t i = 0; i < answer->n_mentees; i++)
        for (uint64_t edge = answer->first[i]; edge < answer->first[i + 1]; edge++) {
            const struct cvn_match_candidate *candidate = &answer->candidates[edge];
            if (i == mentee ||
                !cvn_id_equal(&answer->mentor_ids[candidate->mentor], &alternative->mentor_id))
                continue;
            n_rivals++;
            n_better += is_preferred(answer, seed, i, candidate->mentor_score, mentee,
                                     alternative->mentor_score);
        }
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        if (!cvn_id_equal(&pair->mentor_id, &alternative->mentor_id))
            continue;
        n_holders++;
        if (pair->mentee_choice > 0 && (lowest == 0 || pair->mentor_score < lowest))
            lowest = pair->mentor_score;
    }
    assert_int_equal(alternative->n_rivals, n_rivals);
    assert_int_equal(alternative->mentor_choice, n_better + 1);
    assert_int_equal(alternative->n_holders, n_holders);
    assert_int_equal(alternative->lowest_held, lowest);
}

static void test_rivals_and_holders_are_those_that_a_look_at_everybody_finds(void **state)
{
    struct cohort_shape shape = cohort_shape_of(300, 6);
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.mentors[0].capacity = 2;
    for (int i = 0; i < 2; i++)
        cohort.mentees[i].person.n_conflict_tags = cohort.mentees[i].person.excluded.n = 0;
    struct cvn_match_pair_ids locked = {cohort.mentors[0].person.id, cohort.mentees[0].person.id};
    cohort.problem.locked = &locked;
    cohort.problem.n_locked = 1;
    struct cvn_match_result *result = people_solve(&cohort.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    struct cvn_match_explainer *explainer = people_explain(&cohort.problem, result);
    size_t n = 0;
    for (size_t i = 0; i < answer->n_mentees; i++) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, 1 << 16);
        const struct cvn_match_explanation *why;
        assert_int_equal(cvn_match_explain_mentee(explainer, &answer->mentee_ids[i], &arena, &why),
                         0);
        for (size_t j = 0; j < why->n_alternatives; j++, n++)
            check_alternative(answer, cohort.problem.seed, i, &why->alternatives[j]);
    }
    assert_true(n > 500);
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
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
    struct cvn_match_explainer *explainer = people_explain(&cohort.problem, result);
    size_t n_compared = 0;
    for (size_t i = 0; i < answer->n_unmatched; i++) {
        const struct cvn_match_unmatched *unmatched = &answer->unmatched[i];
        if (unmatched->reason != CVN_MATCH_UNMATCHED_NO_CANDIDATE)
            continue;
        struct cvn_match_removed removed;
        assert_int_equal(cvn_match_explain_rules(explainer, &unmatched->mentee_id, &removed), 0);
        assert_int_equal(removed.n_allowed, 0);
        assert_memory_equal(removed.by, unmatched->removed, sizeof unmatched->removed);
        assert_memory_equal(removed.alone, unmatched->removed_alone,
                            sizeof unmatched->removed_alone);
        n_compared++;
    }
    assert_true(n_compared > 10);
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_of_every_pair_are_those_of_the_answer),
        cmocka_unit_test(test_facts_say_what_is_behind_the_points),
        cmocka_unit_test(test_mentee_hears_who_took_the_seats),
        cmocka_unit_test(test_rivals_and_holders_are_those_that_a_look_at_everybody_finds),
        cmocka_unit_test(test_both_ways_of_counting_rules_agree),
    };
    return cmocka_run_group_tests_name("matching explanations", tests, NULL, NULL);
}
