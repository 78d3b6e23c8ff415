/* Runs of every mode, with what is settled of pairs, and how two runs differ. */
#include "services/mentoring/pair_rule_table.h"
#include "storage/key.h"
#include "storage/txn.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <stdio.h>
#include <string.h>

enum { MENTORS = 3, MENTEES = 4, PEOPLE = MENTORS + MENTEES };

#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name
#define KIND(name) CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_##name
#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

/* Three mentors with one seat each, and four mentees who may all be paired with any of them. */
struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PEOPLE];
    struct id_text program;
    Convene__Mentoring__V1__CreateMatchRunRequest request; /* of the next run */
};

static struct id_text person(const struct scene *scene, size_t i)
{
    return id_text("per", &scene->people[i]);
}

static struct scene scene_of(void **state)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, scene.people, PEOPLE);
    scene.program = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct enrolment one;
        enrolment_init(&one, i < MENTORS ? MENTOR : MENTEE, scene.program.text, scene.people[i]);
        one.skill.level = i < MENTORS ? 5 : 1;
        one.span.end_minute = (19 + (int)(i % 3)) * 60;
        (void)harness_enrol(&scene.admin, &one);
    }
    convene__mentoring__v1__create_match_run_request__init(&scene.request);
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static struct id_text run(struct scene *scene)
{
    struct id_text id;
    scene->request.program_id = scene->program.text;
    const Convene__Mentoring__V1__MatchRun *made =
        client_call(&scene->admin, "CreateMatchRun", &scene->request);
    if (!made)
        fail_msg("%s", scene->admin.status.message);
    strcpy(id.text, made->id);
    return id;
}

static const Convene__Mentoring__V1__MatchRun *run_to_end(struct scene *scene, struct id_text *ret)
{
    *ret = run(scene);
    return harness_wait_run(&scene->admin, ret->text);
}

/* The mentor of a mentee in a run, "" without one; lives until the client's next call. */
static const char *mentor_of(struct scene *scene, const struct id_text *run_id, size_t mentee)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    struct id_text id = person(scene, mentee);
    request.run_id = (char *)(uintptr_t)run_id->text;
    request.person_id = id.text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&scene->admin, "ExplainMatch", &request);
    assert_non_null(reply);
    return reply->matches[0]->mentor_id;
}

static const Convene__Mentoring__V1__PairRule *settle(struct scene *scene, size_t mentee,
                                                      size_t mentor,
                                                      Convene__Mentoring__V1__PairRule__Kind kind)
{
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    struct id_text a = person(scene, mentee), b = person(scene, mentor);
    rule.mentee_id = a.text;
    rule.mentor_id = b.text;
    rule.kind = kind;
    request.program_id = scene->program.text;
    request.pair_rule = &rule;
    return client_call(&scene->admin, "SetPairRule", &request);
}

static void test_every_mode_is_proved_before_it_is_done(void **state)
{
    SCENE scene = scene_of(state);
    for (int mode = MODE(STABLE); mode <= (int)MODE(FAIR); mode++) {
        struct id_text id;
        scene.request.mode = (Convene__Mentoring__V1__MatchMode)mode;
        const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
        assert_string_equal(ended->failure, "");
        assert_int_equal(ended->state, RUN_STATE(DONE));
        assert_int_equal(ended->mode, mode);
        assert_int_equal(ended->matched_count, MENTORS);
        assert_true(ended->proved);
        assert_true(ended->least_score > 0);
        assert_non_null(
            strstr(ended->check, mode == (int)MODE(STABLE) ? "no blocking pair" : "proved over"));
    }
}

/* One candidate each is too few for the best pairs, and three are all there are. */
static void test_all_mentors_count_unless_only_candidates_are_asked_for(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    scene.request.mode = MODE(OPTIMAL);
    int64_t best = run_to_end(&scene, &id)->total_score;
    const Convene__Mentoring__V1__MatchRun *ended;
    scene.request.candidates_per_mentee = 1;
    scene.request.candidates_only = true;
    do { /* until a draw has two of them want the same mentor */
        scene.request.seed++;
        ended = run_to_end(&scene, &id);
        assert_false(ended->all_pairs);
        assert_null(ended->gap);
    } while (ended->total_score == best && scene.request.seed < 50);
    assert_true(ended->total_score < best);
    scene.request.candidates_only = false;
    ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_true(ended->all_pairs);
    assert_int_equal(ended->total_score, best);
    assert_non_null(ended->gap);
    assert_int_equal(ended->gap->total, best);
    assert_true(ended->gap->bound >= best);
    scene.request.mode = MODE(STABLE);
    ended = run_to_end(&scene, &id);
    assert_int_equal(ended->matched_count, MENTORS);
    assert_null(ended->gap);
    assert_non_null(strstr(ended->check, "no other mentor would take who has none"));
    scene.request.mode = MODE(FAIR);
    assert_non_null(run_to_end(&scene, &id)->gap);
}

static void test_explanation_by_prices_says_what_a_pair_would_cost(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    scene.request.mode = MODE(OPTIMAL);
    assert_int_equal(run_to_end(&scene, &id)->state, RUN_STATE(DONE));
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    struct id_text mentee = person(&scene, MENTORS);
    request.run_id = id.text;
    request.person_id = mentee.text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&scene.admin, "ExplainMatch", &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_alternatives, MENTORS);
    for (size_t i = 0; i < reply->n_alternatives; i++) {
        const char *outcome = reply->alternatives[i]->outcome;
        bool known = strcmp(outcome, "paired") == 0 ||
                     strstr(outcome, "would lower the total of all pairs by") ||
                     strstr(outcome, "as good for the whole");
        if (!known)
            fail_msg("\"%s\"", outcome);
    }
}

static void test_locked_pair_is_kept_and_forbidden_pair_is_not_made(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text first, second;
    (void)run_to_end(&scene, &first);
    for (size_t mentee = MENTORS; mentee < PEOPLE; mentee++)
        for (size_t mentor = 0; mentor < 2; mentor++)
            if (mentee == PEOPLE - 1 || mentor == 1)
                assert_non_null(settle(&scene, mentee, mentor, KIND(FORBIDDEN)));
    assert_non_null(settle(&scene, PEOPLE - 1, 2, KIND(LOCKED)));
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &second);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_int_equal(ended->locked_count, 1);
    assert_int_equal(ended->forbidden_count, 5);
    assert_int_equal(ended->matched_count, 2); /* nobody may have mentor 1 */
    assert_string_equal(mentor_of(&scene, &second, PEOPLE - 1), PERSON_TEXT(scene.people[2]));
}

/* mentor-match: a disallowed pair was chosen and silently skipped. Here the run says so. */
static void test_disallowed_pair_that_is_locked_fails_the_run_by_name(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    struct enrolment one;
    char *excluded[1];
    struct id_text mentor = person(&scene, 0);
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED)));
    Convene__Mentoring__V1__UpdateEnrolmentRequest update =
        CONVENE__MENTORING__V1__UPDATE_ENROLMENT_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char field[] = "excluded_ids", *paths[] = {field};
    struct id_text enrolment;
    enrolment_init(&one, MENTEE, scene.program.text, scene.people[MENTORS]);
    Convene__Mentoring__V1__ListEnrolmentsRequest list =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    list.program_id = scene.program.text;
    const Convene__Mentoring__V1__ListEnrolmentsResponse *page =
        client_call(&scene.admin, "ListEnrolments", &list);
    for (size_t i = 0; i < page->n_enrolments; i++)
        if (strcmp(page->enrolments[i]->person_id, one.person.text) == 0)
            strcpy(enrolment.text, page->enrolments[i]->id);
    mask.paths = paths;
    mask.n_paths = 1;
    excluded[0] = mentor.text;
    one.row.id = enrolment.text;
    one.row.excluded_ids = excluded;
    one.row.n_excluded_ids = 1;
    update.enrolment = &one.row;
    update.update_mask = &mask;
    assert_non_null(client_call(&scene.admin, "UpdateEnrolment", &update));
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(FAILED));
    assert_non_null(strstr(ended->failure, "Person 3 is locked with the mentor Person 0"));
    assert_non_null(strstr(ended->failure, "exclusion"));
}

static void test_mentee_is_locked_with_one_mentor_only(void **state)
{
    SCENE scene = scene_of(state);
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED)));
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED))); /* the same again */
    assert_null(settle(&scene, MENTORS, 1, KIND(LOCKED)));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_non_null(settle(&scene, MENTORS, 1, KIND(FORBIDDEN)));
    assert_null(settle(&scene, 0, MENTORS, KIND(LOCKED))); /* the sides are exchanged */
    assert_true(client_blames(&scene.admin, "pair_rule.mentee_id"));
}

static void test_more_locked_than_seats_fails_the_run_by_name(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED)));
    assert_non_null(settle(&scene, MENTORS + 1, 0, KIND(LOCKED)));
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(FAILED));
    assert_non_null(strstr(ended->failure, "Person 0 has 1 free seats and more mentees locked"));
}

static void test_rule_of_a_run_overrules_that_of_the_programme(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id, mentee = person(&scene, MENTORS), mentor = person(&scene, 1);
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT, *rules[1];
    assert_non_null(settle(&scene, MENTORS, 1, KIND(FORBIDDEN)));
    rule.mentee_id = mentee.text;
    rule.mentor_id = mentor.text;
    rule.kind = KIND(LOCKED);
    rules[0] = &rule;
    scene.request.pair_rules = rules;
    scene.request.n_pair_rules = 1;
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_int_equal(ended->locked_count, 1);
    assert_int_equal(ended->forbidden_count, 0);
    assert_string_equal(mentor_of(&scene, &id, MENTORS), mentor.text);
}

static void test_unlock_leaves_the_pair_to_the_runs(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__DeletePairRuleRequest request =
        CONVENE__MENTORING__V1__DELETE_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__ListPairRulesRequest list =
        CONVENE__MENTORING__V1__LIST_PAIR_RULES_REQUEST__INIT;
    struct id_text mentee = person(&scene, MENTORS), mentor = person(&scene, 0);
    request.program_id = list.program_id = scene.program.text;
    request.mentee_id = mentee.text;
    request.mentor_id = mentor.text;
    assert_null(client_call(&scene.admin, "DeletePairRule", &request));
    assert_int_equal(client_code(&scene.admin), CVN_NOT_FOUND);
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED)));
    const Convene__Mentoring__V1__ListPairRulesResponse *page =
        client_call(&scene.admin, "ListPairRules", &list);
    assert_int_equal(page->n_pair_rules, 1);
    assert_string_equal(page->pair_rules[0]->mentor_name, "Person 0");
    assert_non_null(client_call(&scene.admin, "DeletePairRule", &request));
    page = client_call(&scene.admin, "ListPairRules", &list);
    assert_int_equal(page->n_pair_rules, 0);
}

static void withdraw(struct scene *scene, size_t i)
{
    Convene__Mentoring__V1__ListEnrolmentsRequest list =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    Convene__Mentoring__V1__WithdrawEnrolmentRequest request =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    struct id_text id;
    list.program_id = scene->program.text;
    const Convene__Mentoring__V1__ListEnrolmentsResponse *page =
        client_call(&scene->admin, "ListEnrolments", &list);
    for (size_t e = 0; e < page->n_enrolments; e++)
        if (strcmp(page->enrolments[e]->person_id, person(scene, i).text) == 0)
            strcpy(id.text, page->enrolments[e]->id);
    request.id = id.text;
    assert_non_null(client_call(&scene->admin, "WithdrawEnrolment", &request));
}

static const Convene__Mentoring__V1__DiffMatchRunsResponse *
diff(struct scene *scene, const struct id_text *first, const struct id_text *second)
{
    Convene__Mentoring__V1__DiffMatchRunsRequest request =
        CONVENE__MENTORING__V1__DIFF_MATCH_RUNS_REQUEST__INIT;
    request.first_run_id = (char *)(uintptr_t)first->text;
    request.second_run_id = (char *)(uintptr_t)second->text;
    return client_call(&scene->admin, "DiffMatchRuns", &request);
}

static void test_rematch_after_a_dropout_keeps_every_surviving_pair(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text first, kept;
    (void)run_to_end(&scene, &first);
    size_t gone = MENTORS;
    while (mentor_of(&scene, &first, gone)[0] == '\0')
        gone++;
    withdraw(&scene, gone);
    scene.request.base_run_id = first.text;
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &kept);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_int_equal(ended->kept_count, MENTORS - 1);
    assert_int_equal(ended->matched_count, MENTORS);
    const Convene__Mentoring__V1__DiffMatchRunsResponse *d = diff(&scene, &first, &kept);
    assert_non_null(d);
    assert_int_equal(d->same_count, MENTORS - 1);
    assert_int_equal(d->changed_count, 0);
    assert_int_equal(d->gained_count, 1); /* who had waited */
    assert_int_equal(d->lost_count, 1);   /* who withdrew */
    assert_int_equal(d->n_changes, 2);
}

static void test_diff_of_a_run_with_itself_is_empty(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    (void)run_to_end(&scene, &id);
    const Convene__Mentoring__V1__DiffMatchRunsResponse *d = diff(&scene, &id, &id);
    assert_int_equal(d->same_count, MENTORS);
    assert_int_equal(d->n_changes, 0);
    assert_int_equal(d->score_change, 0);
}

static void test_diff_pages_name_each_change_once(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text first, second;
    Convene__Mentoring__V1__DiffMatchRunsRequest request =
        CONVENE__MENTORING__V1__DIFF_MATCH_RUNS_REQUEST__INIT;
    (void)run_to_end(&scene, &first);
    for (size_t mentor = 0; mentor < MENTORS; mentor++)
        for (size_t mentee = MENTORS; mentee < PEOPLE; mentee++)
            assert_non_null(settle(&scene, mentee, mentor, KIND(FORBIDDEN)));
    (void)run_to_end(&scene, &second);
    request.first_run_id = first.text;
    request.second_run_id = second.text;
    request.page_size = 2;
    char token[1024] = "";
    size_t n = 0;
    do {
        request.page_token = token;
        const Convene__Mentoring__V1__DiffMatchRunsResponse *d =
            client_call(&scene.admin, "DiffMatchRuns", &request);
        assert_non_null(d);
        assert_int_equal(d->lost_count, token[0] ? 0 : MENTORS);
        n += d->n_changes;
        (void)snprintf(token, sizeof token, "%s", d->next_page_token);
    } while (token[0]);
    assert_int_equal(n, MENTORS);
}

static void test_run_goes_on_without_events_as_asked(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    harness_lose_events(scene.harness);
    scene.request.events_use = USE(OPTIONAL);
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_false(ended->events_used);
    assert_non_null(strstr(ended->events_note, "not part of the score"));
    assert_int_equal(ended->matched_count, MENTORS);
    scene.request.events_use = USE(NONE);
    ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_non_null(strstr(ended->events_note, "that was asked for"));
    scene.request.events_use = USE(REQUIRED);
    assert_int_equal(run_to_end(&scene, &id)->state, RUN_STATE(FAILED));
}

static void test_run_that_waits_for_events_can_be_cancelled(void **state)
{
    SCENE scene = scene_of(state);
    Convene__Mentoring__V1__CancelMatchRunRequest cancel =
        CONVENE__MENTORING__V1__CANCEL_MATCH_RUN_REQUEST__INIT;
    Convene__Mentoring__V1__GetMatchRunRequest get =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    harness_lose_events(scene.harness);
    scene.request.events_use = USE(WAIT);
    struct id_text id = run(&scene);
    get.id = cancel.id = id.text;
    const Convene__Mentoring__V1__MatchRun *now;
    do {
        now = client_call(&scene.admin, "GetMatchRun", &get);
        assert_true(now->state == RUN_STATE(QUEUED) || now->state == RUN_STATE(RUNNING));
    } while (strcmp(now->phase, "wait for the events service") != 0);
    assert_non_null(client_call(&scene.admin, "CancelMatchRun", &cancel));
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(CANCELLED));
}

/* What is kept is not used when nobody says that it still holds. */
static void test_second_run_asks_again_and_says_as_of_when(void **state)
{
    SCENE scene = scene_of(state);
    struct id_text id;
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_true(ended->events_used);
    harness_set_now_ms(harness_now_ms() + 30 * 1000);
    ended = run_to_end(&scene, &id);
    assert_true(ended->events_used);
    assert_non_null(strstr(ended->events_note, "2026-12-01T12:00:30"));
    harness_lose_events(scene.harness);
    assert_int_equal(run_to_end(&scene, &id)->state, RUN_STATE(FAILED));
}

static void test_pair_rules_of_a_run_up_to_1000(void **state)
{
    SCENE scene = scene_of(state);
    static Convene__Mentoring__V1__PairRule rule, *rules[1001];
    struct id_text mentee = person(&scene, MENTORS), mentor = person(&scene, 0);
    convene__mentoring__v1__pair_rule__init(&rule);
    rule.mentee_id = mentee.text;
    rule.mentor_id = mentor.text;
    rule.kind = KIND(FORBIDDEN);
    for (size_t i = 0; i < 1001; i++)
        rules[i] = &rule;
    harness_hold_runs(scene.harness);
    scene.request.program_id = scene.program.text;
    scene.request.pair_rules = rules;
    scene.request.n_pair_rules = 1001;
    assert_null(client_call(&scene.admin, "CreateMatchRun", &scene.request));
    assert_true(client_blames(&scene.admin, "pair_rules"));
    scene.request.n_pair_rules = 1000;
    assert_non_null(client_call(&scene.admin, "CreateMatchRun", &scene.request));
}

/* Rules about people whom nobody knows, as they stay behind when people are forgotten. */
struct filling {
    struct cvn_id program;
    uint32_t n;
};

static int fill(struct cvn_txn *txn, void *arg)
{
    const struct filling *filling = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    struct cvn_ctx ctx = {.arena = &arena};
    Convene__Mentoring__V1__PairRule row = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    struct cvn_slice packed;
    row.kind = KIND(FORBIDDEN);
    int r = cvn_ctx_pack(&ctx, &row.base, &packed);
    for (uint32_t i = 0; r == 0 && i < filling->n; i++) {
        struct cvn_match_pair_ids pair = {.mentor_id = {{1}}};
        struct cvn_key key;
        memcpy(pair.mentee_id.bytes, &i, sizeof i);
        cvn_pair_rule_key(&key, &filling->program, &pair);
        r = cvn_txn_put(txn, cvn_key_slice(&key), packed);
    }
    return r;
}

static void test_pair_rules_of_a_programme_up_to_10000(void **state)
{
    SCENE scene = scene_of(state);
    struct filling filling = {.n = 9999};
    assert_true(cvn_id_parse(&filling.program, "prg", scene.program.text));
    assert_int_equal(cvn_store_update(scene.harness->store, fill, &filling, 0), 0);
    assert_non_null(settle(&scene, MENTORS, 0, KIND(FORBIDDEN)));
    assert_null(settle(&scene, MENTORS, 1, KIND(FORBIDDEN)));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(scene.admin.status.message, "10000"));
    /* One that is there may change, and one that goes makes room. */
    assert_non_null(settle(&scene, MENTORS, 0, KIND(LOCKED)));
    Convene__Mentoring__V1__DeletePairRuleRequest request =
        CONVENE__MENTORING__V1__DELETE_PAIR_RULE_REQUEST__INIT;
    struct id_text mentee = person(&scene, MENTORS), mentor = person(&scene, 0), id;
    request.program_id = scene.program.text;
    request.mentee_id = mentee.text;
    request.mentor_id = mentor.text;
    assert_non_null(client_call(&scene.admin, "DeletePairRule", &request));
    assert_non_null(settle(&scene, MENTORS, 1, KIND(FORBIDDEN)));
    const Convene__Mentoring__V1__MatchRun *ended = run_to_end(&scene, &id);
    assert_int_equal(ended->state, RUN_STATE(DONE));
    assert_int_equal(ended->forbidden_count, 1); /* of people who are there */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_mode_is_proved_before_it_is_done),
        TEST(test_all_mentors_count_unless_only_candidates_are_asked_for),
        TEST(test_explanation_by_prices_says_what_a_pair_would_cost),
        TEST(test_locked_pair_is_kept_and_forbidden_pair_is_not_made),
        TEST(test_disallowed_pair_that_is_locked_fails_the_run_by_name),
        TEST(test_mentee_is_locked_with_one_mentor_only),
        TEST(test_more_locked_than_seats_fails_the_run_by_name),
        TEST(test_rule_of_a_run_overrules_that_of_the_programme),
        TEST(test_unlock_leaves_the_pair_to_the_runs),
        TEST(test_rematch_after_a_dropout_keeps_every_surviving_pair),
        TEST(test_diff_of_a_run_with_itself_is_empty),
        TEST(test_diff_pages_name_each_change_once),
        TEST(test_run_goes_on_without_events_as_asked),
        TEST(test_run_that_waits_for_events_can_be_cancelled),
        TEST(test_second_run_asks_again_and_says_as_of_when),
        TEST(test_pair_rules_of_a_run_up_to_1000),
        TEST(test_pair_rules_of_a_programme_up_to_10000),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
