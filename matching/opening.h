/*
 * Mentors who would take a mentee at present: with a seat free, or a mentee whom they like less. A
 * mentee whom all candidates have refused goes on with these, as with the rest of a list of all
 * mentors; who is passed over would refuse, now and later.
 */
#ifndef CVN_MATCHING_OPENING_H
#define CVN_MATCHING_OPENING_H

#include "matching/finds.h"

/* Those who look. */
struct cvn_match_seekers {
    const uint32_t *mentees;
    uint32_t n;
};

/*
 * Finds for each of the seekers the CVN_MATCH_FINDS_EACH whom they like best, or all of fewer, by
 * a stable matching in which choice[i] is mentee i's place among the candidates of the graph, or
 * CVN_MATCH_NOBODY. With the threads of the problem; progress hears of
 * CVN_MATCH_PHASE_CANDIDATES. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_find_openings(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_graph *graph, const uint32_t *choice,
                            struct cvn_match_seekers seekers, struct cvn_match_finds *finds,
                            const struct cvn_match_progress *progress);

#endif
