#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

/*
 * What decide says of the first mentor and the first mentee must be what the solver does: paired,
 * or unmatched with the rule counted, also when counted by the explanation.
 */
static void assert_rule(const struct people *people, enum cvn_match_rule rule)
{
    assert_int_equal(people_decide(people), rule);
    struct cvn_match_result *result = people_solve(&people->problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    struct cvn_match_explainer *explainer = people_explain(&people->problem, NULL);
    struct cvn_match_removed removed;
    struct cvn_match_facts facts;
    const struct cvn_id *mentee = &people->mentees[0].person.id;
    assert_int_equal(cvn_match_explain_rules(explainer, mentee, &removed), 0);
    assert_int_equal(
        cvn_match_explain_pair(explainer, &people->mentors[0].person.id, mentee, &facts), 0);
    assert_int_equal(facts.refused_by, rule);
    assert_int_equal(removed.n_allowed, rule == CVN_MATCH_RULE_NONE);
    if (rule == CVN_MATCH_RULE_NONE) {
        assert_int_equal(answer->n_pairs, 1);
        assert_int_equal(answer->n_unmatched, 0);
    } else {
        assert_int_equal(answer->n_pairs, 0);
        assert_int_equal(answer->n_unmatched, 1);
        const struct cvn_match_unmatched *unmatched = &answer->unmatched[0];
        assert_int_equal(unmatched->reason, CVN_MATCH_UNMATCHED_NO_CANDIDATE);
        assert_int_equal(unmatched->rule, rule);
        assert_int_equal(unmatched->n_candidates, 0);
        assert_int_equal(unmatched->removed_alone[rule], 1);
        for (int r = 0; r < CVN_MATCH_RULES; r++) {
            assert_int_equal(unmatched->removed[r], r == (int)rule);
            assert_int_equal(unmatched->removed[r], removed.by[r]);
            assert_int_equal(unmatched->removed_alone[r], removed.alone[r]);
        }
    }
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
}

static void set_hours(struct cvn_match_hours *hours, int from, int n)
{
    *hours = (struct cvn_match_hours){{0}};
    for (int i = from; i < from + n; i++)
        hours->bits[i / 64] |= (uint64_t)1 << i % 64;
}

static void test_hours_decide_when_one_is_missing(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    for (int least = 1; least <= CVN_MATCH_MIN_HOURS_MAX; least++) {
        people.problem.rules.min_common_hours = least;
        set_hours(&people.mentors[0].person.hours, 50, 60);
        set_hours(&people.mentees[0].person.hours, 110 - least, 58);
        assert_rule(&people, CVN_MATCH_RULE_NONE);
        set_hours(&people.mentees[0].person.hours, 111 - least, 57);
        assert_rule(&people, CVN_MATCH_RULE_HOURS);
    }
}

static void test_hours_do_not_matter_when_none_are_needed(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.problem.rules.min_common_hours = 0;
    set_hours(&people.mentors[0].person.hours, 0, 0);
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_the_last_hour_of_the_week_counts(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    set_hours(&people.mentors[0].person.hours, 167, 1);
    set_hours(&people.mentees[0].person.hours, 160, 8);
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    set_hours(&people.mentees[0].person.hours, 0, 167);
    assert_rule(&people, CVN_MATCH_RULE_HOURS);
}

static void test_language_decides_when_required(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.mentors[0].person.languages = (struct cvn_match_languages){{0, (uint64_t)1 << 63}};
    assert_rule(&people, CVN_MATCH_RULE_LANGUAGE);
    people.mentees[0].person.languages = (struct cvn_match_languages){{1, (uint64_t)1 << 63}};
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    people.mentees[0].person.languages = (struct cvn_match_languages){{0}};
    people.problem.rules.require_language = false;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_skill_decides_when_required(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.wanted[0].skill = 7;
    assert_rule(&people, CVN_MATCH_RULE_SKILL);
    people.problem.rules.require_skill = false;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    people.mentees[0].person.n_skills = 0;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_level_decides_between_equal_and_one_above(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.offered[0].level = 3;
    people.wanted[0].level = 2;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    people.wanted[0].level = 3;
    assert_rule(&people, CVN_MATCH_RULE_LEVEL);
    people.problem.rules.require_level = false;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_one_skill_above_is_enough(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    struct cvn_match_skill offered[] = {{0, 2, 0}, {1, 5, 0}}, wanted[] = {{0, 5, 1}, {1, 4, 1}};
    people.mentors[0].person.skills = offered;
    people.mentees[0].person.skills = wanted;
    people.mentors[0].person.n_skills = people.mentees[0].person.n_skills = 2;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    wanted[1].level = 5;
    assert_rule(&people, CVN_MATCH_RULE_LEVEL);
}

static void test_conflict_when_one_tag_is_common(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    uint32_t a[] = {3, 4000000000u, 3}, b[] = {5, 4000000000u};
    people.mentors[0].person.conflict_tags = a;
    people.mentors[0].person.n_conflict_tags = 3;
    people.mentees[0].person.conflict_tags = b;
    people.mentees[0].person.n_conflict_tags = 2;
    assert_rule(&people, CVN_MATCH_RULE_CONFLICT);
    b[1] = 6;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_exclusion_holds_from_either_side(void **state)
{
    struct people people;
    struct cvn_id mentor = people_id(0x10), mentee = people_id(0x20), other = people_id(0x99);
    people_init(&people, 1, 1);
    people.mentees[0].person.excluded = (struct cvn_match_ids){&other, 1};
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    people.mentees[0].person.excluded = (struct cvn_match_ids){&mentor, 1};
    assert_rule(&people, CVN_MATCH_RULE_EXCLUDED);
    people.mentees[0].person.excluded.n = 0;
    people.mentors[0].person.excluded = (struct cvn_match_ids){&mentee, 1};
    assert_rule(&people, CVN_MATCH_RULE_EXCLUDED);
}

static void test_previous_pair_is_avoided_when_asked(void **state)
{
    struct people people;
    struct cvn_id mentor = people_id(0x10), mentee = people_id(0x20);
    people_init(&people, 1, 1);
    people.mentees[0].person.previous = (struct cvn_match_ids){&mentor, 1};
    assert_rule(&people, CVN_MATCH_RULE_PREVIOUS);
    people.mentees[0].person.previous.n = 0;
    people.mentors[0].person.previous = (struct cvn_match_ids){&mentee, 1};
    assert_rule(&people, CVN_MATCH_RULE_PREVIOUS);
    people.problem.rules.avoid_previous = false;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
}

static void test_nobody_is_paired_with_themselves(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.mentees[0].person.id = people.mentors[0].person.id;
    assert_rule(&people, CVN_MATCH_RULE_SELF);
}

static void test_forbidden_pair_is_not_made(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    struct cvn_match_pair_ids forbidden[] = {{people_id(0x10), people_id(0x98)},
                                             {people_id(0x10), people_id(0x20)}};
    people.problem.forbidden = forbidden;
    people.problem.n_forbidden = 1;
    assert_rule(&people, CVN_MATCH_RULE_NONE);
    people.problem.n_forbidden = 2;
    assert_rule(&people, CVN_MATCH_RULE_FORBIDDEN);
}

static void test_locked_pairs_take_the_seats(void **state)
{
    struct people people;
    people_init(&people, 1, 2);
    struct cvn_match_pair_ids locked = {people_id(0x10), people_id(0x21)};
    people.problem.locked = &locked;
    people.problem.n_locked = 1;
    assert_int_equal(people_decide(&people), CVN_MATCH_RULE_SEATS);
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_int_equal(answer->n_pairs, 1);
    assert_int_equal(answer->pairs[0].mentee_choice, 0);
    assert_true(cvn_id_equal(&answer->pairs[0].mentee_id, &locked.mentee_id));
    assert_int_equal(answer->unmatched[0].rule, CVN_MATCH_RULE_SEATS);
    cvn_match_result_free(result);

    people.mentors[0].capacity = 2;
    assert_int_equal(people_decide(&people), CVN_MATCH_RULE_NONE);
    result = people_solve(&people.problem);
    assert_int_equal(cvn_match_result_answer(result)->n_pairs, 2);
    cvn_match_result_free(result);
}

static void test_locked_pair_is_kept_against_the_programme(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    struct cvn_match_pair_ids locked = {people_id(0x10), people_id(0x20)};
    people.problem.locked = &locked;
    people.problem.n_locked = 1;
    people.mentors[0].person.hours = (struct cvn_match_hours){{0}};
    struct cvn_match_result *result = people_solve(&people.problem);
    assert_int_equal(cvn_match_result_answer(result)->n_pairs, 1);
    cvn_match_result_free(result);
}

static void test_every_rule_is_counted_when_several_remove(void **state)
{
    struct people people;
    people_init(&people, 3, 1);
    people.mentors[0].person.hours = (struct cvn_match_hours){{0}};
    people.mentors[1].person.hours = (struct cvn_match_hours){{0}};
    people.mentors[1].person.languages = (struct cvn_match_languages){{2, 0}};
    people.offered[2].level = 1;
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_unmatched *unmatched = cvn_match_result_answer(result)->unmatched;
    assert_int_equal(unmatched->rule, CVN_MATCH_RULE_HOURS);
    assert_int_equal(unmatched->removed[CVN_MATCH_RULE_HOURS], 2);
    assert_int_equal(unmatched->removed_alone[CVN_MATCH_RULE_HOURS], 1);
    assert_int_equal(unmatched->removed[CVN_MATCH_RULE_LANGUAGE], 1);
    assert_int_equal(unmatched->removed_alone[CVN_MATCH_RULE_LANGUAGE], 0);
    assert_int_equal(unmatched->removed_alone[CVN_MATCH_RULE_LEVEL], 1);
    cvn_match_result_free(result);
}

static void test_every_rule_has_a_name(void **state)
{
    for (int r = 0; r < CVN_MATCH_RULES; r++)
        assert_non_null(cvn_match_rule_name((enum cvn_match_rule)r));
    assert_string_equal(cvn_match_rule_name(CVN_MATCH_RULE_HOURS), "common hours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_decide_when_one_is_missing),
        cmocka_unit_test(test_hours_do_not_matter_when_none_are_needed),
        cmocka_unit_test(test_the_last_hour_of_the_week_counts),
        cmocka_unit_test(test_language_decides_when_required),
        cmocka_unit_test(test_skill_decides_when_required),
        cmocka_unit_test(test_level_decides_between_equal_and_one_above),
        cmocka_unit_test(test_one_skill_above_is_enough),
        cmocka_unit_test(test_conflict_when_one_tag_is_common),
        cmocka_unit_test(test_exclusion_holds_from_either_side),
        cmocka_unit_test(test_previous_pair_is_avoided_when_asked),
        cmocka_unit_test(test_nobody_is_paired_with_themselves),
        cmocka_unit_test(test_forbidden_pair_is_not_made),
        cmocka_unit_test(test_locked_pairs_take_the_seats),
        cmocka_unit_test(test_locked_pair_is_kept_against_the_programme),
        cmocka_unit_test(test_every_rule_is_counted_when_several_remove),
        cmocka_unit_test(test_every_rule_has_a_name),
    };
    return cmocka_run_group_tests_name("matching rules", tests, NULL, NULL);
}
