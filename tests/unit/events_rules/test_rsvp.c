#include "services/events/rules/rsvp.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum {
    START_MS = 1000000,
    EARLY_MS = 1000,
};

static struct cvn_rsvp_event open_event(uint32_t capacity, uint32_t seats_taken)
{
    return (struct cvn_rsvp_event){
        .publication = CVN_PUBLICATION_PUBLISHED,
        .start_ms = START_MS,
        .capacity = capacity,
        .seats_taken = seats_taken,
        .guests_max = 3,
        .waitlist = CVN_WAITLIST_AUTO,
    };
}

static enum cvn_rsvp_refusal decide(const struct cvn_rsvp_event *event, enum cvn_rsvp_state state,
                                    uint32_t old_party, uint32_t party,
                                    struct cvn_rsvp_decision *ret)
{
    struct cvn_rsvp_person person = {.state = state, .party = old_party};
    struct cvn_rsvp_request request = {CVN_RSVP_SAY_YES, party, EARLY_MS};
    return cvn_rsvp_decide(event, &person, &request, ret);
}

/* One letter per state, as below. */
static const char letters[CVN_RSVP_STATES + 1] = "0IQYWONEJRAnX";

struct table {
    const char *name;
    struct cvn_rsvp_event event;
    int64_t now_ms;
    /*
     * A row per state in the order of the enum; a column per action: yes, no, invite, approve,
     * reject, remove, promote, expire, attend, miss, excuse. A letter is the state that follows
     * (N is NO, n is NO_SHOW), '=' that nothing changes, '-' that it is refused.
     */
    const char *rows[CVN_RSVP_STATES];
};

static void check_table(const struct table *table)
{
    for (int state = 0; state < CVN_RSVP_STATES; state++)
        for (int action = 0; action < CVN_RSVP_ACTIONS; action++) {
            bool has_party = state != CVN_RSVP_NONE && state != CVN_RSVP_INVITED;
            struct cvn_rsvp_person person = {.state = (enum cvn_rsvp_state)state,
                                             .party = has_party ? 2 : 0};
            struct cvn_rsvp_request request = {(enum cvn_rsvp_action)action, 2, table->now_ms};
            struct cvn_rsvp_decision d;
            enum cvn_rsvp_refusal r = cvn_rsvp_decide(&table->event, &person, &request, &d);
            char got = r ? '-' : !d.changed ? '=' : letters[d.state];
            if (got != table->rows[state][action])
                fail_msg("%s: %s, action %d: %c, not %c", table->name,
                         cvn_rsvp_state_name(person.state), action, got,
                         table->rows[state][action]);
        }
}

static void test_transitions_while_seats_are_free(void **state)
{
    struct table t = {.name = "free",
                      .event = open_event(50, 10),
                      .now_ms = EARLY_MS,
                      .rows = {"YNI--------", "YN=--R-----", "=N-YJR-----", "=N==-R-----",
                               "=N==-RY----", "YN==-R-E---", "Y=I--------", "YNI----=---",
                               "--I-=------", "--I--=-----", "-----------", "-----------",
                               "-----------"}};
    check_table(&t);
}

static void test_transitions_when_full_with_a_waitlist(void **state)
{
    struct table t = {.name = "full",
                      .event = open_event(50, 50),
                      .now_ms = EARLY_MS,
                      .rows = {"WNI--------", "WN=--R-----", "=N-WJR-----", "=N==-R-----",
                               "=N==-R-----", "YN==-R-E---", "W=I--------", "WNI----=---",
                               "--I-=------", "--I--=-----", "-----------", "-----------",
                               "-----------"}};
    check_table(&t);
    t.event.waitlist = CVN_WAITLIST_OFFER;
    check_table(&t);
}

static void test_transitions_when_full_without_a_waitlist(void **state)
{
    struct table t = {.name = "full",
                      .event = open_event(50, 50),
                      .now_ms = EARLY_MS,
                      .rows = {"-NI--------", "-N=--R-----", "=N--JR-----", "=N==-R-----",
                               "=N==-R-----", "YN==-R-E---", "-=I--------", "-NI----=---",
                               "--I-=------", "--I--=-----", "-----------", "-----------",
                               "-----------"}};
    t.event.waitlist = CVN_WAITLIST_NONE;
    check_table(&t);
}

static void test_transitions_where_seats_are_offered_and_requests_approved(void **state)
{
    struct table t = {.name = "offer",
                      .event = open_event(50, 10),
                      .now_ms = EARLY_MS,
                      .rows = {"QNI--------", "YN=--R-----", "=N-YJR-----", "=N==-R-----",
                               "=N==-RO----", "YN==-R-E---", "Q=I--------", "QNI----=---",
                               "--I-=------", "--I--=-----", "-----------", "-----------",
                               "-----------"}};
    t.event.waitlist = CVN_WAITLIST_OFFER;
    t.event.approval = true;
    check_table(&t);
}

static void test_transitions_from_the_start_on(void **state)
{
    struct table t = {.name = "started",
                      .event = open_event(50, 10),
                      .now_ms = START_MS,
                      .rows = {"-----------", "--=--------", "=----------", "=-==----AnX",
                               "=-==-------", "--==---E---", "-=---------", "-------=---",
                               "----=------", "-----=-----", "--------=nX", "--------A=X",
                               "--------An="}};
    check_table(&t);
    t.event.publication = CVN_PUBLICATION_ARCHIVED;
    check_table(&t);
}

static void test_transitions_of_a_cancelled_event(void **state)
{
    struct table t = {.name = "cancelled",
                      .event = open_event(50, 10),
                      .now_ms = EARLY_MS,
                      .rows = {"-----------", "--=--------", "=----------", "=-==-------",
                               "=-==-------", "--==---E---", "-=---------", "-------=---",
                               "----=------", "-----=-----", "-----------", "-----------",
                               "-----------"}};
    t.event.status = CVN_EVENT_CANCELLED;
    check_table(&t);
}

/* Nobody comes in and nobody moves up, whether or not the old start has passed; all may leave. */
static void test_transitions_of_a_postponed_event(void **state)
{
    struct table t = {.name = "postponed",
                      .event = open_event(50, 10),
                      .now_ms = EARLY_MS,
                      .rows = {"-N---------", "-N=--R-----", "=N--JR-----", "=N==-R-----",
                               "=N==-R-----", "-N==-R-E---", "-=---------", "-N-----=---",
                               "----=------", "-----=-----", "-----------", "-----------",
                               "-----------"}};
    t.event.status = CVN_EVENT_POSTPONED;
    check_table(&t);
    t.now_ms = START_MS;
    check_table(&t);
}

static void test_full_at_50_49_in_50_in_51_waits(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 48);
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
    event.seats_taken = 49;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
    assert_int_equal(d.seats_delta, 1);
    assert_false(d.needs_queue_number);
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 2, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_WAITLISTED);
    event.seats_taken = 50;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_WAITLISTED);
    assert_int_equal(d.seats_delta, 0);
    assert_true(d.needs_queue_number);
    assert_false(d.run_queue);
    event.waitlist = CVN_WAITLIST_NONE;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_REFUSED_FULL);
    event.capacity = 0;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
}

static void test_window_at_its_edges(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 0);
    event.opens_ms = EARLY_MS + 1;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_REFUSED_NOT_OPEN);
    event.opens_ms = EARLY_MS;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    event.closes_ms = EARLY_MS + 1;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    event.closes_ms = EARLY_MS;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_REFUSED_CLOSED);
    /* An offer made is kept, a seat can be given up, but guests are too late. */
    event.seats_taken = 2;
    assert_int_equal(decide(&event, CVN_RSVP_OFFERED, 2, 2, &d), CVN_RSVP_OK);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 2, 1, &d), CVN_RSVP_OK);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 2, 3, &d), CVN_RSVP_REFUSED_CLOSED);
}

static void test_party_at_its_limits(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 0);
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 0, &d), CVN_RSVP_REFUSED_NO_PARTY);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 2, 0, &d), CVN_RSVP_REFUSED_NO_PARTY);
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 4, &d), CVN_RSVP_OK);
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 5, &d), CVN_RSVP_REFUSED_GUESTS);
    event.capacity = 4;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 4, &d), CVN_RSVP_OK);
    event.capacity = 3;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 4, &d), CVN_RSVP_REFUSED_TOO_LARGE);
    assert_int_equal(decide(&event, CVN_RSVP_WAITLISTED, 1, 4, &d), CVN_RSVP_REFUSED_TOO_LARGE);
}

static void test_number_of_guests_changes_within_the_free_seats(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 49);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 1, 2, &d), CVN_RSVP_OK);
    assert_int_equal(d.seats_delta, 1);
    assert_int_equal(d.state, CVN_RSVP_YES);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 1, 3, &d), CVN_RSVP_REFUSED_NO_SEATS);
    event.n_waiting = 1;
    assert_int_equal(decide(&event, CVN_RSVP_YES, 1, 2, &d), CVN_RSVP_REFUSED_QUEUE);
    event.policy = CVN_WAITLIST_FIRST_FIT;
    assert_int_equal(decide(&event, CVN_RSVP_YES, 1, 2, &d), CVN_RSVP_OK);
    assert_int_equal(decide(&event, CVN_RSVP_YES, 3, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.seats_delta, -2);
    assert_true(d.run_queue);
    assert_int_equal(decide(&event, CVN_RSVP_WAITLISTED, 2, 3, &d), CVN_RSVP_OK);
    assert_int_equal(d.seats_delta, 0);
    assert_false(d.needs_queue_number);
    assert_int_equal(decide(&event, CVN_RSVP_WAITLISTED, 2, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.party, 1);
    assert_true(d.run_queue);
    event.seats_taken = 50;
    assert_int_equal(decide(&event, CVN_RSVP_OFFERED, 2, 3, &d), CVN_RSVP_REFUSED_NO_SEATS);
    assert_int_equal(decide(&event, CVN_RSVP_OFFERED, 2, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
    assert_int_equal(d.seats_delta, -1);
}

static void test_newcomer_does_not_pass_those_who_wait(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 48);
    event.n_waiting = 1;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_WAITLISTED);
    assert_true(d.run_queue);
    event.policy = CVN_WAITLIST_FIRST_FIT;
    assert_int_equal(decide(&event, CVN_RSVP_NONE, 0, 1, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
}

static void test_the_banned_and_outsiders_stay_out(void **state)
{
    struct cvn_rsvp_decision d;
    struct cvn_rsvp_event event = open_event(50, 0);
    struct cvn_rsvp_person banned = {.banned = true}, outsider = {.outsider = true};
    struct cvn_rsvp_request yes = {CVN_RSVP_SAY_YES, 1, EARLY_MS};
    struct cvn_rsvp_request invite = {CVN_RSVP_INVITE, 0, EARLY_MS};
    assert_int_equal(cvn_rsvp_decide(&event, &banned, &yes, &d), CVN_RSVP_REFUSED_BANNED);
    assert_int_equal(cvn_rsvp_decide(&event, &banned, &invite, &d), CVN_RSVP_REFUSED_BANNED);
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &yes, &d), CVN_RSVP_REFUSED_MEMBERS);
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &invite, &d), CVN_RSVP_OK);
    outsider.state = CVN_RSVP_INVITED;
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &yes, &d), CVN_RSVP_OK);
}

static void test_every_refusal_has_a_sentence_of_its_own(void **state)
{
    for (int i = CVN_RSVP_OK + 1; i <= CVN_RSVP_REFUSED_MARKED; i++)
        for (int k = CVN_RSVP_OK; k < i; k++)
            assert_string_not_equal(cvn_rsvp_refusal_text((enum cvn_rsvp_refusal)i),
                                    cvn_rsvp_refusal_text((enum cvn_rsvp_refusal)k));
}

struct facts {
    struct cvn_rsvp_event event;
    struct cvn_rsvp_person person;
    struct cvn_rsvp_request request;
};

static void check_invariants(const struct facts *f)
{
    const struct cvn_rsvp_decision untouched = {.party = 77, .seats_delta = 78};
    struct cvn_rsvp_decision d = untouched;
    const struct cvn_rsvp_event *event = &f->event;
    if (cvn_rsvp_decide(event, &f->person, &f->request, &d) != CVN_RSVP_OK) {
        assert_memory_equal(&d, &untouched, sizeof d);
        return;
    }
    bool held = cvn_rsvp_holds_seats(f->person.state), holds = cvn_rsvp_holds_seats(d.state);
    bool joins = holds && !held;
    bool same = d.state == f->person.state && d.party == f->person.party;
    int64_t taken = (int64_t)event->seats_taken + d.seats_delta;
    assert_int_equal(d.seats_delta, (holds ? (int)d.party : 0) - (held ? (int)f->person.party : 0));
    assert_int_equal(d.changed, !same);
    assert_int_equal(d.needs_queue_number,
                     d.state == CVN_RSVP_WAITLISTED && f->person.state != CVN_RSVP_WAITLISTED);
    if (d.seats_delta > 0 || joins) {
        assert_true(event->capacity == 0 || taken <= event->capacity);
        assert_true(event->publication == CVN_PUBLICATION_PUBLISHED && !f->person.banned);
        assert_true(event->status != CVN_EVENT_CANCELLED && event->status != CVN_EVENT_POSTPONED);
        assert_true(f->request.now_ms < event->start_ms);
    }
    if (d.run_queue || d.needs_queue_number)
        assert_true(cvn_rsvp_queue_moves(event, f->request.now_ms));
    if (d.seats_delta < 0 && cvn_rsvp_queue_moves(event, f->request.now_ms))
        assert_int_equal(d.run_queue, event->capacity == 0 || taken < event->capacity);
    if (!same && (f->person.state == CVN_RSVP_REMOVED || f->person.state == CVN_RSVP_REJECTED))
        assert_int_equal(d.state, CVN_RSVP_INVITED);
    if (f->request.action == CVN_RSVP_PROMOTE)
        return;
    struct facts again = *f; /* the click repeated */
    again.event.seats_taken = (uint32_t)taken;
    again.person.state = d.state;
    again.person.party = d.party;
    assert_int_equal(cvn_rsvp_decide(&again.event, &again.person, &again.request, &d), CVN_RSVP_OK);
    assert_false(d.changed);
}

/* Digits of n in mixed bases: one run of the counter visits every combination. */
static unsigned take(unsigned *n, unsigned base)
{
    unsigned digit = *n % base;
    *n /= base;
    return digit;
}

static void test_invariants_hold_in_every_combination(void **state)
{
    static const enum cvn_event_status statuses[] = {CVN_EVENT_SCHEDULED, CVN_EVENT_POSTPONED,
                                                     CVN_EVENT_CANCELLED};
    static const enum cvn_publication publications[] = {CVN_PUBLICATION_PUBLISHED,
                                                        CVN_PUBLICATION_UNPUBLISHED};
    for (unsigned i = 0;; i++) {
        unsigned n = i;
        struct facts f = {.event = open_event(0, 0)};
        f.person.state = (enum cvn_rsvp_state)take(&n, CVN_RSVP_STATES);
        f.request.action = (enum cvn_rsvp_action)take(&n, CVN_RSVP_ACTIONS);
        f.request.party = take(&n, 4);
        f.person.party = 1 + take(&n, 2);
        if (f.person.state == CVN_RSVP_NONE || f.person.state == CVN_RSVP_INVITED)
            f.person.party = 0;
        f.event.capacity = (const uint32_t[]){0, 2, 3}[take(&n, 3)];
        f.event.seats_taken = take(&n, 3);
        if (cvn_rsvp_holds_seats(f.person.state))
            f.event.seats_taken += f.person.party;
        f.event.n_waiting = take(&n, 2) + (f.person.state == CVN_RSVP_WAITLISTED);
        f.event.waitlist = (enum cvn_waitlist_mode)take(&n, 3);
        f.event.policy = (enum cvn_waitlist_policy)take(&n, 3);
        f.event.status = statuses[take(&n, 3)];
        f.event.publication = publications[take(&n, 2)];
        f.event.approval = take(&n, 2);
        f.request.now_ms = take(&n, 2) ? START_MS : EARLY_MS;
        f.person.banned = take(&n, 2);
        if (n)
            break;
        check_invariants(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions_while_seats_are_free),
        cmocka_unit_test(test_transitions_when_full_with_a_waitlist),
        cmocka_unit_test(test_transitions_when_full_without_a_waitlist),
        cmocka_unit_test(test_transitions_where_seats_are_offered_and_requests_approved),
        cmocka_unit_test(test_transitions_from_the_start_on),
        cmocka_unit_test(test_transitions_of_a_cancelled_event),
        cmocka_unit_test(test_transitions_of_a_postponed_event),
        cmocka_unit_test(test_full_at_50_49_in_50_in_51_waits),
        cmocka_unit_test(test_window_at_its_edges),
        cmocka_unit_test(test_party_at_its_limits),
        cmocka_unit_test(test_number_of_guests_changes_within_the_free_seats),
        cmocka_unit_test(test_newcomer_does_not_pass_those_who_wait),
        cmocka_unit_test(test_the_banned_and_outsiders_stay_out),
        cmocka_unit_test(test_every_refusal_has_a_sentence_of_its_own),
        cmocka_unit_test(test_invariants_hold_in_every_combination),
    };
    return cmocka_run_group_tests_name("rsvp", tests, NULL, NULL);
}
