/*
 * The matching that is best for the worst off: as many mentees placed as can be, then the least
 * worth among the pairs as high as it can be, then the highest total worth (a bottleneck assignment
 * before a linear one; Burkard, Dell'Amico and Martello 2009, chapter 6).
 */
#ifndef CVN_MATCHING_FAIR_H
#define CVN_MATCHING_FAIR_H

#include "matching/optimal.h"

struct cvn_match_fair {
    struct cvn_match_assignment assignment; /* edges and prices of the edges from floor on */
    int32_t floor; /* the least worth of a pair; with floor + 1 fewer can be placed */
};

/* 0, CVN_MATCH_CANCELLED or -ENOMEM; like cvn_match_assign. */
int cvn_match_share_out(struct cvn_match_fair *ret, const struct cvn_match_instance *instance,
                        const struct cvn_match_progress *progress);

/* A zeroed one is accepted. */
void cvn_match_fair_deinit(struct cvn_match_fair *fair);

#endif
