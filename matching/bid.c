#include "matching/market.h"

/*
 * How long a mentee may bid before a search is the better way. A bid that raises the price by no
 * more than the least step is a sign of a war of equals over few seats and counts for many.
 */
enum { PATIENCE = 512, PATIENCE_AT_WAR = 64 };

/* The best offer of a mentee at the prices, and what the next best would leave. */
struct offer {
    uint64_t edge;
    int64_t profit;
    int64_t second; /* at least 0, which is the profit of staying out */
};

static struct offer best_offer(const struct cvn_match_market *market, uint32_t mentee)
{
    const struct cvn_match_instance *in = market->instance;
    const struct cvn_match_candidate *edges = in->edges;
    int64_t best = 0, second = 0;
    uint64_t edge = CVN_MATCH_NO_EDGE, end = in->first[mentee + 1];
    /* Without a branch on the profit, which nobody could guess. */
    for (uint64_t e = in->first[mentee]; e < end; e++) {
        int64_t profit = cvn_match_market_worth(market, &edges[e]) - market->price[edges[e].mentor];
        bool is_best = profit > best;
        int64_t lesser = is_best ? best : profit;
        second = lesser > second ? lesser : second;
        edge = is_best ? e : edge;
        best = is_best ? profit : best;
    }
    return (struct offer){edge, best, second};
}

static void raise_hold(struct cvn_match_hold *heap, uint32_t at, struct cvn_match_hold hold)
{
    for (uint32_t parent; at > 0 && heap[parent = (at - 1) / 2].bid > hold.bid; at = parent)
        heap[at] = heap[parent];
    heap[at] = hold;
}

static void replace_lowest(struct cvn_match_hold *heap, uint32_t n, struct cvn_match_hold hold)
{
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1].bid < heap[child].bid)
            child++;
        if (heap[child].bid >= hold.bid)
            break;
        heap[at] = heap[child];
    }
    heap[at] = hold;
}

/* Seats the mentee by the offer. Returns who lost the seat, or CVN_MATCH_NOBODY. */
static uint32_t take(struct cvn_match_market *market, uint32_t mentee, const struct offer *offer)
{
    const struct cvn_match_candidate *edge = &market->instance->edges[offer->edge];
    struct cvn_match_node *node = &market->nodes[edge->mentor];
    struct cvn_match_hold *heap = market->held + node->first;
    /* A step above indifference, without which equals would outbid each other for ever. */
    struct cvn_match_hold hold = {
        cvn_match_market_worth(market, edge) - offer->second + market->step, mentee};
    uint32_t loser = CVN_MATCH_NOBODY;
    if (node->n_held < node->n_seats) {
        raise_hold(heap, node->n_held++, hold);
    } else {
        loser = heap[0].mentee;
        market->edge[loser] = CVN_MATCH_NO_EDGE;
        replace_lowest(heap, node->n_held, hold);
    }
    if (node->n_held == node->n_seats)
        market->price[edge->mentor] = heap[0].bid;
    market->edge[mentee] = offer->edge;
    return loser;
}

/* An edge as good as the best whose mentor has a seat free, or CVN_MATCH_NO_EDGE. */
static uint64_t find_free(const struct cvn_match_market *market, uint32_t mentee, int64_t profit)
{
    const struct cvn_match_instance *in = market->instance;
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e++) {
        uint32_t mentor = in->edges[e].mentor;
        if (market->nodes[mentor].n_held < market->nodes[mentor].n_seats &&
            cvn_match_market_worth(market, &in->edges[e]) - market->price[mentor] == profit)
            return e;
    }
    return CVN_MATCH_NO_EDGE;
}

/* Lets a mentee bid, then whoever loses a seat by that. */
static int settle(struct cvn_match_market *market, uint32_t mentee, uint32_t *spent)
{
    while (mentee != CVN_MATCH_NOBODY) {
        struct offer offer = best_offer(market, mentee);
        const struct cvn_match_instance *in = market->instance;
        if (offer.profit <= 0 || offer.edge == CVN_MATCH_NO_EDGE) {
            market->n_done++;
            return 0;
        }
        const struct cvn_match_node *node = &market->nodes[in->edges[offer.edge].mentor];
        bool at_war = offer.profit == offer.second && node->n_held == node->n_seats;
        if (at_war) {
            uint64_t edge = find_free(market, mentee, offer.profit);
            at_war = edge == CVN_MATCH_NO_EDGE;
            offer.edge = at_war ? offer.edge : edge;
        }
        if (spent[mentee] >= PATIENCE || (at_war && market->step == 0)) {
            market->left[market->n_left++] = mentee;
            return 0;
        }
        spent[mentee] += at_war ? PATIENCE_AT_WAR : 1;
        market->n_bids++;
        uint32_t n_edges = (uint32_t)(in->first[mentee + 1] - in->first[mentee]);
        uint32_t loser = take(market, mentee, &offer);
        market->n_done += loser == CVN_MATCH_NOBODY;
        int r = cvn_match_market_tell(market, n_edges);
        if (r != 0)
            return r;
        mentee = loser;
    }
    return 0;
}

int cvn_match_market_bid(struct cvn_match_market *market)
{
    uint32_t *spent = market->place; /* not needed before bidding is over */
    for (uint32_t i = 0; i < market->instance->n_mentees; i++)
        spent[i] = 0;
    for (uint32_t i = 0; i < market->instance->n_mentees; i++) {
        int r = settle(market, i, spent);
        if (r != 0)
            return r;
    }
    return 0;
}
