/*
 * The stable matching that the mentees like best: each proposes to the first mentor of their list,
 * a mentor keeps the best and lets the last one go, who proposes on (Gale and Shapley 1962; with
 * capacities, Roth 1984). In sweeps over those without a seat, each of whom proposes until somebody
 * takes them: the matching and the number of proposals are the same in any order (McVitie and
 * Wilson 1971), and in this one what is read lies in one direction and can be fetched ahead.
 */
#ifndef CVN_MATCHING_DEFERRED_H
#define CVN_MATCHING_DEFERRED_H

#include "matching/instance.h"

struct cvn_match_stable {
    uint64_t *edge; /* by mentee; CVN_MATCH_NO_EDGE: none */
    int64_t n_placed;
    int64_t n_proposals; /* each edge at most once */
};

/*
 * 0, CVN_MATCH_CANCELLED or -ENOMEM. Mentors prefer higher scores, then lower draws, then lower
 * numbers. The instance must be valid (cvn_match_instance_check); *ret is the caller's. progress
 * may be NULL; it hears of CVN_MATCH_PHASE_SOLVE.
 */
int cvn_match_defer(struct cvn_match_stable *ret, const struct cvn_match_instance *instance,
                    const struct cvn_match_progress *progress);

/* A zeroed one is accepted. */
void cvn_match_stable_deinit(struct cvn_match_stable *stable);

#endif
