#include "matching/stable.h"

#include "matching/progress.h"

#include <errno.h>
#include <stdlib.h>

enum { TELL_EVERY_PROPOSALS = 1 << 16 };

static bool is_preferred(const struct cvn_match_held *a, const struct cvn_match_held *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return a->lottery != b->lottery ? a->lottery < b->lottery : a->mentee < b->mentee;
}

/*
 * Gives the asker a seat if there is one or somebody less preferred has to leave. Returns who is
 * without a seat afterwards: the asker, the one who left, or nobody.
 */
static struct cvn_match_held ask(struct cvn_match_seating *seating, uint32_t mentor,
                                 uint32_t n_seats, struct cvn_match_held asker)
{
    struct cvn_match_held *held = seating->held + seating->first[mentor];
    struct cvn_match_held out = {.mentee = CVN_MATCH_NOBODY};
    uint32_t at = seating->n[mentor];
    if (at == n_seats) {
        if (at == 0 || !is_preferred(&asker, &held[at - 1]))
            return asker;
        out = held[--at];
    } else {
        seating->n[mentor]++;
    }
    for (; at > 0 && is_preferred(&asker, &held[at - 1]); at--)
        held[at] = held[at - 1];
    held[at] = asker;
    return out;
}

static int allocate(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort)
{
    uint32_t n_mentors = cohort->mentors.n, n_mentees = cohort->mentees.n;
    seating->first = calloc((size_t)n_mentors + 1, sizeof *seating->first);
    seating->n = calloc((size_t)n_mentors + 1, sizeof *seating->n);
    seating->choice = malloc(((size_t)n_mentees + 1) * sizeof *seating->choice);
    if (!seating->first || !seating->n || !seating->choice)
        return -ENOMEM;
    for (uint32_t j = 0; j < n_mentors; j++)
        seating->first[j + 1] = seating->first[j] + cohort->seats[j];
    seating->held = malloc(((size_t)seating->first[n_mentors] + 1) * sizeof *seating->held);
    return seating->held ? 0 : -ENOMEM;
}

struct run {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_graph *graph;
    const struct cvn_match_progress *progress;
    struct cvn_match_seating *seating;
    uint32_t n_started;
};

static int tell(const struct run *run)
{
    return cvn_match_tell(run->progress, CVN_MATCH_PHASE_SOLVE, run->n_started,
                          run->cohort->mentees.n);
}

/* Seats one mentee, and whoever loses a seat by that, until nobody is left who could ask on. */
static int settle(struct run *run, uint32_t mentee)
{
    const struct cvn_match_graph *graph = run->graph;
    struct cvn_match_seating *seating = run->seating;
    uint64_t seed = run->cohort->problem->seed;
    struct cvn_match_held asker = {
        .mentee = mentee, .lottery = cvn_match_lottery(seed, &run->cohort->mentees.ids[mentee])};
    while (asker.mentee != CVN_MATCH_NOBODY) {
        uint64_t at = graph->first[asker.mentee] + asker.choice;
        if (at == graph->first[asker.mentee + 1])
            return 0;
        if (seating->n_proposals++ % TELL_EVERY_PROPOSALS == 0 && tell(run) != 0)
            return CVN_MATCH_CANCELLED;
        const struct cvn_match_candidate *candidate = &graph->items[at];
        asker.score = candidate->mentor_score;
        uint32_t n_seats = run->cohort->seats[candidate->mentor];
        asker = ask(seating, candidate->mentor, n_seats, asker);
        asker.choice++; /* whoever is without a seat has been refused this one */
    }
    return 0;
}

static void note_choices(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort)
{
    for (uint32_t i = 0; i < cohort->mentees.n; i++)
        seating->choice[i] = CVN_MATCH_NOBODY;
    for (uint32_t j = 0; j < cohort->mentors.n; j++)
        for (uint32_t s = 0; s < seating->n[j]; s++) {
            const struct cvn_match_held *held = &seating->held[seating->first[j] + s];
            seating->choice[held->mentee] = held->choice;
        }
}

int cvn_match_seating_init(struct cvn_match_seating *seating, const struct cvn_match_cohort *cohort,
                           const struct cvn_match_graph *graph,
                           const struct cvn_match_progress *progress)
{
    struct cvn_match_seating made = {0};
    struct run run = {cohort, graph, progress, &made, 0};
    int r = allocate(&made, cohort);
    if (r == 0)
        r = tell(&run);
    for (; r == 0 && run.n_started < cohort->mentees.n; run.n_started++)
        r = settle(&run, run.n_started);
    if (r == 0)
        r = tell(&run);
    if (r != 0) {
        cvn_match_seating_deinit(&made);
        return r;
    }
    note_choices(&made, cohort);
    *seating = made;
    return 0;
}

void cvn_match_seating_deinit(struct cvn_match_seating *seating)
{
    free(seating->choice);
    free(seating->held);
    free(seating->first);
    free(seating->n);
    *seating = (struct cvn_match_seating){0};
}
