/* What the events service writes to the change log: every change once, and nothing else. */
#include "services/events/change_row.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 4096 };

/* The entries of rows after a number, as "kind kind …", and the number of the last. */
struct told {
    uint64_t last;
    char kinds[TEXT_BYTES];
    struct cvn_change_subject subject; /* of the last */
    struct cvn_change_step step;
    char principal[CVN_CHANGE_PRINCIPAL_BYTES_MAX + 1];
};

static int read_log(struct cvn_ctx *ctx, void *arg)
{
    struct told *told = arg;
    CVN_CHANGE_CURSOR_AUTO cursor;
    struct cvn_change change;
    size_t at = 0;
    told->kinds[0] = '\0';
    int r = cvn_change_cursor_init(&cursor, ctx->txn, told->last);
    while (r == 0 && (r = cvn_change_cursor_next(&cursor, &change)) == 0) {
        told->last = change.sequence;
        if (change.kind.len > 7 && memcmp(change.kind.data, "person.", 7) == 0)
            continue; /* of community_note.h */
        at += (size_t)snprintf(told->kinds + at, sizeof told->kinds - at, "%s%.*s", at ? " " : "",
                               (int)change.kind.len, (const char *)change.kind.data);
        told->subject = cvn_change_subject_read(&change);
        (void)cvn_change_read_step(&change, &told->step);
        (void)snprintf(told->principal, sizeof told->principal, "%.*s", (int)change.principal.len,
                       (const char *)change.principal.data);
        assert_int_equal(change.time_ms, ctx->now_ms);
    }
    assert_int_equal(r, CVN_STORE_ABSENT);
    return 0;
}

static void expect(struct harness *harness, struct told *told, const char *kinds)
{
    assert_int_equal(harness_read(harness, read_log, told), 0);
    assert_string_equal(told->kinds, kinds);
}

static void *call_id(struct client *client, int method, void *request)
{
    void *reply = client_call(client, &cvn_event_methods[method], request);
    assert_non_null(reply);
    return reply;
}

static void test_event_is_noted_when_it_changes(void **state)
{
    enum { CREATE = 0, PUBLISH = 3, CANCEL = 4, UPDATE = 7, RESTORE = 11, UNPUBLISH = 12 };
    struct harness *harness = *state;
    struct told told = {0};
    struct cvn_id owner = harness_person(harness, 1);
    struct cvn_id group = harness_group(harness, "Berlin C", owner);
    CLIENT client = client_of(harness, owner);
    (void)snprintf(client.who.text, sizeof client.who.text, "key:somebody");
    expect(harness, &told, "group.created member.joined");
    assert_int_equal(told.subject.kind, CVN_CHANGE_OF_MEMBER);
    assert_true(cvn_id_equal(&told.subject.person, &owner));

    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    struct id_text group_id = id_text("grp", group);
    event.group_id = group_id.text;
    event.title = (char *)"An evening";
    event.start_local = (char *)"2027-06-01T18:30:00";
    Convene__Events__V1__CreateEventRequest create =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    create.event = &event;
    const Convene__Events__V1__Event *made = call_id(&client, CREATE, &create);
    char id[CVN_ID_TEXT_BYTES];
    (void)snprintf(id, sizeof id, "%s", made->id);
    expect(harness, &told, "event.created");
    assert_int_equal(told.subject.kind, CVN_CHANGE_OF_EVENT);
    assert_string_equal(told.principal, "key:somebody");

    Convene__Events__V1__PublishEventRequest publish =
        CONVENE__EVENTS__V1__PUBLISH_EVENT_REQUEST__INIT;
    publish.id = id;
    (void)call_id(&client, PUBLISH, &publish);
    expect(harness, &told, "event.published");
    (void)call_id(&client, PUBLISH, &publish);
    expect(harness, &told, ""); /* it was so already */

    Convene__Events__V1__CancelEventRequest off = CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    off.id = id;
    off.reason = (char *)"The hall is flooded.";
    (void)call_id(&client, CANCEL, &off);
    expect(harness, &told, "event.cancelled");
    Convene__Events__V1__RestoreEventRequest restore =
        CONVENE__EVENTS__V1__RESTORE_EVENT_REQUEST__INIT;
    restore.id = id;
    (void)call_id(&client, RESTORE, &restore);
    expect(harness, &told, "event.restored");
    Convene__Events__V1__UnpublishEventRequest hide =
        CONVENE__EVENTS__V1__UNPUBLISH_EVENT_REQUEST__INIT;
    hide.id = id;
    (void)call_id(&client, UNPUBLISH, &hide);
    expect(harness, &told, "event.unpublished");
}

static void test_rsvps_are_noted_with_those_they_promote(void **state)
{
    struct harness *harness = *state;
    struct told told = {0};
    struct cvn_id owner = harness_person(harness, 1), a = harness_person(harness, 2);
    struct cvn_id b = harness_person(harness, 3);
    struct cvn_id group = harness_group(harness, "Berlin C", owner);
    struct cvn_id event = harness_put_event(harness, 1, harness_event(harness, group, 1));
    CLIENT of_a = client_of(harness, a);
    CLIENT of_b = client_of(harness, b);
    expect(harness, &told, "group.created member.joined event.created");
    assert_int_equal(say_yes(&of_a, event, a, 0), CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    expect(harness, &told, "rsvp.yes event.filled");
    assert_int_equal(say_yes(&of_a, event, a, 0), CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    expect(harness, &told, ""); /* a repeated click */
    (void)say_yes(&of_b, event, b, 0);
    expect(harness, &told, "rsvp.waitlisted");
    (void)say_no(&of_a, event, a);
    expect(harness, &told, "rsvp.no rsvp.promoted");
    assert_int_equal(told.subject.kind, CVN_CHANGE_OF_RSVP);
    assert_true(cvn_id_equal(&told.subject.id, &event));
    assert_true(cvn_id_equal(&told.subject.person, &b));
    assert_int_equal(told.step.before, CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED);
    assert_int_equal(told.step.after, CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
    assert_int_equal(told.step.party_after, 1);
}

static int delete_event(struct cvn_ctx *ctx, void *arg)
{
    return cvn_event_delete(ctx, arg);
}

static int read_before(struct cvn_ctx *ctx, void *arg)
{
    struct told *told = arg;
    CVN_CHANGE_CURSOR_AUTO cursor;
    struct cvn_change change;
    Convene__Events__V1__Event *before;
    assert_int_equal(cvn_change_cursor_init(&cursor, ctx->txn, told->last - 1), 0);
    assert_int_equal(cvn_change_cursor_next(&cursor, &change), 0);
    assert_int_equal(cvn_change_read_event(ctx, &change, NULL, &before), 0);
    assert_non_null(before);
    assert_string_not_equal(before->title, ""); /* which is searched; nothing more than that */
    assert_string_equal(before->online_url, "");
    assert_int_equal(before->publication, CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED);
    assert_string_not_equal(before->group_id, "");
    return 0;
}

static void test_deletion_keeps_what_decided_who_saw_it(void **state)
{
    struct harness *harness = *state;
    struct told told = {0};
    struct cvn_id owner = harness_person(harness, 1);
    struct cvn_id group = harness_group(harness, "Berlin C", owner);
    Convene__Events__V1__Event row = harness_event(harness, group, 1);
    row.online_url = (char *)"https://example.org/secret";
    struct cvn_id event = harness_put_event(harness, 1, row);
    assert_int_equal(harness_write(harness, delete_event, &event), 0);
    expect(harness, &told, "group.created member.joined event.created event.deleted");
    assert_int_equal(harness_read(harness, read_before, &told), 0);
}

static void test_series_and_members_are_noted(void **state)
{
    enum { SET_MEMBER = 4, REMOVE_MEMBER = 5 };
    struct harness *harness = *state;
    struct told told = {0};
    struct cvn_id owner = harness_person(harness, 1), other = harness_person(harness, 2);
    struct cvn_id group = harness_group(harness, "Berlin C", owner);
    struct id_text group_id = id_text("grp", group), person = id_text("per", other);
    CLIENT client = client_of(harness, owner);
    CLIENT of_other = client_of(harness, other);
    expect(harness, &told, "group.created member.joined");
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    event.group_id = group_id.text;
    event.title = (char *)"Every week";
    event.start_local = (char *)"2027-06-01T18:30:00";
    Convene__Events__V1__Series series = CONVENE__EVENTS__V1__SERIES__INIT;
    series.event = &event;
    series.rrule = (char *)"FREQ=WEEKLY;COUNT=3";
    Convene__Events__V1__CreateSeriesRequest create =
        CONVENE__EVENTS__V1__CREATE_SERIES_REQUEST__INIT;
    create.series = &series;
    assert_non_null(client_call(&client, &cvn_series_methods[0], &create));
    assert_int_equal(harness_read(harness, read_log, &told), 0);
    assert_non_null(strstr(told.kinds, "series.created"));
    assert_non_null(strstr(told.kinds, "event.created event.created event.created"));

    Convene__Events__V1__SetMemberRequest join = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    join.group_id = group_id.text;
    assert_non_null(client_call(&of_other, &cvn_group_methods[SET_MEMBER], &join));
    expect(harness, &told, "member.joined");
    Convene__Events__V1__RemoveMemberRequest leave =
        CONVENE__EVENTS__V1__REMOVE_MEMBER_REQUEST__INIT;
    leave.group_id = group_id.text;
    leave.person_id = person.text;
    assert_non_null(client_call(&of_other, &cvn_group_methods[REMOVE_MEMBER], &leave));
    expect(harness, &told, "member.left");
    assert_int_equal(told.step.before, CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_MEMBER);
    assert_int_equal(told.step.after, 0);
}

static void test_subject_of_something_else_is_told_apart(void **state)
{
    (void)state;
    static const char *const others[][3] = {
        {"", "", ""},
        {"evt_", "event.created", ""},
        {"per_01ARZ3NDEKTSV4RRFFQ69G5FAV", "person.created", ""},
        {"evt_01ARZ3NDEKTSV4RRFFQ69G5FAV", "comment.added", ""},
        {"evt_01ARZ3NDEKTSV4RRFFQ69G5FAV", "rsvp.yes", "nobody"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const struct cvn_change change = {.subject = cvn_slice_of_string(others[i][0]),
                                          .kind = cvn_slice_of_string(others[i][1]),
                                          .detail = cvn_slice_of_string(others[i][2])};
        struct cvn_change_step step;
        assert_int_equal(cvn_change_subject_read(&change).kind, CVN_CHANGE_OF_OTHER);
        assert_false(cvn_change_read_step(&change, &step));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_event_is_noted_when_it_changes, harness_setup,
                                        harness_teardown),
        cmocka_unit_test_setup_teardown(test_rsvps_are_noted_with_those_they_promote, harness_setup,
                                        harness_teardown),
        cmocka_unit_test_setup_teardown(test_deletion_keeps_what_decided_who_saw_it, harness_setup,
                                        harness_teardown),
        cmocka_unit_test_setup_teardown(test_series_and_members_are_noted, harness_setup,
                                        harness_teardown),
        cmocka_unit_test(test_subject_of_something_else_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
