#include "matching/explainer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct telling {
    const struct cvn_match_explainer *explainer;
    uint32_t mentee;
    struct cvn_match_explanation *explanation;
    int64_t profit; /* of the mentee at the prices; 0 without a mentor */
};

/* Pairs and unmatched begin with the mentee's id and are in its order. */
static int compare_first_id(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

static void find_own(struct telling *telling, const struct cvn_id *id)
{
    const struct cvn_match_answer *answer = telling->explainer->answer;
    telling->explanation->pair =
        bsearch(id, answer->pairs, answer->n_pairs, sizeof *answer->pairs, compare_first_id);
    telling->explanation->unmatched = bsearch(id, answer->unmatched, answer->n_unmatched,
                                              sizeof *answer->unmatched, compare_first_id);
}

/* What became of a candidate, and under a mode that looks at worth what the pair would cost. */
static void judge_outcome(const struct telling *telling,
                          const struct cvn_match_candidate *candidate,
                          struct cvn_match_alternative *alternative)
{
    const struct cvn_match_explainer *explainer = telling->explainer;
    const struct cvn_match_pair *pair = telling->explanation->pair;
    const struct cvn_match_prices *prices = &explainer->answer->prices;
    int32_t own = pair ? pair->mentee_choice : 0, choice = alternative->mentee_choice;
    int64_t worth = candidate->mentee_score + candidate->mentor_score;
    if (choice == own)
        alternative->outcome = CVN_MATCH_OUTCOME_PAIRED;
    else if (explainer->problem->mode == CVN_MATCH_STABLE)
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
    const struct cvn_match_answer *answer = telling->explainer->answer;
    const struct cvn_match_prices *prices = &answer->prices;
    const struct cvn_match_pair *pair = telling->explanation->pair;
    if (telling->explainer->problem->mode == CVN_MATCH_STABLE || !pair || pair->mentee_choice == 0)
        return;
    const struct cvn_match_candidate *own =
        &answer->candidates[answer->first[telling->mentee] + (uint64_t)pair->mentee_choice - 1];
    telling->profit =
        own->mentee_score + own->mentor_score + prices->bonus - prices->price[own->mentor];
}

/* How many of the mentor's rivals the mentor likes better. */
static void rank(const struct telling *telling, const struct cvn_match_candidate *candidate,
                 struct cvn_match_alternative *alternative)
{
    const struct cvn_match_rivals *rivals = &telling->explainer->rivals;
    uint64_t key = cvn_match_rival_key(candidate->mentor_score, rivals->draw[telling->mentee]);
    uint64_t first = rivals->first[candidate->mentor], end = rivals->first[candidate->mentor + 1];
    uint64_t low = first, high = end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (rivals->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    alternative->mentor_choice = (int32_t)(low - first) + 1;
    alternative->n_rivals = (int32_t)(end - first) - 1;
}

static void name_holders(const struct telling *telling, uint32_t mentor,
                         struct cvn_match_alternative *alternative)
{
    const struct cvn_match_holders *holders = &telling->explainer->holders;
    uint32_t first = holders->first[mentor];
    alternative->holders = holders->ids + first;
    alternative->n_holders = holders->first[mentor + 1] - first;
    alternative->lowest_held = holders->lowest_held[mentor];
}

static int list_alternatives(const struct telling *telling, struct cvn_arena *arena)
{
    const struct cvn_match_answer *answer = telling->explainer->answer;
    uint64_t first = answer->first[telling->mentee];
    size_t n = answer->first[telling->mentee + 1] - first;
    struct cvn_match_alternative *alternatives =
        cvn_arena_alloc_array(arena, n, sizeof *alternatives);
    if (!alternatives)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct cvn_match_candidate *candidate = &answer->candidates[first + i];
        alternatives[i] = (struct cvn_match_alternative){
            .mentor_id = answer->mentor_ids[candidate->mentor],
            .mentee_score = candidate->mentee_score,
            .mentor_score = candidate->mentor_score,
            .mentee_choice = (int32_t)i + 1,
        };
        judge_outcome(telling, candidate, &alternatives[i]);
        rank(telling, candidate, &alternatives[i]);
        name_holders(telling, candidate->mentor, &alternatives[i]);
    }
    telling->explanation->alternatives = alternatives;
    telling->explanation->n_alternatives = n;
    return 0;
}

int cvn_match_explain_mentee(const struct cvn_match_explainer *explainer,
                             const struct cvn_id *mentee_id, struct cvn_arena *arena,
                             const struct cvn_match_explanation **ret)
{
    struct telling telling = {.explainer = explainer,
                              .mentee = cvn_match_directory_find(&explainer->mentees, mentee_id)};
    if (telling.mentee == CVN_MATCH_NOBODY)
        return CVN_MATCH_UNKNOWN;
    telling.explanation = cvn_arena_alloc(arena, sizeof *telling.explanation);
    if (!telling.explanation)
        return -ENOMEM;
    find_own(&telling, mentee_id);
    find_profit(&telling);
    int r = list_alternatives(&telling, arena);
    if (r == 0)
        *ret = telling.explanation;
    return r;
}

int cvn_match_explain_rules(const struct cvn_match_explainer *explainer,
                            const struct cvn_id *mentee_id, struct cvn_match_removed *ret)
{
    uint32_t mentee = cvn_match_directory_find(&explainer->mentees, mentee_id);
    if (mentee == CVN_MATCH_NOBODY)
        return CVN_MATCH_UNKNOWN;
    struct cvn_match_removed removed = {0};
    for (uint32_t mentor = 0; mentor < explainer->mentors.n; mentor++) {
        uint32_t set = cvn_match_explainer_refuse(
            explainer, mentee, mentor,
            cvn_match_specials_find(&explainer->specials, mentee, mentor));
        removed.n_allowed += set == 0;
        for (int rule = CVN_MATCH_RULE_SELF; rule < CVN_MATCH_RULES; rule++) {
            removed.by[rule] += set >> rule & 1;
            removed.alone[rule] += set == (uint32_t)1 << rule;
        }
    }
    *ret = removed;
    return 0;
}
