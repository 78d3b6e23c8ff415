/*
 * Who of those waiting gets the free seats. Parties wait in the order of their queue numbers; a
 * party of three may not fit where one of one would, and the group chooses what happens then.
 * Pure.
 */
#ifndef CVN_SERVICES_EVENTS_RULES_WAITLIST_H
#define CVN_SERVICES_EVENTS_RULES_WAITLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cvn_waitlist_policy {
    CVN_WAITLIST_STRICT,    /* nobody passes anybody: seats stay free until the first fits */
    CVN_WAITLIST_FIRST_FIT, /* whoever fits, in order */
    CVN_WAITLIST_BOUNDED,   /* as FIRST_FIT, but nobody is passed more than so many times */
};

enum { CVN_WAITLIST_NO_LIMIT = UINT32_MAX }; /* free seats where there is no capacity */

struct cvn_waitlist_rule {
    enum cvn_waitlist_policy policy;
    uint32_t overtaken_max; /* for BOUNDED */
    uint32_t capacity;      /* 0: unlimited; a party above it never fits and holds up nobody */
    uint32_t free_seats;
};

/* One party that waits. */
struct cvn_waiting {
    uint64_t queue_number;
    uint32_t party;     /* seats, at least 1 */
    uint32_t overtaken; /* by how many it has been passed; updated by pick, to be stored */
    bool picked;        /* set by pick */
};

/*
 * Picks who is promoted from the whole queue, in ascending order of queue numbers; sets picked and
 * overtaken in it. Returns how many were picked. What they need never exceeds the free seats, and
 * of those left none could be picked under the policy. Linear in n, and stops when no seat is left.
 */
size_t cvn_waitlist_pick(const struct cvn_waitlist_rule *rule, struct cvn_waiting *queue, size_t n);

#endif
