#include "matching/matching.h"

#include "matching/progress.h"

/* Whom the mentee has. */
struct partner {
    bool matched;
    struct cvn_id mentor_id;
};

/* One mentee, and the problem with one weight changed at a time. */
struct trial {
    struct cvn_match_problem problem;
    struct cvn_id mentee_id;
    struct partner present;
    const struct cvn_match_progress *progress;
    uint64_t n_done;
};

enum { WEIGHTS = 2 * CVN_MATCH_TERMS * CVN_MATCH_DIRECTIONS };

static bool go_on(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    const struct trial *trial = context;
    return cvn_match_tell(trial->progress, CVN_MATCH_PHASE_SOLVE, trial->n_done, WEIGHTS) == 0;
}

static int find_partner(struct trial *trial, struct partner *ret)
{
    struct cvn_match_progress progress = {go_on, trial};
    struct cvn_match_result *result;
    int r = cvn_match_solve(&trial->problem, &progress, &result);
    if (r != 0)
        return r;
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    *ret = (struct partner){.matched = false};
    for (size_t i = 0; i < answer->n_pairs; i++)
        if (cvn_id_equal(&answer->pairs[i].mentee_id, &trial->mentee_id))
            *ret = (struct partner){true, answer->pairs[i].mentor_id};
    cvn_match_result_free(result);
    return 0;
}

static bool is_same(const struct partner *a, const struct partner *b)
{
    return a->matched == b->matched && (!a->matched || cvn_id_equal(&a->mentor_id, &b->mentor_id));
}

/* Halves the way between a weight with the present partner and one with another. */
static int close_in(struct trial *trial, int32_t *weight, int32_t same, struct cvn_match_turn *turn)
{
    int32_t other = turn->weight;
    int r = 0;
    while (r == 0 && other - same != 1 && same - other != 1) {
        struct partner partner;
        *weight = same + (other - same) / 2;
        r = find_partner(trial, &partner);
        if (r != 0)
            break;
        if (is_same(&partner, &trial->present)) {
            same = *weight;
        } else {
            other = *weight;
            *turn = (struct cvn_match_turn){true, other, partner.matched, partner.mentor_id};
        }
    }
    return r;
}

/* weight points into the trial's problem. */
static int find_turn(struct trial *trial, int32_t *weight, int32_t end, struct cvn_match_turn *ret)
{
    int32_t present = *weight;
    struct partner partner;
    int r = 0;
    *ret = (struct cvn_match_turn){.found = false};
    if (present != end) {
        *weight = end;
        r = find_partner(trial, &partner);
        if (r == 0 && !is_same(&partner, &trial->present)) {
            *ret = (struct cvn_match_turn){true, end, partner.matched, partner.mentor_id};
            r = close_in(trial, weight, present, ret);
        }
    }
    *weight = present;
    trial->n_done++;
    return r;
}

static int find_turns(struct trial *trial, struct cvn_match_weights *weights,
                      struct cvn_match_turn turns[CVN_MATCH_TERMS][CVN_MATCH_DIRECTIONS])
{
    static const int32_t ends[CVN_MATCH_DIRECTIONS] = {
        [CVN_MATCH_LOWER] = 0, [CVN_MATCH_HIGHER] = CVN_MATCH_WEIGHT_MAX};
    int r = 0;
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        for (int d = 0; r == 0 && d < CVN_MATCH_DIRECTIONS; d++)
            r = find_turn(trial, &weights->points[t], ends[d], &turns[t][d]);
    return r;
}

int cvn_match_find_turns(const struct cvn_match_problem *problem, const struct cvn_id *mentee_id,
                         const struct cvn_match_progress *progress,
                         struct cvn_match_sensitivity *ret)
{
    struct trial trial = {.problem = *problem, .mentee_id = *mentee_id, .progress = progress};
    struct cvn_match_sensitivity found = {0};
    bool known = false;
    for (size_t i = 0; i < problem->n_mentees && !known; i++)
        known = cvn_id_equal(&problem->mentees[i].person.id, mentee_id);
    int r = known ? find_partner(&trial, &trial.present) : CVN_MATCH_UNKNOWN;
    if (r == 0)
        r = find_turns(&trial, &trial.problem.mentee_weights, found.mentee_weights);
    if (r == 0)
        r = find_turns(&trial, &trial.problem.mentor_weights, found.mentor_weights);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, WEIGHTS, WEIGHTS);
    if (r)
        return r;
    found.matched = trial.present.matched;
    found.mentor_id = trial.present.mentor_id;
    *ret = found;
    return 0;
}
