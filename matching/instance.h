/*
 * The bare problem behind a matching: mentees with lists of mentors, two scores on each edge, seats
 * on each mentor. What the solvers work on and certificates are about; no people, no rules.
 */
#ifndef CVN_MATCHING_INSTANCE_H
#define CVN_MATCHING_INSTANCE_H

#include "matching/matching.h"

enum { CVN_MATCH_EDGES_MAX = 1 << 28 }; /* CVN_MATCH_CANDIDATES_MAX for each mentee */

/*
 * Mentee i may have the mentors of edges[first[i]] up to edges[first[i + 1]], the best first, each
 * mentor at most once. first[0] is 0 and first never falls. The worth of an edge is the sum of its
 * two scores. All borrowed.
 */
struct cvn_match_instance {
    uint32_t n_mentees; /* at most CVN_MATCH_MENTEES_MAX */
    uint32_t n_mentors; /* at most CVN_MATCH_MENTORS_MAX */
    const uint64_t *first;
    const struct cvn_match_candidate *edges;
    const uint32_t *seats;   /* by mentor; 0 is allowed */
    const uint64_t *lottery; /* by mentee: breaks mentors' ties, lower first; NULL: by number */
};

/* Marks a mentee without a mentor where edges are named. */
#define CVN_MATCH_NO_EDGE UINT64_MAX

static inline int32_t cvn_match_worth(const struct cvn_match_candidate *edge)
{
    return (int32_t)edge->mentee_score + (int32_t)edge->mentor_score;
}

/*
 * Whether an instance keeps to the above. 0; CVN_MATCH_INVALID with the first fault as a sentence
 * in *err, which may be NULL; -ENOMEM.
 */
int cvn_match_instance_check(const struct cvn_match_instance *instance, struct cvn_error *err);

#endif
