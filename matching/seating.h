/* Runs the solver that a mode asks for over the candidates that were kept. */
#ifndef CVN_MATCHING_SEATING_H
#define CVN_MATCHING_SEATING_H

#include "matching/candidates.h"
#include "matching/optimal.h"

struct cvn_match_seating {
    uint32_t *choice; /* by mentee: place among the candidates, from 0, or CVN_MATCH_NOBODY */
    int64_t n_proposals;
    struct cvn_match_assignment proof; /* prices, cover, bonus and floor; zeroed when STABLE */
    struct cvn_match_gap gap;          /* where everybody could be a candidate; else zeros */
};

/* 0, CVN_MATCH_CANCELLED or -ENOMEM. */
int cvn_match_seating_init(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph, enum cvn_match_mode mode,
                           const struct cvn_match_progress *progress);

/* How many of the cohort can be placed over a graph, as cvn_match_place_most. */
int cvn_match_seating_most(struct cvn_match_assignment *ret, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph,
                           const struct cvn_match_progress *progress);

/* A zeroed seating is accepted. */
void cvn_match_seating_deinit(struct cvn_match_seating *seating);

#endif
