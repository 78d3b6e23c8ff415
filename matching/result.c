#include "matching/result.h"

#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct assembly {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_graph *graph;
    const struct cvn_match_seating *seating;
    struct cvn_match_result *result;
    struct cvn_match_sieve *sieve;
};

static void add_pair(struct assembly *assembly, uint32_t mentee, uint32_t mentor, int32_t choice)
{
    const struct cvn_match_cohort *cohort = assembly->cohort;
    struct cvn_match_answer *answer = &assembly->result->answer;
    struct cvn_match_pair *pair = &assembly->result->pairs[answer->n_pairs++];
    struct cvn_match_measure measure;
    cvn_match_measure_pair(cohort, mentee, mentor, &measure);
    pair->mentee_id = cohort->mentees.ids[mentee];
    pair->mentor_id = cohort->mentors.ids[mentor];
    pair->mentee_choice = choice;
    pair->mentee_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                                          &cohort->problem->mentee_weights, pair->mentee_points);
    pair->mentor_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                          &cohort->problem->mentor_weights, pair->mentor_points);
    answer->stats.mentee_score += pair->mentee_score;
    answer->stats.mentor_score += pair->mentor_score;
    answer->stats.n_first_choice += choice == 1;
    answer->stats.n_locked += choice == 0;
}

static void add_unmatched(struct assembly *assembly, uint32_t mentee)
{
    struct cvn_match_answer *answer = &assembly->result->answer;
    const uint64_t *first = assembly->graph->first;
    struct cvn_match_unmatched *unmatched = &assembly->result->unmatched[answer->n_unmatched++];
    *unmatched = (struct cvn_match_unmatched){
        .mentee_id = assembly->cohort->mentees.ids[mentee],
        .reason = CVN_MATCH_UNMATCHED_ALL_TAKEN,
        .n_candidates = (int32_t)(first[mentee + 1] - first[mentee]),
    };
    if (assembly->cohort->mentors.n == 0) {
        unmatched->reason = CVN_MATCH_UNMATCHED_NO_MENTORS;
    } else if (unmatched->n_candidates == 0) {
        unmatched->reason = CVN_MATCH_UNMATCHED_NO_CANDIDATE;
        struct cvn_match_removed removed;
        cvn_match_count_removed(assembly->cohort, mentee, assembly->sieve, &removed);
        for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++) {
            unmatched->removed[r] = removed.by[r];
            unmatched->removed_alone[r] = removed.alone[r];
            if (removed.by[r] > unmatched->removed[unmatched->rule])
                unmatched->rule = r;
        }
    }
}

static int add_everybody(struct assembly *assembly, const struct cvn_match_progress *progress)
{
    const struct cvn_match_cohort *cohort = assembly->cohort;
    uint32_t n = cohort->mentees.n;
    uint64_t every = cvn_match_tell_every(cohort->mentors.n);
    for (uint32_t i = 0; i < n; i++) {
        if (i % every == 0 && cvn_match_tell(progress, CVN_MATCH_PHASE_REPORT, i, n) != 0)
            return CVN_MATCH_CANCELLED;
        uint32_t choice = assembly->seating->choice[i];
        if (cohort->locked[i] != CVN_MATCH_NOBODY)
            add_pair(assembly, i, cohort->locked[i], 0);
        else if (choice != CVN_MATCH_NOBODY)
            add_pair(assembly, i, assembly->graph->items[assembly->graph->first[i] + choice].mentor,
                     (int32_t)choice + 1);
        else
            add_unmatched(assembly, i);
    }
    return cvn_match_tell(progress, CVN_MATCH_PHASE_REPORT, n, n);
}

static void count(struct assembly *assembly)
{
    const struct cvn_match_cohort *cohort = assembly->cohort;
    struct cvn_match_answer *answer = &assembly->result->answer;
    struct cvn_match_stats *stats = &answer->stats;
    for (size_t i = 0; i < cohort->problem->n_mentors; i++)
        stats->n_seats += cohort->problem->mentors[i].capacity;
    stats->n_matched = (int64_t)answer->n_pairs;
    stats->n_unmatched = (int64_t)answer->n_unmatched;
    stats->n_scored = assembly->graph->n_scored;
    stats->n_candidates = (int64_t)assembly->graph->first[cohort->mentees.n];
    stats->n_proposals = assembly->seating->n_proposals;
    answer->gap = assembly->seating->gap;
}

static int copy_ids(struct cvn_match_result *result, const struct cvn_match_cohort *cohort)
{
    size_t mentors_bytes = cohort->mentors.n * sizeof(struct cvn_id);
    size_t mentees_bytes = cohort->mentees.n * sizeof(struct cvn_id);
    result->mentor_ids = malloc(mentors_bytes + 1);
    result->mentee_ids = malloc(mentees_bytes + 1);
    if (!result->mentor_ids || !result->mentee_ids)
        return -ENOMEM;
    memcpy(result->mentor_ids, cohort->mentors.ids, mentors_bytes);
    memcpy(result->mentee_ids, cohort->mentees.ids, mentees_bytes);
    return 0;
}

static void point_answer(struct cvn_match_result *result, const struct cvn_match_cohort *cohort)
{
    struct cvn_match_answer *answer = &result->answer;
    answer->n_mentors = cohort->mentors.n;
    answer->n_mentees = cohort->mentees.n;
    answer->pairs = result->pairs;
    answer->unmatched = result->unmatched;
    answer->mentor_ids = result->mentor_ids;
    answer->mentee_ids = result->mentee_ids;
    answer->first = result->listing->graph.first;
    answer->candidates = result->listing->graph.items;
    answer->prices =
        (struct cvn_match_prices){result->proof.price, result->proof.cover, result->proof.above,
                                  result->proof.bonus, result->proof.floor};
}

int cvn_match_result_new(const struct cvn_match_cohort *cohort, struct cvn_match_listing *listing,
                         struct cvn_match_seating *seating,
                         const struct cvn_match_progress *progress, struct cvn_match_result **ret)
{
    size_t n_matched = 0;
    for (uint32_t i = 0; i < cohort->mentees.n; i++)
        n_matched +=
            cohort->locked[i] != CVN_MATCH_NOBODY || seating->choice[i] != CVN_MATCH_NOBODY;
    struct cvn_match_result *result = calloc(1, sizeof *result);
    struct cvn_match_sieve *sieve = malloc(sizeof *sieve);
    struct assembly assembly = {cohort, &listing->graph, seating, result, sieve};
    int r = -ENOMEM;
    if (result && sieve) {
        size_t n_unmatched = cohort->mentees.n - n_matched;
        result->pairs = calloc(n_matched + 1, sizeof *result->pairs);
        result->unmatched = calloc(n_unmatched + 1, sizeof *result->unmatched);
        if (result->pairs && result->unmatched)
            r = copy_ids(result, cohort);
    }
    if (r == 0)
        r = add_everybody(&assembly, progress);
    if (r == 0) {
        count(&assembly);
        result->listing = cvn_match_listing_share(listing);
        result->proof = seating->proof;
        seating->proof = (struct cvn_match_assignment){0};
        point_answer(result, cohort);
        *ret = result;
    } else {
        cvn_match_result_free(result);
    }
    free(sieve);
    return r;
}

const struct cvn_match_answer *cvn_match_result_answer(const struct cvn_match_result *result)
{
    return &result->answer;
}

void cvn_match_result_free(struct cvn_match_result *result)
{
    if (!result)
        return;
    free(result->pairs);
    free(result->unmatched);
    free(result->mentor_ids);
    free(result->mentee_ids);
    cvn_match_listing_release(result->listing);
    cvn_match_assignment_deinit(&result->proof);
    free(result);
}
