#include "tests/unit/events/calendar_scene.h"

#include "services/events/calendar_import_stream.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2027-01-04T00:00:00Z, a Monday. */
static const int64_t monday_ms = INT64_C(1798977600) * 1000 + INT64_C(43200) * 1000;

int scene_setup(void **state)
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

int scene_teardown(void **state)
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

const Convene__Events__V1__StreamImportCalendarResponse *
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

const Convene__Events__V1__StreamImportCalendarResponse *import(struct scene *s,
                                                                const char *content)
{
    const Convene__Events__V1__StreamImportCalendarResponse *response =
        import_into(s, &s->owner, s->group, content);
    assert_non_null(response);
    return response;
}

const Convene__Events__V1__CalendarResult *import_one(struct scene *s, const char *lines)
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

struct cvn_id stored_id(const Convene__Events__V1__CalendarResult *result)
{
    struct cvn_id id = {0};
    assert_true(cvn_id_parse(&id, "evt", result->id));
    return id;
}

const char *feed(struct scene *s, struct client *client, bool unpublished)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__ExportCalendarRequest request =
        CONVENE__EVENTS__V1__EXPORT_CALENDAR_REQUEST__INIT;
    struct id_text id = id_text("grp", s->group);
    filter.group_id = id.text;
    filter.include_unpublished = unpublished;
    request.filter = &filter;
    const Convene__Events__V1__ExportCalendarResponse *response =
        client_call(client, &cvn_calendar_methods[0], &request);
    assert_non_null(response);
    assert_string_equal(response->next_page_token, "");
    char *text = cvn_arena_copy(&client->arena, response->content.data, response->content.len);
    assert_non_null(text);
    return text;
}

char *keep(struct scene *s, const char *content)
{
    char *copy = strdup(content);
    assert_non_null(copy);
    free(s->kept);
    s->kept = copy;
    return copy;
}

const char weekly[] =
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
