/* Creating, seeing, publishing and cancelling events. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <string.h>

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id, member_id;
    struct client owner, member, stranger, nobody, admin;
    struct draft d;
};

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.owner_id = harness_person(s.harness, 0);
    s.member_id = harness_person(s.harness, 1);
    s.group = harness_group(s.harness, "Group", s.owner_id);
    s.owner = client_of(s.harness, s.owner_id);
    s.member = client_of(s.harness, s.member_id);
    s.stranger = client_of(s.harness, harness_person(s.harness, 2));
    s.nobody = client_nobody(s.harness);
    s.admin = client_admin(s.harness);
    join(&s.member, s.group);
    draft_init(&s.d, s.group);
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
    client_end(&s->nobody);
    client_end(&s->admin);
    *state = s->harness;
    return harness_teardown(state);
}

static struct cvn_id add(struct scene *s, bool publish)
{
    return id_of(create(&s->owner, &s->d.event, publish));
}

static void test_create_fills_in_what_is_left_out(void **state)
{
    struct scene *s = *state;
    s->d.event.group_id = text("group"); /* its slug */
    s->d.event.start_local = text("2027-07-01T18:30");
    const Convene__Events__V1__Event *e = create(&s->owner, &s->d.event, false);
    assert_non_null(e);
    assert_string_equal(e->group_id, s->d.group.text);
    assert_string_equal(e->time_zone, "Europe/Berlin");
    assert_string_equal(e->start_local, "2027-07-01T18:30:00");
    assert_string_equal(e->end_local, "2027-07-01T18:30:00");
    assert_int_equal(e->start_time->seconds, 1814459400); /* 16:30 UTC, summer time */
    assert_int_equal(e->end_time->seconds, 1814459400);
    assert_int_equal(e->attendance_mode, MODE(OFFLINE));
    assert_int_equal(e->visibility, VISIBILITY(PUBLIC));
    assert_int_equal(e->publication, PUBLICATION(DRAFT));
    assert_int_equal(e->status, STATUS(SCHEDULED));
    assert_int_equal(e->sequence, 0);
    assert_int_equal(e->create_time->seconds, s->harness->now_ms / 1000);
}

static void test_create_ignores_what_the_server_sets(void **state)
{
    struct scene *s = *state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    s->d.event.id = text("evt_01h2xcejqtf2nbrexx3vqjhp41");
    s->d.event.start_time = s->d.event.create_time = &time;
    s->d.event.publication = PUBLICATION(ARCHIVED);
    s->d.event.status = STATUS(CANCELLED);
    s->d.event.status_reason = text("none");
    s->d.event.sequence = 9;
    s->d.event.seats_taken = s->d.event.waitlist_count = 9;
    struct cvn_id id = add(s, true);
    const Convene__Events__V1__Event *e = get(&s->owner, id);
    assert_non_null(e);
    assert_string_not_equal(e->id, s->d.event.id);
    assert_int_equal(e->start_time->seconds, 1803922200);
    assert_int_equal(e->create_time->seconds, s->harness->now_ms / 1000);
    assert_int_equal(e->publication, PUBLICATION(PUBLISHED));
    assert_int_equal(e->status, STATUS(SCHEDULED));
    assert_string_equal(e->status_reason, "");
    assert_int_equal(e->sequence, 0);
    assert_int_equal(e->seats_taken, 0);
    assert_int_equal(e->waitlist_count, 0);
}

static void test_create_keeps_no_unknown_fields(void **state)
{
    struct scene *s = *state;
    uint8_t byte = 1;
    ProtobufCMessageUnknownField unknown = {999, PROTOBUF_C_WIRE_TYPE_VARINT, 1, &byte};
    ProtobufCMessage *messages[] = {&s->d.event.base, &s->d.venue.base, &s->d.at.base};
    for (size_t i = 0; i < 3; i++) {
        messages[i]->unknown_fields = &unknown;
        messages[i]->n_unknown_fields = 1;
    }
    s->d.event.venue = &s->d.venue;
    s->d.venue.location = &s->d.at;
    const Convene__Events__V1__Event *e = get(&s->owner, add(s, true));
    assert_non_null(e);
    assert_int_equal(e->base.n_unknown_fields, 0);
    assert_int_equal(e->venue->base.n_unknown_fields, 0);
    assert_int_equal(e->venue->location->base.n_unknown_fields, 0);
}

static void test_create_in_the_past(void **state)
{
    struct scene *s = *state;
    s->d.event.start_local = text("2019-05-05T10:00:00");
    assert_int_equal(start_of(create(&s->owner, &s->d.event, true)), INT64_C(1557043200000));
}

/* Clocks in Berlin go from 02:00 to 03:00 on that day. */
static void test_create_with_a_start_that_clocks_skip(void **state)
{
    struct scene *s = *state;
    s->d.event.start_local = text("2027-03-28T02:50:00");
    s->d.event.end_local = text("2027-03-28T03:10:00");
    const Convene__Events__V1__Event *e = create(&s->owner, &s->d.event, true);
    assert_non_null(e);
    assert_int_equal(e->start_time->seconds, 1806198600); /* 01:50 UTC */
    assert_int_equal(e->end_time->seconds, 1806198600);   /* never before the start */
}

static void test_create_with_wrong_fields(void **state)
{
    struct scene *s = *state;
    s->d.event.title = text("");
    s->d.event.capacity = -1;
    assert_null(create(&s->owner, &s->d.event, true));
    assert_true(client_blames(&s->owner, "event.title"));
    assert_true(client_blames(&s->owner, "event.capacity"));
    assert_null(create(&s->owner, NULL, true));
    assert_true(client_blames(&s->owner, "event"));
}

static void test_create_by_who_does_not_organise(void **state)
{
    struct scene *s = *state;
    assert_null(create(&s->member, &s->d.event, true));
    assert_int_equal(s->member.status.code, CVN_PERMISSION_DENIED);
    assert_null(create(&s->stranger, &s->d.event, true));
    assert_int_equal(s->stranger.status.code, CVN_PERMISSION_DENIED);
    assert_null(create(&s->nobody, &s->d.event, true));
    assert_int_equal(s->nobody.status.code, CVN_UNAUTHENTICATED);
    assert_non_null(create(&s->admin, &s->d.event, true));
}

static void test_create_in_no_group(void **state)
{
    struct scene *s = *state;
    s->d.event.group_id = text("nowhere");
    assert_null(create(&s->owner, &s->d.event, true));
    assert_int_equal(s->owner.status.code, CVN_NOT_FOUND);
}

static void test_create_with_an_external_id_twice(void **state)
{
    struct scene *s = *state;
    struct cvn_id other = harness_group(s->harness, "Other", s->owner_id);
    s->d.event.external_id = text("a");
    (void)add(s, true);
    assert_null(create(&s->owner, &s->d.event, true));
    assert_int_equal(s->owner.status.code, CVN_ALREADY_EXISTS);
    assert_string_equal(client_reason(&s->owner), "EXTERNAL_ID_TAKEN");
    draft_init(&s->d, other);
    s->d.event.external_id = text("a");
    assert_non_null(create(&s->owner, &s->d.event, true));
}

static void test_get_of_a_draft(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, false);
    assert_non_null(get(&s->owner, id));
    assert_non_null(get(&s->admin, id));
    struct client *const others[] = {&s->member, &s->stranger, &s->nobody};
    for (size_t i = 0; i < 3; i++) {
        assert_null(get(others[i], id));
        assert_int_equal(others[i]->status.code, CVN_NOT_FOUND);
    }
}

static void test_get_by_visibility(void **state)
{
    struct scene *s = *state;
    s->d.event.visibility = VISIBILITY(MEMBERS);
    struct cvn_id members = add(s, true);
    s->d.event.visibility = VISIBILITY(LINK);
    struct cvn_id link = add(s, true);
    assert_non_null(get(&s->member, members));
    assert_null(get(&s->stranger, members));
    assert_int_equal(s->stranger.status.code, CVN_NOT_FOUND);
    assert_null(get(&s->nobody, members));
    assert_non_null(get(&s->nobody, link));
}

static void test_get_of_no_event(void **state)
{
    struct scene *s = *state;
    assert_null(get(&s->owner, (struct cvn_id){{1, 2, 3}}));
    assert_int_equal(s->owner.status.code, CVN_NOT_FOUND);
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    request.id = text("grp_01h2xcejqtf2nbrexx3vqjhp41");
    assert_null(client_call(&s->owner, &cvn_event_methods[1], &request));
    assert_true(client_blames(&s->owner, "id"));
}

static bool shows_address(struct client *client, struct cvn_id id)
{
    const Convene__Events__V1__Event *e = get(client, id);
    assert_non_null(e);
    return strcmp(e->online_url, "https://meet.example.org/x") == 0;
}

static void test_online_address_is_for_those_who_come(void **state)
{
    struct scene *s = *state;
    s->d.event.online_url = text("https://meet.example.org/x");
    s->d.event.capacity = 1;
    struct cvn_id id = add(s, true);
    assert_true(shows_address(&s->owner, id));
    assert_true(shows_address(&s->admin, id));
    assert_false(shows_address(&s->member, id));
    assert_false(shows_address(&s->nobody, id));
    assert_int_equal(say_yes(&s->member, id, s->member_id, 0), STATE(YES));
    assert_true(shows_address(&s->member, id));
    assert_int_equal(say_yes(&s->stranger, id, s->stranger.who.person, 0), STATE(WAITLISTED));
    assert_false(shows_address(&s->stranger, id));
    assert_int_equal(say_no(&s->member, id, s->member_id), STATE(NO));
    assert_false(shows_address(&s->member, id));
    assert_true(shows_address(&s->stranger, id));
}

static void test_get_counts_seats_and_queue(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 2;
    s->d.event.max_guests = 1;
    struct cvn_id id = add(s, true);
    assert_int_equal(say_yes(&s->member, id, s->member_id, 1), STATE(YES));
    assert_int_equal(say_yes(&s->stranger, id, s->stranger.who.person, 0), STATE(WAITLISTED));
    const Convene__Events__V1__Event *e = get(&s->nobody, id);
    assert_int_equal(e->seats_taken, 2);
    assert_int_equal(e->waitlist_count, 1);
}

static void test_publish_makes_a_draft_visible(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, false);
    assert_null(publish(&s->stranger, id));
    assert_int_equal(s->stranger.status.code, CVN_NOT_FOUND);
    const Convene__Events__V1__Event *e = publish(&s->owner, id);
    assert_non_null(e);
    assert_int_equal(e->publication, PUBLICATION(PUBLISHED));
    assert_non_null(get(&s->nobody, id));
    assert_null(publish(&s->member, id));
    assert_int_equal(s->member.status.code, CVN_PERMISSION_DENIED);
}

static void test_publish_twice_changes_nothing(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, true);
    int64_t updated_s = get(&s->owner, id)->update_time->seconds;
    s->harness->now_ms += HOUR_MS;
    const Convene__Events__V1__Event *e = publish(&s->owner, id);
    assert_non_null(e);
    assert_int_equal(e->sequence, 0);
    assert_int_equal(e->update_time->seconds, updated_s);
}

static void test_cancel_keeps_answers_and_says_why(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, true);
    assert_int_equal(say_yes(&s->member, id, s->member_id, 0), STATE(YES));
    const Convene__Events__V1__Event *e = cancel(&s->owner, id, "The room\nis flooded");
    assert_non_null(e);
    assert_int_equal(e->status, STATUS(CANCELLED));
    assert_string_equal(e->status_reason, "The room\nis flooded");
    assert_int_equal(e->sequence, 1);
    assert_int_equal(state_of(&s->admin, id, s->member_id), STATE(YES));
    assert_int_equal(say_yes(&s->stranger, id, s->stranger.who.person, 0), -1);
}

static void test_cancel_voids_offers(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 1;
    s->d.event.waitlist_mode = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_OFFER;
    struct cvn_id id = add(s, true);
    struct cvn_id stranger = s->stranger.who.person;
    assert_int_equal(say_yes(&s->member, id, s->member_id, 0), STATE(YES));
    assert_int_equal(say_yes(&s->stranger, id, stranger, 0), STATE(WAITLISTED));
    assert_int_equal(say_no(&s->member, id, s->member_id), STATE(NO));
    assert_int_equal(state_of(&s->admin, id, stranger), STATE(OFFERED));
    const Convene__Events__V1__Event *e = cancel(&s->owner, id, "");
    assert_non_null(e);
    assert_int_equal(e->seats_taken, 0);
    assert_int_equal(state_of(&s->admin, id, stranger), STATE(EXPIRED));
}

static void test_cancel_twice(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, true);
    assert_non_null(cancel(&s->owner, id, "first"));
    assert_null(cancel(&s->owner, id, "second"));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    assert_string_equal(client_reason(&s->owner), "EVENT_CANCELLED");
    const Convene__Events__V1__Event *e = get(&s->owner, id);
    assert_string_equal(e->status_reason, "first");
    assert_int_equal(e->sequence, 1);
}

static void test_cancel_at_the_end(void **state)
{
    struct scene *s = *state;
    s->d.event.end_local = text("2027-03-01T20:30:00");
    struct cvn_id first = add(s, true), second = add(s, true);
    int64_t end_ms = (int64_t)get(&s->owner, first)->end_time->seconds * 1000;
    s->harness->now_ms = end_ms - 1;
    assert_non_null(cancel(&s->owner, first, ""));
    s->harness->now_ms = end_ms;
    assert_null(cancel(&s->owner, second, ""));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
}

static void test_cancel_of_a_draft(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, false);
    assert_null(cancel(&s->owner, id, ""));
    assert_int_equal(s->owner.status.code, CVN_FAILED_PRECONDITION);
    assert_null(cancel(&s->member, id, ""));
    assert_int_equal(s->member.status.code, CVN_NOT_FOUND);
}

static void test_cancel_with_the_longest_reason(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, true);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 4096);
    assert_null(cancel(&s->owner, id, long_text(&arena, "", 501)));
    assert_true(client_blames(&s->owner, "reason"));
    assert_non_null(cancel(&s->owner, id, long_text(&arena, "", 500)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_create_fills_in_what_is_left_out),
        T(test_create_ignores_what_the_server_sets),
        T(test_create_keeps_no_unknown_fields),
        T(test_create_in_the_past),
        T(test_create_with_a_start_that_clocks_skip),
        T(test_create_with_wrong_fields),
        T(test_create_by_who_does_not_organise),
        T(test_create_in_no_group),
        T(test_create_with_an_external_id_twice),
        T(test_get_of_a_draft),
        T(test_get_by_visibility),
        T(test_get_of_no_event),
        T(test_online_address_is_for_those_who_come),
        T(test_get_counts_seats_and_queue),
        T(test_publish_makes_a_draft_visible),
        T(test_publish_twice_changes_nothing),
        T(test_cancel_keeps_answers_and_says_why),
        T(test_cancel_voids_offers),
        T(test_cancel_twice),
        T(test_cancel_at_the_end),
        T(test_cancel_of_a_draft),
        T(test_cancel_with_the_longest_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
