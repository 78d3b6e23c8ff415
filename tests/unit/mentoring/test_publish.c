/* Publishing runs: all or nothing, what changed meanwhile is named, and nobody hears before. */
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <stdio.h>
#include <string.h>

static const Convene__Mentoring__V1__ListMatchesResponse *matches(struct published *scene)
{
    Convene__Mentoring__V1__ListMatchesRequest request =
        CONVENE__MENTORING__V1__LIST_MATCHES_REQUEST__INIT;
    request.run_id = scene->run.text;
    return client_call(&scene->admin, "ListMatches", &request);
}

/* Changes what somebody is enrolled with. */
static void edit(struct published *scene, size_t i, int32_t capacity)
{
    Convene__Mentoring__V1__UpdateEnrolmentRequest request =
        CONVENE__MENTORING__V1__UPDATE_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char field[] = "capacity", *paths[] = {field};
    mask.paths = paths;
    mask.n_paths = 1;
    enrolment.id = scene->enrolments[i].text;
    enrolment.capacity = capacity;
    request.enrolment = &enrolment;
    request.update_mask = &mask;
    assert_non_null(client_call(&scene->admin, "UpdateEnrolment", &request));
}

static void withdraw(struct published *scene, size_t i)
{
    Convene__Mentoring__V1__WithdrawEnrolmentRequest request =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    request.id = scene->enrolments[i].text;
    assert_non_null(client_call(&scene->admin, "WithdrawEnrolment", &request));
}

static int32_t waiting(struct published *scene)
{
    Convene__Mentoring__V1__GetProgramRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REQUEST__INIT;
    request.id = scene->program.text;
    const Convene__Mentoring__V1__Program *program =
        client_call(&scene->admin, "GetProgram", &request);
    assert_non_null(program);
    return program->waiting_count;
}

/* "A preview that differs from what is published". */
static void test_preview_is_what_is_published(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    char pairs[PUBLISHED_MENTORS][2][CVN_ID_TEXT_BYTES];
    size_t n = 0;
    const Convene__Mentoring__V1__ListMatchesResponse *page = matches(&scene);
    for (size_t i = 0; i < page->n_matches; i++)
        if (page->matches[i]->mentor_id[0]) {
            assert_true(n < PUBLISHED_MENTORS);
            strcpy(pairs[n][0], page->matches[i]->mentee_id);
            strcpy(pairs[n++][1], page->matches[i]->mentor_id);
        }
    assert_int_equal(n, PUBLISHED_MENTORS);
    assert_int_equal(waiting(&scene), PUBLISHED_MENTEES);
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, false);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, n);
    assert_int_equal(reply->stale_count, 0);
    assert_non_null(reply->run->publish_time);
    assert_int_equal(published_count(&scene), n);
    assert_int_equal(waiting(&scene), PUBLISHED_MENTEES - n);
    for (size_t i = 0; i < n; i++) {
        struct id_text id = published_mentorship(&scene, i);
        const Convene__Mentoring__V1__Mentorship *m = mentorship_get(&scene.admin, &id);
        size_t k = 0;
        while (k < n && strcmp(pairs[k][0], m->mentee_id) != 0)
            k++;
        assert_true(k < n);
        assert_string_equal(pairs[k][1], m->mentor_id);
        assert_int_equal(m->state, MENTORSHIP_STATE(PROPOSED));
        assert_int_equal(m->accept_by_time->seconds, harness_now_ms() / 1000 + 14 * 24 * 3600);
        assert_int_equal(m->n_topics, 1);
        assert_string_equal(m->topics[0], "Go");
    }
}

static void test_run_is_published_once(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    assert_non_null(published_publish(&scene, false));
    assert_null(published_publish(&scene, false));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_int_equal(published_count(&scene), PUBLISHED_MENTORS);
}

static void test_dry_run_stores_nothing(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    Convene__Mentoring__V1__PublishMatchRunRequest request =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    request.run_id = scene.run.text;
    request.validate_only = true;
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply =
        client_call(&scene.admin, "PublishMatchRun", &request);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, PUBLISHED_MENTORS);
    assert_null(reply->run->publish_time);
    assert_int_equal(published_count(&scene), 0);
    assert_int_equal(waiting(&scene), PUBLISHED_MENTEES);
}

static void test_enrolment_that_changed_is_named_and_the_rest_published_if_asked(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    edit(&scene, 0, 2);
    assert_null(published_publish(&scene, false));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_non_null(
        strstr(scene.admin.status.message, "Person 0 changed the enrolment after the run"));
    assert_int_equal(published_count(&scene), 0);
    assert_int_equal(waiting(&scene), PUBLISHED_MENTEES);
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, true);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, PUBLISHED_MENTORS - 1);
    assert_int_equal(reply->stale_count, 1);
    assert_string_equal(reply->stale[0]->mentor_name, "Person 0");
    assert_int_equal(published_count(&scene), PUBLISHED_MENTORS - 1);
}

static void test_who_withdrew_is_named(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    withdraw(&scene, 1);
    assert_null(published_publish(&scene, false));
    assert_non_null(strstr(scene.admin.status.message, "Person 1 has withdrawn"));
}

static void test_pair_forbidden_after_the_run_is_not_published(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    request.program_id = scene.program.text;
    request.pair_rule = &rule;
    rule.kind = CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_FORBIDDEN;
    rule.mentor_id = scene.ids[0].text;
    for (size_t i = PUBLISHED_MENTORS; i < PUBLISHED_MANAGER; i++) {
        rule.mentee_id = scene.ids[i].text;
        assert_non_null(client_call(&scene.admin, "SetPairRule", &request));
    }
    assert_null(published_publish(&scene, false));
    assert_non_null(strstr(scene.admin.status.message, "were forbidden after the run"));
}

/* Two runs of one programme: the second one's pairs of the first are those of people who are taken.
 */
static void test_second_run_does_not_take_who_has_a_mentor(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct id_text first = scene.run;
    published_match_again(&scene);
    assert_non_null(published_publish(&scene, false));
    scene.run = first;
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, true);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, 0);
    assert_int_equal(reply->kept_count + reply->stale_count, PUBLISHED_MENTORS);
    assert_int_equal(published_count(&scene), PUBLISHED_MENTORS);
}

static void test_next_run_pairs_those_who_wait_with_free_seats_only(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    assert_non_null(published_publish(&scene, false));
    scene.run = harness_start_run(&scene.admin, scene.program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene.admin, scene.run.text);
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_int_equal(run->full_mentor_count, PUBLISHED_MENTORS);
    assert_int_equal(run->mentee_count, 1);
    assert_int_equal(run->matched_count, 0);
    edit(&scene, 0, 2);
    published_match_again(&scene);
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, false);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, 1);
    assert_int_equal(waiting(&scene), 0);
}

/* A run of more pairs than one transaction takes is published by nobody else meanwhile. */
static void test_run_is_published_in_steps_from_one_pair_too_many(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct harness *harness = *state;
    atomic_store(&harness->service->publishing, true);
    harness_set_publish_at_once(harness, PUBLISHED_MENTORS - 1);
    assert_null(published_publish(&scene, false));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    harness_set_publish_at_once(harness, PUBLISHED_MENTORS);
    assert_non_null(published_publish(&scene, false));
    atomic_store(&harness->service->publishing, false);
}

/* As when the server ended in between: what was proposed stays, and the rest is. */
static void test_publishing_again_goes_on_where_it_was_interrupted(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    struct id_text first = scene.run;
    published_match_again(&scene);
    harness_set_publish_at_once(*state, 1);
    assert_non_null(published_publish(&scene, false));
    scene.run = first;
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, false);
    assert_non_null(reply);
    assert_int_equal(reply->proposed_count, 0);
    assert_int_equal(reply->kept_count, PUBLISHED_MENTORS);
    assert_non_null(reply->run->publish_time);
    assert_int_equal(published_count(&scene), PUBLISHED_MENTORS);
    assert_null(published_publish(&scene, false));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
}

static void test_rematch_of_a_published_run_keeps_the_mentorships(void **state)
{
    PUBLISHED scene;
    published_match(&scene, state);
    assert_non_null(published_publish(&scene, false));
    struct id_text first = published_mentorship(&scene, 0);
    size_t gone = published_person(&scene, &first, MENTEE);
    withdraw(&scene, gone);
    assert_int_equal(mentorship_get(&scene.admin, &first)->state, MENTORSHIP_STATE(ENDED));
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    struct id_text base = scene.run;
    request.program_id = scene.program.text;
    request.base_run_id = base.text;
    request.include_mentored = true;
    const Convene__Mentoring__V1__MatchRun *run =
        client_call(&scene.admin, "CreateMatchRun", &request);
    assert_non_null(run);
    strcpy(scene.run.text, run->id);
    run = harness_wait_run(&scene.admin, scene.run.text);
    assert_string_equal(run->failure, "");
    assert_int_equal(run->kept_count, PUBLISHED_MENTORS - 1);
    assert_int_equal(run->matched_count, PUBLISHED_MENTORS);
    const Convene__Mentoring__V1__PublishMatchRunResponse *reply = published_publish(&scene, false);
    assert_non_null(reply);
    assert_int_equal(reply->kept_count, PUBLISHED_MENTORS - 1);
    assert_int_equal(reply->proposed_count, 1);
}

static int setup_steps(void **state)
{
    int r = harness_setup(state);
    if (r == 0)
        harness_set_publish_at_once(*state, 1);
    return r;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
#define TEST_IN_STEPS(name)                                                                        \
    {                                                                                              \
#name " in steps", name, setup_steps, harness_teardown, NULL                               \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_preview_is_what_is_published),
        TEST(test_run_is_published_once),
        TEST(test_dry_run_stores_nothing),
        TEST(test_enrolment_that_changed_is_named_and_the_rest_published_if_asked),
        TEST(test_who_withdrew_is_named),
        TEST(test_pair_forbidden_after_the_run_is_not_published),
        TEST(test_second_run_does_not_take_who_has_a_mentor),
        TEST(test_next_run_pairs_those_who_wait_with_free_seats_only),
        TEST(test_run_is_published_in_steps_from_one_pair_too_many),
        TEST(test_publishing_again_goes_on_where_it_was_interrupted),
        TEST(test_rematch_of_a_published_run_keeps_the_mentorships),
        TEST_IN_STEPS(test_preview_is_what_is_published),
        TEST_IN_STEPS(test_run_is_published_once),
        TEST_IN_STEPS(test_dry_run_stores_nothing),
        TEST_IN_STEPS(test_enrolment_that_changed_is_named_and_the_rest_published_if_asked),
        TEST_IN_STEPS(test_who_withdrew_is_named),
        TEST_IN_STEPS(test_pair_forbidden_after_the_run_is_not_published),
        TEST_IN_STEPS(test_second_run_does_not_take_who_has_a_mentor),
        TEST_IN_STEPS(test_rematch_of_a_published_run_keeps_the_mentorships),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
