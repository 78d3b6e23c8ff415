#include "bench/cohort.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <pthread.h>
#include <string.h>

enum { SMALL_MENTEES = 5, SMALL_MENTORS = 4, SMALL_COHORTS = 4000 };

/*
 * Few skills, one or two zones and coarse weights: many may be paired, and many are equals. In half
 * of them what mentees like has nothing to do with what mentors like, which makes for several
 * stable matchings.
 */
static void make_small(struct cohort *cohort, uint64_t *state)
{
    bool strangers = cohort_below(state, 2);
    struct cohort_shape shape = {
        .n_mentees = strangers ? SMALL_MENTORS : cohort_below(state, SMALL_MENTEES + 1),
        .n_mentors = strangers ? SMALL_MENTORS : cohort_below(state, SMALL_MENTORS + 1),
        .n_skills = 1 + cohort_below(state, 6),
        .n_zones = 1 + cohort_below(state, 2),
        .n_languages = 1 + cohort_below(state, 3),
        .n_teams = cohort_below(state, 2) * 8,
        .excluded = cohort_below(state, 40),
        .ranked = cohort_below(state, 600),
        .previous = cohort_below(state, 50),
        .shared = strangers ? 100 * SMALL_MENTORS : cohort_below(state, 100),
        .seed = cohort_random(state),
    };
    assert_int_equal(cohort_init(cohort, &shape), 0);
    uint32_t coarse = 1 + cohort_below(state, 4);
    for (int t = 0; t < CVN_MATCH_TERMS; t++) {
        cohort->problem.mentee_weights.points[t] = (int32_t)cohort_below(state, coarse);
        cohort->problem.mentor_weights.points[t] = (int32_t)cohort_below(state, coarse);
    }
    if (strangers) {
        cohort->problem.mentee_weights.points[CVN_MATCH_TERM_MEETUPS] = 1000;
        cohort->problem.mentor_weights.points[CVN_MATCH_TERM_GROUPS] = 1000;
    }
    cohort->problem.rules.require_level = cohort_below(state, 3) == 0;
    cohort->problem.rules.require_skill = cohort_below(state, 3) == 0;
    cohort->problem.rules.require_language = cohort_below(state, 3) == 0;
    cohort->problem.rules.avoid_previous = cohort_below(state, 2);
    cohort->problem.rules.min_common_hours = (int32_t)cohort_below(state, 3);
    for (size_t i = 0; i < shape.n_mentors; i++)
        cohort->mentors[i].capacity = strangers ? 1 : 1 + (int32_t)cohort_below(state, 3);
}

/* One matching under trial: for each mentee the place of its candidate, or how many there are. */
struct trial {
    const struct cvn_match_problem *problem;
    const struct cvn_match_answer *answer;
    int32_t capacity[SMALL_MENTORS];
    uint32_t n[SMALL_MENTEES];
    uint32_t choice[SMALL_MENTEES];
};

static const struct cvn_match_candidate *candidate(const struct trial *trial, size_t mentee,
                                                   uint32_t choice)
{
    return &trial->answer->candidates[trial->answer->first[mentee] + choice];
}

/* Whether the mentor likes mentee a, with that candidate, better than b. */
static bool likes(const struct trial *trial, size_t a, uint32_t a_choice, size_t b)
{
    int32_t x = candidate(trial, a, a_choice)->mentor_score;
    int32_t y = candidate(trial, b, trial->choice[b])->mentor_score;
    uint64_t seed = trial->problem->seed;
    return x != y ? x > y
                  : cvn_match_lottery(seed, &trial->answer->mentee_ids[a]) <
                        cvn_match_lottery(seed, &trial->answer->mentee_ids[b]);
}

static bool blocks(const struct trial *trial, size_t mentee, uint32_t choice)
{
    uint32_t mentor = candidate(trial, mentee, choice)->mentor;
    int32_t taken = 0;
    for (size_t i = 0; i < trial->answer->n_mentees; i++)
        if (trial->choice[i] < trial->n[i] &&
            candidate(trial, i, trial->choice[i])->mentor == mentor) {
            taken++;
            if (likes(trial, mentee, choice, i))
                return true;
        }
    return taken < trial->capacity[mentor];
}

static bool is_stable(const struct trial *trial)
{
    int32_t taken[SMALL_MENTORS] = {0};
    for (size_t i = 0; i < trial->answer->n_mentees; i++)
        if (trial->choice[i] < trial->n[i]) {
            uint32_t mentor = candidate(trial, i, trial->choice[i])->mentor;
            if (++taken[mentor] > trial->capacity[mentor])
                return false;
        }
    for (size_t i = 0; i < trial->answer->n_mentees; i++)
        for (uint32_t c = 0; c < trial->choice[i]; c++)
            if (blocks(trial, i, c))
                return false;
    return true;
}

static bool next(struct trial *trial)
{
    for (size_t i = 0; i < trial->answer->n_mentees; i++) {
        if (trial->choice[i]++ < trial->n[i])
            return true;
        trial->choice[i] = 0;
    }
    return false;
}

/* For each mentee the best place in any stable matching, found by trying all matchings. */
static size_t try_all(const struct cohort *cohort, const struct cvn_match_answer *answer,
                      uint32_t best[SMALL_MENTEES])
{
    struct trial trial = {.problem = &cohort->problem, .answer = answer};
    size_t n_stable = 0;
    for (size_t j = 0; j < answer->n_mentors; j++)
        for (size_t row = 0; row < answer->n_mentors; row++)
            if (cvn_id_equal(&cohort->mentors[row].person.id, &answer->mentor_ids[j]))
                trial.capacity[j] = cohort->mentors[row].capacity;
    for (size_t i = 0; i < answer->n_mentees; i++) {
        trial.n[i] = (uint32_t)(answer->first[i + 1] - answer->first[i]);
        best[i] = UINT32_MAX;
    }
    do {
        if (!is_stable(&trial))
            continue;
        n_stable++;
        for (size_t i = 0; i < answer->n_mentees; i++)
            best[i] = trial.choice[i] < best[i] ? trial.choice[i] : best[i];
    } while (next(&trial));
    return n_stable;
}

static void assert_best(const struct cvn_match_answer *answer, const uint32_t best[SMALL_MENTEES])
{
    size_t pair = 0;
    for (size_t i = 0; i < answer->n_mentees; i++) {
        uint32_t n = (uint32_t)(answer->first[i + 1] - answer->first[i]);
        bool paired = pair < answer->n_pairs &&
                      cvn_id_equal(&answer->pairs[pair].mentee_id, &answer->mentee_ids[i]);
        assert_int_equal(best[i], paired ? (uint32_t)answer->pairs[pair].mentee_choice - 1 : n);
        pair += paired;
    }
    assert_int_equal(pair, answer->n_pairs);
}

static void test_result_is_best_for_mentees_when_all_matchings_are_tried(void **state)
{
    uint64_t random = 2024;
    size_t n_with_choice = 0, n_tied = 0;
    for (int i = 0; i < SMALL_COHORTS; i++) {
        struct cohort cohort;
        uint32_t best[SMALL_MENTEES];
        make_small(&cohort, &random);
        struct cvn_match_result *result = people_solve(&cohort.problem);
        const struct cvn_match_answer *answer = cvn_match_result_answer(result);
        size_t n_stable = try_all(&cohort, answer, best);
        assert_true(n_stable > 0);
        assert_best(answer, best);
        n_with_choice += n_stable > 1;
        for (uint64_t e = 1; e < answer->first[answer->n_mentees]; e++)
            n_tied += answer->candidates[e].mentee_score == answer->candidates[e - 1].mentee_score;
        cvn_match_result_free(result);
        cohort_deinit(&cohort);
    }
    assert_true(n_with_choice > 100); /* the trials mean something */
    assert_true(n_tied > 1000);
}

static void test_fewer_candidates_are_the_best_of_many(void **state)
{
    uint64_t random = 7;
    for (int i = 0; i < 20; i++) {
        struct cohort_shape shape = cohort_shape_of(200, cohort_random(&random));
        struct cohort cohort;
        shape.n_skills = 20;
        assert_int_equal(cohort_init(&cohort, &shape), 0);
        cohort.problem.candidates_per_mentee = CVN_MATCH_CANDIDATES_MAX;
        struct cvn_match_result *many = people_solve(&cohort.problem), *few = NULL;
        int32_t k = cohort.problem.candidates_per_mentee = 1 + i / 2;
        assert_int_equal(cvn_match_solve(&cohort.problem, NULL, &few), 0);
        const struct cvn_match_answer *a = cvn_match_result_answer(many);
        const struct cvn_match_answer *b = cvn_match_result_answer(few);
        for (size_t m = 0; m < a->n_mentees; m++) {
            uint64_t n = a->first[m + 1] - a->first[m], kept = b->first[m + 1] - b->first[m];
            assert_int_equal(kept, n < (uint64_t)k ? n : (uint64_t)k);
            assert_memory_equal(a->candidates + a->first[m], b->candidates + b->first[m],
                                kept * sizeof *a->candidates);
        }
        cvn_match_result_free(many);
        cvn_match_result_free(few);
        cohort_deinit(&cohort);
    }
}

static void assert_same(const struct cvn_match_answer *a, const struct cvn_match_answer *b)
{
    assert_int_equal(a->n_pairs, b->n_pairs);
    assert_int_equal(a->n_unmatched, b->n_unmatched);
    assert_memory_equal(a->pairs, b->pairs, a->n_pairs * sizeof *a->pairs);
    assert_memory_equal(a->unmatched, b->unmatched, a->n_unmatched * sizeof *a->unmatched);
    assert_memory_equal(a->first, b->first, (a->n_mentees + 1) * sizeof *a->first);
    assert_memory_equal(a->candidates, b->candidates,
                        a->first[a->n_mentees] * sizeof *a->candidates);
    assert_memory_equal(&a->stats, &b->stats, sizeof a->stats);
}

#define SHUFFLE(rows, n, random)                                                                   \
    for (size_t at = (n); at > 1; at--) {                                                          \
        size_t other = cohort_below(random, (uint32_t)at);                                         \
        __typeof__(*(rows)) row = (rows)[at - 1];                                                  \
        (rows)[at - 1] = (rows)[other];                                                            \
        (rows)[other] = row;                                                                       \
    }

static void test_bytes_are_the_same_when_rows_are_in_another_order(void **state)
{
    uint64_t random = 99;
    struct cohort_shape shape = cohort_shape_of(600, 5);
    struct cohort cohort;
    shape.n_skills = 40;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    struct cvn_match_result *first = NULL, *second = NULL;
    assert_int_equal(cvn_match_solve(&cohort.problem, NULL, &first), 0);
    for (int i = 0; i < 5; i++) {
        SHUFFLE(cohort.mentors, cohort.problem.n_mentors, &random);
        SHUFFLE(cohort.mentees, cohort.problem.n_mentees, &random);
        SHUFFLE(cohort.shared, cohort.problem.n_shared, &random);
        assert_int_equal(cvn_match_solve(&cohort.problem, NULL, &second), 0);
        assert_same(cvn_match_result_answer(first), cvn_match_result_answer(second));
        cvn_match_result_free(second);
    }
    cvn_match_result_free(first);
    cohort_deinit(&cohort);
}

static void test_seed_decides_between_equals(void **state)
{
    struct people people;
    people_init(&people, 1, 4);
    bool seen[4] = {false};
    for (uint64_t seed = 0; seed < 64; seed++) {
        people.problem.seed = seed;
        struct cvn_match_result *result = people_solve(&people.problem);
        const struct cvn_match_answer *answer = cvn_match_result_answer(result);
        seen[answer->pairs[0].mentee_id.bytes[CVN_ID_BYTES - 1] - 0x20] = true;
        assert_int_equal(answer->unmatched[0].reason, CVN_MATCH_UNMATCHED_ALL_TAKEN);
        cvn_match_result_free(result);
    }
    for (int i = 0; i < 4; i++)
        assert_true(seen[i]);
}

/* Pinned, because another machine must draw the same. */
static void test_draws_are_the_same_everywhere(void **state)
{
    struct cvn_id a = people_id(1), b = people_id(2);
    assert_true(cvn_match_lottery(1, &a) == 0x2de5a4e32ae6d264u);
    assert_true(cvn_match_tie(1, &a, &b) == 0xc5ad356f71e65723u);
    assert_true(cvn_match_tie(1, &a, &b) != cvn_match_tie(1, &b, &a));
    assert_true(cvn_match_lottery(1, &a) != cvn_match_lottery(2, &a));
}

static void test_capacity_is_kept_when_all_want_one_mentor(void **state)
{
    struct people people;
    people_init(&people, 2, 6);
    people.mentors[0].capacity = 3;
    people.mentors[0].person.goals = 3;
    for (int i = 0; i < 6; i++)
        people.mentees[i].person.goals = 2;
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    int n[2] = {0};
    for (size_t i = 0; i < answer->n_pairs; i++)
        n[answer->pairs[i].mentor_id.bytes[CVN_ID_BYTES - 1] - 0x10]++;
    assert_int_equal(n[0], 3);
    assert_int_equal(n[1], 1);
    assert_int_equal(answer->n_unmatched, 2);
    cvn_match_result_free(result);
}

static void test_nobody_on_a_side_is_no_error(void **state)
{
    struct people people;
    people_init(&people, 0, 2);
    struct cvn_match_result *result = people_solve(&people.problem);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_int_equal(answer->n_unmatched, 2);
    assert_int_equal(answer->unmatched[1].reason, CVN_MATCH_UNMATCHED_NO_MENTORS);
    cvn_match_result_free(result);
    people_init(&people, 2, 0);
    result = people_solve(&people.problem);
    assert_int_equal(cvn_match_result_answer(result)->n_pairs, 0);
    cvn_match_result_free(result);
    people_init(&people, 0, 0);
    people.problem.mentors = NULL;
    people.problem.mentees = NULL;
    cvn_match_result_free(people_solve(&people.problem));
    cvn_match_result_free(NULL);
}

static void *solve_on_a_small_stack(void *context)
{
    struct cvn_match_result *result = NULL;
    int r = cvn_match_solve(context, NULL, &result);
    return r == 0 ? result : NULL;
}

/* Two hundred mentors whom all want: whoever comes sends another one on, in long chains. */
static void test_twenty_thousand_mentees_fit_a_small_stack(void **state)
{
    struct cohort_shape shape = cohort_shape_of(20000, 3);
    shape.n_mentors = 200;
    shape.n_zones = 1;
    shape.n_skills = 3;
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    cohort.problem.candidates_per_mentee = 64;
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    struct cvn_error err = {""};
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 128 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, solve_on_a_small_stack, &cohort.problem),
                     0);
    assert_int_equal(pthread_join(thread, &result), 0);
    pthread_attr_destroy(&attributes);
    assert_non_null(result);
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    assert_true(answer->stats.n_proposals > 100000);
    assert_int_equal(answer->stats.n_matched, answer->stats.n_seats);
    assert_int_equal(
        cvn_match_check(&cohort.problem, answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err), 0);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

struct stopper {
    int calls_left;
    uint64_t last_done;
    enum cvn_match_phase last_phase;
};

static bool stop(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    struct stopper *stopper = context;
    assert_true(done <= total);
    assert_true(phase > stopper->last_phase ||
                (phase == stopper->last_phase && done >= stopper->last_done));
    stopper->last_phase = phase;
    stopper->last_done = done;
    return --stopper->calls_left > 0;
}

static void test_every_call_of_progress_can_cancel(void **state)
{
    struct cohort_shape shape = cohort_shape_of(5000, 1);
    shape.n_mentors = 300;
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    struct cvn_match_result *untouched = (void *)&cohort, *result = untouched;
    int n_calls = 0, r = CVN_MATCH_CANCELLED;
    while (r == CVN_MATCH_CANCELLED) {
        struct stopper stopper = {.calls_left = ++n_calls};
        struct cvn_match_progress progress = {stop, &stopper};
        r = cvn_match_solve(&cohort.problem, &progress, &result);
        if (r == CVN_MATCH_CANCELLED)
            assert_ptr_equal(result, untouched);
    }
    assert_int_equal(r, 0);
    assert_true(n_calls > 12);
    struct stopper stopper = {.calls_left = 2};
    struct cvn_match_progress progress = {stop, &stopper};
    assert_int_equal(cvn_match_check(&cohort.problem, cvn_match_result_answer(result),
                                     CVN_MATCH_CHECK_CANDIDATES, &progress, NULL),
                     CVN_MATCH_CANCELLED);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_is_best_for_mentees_when_all_matchings_are_tried),
        cmocka_unit_test(test_fewer_candidates_are_the_best_of_many),
        cmocka_unit_test(test_bytes_are_the_same_when_rows_are_in_another_order),
        cmocka_unit_test(test_seed_decides_between_equals),
        cmocka_unit_test(test_draws_are_the_same_everywhere),
        cmocka_unit_test(test_capacity_is_kept_when_all_want_one_mentor),
        cmocka_unit_test(test_nobody_on_a_side_is_no_error),
        cmocka_unit_test(test_twenty_thousand_mentees_fit_a_small_stack),
        cmocka_unit_test(test_every_call_of_progress_can_cancel),
    };
    return cmocka_run_group_tests_name("stable matching", tests, NULL, NULL);
}
