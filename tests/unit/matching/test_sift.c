/* That sifting leaves out nobody who could matter, in wide registers and without. */
#include "bench/cohort.h"
#include "matching/hours.h"
#include "matching/measure.h"
#include "matching/prepare.h"
#include "matching/sift.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { MENTEES = 6, MENTORS = 5000, ROUNDS = 12 }; /* two blocks */

struct trial {
    struct cohort people;
    struct cvn_match_cohort cohort;
    struct cvn_match_graph graph;
    struct cvn_match_sifter *sifter;
};

static void begin(struct trial *trial, uint64_t *random)
{
    struct cohort_shape shape = cohort_shape_of(MENTEES, cohort_random(random));
    shape.n_mentors = MENTORS;
    shape.n_skills = 1 + cohort_below(random, 400); /* some are lists */
    shape.n_zones = 1 + cohort_below(random, 4);
    assert_int_equal(cohort_init(&trial->people, &shape), 0);
    struct cvn_match_rules *rules = &trial->people.problem.rules;
    rules->require_skill = cohort_below(random, 2);
    rules->require_level = cohort_below(random, 2);
    rules->require_language = cohort_below(random, 2);
    rules->min_common_hours = (int32_t)cohort_below(random, 5);
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        if (cohort_below(random, 4) == 0)
            trial->people.problem.mentee_weights.points[t] = (int32_t)cohort_below(random, 1001);
    assert_int_equal(cvn_match_prepare(&trial->people.problem, NULL, &trial->cohort, &trial->graph),
                     0);
    trial->sifter = malloc(sizeof *trial->sifter);
    assert_non_null(trial->sifter);
    cvn_match_sifter_init(trial->sifter, &trial->cohort);
}

static void end(struct trial *trial)
{
    free(trial->sifter);
    cvn_match_graph_deinit(&trial->graph);
    cvn_match_cohort_deinit(&trial->cohort);
    cohort_deinit(&trial->people);
}

/* Whether all of the block who are worth as much are listed, each as a pair alone is scored. */
static void check_block(const struct trial *trial, uint32_t mentee, size_t block,
                        const struct cvn_match_wish *wish, int32_t points, uint32_t n)
{
    const struct cvn_match_cohort *cohort = &trial->cohort;
    struct cvn_match_sieve *sieve = &trial->sifter->sieve;
    uint32_t at = 0, first = (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
    cvn_match_sieve_block(cohort, mentee, block, sieve);
    const uint64_t *allowed = sieve->rows[CVN_MATCH_RULE_NONE];
    for (uint32_t i = 0; i < CVN_MATCH_BLOCK_MENTORS && first + i < cohort->mentors.n; i++) {
        const struct cvn_match_prospect *prospect = &trial->sifter->prospects[at];
        struct cvn_match_measure measure;
        int16_t of_term[CVN_MATCH_TERMS];
        bool is_listed = at < n && prospect->mentor == first + i;
        at += is_listed;
        bool is_allowed = allowed[i / 64] >> i % 64 & 1;
        assert_true(is_allowed || !is_listed);
        if (!is_allowed || cvn_match_specials_find(&cohort->specials, mentee, first + i)) {
            assert_false(is_listed);
            continue;
        }
        cvn_match_measure_pair(cohort, mentee, first + i, &measure);
        int32_t score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                                         &cohort->problem->mentee_weights, of_term);
        assert_true(is_listed || score < points);
        if (is_listed)
            assert_int_equal(cvn_match_prospect_points(prospect, wish), score);
    }
    assert_int_equal(at, n);
}

static void test_nobody_is_left_out(void **state)
{
    uint64_t random = 5, n_listed = 0;
    struct trial trial;
    for (int round = 0; round < ROUNDS; round++) {
        begin(&trial, &random);
        bool wide = trial.sifter->is_wide;
        for (uint32_t mentee = 0; mentee < MENTEES; mentee++) {
            struct cvn_match_wish wish;
            struct cvn_match_bar bar;
            int32_t points = (int32_t)cohort_below(&random, 900);
            cvn_match_wish_init(&wish, &trial.cohort, mentee, CVN_MATCH_WISH_MENTEE);
            cvn_match_bar_set(&bar, &wish, points);
            cvn_match_sift_for(trial.sifter, &wish);
            for (size_t block = 0; block < trial.cohort.n_blocks; block++)
                for (int w = 0; w <= wide; w++) {
                    trial.sifter->is_wide = w;
                    uint32_t n = cvn_match_sift(trial.sifter, mentee, &wish, &bar, block);
                    check_block(&trial, mentee, block, &wish, points, n);
                    n_listed += n;
                }
        }
        end(&trial);
    }
    assert_true(n_listed > 1000); /* the trials mean something */
}

static void test_special_pairs_obey_the_rules(void **state)
{
    uint64_t random = 6, n[2] = {0};
    struct trial trial;
    for (int round = 0; round < 4 * ROUNDS; round++) {
        begin(&trial, &random);
        const struct cvn_match_specials *specials = &trial.cohort.specials;
        for (uint32_t mentee = 0; mentee < MENTEES; mentee++)
            for (size_t i = specials->first[mentee]; i < specials->end[mentee]; i++) {
                uint32_t mentor = specials->items[i].mentor, at = mentor % CVN_MATCH_BLOCK_MENTORS;
                cvn_match_sieve_block(&trial.cohort, mentee, mentor / CVN_MATCH_BLOCK_MENTORS,
                                      &trial.sifter->sieve);
                bool is_allowed =
                    trial.sifter->sieve.rows[CVN_MATCH_RULE_NONE][at / 64] >> at % 64 & 1;
                assert_int_equal(
                    cvn_match_allow_special(&trial.cohort, mentee, &specials->items[i]),
                    is_allowed);
                n[is_allowed]++;
            }
        end(&trial);
    }
    assert_true(n[0] > 20 && n[1] > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_left_out),
        cmocka_unit_test(test_special_pairs_obey_the_rules),
    };
    return cmocka_run_group_tests_name("sift", tests, NULL, NULL);
}
