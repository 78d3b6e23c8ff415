/* Mentorships from the proposal to the end, and what those hear who are not entitled. */
#include "services/mentoring/service.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <stdio.h>
#include <string.h>

static const Convene__Mentoring__V1__Enrolment *enrolment_of(struct published *scene, size_t i)
{
    Convene__Mentoring__V1__GetEnrolmentRequest request =
        CONVENE__MENTORING__V1__GET_ENROLMENT_REQUEST__INIT;
    request.id = scene->enrolments[i].text;
    const Convene__Mentoring__V1__Enrolment *e =
        client_call(&scene->admin, "GetEnrolment", &request);
    assert_non_null(e);
    return e;
}

static struct id_text publish_one(struct published *scene, void **state)
{
    published_match(scene, state);
    assert_non_null(published_publish(scene, false));
    return published_mentorship(scene, 0);
}

static void test_both_accept_and_it_begins(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    CLIENT mentor = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTOR)]);
    CLIENT mentee = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTEE)]);
    assert_non_null(mentorship_accept(&mentee, &id, ROLE_NONE));
    const Convene__Mentoring__V1__Mentorship *m = mentorship_accept(&mentor, &id, ROLE_NONE);
    assert_non_null(m);
    assert_int_equal(m->state, MENTORSHIP_STATE(ACTIVE));
    assert_int_equal(m->start_time->seconds, harness_now_ms() / 1000);
    assert_string_equal(m->planned_end_date, "2027-02-23");      /* 12 weeks from 2026-12-01 */
    assert_non_null(mentorship_accept(&mentor, &id, ROLE_NONE)); /* a repeated click */
    assert_null(mentorship_accept(&mentor, &id, MENTEE));
    assert_int_equal(client_code(&mentor), CVN_PERMISSION_DENIED);
}

/* ReDI connect #997: the capacity was not looked at when somebody accepted. */
static void test_capacity_not_enforced_at_accept_time(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    size_t mentor = published_person(&scene, &id, MENTOR);
    Convene__Mentoring__V1__UpdateEnrolmentRequest update =
        CONVENE__MENTORING__V1__UPDATE_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__Enrolment change = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char field[] = "capacity", *paths[] = {field};
    mask.paths = paths;
    mask.n_paths = 1;
    change.id = scene.enrolments[mentor].text;
    update.enrolment = &change;
    update.update_mask = &mask;
    /* A second mentee, while there are two seats; then there is one again. */
    change.capacity = 2;
    assert_non_null(client_call(&scene.admin, "UpdateEnrolment", &update));
    published_match_again(&scene);
    assert_non_null(published_publish(&scene, false));
    struct id_text second = published_mentorship(&scene, 0);
    assert_int_equal(published_person(&scene, &second, MENTOR), mentor);
    change.capacity = 1;
    assert_non_null(client_call(&scene.admin, "UpdateEnrolment", &update));
    mentorship_begin(&scene, &id);
    assert_null(mentorship_accept(&scene.admin, &second, MENTEE));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    assert_non_null(strstr(scene.admin.status.message, "as many mentees as seats"));
    change.capacity = 2;
    assert_non_null(client_call(&scene.admin, "UpdateEnrolment", &update));
    mentorship_begin(&scene, &second);
}

static void test_decline_puts_the_mentee_back_in_their_place(void **state)
{
    PUBLISHED scene;
    int64_t enrolled_ms = harness_now_ms();
    struct id_text id = publish_one(&scene, state);
    size_t mentee = published_person(&scene, &id, MENTEE);
    CLIENT mentor = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTOR)]);
    assert_null(enrolment_of(&scene, mentee)->waiting_since_time);
    harness_set_now_ms(enrolled_ms + 3 * DAY_MS);
    const Convene__Mentoring__V1__Mentorship *m =
        mentorship_decline(&mentor, &id, ROLE_NONE, "no time");
    assert_non_null(m);
    assert_int_equal(m->state, MENTORSHIP_STATE(DECLINED));
    assert_string_equal(m->state_reason, "no time");
    assert_int_equal(m->state_role, MENTOR);
    assert_int_equal(enrolment_of(&scene, mentee)->waiting_since_time->seconds, enrolled_ms / 1000);
}

static void test_who_declined_are_not_proposed_to_each_other_again(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    size_t mentor = published_person(&scene, &id, MENTOR);
    size_t mentee = published_person(&scene, &id, MENTEE);
    assert_non_null(mentorship_decline(&scene.admin, &id, MENTEE, ""));
    published_match_again(&scene);
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = scene.run.text;
    request.person_id = scene.ids[mentee].text;
    const Convene__Mentoring__V1__ExplainMatchResponse *reply =
        client_call(&scene.admin, "ExplainMatch", &request);
    assert_non_null(reply);
    assert_string_not_equal(reply->matches[0]->mentor_id, scene.ids[mentor].text);
}

/* The rule against previous partners reads past mentorships, of other programmes, too. */
static void test_not_the_same_pair_again(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    size_t mentor = published_person(&scene, &id, MENTOR);
    size_t mentee = published_person(&scene, &id, MENTEE);
    Convene__Mentoring__V1__CompleteMentorshipRequest complete =
        CONVENE__MENTORING__V1__COMPLETE_MENTORSHIP_REQUEST__INIT;
    mentorship_begin(&scene, &id);
    complete.id = id.text;
    assert_non_null(client_call(&scene.admin, "CompleteMentorship", &complete));
    for (int allow = 0; allow < 2; allow++) {
        Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
        Convene__Mentoring__V1__MatchRules rules = CONVENE__MENTORING__V1__MATCH_RULES__INIT;
        rules.allow_previous_partner = allow;
        program.rules = &rules;
        struct id_text other = harness_program(scene.harness, program);
        for (int side = 0; side < 2; side++) {
            struct enrolment one;
            enrolment_init(&one, side ? MENTEE : MENTOR, other.text,
                           scene.people[side ? mentee : mentor]);
            one.skill.level = side ? 1 : 5;
            (void)harness_enrol(&scene.admin, &one);
        }
        struct id_text run = harness_start_run(&scene.admin, other.text, 1);
        assert_int_equal(harness_wait_run(&scene.admin, run.text)->matched_count, allow);
    }
}

static int turn(const struct published *scene, int64_t *ret_next_ms)
{
    return cvn_mentoring_turn(scene->harness->service, harness_now_ms(), ret_next_ms);
}

static void test_proposal_expires_at_its_deadline(void **state)
{
    PUBLISHED scene;
    int64_t then_ms = harness_now_ms();
    struct id_text id = publish_one(&scene, state);
    int64_t next_ms = INT64_MAX, due_ms = (then_ms / 1000 + 1) * 1000 + 14 * DAY_MS;
    assert_non_null(mentorship_accept(&scene.admin, &id, MENTEE));
    harness_set_now_ms(due_ms - 1);
    assert_int_equal(turn(&scene, &next_ms), 0);
    assert_int_equal(next_ms, due_ms);
    assert_int_equal(mentorship_get(&scene.admin, &id)->state, MENTORSHIP_STATE(PROPOSED));
    harness_set_now_ms(due_ms);
    assert_null(mentorship_accept(&scene.admin, &id, MENTOR)); /* though the task has not run */
    assert_int_equal(turn(&scene, &next_ms), 1);
    next_ms = INT64_MAX;
    assert_int_equal(turn(&scene, &next_ms), 0);
    assert_int_equal(next_ms, INT64_MAX);
    assert_int_equal(mentorship_get(&scene.admin, &id)->state, MENTORSHIP_STATE(EXPIRED));
    size_t mentee = published_person(&scene, &id, MENTEE);
    assert_non_null(enrolment_of(&scene, mentee)->waiting_since_time);
    for (size_t i = 0; i < published_count(&scene); i++) {
        struct id_text other = published_mentorship(&scene, i);
        assert_int_equal(mentorship_get(&scene.admin, &other)->state, MENTORSHIP_STATE(EXPIRED));
    }
}

static void test_replacements_are_looked_for_two_at_once(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    struct cvn_budget *budget = &scene.harness->service->budget;
    Convene__Mentoring__V1__ReplaceMentorshipRequest request =
        CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
    assert_non_null(mentorship_decline(&scene.admin, &id, MENTEE, ""));
    request.id = id.text;
    for (int i = 0; i < CVN_WORK_AT_ONCE_MAX; i++)
        assert_int_equal(cvn_budget_take(budget, CVN_WORK_REPLACE, 1), CVN_BUDGET_GIVEN);
    assert_null(client_call(&scene.admin, "ReplaceMentorship", &request));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
    cvn_budget_give(budget, CVN_WORK_REPLACE, 1);
    assert_non_null(client_call(&scene.admin, "ReplaceMentorship", &request));
    cvn_budget_give(budget, CVN_WORK_REPLACE, 1);
    assert_int_equal(budget->memory_bytes, 0);
}

static void test_replacement_takes_the_seat_and_finds_the_mentee_another(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    size_t mentor = published_person(&scene, &id, MENTOR);
    Convene__Mentoring__V1__ReplaceMentorshipRequest request =
        CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
    request.id = id.text;
    assert_null(client_call(&scene.admin, "ReplaceMentorship", &request)); /* it is open */
    assert_non_null(mentorship_decline(&scene.admin, &id, MENTEE, ""));
    const Convene__Mentoring__V1__ReplaceMentorshipResponse *reply =
        client_call(&scene.admin, "ReplaceMentorship", &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_mentorships, 1);
    assert_string_equal(reply->mentorships[0]->mentor_id, scene.ids[mentor].text);
    assert_string_equal(reply->mentorships[0]->replaces_id, id.text);
    assert_string_equal(reply->seat_note, "");
    assert_string_equal(reply->mentee_note, "no mentor has a free seat");
    CLIENT stranger = client_of(scene.harness, scene.people[PUBLISHED_STRANGER]);
    assert_null(client_call(&stranger, "ReplaceMentorship", &request));
    assert_int_equal(client_code(&stranger), CVN_NOT_FOUND);
}

/* Enrols the stranger as one more mentee, who is like another. */
static void enrol_stranger(struct published *scene, size_t other)
{
    struct enrolment one;
    enrolment_init(&one, MENTEE, scene->program.text, scene->people[PUBLISHED_STRANGER]);
    one.skill.level = 1;
    one.span.end_minute = (19 + (int)(other % 3)) * 60;
    (void)harness_enrol(&scene->admin, &one);
}

/* The seat goes to the one who met the mentor, whichever of the two that is. */
static void test_replacement_counts_who_met(void **state)
{
    for (int met = 0; met < 2; met++) {
        PUBLISHED scene;
        struct id_text id = publish_one(&scene, state);
        size_t mentor = published_person(&scene, &id, MENTOR), left = PUBLISHED_MENTORS;
        while (!enrolment_of(&scene, left)->waiting_since_time)
            left++;
        enrol_stranger(&scene, left);
        assert_non_null(mentorship_decline(&scene.admin, &id, MENTEE, ""));
        size_t friend = met ? left : PUBLISHED_STRANGER;
        (void)harness_meet(scene.harness, scene.people[PUBLISHED_MANAGER],
                           (struct cvn_id[]){scene.people[mentor], scene.people[friend]}, 2, false);
        Convene__Mentoring__V1__ReplaceMentorshipRequest request =
            CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
        request.id = id.text;
        CLIENT manager = client_of(scene.harness, scene.people[PUBLISHED_MANAGER]);
        const Convene__Mentoring__V1__ReplaceMentorshipResponse *reply =
            client_call(&manager, "ReplaceMentorship", &request);
        assert_non_null(reply);
        assert_true(reply->events_used);
        assert_non_null(strstr(reply->events_note, scene.ids[PUBLISHED_MANAGER].text));
        assert_int_equal(reply->n_mentorships, 1);
        assert_string_equal(reply->mentorships[0]->mentee_id, scene.ids[friend].text);
        (void)harness_teardown(state);
        (void)harness_setup(state);
    }
}

static void test_replacement_without_events_says_so(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    assert_non_null(mentorship_decline(&scene.admin, &id, MENTEE, ""));
    harness_lose_events(scene.harness);
    Convene__Mentoring__V1__ReplaceMentorshipRequest request =
        CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
    request.id = id.text;
    assert_null(client_call(&scene.admin, "ReplaceMentorship", &request));
    assert_int_equal(client_code(&scene.admin), CVN_UNAVAILABLE);
    request.events_use = CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_OPTIONAL;
    const Convene__Mentoring__V1__ReplaceMentorshipResponse *reply =
        client_call(&scene.admin, "ReplaceMentorship", &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_mentorships, 1);
    assert_false(reply->events_used);
    assert_non_null(strstr(reply->events_note, "not part of the score: The events service"));
}

static const Convene__Mentoring__V1__LogEntry *
log_session(struct client *client, const struct id_text *id, const char *date, int32_t minutes)
{
    Convene__Mentoring__V1__AddLogEntryRequest request =
        CONVENE__MENTORING__V1__ADD_LOG_ENTRY_REQUEST__INIT;
    Convene__Mentoring__V1__LogEntry entry = CONVENE__MENTORING__V1__LOG_ENTRY__INIT;
    request.log_entry = &entry;
    entry.mentorship_id = (char *)(uintptr_t)id->text;
    entry.kind = CONVENE__MENTORING__V1__LOG_ENTRY__KIND__KIND_SESSION;
    entry.date = (char *)(uintptr_t)date;
    entry.minutes = minutes;
    return client_call(client, "AddLogEntry", &request);
}

static void test_sessions_are_logged_within_the_mentorship(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    assert_null(log_session(&scene.admin, &id, "", 45));
    assert_int_equal(client_code(&scene.admin), CVN_FAILED_PRECONDITION);
    mentorship_begin(&scene, &id);
    CLIENT mentee = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTEE)]);
    assert_non_null(log_session(&mentee, &id, "2026-12-02", 60));
    assert_non_null(log_session(&mentee, &id, "", 45));
    assert_null(log_session(&mentee, &id, "2026-12-03", 45));
    assert_true(client_blames(&mentee, "log_entry.date"));
    assert_null(log_session(&mentee, &id, "2026-11-29", 45));
    assert_null(log_session(&mentee, &id, "", 0));
    assert_non_null(log_session(&mentee, &id, "", 600));
    assert_null(log_session(&mentee, &id, "", 601));
    assert_true(client_blames(&mentee, "log_entry.minutes"));
    const Convene__Mentoring__V1__Mentorship *m = mentorship_get(&mentee, &id);
    assert_int_equal(m->session_count, 3);
    assert_int_equal(m->session_minutes, 705);
    assert_string_equal(m->last_session_date, "2026-12-02");
    Convene__Mentoring__V1__ListLogEntriesRequest list =
        CONVENE__MENTORING__V1__LIST_LOG_ENTRIES_REQUEST__INIT;
    list.mentorship_id = id.text;
    const Convene__Mentoring__V1__ListLogEntriesResponse *page =
        client_call(&mentee, "ListLogEntries", &list);
    assert_int_equal(page->n_log_entries, 3);
    assert_string_equal(page->log_entries[2]->date, "2026-12-02"); /* in the order of days */
    assert_int_equal(page->log_entries[0]->author_role, MENTEE);
}

static void test_log_has_500_entries_and_no_more(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    mentorship_begin(&scene, &id);
    for (int i = 0; i < 500; i++)
        assert_non_null(log_session(&scene.admin, &id, "", 1));
    assert_null(log_session(&scene.admin, &id, "", 1));
    assert_int_equal(client_code(&scene.admin), CVN_RESOURCE_EXHAUSTED);
}

static const Convene__Mentoring__V1__Feedback *say(struct client *client, const struct id_text *id,
                                                   int32_t rating)
{
    Convene__Mentoring__V1__GiveFeedbackRequest request =
        CONVENE__MENTORING__V1__GIVE_FEEDBACK_REQUEST__INIT;
    Convene__Mentoring__V1__Feedback feedback = CONVENE__MENTORING__V1__FEEDBACK__INIT;
    char text[] = "secret words";
    request.feedback = &feedback;
    feedback.mentorship_id = (char *)(uintptr_t)id->text;
    feedback.rating = rating;
    feedback.text = text;
    return client_call(client, "GiveFeedback", &request);
}

static void test_feedback_is_read_by_managers_only(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    mentorship_begin(&scene, &id);
    CLIENT mentor = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTOR)]);
    CLIENT mentee = client_of(scene.harness, scene.people[published_person(&scene, &id, MENTEE)]);
    CLIENT manager = client_of(scene.harness, scene.people[PUBLISHED_MANAGER]);
    Convene__Mentoring__V1__ListFeedbackRequest list =
        CONVENE__MENTORING__V1__LIST_FEEDBACK_REQUEST__INIT;
    list.program_id = scene.program.text;
    assert_null(say(&mentee, &id, 0));
    assert_null(say(&mentee, &id, 6));
    assert_non_null(say(&mentee, &id, 1));
    assert_non_null(say(&mentee, &id, 4)); /* again replaces */
    assert_non_null(say(&mentor, &id, 5));
    assert_null(client_call(&mentor, "ListFeedback", &list));
    assert_null(client_call(&mentee, "ListFeedback", &list));
    const Convene__Mentoring__V1__ListFeedbackResponse *page =
        client_call(&manager, "ListFeedback", &list);
    assert_non_null(page);
    assert_int_equal(page->n_feedback, 2);
    assert_int_equal(page->feedback[0]->rating, 5);
    assert_int_equal(page->feedback[1]->rating, 4);
    Convene__Mentoring__V1__GetProgramReportRequest report =
        CONVENE__MENTORING__V1__GET_PROGRAM_REPORT_REQUEST__INIT;
    report.id = scene.program.text;
    assert_null(client_call(&mentor, "GetProgramReport", &report));
    const Convene__Mentoring__V1__ProgramReport *whole =
        client_call(&manager, "GetProgramReport", &report);
    assert_int_equal(whole->proposed_count, PUBLISHED_MENTORS);
    assert_int_equal(whole->accepted_count, 1);
    assert_int_equal(whole->active_count, 1);
    assert_int_equal(whole->pending_count, PUBLISHED_MENTORS - 1);
    assert_int_equal(whole->rating_hundredths, 450);
    assert_int_equal(whole->mentor_rating_hundredths, 500);
    assert_int_equal(whole->n_topics, 1);
    assert_int_equal(whole->topics[0]->feedback_count, 2);
}

static void test_mentor_who_withdraws_ends_what_is_open(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    mentorship_begin(&scene, &id);
    size_t mentor = published_person(&scene, &id, MENTOR);
    size_t mentee = published_person(&scene, &id, MENTEE);
    Convene__Mentoring__V1__WithdrawEnrolmentRequest request =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    request.id = scene.enrolments[mentor].text;
    harness_set_now_ms(harness_now_ms() + DAY_MS);
    assert_non_null(client_call(&scene.admin, "WithdrawEnrolment", &request));
    const Convene__Mentoring__V1__Mentorship *m = mentorship_get(&scene.admin, &id);
    assert_int_equal(m->state, MENTORSHIP_STATE(ENDED));
    assert_int_equal(m->state_role, MENTOR);
    assert_non_null(strstr(m->state_reason, "withdrew"));
    /* It had begun, so the mentee waits from now on. */
    assert_int_equal(enrolment_of(&scene, mentee)->waiting_since_time->seconds,
                     harness_now_ms() / 1000);
}

static void test_side_is_not_changed_while_a_mentorship_is_open(void **state)
{
    PUBLISHED scene;
    struct id_text id = publish_one(&scene, state);
    size_t mentee = published_person(&scene, &id, MENTEE);
    Convene__Mentoring__V1__BatchRegisterEnrolmentsRequest request =
        CONVENE__MENTORING__V1__BATCH_REGISTER_ENROLMENTS_REQUEST__INIT;
    struct enrolment one;
    Convene__Mentoring__V1__Enrolment *rows[1] = {&one.row};
    enrolment_init(&one, MENTOR, scene.program.text, scene.people[mentee]);
    request.program_id = scene.program.text;
    request.enrolments = rows;
    request.n_enrolments = 1;
    const Convene__Mentoring__V1__BatchRegisterEnrolmentsResponse *reply =
        client_call(&scene.admin, "BatchRegisterEnrolments", &request);
    assert_non_null(reply);
    assert_int_equal(reply->results[0]->outcome,
                     CONVENE__MENTORING__V1__ENROLMENT_RESULT__OUTCOME__OUTCOME_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_accept_and_it_begins),
        TEST(test_capacity_not_enforced_at_accept_time),
        TEST(test_decline_puts_the_mentee_back_in_their_place),
        TEST(test_who_declined_are_not_proposed_to_each_other_again),
        TEST(test_not_the_same_pair_again),
        TEST(test_proposal_expires_at_its_deadline),
        TEST(test_replacements_are_looked_for_two_at_once),
        TEST(test_replacement_takes_the_seat_and_finds_the_mentee_another),
        TEST(test_replacement_counts_who_met),
        TEST(test_replacement_without_events_says_so),
        TEST(test_sessions_are_logged_within_the_mentorship),
        TEST(test_log_has_500_entries_and_no_more),
        TEST(test_feedback_is_read_by_managers_only),
        TEST(test_mentor_who_withdraws_ends_what_is_open),
        TEST(test_side_is_not_changed_while_a_mentorship_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
