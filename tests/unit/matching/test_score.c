#include "matching/score.h"

#include "tests/support/cmocka_all.h"
#include "tests/unit/matching/people.h"

#include <string.h>

/* The length of n^64 in bits less one, by squaring whole numbers. */
static uint32_t exact_log2_64ths(uint32_t n)
{
    uint32_t digits[96] = {n}, square[96];
    size_t n_digits = 1;
    for (int i = 0; i < 6; i++) {
        memset(square, 0, sizeof square);
        for (size_t a = 0; a < n_digits; a++) {
            uint64_t carry = 0;
            for (size_t b = 0; b < n_digits; b++) {
                carry += square[a + b] + (uint64_t)digits[a] * digits[b];
                square[a + b] = (uint32_t)carry;
                carry >>= 32;
            }
            square[a + n_digits] = (uint32_t)carry;
        }
        memcpy(digits, square, sizeof digits);
        n_digits *= 2;
        while (n_digits > 1 && digits[n_digits - 1] == 0)
            n_digits--;
    }
    return (uint32_t)n_digits * 32 - 1 - (uint32_t)__builtin_clz(digits[n_digits - 1]);
}

static void test_logarithm_is_exact(void **state)
{
    assert_int_equal(cvn_match_log2_64ths(0), 0);
    assert_int_equal(cvn_match_log2_64ths(1), 0);
    assert_int_equal(cvn_match_log2_64ths(2), 64);
    assert_int_equal(cvn_match_log2_64ths(3), 101); /* 1.58496 * 64 = 101.4 */
    for (uint32_t n = 1; n <= 5000; n++)
        assert_int_equal(cvn_match_log2_64ths(n), exact_log2_64ths(n));
    for (uint32_t n = 5001; n <= CVN_MATCH_MENTORS_MAX; n += 97)
        assert_int_equal(cvn_match_log2_64ths(n), exact_log2_64ths(n));
    for (uint32_t n = CVN_MATCH_MENTORS_MAX - 500; n <= CVN_MATCH_MENTORS_MAX; n++)
        assert_int_equal(cvn_match_log2_64ths(n), exact_log2_64ths(n));
}

static void test_skill_is_taught_by_how_far_the_mentor_is_above(void **state)
{
    assert_int_equal(cvn_match_taught(0, 0), 0);
    assert_int_equal(cvn_match_taught(2, 3), 2);
    assert_int_equal(cvn_match_taught(3, 3), 2);
    assert_int_equal(cvn_match_taught(4, 3), 6);
    assert_int_equal(cvn_match_taught(5, 3), 8);
    assert_int_equal(cvn_match_taught(5, 0), 8);
}

static void test_common_hours_are_counted_across_words(void **state)
{
    struct cvn_match_hours all = {{UINT64_MAX, UINT64_MAX, 0xffffffffffu}}, none = {{0}};
    struct cvn_match_hours ends = {{1, 0, (uint64_t)1 << 39}};
    assert_int_equal(cvn_match_count_hours(&all, &all), CVN_MATCH_WEEK_HOURS);
    assert_int_equal(cvn_match_count_hours(&all, &none), 0);
    assert_int_equal(cvn_match_count_hours(&all, &ends), 2);
    uint64_t x = 1;
    for (int i = 0; i < 1000; i++) {
        struct cvn_match_hours hours;
        uint32_t n = 0;
        for (int w = 0; w < 3; w++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            hours.bits[w] = w < 2 ? x : x & 0xffffffffffu;
            n += (uint32_t)__builtin_popcountll(hours.bits[w]);
        }
        assert_int_equal(cvn_match_count_hours(&all, &hours), n);
    }
}

/* Everything at its most with the greatest weights: nothing overflows. */
static void test_points_stay_within_their_weights_at_the_limits(void **state)
{
    struct cvn_match_weights weights;
    int16_t points[CVN_MATCH_TERMS];
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        weights.points[t] = CVN_MATCH_WEIGHT_MAX;
    uint32_t rarest = cvn_match_rarity(CVN_MATCH_MENTORS_MAX, 1);
    struct cvn_match_measure measure = {
        .skills_taught = CVN_MATCH_SKILLS_MAX * 8 * CVN_MATCH_PRIORITY_MAX * rarest,
        .skills_wanted = CVN_MATCH_SKILLS_MAX * 8 * CVN_MATCH_PRIORITY_MAX * rarest,
        .n_goals = CVN_MATCH_GOALS_MAX,
        .n_goals_wanted = CVN_MATCH_GOALS_MAX,
        .n_hours = CVN_MATCH_WEEK_HOURS,
        .n_languages = CVN_MATCH_LANGUAGES_MAX,
        .groups = CVN_MATCH_SHARED_GROUPS_MAX,
        .meetup_points = CVN_MATCH_MEETUP_POINTS_MAX,
        .waited_days = CVN_MATCH_WAITED_DAYS_MAX,
        .mentee_ranked = 1,
        .mentor_ranked = 1,
        .previous = true,
    };
    assert_true(measure.skills_wanted < 1 << 20);
    assert_int_equal(cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE, &weights, points),
                     CVN_MATCH_TERMS * CVN_MATCH_WEIGHT_MAX);
    measure = (struct cvn_match_measure){0};
    assert_int_equal(cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR, &weights, points), 0);
}

static void test_rarer_skill_weighs_more(void **state)
{
    assert_int_equal(cvn_match_rarity(100, 100), 64);
    assert_int_equal(cvn_match_rarity(128, 64), 128);
    assert_int_equal(cvn_match_rarity(128, 1), 64 + 7 * 64);
    assert_int_equal(cvn_match_rarity(128, 0), cvn_match_rarity(128, 1));
}

static int32_t ranked(int32_t by_mentee, int32_t by_mentor, enum cvn_match_side side)
{
    struct cvn_match_weights weights = {{0}};
    struct cvn_match_measure measure = {.mentee_ranked = by_mentee, .mentor_ranked = by_mentor};
    int16_t points[CVN_MATCH_TERMS];
    weights.points[CVN_MATCH_TERM_RANKING] = 400;
    return cvn_match_points(&measure, side, &weights, points);
}

static void test_own_ranking_counts_double(void **state)
{
    assert_int_equal(ranked(0, 0, CVN_MATCH_SIDE_MENTEE), 0);
    assert_int_equal(ranked(1, 0, CVN_MATCH_SIDE_MENTEE), 400);
    assert_int_equal(ranked(20, 0, CVN_MATCH_SIDE_MENTEE), 20);
    assert_int_equal(ranked(0, 1, CVN_MATCH_SIDE_MENTEE), 200);
    assert_int_equal(ranked(0, 1, CVN_MATCH_SIDE_MENTOR), 400);
    assert_int_equal(ranked(1, 1, CVN_MATCH_SIDE_MENTOR), 400);
    assert_int_equal(ranked(11, 11, CVN_MATCH_SIDE_MENTOR), 300);
}

static void test_every_term_has_a_name(void **state)
{
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        assert_non_null(cvn_match_term_name((enum cvn_match_term)t));
    assert_string_equal(cvn_match_term_name(CVN_MATCH_TERM_RANKING), "ranking");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithm_is_exact),
        cmocka_unit_test(test_skill_is_taught_by_how_far_the_mentor_is_above),
        cmocka_unit_test(test_common_hours_are_counted_across_words),
        cmocka_unit_test(test_points_stay_within_their_weights_at_the_limits),
        cmocka_unit_test(test_rarer_skill_weighs_more),
        cmocka_unit_test(test_own_ranking_counts_double),
        cmocka_unit_test(test_every_term_has_a_name),
    };
    return cmocka_run_group_tests_name("matching score", tests, NULL, NULL);
}
