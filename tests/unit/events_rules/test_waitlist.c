#include "services/events/rules/waitlist.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { QUEUE = 5 };

static struct cvn_waiting party(uint64_t number, uint32_t seats)
{
    return (struct cvn_waiting){.queue_number = number, .party = seats};
}

static uint32_t limit_of(const struct cvn_waitlist_rule *rule)
{
    switch (rule->policy) {
    case CVN_WAITLIST_STRICT:
        return 0;
    case CVN_WAITLIST_FIRST_FIT:
        return UINT32_MAX;
    case CVN_WAITLIST_BOUNDED:
        return rule->overtaken_max;
    }
    return 0;
}

/* The policy in its own words: serve the first whom nobody ahead may object to, over and over. */
static void pick_plainly(const struct cvn_waitlist_rule *rule, struct cvn_waiting *queue, size_t n)
{
    uint32_t left = rule->free_seats;
    for (size_t i = 0; i < n; i++)
        queue[i].picked = false;
    for (size_t i = 0; i < n; i++) {
        bool objection = queue[i].party > left;
        for (size_t k = 0; k < i; k++)
            objection |= !queue[k].picked && queue[k].party <= rule->capacity &&
                         queue[k].overtaken >= limit_of(rule);
        if (objection)
            continue;
        queue[i].picked = true;
        left -= queue[i].party;
        for (size_t k = 0; k < i; k++)
            if (!queue[k].picked && queue[k].party <= rule->capacity)
                queue[k].overtaken++;
    }
}

static unsigned take(unsigned *n, unsigned base)
{
    unsigned digit = *n % base;
    *n /= base;
    return digit;
}

/* Parties of 1 to 4 in a room of 3, so that one of four never fits. */
static void test_pick_is_the_policy_in_every_small_queue(void **state)
{
    for (unsigned i = 0;; i++) {
        unsigned n = i;
        struct cvn_waitlist_rule rule = {.capacity = 3, .free_seats = take(&n, 4)};
        rule.policy = (enum cvn_waitlist_policy)take(&n, 3);
        rule.overtaken_max = take(&n, 3);
        struct cvn_waiting got[QUEUE], expected[QUEUE];
        for (size_t k = 0; k < QUEUE; k++) {
            got[k] = party(k + 1, 1 + take(&n, 4));
            got[k].overtaken = take(&n, 2);
        }
        if (n)
            break;
        memcpy(expected, got, sizeof got);
        pick_plainly(&rule, expected, QUEUE);
        size_t n_picked = cvn_waitlist_pick(&rule, got, QUEUE), n_expected = 0;
        uint32_t seats = 0;
        for (size_t k = 0; k < QUEUE; k++) {
            assert_int_equal(got[k].picked, expected[k].picked);
            assert_int_equal(got[k].overtaken, expected[k].overtaken);
            n_expected += expected[k].picked;
            seats += got[k].picked ? got[k].party : 0;
        }
        assert_int_equal(n_picked, n_expected);
        assert_true(seats <= rule.free_seats);
    }
}

static void test_strict_waits_for_the_first(void **state)
{
    struct cvn_waiting queue[] = {party(7, 1), party(9, 3), party(12, 1)};
    struct cvn_waitlist_rule rule = {CVN_WAITLIST_STRICT, 0, 10, 3};
    assert_int_equal(cvn_waitlist_pick(&rule, queue, 3), 1);
    assert_true(queue[0].picked && !queue[1].picked && !queue[2].picked);
    assert_int_equal(queue[1].overtaken, 0);
}

static void test_bounded_lets_nobody_be_passed_once_more(void **state)
{
    struct cvn_waitlist_rule rule = {CVN_WAITLIST_BOUNDED, 2, 10, 4};
    for (uint32_t before = 0; before <= 2; before++) {
        struct cvn_waiting queue[] = {party(1, 5), party(2, 1), party(3, 1), party(4, 1)};
        queue[0].overtaken = before;
        assert_int_equal(cvn_waitlist_pick(&rule, queue, 4), 2 - before);
        assert_int_equal(queue[0].overtaken, 2);
    }
}

static void test_no_limit_serves_everybody(void **state)
{
    struct cvn_waiting queue[] = {party(1, 4000000000u), party(2, 4000000000u)};
    struct cvn_waitlist_rule rule = {CVN_WAITLIST_STRICT, 0, 0, CVN_WAITLIST_NO_LIMIT};
    assert_int_equal(cvn_waitlist_pick(&rule, queue, 2), 2);
    assert_int_equal(cvn_waitlist_pick(&rule, queue, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pick_is_the_policy_in_every_small_queue),
        cmocka_unit_test(test_strict_waits_for_the_first),
        cmocka_unit_test(test_bounded_lets_nobody_be_passed_once_more),
        cmocka_unit_test(test_no_limit_serves_everybody),
    };
    return cmocka_run_group_tests_name("waitlist", tests, NULL, NULL);
}
