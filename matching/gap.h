/* The gap of an optimal matching over all pairs, by the prices of seats. */
#ifndef CVN_MATCHING_GAP_H
#define CVN_MATCHING_GAP_H

#include "matching/cohort.h"
#include "matching/prepared.h"

/* See cvn_match_prepared_find_gap; the answer is one of CVN_MATCH_OPTIMAL for the cohort. */
int cvn_match_find_gap(const struct cvn_match_cohort *cohort, const struct cvn_match_answer *answer,
                       const struct cvn_match_progress *progress, struct cvn_match_gap *ret);

#endif
