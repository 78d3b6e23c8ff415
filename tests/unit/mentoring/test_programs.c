#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <stdio.h>
#include <string.h>

#define PROGRAM_STATE(name) CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_##name

static char text_10001[10002], text_101[102];

static const Convene__Mentoring__V1__Program *create(struct client *client,
                                                     Convene__Mentoring__V1__Program *program)
{
    Convene__Mentoring__V1__CreateProgramRequest request =
        CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
    request.program = program;
    return client_call(client, "CreateProgram", &request);
}

static Convene__Mentoring__V1__Program named(const char *name)
{
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.name = (char *)(uintptr_t)name;
    return program;
}

static void test_create_gives_what_was_asked(void **state)
{
    CLIENT admin = client_admin(*state);
    Convene__Mentoring__V1__Program asked = named("Spring");
    asked.start_date = asked.end_date = (char *)"2027-03-01";
    asked.mentor_count = 7;
    asked.state = PROGRAM_STATE(CLOSED);
    const Convene__Mentoring__V1__Program *made = create(&admin, &asked);
    assert_non_null(made);
    assert_int_equal(made->state, PROGRAM_STATE(OPEN));
    assert_int_equal(made->mentor_count, 0);
    assert_string_equal(made->start_date, "2027-03-01");
    assert_int_equal(made->create_time->seconds, harness_now_ms() / 1000);
}

static void test_create_takes_each_name_once(void **state)
{
    CLIENT admin = client_admin(*state);
    Convene__Mentoring__V1__Program first = named("Straße"), again = named("STRASSE");
    assert_non_null(create(&admin, &first));
    assert_null(create(&admin, &again));
    assert_int_equal(client_code(&admin), CVN_ALREADY_EXISTS);
}

static void test_create_is_for_administrators(void **state)
{
    CLIENT nobody = client_nobody(*state);
    Convene__Mentoring__V1__Program program = named("Spring");
    assert_null(create(&nobody, &program));
    assert_int_equal(client_code(&nobody), CVN_UNAUTHENTICATED);
}

static void test_create_keeps_the_limits(void **state)
{
    CLIENT admin = client_admin(*state);
    memset(text_101, 'n', sizeof text_101 - 1);
    memset(text_10001, 'd', sizeof text_10001 - 1);
    Convene__Mentoring__V1__MatchRules rules = CONVENE__MENTORING__V1__MATCH_RULES__INIT;
    Convene__Mentoring__V1__MatchWeights weights = CONVENE__MENTORING__V1__MATCH_WEIGHTS__INIT;
    Convene__Mentoring__V1__Program program = named(text_101 + 1);
    program.description = text_10001 + 1;
    program.mentorship_weeks = 104;
    program.rules = &rules;
    rules.min_common_hours = 40;
    program.mentee_weights = &weights;
    weights.ranking = 1000;
    assert_non_null(create(&admin, &program));

    program.name = text_101;
    program.description = text_10001;
    program.mentorship_weeks = 105;
    rules.min_common_hours = 41;
    weights.ranking = 1001;
    program.start_date = (char *)"2027-02-29";
    program.group_id = (char *)"berlin";
    assert_null(create(&admin, &program));
    assert_true(client_blames(&admin, "program.name"));
    assert_true(client_blames(&admin, "program.description"));
    assert_true(client_blames(&admin, "program.mentorship_weeks"));
    assert_true(client_blames(&admin, "program.rules.min_common_hours"));
    assert_true(client_blames(&admin, "program.mentee_weights.ranking"));
    assert_true(client_blames(&admin, "program.start_date"));
    assert_true(client_blames(&admin, "program.group_id"));

    program = named("");
    program.rules = &rules;
    rules.min_common_hours = -2;
    program.mentor_weights = &weights;
    weights.ranking = -1;
    program.start_date = (char *)"2027-03-02";
    program.end_date = (char *)"2027-03-01";
    program.description = (char *)"bell \a";
    assert_null(create(&admin, &program));
    assert_true(client_blames(&admin, "program.name"));
    assert_true(client_blames(&admin, "program.description"));
    assert_true(client_blames(&admin, "program.rules.min_common_hours"));
    assert_true(client_blames(&admin, "program.mentor_weights.ranking"));
    assert_true(client_blames(&admin, "program.end_date"));

    assert_null(create(&admin, NULL));
    assert_true(client_blames(&admin, "program"));
}

static void test_create_takes_20_managers(void **state)
{
    CLIENT admin = client_admin(*state);
    struct id_text texts[21];
    char *ids[21];
    for (int i = 0; i < 21; i++) {
        struct cvn_id id = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)i}};
        texts[i] = id_text("per", &id);
        ids[i] = texts[i].text;
    }
    Convene__Mentoring__V1__Program program = named("Twenty");
    program.manager_ids = ids;
    program.n_manager_ids = 20;
    assert_non_null(create(&admin, &program));
    program.n_manager_ids = 21;
    assert_null(create(&admin, &program));
    assert_true(client_blames(&admin, "program.manager_ids"));
}

/* Ids are read in either case, so a manager is one however the id was written. */
static void test_manager_named_in_capitals_manages(void **state)
{
    struct cvn_id person;
    harness_people(*state, &person, 1);
    struct id_text capitals = id_text("per", &person);
    for (char *c = capitals.text + 4; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    char *managers[] = {capitals.text};
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.manager_ids = managers;
    program.n_manager_ids = 1;
    struct id_text id = harness_program(*state, program);
    CLIENT manager = client_of(*state, person);
    Convene__Mentoring__V1__SetProgramStateRequest request =
        CONVENE__MENTORING__V1__SET_PROGRAM_STATE_REQUEST__INIT;
    request.id = id.text;
    request.state = PROGRAM_STATE(CLOSED);
    assert_non_null(client_call(&manager, "SetProgramState", &request));
}

static void test_state_is_set_by_managers_only(void **state)
{
    struct cvn_id people[2];
    harness_people(*state, people, 2);
    struct id_text manager_text = id_text("per", &people[0]);
    char *managers[] = {manager_text.text};
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.manager_ids = managers;
    program.n_manager_ids = 1;
    struct id_text id = harness_program(*state, program);
    CLIENT manager = client_of(*state, people[0]);
    CLIENT other = client_of(*state, people[1]);
    Convene__Mentoring__V1__SetProgramStateRequest request =
        CONVENE__MENTORING__V1__SET_PROGRAM_STATE_REQUEST__INIT;
    request.id = id.text;
    assert_null(client_call(&manager, "SetProgramState", &request));
    assert_true(client_blames(&manager, "state"));
    request.state = PROGRAM_STATE(CLOSED);
    assert_null(client_call(&other, "SetProgramState", &request));
    assert_int_equal(client_code(&other), CVN_PERMISSION_DENIED);
    const Convene__Mentoring__V1__Program *closed =
        client_call(&manager, "SetProgramState", &request);
    assert_non_null(closed);
    assert_int_equal(closed->state, PROGRAM_STATE(CLOSED));
}

static void test_list_pages_newest_first(void **state)
{
    CLIENT admin = client_admin(*state);
    enum { N = 5 };
    struct id_text ids[N];
    char token[1024] = "";
    for (int i = 0; i < N; i++) {
        harness_set_now_ms(harness_now_ms() + 1);
        ids[i] = harness_program(
            *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    }
    int seen = 0;
    do {
        Convene__Mentoring__V1__ListProgramsRequest request =
            CONVENE__MENTORING__V1__LIST_PROGRAMS_REQUEST__INIT;
        request.page_size = 2;
        request.page_token = token;
        const Convene__Mentoring__V1__ListProgramsResponse *page =
            client_call(&admin, "ListPrograms", &request);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_programs; i++, seen++) {
            assert_true(seen < N);
            assert_string_equal(page->programs[i]->id, ids[N - 1 - seen].text);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, N);
}

static void test_get_unknown(void **state)
{
    CLIENT admin = client_admin(*state);
    Convene__Mentoring__V1__GetProgramRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REQUEST__INIT;
    request.id = (char *)"prg_01h2xcejqtf2nbrexx3vqjhp41";
    assert_null(client_call(&admin, "GetProgram", &request));
    assert_int_equal(client_code(&admin), CVN_NOT_FOUND);
    request.id = (char *)"per_01h2xcejqtf2nbrexx3vqjhp41";
    assert_null(client_call(&admin, "GetProgram", &request));
    assert_true(client_blames(&admin, "id"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_gives_what_was_asked),
        TEST(test_create_takes_each_name_once),
        TEST(test_create_is_for_administrators),
        TEST(test_create_keeps_the_limits),
        TEST(test_create_takes_20_managers),
        TEST(test_manager_named_in_capitals_manages),
        TEST(test_state_is_set_by_managers_only),
        TEST(test_list_pages_newest_first),
        TEST(test_get_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
