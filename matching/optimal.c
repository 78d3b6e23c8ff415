#include "matching/optimal.h"

#include "matching/market.h"
#include "matching/progress.h"

#include <errno.h>
#include <stdlib.h>

/* Edges looked at between two reports: below a few milliseconds of work. */
enum { TELL_EVERY_STEPS = 1 << 19 };

/*
 * Coarse bids come near to the prices soon, and fine ones leave little to the searches, so bidding
 * is done in phases (the scaling of the auction, Bertsekas 1979): the dearest edge is COARSE steps
 * of the first, and a step is FINER times smaller in each. Seats may have become too dear by a few
 * steps, so that they begin the next phase cheaper. Whatever prices it ends with, the searches make
 * them right, and what they prove is checked.
 */
enum { PHASES = 3, COARSE = 16, FINER = 8, STEPS_CHEAPER = 2 };

int cvn_match_market_tell(struct cvn_match_market *market, uint32_t n_steps)
{
    market->n_steps += n_steps;
    if (market->n_steps < TELL_EVERY_STEPS)
        return 0;
    market->n_steps = 0;
    /* Some are done with more than once, as prices are mended. */
    uint64_t n = market->instance->n_mentees, n_done = market->n_done < n ? market->n_done : n;
    return cvn_match_tell(market->progress, CVN_MATCH_PHASE_SOLVE,
                          (market->phase * n + n_done) / PHASES, n);
}

static void market_deinit(struct cvn_match_market *market)
{
    free(market->price);
    free(market->nodes);
    free(market->held);
    free(market->place);
    free(market->edge);
    free(market->left);
}

static int64_t highest_worth(const struct cvn_match_instance *in)
{
    int64_t worth = 0;
    for (uint64_t e = 0; e < in->first[in->n_mentees]; e++)
        if (cvn_match_worth(&in->edges[e]) > worth)
            worth = cvn_match_worth(&in->edges[e]);
    return worth;
}

static int market_init(struct cvn_match_market *market)
{
    const struct cvn_match_instance *in = market->instance;
    size_t n_mentees = in->n_mentees, n_mentors = in->n_mentors;
    uint64_t n_edges = in->first[n_mentees];
    market->nodes = calloc(n_mentors + 1, sizeof *market->nodes);
    market->price = calloc(n_mentors + 1, sizeof *market->price);
    market->place = malloc((n_mentees + 1) * sizeof *market->place);
    market->edge = malloc((n_mentees + 1) * sizeof *market->edge);
    market->left = malloc((n_mentees + 1) * sizeof *market->left);
    if (!market->nodes || !market->price || !market->place || !market->edge || !market->left)
        return -ENOMEM;
    /* Seats that nobody could take need no room, however many a mentor offers. */
    for (uint64_t e = 0; e < n_edges; e++)
        market->nodes[in->edges[e].mentor].n_seats++;
    uint32_t first = 0;
    for (uint32_t j = 0; j < n_mentors; j++) {
        struct cvn_match_node *node = &market->nodes[j];
        if (node->n_seats > in->seats[j])
            node->n_seats = in->seats[j];
        node->first = first;
        node->distance = CVN_MATCH_FAR;
        first += node->n_seats;
        if (node->n_seats == 0)
            market->price[j] = CVN_MATCH_NOT_FOR_SALE;
    }
    for (size_t i = 0; i < n_mentees; i++)
        market->edge[i] = CVN_MATCH_NO_EDGE;
    market->held = malloc(((size_t)first + 1) * sizeof *market->held);
    return market->held ? 0 : -ENOMEM;
}

static void hand_over(struct cvn_match_market *market, struct cvn_match_assignment *ret)
{
    const struct cvn_match_instance *in = market->instance;
    for (uint32_t j = 0; j < in->n_mentors; j++)
        if (market->nodes[j].n_seats == 0)
            market->price[j] = market->bonus + 2 * UINT16_MAX; /* more than any edge is worth */
    *ret = (struct cvn_match_assignment){.edge = market->edge,
                                         .price = market->price,
                                         .bonus = market->bonus,
                                         .n_bids = market->n_bids,
                                         .n_searches = market->n_searches};
    market->edge = NULL;
    market->price = NULL;
    for (uint32_t i = 0; i < in->n_mentees; i++)
        if (ret->edge[i] != CVN_MATCH_NO_EDGE) {
            ret->n_placed++;
            ret->worth += cvn_match_worth(&in->edges[ret->edge[i]]);
        }
}

/* Everybody stands up, and seats cost so much less. */
static void begin_again(struct cvn_match_market *market, int64_t less)
{
    for (uint32_t j = 0; j < market->instance->n_mentors; j++) {
        if (market->nodes[j].n_seats == 0)
            continue;
        market->nodes[j].n_held = 0;
        market->price[j] = market->price[j] > less ? market->price[j] - less : 0;
    }
    for (uint32_t i = 0; i < market->instance->n_mentees; i++)
        market->edge[i] = CVN_MATCH_NO_EDGE;
    market->n_left = market->n_done = 0;
}

static int bid_in_phases(struct cvn_match_market *market)
{
    int r = 0;
    for (market->phase = 0; r == 0 && market->phase < PHASES - 1; market->phase++) {
        if (market->step == 0)
            continue;
        r = cvn_match_market_bid(market);
        begin_again(market, STEPS_CHEAPER * market->step);
        market->step /= FINER;
    }
    return r == 0 ? cvn_match_market_bid(market) : r;
}

/* Finds the best for one bonus, or with a mask of 0 the most mentees that can be placed at all. */
static int run(struct cvn_match_market *market, struct cvn_match_assignment *ret)
{
    int r = market_init(market);
    if (r == 0)
        r = bid_in_phases(market);
    if (r == 0) {
        cvn_match_market_settle(market);
        r = cvn_match_market_augment(market);
    }
    if (r == 0)
        r = cvn_match_market_fill(market);
    if (r == 0)
        hand_over(market, ret);
    market_deinit(market);
    return r;
}

int cvn_match_place_most(struct cvn_match_assignment *ret,
                         const struct cvn_match_instance *instance,
                         const struct cvn_match_progress *progress)
{
    struct cvn_match_market market = {.instance = instance, .progress = progress, .bonus = 1};
    return run(&market, ret);
}

/*
 * A bonus that no worth could outweigh would do at once, but makes prices that take long to reach.
 * The more the bonus, the more are placed, so small ones are tried until as many as possible are.
 */
static int assign_most(struct cvn_match_assignment *ret, const struct cvn_match_market *start,
                       int64_t most)
{
    struct cvn_match_assignment widest = {0}, made = {0};
    int r = cvn_match_place_most(&widest, start->instance, start->progress);
    int64_t enough = most * start->instance->n_mentees + 1;
    for (int64_t bonus = most + 1; r == 0; bonus = bonus < enough / 4 ? bonus * 4 : enough) {
        struct cvn_match_market market = *start;
        market.bonus = bonus;
        r = run(&market, &made);
        if (r != 0 || made.n_placed == widest.n_placed)
            break;
        cvn_match_assignment_deinit(&made);
    }
    if (r == 0) {
        *ret = made;
        ret->cover = widest.price;
        widest.price = NULL;
    }
    cvn_match_assignment_deinit(&widest);
    return r;
}

int cvn_match_assign(struct cvn_match_assignment *ret, const struct cvn_match_instance *instance,
                     enum cvn_match_aim aim, const struct cvn_match_progress *progress)
{
    int64_t most = highest_worth(instance);
    struct cvn_match_market start = {
        .instance = instance, .progress = progress, .worth_mask = -1, .step = most / COARSE};
    int r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, 0, instance->n_mentees);
    struct cvn_match_assignment made = {0};
    if (r == 0)
        r = aim == CVN_MATCH_AIM_PARTICIPATION ? assign_most(&made, &start, most)
                                               : run(&start, &made);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, instance->n_mentees,
                           instance->n_mentees);
    if (r == 0)
        *ret = made;
    else
        cvn_match_assignment_deinit(&made);
    return r;
}

void cvn_match_assignment_deinit(struct cvn_match_assignment *assignment)
{
    free(assignment->edge);
    free(assignment->price);
    free(assignment->cover);
    free(assignment->above);
    *assignment = (struct cvn_match_assignment){0};
}
