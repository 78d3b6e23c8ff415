/* Which weights would give a mentee another mentor: asked of a run, and tried. */
#include "services/mentoring/spaces.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <string.h>

enum { PEOPLE = 5 };

/*
 * Persons 0 and 1 are mentors, 0 of a higher level and 1 ranked by both mentees, persons 2 and 3;
 * person 4 takes no part.
 */
struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PEOPLE];
    struct id_text program;
};

static void enrol(struct scene *scene, size_t i)
{
    struct enrolment one;
    struct id_text ranked = id_text("per", &scene->people[1]);
    char *ranks[] = {ranked.text};
    enrolment_init(&one, i < 2 ? MENTOR : MENTEE, scene->program.text, scene->people[i]);
    one.skill.level = i == 0 ? 5 : i == 1 ? 3 : 2;
    if (i >= 2) {
        one.row.ranked_ids = ranks;
        one.row.n_ranked_ids = 1;
    }
    (void)harness_enrol(&scene->admin, &one);
}

static struct scene scene_of(void **state)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    Convene__Mentoring__V1__MatchWeights mentees = CONVENE__MENTORING__V1__MATCH_WEIGHTS__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    mentees.skills = 400;
    mentees.ranking = 60;
    program.mentee_weights = &mentees;
    harness_people(*state, scene.people, PEOPLE);
    scene.program = harness_program(*state, program);
    for (size_t i = 0; i < 4; i++)
        enrol(&scene, i);
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
    assert_int_equal(ended->matched_count, 2);
    return id;
}

static const Convene__Mentoring__V1__MatchSensitivity *
weigh(struct client *client, const struct id_text *run_id, struct cvn_id person)
{
    Convene__Mentoring__V1__GetMatchSensitivityRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_SENSITIVITY_REQUEST__INIT;
    struct id_text text = id_text("per", &person);
    request.run_id = (char *)(uintptr_t)run_id->text;
    request.person_id = text.text;
    return client_call(client, "GetMatchSensitivity", &request);
}

/* Whom a mentee has in a run of the programme with that weight of the mentees. */
static void mentor_with(struct scene *scene, const char *term, int32_t weight, struct cvn_id mentee,
                        struct id_text *ret)
{
    Convene__Mentoring__V1__MatchWeights weights = CONVENE__MENTORING__V1__MATCH_WEIGHTS__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__UpdateProgramRequest update =
        CONVENE__MENTORING__V1__UPDATE_PROGRAM_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[] = {(char *)"mentee_weights"};
    weights.skills = strcmp(term, "skills") == 0 ? weight : 400;
    weights.ranking = strcmp(term, "ranking") == 0 ? weight : 60;
    program.id = scene->program.text;
    program.mentee_weights = &weights;
    mask.paths = paths;
    mask.n_paths = 1;
    update.program = &program;
    update.update_mask = &mask;
    assert_non_null(client_call(&scene->admin, "UpdateProgram", &update));
    struct id_text id = run(scene);
    const Convene__Mentoring__V1__MatchSensitivity *found = weigh(&scene->admin, &id, mentee);
    assert_non_null(found);
    strcpy(ret->text, found->mentor_id);
}

static void test_pairs_are_weighed_two_at_once(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    struct cvn_budget *budget = &scene.harness->service->budget;
    for (int i = 0; i < CVN_WORK_AT_ONCE_MAX; i++) {
        assert_non_null(weigh(&scene.admin, &id, scene.people[2]));
        assert_int_equal(cvn_budget_take(budget, CVN_WORK_WEIGH, 1), CVN_BUDGET_GIVEN);
    }
    assert_null(weigh(&scene.admin, &id, scene.people[2]));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    for (int i = 0; i < CVN_WORK_AT_ONCE_MAX; i++)
        cvn_budget_give(budget, CVN_WORK_WEIGH, 1);
    assert_int_equal(budget->memory_bytes, 0);
}

/* The turns are those of the programme itself: it is changed so, and matched. */
static void test_turns_come_true(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    for (int i = 2; i < 4; i++) {
        const Convene__Mentoring__V1__MatchSensitivity *found =
            weigh(&scene.admin, &id, scene.people[i]);
        assert_non_null(found);
        assert_string_equal(found->mentee_id, PERSON_TEXT(scene.people[i]));
        assert_false(found->locked);
        assert_int_equal(found->n_turns, 2);
        struct {
            struct id_text now, then;
            char term[16];
            int32_t weight, turn;
        } turns[2];
        for (size_t t = 0; t < found->n_turns; t++) {
            const Convene__Mentoring__V1__WeightTurn *turn = found->turns[t];
            assert_int_equal(turn->role, MENTEE);
            assert_int_equal(strncmp(turn->mentor_name, "Person ", 7), 0);
            strcpy(turns[t].now.text, found->mentor_id);
            strcpy(turns[t].then.text, turn->mentor_id);
            strcpy(turns[t].term, turn->term);
            turns[t].weight = turn->weight;
            turns[t].turn = turn->turn_weight;
        }
        for (size_t t = 0; t < 2; t++) {
            struct id_text mentor;
            int32_t nearer = turns[t].turn + (turns[t].turn < turns[t].weight ? 1 : -1);
            mentor_with(&scene, turns[t].term, turns[t].turn, scene.people[i], &mentor);
            assert_string_equal(mentor.text, turns[t].then.text);
            assert_string_not_equal(mentor.text, turns[t].now.text);
            mentor_with(&scene, turns[t].term, nearer, scene.people[i], &mentor);
            assert_string_equal(mentor.text, turns[t].now.text);
        }
    }
}

/* It is the run that is asked about, whatever has become of the programme and its people. */
static void test_the_answer_outlives_changes(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene), mentor;
    const Convene__Mentoring__V1__MatchSensitivity *found =
        weigh(&scene.admin, &id, scene.people[2]);
    assert_non_null(found);
    strcpy(mentor.text, found->mentor_id);
    size_t n_turns = found->n_turns;

    Convene__Mentoring__V1__PublishMatchRunRequest publish =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    publish.run_id = id.text;
    assert_non_null(client_call(&scene.admin, "PublishMatchRun", &publish));
    struct enrolment late;
    enrolment_init(&late, MENTEE, scene.program.text, scene.people[4]);
    (void)harness_enrol(&scene.admin, &late);
    harness_set_now_ms(harness_now_ms() + 40 * DAY_MS);

    found = weigh(&scene.admin, &id, scene.people[2]);
    assert_non_null(found);
    assert_string_equal(found->mentor_id, mentor.text);
    assert_int_equal(found->n_turns, n_turns);
}

static void test_locked_mentee_has_no_turns(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text mentee = id_text("per", &scene.people[2]);
    struct id_text mentor = id_text("per", &scene.people[1]);
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    Convene__Mentoring__V1__SetPairRuleRequest set =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    rule.mentee_id = mentee.text;
    rule.mentor_id = mentor.text;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_LOCKED;
    set.program_id = scene.program.text;
    set.pair_rule = &rule;
    assert_non_null(client_call(&scene.admin, "SetPairRule", &set));
    struct id_text id = run(&scene);
    const Convene__Mentoring__V1__MatchSensitivity *found =
        weigh(&scene.admin, &id, scene.people[2]);
    assert_non_null(found);
    assert_true(found->locked);
    assert_int_equal(found->n_turns, 0);
    assert_string_equal(found->mentor_id, mentor.text);
}

static void test_who_is_no_mentee_of_the_run_is_not_found(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    assert_null(weigh(&scene.admin, &id, scene.people[0])); /* a mentor */
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
    assert_null(weigh(&scene.admin, &id, scene.people[4]));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
    CLIENT mentee = client_of(scene.harness, scene.people[2]);
    assert_null(weigh(&mentee, &id, scene.people[2]));
    assert_int_equal(client_code(&mentee), CVN_NOT_FOUND);
}

static bool is_over(void *call)
{
    (void)call;
    return true;
}

static void test_work_ends_when_nobody_waits(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    scene.admin.over = is_over;
    assert_null(weigh(&scene.admin, &id, scene.people[2]));
    assert_int_equal(client_code(&scene.admin), CVN_CANCELLED);
    scene.admin.over = NULL; /* and the next one is not told to wait */
    assert_non_null(weigh(&scene.admin, &id, scene.people[2]));
}

static size_t count_inputs(struct scene *scene)
{
    struct cvn_txn *snapshot;
    struct cvn_key lo, hi;
    struct cvn_slice key;
    size_t n = 0;
    cvn_key_begin(&lo, CVN_SPACE_RUN_INPUTS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    assert_int_equal(cvn_store_snapshot(scene->harness->store, &snapshot), 0);
    struct cvn_cursor cursor;
    assert_int_equal(
        cvn_cursor_init(&cursor, snapshot, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD), 0);
    while (cvn_cursor_next(&cursor, &key, NULL) == 0)
        n++;
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(snapshot);
    return n;
}

/* What others said of themselves goes as well, since it cannot be told without the one. */
static void test_forgetting_somebody_forgets_what_runs_were_made_from(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id = run(&scene);
    assert_int_equal(count_inputs(&scene), 1);
    struct id_text person = id_text("per", &scene.people[3]);
    harness_erase(&scene.admin, person.text);
    assert_int_equal(count_inputs(&scene), 0);
    assert_null(weigh(&scene.admin, &id, scene.people[2]));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_turns_come_true),
        TEST(test_pairs_are_weighed_two_at_once),
        TEST(test_the_answer_outlives_changes),
        TEST(test_locked_mentee_has_no_turns),
        TEST(test_who_is_no_mentee_of_the_run_is_not_found),
        TEST(test_work_ends_when_nobody_waits),
        TEST(test_forgetting_somebody_forgets_what_runs_were_made_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
