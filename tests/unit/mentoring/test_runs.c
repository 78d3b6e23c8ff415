#include "rpc/message.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/harness.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { PEOPLE = 40, MENTORS = 10, MENTEES = PEOPLE - MENTORS, WAITING_MAX = 16 };

/* A programme of 10 mentors and 30 mentees: three for each mentor, and different levels. */
struct scene {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PEOPLE]; /* the mentors first */
    struct id_text program;
};

static void fill(struct scene *scene, const char *program_id, bool backwards)
{
    for (size_t k = 0; k < PEOPLE; k++) {
        size_t i = backwards ? PEOPLE - 1 - k : k;
        struct enrolment one;
        enrolment_init(&one, i < MENTORS ? MENTOR : MENTEE, program_id, scene->people[i]);
        one.skill.level = i < MENTORS ? 3 + (int)(i % 3) : 1 + (int)(i % 2);
        one.span.end_minute = (20 + (int)(i % 3)) * 60;
        one.row.capacity = i < MENTORS ? 2 : 0;
        (void)harness_enrol(&scene->admin, &one);
    }
}

static struct scene empty_scene(void **state)
{
    struct scene scene = {.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, scene.people, PEOPLE);
    scene.program = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    return scene;
}

static struct scene full_scene(void **state)
{
    struct scene scene = empty_scene(state);
    fill(&scene, scene.program.text, false);
    return scene;
}

static void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

#define SCENE __attribute__((cleanup(scene_end))) struct scene

static const Convene__Mentoring__V1__ListMatchesResponse *
list(struct client *client, const char *run_id, const char *token, bool unmatched_only)
{
    Convene__Mentoring__V1__ListMatchesRequest request =
        CONVENE__MENTORING__V1__LIST_MATCHES_REQUEST__INIT;
    request.run_id = (char *)(uintptr_t)run_id;
    request.page_size = 7;
    request.page_token = (char *)(uintptr_t)token;
    request.unmatched_only = unmatched_only;
    return client_call(client, "ListMatches", &request);
}

static const Convene__Mentoring__V1__ExplainMatchResponse *
explain(struct client *client, const char *run_id, const char *person_id)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = (char *)(uintptr_t)run_id;
    request.person_id = (char *)(uintptr_t)person_id;
    return client_call(client, "ExplainMatch", &request);
}

static const Convene__Mentoring__V1__MatchRun *cancel(struct client *client, const char *run_id)
{
    Convene__Mentoring__V1__CancelMatchRunRequest request =
        CONVENE__MENTORING__V1__CANCEL_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)(uintptr_t)run_id;
    return client_call(client, "CancelMatchRun", &request);
}

static const Convene__Mentoring__V1__MatchRun *get(struct client *client, const char *run_id)
{
    Convene__Mentoring__V1__GetMatchRunRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)(uintptr_t)run_id;
    const Convene__Mentoring__V1__MatchRun *run = client_call(client, "GetMatchRun", &request);
    assert_non_null(run);
    return run;
}

static void test_run_pairs_and_checks(void **state)
{
    SCENE scene = full_scene(state);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, id.text);
    assert_string_equal(run->failure, "");
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_int_equal(run->mentor_count, MENTORS);
    assert_int_equal(run->mentee_count, MENTEES);
    assert_int_equal(run->seat_count, 2 * MENTORS);
    assert_int_equal(run->matched_count, 2 * MENTORS);
    assert_int_equal(strlen(run->input_digest), 64);
    assert_non_null(strstr(run->check, "no blocking pair"));
    assert_true(run->total_score > 0);

    size_t seen = 0, matched = 0, unmatched = 0;
    char token[1024] = "", last[CVN_ID_TEXT_BYTES] = "";
    do {
        const Convene__Mentoring__V1__ListMatchesResponse *page =
            list(&scene.admin, id.text, token, false);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_matches; i++, seen++) {
            const Convene__Mentoring__V1__Match *match = page->matches[i];
            assert_true(strcmp(last, match->mentee_enrolment_id) < 0);
            (void)snprintf(last, sizeof last, "%s", match->mentee_enrolment_id);
            assert_int_equal(match->unmatched_reason[0] == '\0', match->mentor_id[0] != '\0');
            matched += match->mentor_id[0] != '\0';
            if (match->mentor_id[0])
                assert_true(match->n_terms > 0 && match->terms[0]->reason[0]);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, MENTEES);
    assert_int_equal(matched, 2 * MENTORS);
    do {
        const Convene__Mentoring__V1__ListMatchesResponse *page =
            list(&scene.admin, id.text, token, true);
        assert_non_null(page);
        unmatched += page->n_matches;
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(unmatched, MENTEES - 2 * MENTORS);
}

static void test_run_of_an_empty_programme(void **state)
{
    SCENE scene = empty_scene(state);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, id.text);
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_int_equal(run->matched_count, 0);
    assert_int_equal(list(&scene.admin, id.text, "", false)->n_matches, 0);
}

/* The pairs of a run, mentee and mentor, as text: two runs are compared by it. */
static char *pairs_of(struct scene *scene, struct cvn_arena *arena, const char *run_id)
{
    char *text = cvn_arena_strdup(arena, ""), token[1024] = "";
    do {
        const Convene__Mentoring__V1__ListMatchesResponse *page =
            list(&scene->admin, run_id, token, false);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_matches; i++) {
            Convene__Mentoring__V1__Match *match = page->matches[i];
            struct cvn_slice packed;
            match->run_id = (char *)(uintptr_t)protobuf_c_empty_string;
            assert_int_equal(cvn_message_pack(&match->base, arena, &packed), 0);
            text = cvn_arena_printf(arena, "%s%s %s %zu\n", text, match->mentee_id,
                                    match->mentor_id, packed.len);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    return text;
}

static void test_same_seed_gives_the_same_pairs(void **state)
{
    SCENE scene = full_scene(state);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    char digest[65];
    struct id_text one = harness_start_run(&scene.admin, scene.program.text, 42);
    strcpy(digest, harness_wait_run(&scene.admin, one.text)->input_digest);
    struct id_text two = harness_start_run(&scene.admin, scene.program.text, 42);
    assert_string_equal(harness_wait_run(&scene.admin, two.text)->input_digest, digest);
    assert_string_equal(pairs_of(&scene, &arena, one.text), pairs_of(&scene, &arena, two.text));
}

static void test_order_of_enrolment_changes_nothing(void **state)
{
    SCENE scene = full_scene(state);
    char digest[65];
    struct id_text one = harness_start_run(&scene.admin, scene.program.text, 42);
    strcpy(digest, harness_wait_run(&scene.admin, one.text)->input_digest);
    struct id_text other = harness_program(
        *state, (Convene__Mentoring__V1__Program)CONVENE__MENTORING__V1__PROGRAM__INIT);
    fill(&scene, other.text, true);
    struct id_text two = harness_start_run(&scene.admin, other.text, 42);
    assert_string_equal(harness_wait_run(&scene.admin, two.text)->input_digest, digest);
}

static void test_results_unreadable_while_running(void **state)
{
    SCENE scene = full_scene(state);
    harness_hold_runs(scene.harness);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(get(&scene.admin, id.text)->state, RUN_STATE(QUEUED));
    assert_null(list(&scene.admin, id.text, "", false));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_non_null(strstr(scene.admin.status.message, "waits for others"));
    assert_null(explain(&scene.admin, id.text, PERSON_TEXT(scene.people[0])));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    harness_release_runs(scene.harness);
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(DONE));
    assert_non_null(list(&scene.admin, id.text, "", false));
}

static void test_queued_run_goes_on_after_a_restart(void **state)
{
    SCENE scene = full_scene(state);
    harness_hold_runs(scene.harness);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    harness_restart(scene.harness);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, id.text);
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_int_equal(run->matched_count, 2 * MENTORS);
}

static void test_run_interrupted_while_worked_on(void **state)
{
    SCENE scene = full_scene(state);
    harness_close_gate();
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    while (strcmp(get(&scene.admin, id.text)->phase, "ask where people met") != 0)
        (void)sched_yield();
    /* Told to stop first, as cvn_mentoring_stop does before it waits. */
    cvn_run_queue_ask_to_stop(&scene.harness->service->queue);
    harness_open_gate();
    harness_restart(scene.harness);
    const Convene__Mentoring__V1__MatchRun *run = get(&scene.admin, id.text);
    assert_int_equal(run->state, RUN_STATE(INTERRUPTED));
    assert_string_not_equal(run->failure, "");
    assert_non_null(run->end_time);
    assert_null(list(&scene.admin, id.text, "", false));
    id = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(DONE));
}

static void test_cancel_one_that_waits(void **state)
{
    SCENE scene = full_scene(state);
    harness_hold_runs(scene.harness);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(cancel(&scene.admin, id.text)->state, RUN_STATE(CANCELLED));
    harness_release_runs(scene.harness);
    struct id_text next = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(harness_wait_run(&scene.admin, next.text)->state, RUN_STATE(DONE));
    assert_int_equal(get(&scene.admin, id.text)->state, RUN_STATE(CANCELLED));
    assert_null(cancel(&scene.admin, id.text));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_null(cancel(&scene.admin, next.text));
}

static void test_cancel_one_that_is_worked_on(void **state)
{
    SCENE scene = full_scene(state);
    harness_close_gate();
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    while (strcmp(get(&scene.admin, id.text)->phase, "ask where people met") != 0)
        (void)sched_yield();
    assert_non_null(cancel(&scene.admin, id.text));
    harness_open_gate();
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(CANCELLED));
    assert_null(list(&scene.admin, id.text, "", false));
    id = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(DONE));
}

/* Asks a run to stop as soon as it is at a step, and counts what it tells of its steps after. */
struct stopping {
    enum cvn_run_step step;
    atomic_uint n_reached, n_after;
};

static void stop_at(void *arg, struct cvn_run_slot *slot)
{
    struct stopping *stopping = arg;
    if (atomic_load(&stopping->n_reached) > 0)
        (void)atomic_fetch_add(&stopping->n_after, 1);
    else if (slot->step == stopping->step) {
        (void)atomic_fetch_add(&stopping->n_reached, 1);
        atomic_store(&slot->cancel, true);
    }
}

/* In whatever step: the next time that a run looks whether it is to stop, it does. */
static void test_cancel_in_each_step_takes_effect_at_once(void **state)
{
    SCENE scene = full_scene(state);
    struct cvn_run_queue *queue = &scene.harness->service->queue;
    struct stopping stopping;
    for (int step = 0; step < CVN_RUN_STEPS; step++) {
        stopping = (struct stopping){.step = (enum cvn_run_step)step};
        harness_hold_runs(scene.harness);
        queue->told_arg = &stopping;
        queue->told = stop_at;
        struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
        harness_release_runs(scene.harness);
        const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, id.text);
        if (run->state != RUN_STATE(CANCELLED) || stopping.n_reached != 1 || stopping.n_after != 0)
            fail_msg("step %d: state %d, reached %u, then told %u more", step, (int)run->state,
                     stopping.n_reached, stopping.n_after);
        assert_null(list(&scene.admin, id.text, "", false));
    }
    harness_hold_runs(scene.harness);
    queue->told = NULL;
    harness_release_runs(scene.harness);
}

static int put_state(struct cvn_txn *txn, void *arg, Convene__Mentoring__V1__MatchRun__State state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    struct cvn_id id;
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *run;
    if (!cvn_id_parse(&id, CVN_RUN_PREFIX, arg))
        return -EINVAL;
    cvn_run_key(&key, &id);
    int r = cvn_mentoring_get(&ctx, &key, &convene__mentoring__v1__match_run__descriptor, &run);
    if (r)
        return r;
    run->state = state;
    return cvn_mentoring_put(&ctx, &cvn_run_table, &key, &run->base);
}

/* As when the cancelling comes between the thread's reading the row and its saying so. */
static int put_cancelled(struct cvn_txn *txn, void *arg)
{
    return put_state(txn, arg, RUN_STATE(CANCELLED));
}

static int put_running(struct cvn_txn *txn, void *arg)
{
    return put_state(txn, arg, RUN_STATE(RUNNING));
}

static size_t count_rows(struct scene *scene, uint8_t space)
{
    struct cvn_txn *snapshot;
    struct cvn_key lo, hi;
    struct cvn_slice key;
    size_t n = 0;
    cvn_key_begin(&lo, space);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    assert_int_equal(cvn_store_snapshot(scene->harness->store, &snapshot), 0);
    {
        CVN_CURSOR_AUTO cursor;
        assert_int_equal(
            cvn_cursor_init(&cursor, snapshot, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD),
            0);
        while (cvn_cursor_next(&cursor, &key, NULL) == 0)
            n++;
    }
    cvn_snapshot_release(snapshot);
    return n;
}

/* As when the server is killed while a run stores its results. */
static void test_killed_run_leaves_no_results(void **state)
{
    SCENE scene = full_scene(state);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    (void)harness_wait_run(&scene.admin, id.text);
    assert_int_equal(count_rows(&scene, CVN_SPACE_RESULTS), PEOPLE);
    assert_int_equal(count_rows(&scene, CVN_SPACE_RUN_INPUTS), 1);
    assert_int_equal(cvn_store_update(scene.harness->store, put_running, id.text, 0), 0);
    harness_restart(scene.harness);
    assert_int_equal(get(&scene.admin, id.text)->state, RUN_STATE(INTERRUPTED));
    assert_int_equal(count_rows(&scene, CVN_SPACE_RESULTS), 0);
    assert_int_equal(count_rows(&scene, CVN_SPACE_RUN_INPUTS), 0);
}

static void test_cancelled_run_stays_cancelled(void **state)
{
    SCENE scene = full_scene(state);
    harness_close_gate();
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    while (strcmp(get(&scene.admin, id.text)->phase, "ask where people met") != 0)
        (void)sched_yield();
    assert_int_equal(cvn_store_update(scene.harness->store, put_cancelled, id.text, 0), 0);
    harness_open_gate();
    struct id_text next = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_int_equal(harness_wait_run(&scene.admin, next.text)->state, RUN_STATE(DONE));
    assert_int_equal(get(&scene.admin, id.text)->state, RUN_STATE(CANCELLED));
}

static void test_run_without_events_service(void **state)
{
    SCENE scene = full_scene(state);
    harness_lose_events(scene.harness);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, id.text);
    assert_int_equal(run->state, RUN_STATE(FAILED));
    assert_non_null(strstr(run->failure, "events service"));
    assert_null(list(&scene.admin, id.text, "", false));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
}

static void test_16_runs_wait_and_no_more(void **state)
{
    SCENE scene = empty_scene(state);
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = scene.program.text;
    harness_hold_runs(scene.harness);
    struct id_text id;
    for (int i = 0; i < WAITING_MAX; i++)
        id = harness_start_run(&scene.admin, scene.program.text, 1);
    assert_null(client_call(&scene.admin, "CreateMatchRun", &request));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    harness_release_runs(scene.harness);
    assert_int_equal(harness_wait_run(&scene.admin, id.text)->state, RUN_STATE(DONE));
    assert_non_null(client_call(&scene.admin, "CreateMatchRun", &request));
}

static void test_create_keeps_the_limits(void **state)
{
    SCENE scene = empty_scene(state);
    harness_hold_runs(scene.harness);
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = scene.program.text;
    request.candidates_per_mentee = 256;
    assert_non_null(client_call(&scene.admin, "CreateMatchRun", &request));
    request.candidates_per_mentee = 257;
    assert_null(client_call(&scene.admin, "CreateMatchRun", &request));
    assert_true(client_blames(&scene.admin, "candidates_per_mentee"));
    request.candidates_per_mentee = -1;
    assert_null(client_call(&scene.admin, "CreateMatchRun", &request));
    request.candidates_per_mentee = 0;
    request.mode = (Convene__Mentoring__V1__MatchMode)5;
    assert_null(client_call(&scene.admin, "CreateMatchRun", &request));
    assert_true(client_blames(&scene.admin, "mode"));
}

static void test_runs_listed_newest_first(void **state)
{
    SCENE scene = empty_scene(state);
    enum { N = 5 };
    struct id_text ids[N];
    char token[1024] = "";
    harness_hold_runs(scene.harness);
    for (int i = 0; i < N; i++) {
        harness_set_now_ms(harness_now_ms() + 1);
        ids[i] = harness_start_run(&scene.admin, scene.program.text, 1);
    }
    int seen = 0;
    do {
        Convene__Mentoring__V1__ListMatchRunsRequest request =
            CONVENE__MENTORING__V1__LIST_MATCH_RUNS_REQUEST__INIT;
        request.program_id = scene.program.text;
        request.page_size = 2;
        request.page_token = token;
        const Convene__Mentoring__V1__ListMatchRunsResponse *page =
            client_call(&scene.admin, "ListMatchRuns", &request);
        assert_non_null(page);
        for (size_t i = 0; i < page->n_match_runs; i++, seen++) {
            assert_true(seen < N);
            assert_string_equal(page->match_runs[i]->id, ids[N - 1 - seen].text);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    assert_int_equal(seen, N);
}

static void test_runs_are_for_managers(void **state)
{
    SCENE scene = empty_scene(state);
    struct id_text id = harness_start_run(&scene.admin, scene.program.text, 1);
    (void)harness_wait_run(&scene.admin, id.text);
    CLIENT stranger = client_of(scene.harness, scene.people[0]);
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = scene.program.text;
    assert_null(client_call(&stranger, "CreateMatchRun", &request));
    assert_int_equal(client_code(&stranger), CVN_PERMISSION_DENIED);
    assert_null(list(&stranger, id.text, "", false));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
    assert_null(cancel(&stranger, id.text));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_run_pairs_and_checks),
        TEST(test_run_of_an_empty_programme),
        TEST(test_same_seed_gives_the_same_pairs),
        TEST(test_order_of_enrolment_changes_nothing),
        TEST(test_results_unreadable_while_running),
        TEST(test_queued_run_goes_on_after_a_restart),
        TEST(test_run_interrupted_while_worked_on),
        TEST(test_killed_run_leaves_no_results),
        TEST(test_cancel_one_that_waits),
        TEST(test_cancel_one_that_is_worked_on),
        TEST(test_cancel_in_each_step_takes_effect_at_once),
        TEST(test_cancelled_run_stays_cancelled),
        TEST(test_run_without_events_service),
        TEST(test_16_runs_wait_and_no_more),
        TEST(test_create_keeps_the_limits),
        TEST(test_runs_listed_newest_first),
        TEST(test_runs_are_for_managers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
