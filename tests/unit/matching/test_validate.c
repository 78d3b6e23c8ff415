#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <string.h>

static void assert_valid(const struct people *people)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    int r = cvn_match_validate(&people->problem, &problems);
    if (r != 0)
        fail_msg("%s", cvn_problems_sentence(&problems));
}

/* Exactly one problem, with that field; solve and check refuse too. */
static void assert_problem(const struct people *people, const char *field, const char *part)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    struct cvn_match_result *result = NULL;
    struct cvn_match_answer answer = {0};
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_validate(&people->problem, &problems), CVN_MATCH_INVALID);
    assert_int_equal(problems.total, 1);
    assert_string_equal(problems.items[0].field, field);
    if (!strstr(problems.items[0].text, part))
        fail_msg("\"%s\" does not say \"%s\"", problems.items[0].text, part);
    assert_int_equal(cvn_match_solve(&people->problem, NULL, &result), CVN_MATCH_INVALID);
    assert_null(result);
    assert_int_equal(
        cvn_match_check(&people->problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
        CVN_MATCH_INVALID);
    assert_non_null(strstr(err.text, field));
}

static void test_capacity_is_refused_outside_its_limits(void **state)
{
    struct people people;
    people_init(&people, 3, 1);
    people.mentors[2].capacity = 0;
    assert_problem(&people, "mentors[2].capacity", "must be from 1 to 20");
    people.mentors[2].capacity = 2000000000;
    assert_problem(&people, "mentors[2].capacity", "is 2000000000");
    people.mentors[2].capacity = CVN_MATCH_CAPACITY_MAX + 1;
    assert_problem(&people, "mentors[2].capacity", "is 21");
    people.mentors[2].capacity = CVN_MATCH_CAPACITY_MAX;
    assert_valid(&people);
}

static void test_skills_are_refused_outside_their_limits(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.offered[0].level = 6;
    assert_problem(&people, "mentors[0].skills[0].level", "must be from 1 to 5");
    people.offered[0].level = 0;
    assert_problem(&people, "mentors[0].skills[0].level", "is 0");
    people.offered[0].level = 5;
    people.wanted[0].level = 6;
    assert_problem(&people, "mentees[0].skills[0].level", "must be from 0 to 5");
    people.wanted[0].level = 0;
    people.wanted[0].priority = 4;
    assert_problem(&people, "mentees[0].skills[0].priority", "must be from 1 to 3");
    people.wanted[0].priority = 3;
    people.wanted[0].skill = 8;
    assert_problem(&people, "mentees[0].skills[0].skill", "below n_skills");
    people.wanted[0].skill = 7;
    assert_valid(&people);
    struct cvn_match_skill doubled[] = {{1, 1, 1}, {2, 1, 1}, {1, 2, 1}};
    people.mentees[0].person.skills = doubled;
    people.mentees[0].person.n_skills = 3;
    assert_problem(&people, "mentees[0].skills[2].skill", "once");
}

static void test_lists_are_refused_one_over_their_limits(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    static struct cvn_id ids[CVN_MATCH_EXCLUDED_MAX + 1];
    static uint32_t tags[CVN_MATCH_CONFLICT_TAGS_MAX + 1];
    static struct cvn_match_skill skills[CVN_MATCH_SKILLS_MAX + 1];
    for (uint32_t i = 0; i <= CVN_MATCH_SKILLS_MAX; i++)
        skills[i] = (struct cvn_match_skill){i, 1, 1};
    people.problem.n_skills = 100;
    struct cvn_match_person *person = &people.mentees[0].person;
    person->excluded = (struct cvn_match_ids){ids, CVN_MATCH_EXCLUDED_MAX};
    person->previous = (struct cvn_match_ids){ids, CVN_MATCH_PREVIOUS_MAX};
    person->ranked = (struct cvn_match_ids){ids, CVN_MATCH_RANKED_MAX};
    person->conflict_tags = tags;
    person->n_conflict_tags = CVN_MATCH_CONFLICT_TAGS_MAX;
    person->skills = skills;
    person->n_skills = CVN_MATCH_SKILLS_MAX;
    assert_valid(&people);
    person->excluded.n++;
    assert_problem(&people, "mentees[0].excluded", "has 101 entries and may have at most 100");
    person->excluded.n--;
    person->previous.n++;
    assert_problem(&people, "mentees[0].previous", "at most 100");
    person->previous.n--;
    person->ranked.n++;
    assert_problem(&people, "mentees[0].ranked", "at most 20");
    person->ranked.n--;
    person->n_conflict_tags++;
    assert_problem(&people, "mentees[0].conflict_tags", "at most 20");
    person->n_conflict_tags--;
    person->n_skills = 1000000;
    assert_problem(&people, "mentees[0].skills", "has 1000000 entries and may have at most 30");
}

/* What is too large is refused before anything of it is read. */
static void test_sizes_are_refused_unread(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.problem.n_mentors = (size_t)CVN_MATCH_MENTORS_MAX + 1;
    assert_problem(&people, "mentors", "at most 1048576");
    people.problem.n_mentors = 1;
    people.problem.n_mentees = SIZE_MAX;
    assert_problem(&people, "mentees", "at most 1048576");
    people.problem.n_mentees = 1;
    people.problem.n_shared = (size_t)CVN_MATCH_SHARED_MAX + 1;
    assert_problem(&people, "shared", "at most");
    people.problem.n_shared = 0;
    people.problem.n_skills = CVN_MATCH_SKILL_IDS_MAX + 1;
    assert_problem(&people, "n_skills", "1048576");
    people.problem.n_skills = CVN_MATCH_SKILL_IDS_MAX;
    assert_valid(&people);
}

static void test_programme_is_refused_outside_its_limits(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.problem.rules.min_common_hours = CVN_MATCH_MIN_HOURS_MAX + 1;
    assert_problem(&people, "rules.min_common_hours", "from 0 to 40");
    people.problem.rules.min_common_hours = -1;
    assert_problem(&people, "rules.min_common_hours", "is -1");
    people.problem.rules.min_common_hours = CVN_MATCH_MIN_HOURS_MAX;
    people.problem.candidates_per_mentee = 0;
    assert_problem(&people, "candidates_per_mentee", "from 1 to 256");
    people.problem.candidates_per_mentee = CVN_MATCH_CANDIDATES_MAX;
    people.problem.mentor_weights.points[CVN_MATCH_TERM_HOURS] = CVN_MATCH_WEIGHT_MAX + 1;
    assert_problem(&people, "mentor_weights.hours", "from 0 to 1000");
    people.problem.mentor_weights.points[CVN_MATCH_TERM_HOURS] = CVN_MATCH_WEIGHT_MAX;
    people.problem.mentee_weights.points[CVN_MATCH_TERM_SKILLS] = INT32_MIN;
    assert_problem(&people, "mentee_weights.skills", "is -2147483648");
    people.problem.mentee_weights.points[CVN_MATCH_TERM_SKILLS] = 0;
    assert_valid(&people);
}

static void test_person_is_refused_twice_on_a_side(void **state)
{
    struct people people;
    people_init(&people, 3, 2);
    people.mentors[2].person.id = people.mentors[0].person.id;
    assert_problem(&people, "mentors[2].id", "mentors[0]");
    people.mentors[2].person.id = people.mentees[1].person.id;
    assert_valid(&people);
}

static void test_hours_behind_the_week_and_waiting_are_refused(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    people.mentors[0].person.hours.bits[2] = (uint64_t)1 << 40;
    assert_problem(&people, "mentors[0].hours", "167");
    people.mentors[0].person.hours.bits[2] = (uint64_t)1 << 39;
    people.mentees[0].waited_days = -1;
    assert_problem(&people, "mentees[0].waited_days", "is -1");
    people.mentees[0].waited_days = CVN_MATCH_WAITED_DAYS_MAX;
    assert_valid(&people);
}

static void test_shared_rows_are_refused_when_wrong_or_doubled(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    struct cvn_match_shared shared[] = {
        {people_id(0x10), people_id(0x20), 1001, 1},
        {people_id(0x10), people_id(0x99), 0, 0},
        {people_id(0x10), people_id(0x99), 0, 0},
        {people_id(0x10), people_id(0x20), 0, 0},
    };
    people.problem.shared = shared;
    people.problem.n_shared = 3;
    assert_problem(&people, "shared[0].meetup_points", "from 0 to 1000");
    shared[0].meetup_points = 1000;
    shared[0].groups = -1;
    assert_problem(&people, "shared[0].groups", "is -1");
    shared[0].groups = 0;
    assert_valid(&people);
    people.problem.n_shared = 4;
    assert_problem(&people, "shared[3]", "shared[0]");
}

static void test_locks_are_refused_when_they_contradict(void **state)
{
    struct people people;
    people_init(&people, 2, 2);
    struct cvn_match_pair_ids locked[] = {{people_id(0x10), people_id(0x20)},
                                          {people_id(0x10), people_id(0x21)}};
    people.problem.locked = locked;
    people.problem.n_locked = 2;
    assert_problem(&people, "locked[1]", "exceeds the capacity of mentors[0], which is 1");
    locked[1] = (struct cvn_match_pair_ids){people_id(0x11), people_id(0x20)};
    assert_problem(&people, "locked[1]", "mentees[0]");
    locked[1] = (struct cvn_match_pair_ids){people_id(0x99), people_id(0x21)};
    assert_problem(&people, "locked[1]", "mentor who is not in the problem");
    people.problem.n_locked = 1;
    people.mentees[0].person.excluded = (struct cvn_match_ids){&people.mentors[0].person.id, 1};
    assert_problem(&people, "locked[0]", "exclusion");
    people.mentees[0].person.excluded.n = 0;
    struct cvn_match_pair_ids forbidden = locked[0];
    people.problem.forbidden = &forbidden;
    people.problem.n_forbidden = 1;
    assert_problem(&people, "forbidden[0]", "locked[0]");
    forbidden.mentor_id = people_id(0x11);
    assert_valid(&people);
}

static void test_many_problems_are_counted(void **state)
{
    struct people people;
    people_init(&people, 8, 8);
    for (int i = 0; i < 8; i++) {
        people.mentors[i].capacity = -1;
        people.mentees[i].waited_days = -1;
        people.wanted[i] = (struct cvn_match_skill){9, 9, 9};
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    assert_int_equal(cvn_match_validate(&people.problem, &problems), CVN_MATCH_INVALID);
    assert_int_equal(problems.total, 40);
    assert_int_equal(problems.n, CVN_PROBLEMS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capacity_is_refused_outside_its_limits),
        cmocka_unit_test(test_skills_are_refused_outside_their_limits),
        cmocka_unit_test(test_lists_are_refused_one_over_their_limits),
        cmocka_unit_test(test_sizes_are_refused_unread),
        cmocka_unit_test(test_programme_is_refused_outside_its_limits),
        cmocka_unit_test(test_person_is_refused_twice_on_a_side),
        cmocka_unit_test(test_hours_behind_the_week_and_waiting_are_refused),
        cmocka_unit_test(test_shared_rows_are_refused_when_wrong_or_doubled),
        cmocka_unit_test(test_locks_are_refused_when_they_contradict),
        cmocka_unit_test(test_many_problems_are_counted),
    };
    return cmocka_run_group_tests_name("matching validation", tests, NULL, NULL);
}
