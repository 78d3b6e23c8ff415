#include "convene/matching.h"

#include "matching/certificate.h"
#include "matching/deferred.h"
#include "matching/fair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct convene_matching_edge) == sizeof(struct cvn_match_candidate) &&
                   offsetof(struct convene_matching_edge, mentor) ==
                       offsetof(struct cvn_match_candidate, mentor) &&
                   offsetof(struct convene_matching_edge, mentee_score) ==
                       offsetof(struct cvn_match_candidate, mentee_score) &&
                   offsetof(struct convene_matching_edge, mentor_score) ==
                       offsetof(struct cvn_match_candidate, mentor_score),
               "edges are taken over as they are");
_Static_assert((int)CONVENE_MATCHING_SIDE_MAX == (int)CVN_MATCH_MENTEES_MAX &&
                   (int)CONVENE_MATCHING_SIDE_MAX == (int)CVN_MATCH_MENTORS_MAX &&
                   (int)CONVENE_MATCHING_EDGES_MAX == (int)CVN_MATCH_EDGES_MAX &&
                   (int)CONVENE_MATCHING_ERROR_BYTES == (int)CVN_ERROR_TEXT_BYTES,
               "the limits are those of the solvers");

struct solve {
    struct cvn_match_instance instance;
    struct convene_matching_run *run;
    struct cvn_match_progress progress;
    struct cvn_error err;
};

static bool tell(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    const struct convene_matching_run *run = context;
    return !run->progress || run->progress(run->context, done, total);
}

static int solve_stable(struct solve *solve, struct convene_matching *made)
{
    struct cvn_match_stable stable;
    int r = cvn_match_defer(&stable, &solve->instance, &solve->progress);
    if (r == 0) {
        made->edge = stable.edge;
        r = cvn_match_stability_prove(&solve->instance, made->edge, &solve->err);
        made->proved = r == 0;
    }
    return r;
}

static int solve_worth(struct solve *solve, struct convene_matching *made)
{
    struct cvn_match_assignment assignment = {0};
    struct cvn_match_bound bound;
    enum convene_matching_mode mode = solve->run->mode;
    int r = mode == CONVENE_MATCHING_FAIR
                ? cvn_match_share_out(&assignment, &solve->instance, &solve->progress)
                : cvn_match_assign(&assignment, &solve->instance,
                                   mode == CONVENE_MATCHING_MOST ? CVN_MATCH_AIM_PARTICIPATION
                                                                 : CVN_MATCH_AIM_WORTH,
                                   &solve->progress);
    if (r == 0)
        r = cvn_match_assignment_prove(&solve->instance, &assignment, &bound, &solve->err);
    if (r == 0) {
        made->edge = assignment.edge;
        made->price = assignment.price;
        made->proved = bound.value == bound.bound &&
                       (mode == CONVENE_MATCHING_OPTIMAL || bound.n_placed == bound.n_most) &&
                       (mode != CONVENE_MATCHING_FAIR || bound.n_placed == 0 ||
                        bound.n_above < bound.n_placed);
        assignment.edge = NULL;
        assignment.price = NULL;
    }
    cvn_match_assignment_deinit(&assignment);
    return r;
}

static int solve_mode(struct solve *solve, struct convene_matching *made)
{
    switch (solve->run->mode) {
    case CONVENE_MATCHING_STABLE:
        return solve_stable(solve, made);
    case CONVENE_MATCHING_OPTIMAL:
    case CONVENE_MATCHING_MOST:
    case CONVENE_MATCHING_FAIR:
        return solve_worth(solve, made);
    }
    return cvn_error_set(&solve->err, CVN_MATCH_INVALID,
                         "mode is %d and has to be one of enum convene_matching_mode",
                         (int)solve->run->mode);
}

static void count(const struct cvn_match_instance *instance, struct convene_matching *made)
{
    for (uint32_t i = 0; i < instance->n_mentees; i++) {
        if (made->edge[i] == CVN_MATCH_NO_EDGE)
            continue;
        int32_t worth = cvn_match_worth(&instance->edges[made->edge[i]]);
        made->least = made->n_placed == 0 || worth < made->least ? worth : made->least;
        made->worth += worth;
        made->n_placed++;
    }
}

static int outcome(struct solve *solve, int r)
{
    if (r == 0)
        return CONVENE_MATCHING_DONE;
    if (r == -ENOMEM)
        (void)cvn_error_set(&solve->err, r, "there was not enough memory for this instance");
    if (r == CVN_MATCH_CANCELLED)
        (void)cvn_error_set(&solve->err, r, "the progress callback asked to stop");
    memcpy(solve->run->error, solve->err.text, sizeof solve->run->error);
    return r == CVN_MATCH_INVALID     ? CONVENE_MATCHING_INVALID
           : r == CVN_MATCH_CANCELLED ? CONVENE_MATCHING_CANCELLED
           : r == -ENOMEM             ? CONVENE_MATCHING_NO_MEMORY
                                      : CONVENE_MATCHING_FAULT;
}

int convene_matching_solve(struct convene_matching *ret,
                           const struct convene_matching_instance *instance,
                           struct convene_matching_run *run)
{
    struct solve solve = {
        .instance = {instance->n_mentees, instance->n_mentors, instance->first,
                     (const struct cvn_match_candidate *)instance->edges, instance->seats,
                     instance->lottery},
        .run = run,
        .progress = {tell, run},
    };
    struct convene_matching made = {0};
    int r = cvn_match_instance_check(&solve.instance, &solve.err);
    if (r == 0)
        r = solve_mode(&solve, &made);
    if (r == 0 && !made.proved)
        r = cvn_error_set(&solve.err, CVN_MATCH_VIOLATION, "the prices do not prove the result");
    if (r == 0) {
        count(&solve.instance, &made);
        *ret = made;
    } else {
        convene_matching_clear(&made);
    }
    return outcome(&solve, r);
}

void convene_matching_clear(struct convene_matching *matching)
{
    if (!matching)
        return;
    free(matching->edge);
    free(matching->price);
    *matching = (struct convene_matching){0};
}
