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
 * the caller's. Results of one prepared problem share its candidates and may outlive it.
 */
int cvn_match_prepared_solve(const struct cvn_match_prepared *prepared, enum cvn_match_mode mode,
                             const struct cvn_match_progress *progress,
                             struct cvn_match_result **ret);

/*
 * How good the pairs of CVN_MATCH_OPTIMAL are among all pairs that the rules allow, candidates or
 * not. Locked pairs do not count.
 */
struct cvn_match_gap {
    int64_t worth;     /* of the pairs */
    int64_t bound;     /* no matching is worth more; when it equals worth, the pairs are the best */
    int64_t n_tempted; /* mentees who would profit more from somebody who is no candidate */
};

/*
 * Takes the prices of seats from a result of CVN_MATCH_OPTIMAL and goes over all mentors for each
 * mentee: what seats cost together and what each mentee could gain at most at these prices is the
 * bound (linear programming duality). 0; CVN_MATCH_INVALID for a result of another mode;
 * CVN_MATCH_CANCELLED; -ENOMEM. Time: about that of finding the candidates, with the threads of the
 * problem; progress hears of CVN_MATCH_PHASE_CHECK.
 */
int cvn_match_prepared_find_gap(const struct cvn_match_prepared *prepared,
                                const struct cvn_match_result *result,
                                const struct cvn_match_progress *progress,
                                struct cvn_match_gap *ret);

/* Accepts NULL. */
void cvn_match_prepared_free(struct cvn_match_prepared *prepared);

#endif
