/*
 * Deferred acceptance over the candidates: a mentee without a seat asks the next on their list; a
 * mentor with all seats taken keeps the best and lets the last one go, who asks on. One mentee at a
 * time (McVitie and Wilson 1971), in a loop, so that no cohort is too large for the stack.
 */
#ifndef CVN_MATCHING_STABLE_H
#define CVN_MATCHING_STABLE_H

#include "matching/candidates.h"

/* The mentees that hold a seat, best first: those of mentor j from items[first[j]], n[j] of them.
 */
struct cvn_match_held {
    uint32_t mentee;
    uint32_t choice; /* place of the mentor among the mentee's candidates, from 0 */
    uint64_t lottery;
    int32_t score; /* the mentor's */
};

struct cvn_match_seating {
    uint32_t *choice; /* by mentee: place among the candidates, from 0, or CVN_MATCH_NOBODY */
    struct cvn_match_held *held;
    uint32_t *first; /* n_mentors + 1 */
    uint8_t *n;      /* by mentor */
    int64_t n_proposals;
};

/* 0, CVN_MATCH_CANCELLED or -ENOMEM. */
int cvn_match_seating_init(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph,
                           const struct cvn_match_progress *progress);

/* A zeroed seating is accepted. */
void cvn_match_seating_deinit(struct cvn_match_seating *seating);

#endif
