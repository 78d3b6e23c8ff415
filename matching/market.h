/* Seats, who holds them and what they cost, while an optimal matching is sought. */
#ifndef CVN_MATCHING_MARKET_H
#define CVN_MATCHING_MARKET_H

#include "matching/directory.h"
#include "matching/optimal.h"

#define CVN_MATCH_FAR INT64_MAX
#define CVN_MATCH_NOT_FOR_SALE (INT64_MAX / 4) /* the price of mentors without any seat */

/* What a search reads of a mentor, in one place. */
struct cvn_match_node {
    int64_t distance; /* from the source of a search; CVN_MATCH_FAR between searches */
    uint32_t n_held;
    uint32_t n_seats; /* no more than mentees who could sit there */
    uint32_t first;   /* of its seats in held */
    uint32_t from;    /* the mentee by whom a search came here */
    uint64_t via;     /* and the edge */
};

struct cvn_match_hold {
    int64_t bid; /* while bidding, lowest first as a heap of each mentor */
    uint32_t mentee;
};

/*
 * Invariants: a seat that is free costs nothing; who holds a seat has no edge that would profit
 * them more at the prices, and would not profit from leaving.
 */
struct cvn_match_market {
    const struct cvn_match_instance *instance;
    const struct cvn_match_progress *progress;
    int64_t bonus;      /* that every edge is worth more */
    int32_t worth_mask; /* -1, or 0 where only the bonus counts */
    int64_t step;       /* the least by which a bid raises a price */
    int64_t *price;     /* by mentor; apart from the rest, because bidding reads nothing else */
    struct cvn_match_node *nodes;
    struct cvn_match_hold *held;
    uint32_t *place; /* by mentee: the seat in held, once bidding is over */
    uint64_t *edge;  /* by mentee: the one it is placed by, or CVN_MATCH_NO_EDGE */
    uint32_t *left;  /* mentees still to be placed */
    uint32_t n_left;
    uint32_t phase;   /* of bidding, from 0 */
    uint32_t n_done;  /* in it */
    uint64_t n_steps; /* since progress was told */
    int64_t n_bids;
    int64_t n_searches;
};

static inline int64_t cvn_match_market_worth(const struct cvn_match_market *market,
                                             const struct cvn_match_candidate *edge)
{
    return (cvn_match_worth(edge) & market->worth_mask) + market->bonus;
}

/* Tells progress after enough steps. 0 or CVN_MATCH_CANCELLED. */
int cvn_match_market_tell(struct cvn_match_market *market, uint32_t n_steps);

/* Bids until nobody can or may bid on; who may still profit is in left then. */
int cvn_match_market_bid(struct cvn_match_market *market);

/*
 * Takes out who no longer sits best at the prices, which bidding in steps may leave; they join
 * left. A seat that becomes free by that keeps its price until the searches are over.
 */
void cvn_match_market_settle(struct cvn_match_market *market);

/* Fills or cheapens the free seats that still have a price. Like augment. */
int cvn_match_market_fill(struct cvn_match_market *market);

/* Places those in left. 0, CVN_MATCH_CANCELLED or -ENOMEM. */
int cvn_match_market_augment(struct cvn_match_market *market);

#endif
