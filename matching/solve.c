#include "matching/prepare.h"
#include "matching/result.h"

int cvn_match_solve(const struct cvn_match_problem *problem,
                    const struct cvn_match_progress *progress, struct cvn_match_result **ret)
{
    struct cvn_match_cohort cohort;
    struct cvn_match_graph graph;
    struct cvn_match_seating seating = {0};
    int r = cvn_match_prepare(problem, progress, &cohort, &graph);
    if (r == 0)
        r = cvn_match_seating_init(&seating, &cohort, &graph, progress);
    if (r == 0)
        r = cvn_match_result_new(&cohort, &graph, &seating, progress, ret);
    cvn_match_seating_deinit(&seating);
    cvn_match_graph_deinit(&graph);
    cvn_match_cohort_deinit(&cohort);
    return r;
}
