#include "matching/certificate.h"

#include <errno.h>
#include <stdlib.h>

/* Counts who sits with each mentor. */
static int count_seated(const struct cvn_match_instance *in, const uint64_t *edge,
                        uint32_t *n_seated, struct cvn_error *err)
{
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        if (edge[i] == CVN_MATCH_NO_EDGE)
            continue;
        if (edge[i] < in->first[i] || edge[i] >= in->first[i + 1])
            return cvn_error_set(err, CVN_MATCH_VIOLATION,
                                 "mentee %u is placed by edge %llu, which is another's", i,
                                 (unsigned long long)edge[i]);
        uint32_t mentor = in->edges[edge[i]].mentor;
        if (++n_seated[mentor] > in->seats[mentor])
            return cvn_error_set(err, CVN_MATCH_VIOLATION,
                                 "mentor %u has more mentees than the %u seats", mentor,
                                 in->seats[mentor]);
    }
    return 0;
}

/* What prices are worked out over: which edges count, and what they are worth. */
struct terms {
    int64_t bonus;
    int64_t mask; /* 0 makes every edge worth the bonus alone */
    int64_t floor;
};

/* The dual bound at some prices. n_useful is room for a number by mentor. */
static int64_t bound_at(const struct cvn_match_instance *in, const int64_t *price,
                        struct terms terms, uint32_t *n_useful)
{
    int64_t bound = 0;
    for (uint32_t j = 0; j < in->n_mentors; j++)
        n_useful[j] = 0;
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        int64_t most = 0;
        for (uint64_t e = in->first[i]; e < in->first[i + 1]; e++) {
            int64_t worth = (int64_t)in->edges[e].mentee_score + in->edges[e].mentor_score;
            if (worth < terms.floor)
                continue;
            int64_t profit = (worth & terms.mask) + terms.bonus - price[in->edges[e].mentor];
            most = profit > most ? profit : most;
            n_useful[in->edges[e].mentor]++;
        }
        bound += most;
    }
    /* Of a mentor's seats no more can count than there are mentees who could sit there. */
    for (uint32_t j = 0; j < in->n_mentors; j++)
        bound += price[j] * (in->seats[j] < n_useful[j] ? in->seats[j] : n_useful[j]);
    return bound;
}

static int check_prices(const struct cvn_match_instance *in, const int64_t *price,
                        struct cvn_error *err)
{
    for (uint32_t j = 0; price && j < in->n_mentors; j++)
        if (price[j] < 0)
            return cvn_error_set(err, CVN_MATCH_VIOLATION, "mentor %u has a price below zero", j);
    return 0;
}

int cvn_match_assignment_prove(const struct cvn_match_instance *in,
                               const struct cvn_match_assignment *assignment,
                               struct cvn_match_bound *ret, struct cvn_error *err)
{
    uint32_t *n_seated = calloc((size_t)in->n_mentors + 1, sizeof *n_seated);
    uint32_t *n_useful = calloc((size_t)in->n_mentors + 1, sizeof *n_useful);
    struct cvn_match_bound bound = {0};
    int r = n_seated && n_useful ? count_seated(in, assignment->edge, n_seated, err) : -ENOMEM;
    if (r == 0)
        r = check_prices(in, assignment->price, err);
    if (r == 0)
        r = check_prices(in, assignment->cover, err);
    if (r == 0)
        r = check_prices(in, assignment->above, err);
    for (uint32_t i = 0; r == 0 && i < in->n_mentees; i++) {
        uint64_t edge = assignment->edge[i];
        if (edge == CVN_MATCH_NO_EDGE)
            continue;
        int64_t worth = (int64_t)in->edges[edge].mentee_score + in->edges[edge].mentor_score;
        bound.n_placed++;
        bound.value += worth + assignment->bonus;
        if (worth < assignment->floor)
            r = cvn_error_set(err, CVN_MATCH_VIOLATION,
                              "mentee %u is placed by an edge worth %lld, below the floor of %d", i,
                              (long long)worth, assignment->floor);
    }
    if (r == 0) {
        struct terms counted = {assignment->bonus, -1, assignment->floor}, alike = {1, 0, 0};
        struct terms above = {1, 0, (int64_t)assignment->floor + 1};
        bound.bound = bound_at(in, assignment->price, counted, n_useful);
        bound.n_most =
            assignment->cover ? bound_at(in, assignment->cover, alike, n_useful) : in->n_mentees;
        bound.n_above = assignment->above ? bound_at(in, assignment->above, above, n_useful) : -1;
        *ret = bound;
    }
    free(n_seated);
    free(n_useful);
    return r;
}

/* The mentee whom a mentor likes least of its own; what everybody beats where a seat is free. */
struct least {
    uint32_t score;
    uint32_t mentee;
    uint64_t draw;
};

static const struct least free_seat = {0, UINT32_MAX, UINT64_MAX}, no_seat = {UINT32_MAX, 0, 0};

/* Whether a mentor would rather have a mentee by an edge than the one it likes least. */
static bool would_swap(const struct cvn_match_instance *in, uint32_t mentee, uint64_t edge,
                       const struct least *least)
{
    uint32_t score = in->edges[edge].mentor_score;
    uint64_t draw = in->lottery ? in->lottery[mentee] : mentee;
    if (score != least->score)
        return score > least->score;
    return draw != least->draw ? draw < least->draw : mentee < least->mentee;
}

static void find_least(const struct cvn_match_instance *in, const uint64_t *edge,
                       const uint32_t *n_seated, struct least *least)
{
    for (uint32_t j = 0; j < in->n_mentors; j++)
        least[j] = no_seat;
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        if (edge[i] == CVN_MATCH_NO_EDGE)
            continue;
        struct least *of = &least[in->edges[edge[i]].mentor];
        if (!would_swap(in, i, edge[i], of))
            *of = (struct least){in->edges[edge[i]].mentor_score, i,
                                 in->lottery ? in->lottery[i] : i};
    }
    for (uint32_t j = 0; j < in->n_mentors; j++)
        if (n_seated[j] < in->seats[j])
            least[j] = free_seat;
}

int cvn_match_stability_prove(const struct cvn_match_instance *in, const uint64_t *edge,
                              struct cvn_error *err)
{
    uint32_t *n_seated = calloc((size_t)in->n_mentors + 1, sizeof *n_seated);
    struct least *least = malloc(((size_t)in->n_mentors + 1) * sizeof *least);
    int r = n_seated && least ? count_seated(in, edge, n_seated, err) : -ENOMEM;
    if (r == 0)
        find_least(in, edge, n_seated, least);
    for (uint32_t i = 0; r == 0 && i < in->n_mentees; i++)
        for (uint64_t e = in->first[i]; r == 0 && e < in->first[i + 1] && e != edge[i]; e++)
            if (would_swap(in, i, e, &least[in->edges[e].mentor]))
                r = cvn_error_set(err, CVN_MATCH_VIOLATION,
                                  "mentee %u and mentor %u would both rather have each other", i,
                                  in->edges[e].mentor);
    free(n_seated);
    free(least);
    return r;
}
