/* Series that change, or end, from one occurrence on. */
#include "services/events/series/series_write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/series_scene.h"

#include <stdio.h>

static void test_split_when_the_hour_changes_keeps_rsvps_and_overrides(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    struct cvn_id fourth = id_of(found->events[3]), sixth = id_of(found->events[5]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, fourth, guest.who.person, 0);
    assert_non_null(cancel(&s->owner, sixth, "holiday"));
    s->d.event.start_local = text("2027-02-23T19:00");
    s->d.event.end_local = text("2027-02-23T21:00");
    s->series.rrule = text("FREQ=WEEKLY;COUNT=7");
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    struct id_text new_id;
    (void)snprintf(new_id.text, sizeof new_id.text, "%s", later->id);
    assert_int_equal(series_occurrences(s, id.text)->n_events, 3);
    found = series_occurrences(s, new_id.text);
    assert_int_equal(found->n_events, 7);
    assert_string_equal(found->events[0]->start_local, "2027-02-23T19:00:00");
    assert_int_equal(found->events[0]->seats_taken, 1);
    assert_int_equal(found->events[0]->sequence, 1);
    assert_int_equal(found->events[0]->status, STATUS(RESCHEDULED));
    assert_int_equal(found->events[2]->status, STATUS(CANCELLED));
    assert_string_equal(found->events[2]->start_local, "2027-03-09T18:30:00");
}

static void test_split_without_a_rule_goes_on_as_before(void **state)
{
    struct series_scene *s = *state;
    char *excluded[] = {text("2027-02-09T18:30"), text("2027-03-09T18:30")};
    char *further[] = {text("2027-02-03T18:30"), text("2027-03-10T18:30")};
    s->series.excluded_starts = excluded;
    s->series.n_excluded_starts = 2;
    s->series.further_starts = further;
    s->series.n_further_starts = 2;
    struct id_text id = series_made(s), rest;
    assert_int_equal(series_occurrences(s, id.text)->n_events, 10); /* of 10 two go, and two come */
    s->d.event.start_local = text("2027-02-23T19:30");
    s->d.event.end_local = text("2027-02-23T21:00");
    s->series.rrule = text("");
    s->series.n_further_starts = s->series.n_excluded_starts = 0;
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    assert_string_equal(later->rrule, "FREQ=WEEKLY;COUNT=7");
    assert_int_equal(later->occurrence_count, 7);
    assert_int_equal(later->n_excluded_starts, 1);
    assert_string_equal(later->excluded_starts[0], "2027-03-09T19:30:00");
    assert_int_equal(later->n_further_starts, 1);
    assert_string_equal(later->further_starts[0], "2027-03-10T19:30:00");
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    assert_int_equal(series_occurrences(s, id.text)->n_events, 3);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, rest.text);
    assert_int_equal(found->n_events, 7);
    assert_string_equal(found->events[2]->start_local, "2027-03-10T19:30:00");
    assert_string_equal(found->events[6]->start_local, "2027-04-06T19:30:00");
}

/* What a further date is moved by is no start of the rule's, which keeps its weeks and its hour. */
static void test_split_at_a_further_date_keeps_the_rule_in_step(void **state)
{
    struct series_scene *s = *state;
    char *further[] = {text("2027-02-10T10:00")};
    struct id_text rest;
    s->series.rrule = text("FREQ=WEEKLY;INTERVAL=2;COUNT=4");
    s->series.further_starts = further;
    s->series.n_further_starts = 1;
    struct id_text id = series_made(s);
    s->d.event.start_local = text("2027-02-10T11:00");
    s->d.event.end_local = text("2027-02-10T13:00");
    s->series.rrule = text("");
    s->series.n_further_starts = 0;
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-10T10:00");
    assert_non_null(later);
    assert_int_equal(later->occurrence_count, 4);
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, rest.text);
    assert_int_equal(found->n_events, 4);
    assert_string_equal(found->events[0]->start_local, "2027-02-10T11:00:00");
    assert_string_equal(found->events[0]->end_local, "2027-02-10T13:00:00");
    assert_string_equal(found->events[1]->start_local, "2027-02-16T19:30:00");
    assert_string_equal(found->events[1]->end_local, "2027-02-16T21:30:00");
    assert_string_equal(found->events[3]->start_local, "2027-03-16T19:30:00");
}

/* Across the change of clocks, so that the end in UTC moves by another hour than the start. */
static void test_split_moves_the_end_of_the_rule_along(void **state)
{
    struct series_scene *s = *state;
    struct id_text rest;
    s->series.rrule = text("FREQ=WEEKLY;UNTIL=20270406T163000Z");
    struct id_text id = series_made(s);
    assert_int_equal(series_occurrences(s, id.text)->n_events, 10);
    struct cvn_id last = id_of(series_occurrences(s, id.text)->events[9]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->d.event.start_local = text("2027-02-23T19:30");
    s->d.event.end_local = text("2027-02-23T21:30");
    s->series.rrule = text("");
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    assert_string_equal(later->rrule, "FREQ=WEEKLY;UNTIL=20270406T173000Z");
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, rest.text);
    assert_int_equal(found->n_events, 7);
    assert_string_equal(found->events[6]->start_local, "2027-04-06T19:30:00");
    assert_int_equal(found->events[6]->seats_taken, 1);
    assert_int_equal(found->events[6]->status, STATUS(RESCHEDULED));
}

static void test_split_when_named_days_would_not_move_along_asks_for_a_rule(void **state)
{
    struct series_scene *s = *state;
    s->series.rrule = text("FREQ=WEEKLY;BYDAY=TU;COUNT=10");
    struct id_text id = series_made(s);
    s->d.event.start_local = text("2027-02-24T18:30");
    s->d.event.end_local = text("2027-02-24T20:30");
    s->series.rrule = text("");
    assert_null(series_split(s, id.text, "2027-02-23T18:30"));
    assert_true(client_blames(&s->owner, "series.rrule"));
    assert_int_equal(series_occurrences(s, id.text)->n_events, 10);
}

static void test_split_when_there_is_no_such_occurrence_is_refused(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    s->d.event.start_local = text("2027-02-24T18:30");
    s->d.event.end_local = text("2027-02-24T20:30");
    s->series.rrule = text("");
    assert_null(series_split(s, id.text, "2027-02-24T18:30"));
    assert_true(client_blames(&s->owner, "recurrence_id"));
    assert_null(series_split(s, id.text, "tomorrow"));
    assert_true(client_blames(&s->owner, "recurrence_id"));
}

/* Else what was held would be made a second time, and what another split made, too. */
static void test_split_when_begun_or_split_before_is_refused(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    int64_t second_ms = start_of(series_occurrences(s, id.text)->events[1]);
    s->d.event.start_local = text("2027-02-09T18:30");
    s->d.event.end_local = text("2027-02-09T20:30");
    s->series.rrule = text("");
    s->harness->now_ms = second_ms;
    assert_null(series_split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    s->harness->now_ms = second_ms - 1000;
    assert_non_null(series_split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(series_occurrences(s, id.text)->n_events, 1);
    assert_null(series_split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    assert_int_equal(series_occurrences(s, id.text)->n_events, 1);
}

static void test_split_when_what_follows_moves_to_an_earlier_day_makes_the_first_too(void **state)
{
    static const char *const rules[] = {"", "FREQ=WEEKLY;COUNT=7"};
    struct series_scene *s = *state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct id_text rest;
        s->d.event.start_local = text("2027-02-02T18:30");
        s->d.event.end_local = text("2027-02-02T20:30");
        s->series.rrule = text("FREQ=WEEKLY;COUNT=10");
        struct id_text id = series_made(s);
        s->d.event.start_local = text("2027-02-22T18:30");
        s->d.event.end_local = text("2027-02-22T20:30");
        s->series.rrule = text(rules[i]);
        const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-23T18:30");
        assert_non_null(later);
        assert_int_equal(later->occurrence_count, 7);
        (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
        assert_int_equal(series_occurrences(s, rest.text)->n_events, 7);
        assert_string_equal(series_occurrences(s, rest.text)->events[0]->start_local,
                            "2027-02-22T18:30:00");
        assert_int_equal(series_occurrences(s, id.text)->n_events, 3);
    }
}

/* What was left of the model's start is from where the rule counts, and is made no second time. */
static void test_split_when_the_start_is_that_of_the_whole_makes_nothing_before(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s), rest;
    s->series.rrule = text("FREQ=WEEKLY;COUNT=10");
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    assert_int_equal(later->occurrence_count, 7);
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    assert_int_equal(series_occurrences(s, rest.text)->n_events, 7);
    assert_int_equal(series_occurrences(s, id.text)->n_events, 3);
}

static void test_split_when_it_would_move_into_the_past_is_refused(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    s->d.event.start_local = text("2027-01-01T18:30");
    s->d.event.end_local = text("2027-01-01T20:30");
    s->series.rrule = text("");
    assert_null(series_split(s, id.text, "2027-02-23T18:30"));
    assert_true(client_blames(&s->owner, "series.event.start_local"));
}

/* Of twice a day there are more ahead than one write makes of a new series. */
static void test_split_when_many_are_ahead_drops_none(void **state)
{
    struct series_scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    struct id_text rest;
    s->series.rrule = text("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=30");
    struct id_text id = series_made(s);
    while (series_turn(s, &task, &next_ms) > 0)
        ;
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    size_t n = found->n_events;
    assert_true(n > CVN_SERIES_OCCURRENCES_MAX + 100);
    struct cvn_id last = id_of(found->events[n - 1]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->series.rrule = text("");
    const Convene__Events__V1__Series *later = series_split(s, id.text, "2027-02-02T18:30");
    assert_non_null(later);
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    assert_int_equal(get(&s->owner, last)->status, STATUS(SCHEDULED));
    assert_int_equal(series_occurrences(s, rest.text)->n_events, n);
    /* And none is made a second time. */
    task = (struct cvn_series_task){0};
    while (series_turn(s, &task, &next_ms) > 0)
        ;
    assert_int_equal(series_occurrences(s, rest.text)->n_events, n);
}

static const Convene__Events__V1__CancelSeriesResponse *call_off(struct client *client,
                                                                 const char *id, const char *from)
{
    Convene__Events__V1__CancelSeriesRequest request =
        CONVENE__EVENTS__V1__CANCEL_SERIES_REQUEST__INIT;
    request.id = text(id);
    request.recurrence_id = text(from);
    request.reason = text("The hall is sold.");
    return client_call(client, &cvn_series_methods[CANCEL], &request);
}

static void test_cancel_from_an_occurrence_on_ends_a_rule_without_end(void **state)
{
    struct series_scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->series.rrule = text("FREQ=WEEKLY");
    struct id_text id = series_made(s);
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    size_t n = found->n_events;
    struct cvn_id third = id_of(found->events[2]), fourth = id_of(found->events[3]);
    struct cvn_id fifth = id_of(found->events[4]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, third, guest.who.person, 0);
    assert_non_null(cancel(&s->owner, fourth, "ill"));
    assert_null(call_off(&s->stranger, id.text, "2027-02-16T18:30"));
    assert_int_equal(s->stranger.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__CancelSeriesResponse *response =
        call_off(&s->owner, id.text, "2027-02-16T18:30");
    assert_non_null(response);
    assert_int_equal(response->cancelled_count, n - 3);
    assert_string_equal(response->series->ends_before, "2027-02-16T18:30:00");
    assert_string_equal(response->series->made_until, "");
    assert_int_equal(get(&s->owner, id_of(series_occurrences(s, id.text)->events[1]))->status,
                     STATUS(SCHEDULED));
    assert_int_equal(get(&s->owner, third)->status, STATUS(CANCELLED));
    assert_string_equal(get(&guest, third)->status_reason, "The hall is sold.");
    assert_int_equal(get(&guest, third)->seats_taken, 1);
    assert_string_equal(get(&guest, fourth)->status_reason, "ill");
    assert_int_equal(get(&guest, fifth)->sequence, 1);
    /* Nothing is made any more, and none can be called off twice. */
    s->harness->now_ms += 40 * DAY_MS;
    (void)series_turn(s, &task, &next_ms);
    assert_int_equal(series_occurrences(s, id.text)->n_events, n);
    assert_null(call_off(&s->owner, id.text, "2027-02-23T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
}

static void test_cancel_from_an_occurrence_on_deletes_drafts_that_nobody_has_answered(void **state)
{
    struct series_scene *s = *state;
    Convene__Events__V1__CreateSeriesRequest request =
        CONVENE__EVENTS__V1__CREATE_SERIES_REQUEST__INIT;
    struct id_text id;
    request.series = &s->series;
    const Convene__Events__V1__Series *drafts =
        client_call(&s->owner, &cvn_series_methods[CREATE], &request);
    assert_non_null(drafts);
    (void)snprintf(id.text, sizeof id.text, "%s", drafts->id);
    const Convene__Events__V1__CancelSeriesResponse *response =
        call_off(&s->owner, id.text, "2027-02-16T18:30");
    assert_non_null(response);
    assert_int_equal(response->cancelled_count, 0);
    Convene__Events__V1__ListEventsRequest all = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    all.series_id = id.text;
    all.include_cancelled = all.include_unpublished = true;
    assert_int_equal(list(&s->owner, &all)->n_events, 2);
}

static void test_split_when_the_day_changes_cancels_where_people_answered(void **state)
{
    struct series_scene *s = *state;
    struct id_text id = series_made(s);
    struct cvn_id last = id_of(series_occurrences(s, id.text)->events[9]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->d.event.start_local = text("2027-04-01T18:30");
    s->d.event.end_local = text("2027-04-01T20:30");
    s->series.rrule = text("FREQ=WEEKLY;COUNT=2");
    assert_non_null(series_split(s, id.text, "2027-03-30T18:30"));
    const Convene__Events__V1__ListEventsResponse *found = series_occurrences(s, id.text);
    assert_int_equal(found->n_events, 9); /* 8 before, and the one that somebody goes to */
    assert_int_equal(found->events[8]->status, STATUS(CANCELLED));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, series_setup, series_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_split_when_the_hour_changes_keeps_rsvps_and_overrides),
        TEST(test_split_when_the_day_changes_cancels_where_people_answered),
        TEST(test_split_without_a_rule_goes_on_as_before),
        TEST(test_split_at_a_further_date_keeps_the_rule_in_step),
        TEST(test_split_moves_the_end_of_the_rule_along),
        TEST(test_split_when_named_days_would_not_move_along_asks_for_a_rule),
        TEST(test_split_when_there_is_no_such_occurrence_is_refused),
        TEST(test_split_when_begun_or_split_before_is_refused),
        TEST(test_split_when_what_follows_moves_to_an_earlier_day_makes_the_first_too),
        TEST(test_split_when_the_start_is_that_of_the_whole_makes_nothing_before),
        TEST(test_split_when_it_would_move_into_the_past_is_refused),
        TEST(test_split_when_many_are_ahead_drops_none),
        TEST(test_cancel_from_an_occurrence_on_ends_a_rule_without_end),
        TEST(test_cancel_from_an_occurrence_on_deletes_drafts_that_nobody_has_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
