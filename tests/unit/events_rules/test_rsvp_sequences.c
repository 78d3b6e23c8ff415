/*
 * Seeded random lives of small events: people come, go, bring guests; organisers approve, remove
 * and change the capacity. After every step the seats must add up and none be idle that the policy
 * would fill, with the queue run only where a decision said so.
 */
#include "services/events/rules/rsvp.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum {
    PEOPLE = 12,
    STEPS = 400,
    SEEDS = 200,
    START_MS = 1000000000,
};

struct attendee {
    struct cvn_rsvp_person rsvp;
    uint64_t queue_number;
    uint32_t overtaken;
};

struct world {
    struct cvn_rsvp_event event;
    struct attendee people[PEOPLE];
    uint32_t overtaken_max;
    uint64_t next_number;
    uint64_t random;
    unsigned n_promoted;
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2014. */
static unsigned draw(struct world *w, unsigned below)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (unsigned)((w->random * 2685821657736338717u) >> 33) % below;
}

static void count(struct world *w)
{
    w->event.n_waiting = 0;
    for (int i = 0; i < PEOPLE; i++)
        w->event.n_waiting += w->people[i].rsvp.state == CVN_RSVP_WAITLISTED;
}

/* Applies a decision as a store would; returns whether the queue is to be run. */
static bool act(struct world *w, struct attendee *who, enum cvn_rsvp_action action, uint32_t party)
{
    struct cvn_rsvp_request request = {action, party, 1000, false};
    struct cvn_rsvp_decision d;
    if (cvn_rsvp_decide(&w->event, &who->rsvp, &request, &d) != CVN_RSVP_OK)
        return false;
    who->rsvp.state = d.state;
    who->rsvp.party = d.party;
    if (d.needs_queue_number) {
        who->queue_number = ++w->next_number;
        who->overtaken = 0;
    }
    w->event.seats_taken = (uint32_t)((int64_t)w->event.seats_taken + d.seats_delta);
    count(w);
    return d.run_queue;
}

static size_t queue_of(struct world *w, struct cvn_waiting *queue, struct attendee **who)
{
    size_t n = 0;
    for (int i = 0; i < PEOPLE; i++) {
        struct attendee *a = &w->people[i];
        if (a->rsvp.state != CVN_RSVP_WAITLISTED)
            continue;
        size_t at = n++;
        for (; at > 0 && queue[at - 1].queue_number > a->queue_number; at--) {
            queue[at] = queue[at - 1];
            who[at] = who[at - 1];
        }
        queue[at] = (struct cvn_waiting){a->queue_number, a->rsvp.party, a->overtaken, false};
        who[at] = a;
    }
    return n;
}

static void run_queue(struct world *w)
{
    struct cvn_waiting queue[PEOPLE];
    struct attendee *who[PEOPLE];
    struct cvn_waitlist_rule rule = {w->event.policy, w->overtaken_max, w->event.capacity,
                                     cvn_rsvp_free_seats(&w->event)};
    size_t n = queue_of(w, queue, who);
    (void)cvn_waitlist_pick(&rule, queue, n);
    for (size_t i = 0; i < n; i++) {
        who[i]->overtaken = queue[i].overtaken;
        if (!queue[i].picked)
            continue;
        assert_false(act(w, who[i], CVN_RSVP_PROMOTE, 0));
        assert_int_not_equal(who[i]->rsvp.state, CVN_RSVP_WAITLISTED);
        w->n_promoted++;
    }
}

/* Written from the invariants, not from the code: a seat is idle if somebody could be served. */
static void check(struct world *w)
{
    struct cvn_waiting queue[PEOPLE];
    struct attendee *who[PEOPLE];
    uint32_t seats = 0, capacity = w->event.capacity;
    for (int i = 0; i < PEOPLE; i++)
        if (w->people[i].rsvp.state == CVN_RSVP_YES || w->people[i].rsvp.state == CVN_RSVP_OFFERED)
            seats += w->people[i].rsvp.party;
    assert_int_equal(seats, w->event.seats_taken);
    assert_true(seats <= capacity);
    size_t n = queue_of(w, queue, who);
    bool blocked = false;
    for (size_t i = 0; i < n && seats < capacity; i++) {
        uint32_t left = capacity - seats;
        if (queue[i].party > capacity)
            continue;
        if (queue[i].party <= left && !blocked)
            fail_msg("%u of %u seats taken and a party of %u waits", seats, capacity,
                     queue[i].party);
        if (w->event.policy == CVN_WAITLIST_STRICT)
            blocked = true;
        if (w->event.policy == CVN_WAITLIST_BOUNDED && queue[i].overtaken >= w->overtaken_max)
            blocked = true;
        if (w->event.policy == CVN_WAITLIST_BOUNDED)
            assert_true(queue[i].overtaken <= w->overtaken_max);
    }
    for (size_t i = 1; i < n; i++)
        assert_true(queue[i - 1].queue_number < queue[i].queue_number);
}

static void step(struct world *w)
{
    static const enum cvn_rsvp_action actions[] = {
        CVN_RSVP_SAY_YES, CVN_RSVP_SAY_YES, CVN_RSVP_SAY_YES, CVN_RSVP_SAY_NO, CVN_RSVP_APPROVE,
        CVN_RSVP_APPROVE, CVN_RSVP_INVITE,  CVN_RSVP_REMOVE,  CVN_RSVP_EXPIRE, CVN_RSVP_REJECT,
    };
    if (draw(w, 20) == 0) {
        /* Never below what is taken: that case has its own test. */
        uint32_t floor = w->event.seats_taken ? w->event.seats_taken : 1;
        w->event.capacity = floor + draw(w, 5);
        run_queue(w);
    } else {
        struct attendee *who = &w->people[draw(w, PEOPLE)];
        enum cvn_rsvp_action action = actions[draw(w, sizeof actions / sizeof *actions)];
        if (act(w, who, action, 1 + draw(w, 4)))
            run_queue(w);
    }
    check(w);
}

static void test_seats_add_up_and_none_is_idle(void **state)
{
    unsigned n_promoted = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w = {
            .event = {.publication = CVN_PUBLICATION_PUBLISHED,
                      .start_ms = START_MS,
                      .capacity = 1 + (uint32_t)(seed % 9),
                      .guests_max = 3,
                      .approval = seed % 5 == 0,
                      .waitlist = seed % 2 ? CVN_WAITLIST_AUTO : CVN_WAITLIST_OFFER,
                      .policy = (enum cvn_waitlist_policy)(seed % 3)},
            .overtaken_max = (uint32_t)(seed % 4),
            .random = seed * 0x9e3779b97f4a7c15u,
        };
        for (int i = 0; i < STEPS; i++)
            step(&w);
        n_promoted += w.n_promoted;
    }
    assert_true(n_promoted > SEEDS * 10); /* else the sequences tell nothing */
}

static void test_nobody_is_thrown_out_when_capacity_is_lowered(void **state)
{
    struct world w = {.event = {.publication = CVN_PUBLICATION_PUBLISHED,
                                .start_ms = START_MS,
                                .capacity = 4,
                                .waitlist = CVN_WAITLIST_AUTO}};
    for (int i = 0; i < 6; i++)
        (void)act(&w, &w.people[i], CVN_RSVP_SAY_YES, 1);
    w.event.capacity = 2;
    assert_int_equal(cvn_rsvp_free_seats(&w.event), 0);
    run_queue(&w);
    assert_int_equal(w.event.seats_taken, 4);
    assert_false(act(&w, &w.people[0], CVN_RSVP_SAY_NO, 0));
    assert_false(act(&w, &w.people[1], CVN_RSVP_SAY_NO, 0));
    assert_true(act(&w, &w.people[2], CVN_RSVP_SAY_NO, 0));
    run_queue(&w);
    assert_int_equal(w.event.seats_taken, 2);
    assert_int_equal(w.people[4].rsvp.state, CVN_RSVP_YES);
    assert_int_equal(w.people[5].rsvp.state, CVN_RSVP_WAITLISTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seats_add_up_and_none_is_idle),
        cmocka_unit_test(test_nobody_is_thrown_out_when_capacity_is_lowered),
    };
    return cmocka_run_group_tests_name("rsvp_sequences", tests, NULL, NULL);
}
