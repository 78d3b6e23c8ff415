/* The gap of an optimal matching over all pairs, by the prices of seats, and who makes it. */
#ifndef CVN_MATCHING_GAP_H
#define CVN_MATCHING_GAP_H

#include "matching/finds.h"

/*
 * The prices are those of a matching of that worth which is optimal over the graph. What seats cost
 * together and what each mentee could gain at most at these prices, among all mentors whom the
 * rules allow, is the bound (linear programming duality). finds gets those with whom mentees would
 * gain most, of those with whom they would gain more than with all candidates. With the threads of
 * the problem; progress hears of CVN_MATCH_PHASE_CANDIDATES. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_find_gap(const struct cvn_match_cohort *cohort, const struct cvn_match_graph *graph,
                       const int64_t *price, int64_t worth, struct cvn_match_finds *finds,
                       const struct cvn_match_progress *progress, struct cvn_match_gap *ret);

#endif
