#include "matching/seating.h"

#include "matching/deferred.h"
#include "matching/fair.h"

#include <errno.h>
#include <stdlib.h>

/* The places of edges among the candidates of their mentees. */
static int note_choices(struct cvn_match_seating *seating,
                        const struct cvn_match_instance *instance, const uint64_t *edge)
{
    uint32_t n = instance->n_mentees;
    seating->choice = malloc(((size_t)n + 1) * sizeof *seating->choice);
    if (!seating->choice)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        seating->choice[i] = edge[i] == CVN_MATCH_NO_EDGE
                                 ? (uint32_t)CVN_MATCH_NOBODY
                                 : (uint32_t)(edge[i] - instance->first[i]);
    return 0;
}

static int seat_stable(struct cvn_match_seating *seating, const struct cvn_match_instance *instance,
                       const struct cvn_match_progress *progress)
{
    struct cvn_match_stable stable = {0};
    int r = cvn_match_defer(&stable, instance, progress);
    if (r == 0)
        r = note_choices(seating, instance, stable.edge);
    seating->n_proposals = stable.n_proposals;
    cvn_match_stable_deinit(&stable);
    return r;
}

static int assign(struct cvn_match_assignment *ret, const struct cvn_match_instance *instance,
                  enum cvn_match_mode mode, const struct cvn_match_progress *progress)
{
    if (mode == CVN_MATCH_FAIR)
        return cvn_match_share_out(ret, instance, progress);
    return cvn_match_assign(
        ret, instance, mode == CVN_MATCH_MOST ? CVN_MATCH_AIM_PARTICIPATION : CVN_MATCH_AIM_WORTH,
        progress);
}

static int seat_by_worth(struct cvn_match_seating *seating,
                         const struct cvn_match_instance *instance, enum cvn_match_mode mode,
                         const struct cvn_match_progress *progress)
{
    int r = assign(&seating->proof, instance, mode, progress);
    if (r != 0)
        return r;
    r = note_choices(seating, instance, seating->proof.edge);
    seating->n_proposals = seating->proof.n_bids + seating->proof.n_searches;
    free(seating->proof.edge);
    seating->proof.edge = NULL;
    return r;
}

/* NULL without memory. */
static uint32_t *list_seats(const struct cvn_match_cohort *cohort)
{
    uint32_t *seats = malloc(((size_t)cohort->mentors.n + 1) * sizeof *seats);
    for (uint32_t j = 0; seats && j < cohort->mentors.n; j++)
        seats[j] = cohort->seats[j];
    return seats;
}

int cvn_match_seating_most(struct cvn_match_assignment *ret, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph,
                           const struct cvn_match_progress *progress)
{
    uint32_t *seats = list_seats(cohort);
    struct cvn_match_instance instance = {
        cohort->mentees.n, cohort->mentors.n, graph->first, graph->items, seats, NULL};
    int r = seats ? cvn_match_place_most(ret, &instance, progress) : -ENOMEM;
    free(seats);
    return r;
}

int cvn_match_seating_init(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph, enum cvn_match_mode mode,
                           const struct cvn_match_progress *progress)
{
    uint32_t n_mentors = cohort->mentors.n, n_mentees = cohort->mentees.n;
    uint32_t *seats = list_seats(cohort);
    uint64_t *lottery = malloc(((size_t)n_mentees + 1) * sizeof *lottery);
    struct cvn_match_instance instance = {n_mentees,    n_mentors, graph->first,
                                          graph->items, seats,     lottery};
    struct cvn_match_seating made = {0};
    int r = seats && lottery ? 0 : -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < n_mentees; i++)
        lottery[i] = cvn_match_lottery(cohort->problem->seed, &cohort->mentees.ids[i]);
    if (r == 0)
        r = mode == CVN_MATCH_STABLE ? seat_stable(&made, &instance, progress)
                                     : seat_by_worth(&made, &instance, mode, progress);
    if (r == 0)
        *seating = made;
    else
        cvn_match_seating_deinit(&made);
    free(seats);
    free(lottery);
    return r;
}

void cvn_match_seating_deinit(struct cvn_match_seating *seating)
{
    free(seating->choice);
    cvn_match_assignment_deinit(&seating->proof);
    *seating = (struct cvn_match_seating){0};
}
