#include "matching/market.h"

#include <errno.h>
#include <stdlib.h>

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

/* A mentee bids once. Returns who lost the seat and bids on, or CVN_MATCH_NOBODY. */
static uint32_t bid(struct cvn_match_market *market, uint32_t mentee, uint32_t *spent)
{
    const struct cvn_match_instance *in = market->instance;
    struct offer offer = best_offer(market, mentee);
    if (offer.profit <= 0 || offer.edge == CVN_MATCH_NO_EDGE) {
        market->n_done++;
        return CVN_MATCH_NOBODY;
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
        return CVN_MATCH_NOBODY;
    }
    spent[mentee] += at_war ? PATIENCE_AT_WAR : 1;
    market->n_bids++;
    uint32_t loser = take(market, mentee, &offer);
    market->n_done += loser == CVN_MATCH_NOBODY;
    return loser;
}

enum { AHEAD = 8, EDGES_PER_LINE = 64 / sizeof(struct cvn_match_candidate) };

static void fetch_edges(const struct cvn_match_instance *in, uint32_t mentee)
{
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e += EDGES_PER_LINE)
        __builtin_prefetch(&in->edges[e]);
}

/*
 * Everybody bids once, and who loses a seat by that takes their place. What somebody will read is
 * fetched while others bid: first where their edges are, then these.
 */
static int take_turn(struct cvn_match_market *market, uint32_t *bidders, uint32_t *n_bidders,
                     uint32_t *spent)
{
    const struct cvn_match_instance *in = market->instance;
    uint32_t n = *n_bidders, n_left = 0;
    for (uint32_t i = 0; i < n && i < AHEAD; i++)
        fetch_edges(in, bidders[i]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t n_edges = (uint32_t)(in->first[bidders[i] + 1] - in->first[bidders[i]]);
        if (i + AHEAD < n)
            fetch_edges(in, bidders[i + AHEAD]);
        uint32_t loser = bid(market, bidders[i], spent);
        if (loser != CVN_MATCH_NOBODY) {
            __builtin_prefetch(&in->first[loser]);
            bidders[n_left++] = loser;
        }
        int r = cvn_match_market_tell(market, n_edges);
        if (r != 0)
            return r;
    }
    *n_bidders = n_left;
    return 0;
}

/*
 * How many bid by turns. Where a bonus has nearly everybody outbid nearly everybody, prices rise
 * evenly when all do; else most find a seat soon, and few at a time leave fewer seats overpriced.
 */
enum { BIDDERS = 16 };

int cvn_match_market_bid(struct cvn_match_market *market)
{
    uint32_t n = market->instance->n_mentees, n_begun = 0, n_bidders = 0;
    uint32_t at_once = market->bonus > 0 || n < BIDDERS ? n : BIDDERS;
    uint32_t *spent = market->place; /* not needed before bidding is over */
    uint32_t *bidders = malloc(((size_t)at_once + 1) * sizeof *bidders);
    int r = bidders ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        spent[i] = 0;
    while (r == 0 && (n_bidders > 0 || n_begun < n)) {
        while (n_bidders < at_once && n_begun < n)
            bidders[n_bidders++] = n_begun++;
        r = take_turn(market, bidders, &n_bidders, spent);
    }
    free(bidders);
    return r;
}
