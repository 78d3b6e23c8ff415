/* What is kept of the events service's answers, how long a run may take, and masks. */
#include "cohort/cohort.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/attendance_cache.h"
#include "services/mentoring/rules/estimate.h"
#include "services/mentoring/runs/queue.h"
#include "services/runtime/field_mask.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

static struct cvn_attendance_key key_of(uint8_t subject, uint8_t person)
{
    return (struct cvn_attendance_key){.subject = {{subject}}, .person = {{person}}};
}

static bool recall(struct cvn_attendance_cache *cache, struct cvn_attendance_key key, char ret[16])
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_slice found;
    uint64_t number;
    if (!cvn_attendance_cache_get(cache, &key, &arena, &found, &number))
        return false;
    assert_true(found.len < 16);
    memcpy(ret, found.data, found.len);
    ret[found.len] = '\0';
    return true;
}

static void keep(struct cvn_attendance_cache *cache, struct cvn_attendance_key key,
                 const char *text)
{
    cvn_attendance_cache_put(cache, &key, cvn_slice_of_string(text), 0);
}

static void test_attendance_is_kept_apart_by_who_was_told(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    char text[16];
    assert_int_equal(cvn_attendance_cache_new(&cache, 0), 0);
    assert_false(recall(cache, key_of(0, 1), text));
    keep(cache, key_of(0, 1), "own");
    keep(cache, key_of(7, 1), "seven's");
    assert_true(recall(cache, key_of(0, 1), text));
    assert_string_equal(text, "own");
    assert_true(recall(cache, key_of(7, 1), text));
    assert_string_equal(text, "seven's");
    assert_false(recall(cache, key_of(8, 1), text));
    assert_false(recall(cache, key_of(7, 2), text));
    keep(cache, key_of(7, 1), "other");
    assert_true(recall(cache, key_of(7, 1), text));
    assert_string_equal(text, "other");
    cvn_attendance_cache_free(cache);
}

static size_t bytes_of_one(void);

/* A cohort that is larger than what is kept finds a part of itself again, not nothing. */
static void test_attendance_cache_at_its_bound_keeps_what_is_as_new(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    char text[16];
    struct cvn_attendance_key old = key_of(0, 9),
                              keys[] = {key_of(0, 1), key_of(0, 2), key_of(0, 3)};
    assert_int_equal(cvn_attendance_cache_new(&cache, 2 * bytes_of_one()), 0);
    cvn_attendance_cache_put(cache, &old, cvn_slice_of_string("0123456789"), 1);
    for (size_t i = 0; i < 3; i++)
        cvn_attendance_cache_put(cache, &keys[i], cvn_slice_of_string("0123456789"), 2);
    assert_false(recall(cache, old, text));
    assert_true(recall(cache, keys[0], text));
    assert_true(recall(cache, keys[1], text));
    assert_false(recall(cache, keys[2], text));
    cvn_attendance_cache_renew(cache, &keys[0], 3);
    cvn_attendance_cache_renew(cache, &keys[1], 3);
    cvn_attendance_cache_put(cache, &keys[2], cvn_slice_of_string("0123456789"), 3);
    assert_false(recall(cache, keys[2], text));
    cvn_attendance_cache_put(cache, &keys[2], cvn_slice_of_string("0123456789"), 4);
    assert_true(recall(cache, keys[2], text));
    cvn_attendance_cache_free(cache);
}

static void test_marks_are_kept_of_as_many_subjects_as_may_be(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    struct cvn_attendance_stand stand;
    char mark[CVN_ATTENDANCE_MARK_BYTES + 1];
    assert_int_equal(cvn_attendance_cache_new(&cache, 0), 0);
    cvn_attendance_cache_stand(cache, &(struct cvn_id){{0}}, &stand);
    assert_int_equal(stand.number, 0);
    for (uint8_t i = 0; i < CVN_ATTENDANCE_MARKS_MAX; i++)
        assert_int_equal(cvn_attendance_cache_note(cache, &(struct cvn_id){{i}}, "a", 0), i + 1);
    assert_int_equal(cvn_attendance_cache_note(cache, &(struct cvn_id){{0}}, "b", 1), 1);
    cvn_attendance_cache_stand(cache, &(struct cvn_id){{0}}, &stand);
    assert_int_equal(stand.number, 1);
    assert_string_equal(stand.mark, "b");
    (void)cvn_attendance_cache_note(cache, &(struct cvn_id){{99}}, "c", 0);
    cvn_attendance_cache_stand(cache, &(struct cvn_id){{1}}, &stand); /* not used longest */
    assert_int_equal(stand.number, 0);
    cvn_attendance_cache_stand(cache, &(struct cvn_id){{0}}, &stand);
    assert_int_equal(stand.number, 1);
    assert_int_equal(cvn_attendance_cache_note(cache, &(struct cvn_id){{0}}, "", 1), 0);
    memset(mark, 'm', sizeof mark);
    mark[CVN_ATTENDANCE_MARK_BYTES] = '\0';
    assert_int_equal(cvn_attendance_cache_note(cache, &(struct cvn_id){{0}}, mark, 0), 0);
    mark[CVN_ATTENDANCE_MARK_BYTES - 1] = '\0';
    assert_int_not_equal(cvn_attendance_cache_note(cache, &(struct cvn_id){{0}}, mark, 0), 0);
    cvn_attendance_cache_free(cache);
}

static size_t bytes_of_one(void)
{
    struct cvn_attendance_cache *cache;
    assert_int_equal(cvn_attendance_cache_new(&cache, 0), 0);
    keep(cache, key_of(0, 1), "0123456789");
    size_t one = cvn_attendance_cache_bytes(cache);
    cvn_attendance_cache_free(cache);
    return one;
}

/* The number of what is kept. */
static uint64_t number_of(struct cvn_attendance_cache *cache, struct cvn_attendance_key key)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_slice found;
    uint64_t number;
    assert_true(cvn_attendance_cache_get(cache, &key, &arena, &found, &number));
    return number;
}

static void test_what_has_not_changed_is_carried_to_a_new_number(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    const struct cvn_id changed[] = {{{2}}, {{4}}};
    const uint64_t numbers[] = {7, 8}, none[] = {0, 9};
    assert_int_equal(cvn_attendance_cache_new(&cache, 0), 0);
    for (uint8_t person = 1; person <= 3; person++) {
        struct cvn_attendance_key one = key_of(5, person), other = key_of(6, person);
        cvn_attendance_cache_put(cache, &one, cvn_slice_of_string("x"), person == 3 ? 6 : 7);
        cvn_attendance_cache_put(cache, &other, cvn_slice_of_string("x"), 7);
    }
    cvn_attendance_cache_carry(cache, &(struct cvn_id){{5}}, numbers, changed, 2);
    assert_int_equal(number_of(cache, key_of(5, 1)), 8);
    assert_int_equal(number_of(cache, key_of(5, 2)), 7); /* changed */
    assert_int_equal(number_of(cache, key_of(5, 3)), 6); /* older */
    assert_int_equal(number_of(cache, key_of(6, 1)), 7); /* another subject's */
    struct cvn_attendance_key old = key_of(5, 4);
    cvn_attendance_cache_put(cache, &old, cvn_slice_of_string("x"), 0);
    cvn_attendance_cache_carry(cache, &(struct cvn_id){{5}}, none, NULL, 0);
    assert_int_equal(number_of(cache, old), 0);
    cvn_attendance_cache_free(cache);
}

static void test_attendance_cache_drops_at_its_bound_what_was_not_asked_for_longest(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    char text[16];
    size_t one = bytes_of_one();
    assert_int_equal(cvn_attendance_cache_new(&cache, 3 * one), 0);
    for (uint8_t n = 1; n <= 3; n++)
        keep(cache, key_of(n, 1), "0123456789");
    assert_int_equal(cvn_attendance_cache_bytes(cache), 3 * one);
    assert_true(recall(cache, key_of(1, 1), text));
    keep(cache, key_of(4, 1), "0123456789");
    assert_int_equal(cvn_attendance_cache_bytes(cache), 3 * one);
    assert_false(recall(cache, key_of(2, 1), text));
    for (uint8_t n = 1; n <= 4; n++)
        assert_true(n == 2 || recall(cache, key_of(n, 1), text));
    cvn_attendance_cache_free(cache);
}

static void test_what_is_larger_than_the_cache_is_not_kept(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    char text[16];
    size_t one = bytes_of_one();
    assert_int_equal(cvn_attendance_cache_new(&cache, one), 0);
    keep(cache, key_of(0, 1), "0123456789+");
    assert_false(recall(cache, key_of(0, 1), text));
    assert_int_equal(cvn_attendance_cache_bytes(cache), 0);
    keep(cache, key_of(0, 1), "0123456789");
    assert_true(recall(cache, key_of(0, 1), text));
    cvn_attendance_cache_free(cache);
}

/* CVN_ATTENDANCE_CACHE_BYTES_MAX stands for 0. */
static void test_the_bound_that_is_kept_to_unless_told(void **state)
{
    (void)state;
    struct cvn_attendance_cache *cache;
    CVN_ARENA_AUTO arena;
    char text[16];
    size_t room = (size_t)CVN_ATTENDANCE_CACHE_BYTES_MAX - (bytes_of_one() - 10);
    cvn_arena_init(&arena, 2 * room);
    struct cvn_attendance_key key = key_of(0, 1);
    struct cvn_slice large = {cvn_arena_alloc(&arena, room + 1), room + 1};
    assert_non_null(large.data);
    assert_int_equal(cvn_attendance_cache_new(&cache, 0), 0);
    keep(cache, key_of(0, 2), "small");
    cvn_attendance_cache_put(cache, &key, large, 0);
    assert_true(recall(cache, key_of(0, 2), text));
    large.len = room;
    cvn_attendance_cache_put(cache, &key, large, 0);
    assert_int_equal(cvn_attendance_cache_bytes(cache), CVN_ATTENDANCE_CACHE_BYTES_MAX);
    assert_false(recall(cache, key_of(0, 2), text));
    cvn_attendance_cache_free(cache);
}

static void test_progress_rises_over_the_steps_to_the_whole(void **state)
{
    (void)state;
    int last = 0;
    for (int step = 0; step < CVN_RUN_STEPS; step++)
        for (uint64_t done = 0; done <= 4; done++) {
            int now = cvn_run_thousandths((enum cvn_run_step)step, done, 4);
            assert_true(now >= last);
            last = now;
        }
    assert_int_equal(last, 1000);
    assert_int_equal(cvn_run_thousandths(CVN_RUN_STEP_READ, 0, 0), 0);
    assert_int_equal(cvn_run_thousandths(CVN_RUN_STEP_ASK, 9, 4),
                     cvn_run_thousandths(CVN_RUN_STEP_ASK, 4, 4));
}

static void test_estimate_is_in_proportion_and_not_given_too_early(void **state)
{
    (void)state;
    assert_int_equal(cvn_run_remaining_ms(500, 1000), 1000);
    assert_int_equal(cvn_run_remaining_ms(250, 1000), 3000);
    assert_int_equal(cvn_run_remaining_ms(19, 1000), 0);
    assert_int_equal(cvn_run_remaining_ms(1000, 1000), 0);
    assert_int_equal(cvn_run_remaining_ms(500, 0), 0);
}

static void test_memory_rises_with_people_and_candidates(void **state)
{
    (void)state;
    assert_true(cvn_run_memory_bytes(10, 10, 32) < cvn_run_memory_bytes(10, 20, 32));
    assert_true(cvn_run_memory_bytes(10, 10, 32) < cvn_run_memory_bytes(10, 10, 64));
    assert_true(cvn_run_memory_bytes(2500, 10000, 32) < CVN_RUNS_MEMORY_BYTES_MAX);
    assert_true(cvn_run_shared_bytes(10, 10) < cvn_run_shared_bytes(10, 11));
    assert_int_equal(cvn_run_shared_bytes(CVN_COHORT_PAIRS_MAX, 1),
                     cvn_run_shared_bytes(CVN_COHORT_PAIRS_MAX, 2));
}

static void test_mask_changes_a_field_within_a_message(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Mentoring__V1__Program to = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__Program from = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__MatchRules before = CONVENE__MENTORING__V1__MATCH_RULES__INIT;
    Convene__Mentoring__V1__MatchRules asked = CONVENE__MENTORING__V1__MATCH_RULES__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char hours[] = "rules.min_common_hours", weights[] = "mentee_weights.skills", name[] = "name";
    char *paths[] = {hours, weights, name};
    mask.paths = paths;
    mask.n_paths = 3;
    before.allow_lower_level = true;
    asked.min_common_hours = 4;
    to.rules = &before;
    from.rules = &asked;
    from.name = name;
    assert_int_equal(cvn_field_mask_apply_deep(&arena, &mask, &to.base, &from.base), 0);
    assert_int_equal(to.rules->min_common_hours, 4);
    assert_true(to.rules->allow_lower_level);
    assert_int_equal(before.min_common_hours, 0); /* what was shared is not written to */
    assert_int_equal(to.mentee_weights->skills, 0);
    assert_string_equal(to.name, "name");
    assert_true(cvn_field_mask_names_within(&mask, "rules"));
    assert_false(cvn_field_mask_names_within(&mask, "rule"));
    assert_false(cvn_field_mask_names(&mask, "rules"));
}

static void test_mask_names_what_it_may_not_change(void **state)
{
    (void)state;
    static const char *const changeable[] = {"name", "rules"};
    const struct cvn_field_mask_rule rule = {.resource = "Program",
                                             .example = "name is one",
                                             .changeable = changeable,
                                             .n = 2,
                                             .deep = &convene__mentoring__v1__program__descriptor};
    const struct {
        const char *path;
        bool right;
    } cases[] = {{"name", true},           {"rules", true},   {"rules.min_common_hours", true},
                 {"rules.nothing", false}, {"id", false},     {"", false},
                 {"name.first", false},    {"rules.", false}, {".", false},
                 {"mentor_count", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CVN_ARENA_AUTO arena;
        struct cvn_problems problems;
        Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
        char *path = (char *)(uintptr_t)cases[i].path;
        cvn_arena_init(&arena, ARENA_BYTES);
        cvn_problems_init(&problems, &arena);
        mask.paths = &path;
        mask.n_paths = 1;
        cvn_field_mask_check(&problems, &mask, &rule);
        if ((problems.total == 0) != cases[i].right)
            fail_msg("\"%s\"", path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attendance_is_kept_apart_by_who_was_told),
        cmocka_unit_test(test_attendance_cache_drops_at_its_bound_what_was_not_asked_for_longest),
        cmocka_unit_test(test_attendance_cache_at_its_bound_keeps_what_is_as_new),
        cmocka_unit_test(test_marks_are_kept_of_as_many_subjects_as_may_be),
        cmocka_unit_test(test_what_has_not_changed_is_carried_to_a_new_number),
        cmocka_unit_test(test_what_is_larger_than_the_cache_is_not_kept),
        cmocka_unit_test(test_the_bound_that_is_kept_to_unless_told),
        cmocka_unit_test(test_progress_rises_over_the_steps_to_the_whole),
        cmocka_unit_test(test_estimate_is_in_proportion_and_not_given_too_early),
        cmocka_unit_test(test_memory_rises_with_people_and_candidates),
        cmocka_unit_test(test_mask_changes_a_field_within_a_message),
        cmocka_unit_test(test_mask_names_what_it_may_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
