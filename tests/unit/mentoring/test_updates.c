/* Changing programmes and enrolments by mask and etag. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <string.h>

enum { PEOPLE = 4 };

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

/* Changes the fields named, separated by blanks. */
static void split_mask(Google__Protobuf__FieldMask *mask, char *fields, char *paths[8])
{
    google__protobuf__field_mask__init(mask);
    mask->paths = paths;
    for (char *save, *f = strtok_r(fields, " ", &save); f; f = strtok_r(NULL, " ", &save))
        paths[mask->n_paths++] = f;
}

static const Convene__Mentoring__V1__Program *
update_program(struct client *client, Convene__Mentoring__V1__Program *program, const char *fields,
               const char *etag)
{
    Convene__Mentoring__V1__UpdateProgramRequest request =
        CONVENE__MENTORING__V1__UPDATE_PROGRAM_REQUEST__INIT;
    Google__Protobuf__FieldMask mask;
    char text[128], *paths[8];
    strcpy(text, fields);
    split_mask(&mask, text, paths);
    request.program = program;
    request.update_mask = &mask;
    request.etag = (char *)(uintptr_t)etag;
    return client_call(client, "UpdateProgram", &request);
}

static const Convene__Mentoring__V1__Enrolment *
update_enrolment(struct client *client, Convene__Mentoring__V1__Enrolment *enrolment,
                 const char *fields, const char *etag)
{
    Convene__Mentoring__V1__UpdateEnrolmentRequest request =
        CONVENE__MENTORING__V1__UPDATE_ENROLMENT_REQUEST__INIT;
    Google__Protobuf__FieldMask mask;
    char text[128], *paths[8];
    strcpy(text, fields);
    split_mask(&mask, text, paths);
    request.enrolment = enrolment;
    request.update_mask = &mask;
    request.etag = (char *)(uintptr_t)etag;
    return client_call(client, "UpdateEnrolment", &request);
}

static void test_programme_changes_what_the_mask_names_only(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__MatchWeights weights = CONVENE__MENTORING__V1__MATCH_WEIGHTS__INIT;
    char date[] = "2027-03-01", name[] = "ignored";
    program.id = scene.program.text;
    program.name = name;
    program.start_date = date;
    program.mentee_weights = &weights;
    weights.goals = 7;
    const Convene__Mentoring__V1__Program *now =
        update_program(&scene.admin, &program, "start_date mentee_weights.goals", "");
    assert_non_null(now);
    assert_string_equal(now->start_date, "2027-03-01");
    assert_string_not_equal(now->name, "ignored");
    /* One weight is changed among the defaults. */
    assert_int_equal(now->mentee_weights->goals, 7);
    assert_int_equal(now->mentee_weights->skills, 500);
    assert_null(now->mentor_weights);
}

static void test_programme_refuses_an_etag_of_before(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    char etag[32];
    program.id = scene.program.text;
    program.mentorship_weeks = 5;
    strcpy(etag, update_program(&scene.admin, &program, "mentorship_weeks", "")->etag);
    program.mentorship_weeks = 6;
    const Convene__Mentoring__V1__Program *now =
        update_program(&scene.admin, &program, "mentorship_weeks", etag);
    assert_non_null(now);
    assert_string_not_equal(now->etag, etag);
    assert_null(update_program(&scene.admin, &program, "mentorship_weeks", etag));
    assert_int_equal(client_code(&scene.admin), CVN_ABORTED);
}

static void test_programme_checks_what_it_becomes(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    char start[] = "2027-03-01", end[] = "2027-02-01";
    program.id = scene.program.text;
    program.start_date = start;
    assert_non_null(update_program(&scene.admin, &program, "start_date", ""));
    program.end_date = end;
    assert_null(update_program(&scene.admin, &program, "end_date", ""));
    assert_true(client_blames(&scene.admin, "program.end_date"));
    program.acceptance_days = 90;
    assert_non_null(update_program(&scene.admin, &program, "acceptance_days", ""));
    program.acceptance_days = 91;
    assert_null(update_program(&scene.admin, &program, "acceptance_days", ""));
    assert_null(update_program(&scene.admin, &program, "state", ""));
    assert_true(client_blames(&scene.admin, "update_mask.paths[0]"));
}

static void test_programme_is_changed_by_managers_only(void **state)
{
    SCENE scene = scene_of(state);
    CLIENT manager = client_of(scene.harness, scene.people[0]);
    CLIENT stranger = client_of(scene.harness, scene.people[1]);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    struct id_text id = id_text("per", &scene.people[0]);
    char *managers[] = {id.text};
    program.id = scene.program.text;
    program.manager_ids = managers;
    program.n_manager_ids = 1;
    assert_null(update_program(&manager, &program, "manager_ids", ""));
    assert_int_equal(client_code(&manager), CVN_PERMISSION_DENIED);
    assert_non_null(update_program(&scene.admin, &program, "manager_ids", ""));
    assert_non_null(update_program(&manager, &program, "mentorship_weeks", ""));
    assert_null(update_program(&stranger, &program, "mentorship_weeks", ""));
}

static const Convene__Mentoring__V1__Enrolment *enrol(struct scene *scene, size_t i,
                                                      Convene__Mentoring__V1__Role role)
{
    struct enrolment one;
    enrolment_init(&one, role, scene->program.text, scene->people[i]);
    return harness_enrol(&scene->admin, &one);
}

static void test_enrolment_changes_capacity_and_counts_the_change(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Enrolment change = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    struct id_text id;
    char etag[32];
    const Convene__Mentoring__V1__Enrolment *made = enrol(&scene, 0, MENTOR);
    strcpy(id.text, made->id);
    strcpy(etag, made->etag);
    assert_int_equal(made->revision, 1);
    change.id = id.text;
    change.capacity = 5;
    const Convene__Mentoring__V1__Enrolment *now =
        update_enrolment(&scene.admin, &change, "capacity", etag);
    assert_non_null(now);
    assert_int_equal(now->capacity, 5);
    assert_int_equal(now->revision, 2);
    assert_int_equal(now->n_skills, 1);
    now = update_enrolment(&scene.admin, &change, "capacity", "");
    assert_int_equal(now->revision, 2); /* nothing changed */
    assert_null(update_enrolment(&scene.admin, &change, "capacity", etag));
    assert_int_equal(client_code(&scene.admin), CVN_ABORTED);
    change.capacity = 21;
    assert_null(update_enrolment(&scene.admin, &change, "capacity", ""));
    assert_true(client_blames(&scene.admin, "enrolment.capacity"));
}

static void test_enrolment_looks_up_whom_it_names_by_email(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Enrolment change = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    struct id_text id;
    char email[] = "person1@example.org", nobody[] = "nobody@example.org", *names[] = {email};
    strcpy(id.text, enrol(&scene, 0, MENTEE)->id);
    change.id = id.text;
    change.ranked_ids = names;
    change.n_ranked_ids = 1;
    const Convene__Mentoring__V1__Enrolment *now =
        update_enrolment(&scene.admin, &change, "ranked_ids", "");
    assert_non_null(now);
    assert_string_equal(now->ranked_ids[0], PERSON_TEXT(scene.people[1]));
    names[0] = nobody;
    assert_null(update_enrolment(&scene.admin, &change, "ranked_ids", ""));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
}

static void test_enrolment_changes_capacity_without_the_events_service(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__Enrolment change = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    struct id_text id;
    strcpy(id.text, enrol(&scene, 0, MENTOR)->id);
    harness_lose_events(scene.harness);
    change.id = id.text;
    change.capacity = 2;
    assert_non_null(update_enrolment(&scene.admin, &change, "capacity", ""));
}

static void test_enrolment_is_changed_by_its_owner_and_managers_only(void **state)
{
    SCENE scene = scene_of(state);
    CLIENT owner = client_of(scene.harness, scene.people[0]);
    CLIENT stranger = client_of(scene.harness, scene.people[1]);
    Convene__Mentoring__V1__Enrolment change = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    struct id_text id;
    strcpy(id.text, enrol(&scene, 0, MENTOR)->id);
    change.id = id.text;
    change.capacity = 2;
    assert_non_null(update_enrolment(&owner, &change, "capacity", ""));
    assert_null(update_enrolment(&stranger, &change, "capacity", ""));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
    assert_null(update_enrolment(&owner, &change, "role", ""));
    assert_true(client_blames(&owner, "update_mask.paths[0]"));
}

static void test_mentee_waits_from_enrolling_until_withdrawing(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__WithdrawEnrolmentRequest withdraw =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__ListEnrolmentsRequest list =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    struct id_text id;
    int64_t then_ms = harness_now_ms();
    const Convene__Mentoring__V1__Enrolment *mentee = enrol(&scene, 0, MENTEE);
    strcpy(id.text, mentee->id);
    assert_int_equal(mentee->waiting_since_time->seconds, then_ms / 1000);
    assert_null(enrol(&scene, 1, MENTOR)->waiting_since_time);
    list.program_id = scene.program.text;
    list.waiting_only = true;
    const Convene__Mentoring__V1__ListEnrolmentsResponse *page =
        client_call(&scene.admin, "ListEnrolments", &list);
    assert_int_equal(page->n_enrolments, 1);
    assert_string_equal(page->enrolments[0]->id, id.text);
    withdraw.id = id.text;
    const Convene__Mentoring__V1__Enrolment *gone =
        client_call(&scene.admin, "WithdrawEnrolment", &withdraw);
    assert_null(gone->waiting_since_time);
    page = client_call(&scene.admin, "ListEnrolments", &list);
    assert_int_equal(page->n_enrolments, 0);
    harness_set_now_ms(then_ms + DAY_MS);
    assert_int_equal(enrol(&scene, 0, MENTEE)->waiting_since_time->seconds,
                     (then_ms + DAY_MS) / 1000);
}

static void test_names_that_files_cannot_hold_are_refused(void **state)
{
    SCENE scene = scene_of(state);
    static const char *const names[] = {"a;b", " a", "a "};
    for (size_t i = 0; i < 3; i++) {
        struct enrolment one;
        Convene__Mentoring__V1__CreateEnrolmentRequest request =
            CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
        enrolment_init(&one, MENTOR, scene.program.text, scene.people[0]);
        one.skill.name = (char *)(uintptr_t)names[i];
        request.enrolment = &one.row;
        assert_null(client_call(&scene.admin, "CreateEnrolment", &request));
        assert_true(client_blames(&scene.admin, "enrolment.skills[0].name"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_programme_changes_what_the_mask_names_only),
        TEST(test_programme_refuses_an_etag_of_before),
        TEST(test_programme_checks_what_it_becomes),
        TEST(test_programme_is_changed_by_managers_only),
        TEST(test_enrolment_changes_capacity_and_counts_the_change),
        TEST(test_enrolment_looks_up_whom_it_names_by_email),
        TEST(test_enrolment_changes_capacity_without_the_events_service),
        TEST(test_enrolment_is_changed_by_its_owner_and_managers_only),
        TEST(test_mentee_waits_from_enrolling_until_withdrawing),
        TEST(test_names_that_files_cannot_hold_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
