/* What organisers do with RSVPs before the event: adding, moving, inviting many. */
#include "services/events/rsvps/check_in.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__RSVP_RESULT__OUTCOME__OUTCOME_##name

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED, PEOPLE = 8 };

/* One seat, taken by the first; all others wait in their order. */
static struct scene full(void **state)
{
    struct scene s = scene_new(state, 1, PEOPLE);
    scene_store(&s);
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    return s;
}

static int add(struct scene *s, unsigned person, int32_t guests, bool over)
{
    Convene__Events__V1__DecideRequest request = scene_decision(s, person, DECIDE(ADD));
    request.guests = guests;
    request.over_capacity = over;
    const Convene__Events__V1__Rsvp *rsvp =
        client_call(&s->admin, &cvn_rsvp_methods[DECIDE_FOR], &request);
    return rsvp ? (int)rsvp->state : -1;
}

static int move(struct scene *s, unsigned person, int32_t position)
{
    Convene__Events__V1__DecideRequest request = scene_decision(s, person, DECIDE(MOVE));
    request.position = position;
    const Convene__Events__V1__Rsvp *rsvp =
        client_call(&s->admin, &cvn_rsvp_methods[DECIDE_FOR], &request);
    return rsvp ? rsvp->queue_position : -1;
}

/* Asserts who waits, in order. */
static void assert_queue(struct scene *s, const unsigned *people, size_t n)
{
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    request.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED;
    const Convene__Events__V1__ListRsvpsResponse *r =
        client_call(&s->admin, &cvn_rsvp_methods[LIST_RSVPS], &request);
    assert_non_null(r);
    assert_int_equal(r->n_rsvps, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(r->rsvps[i]->person_id, PERSON_TEXT(s->people[people[i]]));
        assert_int_equal(r->rsvps[i]->queue_position, i + 1);
    }
}

static void test_an_addition_waits_like_anybody_unless_it_is_over_capacity(void **state)
{
    struct scene s = scene_new(state, 1, PEOPLE);
    s.message.approval_required = true;
    Google__Protobuf__Timestamp closed = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    closed.seconds = s.harness->now_ms / 1000 - 1;
    s.message.rsvp_close_time = &closed;
    scene_store(&s);
    assert_int_equal(scene_yes(&s, 1, 0), -1); /* the window is over */
    assert_int_equal(add(&s, 1, 0, false), YES);
    assert_int_equal(add(&s, 2, 0, false), WAITLISTED);
    assert_int_equal(add(&s, 3, 2, true), YES);
    assert_int_equal(add(&s, 2, 0, true), YES);
    (void)scene_verify(&s);
    assert_int_equal(scene_no(&s, 3), CVN_RSVP_NO);
    assert_int_equal(scene_no(&s, 2), CVN_RSVP_NO);
    scene_check(&s);
    scene_end(&s);
}

static void test_seats_over_capacity_need_a_reason_which_is_kept(void **state)
{
    struct scene s = full(state);
    Convene__Events__V1__DecideRequest request = scene_decision(&s, 3, DECIDE(ADD));
    request.over_capacity = true;
    request.reason = (char *)"";
    assert_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &request));
    assert_true(client_blames(&s.admin, "reason"));
    request.reason = (char *)"our speaker";
    assert_non_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &request));
    Convene__Events__V1__ListRsvpMovesRequest list =
        CONVENE__EVENTS__V1__LIST_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s.event);
    list.event_id = event.text;
    const Convene__Events__V1__ListRsvpMovesResponse *r =
        client_call(&s.admin, &cvn_rsvp_methods[LIST_MOVES], &list);
    assert_true(r->moves[r->n_moves - 1]->over_capacity);
    assert_string_equal(r->moves[r->n_moves - 1]->reason, "our speaker");
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_an_addition_lifts_a_removal(void **state)
{
    struct scene s = scene_new(state, 2, PEOPLE);
    scene_store(&s);
    (void)scene_yes(&s, 1, 0);
    assert_int_equal(decide(&s.admin, s.event, s.people[1], DECIDE(REMOVE)), CVN_RSVP_REMOVED);
    assert_int_equal(scene_yes(&s, 1, 0), -1);
    assert_int_equal(add(&s, 1, 0, false), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_moving_somebody_in_the_queue(void **state)
{
    struct scene s = full(state);
    assert_queue(&s, (const unsigned[]){1, 2, 3, 4, 5, 6, 7}, 7);
    assert_int_equal(move(&s, 6, 1), 1);
    assert_queue(&s, (const unsigned[]){6, 1, 2, 3, 4, 5, 7}, 7);
    assert_int_equal(move(&s, 1, 4), 4);
    assert_queue(&s, (const unsigned[]){6, 2, 3, 1, 4, 5, 7}, 7);
    assert_int_equal(move(&s, 6, 99), 7); /* the end */
    assert_queue(&s, (const unsigned[]){2, 3, 1, 4, 5, 7, 6}, 7);
    assert_int_equal(move(&s, 7, 6), 6); /* where it stands */
    assert_int_equal(move(&s, 6, 7), 7);
    scene_check(&s);
    /* Who comes next is behind all of them; who leaves is followed by the first. */
    assert_int_equal(scene_no(&s, 2), CVN_RSVP_NO);
    assert_int_equal(scene_yes(&s, 2, 0), WAITLISTED);
    assert_queue(&s, (const unsigned[]){3, 1, 4, 5, 7, 6, 2}, 7);
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(scene_now(&s, 3), YES);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_moving_again_and_again_to_the_same_place(void **state)
{
    struct scene s = full(state);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(move(&s, 1 + i % 7, 1), 1);
    unsigned n = 0;
    /* Between two who stay there is room for some 16 or 32, and then it is said. */
    for (; n < 100 && move(&s, 2 + n % 2, 2) == 2; n++)
        ;
    assert_true(n >= 14);
    if (n < 100)
        assert_string_equal(client_reason(&s.admin), "QUEUE_CROWDED");
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_moving_who_does_not_wait_is_refused(void **state)
{
    struct scene s = full(state);
    assert_int_equal(move(&s, 0, 1), -1);
    assert_string_equal(client_reason(&s.admin), "WRONG_STATE");
    assert_int_equal(move(&s, 1, 0), -1);
    assert_true(client_blames(&s.admin, "position"));
    Convene__Events__V1__DecideRequest request = scene_decision(&s, 2, DECIDE(MOVE));
    request.position = 1;
    request.reason = (char *)"";
    assert_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &request));
    assert_true(client_blames(&s.admin, "reason"));
    CLIENT member = client_of(s.harness, s.people[3]);
    request = scene_decision(&s, 3, DECIDE(MOVE));
    request.position = 1;
    assert_null(client_call(&member, &cvn_rsvp_methods[DECIDE_FOR], &request));
    assert_int_equal(member.status.code, CVN_PERMISSION_DENIED);
    scene_end(&s);
}

/* A big party that blocks a strict queue is moved back, and those behind it are served at once. */
static void test_moving_the_one_who_blocks_serves_the_next(void **state)
{
    struct scene s = scene_new(state, 3, PEOPLE);
    scene_store(&s);
    (void)scene_yes(&s, 0, 2);
    (void)scene_yes(&s, 1, 2);
    (void)scene_yes(&s, 2, 0);
    assert_int_equal(scene_yes(&s, 0, 1), YES); /* one seat is free, and the first needs three */
    assert_int_equal(scene_now(&s, 2), WAITLISTED);
    assert_int_equal(move(&s, 1, 2), 1); /* the other one is served */
    assert_int_equal(scene_now(&s, 2), YES);
    scene_check(&s);
    scene_end(&s);
}

static void test_inviting_many_reports_each(void **state)
{
    struct scene s = scene_new(state, 2, PEOPLE);
    CLIENT owner = client_of(s.harness, s.people[0]), member = client_of(s.harness, s.people[1]);
    scene_store(&s);
    (void)scene_yes(&s, 1, 0);
    Convene__Events__V1__InvitePeopleRequest request =
        CONVENE__EVENTS__V1__INVITE_PEOPLE_REQUEST__INIT;
    struct id_text event = id_text("evt", s.event), people[3], nobody;
    char *ids[CVN_CHECK_IN_PEOPLE_MAX + 1];
    for (unsigned i = 0; i < 3; i++) {
        people[i] = id_text("per", s.people[1 + i]);
        ids[i] = people[i].text;
    }
    nobody = id_text("per", s.event);
    ids[3] = nobody.text;
    request.event_id = event.text;
    request.person_ids = ids;
    request.n_person_ids = 4;
    assert_null(client_call(&member, &cvn_rsvp_methods[INVITE_PEOPLE], &request));
    assert_int_equal(member.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__InvitePeopleResponse *r =
        client_call(&owner, &cvn_rsvp_methods[INVITE_PEOPLE], &request);
    assert_non_null(r);
    assert_int_equal(r->n_results, 4);
    assert_int_equal(r->results[0]->outcome, OUTCOME(UNCHANGED)); /* comes already */
    assert_int_equal(r->results[0]->state, YES);
    assert_int_equal(r->results[1]->outcome, OUTCOME(CHANGED));
    assert_int_equal(r->results[2]->state, CVN_RSVP_INVITED);
    assert_int_equal(r->results[3]->outcome, OUTCOME(REFUSED));
    assert_int_equal(r->results[3]->status->code, CVN_NOT_FOUND);
    (void)scene_verify(&s);
    for (unsigned i = 0; i <= CVN_CHECK_IN_PEOPLE_MAX; i++)
        ids[i] = people[1].text;
    request.n_person_ids = CVN_CHECK_IN_PEOPLE_MAX + 1;
    assert_null(client_call(&owner, &cvn_rsvp_methods[INVITE_PEOPLE], &request));
    assert_true(client_blames(&owner, "person_ids"));
    request.n_person_ids = CVN_CHECK_IN_PEOPLE_MAX;
    assert_non_null(client_call(&owner, &cvn_rsvp_methods[INVITE_PEOPLE], &request));
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_an_addition_waits_like_anybody_unless_it_is_over_capacity),
        SCENE_TEST(test_seats_over_capacity_need_a_reason_which_is_kept),
        SCENE_TEST(test_an_addition_lifts_a_removal),
        SCENE_TEST(test_moving_somebody_in_the_queue),
        SCENE_TEST(test_moving_again_and_again_to_the_same_place),
        SCENE_TEST(test_moving_who_does_not_wait_is_refused),
        SCENE_TEST(test_moving_the_one_who_blocks_serves_the_next),
        SCENE_TEST(test_inviting_many_reports_each),
    };
    return cmocka_run_group_tests_name("organise", tests, NULL, NULL);
}
