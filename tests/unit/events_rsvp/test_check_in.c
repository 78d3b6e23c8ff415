/* Who came: lists that are sent twice, walk-ins, marks taken back, and who did not come. */
#include "services/events/rsvps/check_in.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <stdio.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__RSVP_RESULT__OUTCOME__OUTCOME_##name

enum { OWNER, HOST, ANNA, BEN, CARL, PEOPLE };
enum { LINES = 8 };

/* A list of those who came, as it is kept at the door. */
struct door {
    Convene__Events__V1__CheckInRequest request;
    Convene__Events__V1__CheckInEntry entries[LINES];
    Convene__Events__V1__CheckInEntry *pointers[LINES];
    struct id_text event, people[LINES];
    char nonces[LINES][8];
};

static void door_open(struct door *door, const struct scene *s)
{
    convene__events__v1__check_in_request__init(&door->request);
    door->event = id_text("evt", s->event);
    door->request.event_id = door->event.text;
    door->request.entries = door->pointers;
}

static Convene__Events__V1__CheckInEntry *write_line(struct door *door, const struct scene *s,
                                                     unsigned person, const char *nonce)
{
    size_t i = door->request.n_entries++;
    assert_true(i < LINES);
    Convene__Events__V1__CheckInEntry *entry = door->pointers[i] = &door->entries[i];
    convene__events__v1__check_in_entry__init(entry);
    door->people[i] = id_text("per", s->people[person]);
    (void)snprintf(door->nonces[i], sizeof door->nonces[i], "%s", nonce);
    entry->person_id = door->people[i].text;
    entry->nonce = door->nonces[i];
    return entry;
}

static const Convene__Events__V1__CheckInResponse *send(struct client *client, struct door *door)
{
    return client_call(client, &cvn_rsvp_methods[CHECK_IN], &door->request);
}

/* Two seats, Anna and Ben have them, Carl waits; it is the start. */
static struct scene at_the_door(void **state)
{
    static struct id_text host;
    static char *hosts[1];
    struct scene s = scene_new(state, 2, PEOPLE);
    host = id_text("per", s.people[HOST]);
    hosts[0] = host.text;
    s.message.n_host_ids = 1;
    s.message.host_ids = hosts;
    scene_store(&s);
    (void)scene_yes(&s, ANNA, 0);
    (void)scene_yes(&s, BEN, 0);
    (void)scene_yes(&s, CARL, 0);
    s.harness->now_ms = s.message.start_time->seconds * 1000;
    return s;
}

static void test_a_list_sent_twice_counts_once(void **state)
{
    struct scene s = at_the_door(state);
    struct door door = {0};
    door_open(&door, &s);
    (void)write_line(&door, &s, ANNA, "a1");
    (void)write_line(&door, &s, BEN, "b1");
    const Convene__Events__V1__CheckInResponse *r = send(&s.admin, &door);
    assert_non_null(r);
    assert_int_equal(r->n_results, 2);
    assert_int_equal(r->results[0]->outcome, OUTCOME(CHANGED));
    assert_int_equal(r->results[0]->state, CVN_RSVP_ATTENDED);
    /* Somebody corrects one of them; the list comes again, and does not undo that. */
    Convene__Events__V1__DecideRequest correct = scene_decision(&s, BEN, DECIDE(MARK_NO_SHOW));
    assert_non_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &correct));
    int64_t n = scene_verify(&s);
    s.harness->now_ms += 3 * DAY_MS; /* longer than a request id is remembered */
    r = send(&s.admin, &door);
    assert_int_equal(r->results[0]->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(r->results[1]->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(r->results[1]->state, CVN_RSVP_NO_SHOW);
    assert_int_equal(scene_now(&s, BEN), CVN_RSVP_NO_SHOW);
    assert_int_equal(scene_verify(&s), n);
    scene_end(&s);
}

/* Of two lists kept at two doors, the second does not overwrite a correction without a reason. */
static void test_another_line_needs_a_reason_to_correct_a_mark(void **state)
{
    struct scene s = at_the_door(state);
    struct door door = {0};
    assert_int_equal(decide(&s.admin, s.event, s.people[ANNA], DECIDE(MARK_EXCUSED)),
                     CVN_RSVP_EXCUSED);
    door_open(&door, &s);
    (void)write_line(&door, &s, ANNA, "x");
    const Convene__Events__V1__CheckInResponse *r = send(&s.admin, &door);
    assert_int_equal(r->results[0]->outcome, OUTCOME(REFUSED));
    assert_int_equal(r->results[0]->status->code, CVN_INVALID_ARGUMENT);
    assert_non_null(strstr(r->results[0]->status->message, "excused"));
    door.entries[0].reason = (char *)"came after all";
    r = send(&s.admin, &door); /* a refused line may be sent again */
    assert_int_equal(r->results[0]->outcome, OUTCOME(CHANGED));
    scene_end(&s);
}

static void test_whoever_walks_in_is_in_the_room_and_is_said(void **state)
{
    struct scene s = at_the_door(state);
    struct door door = {0};
    door_open(&door, &s);
    (void)write_line(&door, &s, CARL, "c1"); /* waits, and has no seat */
    const Convene__Events__V1__CheckInResponse *r = send(&s.admin, &door);
    assert_int_equal(r->results[0]->outcome, OUTCOME(REFUSED));
    door.entries[0].walk_in = true;
    door.entries[0].guests = 1;
    r = send(&s.admin, &door);
    assert_int_equal(r->results[0]->outcome, OUTCOME(CHANGED));
    const Convene__Events__V1__Rsvp *rsvp = get_rsvp(&s.admin, s.event, s.people[CARL]);
    assert_int_equal(rsvp->state, CVN_RSVP_ATTENDED);
    assert_int_equal(rsvp->guests, 1);
    assert_true(rsvp->walked_in);
    (void)scene_verify(&s);
    struct door undo = {0};
    door_open(&undo, &s);
    Convene__Events__V1__CheckInEntry *line = write_line(&undo, &s, CARL, "c2");
    line->undo = true;
    assert_null(send(&s.admin, &undo));
    assert_true(client_blames(&s.admin, "entries[0].reason"));
    line->reason = (char *)"the wrong Carl";
    r = send(&s.admin, &undo);
    assert_int_equal(r->results[0]->state, CVN_RSVP_NO);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_a_mark_is_taken_back_with_who_and_why(void **state)
{
    struct scene s = at_the_door(state);
    CLIENT owner = client_of(s.harness, s.people[OWNER]);
    assert_int_equal(decide(&owner, s.event, s.people[ANNA], DECIDE(MARK_ATTENDED)),
                     CVN_RSVP_ATTENDED);
    Convene__Events__V1__DecideRequest request = scene_decision(&s, ANNA, DECIDE(MARK_NO_SHOW));
    request.reason = (char *)"";
    assert_null(client_call(&owner, &cvn_rsvp_methods[DECIDE_FOR], &request));
    assert_true(client_blames(&owner, "reason"));
    assert_int_equal(decide(&owner, s.event, s.people[ANNA], DECIDE(UNMARK)), CVN_RSVP_YES);
    assert_int_equal(decide(&owner, s.event, s.people[ANNA], DECIDE(UNMARK)), CVN_RSVP_YES);
    assert_int_equal(decide(&owner, s.event, s.people[ANNA], DECIDE(MARK_NO_SHOW)),
                     CVN_RSVP_NO_SHOW);
    Convene__Events__V1__ListRsvpMovesRequest list =
        CONVENE__EVENTS__V1__LIST_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s.event), who = id_text("per", s.people[ANNA]);
    list.event_id = event.text;
    list.person_id = who.text;
    const Convene__Events__V1__ListRsvpMovesResponse *r =
        client_call(&owner, &cvn_rsvp_methods[LIST_MOVES], &list);
    assert_int_equal(r->n_moves, 4);
    assert_string_equal(r->moves[2]->reason, "as we know now");
    assert_string_equal(r->moves[2]->principal, PERSON_TEXT(s.people[OWNER]));
    scene_end(&s);
}

static void test_hosts_check_in_and_members_do_not(void **state)
{
    struct scene s = at_the_door(state);
    CLIENT host = client_of(s.harness, s.people[HOST]), carl = client_of(s.harness, s.people[CARL]);
    struct door door = {0};
    door_open(&door, &s);
    (void)write_line(&door, &s, ANNA, "a1");
    assert_null(send(&carl, &door));
    assert_int_equal(carl.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(send(&host, &door));
    assert_int_equal(scene_now(&s, ANNA), CVN_RSVP_ATTENDED);
    scene_end(&s);
}

static const Convene__Events__V1__CloseAttendanceResponse *close_list(struct client *client,
                                                                      struct scene *s)
{
    Convene__Events__V1__CloseAttendanceRequest request =
        CONVENE__EVENTS__V1__CLOSE_ATTENDANCE_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    return client_call(client, &cvn_rsvp_methods[CLOSE_ATTENDANCE], &request);
}

static void test_who_was_not_checked_in_is_a_no_show_after_the_end(void **state)
{
    struct scene s = at_the_door(state);
    assert_int_equal(decide(&s.admin, s.event, s.people[ANNA], DECIDE(MARK_ATTENDED)),
                     CVN_RSVP_ATTENDED);
    assert_null(close_list(&s.admin, &s));
    assert_string_equal(client_reason(&s.admin), "EVENT_NOT_OVER");
    s.harness->now_ms = s.message.end_time->seconds * 1000;
    const Convene__Events__V1__CloseAttendanceResponse *r = close_list(&s.admin, &s);
    assert_non_null(r);
    assert_int_equal(r->marked_count, 1);
    assert_false(r->more);
    assert_int_equal(scene_now(&s, ANNA), CVN_RSVP_ATTENDED);
    assert_int_equal(scene_now(&s, BEN), CVN_RSVP_NO_SHOW);
    assert_int_equal(scene_now(&s, CARL), CVN_RSVP_WAITLISTED);
    assert_int_equal(close_list(&s.admin, &s)->marked_count, 0);
    (void)scene_verify(&s);
    scene_end(&s);
}

static int set_nonces(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_seats seats;
    int r = cvn_seats_get(ctx, arg, &seats);
    seats.n_nonces = CVN_CHECK_IN_NONCES_MAX - 1;
    return r ? r : cvn_seats_put(ctx, arg, &seats);
}

static void test_check_in_at_its_limits(void **state)
{
    struct scene s = at_the_door(state);
    struct door door = {0}, next = {0};
    door_open(&door, &s);
    assert_null(send(&s.admin, &door));
    assert_true(client_blames(&s.admin, "entries"));
    Convene__Events__V1__CheckInEntry *many[CVN_CHECK_IN_PEOPLE_MAX + 1];
    (void)write_line(&door, &s, ANNA, "a1");
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = door.pointers[0];
    door.request.entries = many;
    door.request.n_entries = CVN_CHECK_IN_PEOPLE_MAX + 1;
    assert_null(send(&s.admin, &door));
    door.request.n_entries = CVN_CHECK_IN_PEOPLE_MAX;
    assert_non_null(send(&s.admin, &door));
    assert_int_equal(harness_write(s.harness, set_nonces, &s.event), 0);
    door_open(&next, &s);
    (void)write_line(&next, &s, BEN, "b1");
    assert_non_null(send(&s.admin, &next));
    next.entries[0].nonce = (char *)"b2";
    assert_null(send(&s.admin, &next));
    assert_string_equal(client_reason(&s.admin), "TOO_MANY_CHECK_INS");
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_list_sent_twice_counts_once),
        SCENE_TEST(test_another_line_needs_a_reason_to_correct_a_mark),
        SCENE_TEST(test_whoever_walks_in_is_in_the_room_and_is_said),
        SCENE_TEST(test_a_mark_is_taken_back_with_who_and_why),
        SCENE_TEST(test_hosts_check_in_and_members_do_not),
        SCENE_TEST(test_who_was_not_checked_in_is_a_no_show_after_the_end),
        SCENE_TEST(test_check_in_at_its_limits),
    };
    return cmocka_run_group_tests_name("check_in", tests, NULL, NULL);
}
