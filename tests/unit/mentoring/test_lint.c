/* What is found in a programme's rules before it is matched. */
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <string.h>

enum { PEOPLE = 6 };

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
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static void enrol(struct scene *scene, size_t i, Convene__Mentoring__V1__Role role,
                  const char *language)
{
    struct enrolment one;
    char *languages[] = {(char *)(uintptr_t)language};
    enrolment_init(&one, role, scene->program.text, scene->people[i]);
    one.row.languages = languages;
    one.row.n_languages = 1;
    one.skill.level = role == MENTOR ? 5 : 2;
    (void)harness_enrol(&scene->admin, &one);
}

static const Convene__Mentoring__V1__CheckProgramResponse *check(struct scene *scene)
{
    Convene__Mentoring__V1__CheckProgramRequest request =
        CONVENE__MENTORING__V1__CHECK_PROGRAM_REQUEST__INIT;
    request.id = scene->program.text;
    const Convene__Mentoring__V1__CheckProgramResponse *reply =
        client_call(&scene->admin, "CheckProgram", &request);
    assert_non_null(reply);
    for (size_t i = 1; i < reply->n_findings; i++)
        assert_true(reply->findings[i]->severity <= reply->findings[i - 1]->severity);
    return reply;
}

/* The first finding of a code, or NULL. */
static const Convene__Mentoring__V1__Finding *
finding(const Convene__Mentoring__V1__CheckProgramResponse *reply, const char *code)
{
    for (size_t i = 0; i < reply->n_findings; i++)
        if (strcmp(reply->findings[i]->code, code) == 0)
            return reply->findings[i];
    return NULL;
}

static void test_nobody_to_pair_is_said(void **state)
{
    SCENE scene = scene_of(state);
    assert_non_null(finding(check(&scene), "NO_MENTEES"));
    enrol(&scene, 0, MENTEE, "de");
    const Convene__Mentoring__V1__Finding *f = finding(check(&scene), "NO_MENTORS");
    assert_non_null(f);
    assert_int_equal(f->severity, CONVENE__MENTORING__V1__FINDING__SEVERITY__SEVERITY_ERROR);
}

static void test_rule_that_no_mentor_satisfies_is_named_with_who(void **state)
{
    SCENE scene = scene_of(state);
    enrol(&scene, 0, MENTOR, "de");
    enrol(&scene, 1, MENTOR, "de");
    enrol(&scene, 2, MENTEE, "de");
    assert_null(finding(check(&scene), "RULE_UNSATISFIABLE"));
    enrol(&scene, 3, MENTEE, "fi");
    const Convene__Mentoring__V1__Finding *f = finding(check(&scene), "RULE_UNSATISFIABLE");
    assert_non_null(f);
    assert_int_equal(f->count, 1);
    assert_non_null(strstr(f->text, "common language"));
    assert_non_null(strstr(f->text, "Person 3"));
    assert_non_null(strstr(f->text, "--allow-no-language"));
}

static void test_seats_that_do_not_suffice_are_counted(void **state)
{
    SCENE scene = scene_of(state);
    enrol(&scene, 0, MENTOR, "de");
    enrol(&scene, 1, MENTEE, "de");
    assert_null(finding(check(&scene), "SEATS_SHORT"));
    enrol(&scene, 2, MENTEE, "de");
    const Convene__Mentoring__V1__Finding *f = finding(check(&scene), "SEATS_SHORT");
    assert_non_null(f);
    assert_int_equal(f->count, 1);
    assert_int_equal(check(&scene)->seat_count, 1);
}

static void test_weights_that_cannot_matter_are_named(void **state)
{
    SCENE scene = scene_of(state);
    enrol(&scene, 0, MENTOR, "de");
    enrol(&scene, 1, MENTEE, "de");
    const Convene__Mentoring__V1__CheckProgramResponse *reply = check(&scene);
    bool ranking = false, goals = false;
    for (size_t i = 0; i < reply->n_findings; i++) {
        if (strcmp(reply->findings[i]->code, "WEIGHT_IDLE") != 0)
            continue;
        ranking = ranking || strstr(reply->findings[i]->text, "nobody has ranked anybody");
        goals = goals || strstr(reply->findings[i]->text, "names a goal");
    }
    assert_true(ranking && goals);
}

static void test_skill_that_nobody_teaches_is_named(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment one;
    char cobol[] = "cobol";
    enrol(&scene, 0, MENTOR, "de");
    enrolment_init(&one, MENTEE, scene.program.text, scene.people[1]);
    one.skill.name = cobol;
    (void)harness_enrol(&scene.admin, &one);
    const Convene__Mentoring__V1__Finding *f = finding(check(&scene), "SKILLS_MISSING");
    assert_non_null(f);
    assert_non_null(strstr(f->text, "cobol (1)"));
}

static void test_check_is_for_managers(void **state)
{
    SCENE scene = scene_of(state);
    CLIENT stranger = client_of(scene.harness, scene.people[0]);
    Convene__Mentoring__V1__CheckProgramRequest request =
        CONVENE__MENTORING__V1__CHECK_PROGRAM_REQUEST__INIT;
    request.id = scene.program.text;
    assert_null(client_call(&stranger, "CheckProgram", &request));
    assert_int_equal(client_code(&stranger), CVN_PERMISSION_DENIED);
    (void)check(&scene); /* nothing was left locked */
}

static void lock(struct client *client, const char *program, struct cvn_id mentee,
                 struct cvn_id mentor)
{
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    struct id_text a = id_text("per", &mentee), b = id_text("per", &mentor);
    rule.mentee_id = a.text;
    rule.mentor_id = b.text;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_LOCKED;
    request.program_id = (char *)(uintptr_t)program;
    request.pair_rule = &rule;
    assert_non_null(client_call(client, "SetPairRule", &request));
}

static size_t count_code(const Convene__Mentoring__V1__CheckProgramResponse *reply,
                         const char *code)
{
    size_t n = 0;
    for (size_t i = 0; i < reply->n_findings; i++)
        n += strcmp(reply->findings[i]->code, code) == 0;
    return n;
}

/* Everybody is of one team, so that each lock is one finding more. */
static void test_findings_end_at_100_with_the_worst_in_front(void **state)
{
    enum { MENTEES = 100, FINDINGS = 100 };
    SCENE scene = scene_of(state);
    struct cvn_id people[MENTEES + 1];
    char team[] = "team:kernel", *tags[] = {team};
    harness_people(*state, people, MENTEES + 1);
    for (size_t i = 0; i <= MENTEES; i++) {
        struct enrolment one;
        enrolment_init(&one, i == 0 ? MENTOR : MENTEE, scene.program.text, people[i]);
        one.row.conflict_tags = tags;
        one.row.n_conflict_tags = 1;
        (void)harness_enrol(&scene.admin, &one);
    }
    size_t n_others = check(&scene)->n_findings, n = FINDINGS - n_others;
    assert_true(n_others > 0);
    for (size_t i = 1; i <= n; i++)
        lock(&scene.admin, scene.program.text, people[i], people[0]);
    const Convene__Mentoring__V1__CheckProgramResponse *reply = check(&scene);
    assert_int_equal(reply->n_findings, FINDINGS);
    assert_int_equal(count_code(reply, "LOCK_IMPOSSIBLE"), n);
    lock(&scene.admin, scene.program.text, people[n + 1], people[0]);
    reply = check(&scene);
    assert_int_equal(reply->n_findings, FINDINGS);
    assert_int_equal(count_code(reply, "LOCK_IMPOSSIBLE"), n + 1);
}

/* Whether the programme is checked; else that the call is refused for want of a share. */
static bool is_checked(struct scene *scene, const char *why)
{
    Convene__Mentoring__V1__CheckProgramRequest request =
        CONVENE__MENTORING__V1__CHECK_PROGRAM_REQUEST__INIT;
    request.id = scene->program.text;
    if (client_call(&scene->admin, "CheckProgram", &request))
        return true;
    assert_int_equal(client_code(&scene->admin), CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(scene->admin.status.message, why));
    return false;
}

static void test_programmes_are_checked_two_at_once(void **state)
{
    SCENE scene = scene_of(state);
    struct cvn_budget *budget = &scene.harness->service->budget;
    assert_int_equal(CVN_WORK_AT_ONCE_MAX, 2);
    assert_int_equal(cvn_budget_take(budget, CVN_WORK_CHECK, 1), CVN_BUDGET_GIVEN);
    assert_true(is_checked(&scene, ""));
    assert_true(is_checked(&scene, "")); /* the share was given back */
    assert_int_equal(cvn_budget_take(budget, CVN_WORK_CHECK, 1), CVN_BUDGET_GIVEN);
    assert_false(is_checked(&scene, "2 other programmes are being checked"));
    cvn_budget_give(budget, CVN_WORK_CHECK, 1);
    assert_true(is_checked(&scene, ""));
    cvn_budget_give(budget, CVN_WORK_CHECK, 1);
    assert_int_equal(budget->memory_bytes, 0);
    assert_int_equal(budget->n[CVN_WORK_CHECK], 0);
}

/* Runs and checks share the memory; what is alone may need more than there is. */
static void test_programmes_are_checked_within_the_memory_of_runs(void **state)
{
    SCENE scene = scene_of(state);
    struct cvn_budget *budget = &scene.harness->service->budget;
    enrol(&scene, 0, MENTEE, "de");
    uint64_t need = cvn_run_memory_bytes(0, 1, 0);
    budget->memory_bytes_max = need;
    assert_int_equal(cvn_budget_take(budget, CVN_WORK_RUN, 1), CVN_BUDGET_GIVEN);
    assert_false(is_checked(&scene, "match runs that are worked on need the memory"));
    budget->memory_bytes_max = need + 1;
    assert_true(is_checked(&scene, ""));
    cvn_budget_give(budget, CVN_WORK_RUN, 1);
    budget->memory_bytes_max = 1;
    assert_true(is_checked(&scene, ""));
    assert_int_equal(budget->memory_bytes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_to_pair_is_said),
        TEST(test_programmes_are_checked_two_at_once),
        TEST(test_programmes_are_checked_within_the_memory_of_runs),
        TEST(test_rule_that_no_mentor_satisfies_is_named_with_who),
        TEST(test_seats_that_do_not_suffice_are_counted),
        TEST(test_weights_that_cannot_matter_are_named),
        TEST(test_skill_that_nobody_teaches_is_named),
        TEST(test_check_is_for_managers),
        TEST(test_findings_end_at_100_with_the_worst_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
