/* Offers that run out by themselves, on a clock that the tests set. */
#include "services/events/rsvps/rsvp_task.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED, OFFERED = CVN_RSVP_OFFERED };

/* A turn of the server's own; when the next one is due. */
static int64_t turn(struct scene *s)
{
    int64_t next_ms;
    int r =
        cvn_rsvp_task_turn(&s->harness->service, s->harness->store, s->harness->now_ms, &next_ms);
    assert_int_equal(r, 0);
    return next_ms;
}

/* One seat, somebody who gave it up, and the next who is offered it. */
static struct scene offered(void **state, int32_t minutes)
{
    struct scene s = scene_new(state, 1, 5);
    s.message.waitlist_mode = MODE(OFFER);
    s.message.offer_minutes = minutes;
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 0, 0), YES);
    for (unsigned i = 1; i < 5; i++)
        assert_int_equal(scene_yes(&s, i, 0), WAITLISTED);
    (void)scene_no(&s, 0);
    assert_int_equal(scene_now(&s, 1), OFFERED);
    return s;
}

static void test_an_offer_ends_on_time_and_the_next_is_served_without_a_click(void **state)
{
    struct scene s = offered(state, 30);
    int64_t began_ms = s.harness->now_ms, ends_ms = began_ms + 30 * 60000;
    assert_int_equal(turn(&s), ends_ms);
    s.harness->now_ms = ends_ms - 1;
    assert_int_equal(turn(&s), ends_ms);
    assert_int_equal(scene_now(&s, 1), OFFERED);
    s.harness->now_ms = ends_ms;
    assert_int_equal(turn(&s), ends_ms + 30 * 60000);
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED);
    assert_int_equal(scene_now(&s, 2), OFFERED);
    scene_check(&s);
    /* Nobody ever answers: each is served in turn, and then the seat is free. */
    for (unsigned i = 0; i < 3; i++) {
        s.harness->now_ms += 30 * 60000;
        (void)turn(&s);
    }
    assert_int_equal(scene_now(&s, 4), CVN_RSVP_EXPIRED);
    assert_int_equal(turn(&s), INT64_MAX);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_an_offer_is_held_for_a_day_where_the_event_does_not_say(void **state)
{
    struct scene s = offered(state, 0);
    assert_int_equal(turn(&s), s.harness->now_ms + DAY_MS);
    scene_end(&s);
}

static void test_an_offer_ends_at_the_start_at_the_latest(void **state)
{
    struct scene s = scene_new(state, 1, 2);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    int64_t start_ms = s.message.start_time->seconds * 1000;
    (void)scene_yes(&s, 0, 0);
    (void)scene_yes(&s, 1, 0);
    s.harness->now_ms = start_ms - 2 * HOUR_MS;
    (void)scene_no(&s, 0);
    assert_int_equal(turn(&s), start_ms);
    s.harness->now_ms = start_ms;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED);
    scene_end(&s);
}

static void test_offers_of_many_events_end_each_in_its_own_update(void **state)
{
    enum { EVENTS = 12 };
    struct scene s = scene_new(state, 1, 3);
    struct cvn_id events[EVENTS];
    s.message.waitlist_mode = MODE(OFFER);
    s.message.offer_minutes = 5;
    for (unsigned i = 0; i < EVENTS; i++) {
        events[i] = harness_put_event(s.harness, i, s.message);
        for (unsigned p = 0; p < 3; p++)
            (void)say_yes(&s.admin, events[i], s.people[p], 0);
        (void)say_no(&s.admin, events[i], s.people[0]);
    }
    s.harness->now_ms += 5 * 60000;
    (void)turn(&s);
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_int_equal(state_of(&s.admin, events[i], s.people[1]), CVN_RSVP_EXPIRED);
        assert_int_equal(state_of(&s.admin, events[i], s.people[2]), OFFERED);
    }
    scene_end(&s);
}

static void test_offers_stand_still_while_the_event_is_postponed(void **state)
{
    struct scene s = offered(state, 60);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED;
    scene_store(&s);
    assert_null(get_rsvp(&s.admin, s.event, s.people[1])->offer_expire_time);
    s.harness->now_ms += 3 * DAY_MS;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(scene_now(&s, 1), OFFERED);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    assert_int_equal(scene_yes(&s, 1, 0), -1); /* nobody could take it meanwhile */
    scene_check(&s);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_RESCHEDULED;
    scene_store(&s);
    scene_check(&s);
    assert_int_equal(turn(&s), s.harness->now_ms + 60 * 60000); /* the whole time, from now on */
    assert_int_equal(scene_yes(&s, 1, 0), YES);
    scene_end(&s);
}

static void test_offers_stand_still_while_the_event_is_hidden(void **state)
{
    struct scene s = offered(state, 60);
    s.message.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_UNPUBLISHED;
    scene_store(&s);
    s.harness->now_ms += DAY_MS;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(scene_now(&s, 1), OFFERED);
    s.message.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 1, 0), YES);
    scene_end(&s);
}

static void test_offers_of_a_cancelled_event_are_void_and_the_rest_is_restored(void **state)
{
    struct scene s = offered(state, 60);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    assert_int_equal(turn(&s), INT64_MAX);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 2), OFFERED);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_an_offer_ends_on_time_and_the_next_is_served_without_a_click),
        SCENE_TEST(test_an_offer_is_held_for_a_day_where_the_event_does_not_say),
        SCENE_TEST(test_an_offer_ends_at_the_start_at_the_latest),
        SCENE_TEST(test_offers_of_many_events_end_each_in_its_own_update),
        SCENE_TEST(test_offers_stand_still_while_the_event_is_postponed),
        SCENE_TEST(test_offers_stand_still_while_the_event_is_hidden),
        SCENE_TEST(test_offers_of_a_cancelled_event_are_void_and_the_rest_is_restored),
    };
    return cmocka_run_group_tests_name("offers", tests, NULL, NULL);
}
