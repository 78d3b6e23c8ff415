/*
 * The matching that is best for the worst off: as many mentees placed as can be, then the least
 * worth among the pairs as high as it can be, then the highest total worth (a bottleneck assignment
 * before a linear one; Burkard, Dell'Amico and Martello 2009, chapter 6).
 */
#ifndef CVN_MATCHING_FAIR_H
#define CVN_MATCHING_FAIR_H

#include "matching/optimal.h"

/*
 * The floor of *ret is the least worth that every pair can have; with one more, fewer could be
 * placed. Its prices prove the total over the edges from the floor on, its cover that over all
 * edges no more can be placed, and above that over those worth more than the floor fewer can. 0,
 * CVN_MATCH_CANCELLED or -ENOMEM; like cvn_match_assign.
 */
int cvn_match_share_out(struct cvn_match_assignment *ret, const struct cvn_match_instance *instance,
                        const struct cvn_match_progress *progress);

#endif
