/* Who may answer, decide and see, and what is refused why. */
#include "services/events/rules/rsvp.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <string.h>

enum { RESPOND, DECIDE, GET, LIST };
enum { N_PEOPLE = 6, ORGANISER = 0, STRANGER = 5 };

#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name
#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

struct scene {
    struct harness *harness;
    struct cvn_id people[N_PEOPLE];
    struct cvn_id group;
    struct cvn_id event;
    Convene__Events__V1__Event message;
    struct client admin;
    struct client clients[N_PEOPLE];
};

static int setup(void **state)
{
    static struct scene scene;
    (void)harness_setup(state);
    scene = (struct scene){.harness = *state};
    scene.admin = client_admin(scene.harness);
    for (unsigned i = 0; i < N_PEOPLE; i++) {
        scene.people[i] = harness_person(scene.harness, i);
        scene.clients[i] = client_of(scene.harness, scene.people[i]);
    }
    scene.group = harness_group(scene.harness, "Group", scene.people[ORGANISER]);
    scene.message = harness_event(scene.harness, scene.group, 2);
    scene.message.max_guests = 2;
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    client_end(&scene->admin);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        client_end(&scene->clients[i]);
    *state = scene->harness;
    return harness_teardown(state);
}

static void store(struct scene *s)
{
    s->event = harness_put_event(s->harness, 1, s->message);
}

/* Asserts that the person's own yes is refused for the reason. */
static void assert_refused(struct scene *s, unsigned person, const char *reason)
{
    struct client *client = &s->clients[person];
    assert_int_equal(say_yes(client, s->event, s->people[person], 0), -1);
    assert_int_equal(client->status.code, CVN_FAILED_PRECONDITION);
    assert_string_equal(client_reason(client), reason);
    assert_true(strlen(client->status.message) > 10);
}

static void test_respond_for_oneself_and_for_others(void **state)
{
    struct scene *s = *state;
    store(s);
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[1], 0), STATE(YES));
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[2], 0), -1);
    assert_int_equal(s->clients[1].status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(say_yes(&s->clients[ORGANISER], s->event, s->people[2], 0), STATE(YES));
    assert_int_equal(say_yes(&s->admin, s->event, s->people[2], 0), STATE(YES));
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    request.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    const Convene__Events__V1__Rsvp *rsvp =
        client_call(&s->clients[3], &cvn_rsvp_methods[RESPOND], &request);
    assert_non_null(rsvp);
    assert_string_equal(rsvp->person_id, PERSON_TEXT(s->people[3]));
    assert_string_equal(rsvp->event_id, event.text);
    assert_string_equal(rsvp->display_name, "person 3");
    assert_null(client_call(&s->admin, &cvn_rsvp_methods[RESPOND], &request));
    assert_true(client_blames(&s->admin, "person_id"));
}

static void test_respond_names_every_wrong_field(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    request.event_id = (char *)"nonsense";
    request.guests = 11;
    assert_null(client_call(&s->clients[1], &cvn_rsvp_methods[RESPOND], &request));
    assert_true(client_blames(&s->clients[1], "event_id"));
    assert_true(client_blames(&s->clients[1], "answer"));
    assert_true(client_blames(&s->clients[1], "guests"));
    request.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_NO;
    request.guests = 1;
    assert_null(client_call(&s->clients[1], &cvn_rsvp_methods[RESPOND], &request));
    assert_true(client_blames(&s->clients[1], "guests"));
}

static void test_guests_at_the_limit(void **state)
{
    struct scene *s = *state;
    s->message.capacity = 10;
    store(s);
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[1], 2), STATE(YES));
    assert_int_equal(say_yes(&s->clients[2], s->event, s->people[2], 3), -1);
    assert_true(client_blames(&s->clients[2], "guests"));
}

static void test_refusals_have_their_reasons(void **state)
{
    struct scene *s = *state;
    Google__Protobuf__Timestamp opens = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Google__Protobuf__Timestamp closes = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    s->message.rsvp_open_time = &opens;
    s->message.rsvp_close_time = &closes;
    opens.seconds = s->harness->now_ms / 1000 + 1;
    closes.seconds = s->harness->now_ms / 1000 + 2;
    store(s);
    assert_refused(s, 1, "NOT_OPEN_YET");
    s->harness->now_ms += 1000;
    assert_int_equal(say_yes(&s->clients[2], s->event, s->people[2], 0), STATE(YES));
    s->harness->now_ms += 1000;
    assert_refused(s, 1, "RSVP_CLOSED");
    s->message.rsvp_open_time = NULL;
    s->message.rsvp_close_time = NULL;
    s->message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED;
    store(s);
    assert_refused(s, 1, "EVENT_POSTPONED");
    s->message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    store(s);
    assert_refused(s, 1, "EVENT_CANCELLED");
    s->message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    store(s);
    assert_int_equal(decide(&s->admin, s->event, s->people[2], ACTION(REMOVE)), STATE(REMOVED));
    assert_refused(s, 2, "REMOVED_BY_ORGANISER");
    s->harness->now_ms = s->message.start_time->seconds * 1000;
    assert_refused(s, 1, "EVENT_STARTED");
}

static void test_draft_is_not_found(void **state)
{
    struct scene *s = *state;
    s->message.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT;
    store(s);
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[1], 0), -1);
    assert_int_equal(s->clients[1].status.code, CVN_NOT_FOUND);
    assert_refused(s, ORGANISER, "EVENT_NOT_PUBLISHED");
}

static void test_members_only_event(void **state)
{
    struct scene *s = *state;
    s->message.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    store(s);
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[1], 0), -1);
    assert_int_equal(s->clients[1].status.code, CVN_NOT_FOUND);
    assert_int_equal(say_yes(&s->admin, s->event, s->people[1], 0), -1);
    assert_string_equal(client_reason(&s->admin), "MEMBERS_ONLY");
    assert_int_equal(say_yes(&s->clients[ORGANISER], s->event, s->people[ORGANISER], 0),
                     STATE(YES));
    assert_int_equal(decide(&s->clients[ORGANISER], s->event, s->people[1], ACTION(INVITE)),
                     STATE(INVITED));
    assert_int_equal(say_yes(&s->clients[1], s->event, s->people[1], 0), STATE(YES));
}

static void test_approval(void **state)
{
    struct scene *s = *state;
    s->message.approval_required = true;
    s->message.capacity = 1;
    store(s);
    struct client *organiser = &s->clients[ORGANISER];
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(say_yes(&s->clients[i], s->event, s->people[i], 0), STATE(REQUESTED));
    assert_int_equal(decide(&s->clients[1], s->event, s->people[1], ACTION(APPROVE)), -1);
    assert_int_equal(s->clients[1].status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(APPROVE)), STATE(YES));
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(APPROVE)), STATE(YES));
    assert_int_equal(decide(organiser, s->event, s->people[2], ACTION(APPROVE)), STATE(WAITLISTED));
    assert_int_equal(decide(organiser, s->event, s->people[3], ACTION(REJECT)), STATE(REJECTED));
    assert_refused(s, 3, "REQUEST_REJECTED");
    assert_int_equal(decide(organiser, s->event, s->people[4], ACTION(APPROVE)), -1);
    assert_string_equal(client_reason(organiser), "WRONG_STATE");
}

static void test_attendance_marks_after_the_start(void **state)
{
    struct scene *s = *state;
    store(s);
    struct client *organiser = &s->clients[ORGANISER];
    (void)say_yes(&s->clients[1], s->event, s->people[1], 0);
    int64_t start_ms = s->message.start_time->seconds * 1000;
    s->harness->now_ms = start_ms - HOUR_MS - 1; /* check-in opens an hour before */
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_ATTENDED)), -1);
    assert_string_equal(client_reason(organiser), "EVENT_NOT_STARTED");
    s->harness->now_ms = start_ms - HOUR_MS;
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_ATTENDED)),
                     STATE(ATTENDED));
    s->harness->now_ms = start_ms - 1;
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_NO_SHOW)), -1);
    assert_string_equal(client_reason(organiser), "EVENT_NOT_STARTED");
    s->harness->now_ms = start_ms;
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_NO_SHOW)),
                     STATE(NO_SHOW));
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_EXCUSED)),
                     STATE(EXCUSED));
    assert_int_equal(decide(organiser, s->event, s->people[1], ACTION(MARK_ATTENDED)),
                     STATE(ATTENDED));
    assert_int_equal(decide(organiser, s->event, s->people[1], 12), -1);
    assert_true(client_blames(organiser, "action"));
}

static void test_get_by_the_person_organisers_and_nobody_else(void **state)
{
    struct scene *s = *state;
    store(s);
    (void)say_yes(&s->clients[1], s->event, s->people[1], 1);
    assert_int_equal(get_rsvp(&s->clients[1], s->event, s->people[1])->guests, 1);
    assert_int_equal(get_rsvp(&s->clients[ORGANISER], s->event, s->people[1])->guests, 1);
    Convene__Events__V1__GetRsvpRequest request = CONVENE__EVENTS__V1__GET_RSVP_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event), person = id_text("per", s->people[1]);
    request.event_id = event.text;
    request.person_id = person.text;
    assert_null(client_call(&s->clients[STRANGER], &cvn_rsvp_methods[GET], &request));
    assert_int_equal(s->clients[STRANGER].status.code, CVN_PERMISSION_DENIED);
    request.person_id = (char *)"";
    assert_null(client_call(&s->clients[STRANGER], &cvn_rsvp_methods[GET], &request));
    assert_int_equal(s->clients[STRANGER].status.code, CVN_NOT_FOUND);
}

static const Convene__Events__V1__ListRsvpsResponse *list(struct client *client, struct scene *s,
                                                          int state, char *token)
{
    static struct id_text event;
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    event = id_text("evt", s->event);
    request.event_id = event.text;
    request.state = (Convene__Events__V1__RsvpState)state;
    request.page_size = 2;
    request.page_token = token;
    return client_call(client, &cvn_rsvp_methods[LIST], &request);
}

/* Person 5 first in the queue, then 4, 3; then by person: 1 and 2, who come. */
static void test_list_gives_the_queue_first(void **state)
{
    struct scene *s = *state;
    static const unsigned expected[] = {5, 4, 3, 1, 2};
    char token[1024] = "";
    unsigned seen = 0;
    store(s);
    (void)say_yes(&s->clients[2], s->event, s->people[2], 0);
    (void)say_yes(&s->clients[1], s->event, s->people[1], 0);
    for (unsigned i = 5; i >= 3; i--)
        (void)say_yes(&s->clients[i], s->event, s->people[i], 0);
    do {
        const Convene__Events__V1__ListRsvpsResponse *reply =
            list(&s->clients[ORGANISER], s, 0, token);
        assert_non_null(reply);
        for (size_t i = 0; i < reply->n_rsvps; i++, seen++) {
            assert_true(seen < 5);
            assert_string_equal(reply->rsvps[i]->person_id, PERSON_TEXT(s->people[expected[seen]]));
            assert_int_equal(reply->rsvps[i]->queue_position, seen < 3 ? (int)seen + 1 : 0);
        }
        strcpy(token, reply->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, 5);
    const Convene__Events__V1__ListRsvpsResponse *reply =
        list(&s->admin, s, STATE(WAITLISTED), (char *)"");
    assert_int_equal(reply->n_rsvps, 2);
    assert_string_equal(reply->rsvps[0]->display_name, "person 5");
}

static void test_list_shows_others_who_comes_and_no_more(void **state)
{
    struct scene *s = *state;
    s->message.capacity = 3;
    store(s);
    (void)say_yes(&s->clients[1], s->event, s->people[1], 2);
    (void)say_yes(&s->clients[2], s->event, s->people[2], 0);
    (void)say_no(&s->clients[3], s->event, s->people[3]);
    const Convene__Events__V1__ListRsvpsResponse *reply =
        list(&s->clients[STRANGER], s, 0, (char *)"");
    assert_non_null(reply);
    assert_int_equal(reply->n_rsvps, 1);
    assert_string_equal(reply->rsvps[0]->display_name, "person 1");
    assert_int_equal(reply->rsvps[0]->guests, 0);
    assert_null(list(&s->clients[STRANGER], s, STATE(NO), (char *)""));
    assert_int_equal(s->clients[STRANGER].status.code, CVN_PERMISSION_DENIED);
    assert_null(list(&s->clients[STRANGER], s, 0, (char *)"forged"));
    assert_true(client_blames(&s->clients[STRANGER], "page_token"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_respond_for_oneself_and_for_others),
        TEST(test_respond_names_every_wrong_field),
        TEST(test_guests_at_the_limit),
        TEST(test_refusals_have_their_reasons),
        TEST(test_draft_is_not_found),
        TEST(test_members_only_event),
        TEST(test_approval),
        TEST(test_attendance_marks_after_the_start),
        TEST(test_get_by_the_person_organisers_and_nobody_else),
        TEST(test_list_gives_the_queue_first),
        TEST(test_list_shows_others_who_comes_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
