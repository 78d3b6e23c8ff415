/*
 * The exact best K mentors of each mentee: those who teach most of what is wanted are sought first,
 * and only who can still reach the K-th best so far is scored (sift.h).
 */
#ifndef CVN_MATCHING_CANDIDATES_H
#define CVN_MATCHING_CANDIDATES_H

#include "matching/cohort.h"

/* Mentee i has the candidates from items[first[i]] up to items[first[i + 1]], best first. */
struct cvn_match_graph {
    uint64_t *first; /* n_mentees + 1 */
    struct cvn_match_candidate *items;
    int64_t n_scored;
};

/* 0, CVN_MATCH_CANCELLED or -ENOMEM. */
int cvn_match_graph_init(struct cvn_match_graph *graph, const struct cvn_match_cohort *cohort,
                         const struct cvn_match_progress *progress);

/* A zeroed graph is accepted. */
void cvn_match_graph_deinit(struct cvn_match_graph *graph);

#endif
