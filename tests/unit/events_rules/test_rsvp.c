#include "services/events/rules/rsvp.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum {
    START_MS = 1000000000,
    EARLY_MS = 1000,
    STRIDE = 97,
    CHECK_IN_MS = START_MS - 3600000,
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
    struct cvn_rsvp_request request = {CVN_RSVP_SAY_YES, party, EARLY_MS, false};
    return cvn_rsvp_decide(event, &person, &request, ret);
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
    struct cvn_rsvp_request yes = {CVN_RSVP_SAY_YES, 1, EARLY_MS, false};
    struct cvn_rsvp_request invite = {CVN_RSVP_INVITE, 0, EARLY_MS, false};
    assert_int_equal(cvn_rsvp_decide(&event, &banned, &yes, &d), CVN_RSVP_REFUSED_BANNED);
    assert_int_equal(cvn_rsvp_decide(&event, &banned, &invite, &d), CVN_RSVP_REFUSED_BANNED);
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &yes, &d), CVN_RSVP_REFUSED_MEMBERS);
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &invite, &d), CVN_RSVP_OK);
    outsider.state = CVN_RSVP_INVITED;
    assert_int_equal(cvn_rsvp_decide(&event, &outsider, &yes, &d), CVN_RSVP_OK);
}

static void test_every_refusal_has_a_sentence_of_its_own(void **state)
{
    for (int i = CVN_RSVP_OK + 1; i <= CVN_RSVP_REFUSED_NOT_LISTED; i++)
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
    const struct cvn_rsvp_person *p = &f->person;
    bool held = cvn_rsvp_holds_seats(p->state), holds = cvn_rsvp_holds_seats(d.state);
    bool marks = f->request.action >= CVN_RSVP_ATTEND && f->request.action != CVN_RSVP_ADD;
    bool same = d.state == p->state && d.party == p->party && !(p->elsewhere && d.changed);
    uint32_t here = held && !p->elsewhere ? p->party : 0;
    int64_t taken = (int64_t)event->seats_taken + d.seats_delta;
    assert_int_equal(d.changed, !same);
    if (d.changed) {
        assert_int_equal(d.seats_delta, (int64_t)(holds ? d.party : 0) - here);
        assert_int_equal(d.seats_left, held && p->elsewhere ? p->party : 0);
    }
    assert_int_equal(d.needs_queue_number, d.changed && d.state == CVN_RSVP_WAITLISTED &&
                                               (p->state != CVN_RSVP_WAITLISTED || p->elsewhere));
    if ((d.seats_delta > 0 || (holds && !held)) && !marks) {
        assert_true(event->capacity == 0 || taken <= event->capacity || d.over_capacity);
        assert_true(event->publication == CVN_PUBLICATION_PUBLISHED && !p->banned);
        assert_true(event->status != CVN_EVENT_CANCELLED && event->status != CVN_EVENT_POSTPONED);
        assert_true(f->request.now_ms < event->start_ms);
    }
    if (d.over_capacity)
        assert_true(taken > event->capacity &&
                    (f->request.over_capacity || f->request.action == CVN_RSVP_WALK_IN));
    if (d.run_queue)
        assert_true(cvn_rsvp_queue_moves(event, f->request.now_ms));
    if (d.seats_delta < 0 && cvn_rsvp_queue_moves(event, f->request.now_ms))
        assert_int_equal(d.run_queue, event->capacity == 0 || taken < event->capacity);
    if (!same && (p->state == CVN_RSVP_REMOVED || p->state == CVN_RSVP_REJECTED))
        assert_true(d.state == CVN_RSVP_INVITED || f->request.action == CVN_RSVP_ADD);
    if (f->request.action == CVN_RSVP_PROMOTE)
        return;
    struct facts again = *f; /* the click repeated */
    again.event.seats_taken = (uint32_t)taken;
    again.event.n_waiting += d.needs_queue_number;
    again.person = (struct cvn_rsvp_person){.state = d.state,
                                            .party = d.party,
                                            .banned = p->banned,
                                            .walked_in = d.walked_in,
                                            .elsewhere = p->elsewhere && !d.changed};
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

static bool is_active(enum cvn_rsvp_state state)
{
    return state == CVN_RSVP_REQUESTED || state == CVN_RSVP_YES || state == CVN_RSVP_WAITLISTED ||
           state == CVN_RSVP_OFFERED;
}

static void test_invariants_hold_in_combinations_of_everything(void **state)
{
    static const enum cvn_event_status statuses[] = {CVN_EVENT_SCHEDULED, CVN_EVENT_POSTPONED,
                                                     CVN_EVENT_CANCELLED};
    static const enum cvn_publication publications[] = {CVN_PUBLICATION_PUBLISHED,
                                                        CVN_PUBLICATION_UNPUBLISHED};
    /* The stride is prime to all bases, so that every pair of digits is met in some combination. */
    for (unsigned i = 0;; i += STRIDE) {
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
        f.event.waitlist = (enum cvn_waitlist_mode)take(&n, CVN_WAITLIST_MODES);
        f.event.drawn = take(&n, 2);
        f.event.policy = (enum cvn_waitlist_policy)take(&n, 3);
        f.event.status = statuses[take(&n, 3)];
        f.event.publication = publications[take(&n, 2)];
        f.event.approval = take(&n, 2);
        f.request.now_ms = (const int64_t[]){EARLY_MS, CHECK_IN_MS, START_MS}[take(&n, 3)];
        f.person.banned = take(&n, 2);
        f.request.over_capacity = f.request.action == CVN_RSVP_ADD && take(&n, 2);
        f.person.elsewhere = is_active(f.person.state) && take(&n, 2);
        f.person.walked_in = !is_active(f.person.state) && take(&n, 2);
        if (f.person.elsewhere) /* what it holds is not here */
            f.event.seats_taken %= 3, f.event.n_waiting %= 2;
        if (n)
            break;
        check_invariants(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_at_50_49_in_50_in_51_waits),
        cmocka_unit_test(test_window_at_its_edges),
        cmocka_unit_test(test_party_at_its_limits),
        cmocka_unit_test(test_number_of_guests_changes_within_the_free_seats),
        cmocka_unit_test(test_newcomer_does_not_pass_those_who_wait),
        cmocka_unit_test(test_the_banned_and_outsiders_stay_out),
        cmocka_unit_test(test_every_refusal_has_a_sentence_of_its_own),
        cmocka_unit_test(test_invariants_hold_in_combinations_of_everything),
    };
    return cmocka_run_group_tests_name("rsvp", tests, NULL, NULL);
}
