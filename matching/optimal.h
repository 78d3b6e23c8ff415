/*
 * The matching of the highest total worth, with prices that prove it.
 *
 * Mentees bid for seats as in an auction (Bertsekas 1988): a bid is the price at which the second
 * choice would be as good, and a step, which gets finer by phases. Whom the last step leaves in a
 * seat that is not their best, and who bids in vain where seats are scarce and mentees alike, is
 * placed along shortest augmenting paths (Jonker and Volgenant 1987), which make complementary
 * slackness exact and raise the prices of a whole scarce region at once.
 */
#ifndef CVN_MATCHING_OPTIMAL_H
#define CVN_MATCHING_OPTIMAL_H

#include "matching/instance.h"

enum cvn_match_aim {
    CVN_MATCH_AIM_WORTH,         /* the highest total worth */
    CVN_MATCH_AIM_PARTICIPATION, /* most mentees placed, and of those the highest total worth */
};

/*
 * Where every mentee sits and what a seat costs. The prices prove that no matching has more worth
 * where each mentee placed counts for a bonus. Under CVN_MATCH_AIM_PARTICIPATION cover proves with
 * prices of 0 and 1 that no more mentees can be placed, so that the two together prove the aim;
 * else bonus is 0 and cover NULL.
 */
struct cvn_match_assignment {
    uint64_t *edge; /* by mentee; CVN_MATCH_NO_EDGE: none */
    int64_t *price; /* by mentor, not negative */
    int64_t *cover; /* by mentor, or NULL */
    int64_t *above; /* such a cover of the edges worth more than the floor; cvn_match_share_out */
    int64_t bonus;
    int32_t floor; /* edges worth less do not count; 0 but for cvn_match_share_out */
    int64_t n_placed;
    int64_t worth; /* summed over the edges, without the bonus */
    int64_t n_bids;
    int64_t n_searches;
};

/*
 * Exact. 0, CVN_MATCH_CANCELLED or -ENOMEM. The instance must be valid (cvn_match_instance_check);
 * *ret is the caller's. Equal instances give equal assignments on any machine. progress may be
 * NULL; it hears of CVN_MATCH_PHASE_SOLVE. Time: near the edges times a small factor on cohorts of
 * people, at worst mentees times edges times a logarithm.
 */
int cvn_match_assign(struct cvn_match_assignment *ret, const struct cvn_match_instance *instance,
                     enum cvn_match_aim aim, const struct cvn_match_progress *progress);

/*
 * Places as many as can be placed, whoever it is with. Prices are 0 and 1 and prove the number,
 * with every edge worth nothing but a bonus of 1. Results, ownership and time like assign.
 */
int cvn_match_place_most(struct cvn_match_assignment *ret,
                         const struct cvn_match_instance *instance,
                         const struct cvn_match_progress *progress);

/* A zeroed assignment is accepted. */
void cvn_match_assignment_deinit(struct cvn_match_assignment *assignment);

#endif
