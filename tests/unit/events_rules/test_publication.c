#include "services/events/rules/publication.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum {
    NOW_MS = 1000,
    SOON_MS = 2000,
    LATER_MS = 3000,
};

/* Rows: DRAFT, PUBLISHED, UNPUBLISHED, ARCHIVED; columns: publish, unpublish, archive. */
static void test_publication_goes_its_ways_only(void **state)
{
    static const char letters[] = "DPUA";
    static const char *const rows[] = {"P--", "=U-", "P=A", "--="};
    static const char *const rising[] = {"   ", " ^ ", "^  ", "   "};
    for (int from = 0; from < 4; from++)
        for (int action = 0; action < 3; action++) {
            struct cvn_publication_decision d = {.sequence_rises = false};
            enum cvn_publication_refusal r = cvn_publication_decide(
                (enum cvn_publication)from, (enum cvn_publication_action)action, &d);
            char got = r ? '-' : d.changed ? letters[d.publication] : '=';
            assert_int_equal(got, rows[from][action]);
            assert_int_equal(d.sequence_rises, rising[from][action] == '^');
        }
}

static void test_delete_is_refused_from_the_first_answer_on(void **state)
{
    assert_int_equal(cvn_publication_may_delete(0), CVN_PUBLICATION_OK);
    assert_int_equal(cvn_publication_may_delete(1), CVN_PUBLICATION_REFUSED_ANSWERED);
}

static const char letters[] = "SROPC";

/*
 * Rows: SCHEDULED, RESCHEDULED, MOVED_ONLINE, POSTPONED, CANCELLED; columns: reschedule, move
 * online, postpone, cancel, restore. What is suspended was MOVED_ONLINE before.
 */
static void check_status(int64_t start_ms, int64_t end_ms, const char *const rows[5])
{
    for (int from = 0; from < 5; from++)
        for (int action = 0; action < 5; action++) {
            struct cvn_event_facts facts = {
                .publication = CVN_PUBLICATION_PUBLISHED,
                .status = (enum cvn_event_status)from,
                .status_before = CVN_EVENT_MOVED_ONLINE,
                .now_ms = NOW_MS,
                .start_ms = start_ms,
                .end_ms = end_ms,
            };
            struct cvn_event_decision d = {.sequence_rises = false};
            enum cvn_publication_refusal r =
                cvn_event_decide(&facts, (enum cvn_event_action)action, LATER_MS, &d);
            char got = r ? '-' : d.changed ? letters[d.status] : '=';
            if (got != rows[from][action])
                fail_msg("%c, action %d: %c, not %c", letters[from], action, got,
                         rows[from][action]);
            assert_int_equal(d.sequence_rises, got != '-' && got != '=');
            assert_int_equal(d.offers_void, got == 'C');
            assert_int_equal(d.run_queue, from >= CVN_EVENT_POSTPONED &&
                                              (got == 'S' || got == 'R' || got == 'O'));
        }
}

static void test_status_before_the_start(void **state)
{
    static const char *const rows[] = {"ROPC-", "ROPC-", "R=PC-", "R==CO", "---=O"};
    check_status(SOON_MS, LATER_MS, rows);
    check_status(NOW_MS + 1, LATER_MS, rows);
}

static void test_status_while_running(void **state)
{
    static const char *const rows[] = {"---C-", "---C-", "---C-", "R==C-", "---=-"};
    check_status(NOW_MS, NOW_MS + 1, rows);
}

static void test_status_when_over(void **state)
{
    static const char *const rows[] = {"-----", "-----", "-----", "R==C-", "---=-"};
    check_status(NOW_MS - 1, NOW_MS, rows);
}

static struct cvn_event_facts coming(enum cvn_event_status status)
{
    return (struct cvn_event_facts){
        .publication = CVN_PUBLICATION_PUBLISHED,
        .status = status,
        .now_ms = NOW_MS,
        .start_ms = SOON_MS,
        .end_ms = LATER_MS,
    };
}

static void test_reschedule_keeps_the_start_left_behind(void **state)
{
    struct cvn_event_facts facts = coming(CVN_EVENT_SCHEDULED);
    struct cvn_event_decision d;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESCHEDULE, NOW_MS, &d),
                     CVN_PUBLICATION_REFUSED_NEW_START_PAST);
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESCHEDULE, NOW_MS + 1, &d),
                     CVN_PUBLICATION_OK);
    assert_true(d.keep_previous_start && d.sequence_rises);
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESCHEDULE, SOON_MS, &d),
                     CVN_PUBLICATION_OK);
    assert_true(!d.changed && !d.keep_previous_start && !d.sequence_rises);
}

static void test_restore_returns_to_what_came_before_both_suspensions(void **state)
{
    struct cvn_event_facts facts = coming(CVN_EVENT_RESCHEDULED);
    struct cvn_event_decision d;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_POSTPONE, 0, &d), CVN_PUBLICATION_OK);
    facts.status = d.status;
    facts.status_before = d.status_before;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_CANCEL, 0, &d), CVN_PUBLICATION_OK);
    facts.status = d.status;
    facts.status_before = d.status_before;
    assert_int_equal(facts.status, CVN_EVENT_CANCELLED);
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESTORE, 0, &d), CVN_PUBLICATION_OK);
    assert_int_equal(d.status, CVN_EVENT_RESCHEDULED);
}

static void test_draft_changes_its_time_without_a_word_to_calendars(void **state)
{
    struct cvn_event_facts facts = coming(CVN_EVENT_SCHEDULED);
    struct cvn_event_decision d;
    facts.publication = CVN_PUBLICATION_DRAFT;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESCHEDULE, LATER_MS, &d),
                     CVN_PUBLICATION_OK);
    assert_true(d.changed && d.status == CVN_EVENT_SCHEDULED);
    assert_true(!d.sequence_rises && !d.keep_previous_start);
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_CANCEL, 0, &d),
                     CVN_PUBLICATION_REFUSED_DRAFT);
    facts.publication = CVN_PUBLICATION_ARCHIVED;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESCHEDULE, LATER_MS, &d),
                     CVN_PUBLICATION_REFUSED_ARCHIVED);
}

static void test_refused_leaves_the_decision_untouched(void **state)
{
    struct cvn_event_facts facts = coming(CVN_EVENT_SCHEDULED);
    struct cvn_event_decision d = {.status = CVN_EVENT_MOVED_ONLINE, .changed = true}, before = d;
    assert_int_equal(cvn_event_decide(&facts, CVN_EVENT_RESTORE, 0, &d),
                     CVN_PUBLICATION_REFUSED_NOT_SUSPENDED);
    assert_memory_equal(&d, &before, sizeof d);
}

static void test_every_refusal_has_a_sentence_of_its_own(void **state)
{
    for (int i = 1; i <= CVN_PUBLICATION_REFUSED_NOT_SUSPENDED; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(cvn_publication_refusal_text((enum cvn_publication_refusal)i),
                                    cvn_publication_refusal_text((enum cvn_publication_refusal)k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publication_goes_its_ways_only),
        cmocka_unit_test(test_delete_is_refused_from_the_first_answer_on),
        cmocka_unit_test(test_status_before_the_start),
        cmocka_unit_test(test_status_while_running),
        cmocka_unit_test(test_status_when_over),
        cmocka_unit_test(test_reschedule_keeps_the_start_left_behind),
        cmocka_unit_test(test_restore_returns_to_what_came_before_both_suspensions),
        cmocka_unit_test(test_draft_changes_its_time_without_a_word_to_calendars),
        cmocka_unit_test(test_refused_leaves_the_decision_untouched),
        cmocka_unit_test(test_every_refusal_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests_name("publication", tests, NULL, NULL);
}
