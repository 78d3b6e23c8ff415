/* What a person goes to, and what is at the same time. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <string.h>

enum { ANNA = 1 };

/* Stores an event that starts so many minutes after the scene's and takes so many. */
static struct cvn_id at(struct scene *s, unsigned number, int64_t from_min, int64_t for_min)
{
    Google__Protobuf__Timestamp start = *s->message.start_time, end = start;
    Convene__Events__V1__Event event = s->message;
    start.seconds += from_min * 60;
    end.seconds = start.seconds + for_min * 60;
    event.start_time = &start;
    event.end_time = &end;
    return harness_put_event(s->harness, number, event);
}

static const Convene__Events__V1__ListAgendaResponse *
list(struct client *client, const struct cvn_id *event, int32_t size, char *token)
{
    Convene__Events__V1__ListAgendaRequest request = CONVENE__EVENTS__V1__LIST_AGENDA_REQUEST__INIT;
    struct id_text text;
    if (event) {
        text = id_text("evt", *event);
        request.event_id = text.text;
    }
    request.page_size = size;
    request.page_token = token;
    return client_call(client, &cvn_rsvp_methods[LIST_AGENDA], &request);
}

static void test_an_agenda_is_by_start_and_warns_of_clashes(void **state)
{
    struct scene s = scene_new(state, 0, 2);
    CLIENT anna = client_of(s.harness, s.people[ANNA]);
    struct cvn_id late = at(&s, 1, 300, 60), first = at(&s, 2, 0, 120), within = at(&s, 3, 60, 30);
    struct cvn_id touches = at(&s, 4, 120, 60), other = at(&s, 5, 0, 60);
    struct cvn_id yes[] = {late, first, within, touches};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(say_yes(&anna, yes[i], s.people[ANNA], 0), CVN_RSVP_YES);
    assert_int_equal(decide(&s.admin, other, s.people[ANNA], DECIDE(INVITE)), CVN_RSVP_INVITED);
    const Convene__Events__V1__ListAgendaResponse *r = list(&anna, NULL, 0, (char *)"");
    assert_non_null(r);
    assert_int_equal(r->n_entries, 5);
    assert_string_equal(r->entries[4]->event->id, EVENT_TEXT(late));
    assert_int_equal(r->entries[4]->n_clash_event_ids, 0);
    assert_int_equal(r->entries[4]->rsvp->state, CVN_RSVP_YES);
    for (size_t i = 0; i < r->n_entries; i++) {
        const Convene__Events__V1__AgendaEntry *e = r->entries[i];
        bool is_first = strcmp(e->event->id, EVENT_TEXT(first)) == 0;
        bool is_within = strcmp(e->event->id, EVENT_TEXT(within)) == 0;
        /* An invitation is no yes, and what begins when the other ends is no clash. */
        assert_int_equal(e->n_clash_event_ids, is_first || is_within);
        if (is_first)
            assert_string_equal(e->clash_event_ids[0], EVENT_TEXT(within));
    }
    r = list(&anna, &within, 0, (char *)"");
    assert_int_equal(r->n_entries, 2);
    assert_string_equal(r->entries[0]->event->id, EVENT_TEXT(first));
    assert_int_equal(list(&anna, &late, 0, (char *)"")->n_entries, 1);
    scene_end(&s);
}

static void test_what_is_off_or_over_or_declined_is_no_clash(void **state)
{
    struct scene s = scene_new(state, 0, 2);
    CLIENT anna = client_of(s.harness, s.people[ANNA]);
    struct cvn_id a = at(&s, 1, 0, 60), b = at(&s, 2, 30, 60), c = at(&s, 3, 30, 60);
    (void)say_yes(&anna, a, s.people[ANNA], 0);
    (void)say_yes(&anna, b, s.people[ANNA], 0);
    (void)say_yes(&anna, c, s.people[ANNA], 0);
    (void)say_no(&anna, c, s.people[ANNA]);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    (void)at(&s, 2, 30, 60);
    const Convene__Events__V1__ListAgendaResponse *r = list(&anna, NULL, 0, (char *)"");
    assert_int_equal(r->n_entries, 2);
    assert_int_equal(r->entries[0]->n_clash_event_ids, 0);
    s.harness->now_ms = (s.message.start_time->seconds + 61 * 60) * 1000;
    r = list(&anna, NULL, 0, (char *)"");
    assert_int_equal(r->n_entries, 1); /* the first is over */
    scene_end(&s);
}

static void test_an_agenda_by_pages(void **state)
{
    enum { N = 23 };
    struct scene s = scene_new(state, 0, 2);
    CLIENT anna = client_of(s.harness, s.people[ANNA]);
    char token[512] = "", last[64] = "";
    int64_t before = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < N; i++)
        (void)say_yes(&anna, at(&s, i, 60 * (int64_t)(i * 7 % N) / 3, 30), s.people[ANNA], 0);
    do {
        const Convene__Events__V1__ListAgendaResponse *r = list(&anna, NULL, 4, token);
        assert_non_null(r);
        for (size_t i = 0; i < r->n_entries; i++) {
            int64_t start = r->entries[i]->event->start_time->seconds;
            assert_true(start > before ||
                        (start == before && strcmp(last, r->entries[i]->event->id) < 0));
            before = start;
            strcpy(last, r->entries[i]->event->id);
            n++;
        }
        strcpy(token, r->next_page_token);
    } while (token[0]);
    assert_int_equal(n, N);
    scene_end(&s);
}

static void test_the_agenda_of_somebody_else_is_not_shown(void **state)
{
    struct scene s = scene_new(state, 0, 3);
    CLIENT ben = client_of(s.harness, s.people[2]);
    Convene__Events__V1__ListAgendaRequest request = CONVENE__EVENTS__V1__LIST_AGENDA_REQUEST__INIT;
    struct id_text anna = id_text("per", s.people[ANNA]);
    request.person_id = anna.text;
    assert_null(client_call(&ben, &cvn_rsvp_methods[LIST_AGENDA], &request));
    assert_int_equal(ben.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(client_call(&s.admin, &cvn_rsvp_methods[LIST_AGENDA], &request));
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_an_agenda_is_by_start_and_warns_of_clashes),
        SCENE_TEST(test_what_is_off_or_over_or_declined_is_no_clash),
        SCENE_TEST(test_an_agenda_by_pages),
        SCENE_TEST(test_the_agenda_of_somebody_else_is_not_shown),
    };
    return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
