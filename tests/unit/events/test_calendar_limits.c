/* How many events are listed, go out as a calendar, or are looked at when their series changes. */
#include "services/events/calendar_apply.h"
#include "services/events/calendar_export.h"
#include "services/events/listing/event_list.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/series/series_write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/calendar_scene.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 500, DESCRIPTION_BYTES = 50000 };

/* Events that are put into the store as they are: many of them, quickly. */
struct many {
    struct scene *s;
    Convene__Events__V1__Event event; /* what they are alike in */
    int first, n;                     /* numbers */
    int64_t step_ms;
};

/* Number 0 begins 100 days ahead, each further one a day, or an hour, earlier. */
static int put_one(struct cvn_ctx *ctx, const struct many *many, int number)
{
    Convene__Events__V1__Event event = many->event;
    struct cvn_id id = {{9, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
    char recurrence_id[48], external_id[64];
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    event.start_time = event.end_time =
        cvn_record_time(ctx->arena, ctx->now_ms + 100 * DAY_MS - number * many->step_ms);
    event.create_time = event.update_time = event.start_time;
    (void)snprintf(recurrence_id, sizeof recurrence_id, "2000-01-01T%02d:%02d:%02d", number / 3600,
                   number / 60 % 60, number % 60);
    (void)snprintf(external_id, sizeof external_id, "w/%s", recurrence_id);
    if (event.series_id[0]) {
        event.recurrence_id = recurrence_id;
        event.external_id = external_id;
    }
    int r = event.id && event.start_time ? cvn_event_put(ctx, &id, &event) : -1;
    cvn_arena_reset(ctx->arena);
    return r;
}

static int put_chunk(struct cvn_ctx *ctx, void *arg)
{
    const struct many *many = arg;
    int r = 0;
    for (int i = 0; r == 0 && i < many->n; i++)
        r = put_one(ctx, many, many->first + i);
    return r;
}

static void put_many(struct many *many, int n)
{
    while (n > 0) {
        many->n = n < CHUNK ? n : CHUNK;
        assert_int_equal(harness_write(many->s->harness, put_chunk, many), 0);
        many->first += many->n;
        n -= many->n;
    }
}

static struct many many_of(struct scene *s, const struct id_text *group)
{
    struct many many = {.s = s, .event = CONVENE__EVENTS__V1__EVENT__INIT, .step_ms = DAY_MS};
    many.event.group_id = (char *)(uintptr_t)group->text;
    many.event.title = text("An evening");
    many.event.time_zone = text("UTC");
    many.event.start_local = many.event.end_local = text("2027-03-01T18:30:00");
    many.event.publication = PUBLICATION(PUBLISHED);
    many.event.visibility = VISIBILITY(PUBLIC);
    many.event.status = STATUS(SCHEDULED);
    many.event.attendance_mode = MODE(OFFLINE);
    return many;
}

static void test_list_when_a_page_is_larger_than_any(void **state)
{
    struct scene *s = *state;
    struct id_text group = id_text("grp", s->group);
    struct many many = many_of(s, &group);
    char token[400] = "";
    put_many(&many, CVN_EVENT_LIST_MAX + 1);
    for (int more = 1; more >= 0; more--) {
        Convene__Events__V1__ListEventsRequest request =
            CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
        request.page_size = CVN_EVENT_LIST_MAX + more; /* clipped */
        request.page_token = token;
        const Convene__Events__V1__ListEventsResponse *page = list(&s->owner, &request);
        assert_non_null(page);
        assert_int_equal(page->n_events, more ? CVN_EVENT_LIST_MAX : 1);
        assert_int_equal(page->next_page_token[0] != '\0', more);
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    }
}

struct taken {
    int32_t n_components;
    size_t n_bytes;
    char token[400];
};

/* The group's calendar from the token on. */
static struct taken take(struct scene *s, const char *token)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__ExportCalendarRequest request =
        CONVENE__EVENTS__V1__EXPORT_CALENDAR_REQUEST__INIT;
    struct id_text id = id_text("grp", s->group);
    struct taken ret = {0};
    filter.group_id = id.text;
    filter.page_token = text(token);
    request.filter = &filter;
    const Convene__Events__V1__ExportCalendarResponse *response =
        client_call(&s->owner, &cvn_calendar_methods[0], &request);
    assert_non_null(response);
    ret.n_components = response->component_count;
    ret.n_bytes = response->content.len;
    (void)snprintf(ret.token, sizeof ret.token, "%s", response->next_page_token);
    return ret;
}

static void test_export_when_more_events_than_one_call_takes(void **state)
{
    struct scene *s = *state;
    struct id_text group = id_text("grp", s->group);
    struct many many = many_of(s, &group);
    put_many(&many, CVN_CALENDAR_EXPORT_EVENTS_MAX);
    struct taken taken = take(s, "");
    assert_int_equal(taken.n_components, CVN_CALENDAR_EXPORT_EVENTS_MAX);
    put_many(&many, 1);
    taken = take(s, "");
    assert_int_equal(taken.n_components, CVN_CALENDAR_EXPORT_EVENTS_MAX);
    assert_string_not_equal(taken.token, "");
    taken = take(s, taken.token);
    assert_int_equal(taken.n_components, 1);
    assert_string_equal(taken.token, "");
}

/* Escaped each is twice as long: the event that reaches the limit is the last. */
static void test_export_when_more_text_than_one_call_takes(void **state)
{
    enum { N = 60, EVENT_BYTES = 110000 };
    struct scene *s = *state;
    struct id_text group = id_text("grp", s->group);
    struct many many = many_of(s, &group);
    many.event.description = test_malloc(DESCRIPTION_BYTES + 1);
    memset(many.event.description, ',', DESCRIPTION_BYTES);
    many.event.description[DESCRIPTION_BYTES] = '\0';
    put_many(&many, N);
    test_free(many.event.description);
    int32_t n_components = 0;
    struct taken taken = {.token = ""};
    do {
        taken = take(s, taken.token);
        n_components += taken.n_components;
        assert_true(taken.n_components > 0);
        assert_true(taken.n_bytes < CVN_CALENDAR_EXPORT_BYTES_MAX + EVENT_BYTES);
        assert_true(!taken.token[0] || taken.n_bytes >= CVN_CALENDAR_EXPORT_BYTES_MAX);
    } while (taken.token[0]);
    assert_int_equal(n_components, N);
}

/* What the report says of an occurrence of the series "w" that is made anew; one of ours. */
static const Convene__Events__V1__CalendarResult *change(struct scene *s, int number)
{
    char content[512];
    (void)snprintf(content, sizeof content,
                   "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w\nRECURRENCE-ID:20000101T%02d%02d%02d\n"
                   "DTSTART:20270301T183000\nSUMMARY:moved\nSEQUENCE:7\nEND:VEVENT\n"
                   "END:VCALENDAR\n",
                   number / 3600, number / 60 % 60, number % 60);
    const Convene__Events__V1__StreamImportCalendarResponse *report = import(s, content);
    assert_int_equal(report->n_results, 1);
    return report->results[0];
}

static void test_import_when_a_series_has_more_occurrences_than_are_looked_through(void **state)
{
    enum { MADE = 9, BEFORE = 200, FIRST = 1 + BEFORE };
    struct scene *s = *state;
    struct id_text group = id_text("grp", s->group);
    struct many many = many_of(s, &group);
    char series[CVN_ID_TEXT_BYTES];
    (void)snprintf(series, sizeof series, "%s", import(s, weekly)->results[0]->id);
    many.event.series_id = series;
    many.first = FIRST; /* all of them over */
    put_many(&many, CVN_CALENDAR_OCCURRENCES_MAX - MADE);
    int oldest = many.first - 1;
    assert_int_equal(change(s, oldest)->outcome, RESULT(UPDATED));
    put_many(&many, 1);
    const Convene__Events__V1__CalendarResult *line = change(s, oldest + 1);
    assert_int_equal(line->outcome, RESULT(SKIPPED));
    assert_non_null(strstr(line->reasons[0], "over"));
    /* What is ahead is among those looked through, whatever is behind. */
    static const char off[] =
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w\nDTSTART;TZID=Europe/Berlin:20270202T183000\n"
        "RRULE:FREQ=WEEKLY;COUNT=10\nSUMMARY:weekly\nSEQUENCE:9\nSTATUS:CANCELLED\nEND:VEVENT\n"
        "END:VCALENDAR\n";
    assert_int_equal(import(s, off)->results[0]->outcome, RESULT(UPDATED));
    Convene__Events__V1__ListEventsRequest ahead = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Google__Protobuf__Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    now.seconds = s->harness->now_ms / 1000;
    ahead.group_id = group.text;
    ahead.start_time_from = &now;
    assert_int_equal(list(&s->owner, &ahead)->n_events, 0);
}

static void test_import_when_a_series_has_more_ahead_than_a_change_looks_at(void **state)
{
    enum { MADE = 9 };
    static const char form[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w\nSUMMARY:weekly, version %d\n"
                               "DTSTART;TZID=Europe/Berlin:20270202T183000\nSEQUENCE:%d\n"
                               "RRULE:FREQ=WEEKLY;COUNT=10\nEND:VEVENT\nEND:VCALENDAR\n";
    struct scene *s = *state;
    struct id_text group = id_text("grp", s->group);
    struct many many = many_of(s, &group);
    char series[CVN_ID_TEXT_BYTES], content[512];
    (void)snprintf(series, sizeof series, "%s", import(s, weekly)->results[0]->id);
    many.event.series_id = series;
    many.step_ms = 1000; /* all of them ahead */
    put_many(&many, CVN_SERIES_CHANGED_MAX - MADE);
    (void)snprintf(content, sizeof content, form, 10, 10);
    assert_int_equal(import(s, content)->results[0]->outcome, RESULT(UPDATED));
    put_many(&many, 1);
    (void)snprintf(content, sizeof content, form, 11, 11);
    const Convene__Events__V1__CalendarResult *line = import(s, content)->results[0];
    assert_int_equal(line->outcome, RESULT(REFUSED));
    assert_non_null(strstr(line->reasons[0], "over 2000 occurrences"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
        CASE(test_export_when_more_events_than_one_call_takes),
        CASE(test_export_when_more_text_than_one_call_takes),
        CASE(test_list_when_a_page_is_larger_than_any),
        CASE(test_import_when_a_series_has_more_ahead_than_a_change_looks_at),
        CASE(test_import_when_a_series_has_more_occurrences_than_are_looked_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
