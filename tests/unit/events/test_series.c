/* Series: made ahead, changed as a whole, kept going as time passes. */
#include "services/events/series/series_write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/series_scene.h"

#include <stdio.h>
#include <string.h>

enum { ARCHIVE_GROUP = 8 };

static void test_create_when_clocks_change_between_keeps_hour_and_weekday(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    assert_int_equal(found->n_events, 10);
    assert_string_equal(found->events[0]->start_local, "2027-02-02T18:30:00");
    assert_string_equal(found->events[9]->start_local, "2027-04-06T18:30:00");
    assert_string_equal(found->events[9]->end_local, "2027-04-06T20:30:00");
    assert_string_equal(found->events[9]->recurrence_id, "2027-04-06T18:30:00");
    assert_string_equal(found->events[9]->series_id, id.text);
    /* From UTC+1 to UTC+2 on 28 March: the last is an hour earlier than 9 weeks on. */
    int64_t apart = start_of(found->events[9]) - start_of(found->events[0]);
    assert_int_equal(apart, 9 * 7 * DAY_MS - HOUR_MS);
}

static void test_create_when_the_rule_never_ends_makes_the_horizon(void **state)
{
    struct series_scene *s = *state;
    s->series.rrule = text("FREQ=DAILY");
    const Convene__Events__V1__Series *series = series_make(s, &s->owner);
    assert_non_null(series);
    assert_int_equal(series->occurrence_count, CVN_SERIES_HORIZON_DAYS);
    assert_string_equal(series->made_until, "2028-03-08T18:30:00");
    s->series.rrule = text("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0");
    series = series_make(s, &s->owner);
    assert_non_null(series);
    assert_int_equal(series->occurrence_count, CVN_SERIES_OCCURRENCES_MAX);
}

static void test_create_when_the_rule_is_hostile_names_the_field(void **state)
{
    struct series_scene *s = *state;
    static const char *const rules[] = {"FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
                                        "FREQ=DAILY;BYYEARDAY=366;BYMONTH=1", "nonsense", ""};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        s->series.rrule = text(rules[i]);
        assert_null(series_make(s, &s->owner));
        assert_true(client_blames(&s->owner, "series.rrule"));
    }
}

static void test_create_when_not_an_organiser_is_refused(void **state)
{
    struct series_scene *s = *state;
    assert_null(series_make(s, &s->stranger));
    assert_int_equal(s->stranger.status.code, CVN_PERMISSION_DENIED);
}

static void test_rsvp_when_to_one_occurrence_leaves_the_others(void **state)
{
    struct series_scene *s = *state;
    s->d.event.capacity = 1;
    struct id_text id = series_made(s);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    struct cvn_id second = id_of(found->events[1]), third = id_of(found->events[2]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    assert_int_equal(say_yes(&guest, second, guest.who.person, 0),
                     CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    assert_int_equal(get(&s->owner, second)->seats_taken, 1);
    assert_int_equal(get(&s->owner, third)->seats_taken, 0);
}

static void test_cancel_when_one_occurrence_leaves_the_others(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    struct cvn_id second = id_of(series_occurrences(s, id.text)->events[1]);
    assert_non_null(cancel(&s->owner, second, "ill"));
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    assert_int_equal(found->events[0]->status, STATUS(SCHEDULED));
    assert_int_equal(found->events[1]->status, STATUS(CANCELLED));
    assert_true(found->events[1]->overridden);
    assert_int_equal(found->events[1]->sequence, 1);
}

static void test_online_address_of_a_series_is_for_those_who_organise_it(void **state)
{
    struct series_scene *s = *state;
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    s->d.event.attendance_mode = MODE(ONLINE);
    s->d.event.online_url = text("https://meet.example.org/x");
    struct id_text id = series_made(s);
    Convene__Events__V1__GetSeriesRequest request = CONVENE__EVENTS__V1__GET_SERIES_REQUEST__INIT;
    request.id = id.text;
    const Convene__Events__V1__Series *seen =
        client_call(&s->owner, &cvn_series_methods[GET], &request);
    assert_string_equal(seen->event->online_url, "https://meet.example.org/x");
    seen = client_call(&guest, &cvn_series_methods[GET], &request);
    assert_string_equal(seen->event->online_url, "");
}

static const Convene__Events__V1__RegisterSeriesResponse *put_series(struct series_scene *s)
{
    Convene__Events__V1__RegisterSeriesRequest request =
        CONVENE__EVENTS__V1__REGISTER_SERIES_REQUEST__INIT;
    request.series = &s->series;
    request.publish = true;
    return client_call(&s->owner, &cvn_series_methods[REGISTER], &request);
}

static void test_register_when_again_changes_nothing(void **state)
{
    struct series_scene *s = *state;
    s->d.event.external_id = text("uid-1");
    const Convene__Events__V1__RegisterSeriesResponse *answer = put_series(s);
    assert_non_null(answer);
    assert_int_equal(answer->outcome, OUTCOME(CREATED));
    struct id_text id;
    (void)snprintf(id.text, sizeof id.text, "%s", answer->series->id);
    assert_int_equal(put_series(s)->outcome, OUTCOME(UNCHANGED));
    s->d.event.title = text("Another evening");
    assert_int_equal(put_series(s)->outcome, OUTCOME(UPDATED));
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    assert_int_equal(found->n_events, 10);
    assert_string_equal(found->events[9]->title, "Another evening");
    assert_string_equal(found->events[9]->external_id, "uid-1/2027-04-06T18:30:00");
    assert_int_equal(found->events[9]->sequence, 1);
}

static void archive(struct series_scene *s, struct cvn_id group)
{
    struct id_text id = id_text("grp", group);
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    request.id = id.text;
    assert_non_null(client_call(&s->owner, &cvn_group_methods[ARCHIVE_GROUP], &request));
}

static void test_turn_when_a_month_passed_makes_a_month_more(void **state)
{
    struct series_scene *s = *state;
    s->series.rrule = text("FREQ=DAILY");
    struct id_text id = series_made(s);
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->harness->now_ms = SERIES_MONDAY_MS + 60 * DAY_MS;
    assert_int_equal(series_turn(s, &task, &next_ms), 0);
    assert_true(next_ms > s->harness->now_ms + 23 * HOUR_MS);
    assert_true(next_ms <= s->harness->now_ms + 26 * HOUR_MS);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    assert_true(found->n_events > CVN_SERIES_HORIZON_DAYS);
    size_t n = found->n_events;
    for (size_t i = 1; i < n; i++)
        assert_true(start_of(found->events[i]) > start_of(found->events[i - 1]));
    s->harness->now_ms = next_ms - 1;
    assert_int_equal(series_turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + 1);
    assert_int_equal(series_occurrences(s, id.text)->n_events, n);
    s->harness->now_ms = next_ms;
    assert_int_equal(series_turn(s, &task, &next_ms), 0);
    assert_int_equal(series_occurrences(s, id.text)->n_events, n + 1);
}

/* They stay due, and are not tried again and again. */
static void test_turn_when_more_groups_are_archived_than_it_takes_comes_to_an_end(void **state)
{
    struct series_scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->series.rrule = text("FREQ=YEARLY");
    for (int i = 0; i < CVN_SERIES_TASK_MAX; i++)
        (void)series_made(s);
    struct cvn_id other = s->group;
    s->group = harness_group(s->harness, "Other", s->owner_id);
    s->d.group = id_text("grp", s->group);
    struct id_text id = series_made(s);
    archive(s, other);
    size_t n = series_occurrences(s, id.text)->n_events;
    s->harness->now_ms += 400 * DAY_MS;
    assert_int_equal(series_turn(s, &task, &next_ms), 1);
    assert_int_equal(series_turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + CVN_SERIES_REST_MS);
    assert_int_equal(series_occurrences(s, id.text)->n_events, n + 1);
    /* A write that wakes the clock before that has it look for no series. */
    s->harness->now_ms += CVN_SERIES_REST_MS - 1;
    assert_int_equal(series_turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, series_setup, series_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_create_when_clocks_change_between_keeps_hour_and_weekday),
        TEST(test_create_when_the_rule_never_ends_makes_the_horizon),
        TEST(test_create_when_the_rule_is_hostile_names_the_field),
        TEST(test_create_when_not_an_organiser_is_refused),
        TEST(test_rsvp_when_to_one_occurrence_leaves_the_others),
        TEST(test_cancel_when_one_occurrence_leaves_the_others),
        TEST(test_online_address_of_a_series_is_for_those_who_organise_it),
        TEST(test_register_when_again_changes_nothing),
        TEST(test_turn_when_a_month_passed_makes_a_month_more),
        TEST(test_turn_when_more_groups_are_archived_than_it_takes_comes_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
