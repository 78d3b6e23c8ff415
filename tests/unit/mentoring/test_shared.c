/* What two have in common, against a plain loop over everybody and everything. */
#include "cohort/shared.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/dice.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define NOW_MS INT64_C(1800000000000)

enum { PLACES_MAX = 64, ARENA_BYTES = 512 << 20 };

/* People of both sides, and who was where; the first places are groups. */
struct crowd {
    struct cvn_arena arena;
    struct cvn_cohort_member *members;
    size_t n_mentors, n_mentees, n_groups, n_places;
    bool *was; /* by person and place */
    int64_t start_ms[PLACES_MAX];
    struct cvn_cohort cohort;
};

static void crowd_init(struct crowd *crowd, size_t n_mentors, size_t n_mentees, size_t n_groups,
                       size_t n_places)
{
    *crowd = (struct crowd){
        .n_mentors = n_mentors, .n_mentees = n_mentees, .n_groups = n_groups, .n_places = n_places};
    cvn_arena_init(&crowd->arena, ARENA_BYTES);
    size_t n = n_mentors + n_mentees;
    crowd->members = cvn_arena_alloc_array(&crowd->arena, n, sizeof *crowd->members);
    crowd->was = cvn_arena_alloc_array(&crowd->arena, n * n_places, sizeof *crowd->was);
    assert_non_null(crowd->was);
    for (size_t i = 0; i < n; i++)
        crowd->members[i].person =
            (struct cvn_id){{i < n_mentors ? 1 : 2, (uint8_t)(i >> 8), (uint8_t)i}};
    for (size_t i = n_groups; i < n_places; i++)
        crowd->start_ms[i] = NOW_MS - (int64_t)(i - n_groups) * 50 * DAY_MS;
}

static void attend(struct crowd *crowd, size_t person)
{
    struct cvn_arena *arena = &crowd->arena;
    Convene__Events__V1__Attendance *a = cvn_arena_alloc(arena, sizeof *a);
    convene__events__v1__attendance__init(a);
    a->events = cvn_arena_alloc_array(arena, crowd->n_places, sizeof *a->events);
    a->group_ids = cvn_arena_alloc_array(arena, crowd->n_places, sizeof *a->group_ids);
    for (size_t i = 0; i < crowd->n_places; i++) {
        const struct cvn_id place = {{(uint8_t)i}};
        char *id = cvn_arena_alloc(arena, CVN_ID_TEXT_BYTES);
        cvn_id_format(id, i < crowd->n_groups ? "grp" : "evt", &place);
        if (!crowd->was[person * crowd->n_places + i])
            continue;
        if (i < crowd->n_groups) {
            a->group_ids[a->n_group_ids++] = id;
            continue;
        }
        Convene__Events__V1__AttendedEvent *event = cvn_arena_alloc(arena, sizeof *event);
        Google__Protobuf__Timestamp *start = cvn_arena_alloc(arena, sizeof *start);
        convene__events__v1__attended_event__init(event);
        google__protobuf__timestamp__init(start);
        start->seconds = crowd->start_ms[i] / 1000;
        event->event_id = id;
        event->start_time = start;
        a->events[a->n_events++] = event;
    }
    crowd->members[person].attendance = a;
}

static void share(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->n_mentors + crowd->n_mentees; i++)
        attend(crowd, i);
    crowd->cohort = (struct cvn_cohort){.input = {.mentors = crowd->members,
                                                  .n_mentors = crowd->n_mentors,
                                                  .mentees = crowd->members + crowd->n_mentors,
                                                  .n_mentees = crowd->n_mentees,
                                                  .now_ms = NOW_MS}};
    assert_int_equal(cvn_cohort_share(&crowd->cohort, &crowd->arena), 0);
}

static int32_t points_of(int64_t start_ms)
{
    int64_t days = (NOW_MS - start_ms) / DAY_MS;
    return days <= 90 ? 400 : days <= 365 ? 250 : 120;
}

/* Looks at one pair; *at is the row that is next, if they have something in common. */
static void expect_pair(const struct crowd *crowd, size_t mentor, size_t mentee, size_t *at)
{
    const struct cvn_match_problem *problem = &crowd->cohort.problem;
    const bool *a = crowd->was + mentor * crowd->n_places,
               *b = crowd->was + (crowd->n_mentors + mentee) * crowd->n_places;
    int32_t points = 0, groups = 0, meetups = 0;
    int64_t last_ms = 0;
    for (size_t i = 0; i < crowd->n_places; i++) {
        if (!a[i] || !b[i])
            continue;
        groups += i < crowd->n_groups;
        if (i < crowd->n_groups)
            continue;
        meetups++;
        points += points_of(crowd->start_ms[i]);
        last_ms = crowd->start_ms[i] > last_ms ? crowd->start_ms[i] : last_ms;
    }
    if (groups + meetups == 0)
        return;
    assert_true(*at < problem->n_shared);
    const struct cvn_match_shared *row = &problem->shared[*at];
    const struct cvn_cohort_met *met = &crowd->cohort.met[(*at)++];
    assert_true(cvn_id_equal(&row->mentor_id, &crowd->members[mentor].person));
    assert_true(cvn_id_equal(&row->mentee_id, &crowd->members[crowd->n_mentors + mentee].person));
    assert_int_equal(row->meetup_points,
                     points < CVN_MATCH_MEETUP_POINTS_MAX ? points : CVN_MATCH_MEETUP_POINTS_MAX);
    assert_int_equal(row->groups, groups);
    assert_int_equal(met->n_meetups, meetups);
    assert_int_equal(met->last_ms, last_ms);
}

static void test_all_that_two_share_is_added_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t dice = seed;
        struct crowd crowd;
        size_t at = 0;
        crowd_init(&crowd, 1 + dice_below(&dice, 30), 1 + dice_below(&dice, 60), 4, 24);
        size_t n = crowd.n_mentors + crowd.n_mentees;
        uint32_t rarely = 1 + dice_below(&dice, 12);
        for (size_t i = 0; i < n * crowd.n_places; i++)
            crowd.was[i] = dice_once_in(&dice, rarely);
        share(&crowd);
        for (size_t i = 0; i < crowd.n_mentors; i++)
            for (size_t j = 0; j < crowd.n_mentees; j++)
                expect_pair(&crowd, i, j, &at);
        assert_int_equal(crowd.cohort.problem.n_shared, at);
        assert_int_equal(crowd.cohort.n_places_left_out, 0);
        cvn_arena_deinit(&crowd.arena);
    }
}

/* Everybody was there, as many as may share one place; and one more. */
static void test_a_place_that_too_many_share_is_left_out(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct crowd crowd;
        crowd_init(&crowd, 500, CVN_COHORT_PAIRS_OF_ONE_MAX / 500 + more, 1, 2);
        for (size_t i = 0; i < crowd.n_mentors + crowd.n_mentees; i++)
            crowd.was[i * 2] = true;
        crowd.was[1] = crowd.was[(crowd.n_mentors) * 2 + 1] = true; /* two who met */
        share(&crowd);
        assert_int_equal(crowd.cohort.n_places_left_out, more);
        assert_int_equal(crowd.cohort.problem.n_shared, more ? 1 : CVN_COHORT_PAIRS_OF_ONE_MAX);
        assert_int_equal(crowd.cohort.problem.shared[0].groups, !more);
        assert_int_equal(crowd.cohort.met[0].n_meetups, 1);
        cvn_arena_deinit(&crowd.arena);
    }
}

/* Of too many places those that the fewest share count, whatever their ids. */
static void test_of_too_many_places_the_rarest_count(void **state)
{
    enum { FULL = CVN_COHORT_PAIRS_MAX / CVN_COHORT_PAIRS_OF_ONE_MAX };
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct crowd crowd;
        size_t n_places = FULL + more;
        crowd_init(&crowd, 500, CVN_COHORT_PAIRS_OF_ONE_MAX / 500, n_places, n_places);
        for (size_t i = 0; i < (crowd.n_mentors + crowd.n_mentees) * n_places; i++)
            crowd.was[i] = i % n_places != n_places - 1 || more == 0;
        if (more) /* the last place is of two */
            crowd.was[n_places - 1] = crowd.was[crowd.n_mentors * n_places + n_places - 1] = true;
        share(&crowd);
        assert_int_equal(crowd.cohort.n_places_left_out, more);
        assert_int_equal(crowd.cohort.problem.shared[0].groups, FULL);
        assert_int_equal(crowd.cohort.problem.shared[1].groups, FULL - more);
        cvn_arena_deinit(&crowd.arena);
    }
}

/* Says so often that it may go on. */
static bool count_down(void *arg)
{
    int *n = arg;
    return (*n)-- > 0;
}

static void test_it_stops_when_told(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_init(&crowd, 200, 10, 1, 4);
    for (size_t i = 0; i < 210 * crowd.n_places; i++)
        crowd.was[i] = true;
    share(&crowd);
    int n_asked = 1000, n = n_asked;
    crowd.cohort.input.go_on = count_down;
    crowd.cohort.input.arg = &n;
    assert_int_equal(cvn_cohort_share(&crowd.cohort, &crowd.arena), 0);
    n_asked -= n;
    assert_true(n_asked > 3); /* more often with more mentors */
    for (int i = 0; i < n_asked; i++) {
        n = i;
        assert_int_equal(cvn_cohort_share(&crowd.cohort, &crowd.arena), CVN_COHORT_STOPPED);
    }
    cvn_arena_deinit(&crowd.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_two_share_is_added_up),
        cmocka_unit_test(test_a_place_that_too_many_share_is_left_out),
        cmocka_unit_test(test_of_too_many_places_the_rarest_count),
        cmocka_unit_test(test_it_stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
