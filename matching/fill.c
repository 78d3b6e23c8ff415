#include "matching/heap.h"
#include "matching/market.h"

#include <errno.h>
#include <stdlib.h>

/* An edge as its mentor sees it. */
struct entry {
    uint32_t edge; /* CVN_MATCH_EDGES_MAX is less */
    uint32_t mentee;
    int32_t worth; /* without the bonus */
};

/*
 * The search of augment.c the other way round: from a free seat that has a price over the mentees
 * who might sit there and the mentors they would leave, to the nearest end: somebody without a
 * seat, or a mentor whose seat may stay free because its price can fall to nothing. There are few
 * such seats, so it is kept plain.
 */
struct search {
    struct cvn_match_market *market;
    struct entry *entries; /* by mentor */
    int64_t *profit;       /* by mentee: what the seat is worth more than it costs; 0 without one */
    uint64_t *starts;      /* n_mentors + 1 */
    struct cvn_match_heap heap;
    uint32_t *seen;
    uint32_t n_seen;
    int64_t bound;
    uint32_t end_mentor; /* keeps a free seat in the end; or NOBODY and: */
    uint32_t end_mentee; /* the one without a seat, */
    uint64_t end_edge;   /* who takes this */
};

static void note_profit(struct search *search, uint32_t mentee)
{
    const struct cvn_match_market *market = search->market;
    const struct cvn_match_candidate *edge = &market->instance->edges[market->edge[mentee]];
    search->profit[mentee] = cvn_match_market_worth(market, edge) - market->price[edge->mentor];
}

static int list_by_mentor(struct search *search)
{
    const struct cvn_match_instance *in = search->market->instance;
    uint64_t n_edges = in->first[in->n_mentees];
    search->entries = malloc((n_edges + 1) * sizeof *search->entries);
    search->starts = calloc((size_t)in->n_mentors + 2, sizeof *search->starts);
    search->seen = malloc(((size_t)in->n_mentors + 1) * sizeof *search->seen);
    search->profit = calloc((size_t)in->n_mentees + 1, sizeof *search->profit);
    if (!search->entries || !search->starts || !search->seen || !search->profit)
        return -ENOMEM;
    /* Counted two places on, so that after adding up each start is one place on and can advance. */
    uint64_t *next = search->starts + 1;
    int32_t mask = search->market->worth_mask;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < in->n_mentees; i++) {
        for (uint64_t e = in->first[i]; e < in->first[i + 1]; e++)
            next[in->edges[e].mentor + 1]++;
        r = cvn_match_market_tell(search->market, (uint32_t)(in->first[i + 1] - in->first[i]));
    }
    for (uint32_t j = 0; j < in->n_mentors; j++)
        next[j + 1] += next[j];
    for (uint32_t i = 0; r == 0 && i < in->n_mentees; i++) {
        for (uint64_t e = in->first[i]; e < in->first[i + 1]; e++)
            search->entries[next[in->edges[e].mentor]++] =
                (struct entry){(uint32_t)e, i, cvn_match_worth(&in->edges[e]) & mask};
        if (search->market->edge[i] != CVN_MATCH_NO_EDGE)
            note_profit(search, i);
        r = cvn_match_market_tell(search->market, (uint32_t)(in->first[i + 1] - in->first[i]));
    }
    return r;
}

/* Comes to a mentor, whose seat would be free, by a mentee who would leave it. */
static int reach(struct search *search, uint32_t mentor, int64_t distance,
                 const struct entry *entry)
{
    struct cvn_match_node *node = &search->market->nodes[mentor];
    if (distance >= node->distance || distance >= search->bound)
        return 0;
    if (node->distance == CVN_MATCH_FAR)
        search->seen[search->n_seen++] = mentor;
    node->distance = distance;
    if (entry) {
        node->from = entry->mentee;
        node->via = entry->edge;
    }
    if (distance + search->market->price[mentor] < search->bound) {
        search->bound = distance + search->market->price[mentor];
        search->end_mentor = mentor;
    }
    return cvn_match_heap_push(&search->heap, (struct cvn_match_stop){distance, mentor});
}

/* Looks at all who might sit with a mentor. */
static int visit(struct search *search, uint32_t mentor)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_candidate *edges = market->instance->edges;
    int64_t base = market->nodes[mentor].distance + market->price[mentor] - market->bonus;
    for (uint64_t n = search->starts[mentor]; n < search->starts[mentor + 1]; n++) {
        const struct entry *entry = &search->entries[n];
        int64_t distance = base - entry->worth + search->profit[entry->mentee];
        if (distance >= search->bound)
            continue;
        uint64_t edge = market->edge[entry->mentee];
        if (edge == CVN_MATCH_NO_EDGE) {
            search->bound = distance;
            search->end_mentor = CVN_MATCH_NOBODY;
            search->end_mentee = entry->mentee;
            search->end_edge = entry->edge;
            continue;
        }
        uint32_t left = edges[edge].mentor;
        int r = left == mentor ? 0 : reach(search, left, distance, entry);
        if (r != 0)
            return r;
    }
    return cvn_match_market_tell(market,
                                 (uint32_t)(search->starts[mentor + 1] - search->starts[mentor]));
}

/* Moves everybody along the path, from its end back to the free seat. */
static void shift(struct search *search, uint32_t source)
{
    struct cvn_match_market *market = search->market;
    const struct cvn_match_candidate *edges = market->instance->edges;
    uint32_t mover = search->end_mentee, mentor = search->end_mentor;
    uint64_t edge = search->end_edge;
    if (mentor == source)
        return;
    if (mentor != CVN_MATCH_NOBODY) {
        struct cvn_match_node *node = &market->nodes[mentor];
        mover = node->from;
        edge = node->via;
        uint32_t last = node->first + --node->n_held;
        market->held[market->place[mover]] = market->held[last];
        market->place[market->held[last].mentee] = market->place[mover];
    }
    do {
        struct cvn_match_node *node = &market->nodes[mentor = edges[edge].mentor];
        uint32_t next = node->from;
        market->place[mover] =
            mentor == source ? node->first + node->n_held++ : market->place[next];
        market->held[market->place[mover]].mentee = mover;
        market->edge[mover] = edge;
        note_profit(search, mover);
        mover = next;
        edge = node->via;
    } while (mentor != source);
}

/* Makes the path free of cost by cheaper seats on the way, and forgets the distances. */
static void lower_prices(struct search *search)
{
    struct cvn_match_market *market = search->market;
    for (uint32_t i = 0; i < search->n_seen; i++) {
        struct cvn_match_node *node = &market->nodes[search->seen[i]];
        int64_t less = node->distance < search->bound ? search->bound - node->distance : 0;
        market->price[search->seen[i]] -= less;
        for (uint32_t s = 0; less > 0 && s < node->n_held; s++)
            search->profit[market->held[node->first + s].mentee] += less;
        node->distance = CVN_MATCH_FAR;
    }
    search->n_seen = 0;
    search->heap.n = 0;
}

static int fill_one(struct search *search, uint32_t source)
{
    search->market->n_searches++;
    search->bound = CVN_MATCH_FAR;
    int r = reach(search, source, 0, NULL);
    while (r == 0 && search->heap.n > 0) {
        struct cvn_match_stop stop = cvn_match_heap_pop(&search->heap);
        if (stop.distance >= search->bound)
            break;
        if (stop.distance == search->market->nodes[stop.mentor].distance)
            r = visit(search, stop.mentor);
    }
    if (r != 0)
        return r;
    lower_prices(search);
    shift(search, source);
    return 0;
}

int cvn_match_market_fill(struct cvn_match_market *market)
{
    struct search search = {.market = market};
    int r = 0;
    for (uint32_t j = 0; r == 0 && j < market->instance->n_mentors; j++) {
        const struct cvn_match_node *node = &market->nodes[j];
        while (r == 0 && node->n_held < node->n_seats && market->price[j] > 0) {
            if (!search.entries)
                r = list_by_mentor(&search);
            if (r == 0)
                r = fill_one(&search, j);
        }
    }
    free(search.entries);
    free(search.profit);
    free(search.starts);
    free(search.heap.stops);
    free(search.seen);
    return r;
}
