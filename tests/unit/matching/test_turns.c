/* Which weight would change a pair, and when groups meet. */
#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <stdlib.h>
#include <string.h>

static void set_up(struct cohort *cohort, size_t n_mentees, uint64_t seed)
{
    struct cohort_shape shape = cohort_shape_of(n_mentees, seed);
    shape.n_zones = 4;
    shape.n_skills = 12;
    assert_int_equal(cohort_init(cohort, &shape), 0);
}

static const struct cvn_match_pair *pair_of(const struct cvn_match_answer *answer,
                                            const struct cvn_id *mentee)
{
    for (size_t i = 0; i < answer->n_pairs; i++)
        if (cvn_id_equal(&answer->pairs[i].mentee_id, mentee))
            return &answer->pairs[i];
    return NULL;
}

/* Solves with one weight set and says whether the mentee has that mentor, or nobody. */
static bool has_then(struct cvn_match_problem problem, struct cvn_match_weights *weights, int term,
                     int32_t weight, const struct cvn_id *mentee, const struct cvn_id *mentor)
{
    struct cvn_match_result *result;
    bool by_mentees = weights != NULL;
    if (by_mentees)
        problem.mentee_weights.points[term] = weight;
    else
        problem.mentor_weights.points[term] = weight;
    assert_int_equal(cvn_match_solve(&problem, NULL, &result), 0);
    const struct cvn_match_pair *pair = pair_of(cvn_match_result_answer(result), mentee);
    bool has = mentor ? pair && cvn_id_equal(&pair->mentor_id, mentor) : !pair;
    cvn_match_result_free(result);
    return has;
}

static int check_turn(struct cvn_match_problem *problem, struct cvn_match_weights *weights,
                      int term, const struct cvn_match_turn *turn,
                      const struct cvn_match_pair *present)
{
    const struct cvn_id *mentee = &present->mentee_id;
    if (!turn->found)
        return 0;
    int32_t now =
        weights ? problem->mentee_weights.points[term] : problem->mentor_weights.points[term];
    int32_t nearer = turn->weight + (turn->weight < now ? 1 : -1);
    assert_true(has_then(*problem, weights, term, turn->weight, mentee,
                         turn->matched ? &turn->mentor_id : NULL));
    assert_false(turn->matched && cvn_id_equal(&turn->mentor_id, &present->mentor_id));
    assert_true(has_then(*problem, weights, term, nearer, mentee, &present->mentor_id));
    return 1;
}

static void test_a_turn_changes_the_pair_and_a_point_nearer_does_not(void **state)
{
    struct cohort cohort;
    int n_turns = 0;
    set_up(&cohort, 60, 2);
    struct cvn_match_problem *problem = &cohort.problem;
    struct cvn_match_result *result = people_solve(problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    for (size_t i = 0; i < 3; i++) {
        struct cvn_match_sensitivity found;
        assert_int_equal(cvn_match_find_turns(problem, &answer->pairs[i].mentee_id, NULL, &found),
                         0);
        for (int t = 0; t < CVN_MATCH_TERMS; t++)
            for (int d = 0; d < CVN_MATCH_DIRECTIONS; d++) {
                n_turns += check_turn(problem, &problem->mentee_weights, t,
                                      &found.mentee_weights[t][d], &answer->pairs[i]);
                n_turns +=
                    check_turn(problem, NULL, t, &found.mentor_weights[t][d], &answer->pairs[i]);
            }
    }
    assert_true(n_turns > 5);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

static bool stop_at_second(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    assert_int_equal(phase, CVN_MATCH_PHASE_SOLVE);
    assert_true(done <= total);
    return done < 2;
}

static void test_turns_can_be_cancelled_and_ask_for_somebody_known(void **state)
{
    struct people people;
    people_init(&people, 2, 2);
    struct cvn_match_sensitivity found;
    struct cvn_match_progress progress = {stop_at_second, NULL};
    struct cvn_id mentee = people_id(0x20), nobody = people_id(0x77);
    assert_int_equal(cvn_match_find_turns(&people.problem, &mentee, &progress, &found),
                     CVN_MATCH_CANCELLED);
    assert_int_equal(cvn_match_find_turns(&people.problem, &nobody, NULL, &found),
                     CVN_MATCH_UNKNOWN);
}

static int count_hours(const struct cvn_match_hours *hours)
{
    int n = 0;
    for (int i = 0; i < 3; i++)
        n += __builtin_popcountll(hours->bits[i]);
    return n;
}

/* Every mentor's mentees can come at the one time that was chosen. */
static void test_groups_meet_when_everybody_is_free(void **state)
{
    enum { HOURS = 2 };
    struct cohort cohort;
    set_up(&cohort, 400, 6);
    struct cvn_match_problem problem = cohort.problem;
    struct cvn_match_hours *times = calloc(problem.n_mentors, sizeof *times);
    assert_int_equal(cvn_match_choose_times(&problem, HOURS, NULL, times), 0);
    for (size_t j = 0; j < problem.n_mentors; j++) {
        int n = count_hours(&times[j]);
        assert_true(n == 0 || n == HOURS);
        for (int i = 0; i < 3; i++)
            assert_int_equal(times[j].bits[i] & ~cohort.mentors[j].person.hours.bits[i], 0);
        cohort.mentors[j].person.hours = times[j];
    }
    problem.rules.min_common_hours = HOURS;
    struct cvn_match_result *result = people_solve(&problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_true(answer->n_pairs > 100);
    struct cvn_match_explainer *explainer = people_explain(&problem, NULL);
    for (size_t i = 0; i < answer->n_pairs; i++) {
        struct cvn_match_facts facts;
        assert_int_equal(cvn_match_explain_pair(explainer, &answer->pairs[i].mentor_id,
                                                &answer->pairs[i].mentee_id, &facts),
                         0);
        assert_int_equal(facts.n_common_hours, HOURS);
    }
    cvn_match_explainer_free(explainer);
    cvn_match_result_free(result);
    free(times);
    cohort_deinit(&cohort);
}

enum { PEOPLE_TRIED = 40 };

static bool is_free(const struct cvn_match_hours *person, const struct cvn_match_hours *time)
{
    bool free = true;
    for (int w = 0; w < 3; w++)
        free = free && !(time->bits[w] & ~person->bits[w]);
    return free;
}

/* What the pairs of a mentor are worth, as the explanations say; 0 where a rule is in the way. */
static void list_worth(const struct cvn_match_explainer *explainer,
                       const struct cvn_match_problem *problem, size_t mentor, int32_t *ret)
{
    for (size_t i = 0; i < problem->n_mentees; i++) {
        struct cvn_match_facts facts;
        assert_int_equal(cvn_match_explain_pair(explainer, &problem->mentors[mentor].person.id,
                                                &problem->mentees[i].person.id, &facts),
                         0);
        ret[i] =
            facts.refused_by == CVN_MATCH_RULE_NONE ? facts.mentee_score + facts.mentor_score : 0;
    }
}

static int64_t worth_at(const struct cvn_match_problem *problem, size_t mentor,
                        const int32_t *worth, const struct cvn_match_hours *time)
{
    int32_t left[PEOPLE_TRIED];
    int64_t sum = 0;
    for (size_t i = 0; i < problem->n_mentees; i++)
        left[i] = is_free(&problem->mentees[i].person.hours, time) ? worth[i] : 0;
    for (int32_t seat = 0; seat < problem->mentors[mentor].capacity; seat++) {
        size_t top = 0;
        for (size_t i = 1; i < problem->n_mentees; i++)
            top = left[i] > left[top] ? i : top;
        sum += left[top];
        left[top] = 0;
    }
    return sum;
}

/* No other stretch of the mentor's own hours is worth more, nor is an earlier one worth as much. */
static void test_no_other_time_is_better(void **state)
{
    enum { HOURS = 2 };
    struct cohort cohort;
    struct cvn_match_hours times[PEOPLE_TRIED];
    int32_t worth[PEOPLE_TRIED];
    size_t n_groups = 0;
    set_up(&cohort, PEOPLE_TRIED, 9);
    struct cvn_match_problem problem = cohort.problem;
    problem.rules.min_common_hours = HOURS;
    problem.candidates_per_mentee = CVN_MATCH_CANDIDATES_MAX;
    assert_true(problem.n_mentors <= PEOPLE_TRIED);
    struct cvn_match_explainer *explainer = people_explain(&problem, NULL);
    assert_int_equal(cvn_match_choose_times(&problem, HOURS, NULL, times), 0);
    for (size_t j = 0; j < problem.n_mentors; j++) {
        struct cvn_match_hours best = {{0}};
        int64_t most = -1;
        list_worth(explainer, &problem, j, worth);
        for (int first = 0; first < CVN_MATCH_WEEK_HOURS; first++) {
            struct cvn_match_hours time = {{0}};
            for (int h = first; h < first + HOURS; h++)
                time.bits[h % CVN_MATCH_WEEK_HOURS / 64] |= UINT64_C(1)
                                                            << h % CVN_MATCH_WEEK_HOURS % 64;
            if (!is_free(&problem.mentors[j].person.hours, &time))
                continue;
            int64_t sum = worth_at(&problem, j, worth, &time);
            if (sum > most) {
                most = sum;
                best = time;
            }
        }
        assert_memory_equal(&times[j], &best, sizeof best);
        n_groups += most > 0;
    }
    assert_true(n_groups > 3);
    cvn_match_explainer_free(explainer);
    cohort_deinit(&cohort);
}

/* One mentor and two mentees, paired, and a time that may be wrong. */
static int check_time(const struct cvn_match_hours *time)
{
    struct people people;
    struct cvn_error err = {""};
    people_init(&people, 1, 2); /* all are free in hours 0 to 9 */
    people.mentors[0].capacity = 2;
    people.mentees[1].person.hours = (struct cvn_match_hours){{0xff, 0, 0}};
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_int_equal(answer->n_pairs, 2);
    int r = cvn_match_check_times(&people.problem, 2, time, answer, &err);
    assert_int_equal(r == 0, err.text[0] == '\0');
    cvn_match_result_free(result);
    return r;
}

static void test_a_wrong_time_is_refuted(void **state)
{
    static const struct cvn_match_hours right[] = {{{3, 0, 0}}, {{3 << 6, 0, 0}}};
    static const struct cvn_match_hours wrong[] = {
        {{3 << 7, 0, 0}}, /* mentee 1 is not free for all of it */
        {{3 << 9, 0, 0}}, /* nor is the mentor */
        {{7, 0, 0}},      /* too long */
        {{1, 0, 0}},      /* too short */
        {{5, 0, 0}},      /* not in a row */
        {{0, 0, 0}},      /* never */
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_int_equal(check_time(&right[i]), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(check_time(&wrong[i]), CVN_MATCH_VIOLATION);
}

/* Mentor 0 is free all morning; two of three can come at 9 only, the third at 2. */
static void test_the_time_is_that_of_the_worthiest_group(void **state)
{
    struct people people;
    people_init(&people, 1, 3);
    people.mentors[0].capacity = 3;
    people.mentors[0].person.hours = (struct cvn_match_hours){{0xffe, 0, 0}};
    for (int i = 0; i < 3; i++)
        people.mentees[i].person.hours = (struct cvn_match_hours){{i == 1 ? 1 << 2 : 1 << 9, 0, 0}};
    struct cvn_match_hours time;
    assert_int_equal(cvn_match_choose_times(&people.problem, 1, NULL, &time), 0);
    assert_int_equal(time.bits[0], 1 << 9);
    people.mentors[0].capacity = 1; /* then one is as good as the other, and the earlier is taken */
    assert_int_equal(cvn_match_choose_times(&people.problem, 1, NULL, &time), 0);
    assert_int_equal(time.bits[0], 1 << 2);
    people.mentors[0].person.hours = (struct cvn_match_hours){{0x5, 0, 0}};
    assert_int_equal(cvn_match_choose_times(&people.problem, 2, NULL, &time), 0);
    assert_int_equal(count_hours(&time), 0);
    assert_int_equal(cvn_match_choose_times(&people.problem, 0, NULL, &time), CVN_MATCH_INVALID);
    assert_int_equal(
        cvn_match_choose_times(&people.problem, CVN_MATCH_GROUP_HOURS_MAX, NULL, &time), 0);
    assert_int_equal(
        cvn_match_choose_times(&people.problem, CVN_MATCH_GROUP_HOURS_MAX + 1, NULL, &time),
        CVN_MATCH_INVALID);
}

/* A time over the end of the week, from Sunday 23:00 UTC. */
static void test_a_time_may_run_into_the_next_week(void **state)
{
    struct people people;
    people_init(&people, 1, 1);
    struct cvn_match_hours late = {{1, 0, UINT64_C(1) << 39}};
    people.mentors[0].person.hours = people.mentees[0].person.hours = late;
    struct cvn_match_hours time;
    assert_int_equal(cvn_match_choose_times(&people.problem, 2, NULL, &time), 0);
    assert_memory_equal(&time, &late, sizeof time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turn_changes_the_pair_and_a_point_nearer_does_not),
        cmocka_unit_test(test_turns_can_be_cancelled_and_ask_for_somebody_known),
        cmocka_unit_test(test_groups_meet_when_everybody_is_free),
        cmocka_unit_test(test_no_other_time_is_better),
        cmocka_unit_test(test_a_wrong_time_is_refuted),
        cmocka_unit_test(test_the_time_is_that_of_the_worthiest_group),
        cmocka_unit_test(test_a_time_may_run_into_the_next_week),
    };
    return cmocka_run_group_tests_name("turns and times", tests, NULL, NULL);
}
