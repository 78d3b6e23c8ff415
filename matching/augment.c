#include "matching/heap.h"
#include "matching/market.h"

#include <errno.h>
#include <stdlib.h>

/*
 * One search after the other: from a mentee without a seat over the mentors they may have and the
 * mentees who sit there, by what each step would cost, to the nearest end: a free seat, or somebody
 * who may as well leave (Dijkstra; costs are not negative because of the market's invariants).
 */
struct search {
    struct cvn_match_market *market;
    struct cvn_match_heap heap;
    uint32_t *ready; /* mentors at the present distance, still to be looked at */
    uint32_t n_ready;
    uint32_t *seen; /* mentors with a distance */
    uint32_t n_seen;
    uint32_t source;
    int64_t bound; /* of the nearest end so far */
    uint32_t end_mentor;
    uint32_t end_mentee; /* either of the two */
    uint32_t n_steps;
};

/*
 * Looks at all mentors of a mentee. profit is what the mentee has, and distance what it cost to
 * come here.
 */
static int visit(struct search *search, uint32_t mentee, int64_t distance, int64_t profit)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_instance *in = market->instance;
    int64_t base = distance + profit;
    if (base < search->bound) { /* this one might as well stay out */
        search->bound = base;
        search->end_mentee = mentee;
        search->end_mentor = CVN_MATCH_NOBODY;
    }
    search->n_steps += (uint32_t)(in->first[mentee + 1] - in->first[mentee]);
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e++) {
        uint32_t mentor = in->edges[e].mentor;
        int64_t there =
            base - cvn_match_market_worth(market, &in->edges[e]) + market->price[mentor];
        if (there >= search->bound)
            continue;
        struct cvn_match_node *node = &market->nodes[mentor];
        if (there >= node->distance)
            continue;
        if (node->distance == CVN_MATCH_FAR)
            search->seen[search->n_seen++] = mentor;
        node->distance = there;
        node->from = mentee;
        node->via = e;
        if (node->n_held < node->n_seats) {
            search->bound = there;
            search->end_mentor = mentor;
        } else if (there == distance) {
            search->ready[search->n_ready++] = mentor;
        } else {
            int r = cvn_match_heap_push(&search->heap, (struct cvn_match_stop){there, mentor});
            if (r != 0)
                return r;
        }
    }
    return 0;
}

/* The next mentor to look at, nearest first; false when the end is reached. */
static bool next(struct search *search, uint32_t *mentor)
{
    if (search->n_ready > 0) {
        *mentor = search->ready[--search->n_ready];
        return search->market->nodes[*mentor].distance < search->bound;
    }
    while (search->heap.n > 0) {
        struct cvn_match_stop stop = cvn_match_heap_pop(&search->heap);
        if (stop.distance >= search->bound)
            return false;
        if (stop.distance == search->market->nodes[stop.mentor].distance) {
            *mentor = stop.mentor;
            return true;
        }
    }
    return false;
}

static int expand(struct search *search)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_candidate *edges = market->instance->edges;
    uint32_t mentor;
    while (next(search, &mentor)) {
        struct cvn_match_node node = market->nodes[mentor];
        for (uint32_t s = 0; s < node.n_held; s++) {
            uint32_t holder = market->held[node.first + s].mentee;
            int64_t profit = cvn_match_market_worth(market, &edges[market->edge[holder]]) -
                             market->price[mentor];
            int r = visit(search, holder, node.distance, profit);
            if (r != 0)
                return r;
        }
        int r = cvn_match_market_tell(market, search->n_steps);
        search->n_steps = 0;
        if (r != 0)
            return r;
    }
    return 0;
}

/* Moves everybody along the path to its end, from the end backwards. */
static void shift(struct search *search)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_candidate *edges = market->instance->edges;
    uint32_t place, mentor = search->end_mentor;
    if (mentor == CVN_MATCH_NOBODY) {
        uint32_t leaver = search->end_mentee;
        if (leaver == search->source)
            return;
        place = market->place[leaver];
        mentor = edges[market->edge[leaver]].mentor;
        market->edge[leaver] = CVN_MATCH_NO_EDGE;
    } else {
        place = market->nodes[mentor].first + market->nodes[mentor].n_held++;
    }
    for (;;) {
        const struct cvn_match_node *node = &market->nodes[mentor];
        uint32_t mover = node->from, old_place = market->place[mover];
        uint64_t old_edge = market->edge[mover];
        market->held[place].mentee = mover;
        market->place[mover] = place;
        market->edge[mover] = node->via;
        if (mover == search->source)
            return;
        place = old_place;
        mentor = edges[old_edge].mentor;
    }
}

/* Makes the path free of cost by dearer seats on the way, and forgets the distances. */
static void raise_prices(struct search *search)
{
    struct cvn_match_node *nodes = search->market->nodes;
    for (uint32_t i = 0; i < search->n_seen; i++) {
        struct cvn_match_node *node = &nodes[search->seen[i]];
        if (node->distance < search->bound)
            search->market->price[search->seen[i]] += search->bound - node->distance;
        node->distance = CVN_MATCH_FAR;
    }
    search->n_seen = search->n_ready = 0;
    search->heap.n = 0;
}

static int place(struct search *search, uint32_t mentee)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_instance *in = market->instance;
    int64_t best = 0;
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e++) {
        int64_t profit =
            cvn_match_market_worth(market, &in->edges[e]) - market->price[in->edges[e].mentor];
        if (profit > best)
            best = profit;
    }
    if (best == 0)
        return 0;
    market->n_searches++;
    search->source = mentee;
    search->bound = CVN_MATCH_FAR;
    int r = visit(search, mentee, 0, best);
    if (r == 0)
        r = expand(search);
    if (r != 0)
        return r;
    shift(search);
    raise_prices(search);
    return 0;
}

int cvn_match_market_augment(struct cvn_match_market *market)
{
    size_t n = (size_t)market->instance->n_mentors + 1;
    struct search search = {
        .market = market,
        .ready = malloc(n * sizeof *search.ready),
        .seen = malloc(n * sizeof *search.seen),
    };
    int r = search.ready && search.seen ? 0 : -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < market->n_left; i++, market->n_done++)
        r = place(&search, market->left[i]);
    free(search.heap.stops);
    free(search.ready);
    free(search.seen);
    return r;
}
