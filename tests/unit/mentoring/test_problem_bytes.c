/* A problem as bytes: what is read is what was written. */
#include "bench/cohort.h"
#include "cohort/problem_bytes.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 64 << 20 };

/* People begin with their ids. */
static int compare_people(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

static void set_up(struct cohort *cohort, size_t n_mentees)
{
    struct cohort_shape shape = cohort_shape_of(n_mentees, 3);
    shape.n_skills = 12;
    assert_int_equal(cohort_init(cohort, &shape), 0);
    qsort(cohort->mentors, cohort->problem.n_mentors, sizeof *cohort->mentors, compare_people);
    qsort(cohort->mentees, cohort->problem.n_mentees, sizeof *cohort->mentees, compare_people);
}

static void assert_same_answers(const struct cvn_match_problem *a,
                                const struct cvn_match_problem *b)
{
    struct cvn_match_result *x, *y;
    assert_int_equal(cvn_match_solve(a, NULL, &x), 0);
    assert_int_equal(cvn_match_solve(b, NULL, &y), 0);
    const struct cvn_match_answer *p = cvn_match_result_answer(x), *q = cvn_match_result_answer(y);
    assert_int_equal(p->n_pairs, q->n_pairs);
    assert_true(p->n_pairs > 0);
    assert_memory_equal(p->pairs, q->pairs, p->n_pairs * sizeof *p->pairs);
    cvn_match_result_free(x);
    cvn_match_result_free(y);
}

static void test_what_is_read_solves_to_the_same_pairs(void **state)
{
    (void)state;
    struct cohort cohort;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    set_up(&cohort, 120);
    struct cvn_match_problem problem = cohort.problem, again;
    struct cvn_slice bytes, twice;
    problem.mode = CVN_MATCH_FAIR;
    problem.seed = UINT64_C(0xfedcba9876543210);
    assert_int_equal(cvn_problem_write(&problem, &arena, &bytes), 0);
    assert_int_equal(cvn_problem_read(bytes, &arena, &again), 0);
    assert_int_equal(cvn_problem_write(&again, &arena, &twice), 0);
    assert_int_equal(cvn_slice_compare(bytes, twice), 0);
    assert_int_equal(again.n_shared, problem.n_shared);
    assert_memory_equal(again.shared, problem.shared, problem.n_shared * sizeof *problem.shared);
    assert_same_answers(&problem, &again);
    cohort_deinit(&cohort);
}

/* Every list that a person and a problem can have. */
static void test_every_list_is_kept(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_id ids[] = {{{1}}, {{2}}, {{3}}};
    const uint32_t tags[] = {7, UINT32_MAX};
    const struct cvn_match_skill skills[] = {{.skill = 5, .level = 4, .priority = 3}};
    struct cvn_match_mentor mentor = {
        .person = {.id = ids[0],
                   .skills = skills,
                   .n_skills = 1,
                   .goals = 9,
                   .conflict_tags = tags,
                   .n_conflict_tags = 2,
                   .excluded = {ids, 1},
                   .ranked = {ids + 1, 2},
                   .previous = {ids, 3}},
        .capacity = 4,
    };
    struct cvn_match_mentee mentee = {.person.id = ids[1], .waited_days = 12};
    struct cvn_match_shared shared = {ids[0], ids[1], 250, 2};
    struct cvn_match_pair_ids pair = {ids[0], ids[1]};
    struct cvn_match_problem again, problem = {
                                        .mentors = &mentor,
                                        .n_mentors = 1,
                                        .mentees = &mentee,
                                        .n_mentees = 1,
                                        .n_skills = 6,
                                        .shared = &shared,
                                        .n_shared = 1,
                                        .locked = &pair,
                                        .n_locked = 1,
                                        .forbidden = &pair,
                                        .n_forbidden = 1,
                                    };
    struct cvn_slice bytes;
    assert_int_equal(cvn_problem_write(&problem, &arena, &bytes), 0);
    assert_int_equal(cvn_problem_read(bytes, &arena, &again), 0);
    const struct cvn_match_person *p = &again.mentors[0].person;
    assert_memory_equal(p->conflict_tags, tags, sizeof tags);
    assert_memory_equal(p->skills, skills, sizeof skills);
    assert_int_equal(p->previous.n, 3);
    assert_memory_equal(p->ranked.items, ids + 1, 2 * sizeof *ids);
    assert_int_equal(again.mentees[0].waited_days, 12);
    assert_memory_equal(again.locked, &pair, sizeof pair);
    assert_memory_equal(again.forbidden, &pair, sizeof pair);
    assert_memory_equal(again.shared, &shared, sizeof shared);

    /* Nothing shorter, and nothing longer, is a problem. */
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_equal(cvn_problem_read(cvn_slice(bytes.data, n), &arena, &again), -EBADMSG);
    char *longer = cvn_arena_alloc(&arena, bytes.len + 1);
    memcpy(longer, bytes.data, bytes.len);
    assert_int_equal(cvn_problem_read(cvn_slice(longer, bytes.len + 1), &arena, &again), -EBADMSG);
    longer[0]++; /* of a version to come */
    assert_int_equal(cvn_problem_read(cvn_slice(longer, bytes.len), &arena, &again), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_solves_to_the_same_pairs),
        cmocka_unit_test(test_every_list_is_kept),
    };
    return cmocka_run_group_tests_name("problem bytes", tests, NULL, NULL);
}
