#include "cohort/cohort.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define MENTOR CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
#define MENTEE CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE

enum { MONDAY = 1, SUNDAY = 7, ARENA_BYTES = 16 << 20 };

/* 2026-01-15 and 2026-07-15, at noon UTC. */
static const int64_t in_january = INT64_C(1768478400000), in_july = INT64_C(1784116800000);

struct bench {
    struct cvn_zones *zones;
    struct cvn_arena arena;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_int_equal(cvn_zones_new(&bench->zones), 0);
    cvn_arena_init(&bench->arena, ARENA_BYTES);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    cvn_arena_deinit(&bench->arena);
    cvn_zones_free(bench->zones);
    free(bench);
    return 0;
}

struct span {
    int weekday, start_minute, end_minute;
};

static struct cvn_match_hours hours_of(struct bench *bench, const char *zone_name, int64_t at_ms,
                                       const struct span *spans, size_t n)
{
    Convene__Mentoring__V1__WeeklySpan items[8], *pointers[8];
    const struct cvn_zone *zone;
    assert_int_equal(cvn_zones_find(bench->zones, zone_name, &zone), 0);
    for (size_t i = 0; i < n; i++) {
        convene__mentoring__v1__weekly_span__init(&items[i]);
        items[i].weekday = spans[i].weekday;
        items[i].start_minute = spans[i].start_minute;
        items[i].end_minute = spans[i].end_minute;
        pointers[i] = &items[i];
    }
    return cvn_cohort_hours(zone, at_ms, pointers, n);
}

/* Asserts that exactly the hours [first, first + n) of the UTC week are set, around its end. */
static void assert_hours(struct cvn_match_hours hours, int first, int n)
{
    for (int hour = 0; hour < CVN_MATCH_WEEK_HOURS; hour++) {
        bool expected = (hour - first + CVN_MATCH_WEEK_HOURS) % CVN_MATCH_WEEK_HOURS < n;
        bool got = hours.bits[hour / 64] >> hour % 64 & 1;
        if (got != expected)
            fail_msg("hour %d is%s set", hour, got ? "" : " not");
    }
    assert_int_equal(hours.bits[2] >> (CVN_MATCH_WEEK_HOURS - 128), 0);
}

static const struct span monday_evening = {MONDAY, 18 * 60, 20 * 60};

static void test_hours_in_whole_zones_by_season(void **state)
{
    const struct span *span = &monday_evening;
    assert_hours(hours_of(*state, "UTC", in_july, span, 1), 18, 2);
    assert_hours(hours_of(*state, "America/New_York", in_january, span, 1), 23, 2);
    assert_hours(hours_of(*state, "America/New_York", in_july, span, 1), 22, 2);
    assert_hours(hours_of(*state, "Europe/Berlin", in_january, span, 1), 17, 2);
    assert_hours(hours_of(*state, "Europe/Berlin", in_july, span, 1), 16, 2);
}

/* 18:00 to 20:00 is 12:30 to 14:30 UTC, of which one hour is whole. */
static void test_hours_in_half_hour_zones_round_inwards(void **state)
{
    assert_hours(hours_of(*state, "Asia/Kolkata", in_january, &monday_evening, 1), 13, 1);
    assert_hours(hours_of(*state, "Asia/Kolkata", in_july, &monday_evening, 1), 13, 1);
    assert_hours(hours_of(*state, "Asia/Kathmandu", in_july, &monday_evening, 1), 13, 1);
    assert_hours(hours_of(*state, "Asia/Kolkata", in_july,
                          &(struct span){MONDAY, 18 * 60 + 30, 20 * 60 + 30}, 1),
                 13, 2);
}

static void test_hours_of_part_hours(void **state)
{
    struct span span = {MONDAY, 18 * 60 + 1, 19 * 60 + 59};
    assert_hours(hours_of(*state, "UTC", in_july, &span, 1), 0, 0);
    span.end_minute = 20 * 60;
    assert_hours(hours_of(*state, "UTC", in_july, &span, 1), 19, 1);
    span.start_minute = 18 * 60;
    assert_hours(hours_of(*state, "UTC", in_july, &span, 1), 18, 2);
}

/* Monday morning in Auckland is Sunday in UTC, and Sunday night in Honolulu is Monday. */
static void test_hours_around_the_end_of_the_week(void **state)
{
    struct span monday = {MONDAY, 0, 24 * 60}, sunday = {SUNDAY, 0, 24 * 60};
    assert_hours(hours_of(*state, "Pacific/Auckland", in_january, &monday, 1), 168 - 13, 24);
    assert_hours(hours_of(*state, "Pacific/Auckland", in_july, &monday, 1), 168 - 12, 24);
    assert_hours(hours_of(*state, "Pacific/Honolulu", in_july, &sunday, 1), 6 * 24 + 10, 24);
    assert_hours(hours_of(*state, "Pacific/Kiritimati", in_july, &monday, 1), 168 - 14, 24);
}

/* Spans end at midnight at the latest, so who is free across it says so with two. */
static void test_hours_of_spans_that_touch(void **state)
{
    struct span night[] = {{MONDAY, 22 * 60, 24 * 60}, {MONDAY + 1, 0, 2 * 60}};
    assert_hours(hours_of(*state, "UTC", in_july, night, 2), 22, 4);
    assert_hours(hours_of(*state, "Asia/Kolkata", in_july, night, 2), 17, 3);
    struct span week_end[] = {{MONDAY, 0, 60}, {SUNDAY, 23 * 60, 24 * 60}};
    assert_hours(hours_of(*state, "Asia/Kolkata", in_july, week_end, 2), 6 * 24 + 18, 1);
}

/* A small cohort to digest: rows may be changed before build. */
struct rows {
    Convene__Mentoring__V1__Program program;
    Convene__Mentoring__V1__Enrolment enrolments[4];
    Convene__Mentoring__V1__Skill skills[4][2];
    Convene__Mentoring__V1__Skill *skill_rows[4][2];
    char *languages[4][1];
    struct cvn_cohort_member mentors[2], mentees[2];
    struct cvn_cohort_input input;
};

static void rows_init(struct rows *rows)
{
    memset(rows, 0, sizeof *rows);
    convene__mentoring__v1__program__init(&rows->program);
    for (int i = 0; i < 4; i++) {
        Convene__Mentoring__V1__Enrolment *e = &rows->enrolments[i];
        convene__mentoring__v1__enrolment__init(e);
        for (int j = 0; j < 2; j++) {
            convene__mentoring__v1__skill__init(&rows->skills[i][j]);
            rows->skills[i][j].name = j ? (char *)"Rust" : (char *)"Go";
            rows->skills[i][j].level = i < 2 ? 4 : 1;
            rows->skills[i][j].priority = 2;
            rows->skill_rows[i][j] = &rows->skills[i][j];
        }
        rows->languages[i][0] = (char *)"de";
        e->role = i < 2 ? MENTOR : MENTEE;
        e->skills = rows->skill_rows[i];
        e->n_skills = 2;
        e->languages = rows->languages[i];
        e->n_languages = 1;
        e->time_zone = (char *)"UTC";
        e->capacity = 1;
        struct cvn_cohort_member member = {.person = {{(uint8_t)(i + 1)}}, .enrolment = e};
        *(i < 2 ? &rows->mentors[i] : &rows->mentees[i - 2]) = member;
    }
    rows->input = (struct cvn_cohort_input){
        .program = &rows->program,
        .mentors = rows->mentors,
        .n_mentors = 2,
        .mentees = rows->mentees,
        .n_mentees = 2,
        .candidates_per_mentee = 32,
        .now_ms = in_july,
    };
}

static struct cvn_cohort build(struct bench *bench, const struct rows *rows)
{
    struct cvn_cohort cohort;
    struct cvn_error err = {""};
    if (cvn_cohort_build(&cohort, &bench->arena, bench->zones, &rows->input, &err) != 0)
        fail_msg("%s", err.text);
    return cohort;
}

static void test_digest_same_for_the_same_input(void **state)
{
    struct rows rows;
    rows_init(&rows);
    struct cvn_cohort one = build(*state, &rows);
    assert_int_equal(strlen(one.digest), 64);
    /* What a person lists in another order is the same. */
    Convene__Mentoring__V1__Skill *first = rows.skill_rows[0][0];
    rows.skill_rows[0][0] = rows.skill_rows[0][1];
    rows.skill_rows[0][1] = first;
    rows.skills[2][0].name = (char *)"GO";
    assert_string_equal(build(*state, &rows).digest, one.digest);
}

static void test_digest_differs_with_any_input(void **state)
{
    struct rows rows;
    rows_init(&rows);
    struct cvn_cohort one = build(*state, &rows);
    rows.input.seed = 1;
    assert_string_not_equal(build(*state, &rows).digest, one.digest);
    rows_init(&rows);
    rows.enrolments[0].capacity = 2;
    assert_string_not_equal(build(*state, &rows).digest, one.digest);
    rows_init(&rows);
    for (int i = 0; i < 4; i++)
        rows.languages[i][0] = (char *)"fr";
    assert_string_not_equal(build(*state, &rows).digest, one.digest);
    rows_init(&rows);
    rows.skills[3][1].level = 2;
    assert_string_not_equal(build(*state, &rows).digest, one.digest);
}

/* Whoever speaks de-AT and whoever speaks de have a language in common. */
static void test_languages_match_by_their_first_part(void **state)
{
    struct rows rows;
    rows_init(&rows);
    rows.languages[0][0] = (char *)"de-AT";
    rows.languages[2][0] = (char *)"DE";
    rows.languages[3][0] = (char *)"den";
    struct cvn_cohort cohort = build(*state, &rows);
    const struct cvn_match_languages *mentor = &cohort.problem.mentors[0].person.languages;
    assert_true(mentor->bits[0] & cohort.problem.mentees[0].person.languages.bits[0]);
    assert_false(mentor->bits[0] & cohort.problem.mentees[1].person.languages.bits[0]);
}

/* Hours read in a wrong zone would pair people who never meet. */
static void test_zone_gone_from_the_machine_fails(void **state)
{
    struct bench *bench = *state;
    struct rows rows;
    struct cvn_cohort cohort;
    struct cvn_error err = {""};
    rows_init(&rows);
    rows.enrolments[1].time_zone = (char *)"Europe/Atlantis";
    assert_int_equal(cvn_cohort_build(&cohort, &bench->arena, bench->zones, &rows.input, &err),
                     CVN_COHORT_UNKNOWN);
    assert_non_null(strstr(err.text, "Europe/Atlantis"));
}

static void test_languages_up_to_the_limit(void **state)
{
    struct bench *bench = *state;
    struct rows rows;
    struct cvn_cohort cohort;
    struct cvn_error err = {""};
    static char texts[CVN_MATCH_LANGUAGES_MAX + 1][4];
    char *all[CVN_MATCH_LANGUAGES_MAX + 1];
    for (int i = 0; i <= CVN_MATCH_LANGUAGES_MAX; i++) {
        texts[i][0] = (char)('a' + i / 26);
        texts[i][1] = (char)('a' + i % 26);
        all[i] = texts[i];
    }
    rows_init(&rows);
    for (int i = 0; i < 4; i++) {
        rows.enrolments[i].languages = all;
        rows.enrolments[i].n_languages = CVN_MATCH_LANGUAGES_MAX;
    }
    assert_int_equal(cvn_cohort_build(&cohort, &bench->arena, bench->zones, &rows.input, &err), 0);
    rows.enrolments[0].n_languages = CVN_MATCH_LANGUAGES_MAX + 1;
    assert_int_equal(cvn_cohort_build(&cohort, &bench->arena, bench->zones, &rows.input, &err),
                     CVN_COHORT_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hours_in_whole_zones_by_season),
        TEST(test_hours_in_half_hour_zones_round_inwards),
        TEST(test_hours_of_part_hours),
        TEST(test_hours_around_the_end_of_the_week),
        TEST(test_hours_of_spans_that_touch),
        TEST(test_digest_same_for_the_same_input),
        TEST(test_digest_differs_with_any_input),
        TEST(test_languages_match_by_their_first_part),
        TEST(test_zone_gone_from_the_machine_fails),
        TEST(test_languages_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
