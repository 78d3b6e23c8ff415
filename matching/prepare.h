/* From a problem as it is given to a cohort and its candidates. */
#ifndef CVN_MATCHING_PREPARE_H
#define CVN_MATCHING_PREPARE_H

#include "matching/candidates.h"

/*
 * Checks the problem, prepares it and finds everybody's candidates. 0; CVN_MATCH_INVALID;
 * CVN_MATCH_CANCELLED; -ENOMEM. Both are the caller's, and zeroed on anything but 0.
 */
int cvn_match_prepare(const struct cvn_match_problem *problem,
                      const struct cvn_match_progress *progress, struct cvn_match_cohort *cohort,
                      struct cvn_match_graph *graph);

#endif
