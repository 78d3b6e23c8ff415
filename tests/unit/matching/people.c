#include "tests/unit/matching/people.h"

#include "tests/support/cmocka_all.h"

struct cvn_id people_id(uint8_t n)
{
    struct cvn_id id = {{0}};
    id.bytes[CVN_ID_BYTES - 1] = n;
    return id;
}

static void make(struct cvn_match_person *person, uint8_t id, const struct cvn_match_skill *skill)
{
    *person = (struct cvn_match_person){
        .id = people_id(id),
        .skills = skill,
        .n_skills = 1,
        .goals = 1,
        .languages = {{1, 0}},
        .hours = {{0x3ff, 0, 0}},
    };
}

void people_init(struct people *people, size_t n_mentors, size_t n_mentees)
{
    *people = (struct people){0};
    for (size_t i = 0; i < n_mentors; i++) {
        people->offered[i] = (struct cvn_match_skill){0, 4, 0};
        make(&people->mentors[i].person, (uint8_t)(0x10 + i), &people->offered[i]);
        people->mentors[i].capacity = 1;
    }
    for (size_t i = 0; i < n_mentees; i++) {
        people->wanted[i] = (struct cvn_match_skill){0, 1, 2};
        make(&people->mentees[i].person, (uint8_t)(0x20 + i), &people->wanted[i]);
    }
    people->problem = (struct cvn_match_problem){
        .mentors = people->mentors,
        .n_mentors = n_mentors,
        .mentees = people->mentees,
        .n_mentees = n_mentees,
        .n_skills = 8,
        .rules = cvn_match_rules_default(),
        .mentee_weights = cvn_match_mentee_weights_default(),
        .mentor_weights = cvn_match_mentor_weights_default(),
        .candidates_per_mentee = CVN_MATCH_CANDIDATES_DEFAULT,
    };
}

struct cvn_match_result *people_solve(const struct cvn_match_problem *problem)
{
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_solve(problem, NULL, &result), 0);
    int r = cvn_match_check(problem, cvn_match_result_answer(result), CVN_MATCH_CHECK_ALL_PAIRS,
                            NULL, &err);
    if (r != 0)
        fail_msg("check: %d %s", r, err.text);
    return result;
}

struct cvn_match_explainer *people_explain(const struct cvn_match_problem *problem,
                                           const struct cvn_match_result *result)
{
    struct cvn_match_explainer *explainer = NULL;
    assert_int_equal(cvn_match_explainer_new(problem, result, &explainer), 0);
    return explainer;
}

enum cvn_match_rule people_decide(const struct people *people)
{
    return cvn_match_decide(&people->problem, &people->mentors[0], &people->mentees[0]);
}
