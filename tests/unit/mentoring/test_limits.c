/* Limits of programmes, mentorships, pairs and runs: at the limit, and one beyond. */
#include "services/mentoring/key_source.h"
#include "services/mentoring/lint.h"
#include "services/mentoring/mentorships/expire.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/mentorships/report_groups.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/program_check.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 16 << 10 };

/* So many bytes of text; one at a time. */
static char *text_of(size_t n)
{
    static char text[TEXT_BYTES];
    assert_true(n < sizeof text);
    memset(text, 'x', n);
    text[n] = '\0';
    return text;
}

/* A programme that comes up to every limit, and beyond one of them: 0 for none. */
struct full_program {
    Convene__Mentoring__V1__Program row;
    Convene__Mentoring__V1__MatchRules rules;
    Convene__Mentoring__V1__MatchWeights weights;
    char *managers[CVN_PROGRAM_MANAGERS_MAX + 1];
    char manager[CVN_ID_TEXT_BYTES];
    char name[CVN_PROGRAM_NAME_BYTES_MAX + 2];
};

static void full_program_init(struct full_program *full, const char *beyond)
{
    bool name = strcmp(beyond, "program.name") == 0;
    *full = (struct full_program){0};
    convene__mentoring__v1__program__init(&full->row);
    convene__mentoring__v1__match_rules__init(&full->rules);
    convene__mentoring__v1__match_weights__init(&full->weights);
    memset(full->name, *beyond ? 'y' : 'x', sizeof full->name - 1);
    full->name[CVN_PROGRAM_NAME_BYTES_MAX + name] = '\0';
    cvn_id_format(full->manager, CVN_MENTORING_PERSON_PREFIX, &(struct cvn_id){{1}});
    for (size_t i = 0; i <= CVN_PROGRAM_MANAGERS_MAX; i++)
        full->managers[i] = full->manager;
    full->row.name = full->name;
    full->row.description =
        text_of(CVN_PROGRAM_DESCRIPTION_BYTES_MAX + (strcmp(beyond, "program.description") == 0));
    full->row.mentorship_weeks =
        CVN_PROGRAM_WEEKS_MAX + (strcmp(beyond, "program.mentorship_weeks") == 0);
    full->row.acceptance_days =
        CVN_PROGRAM_ACCEPTANCE_DAYS_MAX + (strcmp(beyond, "program.acceptance_days") == 0);
    full->row.session_hours =
        CVN_PROGRAM_SESSION_HOURS_MAX + (strcmp(beyond, "program.session_hours") == 0);
    full->rules.min_common_hours =
        CVN_PROGRAM_MIN_HOURS_MAX + (strcmp(beyond, "program.rules.min_common_hours") == 0);
    full->weights.meetups =
        CVN_PROGRAM_WEIGHT_MAX + (strcmp(beyond, "program.mentor_weights.meetups") == 0);
    full->row.rules = &full->rules;
    full->row.mentor_weights = &full->weights;
    full->row.manager_ids = full->managers;
    full->row.n_manager_ids =
        CVN_PROGRAM_MANAGERS_MAX + (strcmp(beyond, "program.manager_ids") == 0);
}

static void test_fields_of_a_programme(void **state)
{
    static const char *const fields[] = {
        "",
        "program.name",
        "program.description",
        "program.mentorship_weeks",
        "program.acceptance_days",
        "program.session_hours",
        "program.rules.min_common_hours",
        "program.mentor_weights.meetups",
        "program.manager_ids",
    };
    CLIENT admin = client_admin(*state);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct full_program full;
        Convene__Mentoring__V1__CreateProgramRequest request =
            CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
        full_program_init(&full, fields[i]);
        request.program = &full.row;
        const void *made = client_call(&admin, "CreateProgram", &request);
        assert_int_equal(made == NULL, fields[i][0] != '\0');
        if (!made)
            assert_true(client_blames(&admin, fields[i]));
    }
}

/* A mentorship that both have accepted. */
static struct id_text begun(struct published *scene)
{
    assert_non_null(published_publish(scene, false));
    struct id_text mentorship = published_mentorship(scene, 0);
    mentorship_begin(scene, &mentorship);
    return mentorship;
}

/* Logs a session. Whether that was taken. */
static bool log_session(struct published *scene, struct id_text *mentorship, size_t note_bytes,
                        int32_t minutes)
{
    Convene__Mentoring__V1__AddLogEntryRequest request =
        CONVENE__MENTORING__V1__ADD_LOG_ENTRY_REQUEST__INIT;
    Convene__Mentoring__V1__LogEntry entry = CONVENE__MENTORING__V1__LOG_ENTRY__INIT;
    request.log_entry = &entry;
    entry.mentorship_id = mentorship->text;
    entry.kind = CONVENE__MENTORING__V1__LOG_ENTRY__KIND__KIND_SESSION;
    entry.author_role = MENTOR;
    entry.note = text_of(note_bytes);
    entry.minutes = minutes;
    return client_call(&scene->admin, "AddLogEntry", &request) != NULL;
}

static void test_a_log_and_its_entries(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct id_text mentorship = begun(&scene);
    assert_false(log_session(&scene, &mentorship, CVN_LOG_NOTE_BYTES_MAX + 1, 1));
    assert_true(client_blames(&scene.admin, "log_entry.note"));
    assert_false(log_session(&scene, &mentorship, 1, CVN_LOG_MINUTES_MAX + 1));
    assert_true(client_blames(&scene.admin, "log_entry.minutes"));
    for (int i = 0; i < CVN_LOG_ENTRIES_MAX; i++)
        assert_true(
            log_session(&scene, &mentorship, i ? 0 : CVN_LOG_NOTE_BYTES_MAX, CVN_LOG_MINUTES_MAX));
    assert_false(log_session(&scene, &mentorship, 0, 1));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(scene.admin.status.message, "500 log entries"));
}

static void test_feedback(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct id_text mentorship = begun(&scene);
    for (int beyond = 0; beyond < 3; beyond++) {
        Convene__Mentoring__V1__GiveFeedbackRequest request =
            CONVENE__MENTORING__V1__GIVE_FEEDBACK_REQUEST__INIT;
        Convene__Mentoring__V1__Feedback feedback = CONVENE__MENTORING__V1__FEEDBACK__INIT;
        request.feedback = &feedback;
        feedback.mentorship_id = mentorship.text;
        feedback.role = MENTOR;
        feedback.rating = CVN_FEEDBACK_RATING_MAX + (beyond == 1);
        feedback.text = text_of(CVN_FEEDBACK_TEXT_BYTES_MAX + (size_t)(beyond == 2));
        assert_int_equal(client_call(&scene.admin, "GiveFeedback", &request) == NULL, beyond > 0);
        if (beyond)
            assert_true(
                client_blames(&scene.admin, beyond == 1 ? "feedback.rating" : "feedback.text"));
    }
}

static void test_texts_of_a_mentorship(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct id_text mentorship = begun(&scene);
    Convene__Mentoring__V1__SetMentorshipGoalsRequest goals =
        CONVENE__MENTORING__V1__SET_MENTORSHIP_GOALS_REQUEST__INIT;
    Convene__Mentoring__V1__PauseMentorshipRequest pause =
        CONVENE__MENTORING__V1__PAUSE_MENTORSHIP_REQUEST__INIT;
    goals.id = pause.id = mentorship.text;
    goals.goals = text_of(CVN_MENTORSHIP_GOALS_BYTES_MAX + 1);
    assert_null(client_call(&scene.admin, "SetMentorshipGoals", &goals));
    assert_true(client_blames(&scene.admin, "goals"));
    goals.goals = text_of(CVN_MENTORSHIP_GOALS_BYTES_MAX);
    assert_non_null(client_call(&scene.admin, "SetMentorshipGoals", &goals));
    pause.reason = text_of(CVN_MENTORSHIP_REASON_BYTES_MAX + 1);
    assert_null(client_call(&scene.admin, "PauseMentorship", &pause));
    assert_true(client_blames(&scene.admin, "reason"));
    pause.reason = text_of(CVN_MENTORSHIP_REASON_BYTES_MAX);
    assert_non_null(client_call(&scene.admin, "PauseMentorship", &pause));
}

/* Enrols somebody with so many skills, which all have the same names. */
static void enrol_skilled(struct client *admin, Convene__Mentoring__V1__Role role,
                          const char *program, struct cvn_id person, size_t n)
{
    struct enrolment one;
    Convene__Mentoring__V1__Skill skills[8], *pointers[8];
    char names[8][8];
    enrolment_init(&one, role, program, person);
    for (size_t i = 0; i < n; i++) {
        convene__mentoring__v1__skill__init(&skills[i]);
        (void)snprintf(names[i], sizeof names[i], "s%zu", i);
        skills[i].name = names[i];
        skills[i].level = role == MENTOR ? 5 : 1;
        pointers[i] = &skills[i];
    }
    one.row.skills = pointers;
    one.row.n_skills = n;
    (void)harness_enrol(admin, &one);
}

static void test_topics_of_a_pair(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    struct cvn_id people[4];
    harness_people(harness, people, 4);
    for (size_t more = 0; more < 2; more++) {
        Convene__Mentoring__V1__Program empty = CONVENE__MENTORING__V1__PROGRAM__INIT;
        struct id_text program = harness_program(harness, empty);
        for (size_t i = 0; i < 2; i++)
            enrol_skilled(&admin, i ? MENTOR : MENTEE, program.text, people[2 * more + i],
                          CVN_MENTORSHIP_TOPICS_MAX + more);
        Convene__Mentoring__V1__PublishMatchRunRequest publish =
            CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
        Convene__Mentoring__V1__ListMentorshipsRequest list =
            CONVENE__MENTORING__V1__LIST_MENTORSHIPS_REQUEST__INIT;
        struct id_text run = harness_start_run(&admin, program.text, 1);
        assert_int_equal(harness_wait_run(&admin, run.text)->matched_count, 1);
        publish.run_id = run.text;
        list.program_id = program.text;
        assert_non_null(client_call(&admin, "PublishMatchRun", &publish));
        const Convene__Mentoring__V1__ListMentorshipsResponse *reply =
            client_call(&admin, "ListMentorships", &list);
        assert_non_null(reply);
        assert_int_equal(reply->mentorships[0]->n_topics, CVN_MENTORSHIP_TOPICS_MAX);
    }
}

/* Sets a rule for mentee 3 and the mentor. Whether that was taken. */
static bool forbid(struct published *scene, size_t mentor, size_t note_bytes)
{
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    request.program_id = scene->program.text;
    request.pair_rule = &rule;
    rule.mentee_id = scene->ids[PUBLISHED_MENTORS].text;
    rule.mentor_id = scene->ids[mentor].text;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_FORBIDDEN;
    rule.note = text_of(note_bytes);
    return client_call(&scene->admin, "SetPairRule", &request) != NULL;
}

/* Rules about people who are made up. */
struct rules {
    struct cvn_id program;
    size_t n;
};

static int put_rules(struct cvn_txn *txn, void *arg)
{
    const struct rules *rules = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    Convene__Mentoring__V1__PairRule row = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    struct cvn_slice packed;
    row.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_FORBIDDEN;
    int r = cvn_ctx_pack(&ctx, &row.base, &packed);
    for (size_t i = 0; r == 0 && i < rules->n; i++) {
        const struct cvn_match_pair_ids pair = {.mentee_id = {{9, (uint8_t)(i >> 8), (uint8_t)i}}};
        struct cvn_key key;
        cvn_pair_rule_key(&key, &rules->program, &pair);
        r = cvn_txn_put(txn, cvn_key_slice(&key), packed);
    }
    return r;
}

static void test_rules_of_a_programme(void **state)
{
    PUBLISHED scene;
    struct rules rules = {.n = CVN_PAIR_RULES_MAX - 1};
    published_match(&scene, state);
    assert_true(cvn_id_parse(&rules.program, CVN_PROGRAM_PREFIX, scene.program.text));
    assert_int_equal(cvn_store_update(scene.harness->store, put_rules, &rules, 0), 0);
    assert_false(forbid(&scene, 0, CVN_PAIR_RULE_NOTE_BYTES_MAX + 1));
    assert_true(client_blames(&scene.admin, "pair_rule.note"));
    assert_true(forbid(&scene, 0, CVN_PAIR_RULE_NOTE_BYTES_MAX));
    assert_true(forbid(&scene, 0, 0)); /* over the one that is there */
    assert_false(forbid(&scene, 1, 0));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(scene.admin.status.message, "10000 locked and forbidden pairs"));
}

/* Starts a run with so many rules of its own. Whether that was taken. */
static bool run_with_rules(struct published *scene, size_t n, const char *note)
{
    static Convene__Mentoring__V1__PairRule rules[CVN_PAIR_RULES_OF_RUN_MAX + 1];
    static Convene__Mentoring__V1__PairRule *pointers[CVN_PAIR_RULES_OF_RUN_MAX + 1];
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    for (size_t i = 0; i < n; i++) {
        convene__mentoring__v1__pair_rule__init(&rules[i]);
        rules[i].kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_FORBIDDEN;
        rules[i].mentee_id = scene->ids[PUBLISHED_MENTORS + i % PUBLISHED_MENTEES].text;
        rules[i].mentor_id = scene->ids[i % PUBLISHED_MENTORS].text;
        rules[i].note = (char *)(uintptr_t)note;
        pointers[i] = &rules[i];
    }
    request.program_id = scene->program.text;
    request.pair_rules = pointers;
    request.n_pair_rules = n;
    return client_call(&scene->admin, "CreateMatchRun", &request) != NULL;
}

static void test_rules_of_a_run(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    harness_hold_runs(scene.harness);
    assert_true(run_with_rules(&scene, CVN_PAIR_RULES_OF_RUN_MAX, ""));
    assert_false(run_with_rules(&scene, CVN_PAIR_RULES_OF_RUN_MAX + 1, ""));
    assert_true(client_blames(&scene.admin, "pair_rules"));
    assert_true(run_with_rules(&scene, 1, text_of(CVN_PAIR_RULE_NOTE_BYTES_MAX)));
    assert_false(run_with_rules(&scene, 1, text_of(CVN_PAIR_RULE_NOTE_BYTES_MAX + 1)));
    assert_true(client_blames(&scene.admin, "pair_rules[0]"));
    assert_false(run_with_rules(&scene, 1, "bell \a"));
    assert_true(client_blames(&scene.admin, "pair_rules[0]"));
}

static void test_runs_that_wait(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    harness_hold_runs(scene.harness);
    for (int i = 0; i < CVN_RUNS_WAITING_MAX; i++)
        (void)harness_start_run(&scene.admin, scene.program.text, 1);
    assert_false(run_with_rules(&scene, 0, ""));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(scene.admin.status.message, "16 match runs are waiting"));
    harness_release_runs(scene.harness);
}

static void test_runs_at_once(void **state)
{
    struct harness *harness = *state;
    for (unsigned more = 0; more < 2; more++) {
        struct cvn_run_queue queue;
        assert_int_equal(cvn_run_queue_init(&queue, harness->service, &harness->service->budget,
                                            CVN_RUNS_AT_ONCE_MAX + more),
                         0);
        assert_int_equal(queue.n_slots, CVN_RUNS_AT_ONCE_MAX);
        cvn_run_queue_stop(&queue);
        cvn_run_queue_deinit(&queue);
    }
}

/* One proposal more than a turn expires. */
static void test_a_turn_expires_so_many(void **state)
{
    enum { MENTEES = CVN_EXPIRE_TURN_MAX + 1, SEATS = 20, MENTORS = MENTEES / SEATS + 1 };
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    static struct cvn_id people[MENTEES + MENTORS];
    Convene__Mentoring__V1__Program empty = CONVENE__MENTORING__V1__PROGRAM__INIT;
    harness_people(harness, people, MENTEES + MENTORS);
    struct id_text program = harness_program(harness, empty);
    for (size_t i = 0; i < MENTEES + MENTORS; i++) {
        struct enrolment one;
        enrolment_init(&one, i < MENTEES ? MENTEE : MENTOR, program.text, people[i]);
        one.skill.level = i < MENTEES ? 1 : 5;
        one.row.capacity = i < MENTEES ? 0 : SEATS;
        (void)harness_enrol(&admin, &one);
    }
    struct id_text run = harness_start_run(&admin, program.text, 1);
    Convene__Mentoring__V1__PublishMatchRunRequest publish =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    assert_int_equal(harness_wait_run(&admin, run.text)->matched_count, MENTEES);
    publish.run_id = run.text;
    assert_non_null(client_call(&admin, "PublishMatchRun", &publish));
    Convene__Mentoring__V1__ListMentorshipsRequest list =
        CONVENE__MENTORING__V1__LIST_MENTORSHIPS_REQUEST__INIT;
    list.program_id = program.text;
    list.page_size = 1000;
    list.state = MENTORSHIP_STATE(EXPIRED);
    int64_t then_ms = harness_now_ms() + 30 * DAY_MS, next_ms;
    static const size_t n_expired[] = {CVN_EXPIRE_TURN_MAX, MENTEES};
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(cvn_mentorships_expire(harness->service, then_ms, &next_ms), 1);
        const Convene__Mentoring__V1__ListMentorshipsResponse *reply =
            client_call(&admin, "ListMentorships", &list);
        assert_non_null(reply);
        assert_int_equal(reply->n_mentorships, n_expired[turn]);
    }
    assert_int_equal(cvn_mentorships_expire(harness->service, then_ms, &next_ms), 0);
}

static void test_groups_of_a_report(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    for (size_t more = 0; more < 2; more++) {
        struct cvn_report_groups groups = {0};
        Convene__Mentoring__V1__ProgramReport report = CONVENE__MENTORING__V1__PROGRAM_REPORT__INIT;
        Convene__Mentoring__V1__MeetingTime meeting = CONVENE__MENTORING__V1__MEETING_TIME__INIT;
        Convene__Mentoring__V1__Mentorship row = CONVENE__MENTORING__V1__MENTORSHIP__INIT;
        meeting.hours = 1;
        row.meeting = &meeting;
        row.state = MENTORSHIP_STATE(ACTIVE);
        for (size_t i = 0; i < CVN_REPORT_GROUPS_MAX + more; i++) {
            char name[16];
            (void)snprintf(name, sizeof name, "%05zu", i);
            row.mentor_id = row.mentor_name = name;
            assert_int_equal(cvn_report_groups_add(&groups, &arena, &row), 0);
        }
        assert_int_equal(cvn_report_groups_list(&groups, &arena, &report), 0);
        assert_int_equal(report.n_groups, CVN_REPORT_GROUPS_MAX);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields_of_a_programme),
        TEST(test_a_log_and_its_entries),
        TEST(test_feedback),
        TEST(test_texts_of_a_mentorship),
        TEST(test_topics_of_a_pair),
        TEST(test_rules_of_a_programme),
        TEST(test_rules_of_a_run),
        TEST(test_runs_that_wait),
        TEST(test_runs_at_once),
        TEST(test_a_turn_expires_so_many),
        cmocka_unit_test(test_groups_of_a_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
