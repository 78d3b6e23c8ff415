/* Calendars that come in: what is stored of a file, and what stays. */
#include "google/protobuf/field_mask.pb-c.h"
#include "services/events/calendar_apply.h"
#include "services/events/calendar_import_stream.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/calendar_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATE_EVENT = 7 };

static void test_import_when_new_creates_and_then_changes_nothing(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__CalendarResult *line =
        import_one(s, "SUMMARY:An evening\nSEQUENCE:9\nLAST-MODIFIED:20261201T000000Z\n");
    assert_int_equal(line->outcome, RESULT(CREATED));
    assert_int_equal(line->line, 2);
    struct cvn_id id = stored_id(line);
    const Convene__Events__V1__Event *event = get(&s->owner, id);
    assert_string_equal(event->external_id, "one");
    assert_string_equal(event->start_local, "2027-03-01T18:30:00");
    assert_int_equal(event->publication, PUBLICATION(PUBLISHED));
    assert_int_equal(event->sequence, 9); /* who subscribed elsewhere must not see a step back */
    line = import_one(s, "SUMMARY:An evening\nSEQUENCE:9\nLAST-MODIFIED:20261201T000000Z\n");
    assert_int_equal(line->outcome, RESULT(UNCHANGED));
    assert_int_equal(get(&s->owner, id)->sequence, 9);
}

static void test_import_when_the_file_is_older_keeps_what_is_here(void **state)
{
    struct scene *s = *state;
    (void)import_one(s, "SUMMARY:nine\nSEQUENCE:9\nLAST-MODIFIED:20261201T000000Z\n");
    const Convene__Events__V1__CalendarResult *line = import_one(s, "SUMMARY:eight\nSEQUENCE:8\n");
    assert_int_equal(line->outcome, RESULT(SKIPPED));
    assert_non_null(strstr(line->reasons[0], "it has SEQUENCE 9, the file 8"));
    line = import_one(s, "SUMMARY:before\nSEQUENCE:9\nLAST-MODIFIED:20261130T000000Z\n");
    assert_int_equal(line->outcome, RESULT(SKIPPED));
    assert_string_equal(get(&s->owner, stored_id(line))->title, "nine");
    line = import_one(s, "SUMMARY:after\nSEQUENCE:9\nLAST-MODIFIED:20261202T000000Z\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    line = import_one(s, "SUMMARY:ten\nSEQUENCE:20\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    assert_int_equal(get(&s->owner, stored_id(line))->sequence, 20);
}

static void test_import_when_changed_here_keeps_that_until_there_is_news(void **state)
{
    struct scene *s = *state;
    const char *said = "SUMMARY:theirs\nSEQUENCE:1\nLAST-MODIFIED:20261201T000000Z\n";
    struct cvn_id id = stored_id(import_one(s, said));
    s->harness->now_ms += 1000;
    struct draft d;
    draft_init(&d, s->group);
    d.event.external_id = text("one");
    d.event.title = text("ours");
    d.event.start_local = text("2027-03-01T18:30:00");
    d.event.capacity = 30;
    assert_non_null(put(&s->owner, &d.event, false));
    const Convene__Events__V1__CalendarResult *line = import_one(s, said);
    assert_int_equal(line->outcome, RESULT(UNCHANGED));
    assert_non_null(strstr(line->reasons[0], "changed here since"));
    assert_string_equal(get(&s->owner, id)->title, "ours");
    line = import_one(s, "SUMMARY:theirs again\nSEQUENCE:1\nLAST-MODIFIED:20261202T000000Z\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    assert_string_equal(get(&s->owner, id)->title, "theirs again");
    assert_int_equal(get(&s->owner, id)->capacity, 30); /* of which calendars say nothing */
}

static void test_import_when_only_organisers_may(void **state)
{
    struct scene *s = *state;
    join(&s->member, s->group);
    assert_null(import_into(s, &s->member, s->group, "BEGIN:VCALENDAR\nEND:VCALENDAR\n"));
    assert_int_equal(s->member.status.code, CVN_PERMISSION_DENIED);
    struct cvn_id nobodys = {{1}};
    assert_null(import_into(s, &s->owner, nobodys, "BEGIN:VCALENDAR\nEND:VCALENDAR\n"));
    assert_int_equal(s->owner.status.code, CVN_NOT_FOUND);
    assert_null(import_into(s, &s->owner, s->group, "no calendar"));
    assert_true(client_blames(&s->owner, "pieces"));
}

static void test_import_when_a_dry_run_decides_all_and_stores_nothing(void **state)
{
    struct scene *s = *state;
    s->validate_only = true;
    for (int i = 0; i < 2; i++) {
        const Convene__Events__V1__CalendarResult *line =
            import_one(s, "SUMMARY:x\nRRULE:FREQ=WEEKLY;COUNT=5\n");
        assert_int_equal(line->outcome, RESULT(CREATED));
        assert_string_equal(line->id, "");
    }
    assert_null(strstr(feed(s, &s->owner, true), "BEGIN:VEVENT"));
    s->validate_only = false;
    assert_int_equal(import_one(s, "SUMMARY:x\nRRULE:FREQ=WEEKLY;COUNT=5\n")->outcome,
                     RESULT(CREATED));
}

static void test_import_when_it_says_cancelled_calls_it_off_and_back(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = stored_id(import_one(s, "SUMMARY:x\nSEQUENCE:1\nSTATUS:CONFIRMED\n"));
    assert_int_equal(say_yes(&s->member, id, s->member_id, 0),
                     CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    const Convene__Events__V1__CalendarResult *line =
        import_one(s, "SUMMARY:x\nSEQUENCE:2\nSTATUS:CANCELLED\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    const Convene__Events__V1__Event *event = get(&s->owner, id);
    assert_int_equal(event->status, STATUS(CANCELLED));
    assert_true(event->status_reason[0]);
    assert_int_equal(event->sequence, 2);
    /* The old file does not bring it back, a newer one does. */
    line = import_one(s, "SUMMARY:x\nSEQUENCE:1\nSTATUS:CONFIRMED\n");
    assert_int_equal(line->outcome, RESULT(SKIPPED));
    line = import_one(s, "SUMMARY:x\nSEQUENCE:3\nSTATUS:CONFIRMED\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    assert_int_equal(get(&s->owner, id)->status, STATUS(SCHEDULED));
}

/* Gives an event the external id that an occurrence of the series "w" has. */
static void take_external_id(struct scene *s, struct cvn_id id)
{
    Convene__Events__V1__UpdateEventRequest request =
        CONVENE__EVENTS__V1__UPDATE_EVENT_REQUEST__INIT;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[] = {text("external_id")};
    struct id_text id_name = id_text("evt", id);
    event.id = id_name.text;
    event.external_id = text("w/2027-03-02T18:30:00");
    mask.paths = paths;
    mask.n_paths = 1;
    request.event = &event;
    request.update_mask = &mask;
    assert_non_null(client_call(&s->owner, &cvn_event_methods[UPDATE_EVENT], &request));
}

static void test_import_when_an_occurrence_is_another_series_refuses_that_series(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    (void)import_one(s, "SUMMARY:x\nRRULE:FREQ=WEEKLY;COUNT=2\n");
    take_external_id(s, id_of(list(&s->owner, &filter)->events[0]));
    char content[4096];
    (void)snprintf(content, sizeof content,
                   "%.*sBEGIN:VEVENT\nUID:last\nSUMMARY:last\n"
                   "DTSTART:20270301T173000Z\nEND:VEVENT\nEND:VCALENDAR\n",
                   (int)(strlen(weekly) - strlen("END:VCALENDAR\n")), weekly);
    for (int i = 0; i < 2; i++) { /* the second time is as the first */
        const Convene__Events__V1__StreamImportCalendarResponse *report = import(s, content);
        assert_int_equal(report->n_results, 5);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(report->results[k]->outcome, RESULT(REFUSED));
        assert_non_null(strstr(report->results[0]->reasons[0], "\"w/2027-03-02T18:30:00\""));
        assert_non_null(strstr(report->results[1]->reasons[0], "was not taken"));
        assert_string_equal(report->results[1]->id, "");
        assert_int_equal(report->results[4]->outcome, i ? RESULT(UNCHANGED) : RESULT(CREATED));
    }
    assert_int_equal(list(&s->owner, &filter)->n_events, 3); /* nothing of it stayed */
}

static void test_import_when_a_new_hour_is_another_occurrence_s(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    static const char form[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:two\nSUMMARY:x\nSEQUENCE:%d\n"
                               "DTSTART:20270301T%d0000\nRRULE:FREQ=DAILY;COUNT=4;BYHOUR=%d,%d\n"
                               "END:VEVENT\nEND:VCALENDAR\n";
    char content[512], eight[CVN_ID_TEXT_BYTES];
    (void)snprintf(content, sizeof content, form, 1, 17, 17, 20);
    assert_int_equal(import(s, content)->results[0]->outcome, RESULT(CREATED));
    const Convene__Events__V1__ListEventsResponse *found = list(&s->owner, &filter);
    assert_int_equal(found->n_events, 4);
    assert_string_equal(found->events[1]->start_local, "2027-03-01T20:00:00");
    (void)snprintf(eight, sizeof eight, "%s", found->events[1]->id);
    (void)snprintf(content, sizeof content, form, 2, 20, 20, 22);
    assert_int_equal(import(s, content)->results[0]->outcome, RESULT(UPDATED));
    found = list(&s->owner, &filter);
    assert_int_equal(found->n_events, 4);
    assert_string_equal(found->events[0]->start_local, "2027-03-01T20:00:00");
    assert_string_equal(found->events[0]->id, eight); /* whoever comes at that hour still does */
    assert_string_equal(found->events[1]->start_local, "2027-03-01T22:00:00");
}

static void test_import_when_called_off_here_stays_so(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = stored_id(import_one(s, "SUMMARY:x\nSTATUS:CONFIRMED\n"));
    assert_non_null(cancel(&s->owner, id, "no room"));
    const Convene__Events__V1__CalendarResult *line =
        import_one(s, "SUMMARY:x\nSTATUS:CONFIRMED\n");
    assert_int_equal(line->outcome, RESULT(UNCHANGED));
    assert_non_null(strstr(line->reasons[0], "stays so"));
    assert_int_equal(get(&s->owner, id)->status, STATUS(CANCELLED));
}

static void test_import_when_tentative_is_a_draft_though_published(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = stored_id(import_one(s, "SUMMARY:x\nSTATUS:TENTATIVE\n"));
    assert_int_equal(get(&s->owner, id)->publication, PUBLICATION(DRAFT));
}

static void test_import_when_it_repeats_makes_a_series_with_its_exceptions(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__StreamImportCalendarResponse *response = import(s, weekly);
    assert_int_equal(response->n_results, 4);
    assert_int_equal(response->results[0]->outcome, RESULT(CREATED));
    assert_memory_equal(response->results[0]->id, "ser_", 4);
    assert_int_equal(response->results[1]->outcome, RESULT(UPDATED));
    assert_string_equal(response->results[1]->recurrence_id, "2027-02-09T18:30:00");
    assert_int_equal(response->results[2]->outcome, RESULT(UPDATED));
    assert_int_equal(response->results[3]->outcome, RESULT(REFUSED));
    struct cvn_id moved = stored_id(response->results[1]), off = stored_id(response->results[2]);
    const Convene__Events__V1__Event *event = get(&s->owner, moved);
    assert_string_equal(event->start_local, "2027-02-10T19:00:00");
    assert_string_equal(event->recurrence_id, "2027-02-09T18:30:00");
    assert_true(event->overridden);
    assert_int_equal(get(&s->owner, off)->status, STATUS(CANCELLED));
    response = import(s, weekly);
    for (int i = 0; i < 3; i++)
        assert_int_equal(response->results[i]->outcome, RESULT(UNCHANGED));
}

/* What the change log says since a place in it: how many entries, and of how many subjects. */
struct told {
    uint64_t last;
    size_t n, n_subjects;
    char subjects[64][96];
};

static int read_log(struct cvn_ctx *ctx, void *arg)
{
    struct told *told = arg;
    struct cvn_change_cursor cursor;
    struct cvn_change change;
    told->n = told->n_subjects = 0;
    int r = cvn_change_cursor_init(&cursor, ctx->txn, told->last);
    while (r == 0 && (r = cvn_change_cursor_next(&cursor, &change)) == 0) {
        char subject[96];
        size_t i = 0;
        (void)snprintf(subject, sizeof subject, "%.*s", (int)change.subject.len,
                       (const char *)change.subject.data);
        while (i < told->n_subjects && strcmp(told->subjects[i], subject) != 0)
            i++;
        if (i == told->n_subjects) {
            assert_true(i < 64);
            memcpy(told->subjects[told->n_subjects++], subject, sizeof subject);
        }
        told->last = change.sequence;
        told->n++;
    }
    cvn_change_cursor_deinit(&cursor);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* The import has written so many rows, each once. */
static void expect_written(struct scene *s, struct told *told, size_t n)
{
    assert_int_equal(harness_read(s->harness, read_log, told), 0);
    assert_int_equal(told->n_subjects, n);
    assert_int_equal(told->n, n);
}

/* A weekly series in four places, two of which may be changed by themselves. */
static const char *series_of(struct scene *s, int sequence, const char *first, const char *second)
{
    char content[2048];
    (void)snprintf(content, sizeof content,
                   "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:o\nDTSTART;TZID=Europe/Berlin:"
                   "20270202T183000\nRRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:as %d\nSEQUENCE:%d\n"
                   "END:VEVENT\n%s%sEND:VCALENDAR\n",
                   sequence, sequence, first, second);
    return keep(s, content);
}

static void test_import_writes_each_row_once(void **state)
{
    static const char moved[] = "BEGIN:VEVENT\nUID:o\nRECURRENCE-ID;TZID=Europe/Berlin:"
                                "20270209T183000\nDTSTART;TZID=Europe/Berlin:20270210T190000\n"
                                "SUMMARY:moved\nSEQUENCE:4\nEND:VEVENT\n";
    static const char off[] = "BEGIN:VEVENT\nUID:o\nRECURRENCE-ID;TZID=Europe/Berlin:"
                              "20270216T183000\nDTSTART;TZID=Europe/Berlin:20270216T190000\n"
                              "SUMMARY:off\nSTATUS:CANCELLED\nSEQUENCE:5\nEND:VEVENT\n";
    struct scene *s = *state;
    struct told told = {0};
    assert_int_equal(harness_read(s->harness, read_log, &told), 0);
    (void)import_one(s, "SUMMARY:x\nSEQUENCE:1\n");
    expect_written(s, &told, 1);
    const Convene__Events__V1__CalendarResult *line =
        import_one(s, "SUMMARY:y\nSEQUENCE:2\nSTATUS:CANCELLED\n");
    assert_int_equal(line->outcome, RESULT(UPDATED));
    expect_written(s, &told, 1);
    const Convene__Events__V1__Event *event = get(&s->owner, stored_id(line));
    assert_string_equal(event->title, "y");
    assert_int_equal(event->status, STATUS(CANCELLED));
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import(s, series_of(s, 1, moved, ""));
    assert_int_equal(response->results[1]->outcome, RESULT(UPDATED));
    expect_written(s, &told, 5);
    struct cvn_id id = stored_id(response->results[1]);
    event = get(&s->owner, id);
    assert_string_equal(event->title, "moved");
    assert_int_equal(event->status, STATUS(RESCHEDULED));
    assert_int_equal(event->sequence, 4);
    assert_true(event->overridden);
    /* The series changes, and one more occurrence by itself in the same file. */
    response = import(s, series_of(s, 2, moved, off));
    assert_int_equal(response->results[0]->outcome, RESULT(UPDATED));
    assert_int_equal(response->results[1]->outcome, RESULT(UNCHANGED));
    assert_int_equal(response->results[2]->outcome, RESULT(UPDATED));
    expect_written(s, &told, 4); /* all but the one that was changed before */
    event = get(&s->owner, stored_id(response->results[2]));
    assert_string_equal(event->title, "off");
    assert_string_equal(event->start_local, "2027-02-16T19:00:00");
    assert_int_equal(event->status, STATUS(CANCELLED));
    response = import(s, series_of(s, 2, moved, off));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(response->results[i]->outcome, RESULT(UNCHANGED));
    expect_written(s, &told, 0);
}

static void test_import_when_an_occurrence_comes_before_its_series_is_made_part_of_it(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import(s, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w\n"
                  "RECURRENCE-ID;TZID=Europe/Berlin:20270309T183000\n"
                  "DTSTART;TZID=Europe/Berlin:20270310T183000\nSUMMARY:alone\nEND:VEVENT\n"
                  "END:VCALENDAR\n");
    assert_int_equal(response->results[0]->outcome, RESULT(CREATED));
    assert_non_null(strstr(response->results[0]->reasons[0], "an event by itself"));
    struct cvn_id id = stored_id(response->results[0]);
    assert_int_equal(import(s, weekly)->results[0]->outcome, RESULT(CREATED));
    const Convene__Events__V1__Event *event = get(&s->owner, id);
    assert_memory_equal(event->series_id, "ser_", 4);
    assert_string_equal(event->recurrence_id, "2027-03-09T18:30:00");
    assert_string_equal(event->title, "alone");
}

static void test_import_when_a_series_is_cancelled_calls_off_what_lies_ahead(void **state)
{
    struct scene *s = *state;
    const char *cancelled = "SUMMARY:x\nRRULE:FREQ=WEEKLY\nSEQUENCE:2\nSTATUS:CANCELLED\n";
    assert_int_equal(import_one(s, cancelled)->outcome, RESULT(SKIPPED));
    (void)import_one(s, "SUMMARY:x\nRRULE:FREQ=WEEKLY\nSEQUENCE:1\n");
    assert_int_equal(import_one(s, cancelled)->outcome, RESULT(UPDATED));
    const char *text = feed(s, &s->stranger, false);
    assert_non_null(strstr(text, "\r\nSTATUS:CANCELLED\r\n"));
    assert_int_equal(import_one(s, cancelled)->outcome, RESULT(UNCHANGED));
}

static void test_import_when_one_event_turns_into_a_series_is_refused(void **state)
{
    struct scene *s = *state;
    (void)import_one(s, "SUMMARY:x\n");
    const Convene__Events__V1__CalendarResult *line = import_one(s, "RRULE:FREQ=WEEKLY\n");
    assert_int_equal(line->outcome, RESULT(REFUSED));
    assert_non_null(strstr(line->reasons[0], "one event here and a series in the file"));
    (void)import(s, weekly);
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import(s, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:w\nDTSTART:20270301T173000Z\n"
                  "END:VEVENT\nEND:VCALENDAR\n");
    assert_int_equal(response->results[0]->outcome, RESULT(REFUSED));
}

static void test_import_when_an_override_is_out_of_reach_is_skipped(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import(s, "BEGIN:VCALENDAR\n"
                  "BEGIN:VEVENT\nUID:d\nDTSTART:20260105T173000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n"
                  "BEGIN:VEVENT\nUID:d\nRECURRENCE-ID:20260112T173000Z\nDTSTART:20260113T173000Z\n"
                  "END:VEVENT\n"
                  "BEGIN:VEVENT\nUID:d\nRECURRENCE-ID:20300107T173000Z\nDTSTART:20300108T173000Z\n"
                  "END:VEVENT\nEND:VCALENDAR\n");
    assert_int_equal(response->results[1]->outcome, RESULT(SKIPPED));
    assert_non_null(strstr(response->results[1]->reasons[0], "is over"));
    assert_int_equal(response->results[2]->outcome, RESULT(SKIPPED));
    assert_non_null(strstr(response->results[2]->reasons[0], "import it again then"));
}

static void test_import_when_long_is_answered_in_parts_and_goes_on_behind_each(void **state)
{
    struct scene *s = *state;
    const int n = CVN_CALENDAR_WRITES_MAX;
    char *content = test_malloc((size_t)n * 100 + 100);
    size_t len = (size_t)sprintf(content, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < n; i++)
        len += (size_t)sprintf(content + len,
                               "BEGIN:VEVENT\nUID:%d\nDTSTART:20270301T173000Z\nEND:VEVENT\n", i);
    (void)sprintf(content + len, "END:VCALENDAR\n");
    const Convene__Events__V1__StreamImportCalendarResponse *response = import(s, content);
    assert_int_equal(response->n_results, n);
    assert_int_equal(s->n_answers, 2);
    for (int i = 0; i < n; i++) {
        assert_int_equal(response->results[i]->outcome, RESULT(CREATED));
        assert_int_equal(response->results[i]->line, 2 + 4 * i);
    }
    s->first_line = s->last_line; /* as if the stream had broken then */
    response = import(s, content);
    assert_int_equal(response->n_results, n - (s->first_line - 2) / 4);
    for (size_t i = 0; i < response->n_results; i++)
        assert_int_equal(response->results[i]->outcome, RESULT(UNCHANGED));
    test_free(content);
}

static void test_import_when_lines_are_beyond_the_limit_is_refused(void **state)
{
    struct scene *s = *state;
    static const char content[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:far\n"
                                  "DTSTART:20270301T173000Z\nEND:VEVENT\nEND:VCALENDAR\n";
    s->piece_line = CVN_CALENDAR_IMPORT_LINE_MAX;
    assert_int_equal(import(s, content)->results[0]->line, CVN_CALENDAR_IMPORT_LINE_MAX + 1);
    s->piece_line = CVN_CALENDAR_IMPORT_LINE_MAX + 1;
    assert_null(import_into(s, &s->owner, s->group, content));
    assert_true(client_blames(&s->owner, "pieces[0].first_line"));
    s->piece_line = -1;
    assert_null(import_into(s, &s->owner, s->group, content));
    s->piece_line = 0;
    s->first_line = -1;
    assert_null(import_into(s, &s->owner, s->group, content));
    assert_true(client_blames(&s->owner, "first_line"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_import_when_new_creates_and_then_changes_nothing),
        CASE(test_import_when_the_file_is_older_keeps_what_is_here),
        CASE(test_import_when_changed_here_keeps_that_until_there_is_news),
        CASE(test_import_when_only_organisers_may),
        CASE(test_import_when_a_dry_run_decides_all_and_stores_nothing),
        CASE(test_import_when_it_says_cancelled_calls_it_off_and_back),
        CASE(test_import_when_an_occurrence_is_another_series_refuses_that_series),
        CASE(test_import_when_a_new_hour_is_another_occurrence_s),
        CASE(test_import_when_called_off_here_stays_so),
        CASE(test_import_when_tentative_is_a_draft_though_published),
        CASE(test_import_when_it_repeats_makes_a_series_with_its_exceptions),
        CASE(test_import_writes_each_row_once),
        CASE(test_import_when_an_occurrence_comes_before_its_series_is_made_part_of_it),
        CASE(test_import_when_a_series_is_cancelled_calls_off_what_lies_ahead),
        CASE(test_import_when_one_event_turns_into_a_series_is_refused),
        CASE(test_import_when_an_override_is_out_of_reach_is_skipped),
        CASE(test_import_when_lines_are_beyond_the_limit_is_refused),
        CASE(test_import_when_long_is_answered_in_parts_and_goes_on_behind_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
