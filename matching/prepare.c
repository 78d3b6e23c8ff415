#include "matching/prepare.h"

#include "matching/progress.h"
#include "matching/validate.h"

/* Enough for CVN_PROBLEMS_MAX of them, which nobody reads here. */
enum { PROBLEMS_BYTES = 1 << 16 };

static int init_cohort(const struct cvn_match_problem *problem,
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
    return r;
}

int cvn_match_prepare(const struct cvn_match_problem *problem,
                      const struct cvn_match_progress *progress, struct cvn_match_cohort *cohort,
                      struct cvn_match_graph *graph)
{
    *cohort = (struct cvn_match_cohort){0};
    *graph = (struct cvn_match_graph){0};
    int r = init_cohort(problem, progress, cohort);
    if (r != 0)
        return r;
    r = cvn_match_tell(progress, CVN_MATCH_PHASE_PREPARE, 2, 2);
    if (r == 0)
        r = cvn_match_graph_init(graph, cohort, progress);
    if (r != 0)
        cvn_match_cohort_deinit(cohort);
    return r;
}
