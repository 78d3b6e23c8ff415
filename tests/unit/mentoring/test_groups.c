/* A programme of groups: each mentor's mentees meet at one time that all of them share. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <string.h>

#define FORMAT(name) CONVENE__MENTORING__V1__PROGRAM__FORMAT__FORMAT_##name

enum { MON = 1, FRI = 5, PEOPLE = 6, EARLY_UTC = 17, LATE_UTC = 19, HOURS = 2 };

/*
 * In Berlin in winter, an hour ahead of UTC. Person 0 is the mentor, free on Monday from 18 to 24
 * o'clock; persons 1 and 2 can come from 18 to 20, person 3 from 20 to 22, person 4 on Friday,
 * person 5 from 18 to 22.
 */
static const struct {
    int weekday, first, last;
} free_hours[PEOPLE] = {{MON, 18, 24}, {MON, 18, 20}, {MON, 18, 20},
                        {MON, 20, 22}, {FRI, 18, 20}, {MON, 18, 22}};

struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PEOPLE];
    struct id_text ids[PEOPLE];
    struct id_text program;
};

static void enrol(struct scene *scene, size_t i, int32_t capacity)
{
    struct enrolment one;
    enrolment_init(&one, capacity ? MENTOR : MENTEE, scene->program.text, scene->people[i]);
    one.row.capacity = capacity;
    one.skill.level = capacity ? 5 : 1;
    one.span.weekday = free_hours[i].weekday;
    one.span.start_minute = free_hours[i].first * 60;
    one.span.end_minute = free_hours[i].last * 60;
    (void)harness_enrol(&scene->admin, &one);
}

static struct scene scene_of(void **state, int32_t capacity)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.format = FORMAT(GROUP);
    program.session_hours = HOURS;
    harness_people(*state, scene.people, PEOPLE);
    for (size_t i = 0; i < PEOPLE; i++)
        scene.ids[i] = id_text("per", &scene.people[i]);
    scene.program = harness_program(*state, program);
    enrol(&scene, 0, capacity);
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static struct id_text run_from(struct scene *scene, const struct id_text *base, int32_t matched)
{
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    struct id_text id;
    request.program_id = scene->program.text;
    request.base_run_id = base ? (char *)(uintptr_t)base->text : request.base_run_id;
    const Convene__Mentoring__V1__MatchRun *run =
        client_call(&scene->admin, "CreateMatchRun", &request);
    assert_non_null(run);
    strcpy(id.text, run->id);
    run = harness_wait_run(&scene->admin, id.text);
    assert_string_equal(run->failure, "");
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_int_equal(run->matched_count, matched);
    assert_int_equal(run->session_hours, HOURS);
    assert_int_equal(run->group_count, matched > 0);
    assert_int_equal(run->kept_count, base != NULL);
    assert_non_null(strstr(run->check, "everybody is free when their group meets"));
    return id;
}

static struct id_text run(struct scene *scene, int32_t matched)
{
    return run_from(scene, NULL, matched);
}

static const Convene__Mentoring__V1__ExplainMatchResponse *
explain(struct scene *scene, const struct id_text *run_id, size_t person)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = (char *)(uintptr_t)run_id->text;
    request.person_id = scene->ids[person].text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&scene->admin, "ExplainMatch", &request);
    assert_non_null(reply);
    return reply;
}

static void assert_meeting(const Convene__Mentoring__V1__MeetingTime *meeting, int32_t utc_hour)
{
    assert_non_null(meeting);
    assert_int_equal(meeting->utc_hour, utc_hour);
    assert_int_equal(meeting->hours, HOURS);
}

/* That the mentee is in the mentor's group, and when it meets; or for -1 why in none. */
static void assert_in_group(struct scene *scene, const struct id_text *run_id, size_t person,
                            int32_t utc_hour, const char *why)
{
    const Convene__Mentoring__V1__Match *match = explain(scene, run_id, person)->matches[0];
    if (utc_hour >= 0) {
        assert_string_equal(match->unmatched_reason, "");
        assert_meeting(match->meeting, utc_hour);
    } else {
        assert_null(match->meeting);
        assert_non_null(strstr(match->unmatched_reason, why));
    }
}

static const Convene__Mentoring__V1__PublishMatchRunResponse *publish(struct scene *scene,
                                                                      const struct id_text *run_id)
{
    Convene__Mentoring__V1__PublishMatchRunRequest request =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    request.run_id = (char *)(uintptr_t)run_id->text;
    return client_call(&scene->admin, "PublishMatchRun", &request);
}

/* The mentorship of a mentee. */
static const Convene__Mentoring__V1__Mentorship *mentorship_of(struct scene *scene, size_t person)
{
    Convene__Mentoring__V1__ListMentorshipsRequest request =
        CONVENE__MENTORING__V1__LIST_MENTORSHIPS_REQUEST__INIT;
    request.program_id = scene->program.text;
    request.person_id = scene->ids[person].text;
    const Convene__Mentoring__V1__ListMentorshipsResponse *reply =
        client_call(&scene->admin, "ListMentorships", &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_mentorships, 1);
    return reply->mentorships[0];
}

static void test_mentees_share_the_time_that_suits_most_of_them(void **state)
{
    SCENE scene = scene_of(state, 3);
    for (size_t i = 1; i < 5; i++)
        enrol(&scene, i, 0);
    struct id_text id = run(&scene, 2);
    assert_in_group(&scene, &id, 1, EARLY_UTC, NULL);
    assert_in_group(&scene, &id, 2, EARLY_UTC, NULL);
    assert_in_group(&scene, &id, 3, -1, "1 mentor could have met the mentee for 2 hours");
    assert_in_group(&scene, &id, 4, -1, "ever free for 2 hours in a row");
    const Convene__Mentoring__V1__ExplainMatchResponse *mentor = explain(&scene, &id, 0);
    assert_int_equal(mentor->n_matches, 2);
    assert_meeting(mentor->meeting, EARLY_UTC);
    assert_int_equal(mentor->free, 1);

    /* The time goes on into the mentorships and into the report. */
    assert_non_null(publish(&scene, &id));
    assert_meeting(mentorship_of(&scene, 1)->meeting, EARLY_UTC);
    assert_meeting(mentorship_of(&scene, 2)->meeting, EARLY_UTC);
    Convene__Mentoring__V1__GetProgramReportRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REPORT_REQUEST__INIT;
    request.id = scene.program.text;
    const Convene__Mentoring__V1__ProgramReport *report =
        client_call(&scene.admin, "GetProgramReport", &request);
    assert_non_null(report);
    assert_int_equal(report->n_groups, 1);
    assert_string_equal(report->groups[0]->mentor_name, "Person 0");
    assert_meeting(report->groups[0]->meeting, EARLY_UTC);
    assert_int_equal(report->groups[0]->n_mentee_names, 2);
    assert_string_equal(report->groups[0]->mentee_names[0], "Person 1");
    assert_string_equal(report->groups[0]->mentee_names[1], "Person 2");
}

/* Whoever joins later comes when the group meets, though others would be worth more together. */
static void test_group_that_meets_keeps_its_time(void **state)
{
    SCENE scene = scene_of(state, 4);
    enrol(&scene, 3, 0);
    struct id_text id = run(&scene, 1);
    assert_non_null(publish(&scene, &id));
    assert_meeting(mentorship_of(&scene, 3)->meeting, LATE_UTC);
    enrol(&scene, 1, 0);
    enrol(&scene, 2, 0);
    enrol(&scene, 5, 0);
    id = run(&scene, 1);
    assert_in_group(&scene, &id, 5, LATE_UTC, NULL);
    assert_in_group(&scene, &id, 1, -1, "ever free for 2 hours in a row");
    assert_non_null(publish(&scene, &id));
    assert_meeting(mentorship_of(&scene, 5)->meeting, LATE_UTC);
}

/* Two runs may choose two times; once one is published the other is stale. */
static void test_pairs_of_another_time_are_not_published(void **state)
{
    SCENE scene = scene_of(state, 4);
    enrol(&scene, 3, 0);
    struct id_text late = run(&scene, 1);
    enrol(&scene, 1, 0);
    enrol(&scene, 2, 0);
    struct id_text early = run(&scene, 2);
    assert_non_null(publish(&scene, &early));
    assert_null(publish(&scene, &late));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_non_null(strstr(scene.admin.status.message, "meets a group at another time"));
}

/* Who stays with the mentor, whose group meets at another time, is among the changes. */
static void test_diff_tells_that_a_group_meets_at_another_time(void **state)
{
    SCENE scene = scene_of(state, 4);
    Convene__Mentoring__V1__DiffMatchRunsRequest request =
        CONVENE__MENTORING__V1__DIFF_MATCH_RUNS_REQUEST__INIT;
    enrol(&scene, 3, 0);
    enrol(&scene, 5, 0);
    struct id_text late = run(&scene, 2);
    enrol(&scene, 1, 0);
    enrol(&scene, 2, 0);
    struct id_text early = run(&scene, 3);
    request.first_run_id = late.text;
    request.second_run_id = early.text;
    const Convene__Mentoring__V1__DiffMatchRunsResponse *d =
        client_call(&scene.admin, "DiffMatchRuns", &request);
    assert_non_null(d);
    assert_int_equal(d->same_count, 1);
    assert_int_equal(d->moved_count, 1);
    assert_int_equal(d->changed_count, 0);
    assert_int_equal(d->gained_count, 2);
    assert_int_equal(d->lost_count, 1);
    assert_int_equal(d->n_changes, 4);
    for (size_t i = 0; i < d->n_changes; i++) {
        const Convene__Mentoring__V1__MatchChange *change = d->changes[i];
        bool moved = strcmp(change->mentee_id, scene.ids[5].text) == 0;
        bool lost = strcmp(change->mentee_id, scene.ids[3].text) == 0;
        assert_int_equal(change->kind == CONVENE__MENTORING__V1__MATCH_CHANGE__KIND__KIND_MOVED,
                         moved);
        if (moved || lost)
            assert_meeting(change->first_meeting, LATE_UTC);
        else
            assert_null(change->first_meeting);
        if (lost)
            assert_null(change->second_meeting);
        else
            assert_meeting(change->second_meeting, EARLY_UTC);
    }
    request.second_run_id = late.text;
    d = client_call(&scene.admin, "DiffMatchRuns", &request);
    assert_int_equal(d->same_count, 2);
    assert_int_equal(d->moved_count, 0);
    assert_int_equal(d->n_changes, 0);
}

static void lock(struct scene *scene, size_t person)
{
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    rule.mentee_id = scene->ids[person].text;
    rule.mentor_id = scene->ids[0].text;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_LOCKED;
    request.program_id = scene->program.text;
    request.pair_rule = &rule;
    assert_non_null(client_call(&scene->admin, "SetPairRule", &request));
}

static bool lint_finds(struct scene *scene, const char *code)
{
    Convene__Mentoring__V1__CheckProgramRequest request =
        CONVENE__MENTORING__V1__CHECK_PROGRAM_REQUEST__INIT;
    request.id = scene->program.text;
    const Convene__Mentoring__V1__CheckProgramResponse *reply =
        client_call(&scene->admin, "CheckProgram", &request);
    assert_non_null(reply);
    for (size_t i = 0; i < reply->n_findings; i++)
        if (strcmp(reply->findings[i]->code, code) == 0)
            return true;
    return false;
}

static void test_locked_mentees_decide_the_time(void **state)
{
    SCENE scene = scene_of(state, 4);
    for (size_t i = 1; i < 4; i++)
        enrol(&scene, i, 0);
    lock(&scene, 3);
    struct id_text id = run(&scene, 1);
    assert_in_group(&scene, &id, 3, LATE_UTC, NULL);
    assert_false(lint_finds(&scene, "LOCK_IMPOSSIBLE"));
    lock(&scene, 1);
    assert_true(lint_finds(&scene, "LOCK_IMPOSSIBLE"));
    id = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *ended = harness_wait_run(&scene.admin, id.text);
    assert_int_equal(ended->state, RUN_STATE(FAILED));
    assert_non_null(strstr(ended->failure, "share no 2 hours in a row"));
}

static const Convene__Mentoring__V1__Program *update(struct scene *scene, int format, int32_t hours)
{
    Convene__Mentoring__V1__UpdateProgramRequest request =
        CONVENE__MENTORING__V1__UPDATE_PROGRAM_REQUEST__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[] = {(char *)"format", (char *)"session_hours"};
    program.id = scene->program.text;
    program.format = (Convene__Mentoring__V1__Program__Format)format;
    program.session_hours = hours;
    mask.paths = paths;
    mask.n_paths = 2;
    request.program = &program;
    request.update_mask = &mask;
    return client_call(&scene->admin, "UpdateProgram", &request);
}

/* What is kept of another run is kept with a time that those who are kept share. */
static void test_kept_pairs_decide_the_time(void **state)
{
    SCENE scene = scene_of(state, 4);
    enrol(&scene, 3, 0);
    struct id_text base = run(&scene, 1);
    enrol(&scene, 1, 0);
    enrol(&scene, 2, 0);
    struct id_text id = run_from(&scene, &base, 1);
    assert_in_group(&scene, &id, 3, LATE_UTC, NULL);
    assert_in_group(&scene, &id, 1, -1, "could have met");
}

/* Of kept pairs that share no time the first stays: a run of pairs may be the base of groups. */
static void test_pairs_that_share_no_time_are_not_all_kept(void **state)
{
    SCENE scene = scene_of(state, 4);
    assert_non_null(update(&scene, FORMAT(ONE_TO_ONE), 0));
    enrol(&scene, 1, 0);
    enrol(&scene, 3, 0);
    struct id_text base = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(harness_wait_run(&scene.admin, base.text)->matched_count, 2);
    assert_non_null(update(&scene, FORMAT(GROUP), HOURS));
    struct id_text id = run_from(&scene, &base, 1);
    assert_in_group(&scene, &id, 1, EARLY_UTC, NULL);
    assert_in_group(&scene, &id, 3, -1, "could have met");
}

static void test_replacement_joins_the_group(void **state)
{
    SCENE scene = scene_of(state, 2);
    enrol(&scene, 1, 0);
    enrol(&scene, 2, 0);
    struct id_text id = run(&scene, 2);
    assert_non_null(publish(&scene, &id));
    enrol(&scene, 3, 0);
    enrol(&scene, 5, 0);
    struct id_text declined;
    strcpy(declined.text, mentorship_of(&scene, 1)->id);
    Convene__Mentoring__V1__DeclineMentorshipRequest decline =
        CONVENE__MENTORING__V1__DECLINE_MENTORSHIP_REQUEST__INIT;
    decline.id = declined.text;
    decline.role = MENTEE;
    assert_non_null(client_call(&scene.admin, "DeclineMentorship", &decline));
    Convene__Mentoring__V1__ReplaceMentorshipRequest replace =
        CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
    replace.id = declined.text;
    const Convene__Mentoring__V1__ReplaceMentorshipResponse *reply =
        client_call(&scene.admin, "ReplaceMentorship", &replace);
    assert_non_null(reply);
    assert_int_equal(reply->n_mentorships, 1);
    assert_string_equal(reply->mentorships[0]->mentee_name, "Person 5");
    assert_meeting(reply->mentorships[0]->meeting, EARLY_UTC);
}

static void test_format_is_changed_by_mask_within_its_limits(void **state)
{
    SCENE scene = scene_of(state, 4);
    assert_int_equal(update(&scene, FORMAT(GROUP), 8)->session_hours, 8);
    assert_true(lint_finds(&scene, "GROUP_NO_TIME")); /* the mentor has 6 hours */
    assert_int_equal(update(&scene, FORMAT(GROUP), 6)->session_hours, 6);
    assert_false(lint_finds(&scene, "GROUP_NO_TIME"));
    assert_null(update(&scene, FORMAT(GROUP), 9));
    assert_true(client_blames(&scene.admin, "program.session_hours"));
    assert_null(update(&scene, FORMAT(GROUP), -1));
    assert_true(client_blames(&scene.admin, "program.session_hours"));
    assert_null(update(&scene, FORMAT(GROUP) + 1, 1));
    assert_true(client_blames(&scene.admin, "program.format"));
}

/* As before there were groups: each pair by itself, and nobody meets at a set time. */
static void test_programme_of_one_to_one_has_no_times(void **state)
{
    SCENE scene = scene_of(state, 4);
    assert_int_equal(update(&scene, FORMAT(ONE_TO_ONE), 0)->format, FORMAT(ONE_TO_ONE));
    for (size_t i = 1; i < 4; i++)
        enrol(&scene, i, 0);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *ended = harness_wait_run(&scene.admin, id.text);
    assert_int_equal(ended->matched_count, 3);
    assert_int_equal(ended->session_hours, 0);
    assert_int_equal(ended->group_count, 0);
    assert_null(explain(&scene, &id, 3)->matches[0]->meeting);
    assert_null(explain(&scene, &id, 0)->meeting);
    assert_non_null(publish(&scene, &id));
    assert_null(mentorship_of(&scene, 3)->meeting);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mentees_share_the_time_that_suits_most_of_them),
        TEST(test_group_that_meets_keeps_its_time),
        TEST(test_pairs_of_another_time_are_not_published),
        TEST(test_diff_tells_that_a_group_meets_at_another_time),
        TEST(test_locked_mentees_decide_the_time),
        TEST(test_kept_pairs_decide_the_time),
        TEST(test_pairs_that_share_no_time_are_not_all_kept),
        TEST(test_replacement_joins_the_group),
        TEST(test_format_is_changed_by_mask_within_its_limits),
        TEST(test_programme_of_one_to_one_has_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
