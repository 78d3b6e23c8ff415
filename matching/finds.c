#include "matching/finds.h"

#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>

int cvn_match_finds_init(struct cvn_match_finds *finds, const struct cvn_match_cohort *cohort)
{
    size_t n = (size_t)cohort->mentees.n + 1;
    *finds = (struct cvn_match_finds){.items = malloc(n * sizeof *finds->items),
                                      .n = calloc(n, sizeof *finds->n)};
    return finds->items && finds->n ? 0 : -ENOMEM;
}

/* The list of one mentee while it grows. */
struct list {
    const struct cvn_match_cohort *cohort;
    uint64_t mentee_key;
    struct cvn_match_candidate *items; /* best first */
    uint32_t n;
};

static uint64_t tie_of(const struct list *list, const struct cvn_match_candidate *candidate)
{
    return cvn_match_tie_of_keys(list->cohort->lean[candidate->mentor].tie_key, list->mentee_key);
}

/* The order of candidates.c. */
static bool is_better(const struct list *list, const struct cvn_match_candidate *a,
                      const struct cvn_match_candidate *b)
{
    if (a->mentee_score != b->mentee_score)
        return a->mentee_score > b->mentee_score;
    uint64_t tie_a = tie_of(list, a), tie_b = tie_of(list, b);
    return tie_a != tie_b ? tie_a < tie_b : a->mentor < b->mentor;
}

static void insert(struct list *list, struct cvn_match_candidate candidate)
{
    if (list->n == CVN_MATCH_CANDIDATES_MAX)
        return;
    uint32_t at = list->n++;
    for (; at > 0 && is_better(list, &candidate, &list->items[at - 1]); at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = candidate;
}

int cvn_match_finds_add(const struct cvn_match_finds *finds, const struct cvn_match_cohort *cohort,
                        const struct cvn_match_graph *graph, struct cvn_match_graph *ret)
{
    uint32_t n = cohort->mentees.n;
    uint64_t n_items = graph->first[n];
    for (uint32_t i = 0; i < n; i++)
        n_items += finds->n[i];
    struct cvn_match_graph made = {
        .first = malloc(((size_t)n + 1) * sizeof *made.first),
        .items = malloc((n_items + 1) * sizeof *made.items),
        .n_scored = graph->n_scored,
    };
    if (!made.first || !made.items) {
        cvn_match_graph_deinit(&made);
        return -ENOMEM;
    }
    made.first[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct list list = {
            .cohort = cohort,
            .mentee_key = cvn_match_tie_mentee_key(cohort->problem->seed, &cohort->mentees.ids[i]),
            .items = made.items + made.first[i],
        };
        for (uint64_t e = graph->first[i]; e < graph->first[i + 1]; e++)
            list.items[list.n++] = graph->items[e];
        for (uint32_t k = 0; k < finds->n[i]; k++)
            insert(&list, finds->items[i][k]);
        made.first[i + 1] = made.first[i] + list.n;
    }
    *ret = made;
    return 0;
}

void cvn_match_finds_deinit(struct cvn_match_finds *finds)
{
    free(finds->items);
    free(finds->n);
    *finds = (struct cvn_match_finds){0};
}
