/* Sorting, looking up and preparing millions: right at the seams, and cancelled at any of them. */
#include "bench/cohort.h"
#include "matching/prepared.h"
#include "matching/sort.h"
#include "matching/validate.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 15 };

struct item {
    uint32_t key;
    uint32_t place;
};

static int by_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Says no at the given call, or never for 0. */
struct refusal {
    uint64_t n_calls;
    uint64_t at;
};

static bool refuse(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    struct refusal *refusal = context;
    assert_true(done <= total);
    return ++refusal->n_calls != refusal->at;
}

static struct item *shuffled(size_t n, uint64_t *random)
{
    struct item *items = malloc((n + 1) * sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct item){cohort_below(random, (uint32_t)(n / 2 + 1)), (uint32_t)i};
    return items;
}

static void test_sorted_at_every_seam(void **state)
{
    static const size_t sizes[] = {
        0, 1, 2, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1, 3 * PIECE + 17};
    uint64_t random = 3;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        struct item *items = shuffled(n, &random);
        assert_int_equal(cvn_match_sort(items, n, sizeof *items, by_key, NULL), 0);
        uint64_t places = 0;
        for (size_t i = 0; i < n; i++) {
            assert_true(i == 0 || items[i - 1].key <= items[i].key);
            places += items[i].place;
        }
        assert_int_equal(places, n ? n * (n - 1) / 2 : 0); /* everybody once */
        free(items);
    }
}

static void test_sorting_ends_when_told(void **state)
{
    uint64_t random = 4;
    size_t n = 5 * PIECE;
    struct refusal never = {0, 0};
    for (uint64_t at = 0; at == 0 || at <= never.n_calls; at++) {
        struct refusal refusal = {0, at};
        struct cvn_match_progress progress = {refuse, at ? &refusal : &never};
        struct cvn_match_pace pace = {.progress = &progress, .total = n};
        struct item *items = shuffled(n, &random);
        int r = cvn_match_sort(items, n, sizeof *items, by_key, &pace);
        assert_int_equal(r, at ? CVN_MATCH_CANCELLED : 0);
        assert_true(at == 0 || refusal.n_calls == at);
        free(items);
    }
    assert_true(never.n_calls > 5);
}

/* Ids that are spread evenly, crowd together, or are all but equal. */
static void test_everybody_is_found_however_ids_are_spread(void **state)
{
    enum { N = 3000 };
    static struct cvn_match_mentor mentors[N];
    uint64_t random = 5;
    for (int spread = 0; spread < 4; spread++) {
        memset(mentors, 0, sizeof mentors);
        for (size_t i = 0; i < N; i++) {
            uint8_t *bytes = mentors[i].person.id.bytes;
            uint64_t number = spread == 0   ? cohort_random(&random)
                              : spread == 1 ? (uint64_t)i << 8
                              : spread == 2 ? (uint64_t)1 << cohort_below(&random, 64)
                                            : 0;
            for (int b = 0; b < 8; b++)
                bytes[b] = (uint8_t)(number >> (56 - 8 * b));
            bytes[14] = (uint8_t)(i >> 8); /* no two are the same */
            bytes[15] = (uint8_t)i;
        }
        struct cvn_match_problem problem = {.mentors = mentors, .n_mentors = N};
        struct cvn_match_directory directory;
        assert_int_equal(cvn_match_directory_init_mentors(&directory, &problem, NULL), 0);
        for (size_t i = 0; i < N; i++) {
            struct cvn_id id = mentors[i].person.id;
            uint32_t at = cvn_match_directory_find(&directory, &id);
            assert_true(at < N && directory.rows[at] == i);
            id.bytes[13] ^= 1;
            assert_int_equal(cvn_match_directory_find(&directory, &id), CVN_MATCH_NOBODY);
        }
        cvn_match_directory_deinit(&directory);
    }
}

/* That every step of preparing and checking a larger cohort can be the last. */
static void test_preparing_and_checking_end_when_told(void **state)
{
    struct cohort_shape shape = cohort_shape_of(40000, 6);
    shape.n_mentors = 300;
    struct cohort cohort;
    assert_int_equal(cohort_init(&cohort, &shape), 0);
    struct refusal never = {0, 0};
    struct cvn_match_progress progress = {refuse, &never};
    struct cvn_match_prepared *prepared = NULL;
    struct cvn_match_result *result = NULL;
    cohort.problem.candidates_per_mentee = 1;
    assert_int_equal(cvn_match_prepared_new(&cohort.problem, &progress, &prepared), 0);
    assert_true(never.n_calls > 20);
    uint64_t n_calls = never.n_calls;
    assert_int_equal(cvn_match_prepared_solve(prepared, CVN_MATCH_STABLE, NULL, &result), 0);
    for (uint64_t at = 1; at <= n_calls; at += 7) {
        struct refusal refusal = {0, at};
        struct cvn_match_prepared *other = NULL;
        progress.context = &refusal;
        assert_int_equal(cvn_match_prepared_new(&cohort.problem, &progress, &other),
                         CVN_MATCH_CANCELLED);
        assert_null(other);
    }
    for (uint64_t at = 1; at <= 12; at++) {
        struct refusal refusal = {0, at};
        progress.context = &refusal;
        assert_int_equal(cvn_match_check(&cohort.problem, cvn_match_result_answer(result),
                                         CVN_MATCH_CHECK_CANDIDATES, &progress, NULL),
                         CVN_MATCH_CANCELLED);
    }
    cvn_match_result_free(result);
    cvn_match_prepared_free(prepared);
    cohort_deinit(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_at_every_seam),
        cmocka_unit_test(test_sorting_ends_when_told),
        cmocka_unit_test(test_everybody_is_found_however_ids_are_spread),
        cmocka_unit_test(test_preparing_and_checking_end_when_told),
    };
    return cmocka_run_group_tests_name("sort", tests, NULL, NULL);
}
