#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <stdio.h>
#include <string.h>

enum { PEOPLE = 4 };

/* Person 0 is a mentor with one seat; persons 1 and 2 are mentees; person 3 takes no part. */
struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PEOPLE];
    struct id_text program;
};

static struct scene scene_of(void **state)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, scene.people, PEOPLE);
    scene.program = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    for (size_t i = 0; i < 3; i++) {
        struct enrolment one;
        enrolment_init(&one, i == 0 ? MENTOR : MENTEE, scene.program.text, scene.people[i]);
        one.skill.level = i == 0 ? 5 : 2;
        (void)harness_enrol(&scene.admin, &one);
    }
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static struct id_text run(struct scene *scene)
{
    struct id_text id = harness_start_run(&scene->admin, scene->program.text, 1);
    const Convene__Mentoring__V1__MatchRun *ended = harness_wait_run(&scene->admin, id.text);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_int_equal(ended->matched_count, 1);
    return id;
}

static const Convene__Mentoring__V1__ExplainMatchResponse *
explain(struct client *client, const struct id_text *run_id, struct cvn_id person)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    struct id_text text = id_text("per", &person);
    request.run_id = (char *)(uintptr_t)run_id->text;
    request.person_id = text.text;
    return client_call(client, "ExplainMatch", &request);
}

/* The person of the two mentees who was paired, and the one who was not. */
static void find_mentees(struct scene *scene, const struct id_text *run_id, struct cvn_id *paired,
                         struct cvn_id *alone)
{
    const Convene__Mentoring__V1__ExplainMatchResponse *mentor =
        explain(&scene->admin, run_id, scene->people[0]);
    assert_non_null(mentor);
    assert_int_equal(mentor->n_matches, 1);
    bool first = strcmp(mentor->matches[0]->mentee_id, PERSON_TEXT(scene->people[1])) == 0;
    *paired = scene->people[first ? 1 : 2];
    *alone = scene->people[first ? 2 : 1];
}

static void test_mentor_and_mentees_are_explained(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    struct cvn_id paired, alone;
    find_mentees(&scene, &id, &paired, &alone);
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        explain(&scene.admin, &id, scene.people[0]);
    assert_int_equal(reply->role, MENTOR);
    assert_int_equal(reply->capacity, 1);
    assert_int_equal(reply->free, 0);

    reply = explain(&scene.admin, &id, paired);
    assert_int_equal(reply->role, MENTEE);
    assert_string_equal(reply->matches[0]->mentor_name, "Person 0");
    assert_int_equal(reply->matches[0]->mentee_choice, 1);
    assert_string_equal(reply->matches[0]->terms[0]->name, "skills");
    assert_string_equal(reply->matches[0]->terms[0]->reason, "go (mentor 5, mentee 2)");
    assert_string_equal(reply->alternatives[0]->outcome, "paired");

    /* Both score the same: the draw decided, and the words must not claim more. */
    reply = explain(&scene.admin, &id, alone);
    assert_string_not_equal(reply->matches[0]->unmatched_reason, "");
    assert_int_equal(reply->n_alternatives, 1);
    assert_non_null(strstr(reply->alternatives[0]->outcome, "draw"));
}

/* A locked pair has its seat whatever it scores, so the score says nothing about who won a seat. */
static void test_lowest_of_a_full_mentor_is_of_those_who_won_a_seat(void **state)
{
    CLIENT admin = client_admin(*state);
    struct cvn_id people[PEOPLE];
    harness_people(*state, people, PEOPLE);
    struct id_text program = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    for (int i = 0; i < PEOPLE; i++) {
        struct enrolment one;
        enrolment_init(&one, i == 0 ? MENTOR : MENTEE, program.text, people[i]);
        one.skill.level = i == 0 ? 5 : 1;
        one.row.capacity = i == 0 ? 2 : 0;
        one.span.end_minute = i == 0 ? 21 * 60 : (18 + i) * 60;
        (void)harness_enrol(&admin, &one);
    }
    struct id_text mentor = id_text("per", &people[0]), mentee = id_text("per", &people[1]);
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    rule.mentee_id = mentee.text;
    rule.mentor_id = mentor.text;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_LOCKED;
    request.program_id = program.text;
    request.pair_rule = &rule;
    assert_non_null(client_call(&admin, "SetPairRule", &request));
    struct id_text id = harness_start_run(&admin, program.text, 1);
    assert_int_equal(harness_wait_run(&admin, id.text)->matched_count, 2);
    int winner = explain(&admin, &id, people[3])->matches[0]->mentor_score;
    const Convene__Mentoring__V1__ExplainMatchResponse *loser = explain(&admin, &id, people[2]);
    char expected[128];
    (void)snprintf(expected, sizeof expected,
                   "full with people the mentor scores higher (lowest %d, this one %d)", winner,
                   loser->alternatives[0]->mentor_score);
    assert_string_equal(loser->alternatives[0]->outcome, expected);
}

/* What is told is what the run saw, whatever the enrolments have become. */
static void test_explanation_outlives_changes(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    struct cvn_id paired, alone;
    find_mentees(&scene, &id, &paired, &alone);
    struct enrolment rows[2];
    Convene__Mentoring__V1__Enrolment *pointers[] = {&rows[0].row, &rows[1].row};
    Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
        CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
    enrolment_init(&rows[0], MENTEE, "", scene.people[0]);
    enrolment_init(&rows[1], MENTOR, "", paired);
    request.program_id = scene.program.text;
    request.enrolments = pointers;
    request.n_enrolments = 2;
    assert_non_null(client_call(&scene.admin, "BatchRegisterEnrolments", &request));

    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        explain(&scene.admin, &id, scene.people[0]);
    assert_int_equal(reply->role, MENTOR);
    assert_int_equal(reply->n_matches, 1);
    reply = explain(&scene.admin, &id, paired);
    assert_int_equal(reply->role, MENTEE);
    assert_string_equal(reply->matches[0]->mentor_name, "Person 0");
}

/* "Only then do people hear of it": of a run that is not published nobody hears but managers. */
static void test_explanation_is_the_managers_until_it_is_published(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    CLIENT mentee = client_of(scene.harness, scene.people[1]);
    for (size_t i = 1; i < PEOPLE; i++) {
        assert_null(explain(&mentee, &id, scene.people[i]));
        assert_int_equal(client_code(&mentee), CVN_NOT_FOUND);
    }
    assert_null(explain(&scene.admin, &id, scene.people[3]));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
}

/* Once it is published a person asks for their own as "me"; nobody else is meant by it. */
static void test_explanation_of_oneself(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    CLIENT mentee = client_of(scene.harness, scene.people[1]);
    Convene__Mentoring__V1__PublishMatchRunRequest publish =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    publish.run_id = request.run_id = id.text;
    request.person_id = (char *)"me";
    assert_non_null(client_call(&scene.admin, "PublishMatchRun", &publish));
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&mentee, "ExplainMatch", &request);
    assert_non_null(reply);
    assert_string_equal(reply->display_name, "Person 1");
    assert_null(client_call(&scene.admin, "ExplainMatch", &request));
    assert_true(client_blames(&scene.admin, "person_id"));
}

static void test_explanation_of_whoever_came_later(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    struct enrolment late;
    enrolment_init(&late, MENTOR, scene.program.text, scene.people[3]);
    (void)harness_enrol(&scene.admin, &late);
    assert_null(explain(&scene.admin, &id, scene.people[3]));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
}

/* Whoever runs one programme hears nothing of another one's people. */
static void test_explanation_stays_within_the_programme(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    struct id_text other = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    struct enrolment row;
    enrolment_init(&row, MENTOR, other.text, scene.people[3]);
    char enrolment_id[CVN_ID_TEXT_BYTES];
    strcpy(enrolment_id, harness_enrol(&scene.admin, &row)->id);
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = id.text;
    request.person_id = enrolment_id;
    assert_null(client_call(&scene.admin, "ExplainMatch", &request));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
}

static void test_rules_that_removed_everybody_are_counted(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment lonely;
    static char french[] = "fr";
    char *languages[] = {french};
    enrolment_init(&lonely, MENTEE, scene.program.text, scene.people[3]);
    lonely.row.languages = languages;
    lonely.row.n_languages = 1;
    (void)harness_enrol(&scene.admin, &lonely);
    struct id_text id = run(&scene);
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        explain(&scene.admin, &id, scene.people[3]);
    assert_int_equal(reply->n_removed_by_rule, 1);
    assert_string_equal(reply->removed_by_rule[0]->rule, "common language");
    assert_int_equal(reply->removed_by_rule[0]->mentors, 1);
    assert_non_null(strstr(reply->matches[0]->unmatched_reason, "common language"));
}

/* Of two who are alike, the one who met the mentor is paired, whoever wins the draw. */
static void test_who_met_the_mentor_is_preferred(void **state)
{
    for (int met = 1; met <= 2; met++) {
        SCENE scene = scene_of(state);
        (void)harness_meet(scene.harness, scene.people[3],
                           (struct cvn_id[]){scene.people[0], scene.people[met]}, 2, false);
        struct id_text id = run(&scene);
        struct cvn_id paired, alone;
        find_mentees(&scene, &id, &paired, &alone);
        assert_true(cvn_id_equal(&paired, &scene.people[met]));
        const Convene__Mentoring__V1__ExplainMatchResponse *reply =
            explain(&scene.admin, &id, paired);
        const Convene__Mentoring__V1__Match *match = reply->matches[0];
        bool told = false;
        for (size_t i = 0; i < match->n_terms; i++)
            if (strcmp(match->terms[i]->name, "meetups") == 0) {
                told = true;
                assert_string_equal(match->terms[i]->reason,
                                    "both came to 1 meetup, on 2026-12-02");
            }
        assert_true(told);
        (void)harness_teardown(state);
        (void)harness_setup(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mentor_and_mentees_are_explained),
        TEST(test_lowest_of_a_full_mentor_is_of_those_who_won_a_seat),
        TEST(test_explanation_outlives_changes),
        TEST(test_explanation_is_the_managers_until_it_is_published),
        TEST(test_explanation_of_oneself),
        TEST(test_explanation_of_whoever_came_later),
        TEST(test_explanation_stays_within_the_programme),
        TEST(test_rules_that_removed_everybody_are_counted),
        TEST(test_who_met_the_mentor_is_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
