#include "matching/market.h"

/* Whether a mentee has nothing better than the profit at hand. */
static bool sits_best(const struct cvn_match_market *market, uint32_t mentee)
{
    const struct cvn_match_instance *in = market->instance;
    uint64_t edge = market->edge[mentee];
    int64_t profit =
        cvn_match_market_worth(market, &in->edges[edge]) - market->price[in->edges[edge].mentor];
    if (profit < 0)
        return false;
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e++) {
        if (cvn_match_market_worth(market, &in->edges[e]) - market->price[in->edges[e].mentor] >
            profit)
            return false;
    }
    return true;
}

void cvn_match_market_settle(struct cvn_match_market *market)
{
    uint32_t n_mentors = market->instance->n_mentors;
    for (uint32_t j = 0; j < n_mentors; j++) {
        struct cvn_match_node *node = &market->nodes[j];
        struct cvn_match_hold *held = market->held + node->first;
        for (uint32_t s = 0; s < node->n_held;) {
            uint32_t mentee = held[s].mentee;
            if (sits_best(market, mentee)) {
                market->place[mentee] = node->first + s++;
                continue;
            }
            market->edge[mentee] = CVN_MATCH_NO_EDGE;
            market->left[market->n_left++] = mentee;
            held[s] = held[--node->n_held];
        }
    }
}
