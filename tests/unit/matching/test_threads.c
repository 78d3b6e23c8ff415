/* That threads change how long a run takes and nothing else. */
#include "bench/cohort.h"
#include "matching/prepared.h"
#include "tests/support/cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MENTEES = 1500 };

static const int32_t crews[] = {0, 1, 2, 7};

static void set_up(struct cohort *cohort)
{
    struct cohort_shape shape = cohort_shape_of(MENTEES, 9);
    assert_int_equal(cohort_init(cohort, &shape), 0);
}

static struct cvn_match_result *solve(struct cohort *cohort, int32_t n_threads)
{
    struct cvn_match_result *result;
    struct cvn_error err = {""};
    cohort->problem.n_threads = n_threads;
    assert_int_equal(cvn_match_solve(&cohort->problem, NULL, &result), 0);
    int r = cvn_match_check(&cohort->problem, cvn_match_result_answer(result),
                            CVN_MATCH_CHECK_CANDIDATES, NULL, &err);
    if (r != 0)
        fail_msg("%s", err.text);
    return result;
}

static void assert_same(const struct cvn_match_answer *a, const struct cvn_match_answer *b)
{
    assert_memory_equal(a->first, b->first, (MENTEES + 1) * sizeof *a->first);
    assert_memory_equal(a->candidates, b->candidates, a->first[MENTEES] * sizeof *a->candidates);
    assert_int_equal(a->n_pairs, b->n_pairs);
    assert_memory_equal(a->pairs, b->pairs, a->n_pairs * sizeof *a->pairs);
    assert_int_equal(a->n_unmatched, b->n_unmatched);
    assert_memory_equal(a->unmatched, b->unmatched, a->n_unmatched * sizeof *a->unmatched);
    assert_memory_equal(&a->stats, &b->stats, sizeof a->stats);
}

static void test_bytes_are_the_same_with_any_number_of_threads(void **state)
{
    struct cohort cohort;
    set_up(&cohort);
    struct cvn_match_result *first = solve(&cohort, crews[0]);
    const struct cvn_match_answer *a = cvn_match_result_answer(first);
    for (size_t i = 1; i < sizeof crews / sizeof *crews; i++) {
        struct cvn_match_result *other = solve(&cohort, crews[i]);
        assert_same(a, cvn_match_result_answer(other));
        cvn_match_result_free(other);
    }
    cvn_match_result_free(first);
    cohort_deinit(&cohort);
}

struct share {
    const struct cvn_match_prepared *prepared;
    enum cvn_match_mode mode;
    struct cvn_match_result *result;
    int r;
};

static void *solve_share(void *context)
{
    struct share *share = context;
    share->r = cvn_match_prepared_solve(share->prepared, share->mode, NULL, &share->result);
    return NULL;
}

static void test_modes_share_what_is_prepared(void **state)
{
    struct cohort cohort;
    struct cvn_match_prepared *prepared;
    struct share shares[CVN_MATCH_MODES];
    pthread_t threads[CVN_MATCH_MODES];
    set_up(&cohort);
    assert_int_equal(cvn_match_prepared_new(&cohort.problem, NULL, &prepared), 0);
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        shares[m] = (struct share){prepared, (enum cvn_match_mode)m, NULL, 0};
        assert_int_equal(pthread_create(&threads[m], NULL, solve_share, &shares[m]), 0);
    }
    for (int m = 0; m < CVN_MATCH_MODES; m++)
        assert_int_equal(pthread_join(threads[m], NULL), 0);
    cvn_match_prepared_free(prepared);
    for (int m = 0; m < CVN_MATCH_MODES; m++) {
        assert_int_equal(shares[m].r, 0);
        cohort.problem.mode = (enum cvn_match_mode)m;
        struct cvn_match_result *alone = solve(&cohort, 1);
        const struct cvn_match_answer *answer = cvn_match_result_answer(shares[m].result);
        assert_same(cvn_match_result_answer(alone), answer);
        assert_ptr_equal(answer->candidates, cvn_match_result_answer(shares[0].result)->candidates);
        cvn_match_result_free(alone);
    }
    for (int m = 0; m < CVN_MATCH_MODES; m++)
        cvn_match_result_free(shares[m].result);
    cohort_deinit(&cohort);
}

static void test_no_mode_is_refused(void **state)
{
    struct cohort cohort;
    struct cvn_match_prepared *prepared;
    struct cvn_match_result *result;
    set_up(&cohort);
    assert_int_equal(cvn_match_prepared_new(&cohort.problem, NULL, &prepared), 0);
    assert_int_equal(cvn_match_prepared_solve(prepared, CVN_MATCH_MODES, NULL, &result),
                     CVN_MATCH_INVALID);
    cvn_match_prepared_free(prepared);
    cvn_match_prepared_free(NULL);
    cohort_deinit(&cohort);
}

static void test_first_fault_is_named_by_any_number_of_threads(void **state)
{
    struct cohort cohort;
    set_up(&cohort);
    struct cvn_match_result *result = solve(&cohort, 1);
    struct cvn_match_answer answer = *cvn_match_result_answer(result);
    size_t size = answer.first[MENTEES] * sizeof *answer.candidates;
    struct cvn_match_candidate *forged = malloc(size);
    memcpy(forged, answer.candidates, size);
    for (uint64_t e = answer.first[MENTEES] / 3; e < answer.first[MENTEES]; e += 50)
        forged[e].mentor_score++;
    answer.candidates = forged;
    struct cvn_error first = {""};
    for (size_t i = 0; i < sizeof crews / sizeof *crews; i++) {
        struct cvn_error err = {""};
        cohort.problem.n_threads = crews[i];
        assert_int_equal(
            cvn_match_check(&cohort.problem, &answer, CVN_MATCH_CHECK_CANDIDATES, NULL, &err),
            CVN_MATCH_VIOLATION);
        assert_non_null(strstr(err.text, "has other scores"));
        if (i == 0)
            first = err;
        assert_string_equal(err.text, first.text);
    }
    free(forged);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
}

static bool stop_at_third(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    int *n_calls = context;
    return phase != CVN_MATCH_PHASE_CANDIDATES || ++*n_calls < 3;
}

static void test_cancelling_ends_every_thread(void **state)
{
    struct cohort cohort;
    set_up(&cohort);
    for (size_t i = 0; i < sizeof crews / sizeof *crews; i++) {
        int n_calls = 0;
        struct cvn_match_progress progress = {stop_at_third, &n_calls};
        struct cvn_match_result *result;
        cohort.problem.n_threads = crews[i];
        /* Others may have done all the rest before this thread asks again: then it is the end. */
        int r = cvn_match_solve(&cohort.problem, &progress, &result);
        if (r == 0)
            cvn_match_result_free(result);
        else
            assert_int_equal(r, CVN_MATCH_CANCELLED);
        assert_true(n_calls <= 3);
        assert_true(r == CVN_MATCH_CANCELLED || crews[i] > 1);
    }
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(test_modes_share_what_is_prepared),
        cmocka_unit_test(test_no_mode_is_refused),
        cmocka_unit_test(test_first_fault_is_named_by_any_number_of_threads),
        cmocka_unit_test(test_cancelling_ends_every_thread),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
