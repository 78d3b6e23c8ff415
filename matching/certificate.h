/*
 * Checks of what the solvers of bare instances say, by code that they do not share.
 */
#ifndef CVN_MATCHING_CERTIFICATE_H
#define CVN_MATCHING_CERTIFICATE_H

#include "matching/instance.h"
#include "matching/optimal.h"

/* How good an assignment is and how good any could be, both with the bonus for every mentee. */
struct cvn_match_bound {
    int64_t value;
    /*
     * No matching exceeds the seats at their prices and what each mentee could still gain at them:
     * sum(seats x price) + sum(max(0, worth - price)), the dual of the assignment problem. value
     * and bound are whole numbers, so an equal bound proves the optimum.
     */
    int64_t bound;
    int64_t n_placed;
    int64_t n_most; /* no matching places more, by the cover; all mentees where there is none */
    /* By above: no matching places more by edges worth more than the floor. -1 where there is none.
     */
    int64_t n_above;
};

/*
 * Proves that every mentee has at most one edge, of their own, that no mentor has more mentees than
 * seats, that no pair is worth less than the floor and no price negative, and works out the bound
 * over the edges from the floor on, n_most over all, and n_above. 0; CVN_MATCH_VIOLATION with the
 * fault as a sentence in *err; -ENOMEM. err may be NULL.
 */
int cvn_match_assignment_prove(const struct cvn_match_instance *instance,
                               const struct cvn_match_assignment *assignment,
                               struct cvn_match_bound *ret, struct cvn_error *err);

/*
 * Proves that edge, by mentee, is a matching within the seats without a blocking pair: nobody and a
 * mentor who would both rather have each other. Mentees prefer earlier edges, mentors higher
 * scores, then lower draws. 0; CVN_MATCH_VIOLATION; -ENOMEM.
 */
int cvn_match_stability_prove(const struct cvn_match_instance *instance, const uint64_t *edge,
                              struct cvn_error *err);

#endif
