/* Events in a room and online at once: two kinds of seats, each with a queue of its own. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED };

static struct scene hybrid(void **state, int32_t room, int32_t online)
{
    struct scene s = scene_new(state, room, 8);
    s.message.attendance_mode = WAY(MIXED);
    s.message.virtual_capacity = online;
    scene_store(&s);
    return s;
}

static int yes_by(struct scene *s, unsigned person, int way, int32_t guests)
{
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event), who = id_text("per", s->people[person]);
    request.event_id = event.text;
    request.person_id = who.text;
    request.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    request.way = (Convene__Events__V1__AttendanceMode)way;
    request.guests = guests;
    const Convene__Events__V1__Rsvp *rsvp =
        client_call(&s->admin, &cvn_rsvp_methods[RESPOND], &request);
    return rsvp ? (int)rsvp->state : -1;
}

static const Convene__Events__V1__Event *event_now(struct scene *s)
{
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.id = event.text;
    const Convene__Events__V1__Event *found =
        client_call(&s->admin, &cvn_event_methods[1], &request);
    assert_non_null(found);
    return found;
}

static void test_seats_in_the_room_and_online_are_counted_apart(void **state)
{
    struct scene s = hybrid(state, 1, 2);
    assert_int_equal(yes_by(&s, 0, WAY(OFFLINE), 0), YES);
    assert_int_equal(yes_by(&s, 1, WAY(OFFLINE), 0), WAITLISTED);
    assert_int_equal(yes_by(&s, 2, WAY(ONLINE), 1), YES);
    assert_int_equal(yes_by(&s, 3, WAY(ONLINE), 0), WAITLISTED);
    assert_int_equal(yes_by(&s, 4, WAY(UNSPECIFIED), 0), WAITLISTED); /* for the room */
    const Convene__Events__V1__Event *e = event_now(&s);
    assert_int_equal(e->seats_taken, 1);
    assert_int_equal(e->waitlist_count, 2);
    assert_int_equal(e->virtual_seats_taken, 2);
    assert_int_equal(e->virtual_waitlist_count, 1);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[3])->queue_position, 1);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[4])->queue_position, 2);
    scene_check(&s);
    /* A seat online is nothing to those who wait for the room. */
    assert_int_equal(scene_no(&s, 2), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 3), YES);
    assert_int_equal(scene_now(&s, 1), WAITLISTED);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_going_online_frees_the_seat_for_who_waits_for_the_room(void **state)
{
    struct scene s = hybrid(state, 1, 1);
    assert_int_equal(yes_by(&s, 0, WAY(OFFLINE), 0), YES);
    assert_int_equal(yes_by(&s, 1, WAY(OFFLINE), 0), WAITLISTED);
    assert_int_equal(yes_by(&s, 0, WAY(ONLINE), 0), YES);
    assert_int_equal(scene_now(&s, 1), YES);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[0])->way, WAY(ONLINE));
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[1])->way, WAY(OFFLINE));
    scene_check(&s);
    /* Nobody loses a seat by asking for one that is not there. */
    assert_int_equal(yes_by(&s, 1, WAY(ONLINE), 0), -1);
    assert_string_equal(client_reason(&s.admin), "NOT_ENOUGH_SEATS");
    assert_int_equal(scene_now(&s, 1), YES);
    /* Somebody who waits may wait for the other kind, at the end of that queue. */
    assert_int_equal(yes_by(&s, 2, WAY(ONLINE), 0), WAITLISTED);
    assert_int_equal(yes_by(&s, 3, WAY(OFFLINE), 0), WAITLISTED);
    assert_int_equal(yes_by(&s, 3, WAY(ONLINE), 0), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[3])->queue_position, 2);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_the_same_click_again_changes_nothing(void **state)
{
    struct scene s = hybrid(state, 2, 2);
    assert_int_equal(yes_by(&s, 0, WAY(ONLINE), 1), YES);
    int64_t n = scene_verify(&s);
    assert_int_equal(yes_by(&s, 0, WAY(ONLINE), 1), YES);
    assert_int_equal(yes_by(&s, 0, WAY(UNSPECIFIED), 1), YES);
    assert_int_equal(scene_verify(&s), n);
    assert_int_equal(event_now(&s)->virtual_seats_taken, 2);
    scene_end(&s);
}

static void test_raising_either_capacity_serves_its_queue(void **state)
{
    struct scene s = hybrid(state, 1, 1);
    for (unsigned i = 0; i < 6; i++)
        (void)yes_by(&s, i, i % 2 ? WAY(ONLINE) : WAY(OFFLINE), 0);
    s.message.virtual_capacity = 2;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 3), YES);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    s.message.capacity = 0;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_now(&s, 4), YES);
    assert_int_equal(scene_now(&s, 5), WAITLISTED);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_a_way_that_the_event_does_not_offer_is_refused(void **state)
{
    struct scene s = scene_new(state, 5, 2);
    scene_store(&s);
    assert_int_equal(yes_by(&s, 0, WAY(ONLINE), 0), -1);
    assert_true(client_blames(&s.admin, "way"));
    s.message.attendance_mode = WAY(MIXED);
    scene_store(&s);
    assert_int_equal(yes_by(&s, 0, WAY(MIXED), 0), -1);
    assert_true(client_blames(&s.admin, "way"));
    s.message.attendance_mode = WAY(ONLINE);
    scene_store(&s);
    assert_int_equal(yes_by(&s, 0, WAY(ONLINE), 0), YES);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[0])->way, WAY(UNSPECIFIED));
    scene_end(&s);
}

static void test_moving_a_hybrid_event_online_leaves_everybody_a_seat(void **state)
{
    struct scene s = hybrid(state, 2, 1);
    assert_int_equal(yes_by(&s, 0, WAY(OFFLINE), 0), YES);
    assert_int_equal(yes_by(&s, 1, WAY(ONLINE), 0), YES);
    assert_int_equal(yes_by(&s, 2, WAY(ONLINE), 0), WAITLISTED);
    s.message.attendance_mode = WAY(ONLINE);
    scene_store(&s);
    assert_int_equal(scene_now(&s, 0), YES);
    assert_int_equal(scene_now(&s, 1), YES);
    assert_int_equal(scene_no(&s, 1), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_yes(&s, 3, 0), YES);
    scene_check(&s);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_seats_in_the_room_and_online_are_counted_apart),
        SCENE_TEST(test_going_online_frees_the_seat_for_who_waits_for_the_room),
        SCENE_TEST(test_the_same_click_again_changes_nothing),
        SCENE_TEST(test_raising_either_capacity_serves_its_queue),
        SCENE_TEST(test_a_way_that_the_event_does_not_offer_is_refused),
        SCENE_TEST(test_moving_a_hybrid_event_online_leaves_everybody_a_seat),
    };
    return cmocka_run_group_tests_name("hybrid", tests, NULL, NULL);
}
