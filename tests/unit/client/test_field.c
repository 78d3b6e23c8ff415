#include "tests/support/cmocka_all.h"

#include "client/cli/field.h"
#include "client/cli/values.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"

#include <errno.h>
#include <string.h>

static struct cvn_arena arena;
static struct cvn_error err;

static int set_up(void **state)
{
    (void)state;
    cvn_arena_init(&arena, 1 << 20);
    err.text[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cvn_arena_deinit(&arena);
    return 0;
}

static int set(void *message, const char *path, const char *text)
{
    return cvn_field_set(&arena, message, path, text, &err);
}

static void test_path_makes_messages_on_the_way(void **state)
{
    (void)state;
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    assert_int_equal(set(&request, "event.venue.location.latitude", "52.5"), 0);
    assert_int_equal(set(&request, "event.venue.city", "Berlin"), 0);
    assert_true(request.event->venue->location->latitude == 52.5);
    assert_string_equal(request.event->venue->city, "Berlin");
}

static void test_empty_text_leaves_the_field_alone(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    assert_int_equal(set(&event, "venue.city", ""), 0);
    assert_null(event.venue);
}

static void test_clear_empties_what_is_there(void **state)
{
    (void)state;
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    cvn_field_clear(&request.base, "event.venue.city"); /* nothing is there */
    assert_int_equal(set(&request, "event.venue.city", "Berlin"), 0);
    assert_int_equal(set(&request, "event.venue.name", "Hall"), 0);
    assert_int_equal(set(&request, "event.venue.location", "52.5,13.4"), 0);
    assert_int_equal(set(&request, "event.topics", "c;go"), 0);
    assert_int_equal(set(&request, "event.capacity", "3"), 0);
    cvn_field_clear(&request.base, "event.venue.city");
    cvn_field_clear(&request.base, "event.venue.location");
    cvn_field_clear(&request.base, "event.topics");
    cvn_field_clear(&request.base, "event.capacity");
    assert_string_equal(request.event->venue->city, "");
    assert_string_equal(request.event->venue->name, "Hall");
    assert_null(request.event->venue->location);
    assert_int_equal(request.event->n_topics, 0);
    assert_int_equal(request.event->capacity, 0);
}

static void test_lists_split_and_append(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    assert_int_equal(set(&event, "topics", "go; ;sql "), 0);
    assert_int_equal(set(&event, "topics", "c"), 0);
    assert_int_equal(event.n_topics, 3);
    assert_string_equal(event.topics[1], "sql");
    assert_string_equal(event.topics[2], "c");
}

static void test_enums_go_by_short_name_and_alias(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    assert_int_equal(set(&event, "attendance_mode", "Hybrid"), 0);
    assert_int_equal(event.attendance_mode,
                     CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED);
    assert_int_equal(set(&event, "attendance_mode", "ATTENDANCE_MODE_ONLINE"), 0);
    assert_int_equal(event.attendance_mode,
                     CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE);
    assert_int_equal(set(&event, "attendance_mode", "unspecified"), -EINVAL);
    assert_string_equal(err.text, "must be one of offline, online, mixed, not \"unspecified\"");
    assert_string_equal(
        cvn_field_enum_text(&arena, &convene__events__v1__party_policy__descriptor, 2),
        "first-fit");
}

static void test_numbers_must_be_numbers(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    assert_int_equal(set(&event, "capacity", "2147483647"), 0);
    assert_int_equal(event.capacity, INT32_MAX);
    assert_int_equal(set(&event, "capacity", "2147483648"), -EINVAL);
    assert_int_equal(set(&event, "capacity", "12 seats"), -EINVAL);
    assert_int_equal(set(&event, "capacity", " 12"), -EINVAL);
    assert_int_equal(set(&event, "venue.location.latitude", "nan"), -EINVAL);
    assert_int_equal(set(&event, "venue.location.latitude", "52,5"), -EINVAL);
    assert_int_equal(set(&event, "approval_required", "perhaps"), -EINVAL);
}

static void test_unknown_paths_are_told_apart(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    assert_int_equal(set(&event, "venue.planet", "earth"), -ENOENT);
    assert_int_equal(set(&event, "title.length", "1"), -ENOENT);
}

static void test_skills_take_level_and_priority(void **state)
{
    (void)state;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    assert_int_equal(set(&enrolment, "skills", "go:5;c++;std::map:3:2"), 0);
    assert_int_equal(enrolment.n_skills, 3);
    assert_string_equal(enrolment.skills[0]->name, "go");
    assert_int_equal(enrolment.skills[0]->level, 5);
    assert_string_equal(enrolment.skills[1]->name, "c++");
    assert_int_equal(enrolment.skills[1]->level, 0);
    assert_string_equal(enrolment.skills[2]->name, "std::map");
    assert_int_equal(enrolment.skills[2]->level, 3);
    assert_int_equal(enrolment.skills[2]->priority, 2);
}

static void test_weekly_spans_are_read(void **state)
{
    (void)state;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    assert_int_equal(set(&enrolment, "availability", "mon 18:00-20:00; Sunday 0:30-24:00"), 0);
    assert_int_equal(enrolment.n_availability, 2);
    assert_int_equal(enrolment.availability[0]->weekday, 1);
    assert_int_equal(enrolment.availability[0]->start_minute, 1080);
    assert_int_equal(enrolment.availability[1]->weekday, 7);
    assert_int_equal(enrolment.availability[1]->end_minute, 1440);
}

static void test_broken_spans_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"mon",           "mon 18-20",       "mon 20:00-18:00",
                                      "mon 18:00",     "18:00-20:00",     "mon 18:00-24:01",
                                      "m 18:00-20:00", "mon 18:60-20:00", "noon 18:00-20:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
        if (set(&enrolment, "availability", bad[i]) != -EINVAL) {
            fail_msg("%s was accepted", bad[i]);
        }
    }
}

static void test_lengths_and_spans_have_units(void **state)
{
    (void)state;
    double metres = 0;
    int64_t ms = 0;
    assert_int_equal(cvn_value_radius_m(&metres, "25km", &err), 0);
    assert_true(metres == 25000);
    assert_int_equal(cvn_value_radius_m(&metres, "800 m", &err), 0);
    assert_true(metres == 800);
    assert_int_equal(cvn_value_radius_m(&metres, "0km", &err), -EINVAL);
    assert_int_equal(cvn_value_radius_m(&metres, "500km", &err), 0);
    assert_int_equal(cvn_value_radius_m(&metres, "500001m", &err), -EINVAL);
    assert_string_equal(err.text, "is \"500001m\"; at most 500km are right");
    assert_int_equal(cvn_value_radius_m(&metres, "10miles", &err), -EINVAL);
    assert_int_equal(cvn_value_span_ms(&ms, "1.5s", &err), 0);
    assert_int_equal(ms, 1500);
    assert_int_equal(cvn_value_span_ms(&ms, "24h", &err), 0);
    assert_int_equal(ms, 86400000);
    assert_int_equal(cvn_value_span_ms(&ms, "86401", &err), -EINVAL);
    assert_int_equal(cvn_value_span_ms(&ms, "-1s", &err), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_path_makes_messages_on_the_way),
        TEST(test_empty_text_leaves_the_field_alone),
        TEST(test_clear_empties_what_is_there),
        TEST(test_lists_split_and_append),
        TEST(test_enums_go_by_short_name_and_alias),
        TEST(test_numbers_must_be_numbers),
        TEST(test_unknown_paths_are_told_apart),
        TEST(test_skills_take_level_and_priority),
        TEST(test_weekly_spans_are_read),
        TEST(test_broken_spans_are_refused),
        TEST(test_lengths_and_spans_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
