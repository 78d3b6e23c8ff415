/* The weights of a programme as those of a matching problem, one for one. */
#ifndef CVN_COHORT_WEIGHTS_H
#define CVN_COHORT_WEIGHTS_H

#include "convene/mentoring/v1/program.pb-c.h"
#include "matching/matching.h"

/* Where the message keeps the weight of a term. */
int32_t *cvn_cohort_weight(Convene__Mentoring__V1__MatchWeights *weights, enum cvn_match_term term);

#endif
