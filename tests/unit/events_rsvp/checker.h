/* Recomputes from an event's rows what its counters, queue and offers must be. */
#ifndef CVN_TESTS_EVENTS_RSVP_CHECKER_H
#define CVN_TESTS_EVENTS_RSVP_CHECKER_H

#include "tests/unit/events_rsvp/harness.h"

enum { CHECKER_NUMBERS_MAX = 8192 };

/* What is remembered of one event between two looks at it. */
struct checker {
    struct cvn_id event;
    bool may_overbook;                          /* organisers add people, or lower the capacity */
    struct cvn_id holders[CHECKER_NUMBERS_MAX]; /* by queue number: who was given it */
    uint32_t overtaken[CHECKER_NUMBERS_MAX];    /* how often it had been passed: never less */
    bool given[CHECKER_NUMBERS_MAX];
};

/* Asserts every invariant of the event's RSVPs. */
void checker_look(struct checker *checker, struct harness *harness);

#endif
