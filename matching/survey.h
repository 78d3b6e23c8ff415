/* How far prices of seats are from proving a matching over all pairs, and who makes the gap. */
#ifndef CVN_MATCHING_SURVEY_H
#define CVN_MATCHING_SURVEY_H

#include "matching/finds.h"

/* Which pairs count, and for how much: (worth & mask) + bonus of those worth a floor or more. */
struct cvn_match_count {
    int64_t bonus;
    int64_t mask; /* -1, or 0 where all count alike */
    int64_t floor;
};

struct cvn_match_survey {
    int64_t bound;     /* no matching of all pairs that the rules allow counts for more */
    int64_t n_tempted; /* mentees to whom somebody else than the candidates would be more */
};

/*
 * The prices prove that a matching over the graph counts for the most. What seats cost together and
 * what each mentee could gain at most at these prices, among all mentors whom the rules allow, is
 * the bound (linear programming duality). finds gets those with whom mentees would gain most, of
 * those with whom they would gain more than with all candidates. With the threads of the problem;
 * progress hears of CVN_MATCH_PHASE_CANDIDATES. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_survey(const struct cvn_match_cohort *cohort, const struct cvn_match_graph *graph,
                     const int64_t *price, struct cvn_match_count count,
                     struct cvn_match_finds *finds, const struct cvn_match_progress *progress,
                     struct cvn_match_survey *ret);

#endif
