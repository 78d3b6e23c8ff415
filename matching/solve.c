#include "matching/prepare.h"
#include "matching/prepared.h"
#include "matching/result.h"
#include "matching/widen.h"

#include <errno.h>
#include <stdlib.h>

struct cvn_match_prepared {
    struct cvn_match_cohort cohort;
    struct cvn_match_listing *listing;
};

int cvn_match_prepared_new(const struct cvn_match_problem *problem,
                           const struct cvn_match_progress *progress,
                           struct cvn_match_prepared **ret)
{
    struct cvn_match_graph graph = {0};
    struct cvn_match_prepared *prepared = calloc(1, sizeof *prepared);
    if (!prepared)
        return -ENOMEM;
    int r = cvn_match_prepare(problem, progress, &prepared->cohort, &graph);
    if (r == 0)
        r = (prepared->listing = cvn_match_listing_new(&graph)) ? 0 : -ENOMEM;
    cvn_match_graph_deinit(&graph);
    if (r == 0)
        *ret = prepared;
    else
        cvn_match_prepared_free(prepared);
    return r;
}

int cvn_match_prepared_solve(const struct cvn_match_prepared *prepared, enum cvn_match_mode mode,
                             const struct cvn_match_progress *progress,
                             struct cvn_match_result **ret)
{
    const struct cvn_match_cohort *cohort = &prepared->cohort;
    struct cvn_match_seating seating = {0};
    if (mode < 0 || mode >= CVN_MATCH_MODES)
        return CVN_MATCH_INVALID;
    struct cvn_match_listing *listing = cvn_match_listing_share(prepared->listing);
    int r = cohort->problem->all_pairs
                ? cvn_match_widen(cohort, mode, progress, &listing, &seating)
                : cvn_match_seating_init(&seating, cohort, &listing->graph, mode, progress);
    if (r == 0)
        r = cvn_match_result_new(cohort, listing, &seating, progress, ret);
    cvn_match_seating_deinit(&seating);
    cvn_match_listing_release(listing);
    return r;
}

void cvn_match_prepared_free(struct cvn_match_prepared *prepared)
{
    if (!prepared)
        return;
    cvn_match_cohort_deinit(&prepared->cohort);
    cvn_match_listing_release(prepared->listing);
    free(prepared);
}

int cvn_match_solve(const struct cvn_match_problem *problem,
                    const struct cvn_match_progress *progress, struct cvn_match_result **ret)
{
    struct cvn_match_prepared *prepared = NULL;
    int r = cvn_match_prepared_new(problem, progress, &prepared);
    if (r == 0)
        r = cvn_match_prepared_solve(prepared, problem->mode, progress, ret);
    cvn_match_prepared_free(prepared);
    return r;
}
