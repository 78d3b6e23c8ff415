/* What went wrong in other products, each under the name of the situation. */
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <pthread.h>
#include <string.h>

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED, THREADS = 8, ROUNDS = 6 };

/* One of many who do the same at the same time. */
struct actor {
    pthread_t thread;
    pthread_barrier_t *barrier;
    struct scene *scene;
    struct cvn_id person;
    bool yes;
    int state; /* then */
};

static void *act(void *arg)
{
    struct actor *actor = arg;
    CLIENT client = client_admin(actor->scene->harness);
    (void)pthread_barrier_wait(actor->barrier);
    actor->state = actor->yes ? say_yes(&client, actor->scene->event, actor->person, 0)
                              : say_no(&client, actor->scene->event, actor->person);
    return NULL;
}

/* All at once; persons and answers are filled in. */
static void act_at_once(struct scene *s, struct actor *actors, unsigned n)
{
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, n), 0);
    for (unsigned i = 0; i < n; i++) {
        actors[i].barrier = &barrier;
        actors[i].scene = s;
        assert_int_equal(pthread_create(&actors[i].thread, NULL, act, &actors[i]), 0);
    }
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(pthread_join(actors[i].thread, NULL), 0);
    (void)pthread_barrier_destroy(&barrier);
}

/* Hi.Events #1045, #1072: all found a seat free, and then all took it. */
static void test_seats_counted_and_then_inserted(void **state)
{
    struct scene s = scene_new(state, 3, THREADS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct actor actors[THREADS] = {0};
        unsigned n_seated = 0;
        s.event = harness_put_event(s.harness, round, s.message);
        for (unsigned i = 0; i < THREADS; i++)
            actors[i] = (struct actor){.person = s.people[i], .yes = true};
        act_at_once(&s, actors, THREADS);
        for (unsigned i = 0; i < THREADS; i++)
            n_seated += actors[i].state == YES;
        assert_int_equal(n_seated, 3);
        scene_check(&s);
        assert_int_equal(scene_verify(&s), 1 + THREADS);
    }
    scene_end(&s);
}

/* freeCodeCamp/chapter #900, GatherPress #2172. */
static void test_two_cancellations_promote_two_people_and_not_one_twice(void **state)
{
    struct scene s = scene_new(state, 2, 6);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct actor actors[2] = {0};
        s.event = harness_put_event(s.harness, round, s.message);
        for (unsigned i = 0; i < 6; i++)
            (void)scene_yes(&s, i, 0);
        actors[0].person = s.people[0];
        actors[1].person = s.people[1];
        act_at_once(&s, actors, 2);
        assert_int_equal(scene_now(&s, 2), YES);
        assert_int_equal(scene_now(&s, 3), YES);
        assert_int_equal(scene_now(&s, 4), WAITLISTED);
        scene_check(&s);
        assert_int_equal(scene_verify(&s), 1 + 6 + 2 + 2); /* each step once */
    }
    scene_end(&s);
}

/* fossunited #676. */
static void test_a_yes_clicked_many_times_at_once_is_one_rsvp(void **state)
{
    struct scene s = scene_new(state, 5, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct actor actors[THREADS] = {0};
        s.event = harness_put_event(s.harness, round, s.message);
        for (unsigned i = 0; i < THREADS; i++)
            actors[i] = (struct actor){.person = s.people[0], .yes = true};
        act_at_once(&s, actors, THREADS);
        for (unsigned i = 0; i < THREADS; i++)
            assert_int_equal(actors[i].state, YES);
        scene_check(&s);
        assert_int_equal(scene_verify(&s), 2);
    }
    scene_end(&s);
}

/* codebar planner #1417. */
static void test_a_marker_can_be_corrected_long_after(void **state)
{
    struct scene s = scene_new(state, 5, 2);
    scene_store(&s);
    (void)scene_yes(&s, 1, 0);
    s.harness->now_ms = s.message.start_time->seconds * 1000;
    assert_int_equal(decide(&s.admin, s.event, s.people[1], DECIDE(MARK_NO_SHOW)),
                     CVN_RSVP_NO_SHOW);
    s.harness->now_ms += 40 * DAY_MS;
    assert_int_equal(decide(&s.admin, s.event, s.people[1], DECIDE(MARK_ATTENDED)),
                     CVN_RSVP_ATTENDED);
    assert_int_equal(decide(&s.admin, s.event, s.people[1], DECIDE(MARK_EXCUSED)),
                     CVN_RSVP_EXCUSED);
    assert_int_equal(decide(&s.admin, s.event, s.people[1], DECIDE(UNMARK)), YES);
    assert_int_equal(scene_verify(&s), 6);
    scene_end(&s);
}

/* The newest entry about the event in the change log, and its number. */
struct newest {
    const char *event;
    uint64_t sequence;
    char kind[CVN_CHANGE_KIND_BYTES_MAX + 1];
};

static int find_newest(struct cvn_ctx *ctx, void *arg)
{
    struct newest *newest = arg;
    struct cvn_change change;
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    int r = cvn_change_cursor_init(&cursor, ctx->txn, 0);
    while (r == 0 && (r = cvn_change_cursor_next(&cursor, &change)) == 0) {
        if (change.subject.len != strlen(newest->event) ||
            memcmp(change.subject.data, newest->event, change.subject.len) != 0)
            continue;
        newest->sequence = change.sequence;
        memcpy(newest->kind, change.kind.data, change.kind.len);
        newest->kind[change.kind.len] = '\0';
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/*
 * cal.diy #6973: a reminder that was made from what the log said then has a number that is no
 * longer the event's newest, so whoever sends it sees in one look that it is outdated.
 */
static void test_a_reminder_made_before_a_cancellation_is_outdated(void **state)
{
    struct scene s = scene_new(state, 5, 2);
    scene_store(&s);
    (void)scene_yes(&s, 1, 0);
    struct id_text event = id_text("evt", s.event);
    struct newest reminder = {.event = event.text}, now = {.event = event.text};
    assert_int_equal(harness_read(s.harness, find_newest, &reminder), 0);
    assert_string_equal(reminder.kind, "rsvp.yes");
    assert_int_equal(harness_read(s.harness, find_newest, &now), 0);
    assert_int_equal(now.sequence, reminder.sequence); /* nothing happened: it may go out */
    Convene__Events__V1__CancelEventRequest cancel =
        CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    cancel.id = event.text;
    const Convene__Events__V1__Event *after = client_call(&s.admin, &cvn_event_methods[4], &cancel);
    assert_non_null(after);
    assert_int_equal(after->sequence, 1); /* what a calendar must show */
    assert_int_equal(harness_read(s.harness, find_newest, &now), 0);
    assert_true(now.sequence > reminder.sequence);
    assert_string_equal(now.kind, "event.cancelled");
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_seats_counted_and_then_inserted),
        SCENE_TEST(test_two_cancellations_promote_two_people_and_not_one_twice),
        SCENE_TEST(test_a_yes_clicked_many_times_at_once_is_one_rsvp),
        SCENE_TEST(test_a_marker_can_be_corrected_long_after),
        SCENE_TEST(test_a_reminder_made_before_a_cancellation_is_outdated),
    };
    return cmocka_run_group_tests_name("elsewhere", tests, NULL, NULL);
}
