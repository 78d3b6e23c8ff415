#include "convene/events/v1/person.pb-c.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <stdio.h>
#include <string.h>

#define OUTCOME(name) CONVENE__MENTORING__V1__ENROLMENT_RESULT__OUTCOME__OUTCOME_##name
#define ENROLMENT_STATE(name) CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_##name

enum { PEOPLE = 6 };

/* A programme, people and an administrator to call with. */
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

static const Convene__Mentoring__V1__Enrolment *enrol(struct client *client,
                                                      struct enrolment *enrolment)
{
    Convene__Mentoring__V1__CreateEnrolmentRequest request =
        CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
    request.enrolment = &enrolment->row;
    return client_call(client, "CreateEnrolment", &request);
}

static void test_create_takes_defaults_from_the_person(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentor, mentee;
    enrolment_init(&mentor, MENTOR, scene.program.text, scene.people[0]);
    mentor.row.person_id = (char *)"person0@example.org";
    const Convene__Mentoring__V1__Enrolment *made = enrol(&scene.admin, &mentor);
    assert_non_null(made);
    assert_string_equal(made->person_id, PERSON_TEXT(scene.people[0]));
    assert_string_equal(made->display_name, "Person 0");
    assert_string_equal(made->time_zone, "Europe/Berlin");
    assert_int_equal(made->n_languages, 1);
    assert_string_equal(made->languages[0], "de");
    assert_int_equal(made->capacity, 1);
    assert_int_equal(made->skills[0]->level, 3);
    assert_int_equal(made->state, ENROLMENT_STATE(ACTIVE));

    enrolment_init(&mentee, MENTEE, scene.program.text, scene.people[1]);
    made = enrol(&scene.admin, &mentee);
    assert_non_null(made);
    assert_int_equal(made->skills[0]->level, 1);
    assert_int_equal(made->skills[0]->priority, 2);
}

static void test_create_twice(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentor;
    enrolment_init(&mentor, MENTOR, scene.program.text, scene.people[0]);
    (void)harness_enrol(&scene.admin, &mentor);
    assert_null(enrol(&scene.admin, &mentor));
    assert_int_equal(client_code(&scene.admin), CVN_ALREADY_EXISTS);
}

static void test_create_resolves_whom_it_names(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentee;
    struct id_text ranked = id_text("per", &scene.people[2]);
    char *excluded_by[] = {(char *)"person1@example.org"}, *ranked_by[] = {ranked.text};
    enrolment_init(&mentee, MENTEE, scene.program.text, scene.people[0]);
    mentee.row.excluded_ids = excluded_by;
    mentee.row.ranked_ids = ranked_by;
    mentee.row.n_excluded_ids = mentee.row.n_ranked_ids = 1;
    const Convene__Mentoring__V1__Enrolment *made = enrol(&scene.admin, &mentee);
    assert_non_null(made);
    assert_string_equal(made->excluded_ids[0], PERSON_TEXT(scene.people[1]));
    assert_string_equal(made->ranked_ids[0], ranked.text);
}

/* What is neither an id nor an e-mail is nobody's, and spoils nothing else. */
static void test_create_names_who_is_unknown(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentee;
    char *names[] = {(char *)"person1@example.org", (char *)"nobody@example.org", (char *)"bob"};
    enrolment_init(&mentee, MENTEE, scene.program.text, scene.people[0]);
    mentee.row.excluded_ids = names;
    mentee.row.n_excluded_ids = 3;
    assert_null(enrol(&scene.admin, &mentee));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
    assert_false(client_blames(&scene.admin, "enrolment.excluded_ids[0]"));
    assert_true(client_blames(&scene.admin, "enrolment.excluded_ids[1]"));
    assert_true(client_blames(&scene.admin, "enrolment.excluded_ids[2]"));
}

static void test_create_without_events_service(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentee;
    enrolment_init(&mentee, MENTEE, scene.program.text, scene.people[0]);
    harness_lose_events(scene.harness);
    assert_null(enrol(&scene.admin, &mentee));
    assert_int_equal(client_code(&scene.admin), CVN_UNAVAILABLE);
}

/* A list of n copies of one text. */
static char **copies(char **list, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        list[i] = text;
    return list;
}

/* A mentor whose lists are as long as they may be. */
struct full {
    struct enrolment mentor;
    char *tags[21], *languages[17], *excluded[101], *ranked[21];
    Convene__Mentoring__V1__Skill *skills[31];
    Convene__Mentoring__V1__WeeklySpan *spans[43];
    char text_50[51], text_35[36];
    struct id_text other;
};

static void set_lengths(struct full *full, size_t more)
{
    Convene__Mentoring__V1__Enrolment *row = &full->mentor.row;
    row->n_skills = 30 + more;
    row->n_availability = 42 + more;
    row->n_conflict_tags = 20 + more;
    row->n_languages = 16 + more;
    row->n_excluded_ids = 100 + more;
    row->n_ranked_ids = 20 + more;
    row->capacity = 20 + (int)more;
}

static void full_init(struct full *full, const struct scene *scene)
{
    *full = (struct full){.other = id_text("per", &scene->people[1])};
    struct enrolment *mentor = &full->mentor;
    memset(full->text_50, 'x', 50);
    memset(full->text_35, 'l', 35);
    enrolment_init(mentor, MENTOR, scene->program.text, scene->people[0]);
    for (size_t i = 0; i < 31; i++)
        full->skills[i] = &mentor->skill;
    for (size_t i = 0; i < 43; i++)
        full->spans[i] = &mentor->span;
    mentor->row.skills = full->skills;
    mentor->row.availability = full->spans;
    mentor->row.conflict_tags = copies(full->tags, 21, full->text_50);
    mentor->row.languages = copies(full->languages, 17, full->text_35);
    mentor->row.excluded_ids = copies(full->excluded, 101, full->other.text);
    mentor->row.ranked_ids = copies(full->ranked, 21, full->other.text);
    mentor->skill.name = full->text_50;
    mentor->skill.level = 5;
    mentor->skill.priority = 3;
    mentor->span.weekday = 7;
    mentor->span.start_minute = 1439;
    mentor->span.end_minute = 1440;
    set_lengths(full, 0);
}

static void assert_all_blamed(struct client *client, const char *const *fields)
{
    assert_int_equal(client_code(client), CVN_INVALID_ARGUMENT);
    for (; *fields; fields++)
        if (!client_blames(client, *fields))
            fail_msg("%s is not blamed", *fields);
}

static void test_create_keeps_the_lengths(void **state)
{
    static const char *const fields[] = {
        "enrolment.skills",        "enrolment.availability",
        "enrolment.conflict_tags", "enrolment.languages",
        "enrolment.excluded_ids",  "enrolment.ranked_ids",
        "enrolment.capacity",      NULL,
    };
    SCENE scene = scene_of(state);
    struct full full;
    full_init(&full, &scene);
    assert_non_null(enrol(&scene.admin, &full.mentor));
    full.mentor.row.person_id = (char *)"person1@example.org";
    set_lengths(&full, 1);
    assert_null(enrol(&scene.admin, &full.mentor));
    assert_all_blamed(&scene.admin, fields);
}

static void test_create_keeps_the_values(void **state)
{
    static const char *const fields[] = {
        "enrolment.goals[0]",
        "enrolment.capacity",
        "enrolment.role",
        "enrolment.time_zone",
        "enrolment.skills[0].name",
        "enrolment.skills[0].level",
        "enrolment.languages[0]",
        "enrolment.skills[0].priority",
        "enrolment.conflict_tags[0]",
        "enrolment.availability[0].weekday",
        "enrolment.availability[0].end_minute",
        NULL,
    };
    SCENE scene = scene_of(state);
    char text_51[52] = "", text_36[37] = "";
    char *tags[] = {text_51}, *languages[] = {text_36};
    Convene__Mentoring__V1__Goal goals[] = {(Convene__Mentoring__V1__Goal)7};
    struct enrolment mentor;
    memset(text_51, 'x', 51);
    memset(text_36, 'l', 36);
    enrolment_init(&mentor, CONVENE__MENTORING__V1__ROLE__ROLE_UNSPECIFIED, scene.program.text,
                   scene.people[0]);
    mentor.row.goals = goals;
    mentor.row.conflict_tags = tags;
    mentor.row.languages = languages;
    mentor.row.n_goals = mentor.row.n_conflict_tags = mentor.row.n_languages = 1;
    mentor.row.capacity = -1;
    mentor.row.time_zone = (char *)"Europe/Atlantis";
    mentor.skill.name = text_51;
    mentor.skill.level = 6;
    mentor.skill.priority = 4;
    mentor.span.weekday = 8;
    mentor.span.start_minute = 60;
    mentor.span.end_minute = 60;
    assert_null(enrol(&scene.admin, &mentor));
    assert_all_blamed(&scene.admin, fields);
}

static void test_create_is_ones_own_or_the_managers(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment own, others;
    CLIENT person = client_of(scene.harness, scene.people[0]);
    enrolment_init(&own, MENTEE, scene.program.text, scene.people[0]);
    enrolment_init(&others, MENTEE, scene.program.text, scene.people[1]);
    assert_null(enrol(&person, &others));
    assert_int_equal(client_code(&person), CVN_PERMISSION_DENIED);
    const Convene__Mentoring__V1__Enrolment *made = enrol(&person, &own);
    assert_non_null(made);

    Convene__Mentoring__V1__GetEnrolmentRequest get =
        CONVENE__MENTORING__V1__GET_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__WithdrawEnrolmentRequest withdraw =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    char id[CVN_ID_TEXT_BYTES];
    (void)snprintf(id, sizeof id, "%s", made->id);
    get.id = withdraw.id = id;
    CLIENT stranger = client_of(scene.harness, scene.people[1]);
    assert_null(client_call(&stranger, "GetEnrolment", &get));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
    assert_null(client_call(&stranger, "WithdrawEnrolment", &withdraw));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
    assert_non_null(client_call(&person, "GetEnrolment", &get));
    assert_non_null(client_call(&person, "WithdrawEnrolment", &withdraw));
}

/* Whether an e-mail is known is told to those only who may enrol others. */
static void test_create_does_not_tell_strangers_who_is_registered(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment others;
    CLIENT person = client_of(scene.harness, scene.people[0]);
    enrolment_init(&others, MENTEE, scene.program.text, scene.people[1]);
    others.row.person_id = (char *)"nobody@example.org";
    assert_null(enrol(&person, &others));
    assert_int_equal(client_code(&person), CVN_PERMISSION_DENIED);
}

static void test_create_when_closed(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment mentee;
    Convene__Mentoring__V1__SetProgramStateRequest request =
        CONVENE__MENTORING__V1__SET_PROGRAM_STATE_REQUEST__INIT;
    request.id = scene.program.text;
    request.state = CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_CLOSED;
    assert_non_null(client_call(&scene.admin, "SetProgramState", &request));
    enrolment_init(&mentee, MENTEE, scene.program.text, scene.people[0]);
    assert_null(enrol(&scene.admin, &mentee));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
}

static void assert_counts(struct scene *scene, int mentors, int mentees)
{
    Convene__Mentoring__V1__GetProgramRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REQUEST__INIT;
    request.id = scene->program.text;
    const Convene__Mentoring__V1__Program *program =
        client_call(&scene->admin, "GetProgram", &request);
    assert_non_null(program);
    assert_int_equal(program->mentor_count, mentors);
    assert_int_equal(program->mentee_count, mentees);
}

static void test_withdraw_and_come_back(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment one;
    char id[CVN_ID_TEXT_BYTES];
    enrolment_init(&one, MENTEE, scene.program.text, scene.people[0]);
    (void)snprintf(id, sizeof id, "%s", harness_enrol(&scene.admin, &one)->id);
    assert_counts(&scene, 0, 1);

    Convene__Mentoring__V1__WithdrawEnrolmentRequest request =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    request.id = id;
    for (int again = 0; again < 2; again++) {
        const Convene__Mentoring__V1__Enrolment *gone =
            client_call(&scene.admin, "WithdrawEnrolment", &request);
        assert_non_null(gone);
        assert_int_equal(gone->state, ENROLMENT_STATE(WITHDRAWN));
        assert_counts(&scene, 0, 0);
    }
    one.row.role = MENTOR;
    const Convene__Mentoring__V1__Enrolment *back = harness_enrol(&scene.admin, &one);
    assert_string_equal(back->id, id);
    assert_int_equal(back->state, ENROLMENT_STATE(ACTIVE));
    assert_counts(&scene, 1, 0);
}

static void assert_outcomes(struct scene *scene, struct enrolment *enrolments, size_t n,
                            const Convene__Mentoring__V1__EnrolmentResult__Outcome *outcomes)
{
    Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
        CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
    Convene__Mentoring__V1__Enrolment *rows[PEOPLE];
    for (size_t i = 0; i < n; i++)
        rows[i] = &enrolments[i].row;
    request.program_id = scene->program.text;
    request.enrolments = rows;
    request.n_enrolments = n;
    const Convene__Mentoring__V1__BatchRegisterEnrolmentsResponse *reply =
        client_call(&scene->admin, "BatchRegisterEnrolments", &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_results, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(reply->results[i]->outcome, outcomes[i]);
        assert_int_equal(reply->results[i]->status != NULL, outcomes[i] == OUTCOME(REFUSED));
        assert_int_equal(reply->results[i]->id[0] != '\0', outcomes[i] != OUTCOME(REFUSED));
    }
}

static void test_batch_tells_what_became_of_each(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment rows[4];
    for (size_t i = 0; i < 4; i++)
        enrolment_init(&rows[i], MENTOR, "", scene.people[i]);
    rows[1].row.person_id = (char *)"nobody@example.org";
    rows[2].row.capacity = 21;
    typedef Convene__Mentoring__V1__EnrolmentResult__Outcome outcomes;
    assert_outcomes(
        &scene, rows, 4,
        (outcomes[]){OUTCOME(CREATED), OUTCOME(REFUSED), OUTCOME(REFUSED), OUTCOME(CREATED)});
    assert_counts(&scene, 2, 0);
    rows[0].row.capacity = 2;
    rows[2].row.capacity = 20;
    assert_outcomes(
        &scene, rows, 4,
        (outcomes[]){OUTCOME(UPDATED), OUTCOME(REFUSED), OUTCOME(CREATED), OUTCOME(UNCHANGED)});
    assert_counts(&scene, 3, 0);
    rows[3].row.role = MENTEE;
    assert_outcomes(
        &scene, rows, 4,
        (outcomes[]){OUTCOME(UNCHANGED), OUTCOME(REFUSED), OUTCOME(UNCHANGED), OUTCOME(UPDATED)});
    assert_counts(&scene, 2, 1);
}

static void test_batch_names_row_and_field(void **state)
{
    SCENE scene = scene_of(state);
    struct enrolment rows[2];
    Convene__Mentoring__V1__Enrolment *pointers[] = {&rows[0].row, &rows[1].row};
    for (size_t i = 0; i < 2; i++)
        enrolment_init(&rows[i], MENTOR, "", scene.people[i]);
    rows[1].skill.level = 6;
    Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
        CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
    request.program_id = scene.program.text;
    request.enrolments = pointers;
    request.n_enrolments = 2;
    request.validate_only = true;
    const Convene__Mentoring__V1__BatchRegisterEnrolmentsResponse *reply =
        client_call(&scene.admin, "BatchRegisterEnrolments", &request);
    assert_non_null(reply);
    assert_int_equal(reply->results[0]->outcome, OUTCOME(CREATED));
    assert_int_equal(reply->results[1]->status->code, CVN_INVALID_ARGUMENT);
    assert_non_null(strstr(reply->results[1]->status->message, "enrolments[1].skills[0].level"));
    assert_counts(&scene, 0, 0);
}

static void test_batch_of_too_many(void **state)
{
    SCENE scene = scene_of(state);
    static Convene__Mentoring__V1__Enrolment empty = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    static Convene__Mentoring__V1__Enrolment *rows[501];
    for (size_t i = 0; i < 501; i++)
        rows[i] = &empty;
    Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
        CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
    request.program_id = scene.program.text;
    request.enrolments = rows;
    request.n_enrolments = 500;
    assert_non_null(client_call(&scene.admin, "BatchRegisterEnrolments", &request));
    request.n_enrolments = 501;
    assert_null(client_call(&scene.admin, "BatchRegisterEnrolments", &request));
    assert_true(client_blames(&scene.admin, "enrolments"));
}

static void test_list_pages_by_id(void **state)
{
    SCENE scene = scene_of(state);
    char ids[PEOPLE][CVN_ID_TEXT_BYTES], token[1024] = "";
    for (size_t i = 0; i < PEOPLE; i++) {
        struct enrolment one;
        enrolment_init(&one, i % 2 ? MENTEE : MENTOR, scene.program.text,
                       scene.people[PEOPLE - 1 - i]);
        harness_set_now_ms(harness_now_ms() + 1);
        (void)snprintf(ids[i], sizeof ids[i], "%s", harness_enrol(&scene.admin, &one)->id);
    }
    size_t seen = 0, mentees = 0;
    Convene__Mentoring__V1__ListEnrolmentsRequest request =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    request.program_id = scene.program.text;
    request.page_size = 4;
    request.page_token = token;
    do {
        const Convene__Mentoring__V1__ListEnrolmentsResponse *page =
            client_call(&scene.admin, "ListEnrolments", &request);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_enrolments; i++, seen++) {
            assert_true(seen < PEOPLE);
            assert_string_equal(page->enrolments[i]->id, ids[seen]);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, PEOPLE);
    request.role = MENTEE;
    request.page_size = 1;
    do {
        const Convene__Mentoring__V1__ListEnrolmentsResponse *page =
            client_call(&scene.admin, "ListEnrolments", &request);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_enrolments; i++, mentees++)
            assert_int_equal(page->enrolments[i]->role, MENTEE);
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(mentees, PEOPLE / 2);
    CLIENT stranger = client_of(scene.harness, scene.people[0]);
    assert_null(client_call(&stranger, "ListEnrolments", &request));
    assert_int_equal(client_code(&stranger), CVN_PERMISSION_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_takes_defaults_from_the_person),
        TEST(test_create_twice),
        TEST(test_create_resolves_whom_it_names),
        TEST(test_create_names_who_is_unknown),
        TEST(test_create_without_events_service),
        TEST(test_create_keeps_the_lengths),
        TEST(test_create_keeps_the_values),
        TEST(test_create_is_ones_own_or_the_managers),
        TEST(test_create_does_not_tell_strangers_who_is_registered),
        TEST(test_create_when_closed),
        TEST(test_withdraw_and_come_back),
        TEST(test_batch_tells_what_became_of_each),
        TEST(test_batch_names_row_and_field),
        TEST(test_batch_of_too_many),
        TEST(test_list_pages_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
