/* On whose behalf the events service is asked, and what is kept of its answers. */
#include "convene/events/v1/privacy.pb-c.h"
#include "services/mentoring/attendance.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/dice.h"
#include "tests/unit/mentoring/published.h"

#include <stdio.h>
#include <string.h>

enum { MENTOR_PERSON, MENTEE_PERSON, OWNER, MANAGER, PEOPLE };

#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

/* One pair that will be matched whatever is known of them. */
struct scene {
    struct harness *harness;
    struct client admin, manager;
    struct cvn_id people[PEOPLE];
    struct id_text program;
};

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, s.people, PEOPLE);
    s.manager = client_of(*state, s.people[MANAGER]);
    struct id_text manager = id_text("per", &s.people[MANAGER]);
    char *managers[] = {manager.text};
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.manager_ids = managers;
    program.n_manager_ids = 1;
    s.program = harness_program(*state, program);
    for (int i = MENTOR_PERSON; i <= MENTEE_PERSON; i++) {
        struct enrolment one;
        enrolment_init(&one, i == MENTOR_PERSON ? MENTOR : MENTEE, s.program.text, s.people[i]);
        one.skill.level = i == MENTOR_PERSON ? 5 : 1;
        (void)harness_enrol(&s.admin, &one);
    }
    return s;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
    client_end(&scene->manager);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

/* Both of the pair come to an evening of a group that the person owns. */
static struct id_text meet(const struct scene *scene, size_t owner, bool for_members)
{
    return harness_meet(scene->harness, scene->people[owner], scene->people, 2, for_members);
}

/* Whether a run of the client's tells of the pair's meetups, or of their groups. */
static bool run_tells(struct scene *scene, struct client *client, const char *term)
{
    struct id_text id = harness_start_run(client, scene->program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(client, id.text);
    assert_string_equal(run->failure, "");
    assert_true(run->events_used);
    assert_int_equal(run->matched_count, 1);
    struct id_text mentee = id_text("per", &scene->people[MENTEE_PERSON]);
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = id.text;
    request.person_id = mentee.text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(client, "ExplainMatch", &request);
    assert_non_null(reply);
    for (size_t i = 0; i < reply->matches[0]->n_terms; i++)
        if (strcmp(reply->matches[0]->terms[i]->name, term) == 0 &&
            reply->matches[0]->terms[i]->mentee_points > 0)
            return true;
    return false;
}

static void test_a_private_group_is_not_seen_through_a_run(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, true);
    assert_true(run_tells(&s, &s.admin, "meetups"));
    assert_true(run_tells(&s, &s.admin, "groups"));
    /* Nor does what was kept of the administrator's answer show it. */
    assert_false(run_tells(&s, &s.manager, "meetups"));
    assert_false(run_tells(&s, &s.manager, "groups"));
    assert_true(run_tells(&s, &s.admin, "meetups"));
}

static void test_a_manager_who_organises_the_group_sees_it(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, MANAGER, true);
    assert_true(run_tells(&s, &s.manager, "meetups"));
    assert_true(run_tells(&s, &s.manager, "groups"));
}

static void test_of_what_is_public_who_comes_is_seen(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, false);
    assert_true(run_tells(&s, &s.manager, "meetups"));
}

static void test_a_run_says_who_started_it(void **state)
{
    SCENE s = scene_of(state);
    struct id_text manager = id_text("per", &s.people[MANAGER]);
    struct id_text id = harness_start_run(&s.manager, s.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&s.manager, id.text);
    assert_string_equal(run->creator, manager.text);
    assert_non_null(strstr(run->events_note, manager.text));
    id = harness_start_run(&s.admin, s.program.text, 1);
    assert_string_equal(harness_wait_run(&s.admin, id.text)->creator, "user:1000");
}

/* The run of the manager, that begins only after the change. */
static void expect_failure(struct scene *scene, const struct id_text *id, const char *sentence)
{
    harness_release_runs(scene->harness);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene->admin, id->text);
    assert_int_equal(run->state, RUN_STATE(FAILED));
    assert_non_null(strstr(run->failure, sentence));
}

static void test_a_run_ends_with_its_creators_office(void **state)
{
    SCENE s = scene_of(state);
    harness_hold_runs(s.harness);
    struct id_text id = harness_start_run(&s.manager, s.program.text, 1);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__UpdateProgramRequest update =
        CONVENE__MENTORING__V1__UPDATE_PROGRAM_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char path[] = "manager_ids", *paths[] = {path};
    mask.paths = paths;
    mask.n_paths = 1;
    program.id = s.program.text;
    update.program = &program;
    update.update_mask = &mask;
    assert_non_null(client_call(&s.admin, "UpdateProgram", &update));
    expect_failure(&s, &id, "manages the programme no more");
}

static void test_a_run_ends_with_its_creator(void **state)
{
    SCENE s = scene_of(state);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    harness_hold_runs(s.harness);
    struct id_text id = harness_start_run(&s.manager, s.program.text, 1);
    struct id_text manager = id_text("per", &s.people[MANAGER]);
    Convene__Events__V1__ErasePersonRequest erase = CONVENE__EVENTS__V1__ERASE_PERSON_REQUEST__INIT;
    erase.person_id = erase.confirm_id = manager.text;
    (void)harness_ask_events(s.harness, &arena, &convene__events__v1__privacy_service__descriptor,
                             "ErasePerson", &erase.base);
    expect_failure(&s, &id, "not registered any more");
}

static void test_people_are_looked_up_on_behalf_of_who_enrols(void **state)
{
    SCENE s = scene_of(state);
    struct enrolment one;
    enrolment_init(&one, MENTEE, s.program.text, s.people[OWNER]);
    one.row.person_id = (char *)"person2@example.org";
    assert_string_equal(harness_enrol(&s.manager, &one)->display_name, "Person 2");
    CLIENT gone = client_of(s.harness, (struct cvn_id){{9}});
    Convene__Mentoring__V1__CreateEnrolmentRequest request =
        CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
    request.enrolment = &one.row;
    assert_null(client_call(&gone, "CreateEnrolment", &request));
    assert_int_equal(client_code(&gone), CVN_PERMISSION_DENIED);
}

/* What a run would read; members are the pair. */
struct read {
    struct cvn_arena arena;
    struct cvn_cohort_member mentor, mentee;
    Convene__Mentoring__V1__Enrolment enrolments[2];
    struct id_text ids[2];
    struct cvn_cohort_input input;
    struct cvn_attendance_reading reading;
};

static int read_pair(struct read *read, const struct scene *s, size_t subject)
{
    *read = (struct read){.mentor.person = s->people[0], .mentee.person = s->people[1]};
    cvn_arena_init(&read->arena, 1 << 20);
    for (int i = 0; i < 2; i++) {
        convene__mentoring__v1__enrolment__init(&read->enrolments[i]);
        read->ids[i] = id_text("per", &s->people[i]);
        read->enrolments[i].person_id = read->ids[i].text;
    }
    read->mentor.enrolment = &read->enrolments[0];
    read->mentee.enrolment = &read->enrolments[1];
    read->input = (struct cvn_cohort_input){
        .mentors = &read->mentor, .n_mentors = 1, .mentees = &read->mentee, .n_mentees = 1};
    read->reading = (struct cvn_attendance_reading){
        .events = s->harness->channel,
        .cache = s->harness->service->attendance,
        .arena = &read->arena,
        .subject = subject < PEOPLE ? &s->people[subject] : NULL,
        .input = &read->input,
    };
    return cvn_attendance_read(&read->reading);
}

/* n_asked of whom more than that nothing has changed had to be asked. */
static void expect_asked(const struct scene *s, size_t subject, size_t n_events, size_t n_asked,
                         size_t n_unchanged)
{
    struct read read;
    assert_int_equal(read_pair(&read, s, subject), 0);
    assert_int_equal(read.mentor.attendance->n_events, n_events);
    assert_int_equal(read.mentee.attendance->n_events, n_events);
    assert_string_equal(read.mentor.attendance->person_id, read.ids[0].text);
    assert_int_equal(read.reading.n_unchanged, n_unchanged);
    assert_int_equal(read.reading.n_asked, n_asked);
    assert_int_equal(read.reading.n_calls, n_asked > 0 ? 2 : 1);
    cvn_arena_deinit(&read.arena);
}

static void expect_read(const struct scene *s, size_t subject, size_t n_events, size_t n_unchanged)
{
    expect_asked(s, subject, n_events, 2, n_unchanged);
}

static void test_what_has_not_changed_is_not_sent_again(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, true);
    expect_read(&s, PEOPLE, 1, 0);
    expect_asked(&s, PEOPLE, 1, 0, 2); /* in one call, and about nobody */
    expect_read(&s, MANAGER, 0, 0);    /* another authority, another answer */
    expect_asked(&s, MANAGER, 0, 0, 2);
    expect_read(&s, OWNER, 1, 0);
    (void)meet(&s, OWNER, true);
    expect_read(&s, PEOPLE, 2, 0);
    expect_read(&s, MANAGER, 0, 2);
    expect_read(&s, OWNER, 2, 0);
    expect_asked(&s, OWNER, 2, 0, 2);
    harness_restart(s.harness);
    expect_read(&s, OWNER, 2, 0);
    expect_asked(&s, OWNER, 2, 0, 2);
}

/* Whoever enrols later is asked about, and the others are not. */
static void test_of_what_is_known_only_the_rest_is_asked(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, false);
    struct read read;
    expect_read(&s, PEOPLE, 1, 0);
    s.people[MENTEE_PERSON] = s.people[MANAGER];
    assert_int_equal(read_pair(&read, &s, PEOPLE), 0);
    assert_int_equal(read.reading.n_asked, 1);
    assert_int_equal(read.reading.n_unchanged, 1);
    assert_int_equal(read.mentor.attendance->n_events, 1);
    assert_int_equal(read.mentee.attendance->n_events, 0);
    cvn_arena_deinit(&read.arena);
}

/* Says on behalf of nobody that the person did not come to an event after all. */
static void mark_no_show(const struct scene *s, char *event_id, size_t person)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct id_text id = id_text("per", &s->people[person]);
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    request.event_id = event_id;
    request.person_id = id.text;
    request.action = CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_MARK_NO_SHOW;
    (void)harness_ask_events(s->harness, &arena, &convene__events__v1__rsvp_service__descriptor,
                             "Decide", &request.base);
}

static void test_after_one_correction_one_person_is_asked_about(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, false);
    struct read read;
    const size_t subjects[] = {PEOPLE, MANAGER};
    for (size_t i = 0; i < 2; i++)
        expect_read(&s, subjects[i], 1, 0);
    assert_int_equal(read_pair(&read, &s, PEOPLE), 0);
    mark_no_show(&s, read.mentor.attendance->events[0]->event_id, MENTEE_PERSON);
    cvn_arena_deinit(&read.arena);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_pair(&read, &s, subjects[i]), 0);
        assert_int_equal(read.reading.n_asked, 1);
        assert_int_equal(read.reading.n_unchanged, 1);
        assert_int_equal(read.mentor.attendance->n_events, 1);
        assert_int_equal(read.mentee.attendance->n_events, 0);
        cvn_arena_deinit(&read.arena);
        assert_int_equal(read_pair(&read, &s, subjects[i]), 0);
        assert_int_equal(read.reading.n_asked, 0);
        assert_int_equal(read.mentee.attendance->n_events, 0);
        cvn_arena_deinit(&read.arena);
    }
}

/* The evening that both came to is over at one instant, and too long ago at another. */
static void test_time_alone_changes_the_revision(void **state)
{
    SCENE s = scene_of(state);
    (void)meet(&s, OWNER, false);
    int64_t then_ms = harness_now_ms();
    expect_read(&s, PEOPLE, 1, 0);
    harness_set_now_ms(then_ms - 3 * DAY_MS);
    expect_read(&s, PEOPLE, 0, 0);
    harness_set_now_ms(then_ms + 800 * DAY_MS);
    expect_read(&s, PEOPLE, 0, 2);
    harness_set_now_ms(then_ms);
    expect_read(&s, PEOPLE, 1, 0);
}

static void test_reading_is_refused_when_nobody_answers(void **state)
{
    SCENE s = scene_of(state);
    struct read read;
    expect_read(&s, PEOPLE, 0, 0);
    harness_lose_events(s.harness);
    assert_int_equal(read_pair(&read, &s, PEOPLE), CVN_ATTENDANCE_REFUSED);
    assert_int_equal(read.reading.status.code, CVN_UNAVAILABLE);
    assert_int_equal(read.reading.n_done, 0);
    cvn_arena_deinit(&read.arena);
}

/* Six mentees and two mentors with room for all, who met by chance; how often, of each two. */
struct chance {
    struct cvn_id people[8];
    int met[8][8], groups[8][8];
};

enum { CHANCE_MENTORS = 2, CHANCE_PEOPLE = 8, CHANCE_MEETUPS = 10 };

static void meet_by_chance(struct chance *chance, struct harness *harness, struct cvn_id owner,
                           uint64_t *dice)
{
    for (int meetup = 0; meetup < CHANCE_MEETUPS; meetup++) {
        struct cvn_id came[CHANCE_PEOPLE];
        size_t n = 0;
        bool there[CHANCE_PEOPLE], members = dice_once_in(dice, 2);
        for (size_t i = 0; i < CHANCE_PEOPLE; i++) {
            there[i] = !dice_once_in(dice, 3);
            if (there[i])
                came[n++] = chance->people[i];
        }
        (void)harness_meet(harness, owner, came, n, members);
        for (size_t i = 0; i < CHANCE_PEOPLE; i++)
            for (size_t j = 0; j < CHANCE_PEOPLE; j++) {
                chance->met[i][j] += there[i] && there[j];
                chance->groups[i][j] += there[i] && there[j] && members;
            }
    }
}

/* What the terms of a pair say is what the two did. */
static void expect_told(const struct chance *chance, const Convene__Mentoring__V1__Match *match,
                        size_t mentee)
{
    size_t mentor = 0;
    char met[64], groups[64];
    bool tells_met = false, tells_groups = false;
    while (strcmp(PERSON_TEXT(chance->people[mentor]), match->mentor_id) != 0)
        assert_true(++mentor < CHANCE_MENTORS);
    int n_met = chance->met[mentor][mentee], n_groups = chance->groups[mentor][mentee];
    (void)snprintf(met, sizeof met, "both came to %d meetup%s", n_met, n_met == 1 ? "," : "s,");
    (void)snprintf(groups, sizeof groups, "%d group%s in common", n_groups,
                   n_groups == 1 ? "" : "s");
    for (size_t i = 0; i < match->n_terms; i++) {
        const Convene__Mentoring__V1__ScoreTerm *term = match->terms[i];
        if (strcmp(term->name, "meetups") == 0) {
            tells_met = true;
            assert_memory_equal(term->reason, met, strlen(met));
        } else if (strcmp(term->name, "groups") == 0) {
            tells_groups = true;
            assert_string_equal(term->reason, groups);
        }
    }
    assert_int_equal(tells_met, n_met > 0);
    assert_int_equal(tells_groups, n_groups > 0);
}

static void test_a_run_knows_of_everybody_what_they_did(void **state)
{
    uint64_t dice = 1;
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    struct chance chance = {0};
    struct cvn_id owner;
    Convene__Mentoring__V1__Program empty = CONVENE__MENTORING__V1__PROGRAM__INIT;
    harness_people(harness, chance.people, CHANCE_PEOPLE);
    harness_people_from(harness, &owner, 1, CHANCE_PEOPLE);
    meet_by_chance(&chance, harness, owner, &dice);
    struct id_text program = harness_program(harness, empty);
    for (size_t i = 0; i < CHANCE_PEOPLE; i++) {
        struct enrolment one;
        enrolment_init(&one, i < CHANCE_MENTORS ? MENTOR : MENTEE, program.text, chance.people[i]);
        one.skill.level = i < CHANCE_MENTORS ? 5 : 1;
        one.row.capacity = i < CHANCE_MENTORS ? CHANCE_PEOPLE : 0;
        (void)harness_enrol(&admin, &one);
    }
    struct id_text run = harness_start_run(&admin, program.text, 1);
    assert_int_equal(harness_wait_run(&admin, run.text)->matched_count,
                     CHANCE_PEOPLE - CHANCE_MENTORS);
    for (size_t i = CHANCE_MENTORS; i < CHANCE_PEOPLE; i++) {
        struct id_text person = id_text("per", &chance.people[i]);
        Convene__Mentoring__V1__ExplainMatchRequest request =
            CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
        request.run_id = run.text;
        request.person_id = person.text;
        const Convene__Mentoring__V1__ExplainMatchResponse *reply =
            client_call(&admin, "ExplainMatch", &request);
        assert_non_null(reply);
        expect_told(&chance, reply->matches[0], i);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_private_group_is_not_seen_through_a_run),
        TEST(test_a_manager_who_organises_the_group_sees_it),
        TEST(test_of_what_is_public_who_comes_is_seen),
        TEST(test_a_run_says_who_started_it),
        TEST(test_a_run_ends_with_its_creators_office),
        TEST(test_a_run_ends_with_its_creator),
        TEST(test_people_are_looked_up_on_behalf_of_who_enrols),
        TEST(test_what_has_not_changed_is_not_sent_again),
        TEST(test_of_what_is_known_only_the_rest_is_asked),
        TEST(test_after_one_correction_one_person_is_asked_about),
        TEST(test_time_alone_changes_the_revision),
        TEST(test_a_run_knows_of_everybody_what_they_did),
        TEST(test_reading_is_refused_when_nobody_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
