#include "matching/widen.h"

#include "matching/gap.h"
#include "matching/opening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct widening {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_progress *progress;
    struct cvn_match_listing **listing;
    struct cvn_match_seating *seating;
    struct cvn_match_finds finds;
    uint32_t *seekers;
    bool *is_done; /* by mentee: nobody else would have them, now or later */
};

static const struct cvn_match_graph *graph_of(const struct widening *widening)
{
    return &(*widening->listing)->graph;
}

/* Adds who was found to the candidates; *ret_added tells whether there was room for any. */
static int add_finds(struct widening *widening, bool *ret_added)
{
    uint32_t n = widening->cohort->mentees.n;
    struct cvn_match_graph graph = {0};
    struct cvn_match_listing *wider = NULL;
    int r = cvn_match_finds_add(&widening->finds, widening->cohort, graph_of(widening), &graph);
    *ret_added = r == 0 && graph.first[n] > graph_of(widening)->first[n];
    if (r == 0)
        r = (wider = cvn_match_listing_new(&graph)) ? 0 : -ENOMEM;
    cvn_match_graph_deinit(&graph);
    if (r == 0) {
        cvn_match_listing_release(*widening->listing);
        *widening->listing = wider;
    }
    return r;
}

static int seat(struct widening *widening, enum cvn_match_mode mode)
{
    cvn_match_seating_deinit(widening->seating);
    return cvn_match_seating_init(widening->seating, widening->cohort, graph_of(widening), mode,
                                  widening->progress);
}

/* Seats everybody for the highest total, and finds out who would rather have others. */
static int seat_by_worth(struct widening *widening)
{
    const struct cvn_match_assignment *proof = &widening->seating->proof;
    int r = seat(widening, CVN_MATCH_OPTIMAL);
    return r == 0 ? cvn_match_find_gap(widening->cohort, graph_of(widening), proof->price,
                                       proof->worth, &widening->finds, widening->progress,
                                       &widening->seating->gap)
                  : r;
}

static bool is_close(const struct cvn_match_gap *gap)
{
    return gap->bound - gap->worth <= gap->worth / CVN_MATCH_GAP_PARTS;
}

static int widen_optimal(struct widening *widening)
{
    bool added = true;
    int r = seat_by_worth(widening);
    for (int round = 1; r == 0 && added && round < CVN_MATCH_WIDEN_ROUNDS_MAX &&
                        !is_close(&widening->seating->gap);
         round++) {
        r = add_finds(widening, &added);
        if (r == 0 && added)
            r = seat_by_worth(widening);
    }
    return r;
}

static uint64_t count_candidates(const struct widening *widening, uint32_t mentee)
{
    const uint64_t *first = graph_of(widening)->first;
    return first[mentee + 1] - first[mentee];
}

/*
 * Those without a mentor whom somebody who is no candidate may still take. The gap counts these,
 * and those with no room for more candidates.
 */
static struct cvn_match_seekers list_seekers(struct widening *widening)
{
    const struct cvn_match_cohort *cohort = widening->cohort;
    struct cvn_match_seekers seekers = {widening->seekers, 0};
    widening->seating->gap = (struct cvn_match_gap){0};
    for (uint32_t i = 0; i < cohort->mentees.n; i++) {
        if (widening->seating->choice[i] != CVN_MATCH_NOBODY ||
            cohort->locked[i] != CVN_MATCH_NOBODY || widening->is_done[i])
            continue;
        widening->seating->gap.n_tempted++;
        if (count_candidates(widening, i) < CVN_MATCH_CANDIDATES_MAX)
            widening->seekers[seekers.n++] = i;
    }
    return seekers;
}

/* Finds mentors for the seekers; who gets fewer than there is room for gets no others later. */
static int find_openings(struct widening *widening, struct cvn_match_seekers seekers)
{
    struct cvn_match_finds *finds = &widening->finds;
    memset(finds->n, 0, widening->cohort->mentees.n * sizeof *finds->n);
    int r = cvn_match_find_openings(widening->cohort, graph_of(widening), widening->seating->choice,
                                    seekers, finds, widening->progress);
    for (uint32_t i = 0; r == 0 && i < seekers.n; i++)
        widening->is_done[seekers.mentees[i]] = finds->n[seekers.mentees[i]] < CVN_MATCH_FINDS_EACH;
    return r;
}

static int widen_stable(struct widening *widening)
{
    int r = seat(widening, CVN_MATCH_STABLE);
    struct cvn_match_seekers seekers;
    /* Whose list is not full has everybody on it whom the rules allow. */
    for (uint32_t i = 0; i < widening->cohort->mentees.n; i++)
        widening->is_done[i] = count_candidates(widening, i) <
                               (uint64_t)widening->cohort->problem->candidates_per_mentee;
    for (int round = 1;
         r == 0 && (seekers = list_seekers(widening)).n > 0 && round < CVN_MATCH_WIDEN_ROUNDS_MAX;
         round++) {
        bool added = false;
        r = find_openings(widening, seekers);
        if (r == 0)
            r = add_finds(widening, &added);
        if (r == 0)
            r = seat(widening, CVN_MATCH_STABLE);
    }
    return r;
}

int cvn_match_widen(const struct cvn_match_cohort *cohort, enum cvn_match_mode mode,
                    const struct cvn_match_progress *progress, struct cvn_match_listing **listing,
                    struct cvn_match_seating *seating)
{
    size_t n = (size_t)cohort->mentees.n + 1;
    struct widening widening = {
        .cohort = cohort,
        .progress = progress,
        .listing = listing,
        .seating = seating,
        .seekers = malloc(n * sizeof *widening.seekers),
        .is_done = calloc(n, sizeof *widening.is_done),
    };
    int r = cvn_match_finds_init(&widening.finds, cohort);
    if (!widening.seekers || !widening.is_done)
        r = -ENOMEM;
    if (r == 0)
        r = mode == CVN_MATCH_STABLE ? widen_stable(&widening) : widen_optimal(&widening);
    cvn_match_finds_deinit(&widening.finds);
    free(widening.seekers);
    free(widening.is_done);
    return r;
}
