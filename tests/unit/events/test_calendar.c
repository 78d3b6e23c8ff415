/* Calendars in and out: what is stored of a file, what stays, and what a feed shows to whom. */
#include "convene/events/v1/registrar.pb-c.h"
#include "services/events/calendar_apply.h"
#include "services/events/calendar_import_stream.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT };

#define RESULT(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id, member_id;
    struct client owner, member, stranger;
    bool publish, validate_only;
    int32_t first_line, piece_line;
    Convene__Events__V1__StreamImportCalendarResponse report; /* of the last import */
    struct client *importing;
    int n_answers;
    int32_t last_line; /* where the last answer begins */
    char *kept;        /* a copy of a calendar, freed at the end */
};

/* 2027-01-04T00:00:00Z, a Monday. */
static const int64_t monday_ms = INT64_C(1798977600) * 1000 + INT64_C(43200) * 1000;

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state, .publish = true};
    s.harness->now_ms = monday_ms;
    s.owner_id = harness_person(s.harness, 0);
    s.member_id = harness_person(s.harness, 1);
    s.group = harness_group(s.harness, "Group", s.owner_id);
    s.owner = client_of(s.harness, s.owner_id);
    s.member = client_of(s.harness, s.member_id);
    s.stranger = client_of(s.harness, harness_person(s.harness, 2));
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    assert_indexes_right(s->harness);
    client_end(&s->owner);
    client_end(&s->member);
    client_end(&s->stranger);
    free(s->kept);
    *state = s->harness;
    return harness_teardown(state);
}

/* Adds an answer to the report: what one call says in several. */
static void take_answer(void *arg, const ProtobufCMessage *answer)
{
    struct scene *s = arg;
    const Convene__Events__V1__StreamImportCalendarResponse *more = (const void *)answer;
    Convene__Events__V1__StreamImportCalendarResponse *whole = &s->report;
    Convene__Events__V1__CalendarResult **results = cvn_arena_alloc_array(
        &s->importing->arena, whole->n_results + more->n_results, sizeof *results);
    assert_non_null(results);
    for (size_t i = 0; i < whole->n_results + more->n_results; i++)
        results[i] = i < whole->n_results ? whole->results[i] : more->results[i - whole->n_results];
    if (s->n_answers++ == 0)
        *whole = *more;
    else
        whole->n_results += more->n_results;
    whole->results = results;
    s->last_line = more->next_line ? more->next_line : s->last_line;
}

static const Convene__Events__V1__StreamImportCalendarResponse *
import_into(struct scene *s, struct client *client, struct cvn_id group, const char *content)
{
    Convene__Events__V1__StreamImportCalendarRequest request =
        CONVENE__EVENTS__V1__STREAM_IMPORT_CALENDAR_REQUEST__INIT;
    Convene__Events__V1__CalendarPiece piece = CONVENE__EVENTS__V1__CALENDAR_PIECE__INIT;
    struct id_text id = id_text("grp", group);
    void *state = test_calloc(1, cvn_calendar_import_stream.state_size);
    request.group_id = id.text;
    piece.content.data = (uint8_t *)(uintptr_t)content;
    piece.content.len = strlen(content);
    piece.first_line = s->piece_line;
    request.pieces = &(Convene__Events__V1__CalendarPiece *){&piece};
    request.n_pieces = 1;
    request.publish = s->publish;
    request.validate_only = s->validate_only;
    request.first_line = s->first_line;
    convene__events__v1__stream_import_calendar_response__init(&s->report);
    s->n_answers = 0;
    s->importing = client;
    bool done =
        client_write(client, &cvn_calendar_import_stream, state, &request.base, take_answer, s);
    test_free(state);
    return done ? &s->report : NULL;
}

static const Convene__Events__V1__StreamImportCalendarResponse *import(struct scene *s,
                                                                       const char *content)
{
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import_into(s, &s->owner, s->group, content);
    assert_non_null(response);
    return response;
}

/* The only line of the report for a calendar with these lines in one VEVENT of UID "one". */
static const Convene__Events__V1__CalendarResult *import_one(struct scene *s, const char *lines)
{
    char content[2048];
    (void)snprintf(content, sizeof content,
                   "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:one\nDTSTART:20270301T173000Z\n"
                   "DTEND:20270301T193000Z\n%sEND:VEVENT\nEND:VCALENDAR\n",
                   lines);
    const Convene__Events__V1__StreamImportCalendarResponse *response = import(s, content);
    assert_int_equal(response->n_results, 1);
    return response->results[0];
}

static struct cvn_id stored_id(const Convene__Events__V1__CalendarResult *result)
{
    struct cvn_id id = {0};
    assert_true(cvn_id_parse(&id, "evt", result->id));
    return id;
}

/* The feed of the group as the client sees it, until its next call. */
static const char *feed(struct scene *s, struct client *client, bool unpublished)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__ExportCalendarRequest request =
        CONVENE__EVENTS__V1__EXPORT_CALENDAR_REQUEST__INIT;
    struct id_text id = id_text("grp", s->group);
    filter.group_id = id.text;
    filter.include_unpublished = unpublished;
    request.filter = &filter;
    const Convene__Events__V1__ExportCalendarResponse *response =
        client_call(client, &cvn_calendar_methods[EXPORT], &request);
    assert_non_null(response);
    assert_string_equal(response->next_page_token, "");
    char *text = cvn_arena_copy(&client->arena, response->content.data, response->content.len);
    assert_non_null(text);
    return text;
}

static char *keep(struct scene *s, const char *content)
{
    char *copy = strdup(content);
    assert_non_null(copy);
    free(s->kept);
    s->kept = copy;
    return copy;
}

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

static const char weekly[] =
    "BEGIN:VCALENDAR\n"
    "BEGIN:VEVENT\nUID:w\nDTSTART;TZID=Europe/Berlin:20270202T183000\n"
    "DTEND;TZID=Europe/Berlin:20270202T203000\nRRULE:FREQ=WEEKLY;COUNT=10\n"
    "EXDATE;TZID=Europe/Berlin:20270216T183000\nSUMMARY:weekly\nSEQUENCE:4\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20270209T183000\n"
    "DTSTART;TZID=Europe/Berlin:20270210T190000\nDTEND;TZID=Europe/Berlin:20270210T203000\n"
    "SUMMARY:moved\nSEQUENCE:5\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20270223T183000\n"
    "DTSTART;TZID=Europe/Berlin:20270223T183000\nDTEND;TZID=Europe/Berlin:20270223T203000\n"
    "SUMMARY:weekly\nSTATUS:CANCELLED\nSEQUENCE:6\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20270224T183000\n"
    "DTSTART;TZID=Europe/Berlin:20270224T183000\nSUMMARY:no such day\nEND:VEVENT\n"
    "END:VCALENDAR\n";

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

static void test_feed_when_imported_again_changes_nothing(void **state)
{
    struct scene *s = *state;
    (void)import(s, weekly);
    (void)import_one(s, "SUMMARY:x\nLOCATION:c-base\\, Berlin\nCATEGORIES:C\nSEQUENCE:2\n");
    struct draft d;
    draft_init(&d, s->group);
    d.event.venue = &d.venue;
    d.venue.name = text("Raum 1");
    d.venue.city = text("Köln");
    d.event.capacity = 12;
    d.event.online_url = text("https://meet.example.org/x");
    struct cvn_id own = id_of(create(&s->owner, &d.event, true));
    d.event.title = text("A draft");
    d.event.all_day = true;
    d.event.start_local = text("2027-03-01T00:00:00");
    assert_non_null(create(&s->owner, &d.event, false));
    s->harness->now_ms += 5000;
    assert_non_null(cancel(&s->owner, own, "no room"));
    char *first = keep(s, feed(s, &s->owner, true));
    s->harness->now_ms += DAY_MS;
    const Convene__Events__V1__StreamImportCalendarResponse *response = import(s, first);
    assert_int_equal(response->n_results, 6);
    for (size_t i = 0; i < response->n_results; i++)
        assert_int_equal(response->results[i]->outcome, RESULT(UNCHANGED));
    assert_string_equal(feed(s, &s->owner, true), first);
}

/* The lines that say what an event is, without when it was stored and by whom. */
static void strip(char *content)
{
    static const char *const names[] = {"DTSTAMP:", "LAST-MODIFIED:", "CREATED:", "ORGANIZER;",
                                        "X-WR-CALNAME:"};
    char *to = content;
    bool dropped = false;
    for (char *line = content; *line;) {
        char *end = strstr(line, "\r\n") + 2;
        dropped = dropped && line[0] == ' ';
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            dropped |= strncmp(line, names[i], strlen(names[i])) == 0;
        if (!dropped) {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        line = end;
    }
    *to = '\0';
}

static void test_feed_when_imported_into_an_empty_group_gives_equal_events(void **state)
{
    struct scene *s = *state;
    (void)import(s, weekly);
    struct draft d;
    draft_init(&d, s->group);
    d.event.capacity = 12;
    struct cvn_id own = id_of(create(&s->owner, &d.event, true));
    assert_non_null(cancel(&s->owner, own, "no room"));
    char *first = keep(s, feed(s, &s->owner, true));
    struct cvn_id other = harness_group(s->harness, "Other", s->owner_id);
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import_into(s, &s->owner, other, first);
    assert_non_null(response);
    assert_int_equal(response->n_results, 4);
    assert_string_equal(get(&s->owner, own)->group_id, id_text("grp", s->group).text);
    s->group = other;
    char *second = strdup(feed(s, &s->owner, true));
    strip(first);
    strip(second);
    assert_string_equal(first, second);
    free(second);
}

/* Other products' feeds leave out what was cancelled, and it stays in everybody's calendar. */
static void test_feed_when_an_event_is_cancelled_shows_it_with_a_higher_sequence(void **state)
{
    struct scene *s = *state;
    struct draft d;
    draft_init(&d, s->group);
    struct cvn_id id = id_of(create(&s->owner, &d.event, true));
    const char *text = feed(s, &s->stranger, false);
    assert_non_null(strstr(text, "\r\nSEQUENCE:0\r\n"));
    assert_non_null(strstr(text, "\r\nSTATUS:CONFIRMED\r\n"));
    assert_non_null(cancel(&s->owner, id, "no room"));
    text = feed(s, &s->stranger, false);
    assert_non_null(strstr(text, "\r\nSEQUENCE:1\r\n"));
    assert_non_null(strstr(text, "\r\nSTATUS:CANCELLED\r\n"));
}

static void test_feed_shows_each_what_they_may_see(void **state)
{
    struct scene *s = *state;
    struct draft d;
    draft_init(&d, s->group);
    d.event.online_url = text("https://meet.example.org/secret");
    struct cvn_id id = id_of(create(&s->owner, &d.event, true));
    d.event.title = text("For members");
    d.event.visibility = VISIBILITY(MEMBERS);
    assert_non_null(create(&s->owner, &d.event, true));
    d.event.title = text("A draft");
    assert_non_null(create(&s->owner, &d.event, false));
    const char *text = feed(s, &s->stranger, true);
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "For members"));
    assert_null(strstr(text, "A draft"));
    assert_non_null(strstr(feed(s, &s->owner, false), "CONFERENCE;VALUE=URI:https://meet"));
    assert_non_null(strstr(feed(s, &s->owner, true), "A draft"));
    join(&s->member, s->group);
    text = feed(s, &s->member, false);
    assert_non_null(strstr(text, "For members"));
    assert_null(strstr(text, "secret"));
    assert_true(say_yes(&s->member, id, s->member_id, 0) >= 0);
    assert_non_null(strstr(feed(s, &s->member, false), "secret"));
}

static void test_export_when_of_a_person_or_one_event_has_single_occurrences(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__StreamImportCalendarResponse *response = import(s, weekly);
    struct cvn_id moved = stored_id(response->results[1]);
    assert_true(say_yes(&s->member, moved, s->member_id, 0) >= 0);
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__ExportCalendarRequest request =
        CONVENE__EVENTS__V1__EXPORT_CALENDAR_REQUEST__INIT;
    filter.attendee_id = text("me");
    request.filter = &filter;
    request.calendar_name = text("Mine");
    const Convene__Events__V1__ExportCalendarResponse *mine =
        client_call(&s->member, &cvn_calendar_methods[EXPORT], &request);
    assert_non_null(mine);
    assert_int_equal(mine->component_count, 1);
    char *text = keep(s, cvn_arena_copy(&s->member.arena, mine->content.data, mine->content.len));
    assert_non_null(strstr(text, "X-WR-CALNAME:Mine\r\n"));
    assert_non_null(strstr(text, "UID:w\r\n"));
    assert_non_null(strstr(text, "RECURRENCE-ID;TZID=Europe/Berlin:20270209T183000\r\n"));
    assert_null(strstr(text, "RRULE:FREQ=WEEKLY;COUNT"));
    /* It is found again by both. */
    response = import(s, text);
    assert_int_equal(response->results[0]->outcome, RESULT(UNCHANGED));
    request.filter = NULL;
    struct id_text id = id_text("evt", moved);
    request.event_id = id.text;
    mine = client_call(&s->stranger, &cvn_calendar_methods[EXPORT], &request);
    assert_non_null(mine);
    assert_int_equal(mine->component_count, 1);
    request.filter = &filter;
    assert_null(client_call(&s->member, &cvn_calendar_methods[EXPORT], &request));
    assert_true(client_blames(&s->member, "filter"));
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_import_when_new_creates_and_then_changes_nothing),
        CASE(test_import_when_the_file_is_older_keeps_what_is_here),
        CASE(test_import_when_changed_here_keeps_that_until_there_is_news),
        CASE(test_import_when_only_organisers_may),
        CASE(test_import_when_a_dry_run_decides_all_and_stores_nothing),
        CASE(test_import_when_it_says_cancelled_calls_it_off_and_back),
        CASE(test_import_when_called_off_here_stays_so),
        CASE(test_import_when_tentative_is_a_draft_though_published),
        CASE(test_import_when_it_repeats_makes_a_series_with_its_exceptions),
        CASE(test_import_writes_each_row_once),
        CASE(test_feed_when_imported_again_changes_nothing),
        CASE(test_feed_when_imported_into_an_empty_group_gives_equal_events),
        CASE(test_feed_when_an_event_is_cancelled_shows_it_with_a_higher_sequence),
        CASE(test_feed_shows_each_what_they_may_see),
        CASE(test_export_when_of_a_person_or_one_event_has_single_occurrences),
        CASE(test_import_when_an_occurrence_comes_before_its_series_is_made_part_of_it),
        CASE(test_import_when_a_series_is_cancelled_calls_off_what_lies_ahead),
        CASE(test_import_when_one_event_turns_into_a_series_is_refused),
        CASE(test_import_when_an_override_is_out_of_reach_is_skipped),
        CASE(test_import_when_long_is_answered_in_parts_and_goes_on_behind_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
