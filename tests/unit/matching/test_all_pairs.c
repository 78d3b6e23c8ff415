/*
 * That few candidates and all_pairs come to what a list of everybody comes to: the same stable
 * pairs, as many of them, as high a floor, and for the highest total the bound that prices give
 * when every pair is written out.
 */
#include "bench/cohort.h"
#include "matching/prepared.h"
#include "matching/widen.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { MENTEES = 60, MENTORS = 30, ROUNDS = 60, PLAIN_MAX = 400 };

struct solved {
    struct cvn_match_result *result;
    const struct cvn_match_answer *answer;
};

/* Solves, and checks against all pairs. */
static void solve(struct cohort *cohort, int32_t n_candidates, bool all_pairs,
                  enum cvn_match_mode mode, struct solved *ret)
{
    struct cvn_match_problem *problem = &cohort->problem;
    struct cvn_error err = {""};
    problem->candidates_per_mentee = n_candidates;
    problem->all_pairs = all_pairs;
    problem->mode = mode;
    assert_int_equal(cvn_match_solve(problem, NULL, &ret->result), 0);
    ret->answer = cvn_match_result_answer(ret->result);
    enum cvn_match_check_scope scope = all_pairs && mode == CVN_MATCH_STABLE
                                           ? CVN_MATCH_CHECK_ALL_PAIRS
                                           : CVN_MATCH_CHECK_CANDIDATES;
    if (cvn_match_check(problem, ret->answer, scope, NULL, &err) != 0)
        fail_msg("%s", err.text);
}

static void solved_free(struct solved *solved)
{
    cvn_match_result_free(solved->result);
}

/* Small, with ties, few skills and zones, and much that is known of pairs. */
static void make(struct cohort *cohort, int i, uint64_t *random, struct cvn_match_pair_ids *locked)
{
    struct cohort_shape shape = cohort_shape_of(MENTEES, cohort_random(random));
    shape.n_mentors = MENTORS;
    shape.n_skills = 12;
    shape.n_zones = 2;
    shape.shared = 400;
    assert_int_equal(cohort_init(cohort, &shape), 0);
    cohort->problem.n_threads = 1 + i % 3;
    if (i % 2) {
        struct solved all;
        solve(cohort, CVN_MATCH_CANDIDATES_MAX, false, CVN_MATCH_STABLE, &all);
        *locked = (struct cvn_match_pair_ids){all.answer->pairs[0].mentor_id,
                                              all.answer->pairs[0].mentee_id};
        cohort->problem.locked = locked;
        cohort->problem.n_locked = 1;
        solved_free(&all);
    }
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

static void test_optimal_comes_to_the_best_of_all_pairs(void **state)
{
    uint64_t random = 5;
    int n_better = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct cvn_match_pair_ids locked;
        struct cohort cohort;
        struct solved few, wide, all;
        make(&cohort, i, &random, &locked);
        solve(&cohort, CVN_MATCH_CANDIDATES_MAX, false, CVN_MATCH_OPTIMAL, &all);
        solve(&cohort, 1 + i % 8, false, CVN_MATCH_OPTIMAL, &few);
        solve(&cohort, 1 + i % 8, true, CVN_MATCH_OPTIMAL, &wide);
        const struct cvn_match_stats *best = &all.answer->stats, *stats = &wide.answer->stats,
                                     *before = &few.answer->stats;
        const struct cvn_match_gap *gap = &wide.answer->gap;
        int64_t locked_worth = stats->mentee_score + stats->mentor_score - gap->worth;
        int64_t optimum = best->mentee_score + best->mentor_score - locked_worth;
        assert_true(gap->worth <= optimum && optimum <= gap->bound);
        assert_true(gap->bound - gap->worth <= gap->worth / CVN_MATCH_GAP_PARTS);
        assert_int_equal(gap->bound, write_out(&cohort, wide.answer, all.answer));
        n_better +=
            stats->mentee_score + stats->mentor_score > before->mentee_score + before->mentor_score;
        solved_free(&few);
        solved_free(&wide);
        solved_free(&all);
        cohort_deinit(&cohort);
    }
    assert_true(n_better > 20); /* the trials mean something */
}

static void assert_same_pairs(const struct cvn_match_answer *a, const struct cvn_match_answer *b)
{
    assert_int_equal(a->n_pairs, b->n_pairs);
    for (size_t i = 0; i < a->n_pairs; i++) {
        assert_true(cvn_id_equal(&a->pairs[i].mentee_id, &b->pairs[i].mentee_id));
        assert_true(cvn_id_equal(&a->pairs[i].mentor_id, &b->pairs[i].mentor_id));
    }
}

static void test_stable_is_that_of_lists_of_everybody(void **state)
{
    uint64_t random = 6;
    int n_more = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct cvn_match_pair_ids locked;
        struct cohort cohort;
        struct solved few, wide, all;
        make(&cohort, i, &random, &locked);
        solve(&cohort, CVN_MATCH_CANDIDATES_MAX, false, CVN_MATCH_STABLE, &all);
        solve(&cohort, 1 + i % 8, false, CVN_MATCH_STABLE, &few);
        solve(&cohort, 1 + i % 8, true, CVN_MATCH_STABLE, &wide);
        assert_same_pairs(wide.answer, all.answer);
        assert_int_equal(wide.answer->gap.n_tempted, 0);
        n_more += wide.answer->n_pairs > few.answer->n_pairs;
        solved_free(&few);
        solved_free(&wide);
        solved_free(&all);
        cohort_deinit(&cohort);
    }
    assert_true(n_more > 20);
}

/* More mentees than seats, and lists as long as they may be: nobody else fits in, and it is said.
 */
static void test_full_lists_are_told(void **state)
{
    struct cohort_shape shape = cohort_shape_of(4000, 3);
    struct cohort cohort;
    struct solved wide;
    shape.n_mentors = 600;
    shape.n_skills = 3;
    shape.n_zones = 1;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.n_threads = 2;
    solve(&cohort, CVN_MATCH_CANDIDATES_MAX, true, CVN_MATCH_OPTIMAL, &wide);
    assert_true(wide.answer->gap.bound >= wide.answer->gap.worth);
    for (size_t i = 0; i < wide.answer->n_mentees; i++)
        assert_true(wide.answer->first[i + 1] - wide.answer->first[i] <= CVN_MATCH_CANDIDATES_MAX);
    assert_true(wide.answer->gap.n_tempted > 0);
    solved_free(&wide);
    cohort_deinit(&cohort);
}

static int32_t least_of(const struct cvn_match_answer *answer)
{
    int32_t least = INT32_MAX;
    for (size_t i = 0; i < answer->n_pairs; i++) {
        int32_t worth = answer->pairs[i].mentee_score + answer->pairs[i].mentor_score;
        if (answer->pairs[i].mentee_choice > 0 && worth < least)
            least = worth;
    }
    return least;
}

/* As many are placed, with as high a floor, and the total is as close as is said. */
static void test_most_and_fair_come_to_the_best_of_all_pairs(void **state)
{
    uint64_t random = 7;
    int n_more = 0, n_fairer = 0;
    for (int i = 0; i < 2 * ROUNDS; i++) {
        enum cvn_match_mode mode = i % 4 < 2 ? CVN_MATCH_MOST : CVN_MATCH_FAIR;
        struct cvn_match_pair_ids locked;
        struct cohort cohort;
        struct solved few, wide, all;
        make(&cohort, i, &random, &locked);
        solve(&cohort, CVN_MATCH_CANDIDATES_MAX, false, mode, &all);
        solve(&cohort, 1 + i % 5, false, mode, &few);
        solve(&cohort, 1 + i % 5, true, mode, &wide);
        const struct cvn_match_stats *best = &all.answer->stats, *stats = &wide.answer->stats;
        const struct cvn_match_gap *gap = &wide.answer->gap;
        int64_t locked_worth = stats->mentee_score + stats->mentor_score - gap->worth;
        int64_t optimum = best->mentee_score + best->mentor_score - locked_worth;
        assert_int_equal(wide.answer->n_pairs, all.answer->n_pairs);
        assert_int_equal(gap->n_more, 0);
        assert_true(gap->worth <= optimum && optimum <= gap->bound);
        assert_true(gap->bound - gap->worth <= gap->worth / CVN_MATCH_GAP_PARTS);
        n_more += wide.answer->n_pairs > few.answer->n_pairs;
        if (mode == CVN_MATCH_FAIR) {
            assert_true(gap->is_floor_proved || wide.answer->n_pairs == 0);
            assert_int_equal(wide.answer->prices.floor, all.answer->prices.floor);
            assert_int_equal(least_of(wide.answer), least_of(all.answer));
            n_fairer += wide.answer->n_pairs == few.answer->n_pairs &&
                        least_of(wide.answer) > least_of(few.answer);
        }
        solved_free(&few);
        solved_free(&wide);
        solved_free(&all);
        cohort_deinit(&cohort);
    }
    assert_true(n_more > 20 && n_fairer > 0);
}

static void assert_same_bytes(const struct cvn_match_answer *a, const struct cvn_match_answer *b)
{
    size_t n = a->n_mentees;
    assert_memory_equal(a->first, b->first, (n + 1) * sizeof *a->first);
    assert_memory_equal(a->candidates, b->candidates, a->first[n] * sizeof *a->candidates);
    assert_int_equal(a->n_pairs, b->n_pairs);
    assert_memory_equal(a->pairs, b->pairs, a->n_pairs * sizeof *a->pairs);
    assert_memory_equal(&a->gap, &b->gap, sizeof a->gap);
}

static void test_bytes_are_the_same_whatever_the_order_and_the_threads(void **state)
{
    struct cohort_shape shape = cohort_shape_of(1500, 8);
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        struct solved one, other;
        cohort.problem.n_threads = 1;
        solve(&cohort, 3, true, (enum cvn_match_mode)m, &one);
        for (size_t i = 0; i < shape.n_mentees / 2; i++) {
            struct cvn_match_mentee swap = cohort.mentees[i];
            cohort.mentees[i] = cohort.mentees[shape.n_mentees - 1 - i];
            cohort.mentees[shape.n_mentees - 1 - i] = swap;
        }
        cohort.problem.n_threads = 3;
        solve(&cohort, 3, true, (enum cvn_match_mode)m, &other);
        assert_same_bytes(one.answer, other.answer);
        assert_true(one.answer->first[one.answer->n_mentees] > 3 * 1500); /* some were added */
        solved_free(&one);
        solved_free(&other);
    }
    cohort_deinit(&cohort);
}

static int n_left;

static bool stop_after(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    return n_left-- > 0;
}

struct heard {
    enum cvn_match_phase phase;
    uint64_t done;
    int n_solving;
};

/* Phases come one after the other, and each goes forward. */
static bool hear(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    struct heard *heard = context;
    assert_true(phase >= heard->phase && done <= total);
    assert_true(phase > heard->phase || done >= heard->done);
    heard->n_solving += phase == CVN_MATCH_PHASE_SOLVE;
    heard->phase = phase;
    heard->done = done;
    return true;
}

static void test_progress_goes_forward(void **state)
{
    struct cohort_shape shape = cohort_shape_of(1500, 8);
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.candidates_per_mentee = 2;
    cohort.problem.all_pairs = true;
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        struct heard heard = {CVN_MATCH_PHASE_PREPARE, 0, 0};
        struct cvn_match_progress progress = {hear, &heard};
        struct cvn_match_result *result;
        cohort.problem.mode = (enum cvn_match_mode)m;
        assert_int_equal(cvn_match_solve(&cohort.problem, &progress, &result), 0);
        assert_true(heard.n_solving > 4);
        cvn_match_result_free(result);
    }
    cohort_deinit(&cohort);
}

static void test_widening_can_be_ended_anywhere(void **state)
{
    struct cvn_match_progress progress = {stop_after, NULL};
    struct cohort_shape shape = cohort_shape_of(MENTEES, 2);
    struct cohort cohort;
    shape.n_mentors = MENTORS;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.candidates_per_mentee = 2;
    cohort.problem.all_pairs = true;
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        int r = CVN_MATCH_CANCELLED, calls = 0;
        cohort.problem.mode = (enum cvn_match_mode)m;
        for (; r == CVN_MATCH_CANCELLED; calls++) {
            struct cvn_match_result *result = NULL;
            n_left = calls;
            r = cvn_match_solve(&cohort.problem, &progress, &result);
            cvn_match_result_free(result);
        }
        assert_int_equal(r, 0);
        assert_true(calls > 10);
    }
    cohort_deinit(&cohort);
}

/* People who speak one language, free at the same times; what they teach and want is the test's. */
struct plain {
    struct cvn_match_problem problem;
    struct cvn_match_mentor mentors[PLAIN_MAX];
    struct cvn_match_mentee mentees[PLAIN_MAX];
    struct cvn_match_skill offered[PLAIN_MAX][2];
    struct cvn_match_skill wanted[PLAIN_MAX];
};

static struct cvn_match_person plain_person(uint8_t side, size_t n,
                                            const struct cvn_match_skill *skills)
{
    struct cvn_match_person person = {
        .skills = skills, .n_skills = 1, .languages = {{1, 0}}, .hours = {{0xff, 0, 0}}};
    person.id.bytes[0] = side;
    person.id.bytes[CVN_ID_BYTES - 2] = (uint8_t)(n / 256);
    person.id.bytes[CVN_ID_BYTES - 1] = (uint8_t)(n % 256);
    return person;
}

/* n mentors with one seat each, and n mentees, of skill 0 all. */
static struct plain *plain_new(size_t n)
{
    struct plain *plain = calloc(1, sizeof *plain);
    assert_non_null(plain);
    for (size_t i = 0; i < n; i++) {
        plain->offered[i][0] = (struct cvn_match_skill){0, 5, 0};
        plain->wanted[i] = (struct cvn_match_skill){0, 1, 2};
        plain->mentors[i] = (struct cvn_match_mentor){plain_person(1, i, plain->offered[i]), 1};
        plain->mentees[i] = (struct cvn_match_mentee){plain_person(2, i, &plain->wanted[i]), 0};
    }
    plain->problem = (struct cvn_match_problem){
        .mentors = plain->mentors,
        .n_mentors = n,
        .mentees = plain->mentees,
        .n_mentees = n,
        .n_skills = PLAIN_MAX,
        .rules = cvn_match_rules_default(),
        .mentee_weights = cvn_match_mentee_weights_default(),
        .mentor_weights = cvn_match_mentor_weights_default(),
        .all_pairs = true,
    };
    return plain;
}

/* The last two mentors are everybody's last, and on each list there is room for one of them. */
static void test_who_did_not_fit_in_is_told_of(void **state)
{
    enum { N = CVN_MATCH_CANDIDATES_MAX + 1 };
    struct plain *plain = plain_new(N);
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    plain->mentors[N - 2].person.hours.bits[0] = 3;
    plain->mentors[N - 1].person.hours.bits[0] = 1;
    plain->problem.candidates_per_mentee = CVN_MATCH_CANDIDATES_MAX - 1;
    assert_int_equal(cvn_match_solve(&plain->problem, NULL, &result), 0);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_int_equal(answer->n_pairs, N - 1);
    assert_int_equal(
        cvn_match_check(&plain->problem, answer, CVN_MATCH_CHECK_ALL_PAIRS, NULL, &err),
        CVN_MATCH_VIOLATION); /* the last mentee and the last mentor */
    assert_int_equal(answer->gap.n_tempted, 1);
    cvn_match_result_free(result);
    plain->problem.mode = CVN_MATCH_MOST;
    assert_int_equal(cvn_match_solve(&plain->problem, NULL, &result), 0);
    assert_int_equal(cvn_match_result_answer(result)->n_pairs, N - 1);
    assert_int_equal(cvn_match_result_answer(result)->gap.n_more, 1);
    cvn_match_result_free(result);
    free(plain);
}

/*
 * Each mentee has a mentor of their own and a second best, the next one's; the last wants the first
 * mentor only. A place for the last would have everybody move on, which takes a round for each.
 */
static void test_more_steps_than_rounds_end_with_a_proved_answer(void **state)
{
    enum { N = CVN_MATCH_WIDEN_ROUNDS_MAX + 10 };
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        struct plain *plain = plain_new(N);
        struct solved few, wide;
        for (uint32_t i = 0; i < N; i++) {
            plain->offered[i][0].skill = i;
            plain->offered[i][1] = (struct cvn_match_skill){i - 1, 2, 0};
            plain->mentors[i].person.n_skills = i == 0 ? 1 : 2;
            plain->wanted[i].skill = i == N - 1 ? 0 : i;
        }
        struct cvn_match_pair_ids never = {plain->mentors[1].person.id,
                                           plain->mentees[N - 1].person.id};
        struct cohort cohort = {.problem = plain->problem};
        cohort.problem.forbidden = &never;
        cohort.problem.n_forbidden = 1;
        solve(&cohort, 1, false, (enum cvn_match_mode)m, &few);
        solve(&cohort, 1, true, (enum cvn_match_mode)m, &wide);
        const struct cvn_match_gap *gap = &wide.answer->gap;
        assert_true(wide.answer->n_pairs >= few.answer->n_pairs);
        if (m != CVN_MATCH_STABLE)
            assert_true(gap->worth > 0 && gap->worth <= gap->bound);
        if (m == CVN_MATCH_MOST || m == CVN_MATCH_FAIR)
            assert_true(wide.answer->n_pairs + (size_t)gap->n_more >= N);
        solved_free(&few);
        solved_free(&wide);
        free(plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimal_comes_to_the_best_of_all_pairs),
        cmocka_unit_test(test_stable_is_that_of_lists_of_everybody),
        cmocka_unit_test(test_full_lists_are_told),
        cmocka_unit_test(test_most_and_fair_come_to_the_best_of_all_pairs),
        cmocka_unit_test(test_bytes_are_the_same_whatever_the_order_and_the_threads),
        cmocka_unit_test(test_progress_goes_forward),
        cmocka_unit_test(test_widening_can_be_ended_anywhere),
        cmocka_unit_test(test_who_did_not_fit_in_is_told_of),
        cmocka_unit_test(test_more_steps_than_rounds_end_with_a_proved_answer),
    };
    return cmocka_run_group_tests_name("all pairs", tests, NULL, NULL);
}
