/* What the points of a pair are computed from, out of a prepared cohort. */
#ifndef CVN_MATCHING_MEASURE_H
#define CVN_MATCHING_MEASURE_H

#include "matching/cohort.h"
#include "matching/score.h"

/* special is what is known of the pair, or NULL. */
void cvn_match_measure_known(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             uint32_t mentor, const struct cvn_match_special *special,
                             struct cvn_match_measure *ret);

/* Looks up what is known of the pair. */
void cvn_match_measure_pair(const struct cvn_match_cohort *cohort, uint32_t mentee, uint32_t mentor,
                            struct cvn_match_measure *ret);

/* Scores a pair as a candidate; special is what is known of it, or NULL. */
void cvn_match_score_pair(const struct cvn_match_cohort *cohort, uint32_t mentee, uint32_t mentor,
                          const struct cvn_match_special *special, struct cvn_match_candidate *ret);

#endif
