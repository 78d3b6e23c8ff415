/* Mentors found for mentees beyond the candidates that they have. */
#ifndef CVN_MATCHING_FINDS_H
#define CVN_MATCHING_FINDS_H

#include "matching/candidates.h"

enum { CVN_MATCH_FINDS_EACH = 8 }; /* more come in the next round */

/* By mentee. Nobody twice, and nobody who is a candidate. */
struct cvn_match_finds {
    struct cvn_match_candidate (*items)[CVN_MATCH_FINDS_EACH]; /* in no order */
    uint8_t *n;
};

/* Room for a cohort, nobody found. 0 or -ENOMEM; either way to be deinitialised. */
int cvn_match_finds_init(struct cvn_match_finds *finds, const struct cvn_match_cohort *cohort);

/*
 * A graph with the finds of each mentee among the candidates, as many as fit into
 * CVN_MATCH_CANDIDATES_MAX, in the order of the others. 0 or -ENOMEM.
 */
int cvn_match_finds_add(const struct cvn_match_finds *finds, const struct cvn_match_cohort *cohort,
                        const struct cvn_match_graph *graph, struct cvn_match_graph *ret);

/* Zeroed ones are accepted. */
void cvn_match_finds_deinit(struct cvn_match_finds *finds);

#endif
