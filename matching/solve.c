#include "matching/candidates.h"
#include "matching/cohort.h"
#include "matching/progress.h"
#include "matching/result.h"
#include "matching/seating.h"
#include "matching/validate.h"

/* Enough for CVN_PROBLEMS_MAX of them, which nobody reads here. */
enum { PROBLEMS_BYTES = 1 << 16 };

static int prepare(const struct cvn_match_problem *problem,
                   const struct cvn_match_progress *progress, struct cvn_match_cohort *cohort)
{
    struct cvn_match_directory mentors = {0}, mentees = {0};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, PROBLEMS_BYTES);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    int r = cvn_match_tell(progress, CVN_MATCH_PHASE_PREPARE, 0, 2);
    if (r == 0)
        r = cvn_match_validate_and_list(problem, &problems, &mentors, &mentees);
    if (r == 0) {
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_PREPARE, 1, 2);
        if (r == 0)
            r = cvn_match_cohort_init(cohort, problem, &mentors, &mentees);
    }
    cvn_match_directory_deinit(&mentors);
    cvn_match_directory_deinit(&mentees);
    if (r == 0) {
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_PREPARE, 2, 2);
        if (r != 0)
            cvn_match_cohort_deinit(cohort);
    }
    return r;
}

int cvn_match_solve(const struct cvn_match_problem *problem,
                    const struct cvn_match_progress *progress, struct cvn_match_result **ret)
{
    struct cvn_match_cohort cohort = {0};
    struct cvn_match_graph graph = {0};
    struct cvn_match_seating seating = {0};
    int r = prepare(problem, progress, &cohort);
    if (r == 0)
        r = cvn_match_graph_init(&graph, &cohort, progress);
    if (r == 0)
        r = cvn_match_seating_init(&seating, &cohort, &graph, progress);
    if (r == 0)
        r = cvn_match_result_new(&cohort, &graph, &seating, progress, ret);
    cvn_match_seating_deinit(&seating);
    cvn_match_graph_deinit(&graph);
    cvn_match_cohort_deinit(&cohort);
    return r;
}
