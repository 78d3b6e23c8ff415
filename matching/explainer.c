#include "matching/explainer.h"

#include "matching/decide.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void count_offers(struct cvn_match_explainer *explainer)
{
    const struct cvn_match_problem *problem = explainer->problem;
    for (size_t j = 0; j < problem->n_mentors; j++) {
        const struct cvn_match_person *mentor = &problem->mentors[j].person;
        for (size_t i = 0; i < mentor->n_skills; i++)
            explainer->n_offer[mentor->skills[i].skill]++;
    }
}

static int look_up_problem(struct cvn_match_explainer *explainer)
{
    const struct cvn_match_problem *problem = explainer->problem;
    int r = cvn_match_directory_init_mentors(&explainer->mentors, problem, NULL);
    if (r == 0)
        r = cvn_match_directory_init_mentees(&explainer->mentees, problem, NULL);
    if (r == 0)
        r = cvn_match_specials_init(&explainer->specials, problem, &explainer->mentors,
                                    &explainer->mentees, NULL);
    if (r != 0)
        return r;
    explainer->n_offer = calloc((size_t)problem->n_skills + 1, sizeof *explainer->n_offer);
    explainer->n_locked = calloc(problem->n_mentors + 1, sizeof *explainer->n_locked);
    if (!explainer->n_offer || !explainer->n_locked)
        return -ENOMEM;
    count_offers(explainer);
    for (size_t i = 0; i < problem->n_locked; i++)
        explainer->n_locked[cvn_match_directory_find(&explainer->mentors,
                                                     &problem->locked[i].mentor_id)]++;
    return 0;
}

/* One who has a seat, for sorting. */
struct holder {
    struct cvn_id id;
    uint32_t draw;
    int32_t score;
    bool locked;
};

static int compare_holders(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    if (x->locked != y->locked)
        return x->locked ? 1 : -1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->draw > y->draw) - (x->draw < y->draw);
}

/* Orders what is spread already, mentor by mentor. */
static void order_holders(struct cvn_match_explainer *explainer, struct holder *items)
{
    struct cvn_match_holders *holders = &explainer->holders;
    for (uint32_t j = 0; j < explainer->mentors.n; j++) {
        uint32_t first = holders->first[j], n = holders->first[j + 1] - first;
        if (n > 0)
            qsort(items + first, n, sizeof *items, compare_holders);
        for (uint32_t i = first; i < first + n; i++) {
            holders->ids[i] = items[i].id;
            if (!items[i].locked)
                holders->lowest_held[j] = items[i].score;
        }
    }
}

static void spread_holders(struct cvn_match_explainer *explainer, const uint32_t *mentor,
                           struct holder *items)
{
    const struct cvn_match_answer *answer = explainer->answer;
    uint32_t *first = explainer->holders.first;
    for (size_t i = 0; i < answer->n_pairs; i++)
        first[mentor[i]]++;
    for (uint32_t j = 1; j <= explainer->mentors.n; j++)
        first[j] += first[j - 1];
    for (size_t i = answer->n_pairs; i-- > 0;) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        uint32_t mentee = cvn_match_directory_find(&explainer->mentees, &pair->mentee_id);
        items[--first[mentor[i]]] = (struct holder){pair->mentee_id, explainer->rivals.draw[mentee],
                                                    pair->mentor_score, pair->mentee_choice == 0};
    }
}

static int look_up_holders(struct cvn_match_explainer *explainer)
{
    const struct cvn_match_answer *answer = explainer->answer;
    struct cvn_match_holders *holders = &explainer->holders;
    size_t n = answer->n_pairs + 1, n_mentors = (size_t)explainer->mentors.n + 1;
    holders->ids = malloc(n * sizeof *holders->ids);
    holders->first = calloc(n_mentors, sizeof *holders->first);
    holders->lowest_held = calloc(n_mentors, sizeof *holders->lowest_held);
    uint32_t *mentor = malloc(n * sizeof *mentor);
    struct holder *items = malloc(n * sizeof *items);
    int r = holders->ids && holders->first && holders->lowest_held && mentor && items ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < answer->n_pairs; i++)
        mentor[i] = cvn_match_directory_find(&explainer->mentors, &answer->pairs[i].mentor_id);
    if (r == 0) {
        spread_holders(explainer, mentor, items);
        order_holders(explainer, items);
    }
    free(mentor);
    free(items);
    return r;
}

struct drawn {
    uint64_t lottery;
    uint32_t mentee;
};

static int compare_drawn(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;
    if (x->lottery != y->lottery)
        return x->lottery < y->lottery ? -1 : 1;
    return (x->mentee > y->mentee) - (x->mentee < y->mentee);
}

static int draw(struct cvn_match_explainer *explainer)
{
    uint32_t n = explainer->mentees.n;
    struct drawn *drawn = malloc(((size_t)n + 1) * sizeof *drawn);
    explainer->rivals.draw = malloc(((size_t)n + 1) * sizeof *explainer->rivals.draw);
    int r = drawn && explainer->rivals.draw ? 0 : -ENOMEM;
    if (r == 0 && n > 0) {
        for (uint32_t i = 0; i < n; i++)
            drawn[i] = (struct drawn){
                cvn_match_lottery(explainer->problem->seed, &explainer->mentees.ids[i]), i};
        qsort(drawn, n, sizeof *drawn, compare_drawn);
        for (uint32_t i = 0; i < n; i++)
            explainer->rivals.draw[drawn[i].mentee] = i;
    }
    free(drawn);
    return r;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int look_up_rivals(struct cvn_match_explainer *explainer)
{
    const struct cvn_match_answer *answer = explainer->answer;
    struct cvn_match_rivals *rivals = &explainer->rivals;
    uint32_t n_mentors = explainer->mentors.n;
    uint64_t n = answer->first[answer->n_mentees];
    rivals->keys = malloc((n + 1) * sizeof *rivals->keys);
    rivals->first = calloc((size_t)n_mentors + 1, sizeof *rivals->first);
    if (!rivals->keys || !rivals->first)
        return -ENOMEM;
    for (uint64_t edge = 0; edge < n; edge++)
        rivals->first[answer->candidates[edge].mentor]++;
    for (uint32_t j = 1; j <= n_mentors; j++)
        rivals->first[j] += rivals->first[j - 1];
    for (size_t i = 0; i < answer->n_mentees; i++)
        for (uint64_t edge = answer->first[i]; edge < answer->first[i + 1]; edge++) {
            const struct cvn_match_candidate *candidate = &answer->candidates[edge];
            rivals->keys[--rivals->first[candidate->mentor]] =
                cvn_match_rival_key(candidate->mentor_score, rivals->draw[i]);
        }
    for (uint32_t j = 0; j < n_mentors; j++)
        if (rivals->first[j + 1] > rivals->first[j])
            qsort(rivals->keys + rivals->first[j], rivals->first[j + 1] - rivals->first[j],
                  sizeof *rivals->keys, compare_keys);
    return 0;
}

int cvn_match_explainer_new(const struct cvn_match_problem *problem,
                            const struct cvn_match_result *result, struct cvn_match_explainer **ret)
{
    struct cvn_match_explainer *explainer = calloc(1, sizeof *explainer);
    if (!explainer)
        return -ENOMEM;
    explainer->problem = problem;
    explainer->answer = result ? cvn_match_result_answer(result) : NULL;
    assert(!result || (explainer->answer->n_mentors == problem->n_mentors &&
                       explainer->answer->n_mentees == problem->n_mentees));
    int r = look_up_problem(explainer);
    if (r == 0 && result)
        r = draw(explainer);
    if (r == 0 && result)
        r = look_up_rivals(explainer);
    if (r == 0 && result)
        r = look_up_holders(explainer);
    if (r == 0)
        *ret = explainer;
    else
        cvn_match_explainer_free(explainer);
    return r;
}

void cvn_match_explainer_free(struct cvn_match_explainer *explainer)
{
    if (!explainer)
        return;
    cvn_match_directory_deinit(&explainer->mentors);
    cvn_match_directory_deinit(&explainer->mentees);
    cvn_match_specials_deinit(&explainer->specials);
    free(explainer->n_offer);
    free(explainer->n_locked);
    free(explainer->holders.ids);
    free(explainer->holders.first);
    free(explainer->holders.lowest_held);
    free(explainer->rivals.keys);
    free(explainer->rivals.first);
    free(explainer->rivals.draw);
    free(explainer);
}

uint32_t cvn_match_explainer_refuse(const struct cvn_match_explainer *explainer, uint32_t mentee,
                                    uint32_t mentor, const struct cvn_match_special *special)
{
    const struct cvn_match_problem *problem = explainer->problem;
    const struct cvn_match_mentor *teacher = &problem->mentors[explainer->mentors.rows[mentor]];
    uint32_t set =
        cvn_match_decide_by_themselves(&problem->rules, &teacher->person,
                                       &problem->mentees[explainer->mentees.rows[mentee]].person);
    if (special && special->flags & CVN_MATCH_SPECIAL_FORBIDDEN)
        set |= (uint32_t)1 << CVN_MATCH_RULE_FORBIDDEN;
    if (explainer->n_locked[mentor] >= teacher->capacity)
        set |= (uint32_t)1 << CVN_MATCH_RULE_SEATS;
    return set;
}
