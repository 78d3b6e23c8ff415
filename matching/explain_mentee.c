#include "matching/decide.h"
#include "matching/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One who holds a seat of a candidate; those locked come last. */
struct holder {
    struct cvn_id id;
    uint64_t lottery;
    int32_t score;
    bool locked;
};

struct telling {
    const struct cvn_match_problem *problem;
    const struct cvn_match_answer *answer;
    size_t mentee;
    struct cvn_match_explanation *explanation;
    struct cvn_match_alternative *alternatives;
    struct holder (*holders)[CVN_MATCH_CAPACITY_MAX]; /* by alternative */
    uint32_t *place;                                  /* by mentor: 1 + the alternative, or 0 */
    struct cvn_arena *arena;
    int64_t profit; /* of the mentee at the prices; 0 without a mentor */
};

static size_t find(const struct cvn_id *ids, size_t n, const struct cvn_id *id)
{
    struct cvn_match_directory directory = {.ids = (struct cvn_id *)ids, .n = (uint32_t)n};
    uint32_t at = cvn_match_directory_find(&directory, id);
    return at == CVN_MATCH_NOBODY ? SIZE_MAX : at;
}

static int compare_holders(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    if (x->locked != y->locked)
        return x->locked ? 1 : -1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->lottery != y->lottery)
        return x->lottery < y->lottery ? -1 : 1;
    return memcmp(&x->id, &y->id, sizeof x->id);
}

static void find_own(struct telling *telling)
{
    const struct cvn_match_answer *answer = telling->answer;
    const struct cvn_id *id = &answer->mentee_ids[telling->mentee];
    for (size_t i = 0; i < answer->n_pairs; i++)
        if (cvn_id_equal(&answer->pairs[i].mentee_id, id))
            telling->explanation->pair = &answer->pairs[i];
    for (size_t i = 0; i < answer->n_unmatched; i++)
        if (cvn_id_equal(&answer->unmatched[i].mentee_id, id))
            telling->explanation->unmatched = &answer->unmatched[i];
}

/* What became of a candidate, and under a mode that looks at worth what the pair would cost. */
static void judge_outcome(const struct telling *telling,
                          const struct cvn_match_candidate *candidate,
                          struct cvn_match_alternative *alternative)
{
    const struct cvn_match_pair *pair = telling->explanation->pair;
    const struct cvn_match_prices *prices = &telling->answer->prices;
    int32_t own = pair ? pair->mentee_choice : 0, choice = alternative->mentee_choice;
    int64_t worth = candidate->mentee_score + candidate->mentor_score;
    if (choice == own)
        alternative->outcome = CVN_MATCH_OUTCOME_PAIRED;
    else if (telling->problem->mode == CVN_MATCH_STABLE)
        alternative->outcome =
            !pair || choice < own ? CVN_MATCH_OUTCOME_TAKEN : CVN_MATCH_OUTCOME_NOT_NEEDED;
    else if (worth < prices->floor)
        alternative->outcome = CVN_MATCH_OUTCOME_BELOW_FLOOR;
    else {
        alternative->outcome = CVN_MATCH_OUTCOME_COSTS;
        alternative->cost =
            telling->profit - (worth + prices->bonus - prices->price[candidate->mentor]);
    }
}

/* The most that a mentee can gain at the prices, which is what the own pair gains. */
static void find_profit(struct telling *telling)
{
    const struct cvn_match_answer *answer = telling->answer;
    const struct cvn_match_prices *prices = &answer->prices;
    const struct cvn_match_pair *pair = telling->explanation->pair;
    if (telling->problem->mode == CVN_MATCH_STABLE || !pair || pair->mentee_choice == 0)
        return;
    const struct cvn_match_candidate *own =
        &answer->candidates[answer->first[telling->mentee] + (uint64_t)pair->mentee_choice - 1];
    telling->profit =
        own->mentee_score + own->mentor_score + prices->bonus - prices->price[own->mentor];
}

static int list_alternatives(struct telling *telling)
{
    const struct cvn_match_answer *answer = telling->answer;
    uint64_t first = answer->first[telling->mentee];
    size_t n = answer->first[telling->mentee + 1] - first;
    struct cvn_match_alternative *alternatives =
        cvn_arena_alloc_array(telling->arena, n, sizeof *alternatives);
    if (!alternatives)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct cvn_match_candidate *candidate = &answer->candidates[first + i];
        int32_t choice = (int32_t)i + 1;
        alternatives[i] = (struct cvn_match_alternative){
            .mentor_id = answer->mentor_ids[candidate->mentor],
            .mentee_score = candidate->mentee_score,
            .mentor_score = candidate->mentor_score,
            .mentee_choice = choice,
            .mentor_choice = 1,
        };
        judge_outcome(telling, candidate, &alternatives[i]);
        telling->place[candidate->mentor] = (uint32_t)choice;
    }
    telling->alternatives = alternatives;
    telling->explanation->alternatives = alternatives;
    telling->explanation->n_alternatives = n;
    return 0;
}

/* Counts for each alternative who else has it as candidate and whom the mentor likes better. */
static void rank_rivals(struct telling *telling)
{
    const struct cvn_match_answer *answer = telling->answer;
    uint64_t seed = telling->problem->seed;
    uint64_t own = cvn_match_lottery(seed, &answer->mentee_ids[telling->mentee]);
    for (size_t i = 0; i < answer->n_mentees; i++)
        for (uint64_t edge = answer->first[i]; edge < answer->first[i + 1]; edge++) {
            const struct cvn_match_candidate *candidate = &answer->candidates[edge];
            uint32_t place = telling->place[candidate->mentor];
            if (place == 0)
                continue;
            struct cvn_match_alternative *alternative = &telling->alternatives[place - 1];
            alternative->n_rivals += i != telling->mentee;
            bool better = candidate->mentor_score > alternative->mentor_score;
            if (candidate->mentor_score == alternative->mentor_score && i != telling->mentee) {
                uint64_t lottery = cvn_match_lottery(seed, &answer->mentee_ids[i]);
                better = lottery < own || (lottery == own && i < telling->mentee);
            }
            alternative->mentor_choice += better;
        }
}

static void seat_holders(struct telling *telling)
{
    const struct cvn_match_answer *answer = telling->answer;
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        uint32_t place =
            telling->place[find(answer->mentor_ids, answer->n_mentors, &pair->mentor_id)];
        if (place == 0)
            continue;
        struct cvn_match_alternative *alternative = &telling->alternatives[place - 1];
        bool locked = pair->mentee_choice == 0;
        telling->holders[place - 1][alternative->n_holders++] = (struct holder){
            pair->mentee_id, cvn_match_lottery(telling->problem->seed, &pair->mentee_id),
            pair->mentor_score, locked};
    }
}

static int name_holders(struct telling *telling)
{
    for (size_t i = 0; i < telling->explanation->n_alternatives; i++) {
        struct cvn_match_alternative *alternative = &telling->alternatives[i];
        struct holder *holders = telling->holders[i];
        struct cvn_id *ids =
            cvn_arena_alloc_array(telling->arena, alternative->n_holders, sizeof *ids);
        if (!ids)
            return -ENOMEM;
        qsort(holders, alternative->n_holders, sizeof *holders, compare_holders);
        for (size_t h = 0; h < alternative->n_holders; h++) {
            ids[h] = holders[h].id;
            if (!holders[h].locked)
                alternative->lowest_held = holders[h].score;
        }
        alternative->holders = ids;
    }
    return 0;
}

/* By mentor in the answer: how many seats are locked, and whether the pair is forbidden. */
static void note_lists(const struct telling *telling, const struct cvn_match_mentee *mentee,
                       int32_t *n_locked, bool *forbidden)
{
    const struct cvn_match_problem *problem = telling->problem;
    const struct cvn_match_answer *answer = telling->answer;
    for (size_t i = 0; i < problem->n_locked; i++)
        n_locked[find(answer->mentor_ids, answer->n_mentors, &problem->locked[i].mentor_id)]++;
    for (size_t i = 0; i < problem->n_forbidden; i++) {
        const struct cvn_match_pair_ids *pair = &problem->forbidden[i];
        size_t mentor = find(answer->mentor_ids, answer->n_mentors, &pair->mentor_id);
        if (mentor != SIZE_MAX && cvn_id_equal(&pair->mentee_id, &mentee->person.id))
            forbidden[mentor] = true;
    }
}

static int count_removed(struct telling *telling, const struct cvn_match_mentee *mentee)
{
    const struct cvn_match_problem *problem = telling->problem;
    const struct cvn_match_answer *answer = telling->answer;
    struct cvn_match_explanation *explanation = telling->explanation;
    int32_t *n_locked = calloc(answer->n_mentors + 1, sizeof *n_locked);
    bool *forbidden = calloc(answer->n_mentors + 1, sizeof *forbidden);
    int r = n_locked && forbidden ? 0 : -ENOMEM;
    if (r == 0)
        note_lists(telling, mentee, n_locked, forbidden);
    for (size_t i = 0; r == 0 && i < problem->n_mentors; i++) {
        const struct cvn_match_mentor *mentor = &problem->mentors[i];
        size_t at = find(answer->mentor_ids, answer->n_mentors, &mentor->person.id);
        uint32_t set =
            cvn_match_decide_by_themselves(&problem->rules, &mentor->person, &mentee->person);
        set |= forbidden[at] ? (uint32_t)1 << CVN_MATCH_RULE_FORBIDDEN : 0;
        set |= n_locked[at] >= mentor->capacity ? (uint32_t)1 << CVN_MATCH_RULE_SEATS : 0;
        for (int rule = CVN_MATCH_RULE_SELF; rule < CVN_MATCH_RULES; rule++) {
            explanation->removed[rule] += set >> rule & 1;
            explanation->removed_alone[rule] += set == (uint32_t)1 << rule;
        }
    }
    free(n_locked);
    free(forbidden);
    return r;
}

static const struct cvn_match_mentee *find_mentee(const struct cvn_match_problem *problem,
                                                  const struct cvn_id *id)
{
    for (size_t i = 0; i < problem->n_mentees; i++)
        if (cvn_id_equal(&problem->mentees[i].person.id, id))
            return &problem->mentees[i];
    return NULL;
}

int cvn_match_explain_mentee(const struct cvn_match_problem *problem,
                             const struct cvn_match_result *result, const struct cvn_id *mentee_id,
                             struct cvn_arena *arena, const struct cvn_match_explanation **ret)
{
    const struct cvn_match_answer *answer = &result->answer;
    const struct cvn_match_mentee *mentee = find_mentee(problem, mentee_id);
    struct telling telling = {.problem = problem, .answer = answer, .arena = arena};
    telling.mentee = find(answer->mentee_ids, answer->n_mentees, mentee_id);
    if (!mentee || telling.mentee == SIZE_MAX)
        return CVN_MATCH_UNKNOWN;
    size_t n = answer->first[telling.mentee + 1] - answer->first[telling.mentee];
    telling.explanation = cvn_arena_alloc(arena, sizeof *telling.explanation);
    telling.place = calloc(answer->n_mentors + 1, sizeof *telling.place);
    telling.holders = malloc((n + 1) * sizeof *telling.holders);
    int r = telling.explanation && telling.place && telling.holders ? 0 : -ENOMEM;
    if (r == 0) {
        telling.explanation->n_mentors = (int32_t)answer->n_mentors;
        find_own(&telling);
        find_profit(&telling);
        r = list_alternatives(&telling);
    }
    if (r == 0) {
        rank_rivals(&telling);
        seat_holders(&telling);
        r = name_holders(&telling);
    }
    if (r == 0)
        r = count_removed(&telling, mentee);
    if (r == 0)
        *ret = telling.explanation;
    free(telling.place);
    free(telling.holders);
    return r;
}
