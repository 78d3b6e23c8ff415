#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <string.h>

#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name

enum { N_EVENTS = 5 };

struct scene {
    struct harness *harness;
    struct cvn_id person;
    struct cvn_id group;
    struct cvn_id events[N_EVENTS]; /* a day apart, the last one first */
};

/* Event 0: yes; 1: attended; 2: no-show; 3: cancelled; 4: said no. */
static struct scene past(void **state, struct client *admin)
{
    struct scene s = {.harness = *state};
    Convene__Events__V1__Event messages[N_EVENTS];
    Google__Protobuf__Timestamp starts[N_EVENTS], ends[N_EVENTS];
    s.person = harness_person(s.harness, 1);
    s.group = harness_group(s.harness, "Group", s.person);
    for (unsigned i = 0; i < N_EVENTS; i++) {
        messages[i] = harness_event(s.harness, s.group, 10);
        starts[i] = *messages[i].start_time;
        starts[i].seconds -= i * DAY_MS / 1000;
        ends[i] = starts[i];
        ends[i].seconds += HOUR_MS / 1000;
        messages[i].start_time = &starts[i];
        messages[i].end_time = &ends[i];
        s.events[i] = harness_put_event(s.harness, i, messages[i]);
        (void)say_yes(admin, s.events[i], s.person, 0);
    }
    (void)say_no(admin, s.events[4], s.person);
    messages[3].status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    (void)harness_put_event(s.harness, 3, messages[3]);
    s.harness->now_ms = ends[0].seconds * 1000;
    (void)decide(admin, s.events[1], s.person, ACTION(MARK_ATTENDED));
    (void)decide(admin, s.events[2], s.person, ACTION(MARK_NO_SHOW));
    return s;
}

static const Convene__Events__V1__BatchGetAttendanceResponse *
ask(struct client *client, struct cvn_id person, Google__Protobuf__Timestamp *since)
{
    struct id_text id = id_text("per", person);
    char *ids[] = {(char *)"per_00000000000000000000000001", id.text};
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.person_ids = ids;
    request.n_person_ids = 2;
    request.since = since;
    return client_call(client, &cvn_attendance_methods[0], &request);
}

static void test_attendance_counts_what_took_place(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    const Convene__Events__V1__BatchGetAttendanceResponse *reply = ask(&admin, s.person, NULL);
    assert_non_null(reply);
    assert_int_equal(reply->n_attendance, 1);
    const Convene__Events__V1__Attendance *attendance = reply->attendance[0];
    assert_string_equal(attendance->person_id, PERSON_TEXT(s.person));
    assert_int_equal(attendance->n_group_ids, 1);
    assert_string_equal(attendance->group_ids[0], GROUP_TEXT(s.group));
    assert_int_equal(attendance->n_events, 1); /* the newest ends only now */
    assert_string_equal(attendance->events[0]->event_id, EVENT_TEXT(s.events[1]));
    s.harness->now_ms += 1;
    attendance = ask(&admin, s.person, NULL)->attendance[0];
    assert_int_equal(attendance->n_events, 2);
    assert_string_equal(attendance->events[0]->event_id, EVENT_TEXT(s.events[0]));
    assert_string_equal(attendance->events[1]->event_id, EVENT_TEXT(s.events[1]));
}

static void test_attendance_since(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    Google__Protobuf__Timestamp since = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    since.seconds = s.harness->now_ms / 1000 - HOUR_MS / 1000 - DAY_MS / 1000;
    assert_int_equal(ask(&admin, s.person, &since)->attendance[0]->n_events, 1);
    since.seconds++;
    assert_int_equal(ask(&admin, s.person, &since)->attendance[0]->n_events, 0);
}

static void test_attendance_is_for_services(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    CLIENT person = client_of(s.harness, s.person);
    assert_null(ask(&person, s.person, NULL));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
}

static void test_attendance_of_too_many(void **state)
{
    CLIENT admin = client_admin(*state);
    static char *ids[501];
    for (int i = 0; i < 501; i++)
        ids[i] = (char *)"per_00000000000000000000000001";
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.person_ids = ids;
    request.n_person_ids = 501;
    assert_null(client_call(&admin, &cvn_attendance_methods[0], &request));
    assert_true(client_blames(&admin, "person_ids"));
    request.n_person_ids = 500;
    assert_non_null(client_call(&admin, &cvn_attendance_methods[0], &request));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_attendance_counts_what_took_place),
        TEST(test_attendance_since),
        TEST(test_attendance_is_for_services),
        TEST(test_attendance_of_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
