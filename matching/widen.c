#include "matching/widen.h"

#include "matching/opening.h"
#include "matching/progress.h"
#include "matching/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is told of all rounds: nobody knows how many come, so each step is half of what is left. */
struct steps {
    const struct cvn_match_progress *progress;
    uint32_t n_done;
    uint64_t total;
};

struct widening {
    const struct cvn_match_cohort *cohort;
    enum cvn_match_mode mode;
    struct steps steps;
    struct cvn_match_progress progress; /* of one step, into the steps */
    struct cvn_match_listing **listing;
    struct cvn_match_seating *seating;
    struct cvn_match_finds finds;
    uint32_t *seekers;
    bool *is_done; /* by mentee: nobody else would have them, now or later */
};

static bool tell_step(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    const struct steps *steps = context;
    uint64_t left = steps->n_done < 64 ? steps->total >> steps->n_done : 0;
    uint64_t part = total ? left / 2 * done / total : 0;
    return cvn_match_tell(steps->progress, CVN_MATCH_PHASE_SOLVE, steps->total - left + part,
                          steps->total) == 0;
}

static const struct cvn_match_graph *graph_of(const struct widening *widening)
{
    return &(*widening->listing)->graph;
}

/* Adds who was found to the candidates; *ret_added tells whether there was room for any. */
static int add_finds(struct widening *widening, bool *ret_added)
{
    uint32_t n = widening->cohort->mentees.n, n_found = 0;
    struct cvn_match_graph graph = {0};
    struct cvn_match_listing *wider = NULL;
    *ret_added = false;
    for (uint32_t i = 0; i < n; i++)
        n_found += widening->finds.n[i];
    if (n_found == 0)
        return 0;
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

static int seat(struct widening *widening)
{
    cvn_match_seating_deinit(widening->seating);
    int r = cvn_match_seating_init(widening->seating, widening->cohort, graph_of(widening),
                                   widening->mode, &widening->progress);
    widening->steps.n_done++;
    return r;
}

static int survey(struct widening *widening, const int64_t *price, struct cvn_match_count count,
                  struct cvn_match_survey *ret)
{
    int r = cvn_match_survey(widening->cohort, graph_of(widening), price, count, &widening->finds,
                             &widening->progress, ret);
    widening->steps.n_done++;
    return r;
}

/* No matching places more: those who are not locked, and the seats that are left. */
static int64_t count_places(const struct cvn_match_cohort *cohort)
{
    int64_t n_seats = 0, n_seekers = 0;
    for (uint32_t j = 0; j < cohort->mentors.n; j++)
        n_seats += cohort->seats[j];
    for (uint32_t i = 0; i < cohort->mentees.n; i++)
        n_seekers += cohort->locked[i] == CVN_MATCH_NOBODY;
    return n_seats < n_seekers ? n_seats : n_seekers;
}

/*
 * Adds candidates until as many can be placed as by all pairs, without a look at what they are
 * worth. *ret_more is how many more might be where lists are full or rounds were not enough.
 */
static int widen_for_number(struct widening *widening, int64_t *ret_more)
{
    int64_t n_places = count_places(widening->cohort);
    bool added = true;
    int r = 0;
    *ret_more = 0;
    for (int round = 0; r == 0 && added && round < CVN_MATCH_WIDEN_ROUNDS_MAX; round++) {
        struct cvn_match_assignment most = {0};
        struct cvn_match_survey found;
        r = cvn_match_seating_most(&most, widening->cohort, graph_of(widening),
                                   &widening->progress);
        widening->steps.n_done++;
        if (r == 0)
            r = survey(widening, most.price, (struct cvn_match_count){1, 0, 0}, &found);
        if (r == 0)
            *ret_more = (found.bound < n_places ? found.bound : n_places) - most.n_placed;
        added = r == 0 && *ret_more > 0;
        if (added)
            r = add_finds(widening, &added);
        cvn_match_assignment_deinit(&most);
    }
    return r;
}

/* Whether a fair seating's floor is the highest; finds has with whom it might be higher, if not. */
static int survey_floor(struct widening *widening, bool *ret_proved)
{
    const struct cvn_match_assignment *proof = &widening->seating->proof;
    struct cvn_match_survey found;
    struct cvn_match_count above = {1, 0, (int64_t)proof->floor + 1};
    *ret_proved = true;
    if (widening->mode != CVN_MATCH_FAIR || proof->n_placed == 0)
        return 0;
    int r = survey(widening, proof->above, above, &found);
    *ret_proved = r == 0 && found.bound < proof->n_placed;
    return r;
}

/* Finds out who would rather have others than the candidates. */
static int survey_worth(struct widening *widening)
{
    const struct cvn_match_assignment *proof = &widening->seating->proof;
    struct cvn_match_gap *gap = &widening->seating->gap;
    struct cvn_match_survey found;
    int r = survey(widening, proof->price, (struct cvn_match_count){proof->bonus, -1, proof->floor},
                   &found);
    gap->worth = proof->worth;
    gap->bound = found.bound - proof->bonus * proof->n_placed;
    gap->n_tempted = found.n_tempted;
    return r;
}

static bool is_close(const struct cvn_match_gap *gap)
{
    return gap->bound - gap->worth <= gap->worth / CVN_MATCH_GAP_PARTS;
}

static int widen_by_worth(struct widening *widening)
{
    int64_t n_more = 0;
    bool added = true, floor_proved = false;
    int r = widening->mode == CVN_MATCH_OPTIMAL ? 0 : widen_for_number(widening, &n_more);
    for (int round = 1; r == 0 && added; round++) {
        bool is_last = round == CVN_MATCH_WIDEN_ROUNDS_MAX; /* nobody would be seated by more */
        added = false;
        r = seat(widening);
        if (r == 0)
            r = survey_floor(widening, &floor_proved);
        if (r == 0 && !floor_proved && !is_last)
            r = add_finds(widening, &added);
        if (r || added)
            continue;
        r = survey_worth(widening);
        if (r == 0 && !is_last && !is_close(&widening->seating->gap))
            r = add_finds(widening, &added);
    }
    widening->seating->gap.n_more = n_more;
    widening->seating->gap.is_floor_proved = widening->mode == CVN_MATCH_FAIR && floor_proved;
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

/* Finds mentors for the seekers; who gets all that there are, and they fit in, is done. */
static int find_openings(struct widening *widening, struct cvn_match_seekers seekers)
{
    struct cvn_match_finds *finds = &widening->finds;
    memset(finds->n, 0, widening->cohort->mentees.n * sizeof *finds->n);
    int r = cvn_match_find_openings(widening->cohort, graph_of(widening), widening->seating->choice,
                                    seekers, finds, &widening->progress);
    widening->steps.n_done++;
    for (uint32_t i = 0; r == 0 && i < seekers.n; i++) {
        uint32_t mentee = seekers.mentees[i], n = finds->n[mentee];
        widening->is_done[mentee] =
            n < CVN_MATCH_FINDS_EACH &&
            count_candidates(widening, mentee) + n <= CVN_MATCH_CANDIDATES_MAX;
    }
    return r;
}

static int widen_stable(struct widening *widening)
{
    int r = seat(widening);
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
        if (r == 0 && added)
            r = seat(widening);
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
        .mode = mode,
        .steps = {.progress = progress, .total = cohort->mentees.n},
        .listing = listing,
        .seating = seating,
        .seekers = malloc(n * sizeof *widening.seekers),
        .is_done = calloc(n, sizeof *widening.is_done),
    };
    widening.progress = (struct cvn_match_progress){tell_step, &widening.steps};
    int r = cvn_match_finds_init(&widening.finds, cohort);
    if (!widening.seekers || !widening.is_done)
        r = -ENOMEM;
    if (r == 0)
        r = mode == CVN_MATCH_STABLE ? widen_stable(&widening) : widen_by_worth(&widening);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, cohort->mentees.n, cohort->mentees.n);
    cvn_match_finds_deinit(&widening.finds);
    free(widening.seekers);
    free(widening.is_done);
    return r;
}
