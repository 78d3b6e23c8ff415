/* Feeds: what goes out imports again without a change, and shows each what they may see. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/calendar_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT };

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_feed_when_imported_again_changes_nothing),
        CASE(test_feed_when_imported_into_an_empty_group_gives_equal_events),
        CASE(test_feed_when_an_event_is_cancelled_shows_it_with_a_higher_sequence),
        CASE(test_feed_shows_each_what_they_may_see),
        CASE(test_export_when_of_a_person_or_one_event_has_single_occurrences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
