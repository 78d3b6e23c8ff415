/* Full events: who gets in, who waits, and who is served when seats come free. */
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats.h"
#include "services/events/rules/rsvp.h"
#include "services/events/spaces.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED, OFFERED = CVN_RSVP_OFFERED };

static void test_yes_when_full_at_50(void **state)
{
    struct scene s = scene_new(state, 50, 51);
    scene_store(&s);
    for (unsigned i = 0; i < 49; i++)
        assert_int_equal(scene_yes(&s, i, 0), YES);
    assert_int_equal(scene_yes(&s, 49, 0), YES);
    assert_int_equal(scene_yes(&s, 50, 0), WAITLISTED);
    const Convene__Events__V1__Rsvp *rsvp = get_rsvp(&s.admin, s.event, s.people[50]);
    assert_int_equal(rsvp->queue_number, 1);
    assert_int_equal(rsvp->queue_position, 1);
    scene_check(&s);
    scene_end(&s);
}

static void test_cancel_promotes_exactly_the_next(void **state)
{
    struct scene s = scene_new(state, 2, 5);
    scene_store(&s);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(scene_yes(&s, i, 0), i < 2 ? YES : WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[4])->queue_position, 3);
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_now(&s, 3), WAITLISTED);
    assert_int_equal(scene_now(&s, 4), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[4])->queue_position, 2);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[2])->queue_number, 0);
    scene_check(&s);
    scene_end(&s);
}

static void test_two_cancels_promote_two_people(void **state)
{
    struct scene s = scene_new(state, 2, 5);
    scene_store(&s);
    for (unsigned i = 0; i < 5; i++)
        (void)scene_yes(&s, i, 0);
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(scene_no(&s, 1), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_now(&s, 3), YES);
    assert_int_equal(scene_now(&s, 4), WAITLISTED);
    scene_check(&s);
    scene_end(&s);
}

static void test_cancel_repeated_promotes_once(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 1), YES);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    scene_end(&s);
}

static void test_yes_repeated_has_one_effect(void **state)
{
    struct scene s = scene_new(state, 2, 3);
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 0, 1), YES);
    int64_t made = get_rsvp(&s.admin, s.event, s.people[0])->update_time->seconds;
    s.harness->now_ms += HOUR_MS;
    assert_int_equal(scene_yes(&s, 0, 1), YES);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[0])->update_time->seconds, made);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[1])->queue_number, 1);
    scene_check(&s);
    scene_end(&s);
}

static void test_queue_numbers_when_rejoining(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    assert_int_equal(scene_no(&s, 1), CVN_RSVP_NO);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    const Convene__Events__V1__Rsvp *rsvp = get_rsvp(&s.admin, s.event, s.people[1]);
    assert_int_equal(rsvp->queue_number, 3);
    assert_int_equal(rsvp->queue_position, 2);
    scene_end(&s);
}

static void test_strict_when_a_large_party_is_first(void **state)
{
    struct scene s = scene_new(state, 3, 5);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(scene_yes(&s, i, 0), YES);
    assert_int_equal(scene_yes(&s, 3, 1), WAITLISTED);
    assert_int_equal(scene_yes(&s, 4, 0), WAITLISTED);
    (void)scene_no(&s, 0);
    assert_int_equal(scene_now(&s, 3), WAITLISTED);
    assert_int_equal(scene_now(&s, 4), WAITLISTED);
    (void)scene_no(&s, 1);
    assert_int_equal(scene_now(&s, 3), YES);
    assert_int_equal(scene_now(&s, 4), WAITLISTED);
    scene_check(&s);
    scene_end(&s);
}

static void test_first_fit_when_a_large_party_is_first(void **state)
{
    struct scene s = scene_new(state, 3, 5);
    s.message.party_policy = POLICY(FIRST_FIT);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(scene_yes(&s, i, 0), YES);
    assert_int_equal(scene_yes(&s, 3, 1), WAITLISTED);
    assert_int_equal(scene_yes(&s, 4, 0), WAITLISTED);
    (void)scene_no(&s, 0);
    assert_int_equal(scene_now(&s, 3), WAITLISTED);
    assert_int_equal(scene_now(&s, 4), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_bounded_when_passed_three_times(void **state)
{
    struct scene s = scene_new(state, 6, 12);
    s.message.party_policy = POLICY(BOUNDED);
    scene_store(&s);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(scene_yes(&s, i, 0), YES);
    assert_int_equal(scene_yes(&s, 6, 2), WAITLISTED);
    for (unsigned i = 7; i < 12; i++)
        assert_int_equal(scene_yes(&s, i, 0), WAITLISTED);
    for (unsigned i = 0; i < 3; i++) {
        (void)scene_no(&s, i);
        assert_int_equal(scene_now(&s, 7 + i), YES);
    }
    (void)scene_no(&s, 3);
    (void)scene_no(&s, 4);
    assert_int_equal(scene_now(&s, 10), WAITLISTED);
    assert_int_equal(scene_now(&s, 6), WAITLISTED);
    (void)scene_no(&s, 5);
    assert_int_equal(scene_now(&s, 6), YES);
    scene_check(&s);
    scene_end(&s);
}

/* The first to fit is further back than what is looked at first. */
static void test_first_fit_when_many_large_parties_wait(void **state)
{
    struct scene s = scene_new(state, 64, 1);
    s.message.party_policy = POLICY(FIRST_FIT);
    s.message.max_guests = 10;
    scene_store(&s);
    struct cvn_id one = s.people[0], last;
    for (unsigned i = 0; i < 64; i++) {
        struct cvn_id guest = i == 0 ? one : harness_person(s.harness, 2000 + i);
        assert_int_equal(say_yes(&s.admin, s.event, guest, 0), YES);
    }
    for (unsigned i = 0; i < 70; i++) {
        last = harness_person(s.harness, 3000 + i);
        assert_int_equal(say_yes(&s.admin, s.event, last, i < 69 ? 3 : 0), WAITLISTED);
    }
    assert_int_equal(say_no(&s.admin, s.event, one), CVN_RSVP_NO);
    assert_int_equal(state_of(&s.admin, s.event, last), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_fewer_guests_promote(void **state)
{
    struct scene s = scene_new(state, 4, 4);
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 0, 3), YES);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    assert_int_equal(scene_yes(&s, 2, 0), WAITLISTED);
    assert_int_equal(scene_yes(&s, 3, 0), WAITLISTED);
    assert_int_equal(scene_yes(&s, 0, 1), YES);
    assert_int_equal(scene_now(&s, 1), YES);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_now(&s, 3), WAITLISTED);
    scene_check(&s);
    scene_end(&s);
}

static void test_larger_capacity_promotes(void **state)
{
    struct scene s = scene_new(state, 1, 5);
    scene_store(&s);
    for (unsigned i = 0; i < 5; i++)
        (void)scene_yes(&s, i, 0);
    s.message.capacity = 3;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 2), YES);
    assert_int_equal(scene_now(&s, 3), WAITLISTED);
    s.message.capacity = 0;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 4), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_remove_promotes(void **state)
{
    struct scene s = scene_new(state, 1, 2);
    scene_store(&s);
    (void)scene_yes(&s, 0, 0);
    (void)scene_yes(&s, 1, 0);
    assert_int_equal(decide(&s.admin, s.event, s.people[0],
                            CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_REMOVE),
                     CVN_RSVP_REMOVED);
    assert_int_equal(scene_now(&s, 1), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_offer_taken(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    (void)scene_no(&s, 0);
    const Convene__Events__V1__Rsvp *rsvp = get_rsvp(&s.admin, s.event, s.people[1]);
    assert_int_equal(rsvp->state, OFFERED);
    assert_int_equal(rsvp->offer_expire_time->seconds,
                     (s.harness->now_ms + CVN_OFFER_MINUTES / 60 * (int64_t)HOUR_MS) / 1000);
    scene_check(&s);
    assert_int_equal(scene_yes(&s, 1, 0), YES);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    scene_check(&s);
    scene_end(&s);
}

static void test_offer_declined(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    (void)scene_no(&s, 0);
    assert_int_equal(scene_no(&s, 1), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 2), OFFERED);
    scene_check(&s);
    scene_end(&s);
}

static void test_offer_at_its_last_instant(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    (void)scene_no(&s, 0);
    s.harness->now_ms += CVN_OFFER_MINUTES / 60 * (int64_t)HOUR_MS - 1;
    assert_int_equal(scene_now(&s, 1), OFFERED);
    s.harness->now_ms += 1;
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED); /* shown so before any write */
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);    /* too late: behind the next one */
    assert_int_equal(scene_now(&s, 2), OFFERED);
    scene_check(&s);
    scene_end(&s);
}

static void test_offer_that_ran_out_goes_on_with_any_write(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    (void)scene_no(&s, 0);
    s.harness->now_ms += CVN_OFFER_MINUTES / 60 * (int64_t)HOUR_MS;
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO); /* as before: it changes nothing itself */
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED);
    assert_int_equal(scene_now(&s, 2), OFFERED);
    scene_check(&s);
    scene_end(&s);
}

static void test_offer_ends_at_the_start(void **state)
{
    struct scene s = scene_new(state, 1, 2);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    (void)scene_yes(&s, 0, 0);
    (void)scene_yes(&s, 1, 0);
    int64_t start_ms = s.message.start_time->seconds * 1000;
    s.harness->now_ms = start_ms - HOUR_MS;
    (void)scene_no(&s, 0);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[1])->offer_expire_time->seconds,
                     start_ms / 1000);
    scene_end(&s);
}

static void test_cancelled_event_voids_offers(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    (void)scene_no(&s, 0);
    assert_int_equal(scene_now(&s, 1), OFFERED);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    scene_store(&s);
    assert_int_equal(scene_now(&s, 1), CVN_RSVP_EXPIRED);
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    scene_check(&s);
    scene_end(&s);
}

static void test_full_without_queue(void **state)
{
    struct scene s = scene_new(state, 1, 2);
    s.message.waitlist_mode = MODE(NONE);
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 0, 0), YES);
    assert_int_equal(scene_yes(&s, 1, 0), -1);
    assert_int_equal(s.admin.status.code, CVN_FAILED_PRECONDITION);
    assert_string_equal(client_reason(&s.admin), "EVENT_FULL");
    scene_end(&s);
}

static int fill_queue(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_seats seats;
    int r = cvn_seats_get(ctx, arg, &seats);
    seats.waitlist_count[CVN_SEATS_ROOM] = CVN_QUEUE_PARTIES_MAX - 1;
    seats.next_queue_number = seats.n_rsvps = CVN_QUEUE_PARTIES_MAX;
    return r ? r : cvn_seats_put(ctx, arg, &seats);
}

static void test_queue_at_its_limit(void **state)
{
    struct scene s = scene_new(state, 1, 3);
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 0, 0), YES);
    assert_int_equal(harness_write(s.harness, fill_queue, &s.event), 0);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[1])->queue_position,
                     CVN_QUEUE_PARTIES_MAX);
    assert_int_equal(scene_yes(&s, 2, 0), -1);
    assert_string_equal(client_reason(&s.admin), "QUEUE_FULL");
    scene_end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_yes_when_full_at_50),
        TEST(test_cancel_promotes_exactly_the_next),
        TEST(test_two_cancels_promote_two_people),
        TEST(test_cancel_repeated_promotes_once),
        TEST(test_yes_repeated_has_one_effect),
        TEST(test_queue_numbers_when_rejoining),
        TEST(test_strict_when_a_large_party_is_first),
        TEST(test_first_fit_when_a_large_party_is_first),
        TEST(test_bounded_when_passed_three_times),
        TEST(test_first_fit_when_many_large_parties_wait),
        TEST(test_fewer_guests_promote),
        TEST(test_larger_capacity_promotes),
        TEST(test_remove_promotes),
        TEST(test_offer_taken),
        TEST(test_offer_declined),
        TEST(test_offer_at_its_last_instant),
        TEST(test_offer_that_ran_out_goes_on_with_any_write),
        TEST(test_offer_ends_at_the_start),
        TEST(test_cancelled_event_voids_offers),
        TEST(test_full_without_queue),
        TEST(test_queue_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
