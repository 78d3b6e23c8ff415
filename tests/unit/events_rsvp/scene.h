/* One event with some people, all asked for by the administrator. */
#ifndef CVN_TESTS_EVENTS_RSVP_SCENE_H
#define CVN_TESTS_EVENTS_RSVP_SCENE_H

#include "services/events/rsvps/seats.h"
#include "tests/unit/events_rsvp/checker.h"

#define MODE(name) CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_##name
#define POLICY(name) CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_##name
#define WAY(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name
#define DECIDE(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name

/* By their places in RsvpService. */
enum method {
    RESPOND,
    DECIDE_FOR,
    GET_RSVP,
    LIST_RSVPS,
    LIST_MOVES,
    VERIFY_MOVES,
    INVITE_PEOPLE,
    CHECK_IN,
    CLOSE_ATTENDANCE,
    DRAW_LOTS,
    GET_DRAW,
    LIST_TICKETS,
    LIST_AGENDA,
};

struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id group; /* the first of the people owns it */
    struct cvn_id event;
    struct cvn_id people[64];
    Convene__Events__V1__Event message;
};

/* An event with that many seats, not stored yet. */
struct scene scene_new(void **state, int32_t capacity, unsigned n_people);
void scene_end(struct scene *scene);

/* Stores the event as the message says, and settles its seats. */
void scene_store(struct scene *scene);

/* The state then, or -1 when it was refused. */
int scene_yes(struct scene *scene, unsigned person, int32_t guests);
int scene_no(struct scene *scene, unsigned person);
int scene_now(struct scene *scene, unsigned person);

/* Asserts every invariant. */
void scene_check(struct scene *scene);

/* Replays the history: how many steps there are, having asserted that all is well. */
int64_t scene_verify(struct scene *scene);

/* A request to decide about a person, with a reason; texts live until the next one. */
Convene__Events__V1__DecideRequest scene_decision(struct scene *scene, unsigned person, int action);

/* What is passed to cmocka. */
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

#endif
