#include "matching/prepare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WEEK = CVN_MATCH_WEEK_HOURS };

/* Who has a mentor among their candidates. */
struct suitor {
    int32_t worth;
    uint32_t mentee;
};

/* The candidates by mentor: those of mentor j are items[first[j]] up to items[first[j + 1]]. */
struct suitors {
    struct suitor *items;
    uint64_t *first;
};

static int compare_suitors(const void *a, const void *b)
{
    const struct suitor *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return (x->mentee > y->mentee) - (x->mentee < y->mentee);
}

static void fill(struct suitors *suitors, const struct cvn_match_graph *graph, uint32_t n_mentees,
                 uint32_t n_mentors)
{
    for (uint64_t e = 0; e < graph->first[n_mentees]; e++)
        suitors->first[graph->items[e].mentor + 1]++;
    for (uint32_t j = 0; j < n_mentors; j++)
        suitors->first[j + 1] += suitors->first[j];
    for (uint32_t i = 0; i < n_mentees; i++)
        for (uint64_t e = graph->first[i]; e < graph->first[i + 1]; e++) {
            const struct cvn_match_candidate *candidate = &graph->items[e];
            suitors->items[suitors->first[candidate->mentor]++] =
                (struct suitor){candidate->mentee_score + candidate->mentor_score, i};
        }
    /* Each first has moved to the next one's place. */
    memmove(suitors->first + 1, suitors->first, (size_t)n_mentors * sizeof *suitors->first);
    suitors->first[0] = 0;
    for (uint32_t j = 0; j < n_mentors; j++)
        qsort(suitors->items + suitors->first[j], suitors->first[j + 1] - suitors->first[j],
              sizeof *suitors->items, compare_suitors);
}

static struct cvn_match_hours hours_from(int32_t first, int32_t n)
{
    struct cvn_match_hours hours = {{0}};
    for (int32_t i = 0; i < n; i++) {
        int32_t hour = (first + i) % WEEK;
        hours.bits[hour / 64] |= UINT64_C(1) << hour % 64;
    }
    return hours;
}

static bool has_all(const struct cvn_match_hours *free, const struct cvn_match_hours *hours)
{
    uint64_t missing = 0;
    for (int i = 0; i < 3; i++)
        missing |= hours->bits[i] & ~free->bits[i];
    return missing == 0;
}

/* What the best of those who can come then are worth together, as many as there are seats. */
static int64_t worth_at(const struct cvn_match_cohort *cohort, const struct suitors *suitors,
                        uint32_t mentor, const struct cvn_match_hours *hours)
{
    int64_t worth = 0;
    uint32_t left = cohort->seats[mentor];
    for (uint64_t s = suitors->first[mentor]; left > 0 && s < suitors->first[mentor + 1]; s++) {
        const struct suitor *suitor = &suitors->items[s];
        if (has_all(&cvn_match_cohort_mentee(cohort, suitor->mentee)->person.hours, hours)) {
            worth += suitor->worth;
            left--;
        }
    }
    return worth;
}

static struct cvn_match_hours choose(const struct cvn_match_cohort *cohort,
                                     const struct suitors *suitors, uint32_t mentor,
                                     int32_t n_hours)
{
    struct cvn_match_hours best = {{0}};
    int64_t best_worth = -1;
    for (int32_t first = 0; first < WEEK; first++) {
        struct cvn_match_hours hours = hours_from(first, n_hours);
        if (!has_all(&cohort->lean[mentor].hours, &hours))
            continue;
        int64_t worth = worth_at(cohort, suitors, mentor, &hours);
        if (worth > best_worth) {
            best_worth = worth;
            best = hours;
        }
    }
    return best;
}

static int choose_all(const struct cvn_match_cohort *cohort, const struct cvn_match_graph *graph,
                      int32_t n_hours, struct cvn_match_hours *ret_hours)
{
    uint32_t n_mentees = cohort->mentees.n, n_mentors = cohort->mentors.n;
    struct suitors suitors = {
        .items = malloc((graph->first[n_mentees] + 1) * sizeof *suitors.items),
        .first = calloc((size_t)n_mentors + 1, sizeof *suitors.first),
    };
    int r = suitors.items && suitors.first ? 0 : -ENOMEM;
    if (r == 0) {
        fill(&suitors, graph, n_mentees, n_mentors);
        for (uint32_t j = 0; j < n_mentors; j++)
            ret_hours[cohort->mentors.rows[j]] = choose(cohort, &suitors, j, n_hours);
    }
    free(suitors.items);
    free(suitors.first);
    return r;
}

int cvn_match_choose_times(const struct cvn_match_problem *problem, int32_t n_hours,
                           const struct cvn_match_progress *progress,
                           struct cvn_match_hours *ret_hours)
{
    if (n_hours < 1 || n_hours > CVN_MATCH_GROUP_HOURS_MAX)
        return CVN_MATCH_INVALID;
    struct cvn_match_problem single = *problem;
    struct cvn_match_cohort cohort;
    struct cvn_match_graph graph;
    if (single.rules.min_common_hours < n_hours)
        single.rules.min_common_hours = n_hours;
    int r = cvn_match_prepare(&single, progress, &cohort, &graph);
    if (r == 0)
        r = choose_all(&cohort, &graph, n_hours, ret_hours);
    cvn_match_graph_deinit(&graph);
    cvn_match_cohort_deinit(&cohort);
    return r;
}
