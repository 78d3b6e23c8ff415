/*
 * A problem made ready to be solved in any mode: checked, everybody in order, and everybody's
 * candidates found and scored, which is most of a run. Not changed once made, so that any number of
 * threads may solve from it at the same time.
 */
#ifndef CVN_MATCHING_PREPARED_H
#define CVN_MATCHING_PREPARED_H

#include "matching/matching.h"

struct cvn_match_prepared;

/*
 * Makes a problem ready, with its n_threads; its mode does not matter. progress hears of
 * CVN_MATCH_PHASE_PREPARE and CVN_MATCH_PHASE_CANDIDATES. 0; CVN_MATCH_INVALID;
 * CVN_MATCH_CANCELLED; -ENOMEM. *ret is the caller's; the problem must stay as it is until it is
 * freed.
 */
int cvn_match_prepared_new(const struct cvn_match_problem *problem,
                           const struct cvn_match_progress *progress,
                           struct cvn_match_prepared **ret);

/*
 * Solves in one mode. The answer is that of cvn_match_solve for the problem with this mode, byte by
 * byte, and is checked and explained with it. progress hears of CVN_MATCH_PHASE_SOLVE and
 * CVN_MATCH_PHASE_REPORT. 0; CVN_MATCH_INVALID for no mode; CVN_MATCH_CANCELLED; -ENOMEM. *ret is
 * the caller's. Results of one prepared problem share its candidates, unless some were added for
 * all_pairs, and may outlive it.
 */
int cvn_match_prepared_solve(const struct cvn_match_prepared *prepared, enum cvn_match_mode mode,
                             const struct cvn_match_progress *progress,
                             struct cvn_match_result **ret);

/* Accepts NULL. */
void cvn_match_prepared_free(struct cvn_match_prepared *prepared);

#endif
