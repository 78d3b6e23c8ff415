/* What has gone wrong in other matching services, each tried here. */
#include "matching/matching.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 1100, MANY_MENTORS = 100, BATCH = 500 };

#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name

struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[4];
    struct id_text program;
};

static struct scene scene_of(void **state)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, scene.people, 4);
    scene.program = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static const Convene__Mentoring__V1__MatchRun *run_in(struct scene *scene,
                                                      Convene__Mentoring__V1__MatchMode mode)
{
    struct id_text id;
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = scene->program.text;
    request.mode = mode;
    const Convene__Mentoring__V1__MatchRun *run =
        client_call(&scene->admin, "CreateMatchRun", &request);
    assert_non_null(run);
    strcpy(id.text, run->id);
    run = harness_wait_run(&scene->admin, id.text);
    assert_string_equal(run->failure, "");
    return run;
}

/* OpenReview matcher #301: a pair with a conflict was assigned, because it was the only one. */
static void test_conflicted_pair_assigned(void **state)
{
    SCENE scene = scene_of(state);
    char tag[] = "team:payments", *tags[] = {tag};
    for (size_t i = 0; i < 2; i++) {
        struct enrolment one;
        enrolment_init(&one, i ? MENTEE : MENTOR, scene.program.text, scene.people[i]);
        one.skill.level = i ? 1 : 5;
        one.row.conflict_tags = tags;
        one.row.n_conflict_tags = 1;
        (void)harness_enrol(&scene.admin, &one);
    }
    for (int mode = MODE(STABLE); mode <= (int)MODE(FAIR); mode++)
        assert_int_equal(run_in(&scene, (Convene__Mentoring__V1__MatchMode)mode)->matched_count, 0);
}

/* pathment #147: hours were compared as they were written. 18 to 20 o'clock in Berlin is 12 to 14
 * in New York, in winter. */
static void test_wrong_time_zones(void **state)
{
    SCENE scene = scene_of(state);
    char berlin[] = "Europe/Berlin", new_york[] = "America/New_York";
    const struct {
        size_t who;
        Convene__Mentoring__V1__Role role;
        char *zone;
        int32_t start_hour;
    } people[] = {{0, MENTOR, berlin, 18}, {1, MENTEE, new_york, 12}, {2, MENTEE, new_york, 18}};
    for (size_t i = 0; i < 3; i++) {
        struct enrolment one;
        enrolment_init(&one, people[i].role, scene.program.text, scene.people[people[i].who]);
        one.skill.level = people[i].role == MENTOR ? 5 : 1;
        one.row.time_zone = people[i].zone;
        one.row.capacity = people[i].role == MENTOR ? 2 : 0;
        one.span.start_minute = people[i].start_hour * 60;
        one.span.end_minute = (people[i].start_hour + 2) * 60;
        (void)harness_enrol(&scene.admin, &one);
    }
    const Convene__Mentoring__V1__MatchRun *run = run_in(&scene, MODE(STABLE));
    assert_int_equal(run->matched_count, 1);
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    struct id_text id, who = id_text("per", &scene.people[1]);
    strcpy(id.text, run->id);
    request.run_id = id.text;
    request.person_id = who.text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&scene.admin, "ExplainMatch", &request);
    assert_string_equal(reply->matches[0]->unmatched_reason, "");
    who = id_text("per", &scene.people[2]);
    reply = client_call(&scene.admin, "ExplainMatch", &request);
    assert_non_null(strstr(reply->matches[0]->unmatched_reason, "common hours"));
}

static void enrol_many(struct scene *scene, const struct cvn_id *people)
{
    static struct enrolment rows[BATCH];
    static Convene__Mentoring__V1__Enrolment *pointers[BATCH];
    for (size_t first = 0; first < MANY; first += BATCH) {
        size_t n = MANY - first < BATCH ? MANY - first : BATCH;
        for (size_t i = 0; i < n; i++) {
            bool mentor = first + i < MANY_MENTORS;
            enrolment_init(&rows[i], mentor ? MENTOR : MENTEE, scene->program.text,
                           people[first + i]);
            rows[i].skill.level = mentor ? 5 : 1;
            rows[i].row.capacity = mentor ? 10 : 0;
            pointers[i] = &rows[i].row;
        }
        Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
            CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
        request.program_id = scene->program.text;
        request.enrolments = pointers;
        request.n_enrolments = n;
        assert_non_null(client_call(&scene->admin, "BatchRegisterEnrolments", &request));
    }
}

/* `matching` #139: proposals by recursion ran out of stack when everybody wanted the same. */
static void test_recursion_crash_at_1000_mentees(void **state)
{
    SCENE scene = scene_of(state);
    static struct cvn_id people[MANY];
    harness_people(*state, people, BATCH);
    harness_people_from(*state, people + BATCH, BATCH, BATCH);
    harness_people_from(*state, people + 2 * (size_t)BATCH, MANY - 2 * BATCH, 2 * BATCH);
    enrol_many(&scene, people);
    for (int mode = MODE(STABLE); mode <= (int)MODE(OPTIMAL); mode++) {
        const Convene__Mentoring__V1__MatchRun *run =
            run_in(&scene, (Convene__Mentoring__V1__MatchMode)mode);
        assert_int_equal(run->mentee_count, MANY - MANY_MENTORS);
        assert_true(run->matched_count > 0);
        assert_true(run->proved);
    }
}

static struct id_text start(struct scene *scene)
{
    return harness_start_run(&scene->admin, scene->program.text, 1);
}

static Convene__Mentoring__V1__MatchRun__State state_of(struct scene *scene,
                                                        const struct id_text *id)
{
    Convene__Mentoring__V1__GetMatchRunRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)(uintptr_t)id->text;
    const Convene__Mentoring__V1__MatchRun *run =
        client_call(&scene->admin, "GetMatchRun", &request);
    assert_non_null(run);
    return run->state;
}

/* Several runs go at once as long as their memory fits, and wait beyond it. */
static void test_runs_at_once_within_the_memory(void **state)
{
    for (int fits = 0; fits < 2; fits++) {
        SCENE scene = scene_of(state);
        struct enrolment one;
        enrolment_init(&one, MENTEE, scene.program.text, scene.people[fits]);
        (void)harness_enrol(&scene.admin, &one);
        uint64_t need = cvn_run_memory_bytes(0, 1, CVN_MATCH_CANDIDATES_DEFAULT);
        scene.harness->service->budget.memory_bytes_max = fits ? 2 * need : 2 * need - 1;
        harness_close_gate();
        struct id_text first = start(&scene);
        while (state_of(&scene, &first) != RUN_STATE(RUNNING))
            (void)sched_yield();
        struct id_text second = start(&scene);
        if (fits)
            while (state_of(&scene, &second) != RUN_STATE(RUNNING))
                (void)sched_yield();
        else
            for (int i = 0; i < 50; i++)
                assert_int_equal(state_of(&scene, &second), RUN_STATE(QUEUED));
        assert_int_equal(state_of(&scene, &first), RUN_STATE(RUNNING));
        harness_open_gate();
        assert_int_equal(harness_wait_run(&scene.admin, first.text)->state, RUN_STATE(DONE));
        assert_int_equal(harness_wait_run(&scene.admin, second.text)->state, RUN_STATE(DONE));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_conflicted_pair_assigned),
        TEST(test_wrong_time_zones),
        TEST(test_recursion_crash_at_1000_mentees),
        TEST(test_runs_at_once_within_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
