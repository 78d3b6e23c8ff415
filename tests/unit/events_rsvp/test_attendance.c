#include "services/events/rsvps/attendance_mark.h"
#include "storage/change_log.h"
#include "storage/store.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
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

/* Which of the scene's events are told of the person, as bits. */
static unsigned told(struct client *client, const struct scene *s)
{
    const Convene__Events__V1__BatchGetAttendanceResponse *reply = ask(client, s->person, NULL);
    unsigned bits = 0;
    assert_non_null(reply);
    for (size_t i = 0; i < reply->attendance[0]->n_events; i++)
        for (unsigned e = 0; e < N_EVENTS; e++)
            if (strcmp(reply->attendance[0]->events[i]->event_id, EVENT_TEXT(s->events[e])) == 0)
                bits |= 1U << e;
    return bits;
}

static void put_again(struct scene *s, unsigned number, int visibility, int publication)
{
    Convene__Events__V1__Event event = harness_event(s->harness, s->group, 10);
    int64_t start_ms = s->harness->now_ms - (number + 1) * DAY_MS;
    event.start_time->seconds = start_ms / 1000;
    event.end_time->seconds = start_ms / 1000 + 1;
    event.visibility = (Convene__Events__V1__Visibility)visibility;
    event.publication = (Convene__Events__V1__Publication)publication;
    (void)harness_put_event(s->harness, number, event);
}

static void set_member(struct client *admin, struct cvn_id group, struct cvn_id person)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct id_text group_text = id_text("grp", group), person_text = id_text("per", person);
    request.group_id = group_text.text;
    request.person_id = person_text.text;
    const struct cvn_service_method *method = cvn_group_methods;
    while (strcmp(method->name, "SetMember") != 0)
        method++;
    assert_non_null(client_call(admin, method, &request));
}

#define VISIBILITY(name) CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

/* What ListRsvps shows, and no more: bit 0 is a yes, bit 1 a mark that only organisers see. */
static void test_attendance_on_behalf_of_somebody_is_what_they_may_see(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    s.harness->now_ms++;
    struct cvn_id other = harness_person(s.harness, 2);
    CLIENT outsider = client_on_behalf_of(s.harness, other);
    CLIENT self = client_on_behalf_of(s.harness, s.person); /* who owns the group as well */
    assert_int_equal(told(&admin, &s), 3);
    assert_int_equal(told(&self, &s), 3);
    assert_int_equal(told(&outsider, &s), 1);
    assert_int_equal(ask(&outsider, s.person, NULL)->attendance[0]->n_group_ids, 0);

    put_again(&s, 0, VISIBILITY(LINK), PUBLICATION(PUBLISHED)); /* whose id they do not know */
    assert_int_equal(told(&outsider, &s), 0);
    put_again(&s, 0, VISIBILITY(PUBLIC), PUBLICATION(UNPUBLISHED));
    assert_int_equal(told(&outsider, &s), 0);
    put_again(&s, 0, VISIBILITY(MEMBERS), PUBLICATION(PUBLISHED));
    assert_int_equal(told(&outsider, &s), 0);
    set_member(&admin, s.group, other);
    assert_int_equal(told(&outsider, &s), 1);
    assert_int_equal(ask(&outsider, s.person, NULL)->attendance[0]->n_group_ids, 1);
    assert_int_equal(told(&admin, &s), 3);
}

static void test_attendance_of_oneself_is_seen_whole(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    struct cvn_id other = harness_person(s.harness, 2);
    struct id_text text = id_text("per", other);
    s.harness->now_ms -= N_EVENTS * DAY_MS;
    set_member(&admin, s.group, other);
    (void)say_yes(&admin, s.events[1], other, 0);
    s.harness->now_ms += N_EVENTS * DAY_MS;
    (void)decide(&admin, s.events[1], other, ACTION(MARK_ATTENDED));
    put_again(&s, 1, VISIBILITY(LINK), PUBLICATION(PUBLISHED));
    CLIENT self = client_on_behalf_of(s.harness, other);
    const Convene__Events__V1__Attendance *own = ask(&self, other, NULL)->attendance[0];
    assert_string_equal(own->person_id, text.text);
    assert_int_equal(own->n_events, 1);
    assert_int_equal(own->n_group_ids, 1);
}

static void test_attendance_on_behalf_of_nobody(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    CLIENT gone = client_on_behalf_of(s.harness, (struct cvn_id){{9}});
    assert_null(ask(&gone, s.person, NULL));
    assert_int_equal(gone.status.code, CVN_PERMISSION_DENIED);
    assert_string_equal(client_reason(&gone), "SUBJECT_UNKNOWN");
}

static const Convene__Events__V1__BatchGetAttendanceResponse *
ask_again(struct client *client, struct cvn_id person, const char *const *revisions, size_t n)
{
    struct id_text id = id_text("per", person);
    char *ids[] = {id.text, (char *)"per_00000000000000000000000001"};
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.person_ids = ids;
    request.n_person_ids = 2;
    request.revisions = (char **)(uintptr_t)revisions;
    request.n_revisions = n;
    return client_call(client, &cvn_attendance_methods[0], &request);
}

static void test_attendance_that_has_not_changed_is_left_out(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    char first[64];
    (void)snprintf(first, sizeof first, "%s", ask(&admin, s.person, NULL)->attendance[0]->revision);
    assert_string_not_equal(first, "");
    const char *known[] = {first, ""};
    const Convene__Events__V1__Attendance *again =
        ask_again(&admin, s.person, known, 2)->attendance[0];
    assert_true(again->unchanged);
    assert_int_equal(again->n_events + again->n_group_ids, 0);
    assert_string_equal(again->revision, first);
    harness_reopen(s.harness); /* it is of the content, not of a process */
    assert_true(ask_again(&admin, s.person, known, 2)->attendance[0]->unchanged);

    (void)decide(&admin, s.events[1], s.person, ACTION(MARK_NO_SHOW));
    again = ask_again(&admin, s.person, known, 2)->attendance[0];
    assert_false(again->unchanged);
    assert_int_equal(again->n_events, 0);
    assert_string_not_equal(again->revision, first);
    (void)decide(&admin, s.events[1], s.person, ACTION(MARK_ATTENDED));
    assert_true(ask_again(&admin, s.person, known, 2)->attendance[0]->unchanged);

    assert_null(ask_again(&admin, s.person, known, 1));
    assert_true(client_blames(&admin, "revisions"));
}

/* Whether the mark holds; it becomes the new one. */
static bool holds(struct client *client, char mark[64])
{
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.mark = mark;
    const Convene__Events__V1__BatchGetAttendanceResponse *reply =
        client_call(client, &cvn_attendance_methods[0], &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_attendance, 0);
    assert_true(strlen(reply->mark) < 64);
    bool unchanged = reply->unchanged;
    (void)snprintf(mark, 64, "%s", reply->mark);
    return unchanged;
}

/* Of whom something has changed since the mark: those, each after the other, or nobody can tell. */
static void expect_changed(struct client *client, char mark[64], bool known,
                           const struct cvn_id *people, size_t n)
{
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.mark = mark;
    const Convene__Events__V1__BatchGetAttendanceResponse *reply =
        client_call(client, &cvn_attendance_methods[0], &request);
    assert_non_null(reply);
    assert_int_equal(reply->changes_known, known);
    assert_int_equal(reply->unchanged, known && n == 0);
    assert_int_equal(reply->n_changed_person_ids, n);
    for (size_t i = 0; people && i < n; i++)
        assert_string_equal(reply->changed_person_ids[i], PERSON_TEXT(people[i]));
    (void)snprintf(mark, 64, "%s", reply->mark);
}

static void test_attendance_mark_tells_whom_a_change_concerns(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    struct cvn_id other = harness_person(s.harness, 2);
    CLIENT behalf = client_on_behalf_of(s.harness, other);
    char mark[64] = "", of_other[64] = "";
    expect_changed(&admin, mark, false, NULL, 0);
    expect_changed(&behalf, of_other, false, NULL, 0);
    (void)decide(&admin, s.events[1], s.person, ACTION(MARK_NO_SHOW));
    expect_changed(&admin, mark, true, &s.person, 1);
    expect_changed(&behalf, of_other, true, &s.person, 1);
    expect_changed(&admin, mark, true, NULL, 0);
    (void)harness_group(s.harness, "Another", other);
    expect_changed(&admin, mark, true, &other, 1);
    expect_changed(&behalf, of_other, false, NULL, 0); /* who sees others by it */
}

/* Entries of the log that are made up. */
struct entries {
    size_t n;
    int64_t now_ms; /* that they are not too old for the log */
};

/* Members, as many as one answer names and more. */
static int append_members(struct cvn_txn *txn, void *arg)
{
    const struct entries *members = arg;
    int r = 0;
    for (size_t i = 0; r == 0 && i < members->n; i++) {
        const struct cvn_id person = {{1, (uint8_t)(i >> 8), (uint8_t)i}};
        char detail[64];
        (void)snprintf(detail, sizeof detail, "%s 0 1 0 0", PERSON_TEXT(person));
        const struct cvn_change change = {
            .time_ms = members->now_ms,
            .kind = cvn_slice_of_string("member.joined"),
            .subject = cvn_slice_of_string("grp_01h2xcejqtf2nbrexx3vqjhp41"),
            .detail = cvn_slice_of_string(detail),
        };
        r = cvn_change_append(txn, &change, NULL);
        if (r == 0 && i == 0) /* who is named twice counts once */
            r = cvn_change_append(txn, &change, NULL);
    }
    return r;
}

static void test_attendance_mark_tells_of_so_many_people(void **state)
{
    CLIENT admin = client_admin(*state);
    struct harness *harness = *state;
    for (size_t more = 0; more < 2; more++) {
        char mark[64] = "";
        struct entries members = {CVN_ATTENDANCE_CHANGED_MAX + more, harness->now_ms};
        (void)holds(&admin, mark);
        assert_int_equal(cvn_store_update(harness->store, append_members, &members, 0), 0);
        expect_changed(&admin, mark, more == 0, NULL, more ? 0 : CVN_ATTENDANCE_CHANGED_MAX);
    }
}

static void test_attendance_mark_holds_until_something_past_changes(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    char mark[64] = "";
    assert_false(holds(&admin, mark));
    assert_true(holds(&admin, mark));
    harness_reopen(s.harness); /* it is of the store, not of a process */
    assert_true(holds(&admin, mark));
    (void)decide(&admin, s.events[1], s.person, ACTION(MARK_NO_SHOW));
    assert_false(holds(&admin, mark));
    assert_true(holds(&admin, mark));
    struct cvn_id other = harness_person(s.harness, 2); /* who has not been anywhere */
    assert_true(holds(&admin, mark));
    (void)harness_group(s.harness, "Another", other);
    assert_false(holds(&admin, mark));
}

/* A community goes on: what is to come is told when it is over. */
static void test_attendance_mark_holds_while_people_answer_to_what_is_to_come(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    char mark[64] = "";
    s.harness->now_ms++; /* the newest is over by now */
    (void)holds(&admin, mark);
    Convene__Events__V1__Event message = harness_event(s.harness, s.group, 1);
    Google__Protobuf__Timestamp start = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Google__Protobuf__Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    start.seconds = s.harness->now_ms / 1000 + 7200;
    end.seconds = start.seconds + 3600;
    message.start_time = &start;
    message.end_time = &end;
    struct cvn_id event = harness_put_event(s.harness, N_EVENTS, message);
    (void)say_yes(&admin, event, s.person, 0); /* which fills it */
    assert_true(holds(&admin, mark));
    s.harness->now_ms = end.seconds * 1000;
    assert_true(holds(&admin, mark)); /* it ends only now */
    s.harness->now_ms++;
    expect_changed(&admin, mark, true, &s.person, 1);
    assert_true(holds(&admin, mark));
}

static void test_attendance_mark_when_time_or_store_went_back(void **state)
{
    CLIENT admin = client_admin(*state);
    struct scene s = past(state, &admin);
    char mark[64] = "", ahead[64] = "";
    (void)holds(&admin, mark);
    (void)snprintf(ahead, sizeof ahead, "1%s", mark); /* an entry that is still to come */
    assert_false(holds(&admin, ahead));
    (void)snprintf(ahead, sizeof ahead, "%s", mark);
    ahead[strlen(ahead) - 1] ^= 1; /* another entry of that number */
    assert_false(holds(&admin, ahead));
    s.harness->now_ms -= 1;
    assert_false(holds(&admin, mark));
    s.harness->now_ms += 2 * 365 * DAY_MS; /* the oldest is too long ago */
    assert_false(holds(&admin, mark));
    for (size_t i = 0; i < 3; i++) {
        const char *const wrong[] = {"x", "12", "99999999999999999999999.1.a"};
        char text[64];
        (void)snprintf(text, sizeof text, "%s", wrong[i]);
        assert_false(holds(&admin, text));
    }
}

/* Entries that do not concern attendance, as many as one call looks at and more. */
static int append_comments(struct cvn_txn *txn, void *arg)
{
    const struct entries *comments = arg;
    const struct cvn_change change = {
        .time_ms = comments->now_ms,
        .kind = cvn_slice_of_string("comment.created"),
        .subject = cvn_slice_of_string("evt_01h2xcejqtf2nbrexx3vqjhp41/comments/"
                                       "cmt_01h2xcejqtf2nbrexx3vqjhp41"),
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < comments->n; i++)
        r = cvn_change_append(txn, &change, NULL);
    return r;
}

static void test_attendance_mark_holds_for_as_many_changes_as_are_looked_at(void **state)
{
    CLIENT admin = client_admin(*state);
    struct harness *harness = *state;
    for (size_t more = 0; more < 2; more++) {
        char mark[64] = "";
        struct entries comments = {CVN_ATTENDANCE_MARK_LOOKS_MAX + more, harness->now_ms};
        (void)holds(&admin, mark);
        assert_int_equal(cvn_store_update(harness->store, append_comments, &comments, 0), 0);
        assert_int_equal(holds(&admin, mark), more == 0);
        assert_true(holds(&admin, mark));
    }
}

static void test_attendance_mark_is_of_the_usual_time(void **state)
{
    CLIENT admin = client_admin(*state);
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    Google__Protobuf__Timestamp since = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    request.mark = (char *)"1.1.a";
    request.since = &since;
    assert_null(client_call(&admin, &cvn_attendance_methods[0], &request));
    assert_true(client_blames(&admin, "mark"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_attendance_counts_what_took_place),
        TEST(test_attendance_since),
        TEST(test_attendance_is_for_services),
        TEST(test_attendance_of_too_many),
        TEST(test_attendance_on_behalf_of_somebody_is_what_they_may_see),
        TEST(test_attendance_of_oneself_is_seen_whole),
        TEST(test_attendance_on_behalf_of_nobody),
        TEST(test_attendance_that_has_not_changed_is_left_out),
        TEST(test_attendance_mark_tells_whom_a_change_concerns),
        TEST(test_attendance_mark_tells_of_so_many_people),
        TEST(test_attendance_mark_holds_until_something_past_changes),
        TEST(test_attendance_mark_holds_while_people_answer_to_what_is_to_come),
        TEST(test_attendance_mark_when_time_or_store_went_back),
        TEST(test_attendance_mark_holds_for_as_many_changes_as_are_looked_at),
        TEST(test_attendance_mark_is_of_the_usual_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
