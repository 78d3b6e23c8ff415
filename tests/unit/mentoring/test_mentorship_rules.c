/* The transition table of mentorships, entry by entry, and what holds for all facts there can be.
 */
#include "services/mentoring/rules/mentorship.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { STATES = 7, NOW = 1000 };

/* A mentorship as it usually is in a state, with time and a seat left. */
static struct cvn_mentorship_facts facts_in(enum cvn_mentorship_state state)
{
    struct cvn_mentorship_facts facts = {
        .state = state,
        .now_ms = NOW,
        .accept_by_ms = NOW,
        .both_enrolled = true,
        .capacity = 1,
    };
    if (state != CVN_MENTORSHIP_PROPOSED && state != CVN_MENTORSHIP_DECLINED &&
        state != CVN_MENTORSHIP_EXPIRED)
        facts.mentor_answer = facts.mentee_answer = CVN_ANSWER_ACCEPTED;
    if (state == CVN_MENTORSHIP_DECLINED)
        facts.mentor_answer = CVN_ANSWER_DECLINED;
    return facts;
}

/*
 * By action, for the states PROPOSED, ACTIVE, PAUSED, COMPLETED, ENDED, DECLINED, EXPIRED: the
 * state that follows by its first letter (U for PAUSED, X for EXPIRED), '=' for nothing to do, '-'
 * for refused. The mentor acts; the mentee has accepted a proposal already.
 */
static const char *const table[CVN_MENTORSHIP_ACTIONS] = {
    [CVN_MENTORSHIP_ACCEPT] = "A==----", [CVN_MENTORSHIP_DECLINE] = "D----=-",
    [CVN_MENTORSHIP_EXPIRE] = "X-----=", [CVN_MENTORSHIP_PAUSE] = "-U=----",
    [CVN_MENTORSHIP_RESUME] = "-=A----", [CVN_MENTORSHIP_COMPLETE] = "-CC=---",
    [CVN_MENTORSHIP_END] = "EEE-=--",
};

static char letter(enum cvn_mentorship_state state)
{
    return " PAUCEDX"[state];
}

static void test_every_transition_is_as_the_table_says(void **state)
{
    (void)state;
    for (int action = 0; action < CVN_MENTORSHIP_ACTIONS; action++)
        for (int s = 1; s <= STATES; s++) {
            struct cvn_mentorship_facts facts = facts_in((enum cvn_mentorship_state)s);
            struct cvn_mentorship_decision d;
            if (s == CVN_MENTORSHIP_PROPOSED)
                facts.mentee_answer = CVN_ANSWER_ACCEPTED;
            if (action == CVN_MENTORSHIP_EXPIRE)
                facts.now_ms = NOW + 1;
            enum cvn_mentorship_refusal refusal = cvn_mentorship_decide(
                &facts, (enum cvn_mentorship_action)action, CVN_SIDE_MENTOR, &d);
            char got = refusal ? '-' : !d.changed ? '=' : letter(d.state);
            if (got != table[action][s - 1])
                fail_msg("action %d in state %c gives %c and not %c", action,
                         letter((enum cvn_mentorship_state)s), got, table[action][s - 1]);
            assert_int_equal(refusal == 0, cvn_mentorship_refusal_text(refusal)[0] == '\0');
        }
}

static bool is_over(enum cvn_mentorship_state state)
{
    return !cvn_mentorship_is_open(state);
}

/* What holds whatever the facts. */
static void check(const struct cvn_mentorship_facts *f, enum cvn_mentorship_action action,
                  enum cvn_mentorship_side side)
{
    struct cvn_mentorship_decision d = {.state = (enum cvn_mentorship_state)99};
    enum cvn_mentorship_refusal refusal = cvn_mentorship_decide(f, action, side, &d);
    if (refusal) {
        assert_int_equal(d.state, 99); /* untouched */
        return;
    }
    if (!d.changed) {
        assert_int_equal(d.state, f->state);
        assert_false(d.begins || d.over || d.mentee_waits);
        return;
    }
    assert_false(is_over(f->state)); /* nothing follows */
    assert_int_equal(d.over, is_over(d.state));
    assert_int_equal(d.mentee_waits, d.over && d.state != CVN_MENTORSHIP_COMPLETED);
    assert_int_equal(d.keeps_place, d.mentee_waits && f->state == CVN_MENTORSHIP_PROPOSED);
    assert_int_equal(d.begins,
                     f->state == CVN_MENTORSHIP_PROPOSED && d.state == CVN_MENTORSHIP_ACTIVE);
    if (action == CVN_MENTORSHIP_ACCEPT) {
        assert_true(f->now_ms <= f->accept_by_ms && f->both_enrolled);
        assert_true(f->n_active < f->capacity);
    }
    if (d.begins)
        assert_true(d.mentor_answer == CVN_ANSWER_ACCEPTED &&
                    d.mentee_answer == CVN_ANSWER_ACCEPTED);
    if (d.state == CVN_MENTORSHIP_EXPIRED)
        assert_true(f->now_ms > f->accept_by_ms);
}

static void check_all_actions(const struct cvn_mentorship_facts *facts)
{
    for (int action = 0; action < CVN_MENTORSHIP_ACTIONS; action++)
        for (int side = CVN_SIDE_MENTOR; side <= CVN_SIDE_MENTEE; side++)
            check(facts, (enum cvn_mentorship_action)action, (enum cvn_mentorship_side)side);
}

static void test_what_holds_for_all_facts(void **state)
{
    (void)state;
    for (int s = 1; s <= STATES; s++)
        for (int answers = 0; answers < 9; answers++)
            for (int64_t now = NOW - 1; now <= NOW + 1; now++)
                for (int rest = 0; rest < 12; rest++) {
                    struct cvn_mentorship_facts facts = {
                        .state = (enum cvn_mentorship_state)s,
                        .mentor_answer = (enum cvn_mentorship_answer)(answers % 3),
                        .mentee_answer = (enum cvn_mentorship_answer)(answers / 3),
                        .now_ms = now,
                        .accept_by_ms = NOW,
                        .both_enrolled = rest % 2,
                        .capacity = rest / 2 % 2,
                        .n_active = rest / 4,
                    };
                    check_all_actions(&facts);
                }
}

static void test_either_side_may_accept_first(void **state)
{
    (void)state;
    for (int first = CVN_SIDE_MENTOR; first <= CVN_SIDE_MENTEE; first++) {
        struct cvn_mentorship_facts facts = facts_in(CVN_MENTORSHIP_PROPOSED);
        struct cvn_mentorship_decision d;
        enum cvn_mentorship_side one = (enum cvn_mentorship_side)first,
                                 other = one == CVN_SIDE_MENTOR ? CVN_SIDE_MENTEE : CVN_SIDE_MENTOR;
        assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, one, &d), 0);
        assert_true(d.changed && !d.begins);
        assert_int_equal(d.state, CVN_MENTORSHIP_PROPOSED);
        facts.mentor_answer = d.mentor_answer;
        facts.mentee_answer = d.mentee_answer;
        assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, one, &d), 0);
        assert_false(d.changed); /* a repeated click */
        assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, other, &d), 0);
        assert_true(d.begins);
    }
}

/* ReDI connect #997: the capacity was not looked at when somebody accepted. */
static void test_capacity_is_enforced_at_accept_time(void **state)
{
    (void)state;
    struct cvn_mentorship_facts facts = facts_in(CVN_MENTORSHIP_PROPOSED);
    struct cvn_mentorship_decision d;
    facts.capacity = 2;
    facts.n_active = 1;
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, CVN_SIDE_MENTEE, &d),
                     CVN_MENTORSHIP_OK);
    facts.n_active = 2;
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, CVN_SIDE_MENTEE, &d),
                     CVN_MENTORSHIP_REFUSED_FULL);
    facts.n_active = 3; /* the capacity was lowered */
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, CVN_SIDE_MENTOR, &d),
                     CVN_MENTORSHIP_REFUSED_FULL);
}

static void test_deadline_is_the_last_moment_to_accept(void **state)
{
    (void)state;
    struct cvn_mentorship_facts facts = facts_in(CVN_MENTORSHIP_PROPOSED);
    struct cvn_mentorship_decision d;
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_EXPIRE, CVN_SIDE_MENTOR, &d),
                     CVN_MENTORSHIP_REFUSED_NOT_DUE);
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, CVN_SIDE_MENTOR, &d),
                     CVN_MENTORSHIP_OK);
    facts.now_ms++;
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_ACCEPT, CVN_SIDE_MENTOR, &d),
                     CVN_MENTORSHIP_REFUSED_TOO_LATE);
    assert_int_equal(cvn_mentorship_decide(&facts, CVN_MENTORSHIP_DECLINE, CVN_SIDE_MENTOR, &d),
                     CVN_MENTORSHIP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_transition_is_as_the_table_says),
        cmocka_unit_test(test_what_holds_for_all_facts),
        cmocka_unit_test(test_either_side_may_accept_first),
        cmocka_unit_test(test_capacity_is_enforced_at_accept_time),
        cmocka_unit_test(test_deadline_is_the_last_moment_to_accept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
