/*
 * Random actions on a few events. After each step every invariant is recomputed from the rows; then
 * the same from eight threads through the store's writer.
 */
#include "services/events/rsvps/rsvp_task.h"
#include "storage/table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    HYBRID = 5,
    LOTTERY = 6,
    N_EVENTS = 7,
    N_PEOPLE = 18,
    N_STEPS = 900,
    N_THREADS = 8,
    N_ACTIONS_PER_THREAD = 60,
    VERIFY_EVERY = 60, /* steps: the history of all events is replayed */
};

struct storm {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[N_PEOPLE];
    struct cvn_id events[N_EVENTS];
    Convene__Events__V1__Event messages[N_EVENTS];
    struct checker *checkers;
    uint64_t seed;
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t draw(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(uint64_t *seed, unsigned n)
{
    return (unsigned)(draw(seed) % n);
}

static void storm_begin(struct storm *storm, void **state, uint64_t seed)
{
    static const int modes[N_EVENTS] = {MODE(AUTO), MODE(OFFER), MODE(AUTO),   MODE(OFFER),
                                        MODE(NONE), MODE(AUTO),  MODE(LOTTERY)};
    static const int policies[N_EVENTS] = {POLICY(STRICT),  POLICY(FIRST_FIT), POLICY(BOUNDED),
                                           POLICY(BOUNDED), POLICY(STRICT),    POLICY(FIRST_FIT),
                                           POLICY(STRICT)};
    *storm = (struct storm){.harness = *state, .seed = seed};
    storm->admin = client_admin(storm->harness);
    storm->checkers = calloc(N_EVENTS, sizeof *storm->checkers);
    assert_non_null(storm->checkers);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        storm->people[i] = harness_person(storm->harness, i);
    struct cvn_id group = harness_group(storm->harness, "Storm", storm->people[0]);
    for (unsigned i = 0; i < N_EVENTS; i++) {
        Convene__Events__V1__Event event = harness_event(storm->harness, group, 3 + (int32_t)i);
        event.waitlist_mode = (Convene__Events__V1__WaitlistMode)modes[i];
        event.party_policy = (Convene__Events__V1__PartyPolicy)policies[i];
        event.max_guests = 3;
        event.approval_required = i == 3;
        if (i == HYBRID) {
            event.attendance_mode = WAY(MIXED);
            event.virtual_capacity = 4;
        }
        storm->messages[i] = event;
        storm->events[i] = harness_put_event(storm->harness, i, event);
        storm->checkers[i].event = storm->events[i];
        storm->checkers[i].may_overbook = i < 2; /* as organisers of these please */
    }
}

static void storm_end(struct storm *storm)
{
    client_end(&storm->admin);
    free(storm->checkers);
}

/* A party larger than the whole event is a wrong argument; all else is about states. */
static bool is_expected(struct client *client)
{
    return client->result == 0 ||
           (client->result == CVN_REFUSED &&
            (client->status.code == CVN_FAILED_PRECONDITION || client_blames(client, "guests")));
}

/* A yes in some way or other, where there are several. */
static void say_yes_some_way(struct client *client, struct cvn_id event, struct cvn_id person,
                             uint64_t *seed)
{
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event), person_id = id_text("per", person);
    request.event_id = event_id.text;
    request.person_id = person_id.text;
    request.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    request.guests = (int32_t)below(seed, 4);
    request.way = (Convene__Events__V1__AttendanceMode)below(seed, 3);
    (void)client_call(client, &cvn_rsvp_methods[RESPOND], &request);
}

/* What organisers do beside deciding: add, over the capacity too, and move in the queue. */
static void organise(struct client *client, const struct storm *storm, unsigned event,
                     uint64_t *seed)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    struct id_text event_id = id_text("evt", storm->events[event]);
    struct id_text person_id = id_text("per", storm->people[below(seed, N_PEOPLE)]);
    request.event_id = event_id.text;
    request.person_id = person_id.text;
    request.reason = (char *)"as we please";
    if (below(seed, 2)) {
        request.action = DECIDE(MOVE);
        request.position = 1 + (int32_t)below(seed, 8);
    } else {
        request.action = DECIDE(ADD);
        request.guests = (int32_t)below(seed, 3);
        request.over_capacity = event < 2 && below(seed, 3) == 0;
    }
    (void)client_call(client, &cvn_rsvp_methods[DECIDE_FOR], &request);
}

static void draw_lots(struct client *client, struct cvn_id event)
{
    Convene__Events__V1__DrawLotsRequest request = CONVENE__EVENTS__V1__DRAW_LOTS_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event);
    request.event_id = event_id.text;
    (void)client_call(client, &cvn_rsvp_methods[DRAW_LOTS], &request);
}

/* One action of anybody on any event: half of them come, a fifth leave. */
static bool act(struct client *client, const struct storm *storm, uint64_t *seed)
{
    unsigned number = below(seed, N_EVENTS);
    struct cvn_id event = storm->events[number];
    struct cvn_id person = storm->people[below(seed, N_PEOPLE)];
    unsigned kind = below(seed, 24);
    if (kind >= 20)
        organise(client, storm, number, seed);
    else if (kind == 0 && number == LOTTERY && below(seed, 10) == 0)
        draw_lots(client, event);
    else if (kind < 10 && number == HYBRID)
        say_yes_some_way(client, event, person, seed);
    else if (kind < 10)
        (void)say_yes(client, event, person, (int32_t)below(seed, 4));
    else if (kind < 15)
        (void)say_no(client, event, person);
    else
        (void)decide(client, event, person, 1 + (int)(kind - 15) % 4);
    return is_expected(client);
}

/* Time goes by, or the event changes: then its seats are settled. */
static void change_event(struct storm *storm)
{
    unsigned i = below(&storm->seed, N_EVENTS), kind = below(&storm->seed, 12);
    Convene__Events__V1__Event *event = &storm->messages[i];
    if (kind < 8) {
        int64_t next_ms;
        storm->harness->now_ms += (int64_t)(1 + below(&storm->seed, 9)) * HOUR_MS;
        assert_int_equal(cvn_rsvp_task_turn(&storm->harness->service, storm->harness->store,
                                            storm->harness->now_ms, &next_ms),
                         0);
        assert_true(next_ms > storm->harness->now_ms);
        return;
    }
    if (i == LOTTERY)
        return; /* its row says what was drawn, which the message here does not */
    if (kind == 8 && i < 2 && event->capacity > 1 && below(&storm->seed, 2))
        event->capacity--;
    else if (kind == 8 && event->capacity < 9)
        event->capacity++;
    if (kind == 9 && i == HYBRID && event->virtual_capacity < 9)
        event->virtual_capacity++;
    if (kind == 9)
        event->party_policy = (Convene__Events__V1__PartyPolicy)(1 + below(&storm->seed, 3));
    if (kind == 10 && below(&storm->seed, 2))
        event->status = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED
                            ? CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_RESCHEDULED
                            : CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED;
    else if (kind == 10 && i != 4)
        event->waitlist_mode = event->waitlist_mode == MODE(AUTO) ? MODE(OFFER) : MODE(AUTO);
    if (kind == 11)
        event->status = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED
                            ? CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED
                            : CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    (void)harness_put_event(storm->harness, i, *event);
}

static void look_at_all(struct storm *storm)
{
    for (unsigned i = 0; i < N_EVENTS; i++)
        checker_look(&storm->checkers[i], storm->harness);
}

static void report_finding(void *arg, const struct cvn_verify_finding *finding)
{
    (void)arg;
    print_error("index %s\n", finding->index ? finding->index->name : "?");
}

static int verify(struct cvn_ctx *ctx, void *arg)
{
    return cvn_table_verify(ctx->txn, cvn_events_tables, report_finding, NULL, arg);
}

static void verify_indexes(struct harness *harness)
{
    struct cvn_verify_totals totals;
    assert_int_equal(harness_read(harness, verify, &totals), 0);
    assert_int_equal(totals.n_findings, 0);
    assert_true(totals.n_entries > N_PEOPLE);
}

/* What happened leads to what there is, step by step. */
static void verify_histories(struct storm *storm)
{
    for (unsigned i = 0; i < N_EVENTS; i++) {
        struct scene scene = {
            .harness = storm->harness, .admin = storm->admin, .event = storm->events[i]};
        assert_true(scene_verify(&scene) >= 0);
        storm->admin = scene.admin;
    }
}

static void run_storm(void **state, uint64_t seed)
{
    struct storm storm;
    storm_begin(&storm, state, seed);
    for (unsigned step = 0; step < N_STEPS; step++) {
        if (below(&storm.seed, 10) == 0)
            change_event(&storm);
        else
            assert_true(act(&storm.admin, &storm, &storm.seed));
        look_at_all(&storm);
        if (step % VERIFY_EVERY == 0)
            verify_histories(&storm);
    }
    verify_histories(&storm);
    verify_indexes(storm.harness);
    storm_end(&storm);
}

static void test_invariants_in_a_storm(void **state)
{
    run_storm(state, 1);
}

static void test_invariants_in_another_storm(void **state)
{
    run_storm(state, 20261123);
}

struct thread {
    pthread_t thread;
    struct storm *storm;
    uint64_t seed;
    unsigned n_unexpected;
};

static void *act_in_thread(void *arg)
{
    struct thread *thread = arg;
    CLIENT client = client_admin(thread->storm->harness);
    for (unsigned i = 0; i < N_ACTIONS_PER_THREAD; i++)
        thread->n_unexpected += !act(&client, thread->storm, &thread->seed);
    return NULL;
}

static void test_invariants_when_eight_threads_write(void **state)
{
    struct storm storm;
    struct thread threads[N_THREADS] = {0};
    storm_begin(&storm, state, 3);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < N_THREADS; i++) {
            threads[i].storm = &storm;
            threads[i].seed = 1000 * round + i;
            assert_int_equal(pthread_create(&threads[i].thread, NULL, act_in_thread, &threads[i]),
                             0);
        }
        for (unsigned i = 0; i < N_THREADS; i++) {
            assert_int_equal(pthread_join(threads[i].thread, NULL), 0);
            assert_int_equal(threads[i].n_unexpected, 0);
        }
        look_at_all(&storm);
        verify_histories(&storm);
        storm.harness->now_ms += DAY_MS;
    }
    verify_indexes(storm.harness);
    storm_end(&storm);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_invariants_in_a_storm),
        TEST(test_invariants_in_another_storm),
        TEST(test_invariants_when_eight_threads_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
