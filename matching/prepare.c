#include "matching/prepare.h"

#include "matching/progress.h"
#include "matching/validate.h"

/* Enough for CVN_PROBLEMS_MAX of them, which nobody reads here. */
enum { PROBLEMS_BYTES = 1 << 16 };

/* What validating, the directories, five verticals, the special pairs and the order take. */
static uint64_t count_steps(const struct cvn_match_problem *problem)
{
    return 13 * (uint64_t)problem->n_mentors + 6 * (uint64_t)problem->n_mentees +
           3 * (uint64_t)problem->n_shared;
}

static int init_cohort(const struct cvn_match_problem *problem,
                       const struct cvn_match_progress *progress, struct cvn_match_cohort *cohort)
{
    struct cvn_match_directory mentors = {0}, mentees = {0};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, PROBLEMS_BYTES);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    struct cvn_match_pace pace = {
        .progress = progress,
        .phase = CVN_MATCH_PHASE_PREPARE,
        .total = count_steps(problem),
    };
    int r = cvn_match_breathe(&pace);
    if (r == 0)
        r = cvn_match_validate_and_list(problem, &problems, &pace, &mentors, &mentees);
    if (r == 0)
        r = cvn_match_cohort_init(cohort, problem, &mentors, &mentees, &pace);
    if (r == 0)
        r = cvn_match_tell(progress, pace.phase, pace.total, pace.total);
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
    if (r == 0)
        r = cvn_match_graph_init(graph, cohort, progress);
    if (r != 0)
        cvn_match_cohort_deinit(cohort);
    return r;
}
