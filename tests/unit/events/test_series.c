/* Series: made ahead, changed from one occurrence on, kept going as time passes. */
#include "services/events/series/series_task.h"
#include "services/events/series/series_write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, GET, REGISTER, SPLIT, CANCEL };
enum { ARCHIVE_GROUP = 8 };

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id;
    struct client owner, stranger;
    struct draft d;
    Convene__Events__V1__Series series;
};

/* 2027-01-04T00:00:00Z, a Monday. */
static const int64_t monday_ms = INT64_C(1798977600) * 1000 + INT64_C(43200) * 1000;

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.harness->now_ms = monday_ms;
    s.owner_id = harness_person(s.harness, 0);
    s.group = harness_group(s.harness, "Group", s.owner_id);
    s.owner = client_of(s.harness, s.owner_id);
    s.stranger = client_of(s.harness, harness_person(s.harness, 2));
    draft_init(&s.d, s.group);
    s.d.event.start_local = text("2027-02-02T18:30");
    s.d.event.end_local = text("2027-02-02T20:30");
    s.d.event.time_zone = text("Europe/Berlin");
    convene__events__v1__series__init(&s.series);
    s.series.event = &s.d.event;
    s.series.rrule = text("FREQ=WEEKLY;COUNT=10");
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    assert_indexes_right(s->harness);
    client_end(&s->owner);
    client_end(&s->stranger);
    *state = s->harness;
    return harness_teardown(state);
}

static const Convene__Events__V1__Series *make(struct scene *s, struct client *client)
{
    Convene__Events__V1__CreateSeriesRequest request =
        CONVENE__EVENTS__V1__CREATE_SERIES_REQUEST__INIT;
    request.series = &s->series;
    request.publish = true;
    return client_call(client, &cvn_series_methods[CREATE], &request);
}

/* Its id, which outlives the reply. */
static struct id_text made(struct scene *s)
{
    struct id_text id;
    const Convene__Events__V1__Series *series = make(s, &s->owner);
    assert_non_null(series);
    (void)snprintf(id.text, sizeof id.text, "%s", series->id);
    return id;
}

static const Convene__Events__V1__ListEventsResponse *occurrences(struct scene *s, const char *id)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    request.series_id = text(id);
    request.page_size = 1000;
    request.include_cancelled = true;
    const Convene__Events__V1__ListEventsResponse *found = list(&s->owner, &request);
    assert_non_null(found);
    return found;
}

static const Convene__Events__V1__Series *split(struct scene *s, const char *id, const char *from)
{
    Convene__Events__V1__SplitSeriesRequest request =
        CONVENE__EVENTS__V1__SPLIT_SERIES_REQUEST__INIT;
    request.id = text(id);
    request.recurrence_id = text(from);
    request.series = &s->series;
    return client_call(&s->owner, &cvn_series_methods[SPLIT], &request);
}

static void test_create_when_clocks_change_between_keeps_hour_and_weekday(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
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
    struct scene *s = *state;
    s->series.rrule = text("FREQ=DAILY");
    const Convene__Events__V1__Series *series = make(s, &s->owner);
    assert_non_null(series);
    assert_int_equal(series->occurrence_count, CVN_SERIES_HORIZON_DAYS);
    assert_string_equal(series->made_until, "2028-03-08T18:30:00");
    s->series.rrule = text("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0");
    series = make(s, &s->owner);
    assert_non_null(series);
    assert_int_equal(series->occurrence_count, CVN_SERIES_OCCURRENCES_MAX);
}

static void test_create_when_the_rule_is_hostile_names_the_field(void **state)
{
    struct scene *s = *state;
    static const char *const rules[] = {"FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
                                        "FREQ=DAILY;BYYEARDAY=366;BYMONTH=1", "nonsense", ""};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        s->series.rrule = text(rules[i]);
        assert_null(make(s, &s->owner));
        assert_true(client_blames(&s->owner, "series.rrule"));
    }
}

static void test_create_when_not_an_organiser_is_refused(void **state)
{
    struct scene *s = *state;
    assert_null(make(s, &s->stranger));
    assert_int_equal(s->stranger.status.code, CVN_PERMISSION_DENIED);
}

static void test_rsvp_when_to_one_occurrence_leaves_the_others(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 1;
    struct id_text id = made(s);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    struct cvn_id second = id_of(found->events[1]), third = id_of(found->events[2]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    assert_int_equal(say_yes(&guest, second, guest.who.person, 0),
                     CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    assert_int_equal(get(&s->owner, second)->seats_taken, 1);
    assert_int_equal(get(&s->owner, third)->seats_taken, 0);
}

static void test_cancel_when_one_occurrence_leaves_the_others(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    struct cvn_id second = id_of(occurrences(s, id.text)->events[1]);
    assert_non_null(cancel(&s->owner, second, "ill"));
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    assert_int_equal(found->events[0]->status, STATUS(SCHEDULED));
    assert_int_equal(found->events[1]->status, STATUS(CANCELLED));
    assert_true(found->events[1]->overridden);
    assert_int_equal(found->events[1]->sequence, 1);
}

static void test_split_when_the_hour_changes_keeps_rsvps_and_overrides(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    struct cvn_id fourth = id_of(found->events[3]), sixth = id_of(found->events[5]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, fourth, guest.who.person, 0);
    assert_non_null(cancel(&s->owner, sixth, "holiday"));
    s->d.event.start_local = text("2027-02-23T19:00");
    s->d.event.end_local = text("2027-02-23T21:00");
    s->series.rrule = text("FREQ=WEEKLY;COUNT=7");
    const Convene__Events__V1__Series *later = split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    struct id_text new_id;
    (void)snprintf(new_id.text, sizeof new_id.text, "%s", later->id);
    assert_int_equal(occurrences(s, id.text)->n_events, 3);
    found = occurrences(s, new_id.text);
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
    struct scene *s = *state;
    char *excluded[] = {text("2027-02-09T18:30"), text("2027-03-09T18:30")};
    char *further[] = {text("2027-02-03T18:30"), text("2027-03-10T18:30")};
    s->series.excluded_starts = excluded;
    s->series.n_excluded_starts = 2;
    s->series.further_starts = further;
    s->series.n_further_starts = 2;
    struct id_text id = made(s), rest;
    assert_int_equal(occurrences(s, id.text)->n_events, 10); /* of 10 two go, and two come */
    s->d.event.start_local = text("2027-02-23T19:30");
    s->d.event.end_local = text("2027-02-23T21:00");
    s->series.rrule = text("");
    s->series.n_further_starts = s->series.n_excluded_starts = 0;
    const Convene__Events__V1__Series *later = split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    assert_string_equal(later->rrule, "FREQ=WEEKLY;COUNT=7");
    assert_int_equal(later->occurrence_count, 7);
    assert_int_equal(later->n_excluded_starts, 1);
    assert_string_equal(later->excluded_starts[0], "2027-03-09T19:30:00");
    assert_int_equal(later->n_further_starts, 1);
    assert_string_equal(later->further_starts[0], "2027-03-10T19:30:00");
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    assert_int_equal(occurrences(s, id.text)->n_events, 3);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, rest.text);
    assert_int_equal(found->n_events, 7);
    assert_string_equal(found->events[2]->start_local, "2027-03-10T19:30:00");
    assert_string_equal(found->events[6]->start_local, "2027-04-06T19:30:00");
}

/* What a further date is moved by is no start of the rule's, which keeps its weeks and its hour. */
static void test_split_at_a_further_date_keeps_the_rule_in_step(void **state)
{
    struct scene *s = *state;
    char *further[] = {text("2027-02-10T10:00")};
    struct id_text rest;
    s->series.rrule = text("FREQ=WEEKLY;INTERVAL=2;COUNT=4");
    s->series.further_starts = further;
    s->series.n_further_starts = 1;
    struct id_text id = made(s);
    s->d.event.start_local = text("2027-02-10T11:00");
    s->d.event.end_local = text("2027-02-10T13:00");
    s->series.rrule = text("");
    s->series.n_further_starts = 0;
    const Convene__Events__V1__Series *later = split(s, id.text, "2027-02-10T10:00");
    assert_non_null(later);
    assert_int_equal(later->occurrence_count, 4);
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, rest.text);
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
    struct scene *s = *state;
    struct id_text rest;
    s->series.rrule = text("FREQ=WEEKLY;UNTIL=20270406T163000Z");
    struct id_text id = made(s);
    assert_int_equal(occurrences(s, id.text)->n_events, 10);
    struct cvn_id last = id_of(occurrences(s, id.text)->events[9]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->d.event.start_local = text("2027-02-23T19:30");
    s->d.event.end_local = text("2027-02-23T21:30");
    s->series.rrule = text("");
    const Convene__Events__V1__Series *later = split(s, id.text, "2027-02-23T18:30");
    assert_non_null(later);
    assert_string_equal(later->rrule, "FREQ=WEEKLY;UNTIL=20270406T173000Z");
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, rest.text);
    assert_int_equal(found->n_events, 7);
    assert_string_equal(found->events[6]->start_local, "2027-04-06T19:30:00");
    assert_int_equal(found->events[6]->seats_taken, 1);
    assert_int_equal(found->events[6]->status, STATUS(RESCHEDULED));
}

static void test_split_when_named_days_would_not_move_along_asks_for_a_rule(void **state)
{
    struct scene *s = *state;
    s->series.rrule = text("FREQ=WEEKLY;BYDAY=TU;COUNT=10");
    struct id_text id = made(s);
    s->d.event.start_local = text("2027-02-24T18:30");
    s->d.event.end_local = text("2027-02-24T20:30");
    s->series.rrule = text("");
    assert_null(split(s, id.text, "2027-02-23T18:30"));
    assert_true(client_blames(&s->owner, "series.rrule"));
    assert_int_equal(occurrences(s, id.text)->n_events, 10);
}

static void test_split_when_there_is_no_such_occurrence_is_refused(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    s->d.event.start_local = text("2027-02-24T18:30");
    s->d.event.end_local = text("2027-02-24T20:30");
    s->series.rrule = text("");
    assert_null(split(s, id.text, "2027-02-24T18:30"));
    assert_true(client_blames(&s->owner, "recurrence_id"));
}

/* Else what was held would be made a second time, and what another split made, too. */
static void test_split_when_begun_or_split_before_is_refused(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    int64_t second_ms = start_of(occurrences(s, id.text)->events[1]);
    s->d.event.start_local = text("2027-02-09T18:30");
    s->d.event.end_local = text("2027-02-09T20:30");
    s->series.rrule = text("");
    s->harness->now_ms = second_ms;
    assert_null(split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    s->harness->now_ms = second_ms - 1000;
    assert_non_null(split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(occurrences(s, id.text)->n_events, 1);
    assert_null(split(s, id.text, "2027-02-09T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    assert_int_equal(occurrences(s, id.text)->n_events, 1);
}

static int turn(struct scene *s, struct cvn_series_task *task, int64_t *ret_next_ms)
{
    return cvn_series_task_turn(task, &s->harness->service, s->harness->store, s->harness->now_ms,
                                ret_next_ms);
}

/* Of twice a day there are more ahead than one write makes of a new series. */
static void test_split_when_many_are_ahead_drops_none(void **state)
{
    struct scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    struct id_text rest;
    s->series.rrule = text("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=30");
    struct id_text id = made(s);
    while (turn(s, &task, &next_ms) > 0)
        ;
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    size_t n = found->n_events;
    assert_true(n > CVN_SERIES_OCCURRENCES_MAX + 100);
    struct cvn_id last = id_of(found->events[n - 1]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->series.rrule = text("");
    const Convene__Events__V1__Series *later = split(s, id.text, "2027-02-02T18:30");
    assert_non_null(later);
    (void)snprintf(rest.text, sizeof rest.text, "%s", later->id);
    assert_int_equal(get(&s->owner, last)->status, STATUS(SCHEDULED));
    assert_int_equal(occurrences(s, rest.text)->n_events, n);
    /* And none is made a second time. */
    task = (struct cvn_series_task){0};
    while (turn(s, &task, &next_ms) > 0)
        ;
    assert_int_equal(occurrences(s, rest.text)->n_events, n);
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
    struct scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->series.rrule = text("FREQ=WEEKLY");
    struct id_text id = made(s);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
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
    assert_int_equal(get(&s->owner, id_of(occurrences(s, id.text)->events[1]))->status,
                     STATUS(SCHEDULED));
    assert_int_equal(get(&s->owner, third)->status, STATUS(CANCELLED));
    assert_string_equal(get(&guest, third)->status_reason, "The hall is sold.");
    assert_int_equal(get(&guest, third)->seats_taken, 1);
    assert_string_equal(get(&guest, fourth)->status_reason, "ill");
    assert_int_equal(get(&guest, fifth)->sequence, 1);
    /* Nothing is made any more, and none can be called off twice. */
    s->harness->now_ms += 40 * DAY_MS;
    (void)turn(s, &task, &next_ms);
    assert_int_equal(occurrences(s, id.text)->n_events, n);
    assert_null(call_off(&s->owner, id.text, "2027-02-23T18:30"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
}

static void test_cancel_from_an_occurrence_on_deletes_drafts_that_nobody_has_answered(void **state)
{
    struct scene *s = *state;
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

static void test_online_address_of_a_series_is_for_those_who_organise_it(void **state)
{
    struct scene *s = *state;
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    s->d.event.attendance_mode = MODE(ONLINE);
    s->d.event.online_url = text("https://meet.example.org/x");
    struct id_text id = made(s);
    Convene__Events__V1__GetSeriesRequest request = CONVENE__EVENTS__V1__GET_SERIES_REQUEST__INIT;
    request.id = id.text;
    const Convene__Events__V1__Series *seen =
        client_call(&s->owner, &cvn_series_methods[GET], &request);
    assert_string_equal(seen->event->online_url, "https://meet.example.org/x");
    seen = client_call(&guest, &cvn_series_methods[GET], &request);
    assert_string_equal(seen->event->online_url, "");
}

static void test_split_when_the_day_changes_cancels_where_people_answered(void **state)
{
    struct scene *s = *state;
    struct id_text id = made(s);
    struct cvn_id last = id_of(occurrences(s, id.text)->events[9]);
    CLIENT guest = client_of(s->harness, harness_person(s->harness, 5));
    (void)say_yes(&guest, last, guest.who.person, 0);
    s->d.event.start_local = text("2027-04-01T18:30");
    s->d.event.end_local = text("2027-04-01T20:30");
    s->series.rrule = text("FREQ=WEEKLY;COUNT=2");
    assert_non_null(split(s, id.text, "2027-03-30T18:30"));
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    assert_int_equal(found->n_events, 9); /* 8 before, and the one that somebody goes to */
    assert_int_equal(found->events[8]->status, STATUS(CANCELLED));
}

static const Convene__Events__V1__RegisterSeriesResponse *put_series(struct scene *s)
{
    Convene__Events__V1__RegisterSeriesRequest request =
        CONVENE__EVENTS__V1__REGISTER_SERIES_REQUEST__INIT;
    request.series = &s->series;
    request.publish = true;
    return client_call(&s->owner, &cvn_series_methods[REGISTER], &request);
}

static void test_register_when_again_changes_nothing(void **state)
{
    struct scene *s = *state;
    s->d.event.external_id = text("uid-1");
    const Convene__Events__V1__RegisterSeriesResponse *answer = put_series(s);
    assert_non_null(answer);
    assert_int_equal(answer->outcome, OUTCOME(CREATED));
    struct id_text id;
    (void)snprintf(id.text, sizeof id.text, "%s", answer->series->id);
    assert_int_equal(put_series(s)->outcome, OUTCOME(UNCHANGED));
    s->d.event.title = text("Another evening");
    assert_int_equal(put_series(s)->outcome, OUTCOME(UPDATED));
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    assert_int_equal(found->n_events, 10);
    assert_string_equal(found->events[9]->title, "Another evening");
    assert_string_equal(found->events[9]->external_id, "uid-1/2027-04-06T18:30:00");
    assert_int_equal(found->events[9]->sequence, 1);
}

static void archive(struct scene *s, struct cvn_id group)
{
    struct id_text id = id_text("grp", group);
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    request.id = id.text;
    assert_non_null(client_call(&s->owner, &cvn_group_methods[ARCHIVE_GROUP], &request));
}

static void test_turn_when_a_month_passed_makes_a_month_more(void **state)
{
    struct scene *s = *state;
    s->series.rrule = text("FREQ=DAILY");
    struct id_text id = made(s);
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->harness->now_ms = monday_ms + 60 * DAY_MS;
    assert_int_equal(turn(s, &task, &next_ms), 0);
    assert_true(next_ms > s->harness->now_ms + 23 * HOUR_MS);
    assert_true(next_ms <= s->harness->now_ms + 26 * HOUR_MS);
    const Convene__Events__V1__ListEventsResponse *found = occurrences(s, id.text);
    assert_true(found->n_events > CVN_SERIES_HORIZON_DAYS);
    size_t n = found->n_events;
    for (size_t i = 1; i < n; i++)
        assert_true(start_of(found->events[i]) > start_of(found->events[i - 1]));
    s->harness->now_ms = next_ms - 1;
    assert_int_equal(turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + 1);
    assert_int_equal(occurrences(s, id.text)->n_events, n);
    s->harness->now_ms = next_ms;
    assert_int_equal(turn(s, &task, &next_ms), 0);
    assert_int_equal(occurrences(s, id.text)->n_events, n + 1);
}

/* They stay due, and are not tried again and again. */
static void test_turn_when_more_groups_are_archived_than_it_takes_comes_to_an_end(void **state)
{
    struct scene *s = *state;
    struct cvn_series_task task = {0};
    int64_t next_ms = INT64_MAX;
    s->series.rrule = text("FREQ=YEARLY");
    for (int i = 0; i < CVN_SERIES_TASK_MAX; i++)
        (void)made(s);
    struct cvn_id other = s->group;
    s->group = harness_group(s->harness, "Other", s->owner_id);
    s->d.group = id_text("grp", s->group);
    struct id_text id = made(s);
    archive(s, other);
    size_t n = occurrences(s, id.text)->n_events;
    s->harness->now_ms += 400 * DAY_MS;
    assert_int_equal(turn(s, &task, &next_ms), 1);
    assert_int_equal(turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + CVN_SERIES_REST_MS);
    assert_int_equal(occurrences(s, id.text)->n_events, n + 1);
    /* A write that wakes the clock before that has it look for no series. */
    s->harness->now_ms += CVN_SERIES_REST_MS - 1;
    assert_int_equal(turn(s, &task, &next_ms), 0);
    assert_int_equal(next_ms, s->harness->now_ms + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_create_when_clocks_change_between_keeps_hour_and_weekday),
        TEST(test_create_when_the_rule_never_ends_makes_the_horizon),
        TEST(test_create_when_the_rule_is_hostile_names_the_field),
        TEST(test_create_when_not_an_organiser_is_refused),
        TEST(test_rsvp_when_to_one_occurrence_leaves_the_others),
        TEST(test_cancel_when_one_occurrence_leaves_the_others),
        TEST(test_split_when_the_hour_changes_keeps_rsvps_and_overrides),
        TEST(test_split_when_the_day_changes_cancels_where_people_answered),
        TEST(test_split_without_a_rule_goes_on_as_before),
        TEST(test_split_at_a_further_date_keeps_the_rule_in_step),
        TEST(test_split_moves_the_end_of_the_rule_along),
        TEST(test_split_when_named_days_would_not_move_along_asks_for_a_rule),
        TEST(test_split_when_there_is_no_such_occurrence_is_refused),
        TEST(test_split_when_begun_or_split_before_is_refused),
        TEST(test_split_when_many_are_ahead_drops_none),
        TEST(test_cancel_from_an_occurrence_on_ends_a_rule_without_end),
        TEST(test_cancel_from_an_occurrence_on_deletes_drafts_that_nobody_has_answered),
        TEST(test_online_address_of_a_series_is_for_those_who_organise_it),
        TEST(test_register_when_again_changes_nothing),
        TEST(test_turn_when_a_month_passed_makes_a_month_more),
        TEST(test_turn_when_more_groups_are_archived_than_it_takes_comes_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
