#include "matching/judge.h"

#include "matching/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const struct cvn_id *a, const struct cvn_id *b)
{
    return memcmp(a->bytes, b->bytes, CVN_ID_BYTES);
}

static int compare_mentors(const void *a, const void *b)
{
    const struct cvn_match_mentor *const *x = a, *const *y = b;
    return compare_ids(&(*x)->person.id, &(*y)->person.id);
}

static int compare_mentees(const void *a, const void *b)
{
    const struct cvn_match_mentee *const *x = a, *const *y = b;
    return compare_ids(&(*x)->person.id, &(*y)->person.id);
}

static int compare_shared(const void *a, const void *b)
{
    const struct cvn_match_shared *x = a, *y = b;
    int r = compare_ids(&x->mentee_id, &y->mentee_id);
    return r ? r : compare_ids(&x->mentor_id, &y->mentor_id);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct cvn_match_pair_ids *x = a, *y = b;
    int r = compare_ids(&x->mentee_id, &y->mentee_id);
    return r ? r : compare_ids(&x->mentor_id, &y->mentor_id);
}

/* NULL when out of memory. */
static void *copied(const void *items, size_t n, size_t size)
{
    void *copy = malloc((n + 1) * size);
    if (copy && n)
        memcpy(copy, items, n * size);
    return copy;
}

static int sort_all(struct cvn_match_judge *judge, struct cvn_match_pace *pace)
{
    const struct cvn_match_problem *problem = judge->problem;
    const struct {
        void *items;
        size_t n, size;
        int (*compare)(const void *, const void *);
    } all[] = {
        {judge->mentors, problem->n_mentors, sizeof *judge->mentors, compare_mentors},
        {judge->mentees, problem->n_mentees, sizeof *judge->mentees, compare_mentees},
        {judge->shared, problem->n_shared, sizeof *judge->shared, compare_shared},
        {judge->forbidden, problem->n_forbidden, sizeof *judge->forbidden, compare_pairs},
        {judge->locked, problem->n_locked, sizeof *judge->locked, compare_pairs},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof all / sizeof *all; i++)
        r = cvn_match_sort(all[i].items, all[i].n, all[i].size, all[i].compare, pace);
    return r;
}

/* 64 * log2(n) rounded down: one less than the length in bits of n^64, worked out in full. */
static uint32_t log2_in_64ths(uint32_t n)
{
    uint32_t digits[48] = {1}; /* little end first; n^64 < 2^1344 */
    size_t n_digits = 1;
    for (int factor = 0; factor < 64; factor++) {
        uint64_t carry = 0;
        for (size_t i = 0; i < n_digits; i++) {
            carry += (uint64_t)digits[i] * n;
            digits[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry)
            digits[n_digits++] = (uint32_t)carry;
    }
    uint32_t bits = 0;
    for (uint32_t top = digits[n_digits - 1]; top; top >>= 1)
        bits++;
    return (uint32_t)(n_digits - 1) * 32 + bits - 1;
}

static void find_rarities(struct cvn_match_judge *judge)
{
    const struct cvn_match_problem *problem = judge->problem;
    uint32_t *rarity = judge->rarity;
    for (size_t i = 0; i < problem->n_mentors; i++)
        for (size_t s = 0; s < problem->mentors[i].person.n_skills; s++)
            rarity[problem->mentors[i].person.skills[s].skill]++;
    uint32_t all = problem->n_mentors ? log2_in_64ths((uint32_t)problem->n_mentors) : 0;
    for (uint32_t s = 0; s < problem->n_skills; s++)
        rarity[s] = 64 + all - (rarity[s] > 1 ? log2_in_64ths(rarity[s]) : 0);
}

/* Both are in the order of the mentees' ids; rows of nobody are stepped over. */
static int find_shared(struct cvn_match_judge *judge, struct cvn_match_pace *pace)
{
    const struct cvn_match_problem *problem = judge->problem;
    size_t row = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < problem->n_mentees; i++) {
        const struct cvn_id *id = &judge->mentees[i]->person.id;
        while (row < problem->n_shared && compare_ids(&judge->shared[row].mentee_id, id) < 0)
            row++;
        judge->first_shared[i] = row;
        r = cvn_match_step(pace, 1);
    }
    judge->first_shared[problem->n_mentees] = problem->n_shared;
    return r;
}

int cvn_match_judge_init(struct cvn_match_judge *judge, const struct cvn_match_problem *problem,
                         struct cvn_match_pace *pace)
{
    struct cvn_match_judge made = {
        .problem = problem,
        .mentors = malloc((problem->n_mentors + 1) * sizeof *made.mentors),
        .mentees = malloc((problem->n_mentees + 1) * sizeof *made.mentees),
        .shared = copied(problem->shared, problem->n_shared, sizeof *problem->shared),
        .forbidden = copied(problem->forbidden, problem->n_forbidden, sizeof *problem->forbidden),
        .locked = copied(problem->locked, problem->n_locked, sizeof *problem->locked),
        .n_locked = calloc(problem->n_mentors + 1, sizeof *made.n_locked),
        .first_shared = malloc((problem->n_mentees + 1) * sizeof *made.first_shared),
        .rarity = calloc((size_t)problem->n_skills + 1, sizeof *made.rarity),
    };
    if (!made.mentors || !made.mentees || !made.shared || !made.forbidden || !made.locked ||
        !made.n_locked || !made.first_shared || !made.rarity) {
        cvn_match_judge_deinit(&made);
        return -ENOMEM;
    }
    for (size_t i = 0; i < problem->n_mentors; i++)
        made.mentors[i] = &problem->mentors[i];
    for (size_t i = 0; i < problem->n_mentees; i++)
        made.mentees[i] = &problem->mentees[i];
    int r = sort_all(&made, pace);
    if (r == 0)
        r = find_shared(&made, pace);
    if (r != 0) {
        cvn_match_judge_deinit(&made);
        return r;
    }
    for (size_t i = 0; i < problem->n_locked; i++)
        made.n_locked[cvn_match_judge_mentor(&made, &problem->locked[i].mentor_id)]++;
    find_rarities(&made);
    *judge = made;
    return 0;
}

void cvn_match_judge_deinit(struct cvn_match_judge *judge)
{
    free(judge->mentors);
    free(judge->mentees);
    free(judge->shared);
    free(judge->first_shared);
    free(judge->forbidden);
    free(judge->locked);
    free(judge->n_locked);
    free(judge->rarity);
    *judge = (struct cvn_match_judge){0};
}

size_t cvn_match_judge_mentor(const struct cvn_match_judge *judge, const struct cvn_id *id)
{
    struct cvn_match_mentor sought = {.person.id = *id};
    const struct cvn_match_mentor *key = &sought,
                                  **found = bsearch(&key, judge->mentors, judge->problem->n_mentors,
                                                    sizeof key, compare_mentors);
    return found ? (size_t)(found - judge->mentors) : SIZE_MAX;
}

size_t cvn_match_judge_mentee(const struct cvn_match_judge *judge, const struct cvn_id *id)
{
    struct cvn_match_mentee sought = {.person.id = *id};
    const struct cvn_match_mentee *key = &sought,
                                  **found = bsearch(&key, judge->mentees, judge->problem->n_mentees,
                                                    sizeof key, compare_mentees);
    return found ? (size_t)(found - judge->mentees) : SIZE_MAX;
}

const struct cvn_id *cvn_match_judge_locked(const struct cvn_match_judge *judge,
                                            const struct cvn_id *mentee_id)
{
    size_t low = 0, high = judge->problem->n_locked;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int r = compare_ids(&judge->locked[middle].mentee_id, mentee_id);
        if (r == 0)
            return &judge->locked[middle].mentor_id;
        if (r < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The place of an id in a list from 1, or 0. */
static int32_t place(const struct cvn_match_ids *ids, const struct cvn_id *id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (compare_ids(&ids->items[i], id) == 0)
            return (int32_t)i + 1;
    return 0;
}

static int64_t count_languages(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    int64_t n = 0;
    for (int word = 0; word < 2; word++)
        for (uint64_t both = a->languages.bits[word] & b->languages.bits[word]; both;
             both &= both - 1)
            n++;
    return n;
}

static int64_t count_hours(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    int64_t n = 0;
    for (int word = 0; word < 3; word++)
        for (uint64_t both = a->hours.bits[word] & b->hours.bits[word]; both; both &= both - 1)
            n++;
    return n;
}

static bool were_paired(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    return place(&a->previous, &b->id) || place(&b->previous, &a->id);
}

static const struct cvn_match_skill *find_skill(const struct cvn_match_person *person,
                                                uint32_t skill)
{
    for (size_t i = 0; i < person->n_skills; i++)
        if (person->skills[i].skill == skill)
            return &person->skills[i];
    return NULL;
}

static bool skills_allow(const struct cvn_match_rules *rules, const struct cvn_match_person *mentor,
                         const struct cvn_match_person *mentee)
{
    size_t n_shared = 0, n_above = 0;
    for (size_t i = 0; i < mentee->n_skills; i++) {
        const struct cvn_match_skill *taught = find_skill(mentor, mentee->skills[i].skill);
        n_shared += taught != NULL;
        n_above += taught && taught->level > mentee->skills[i].level;
    }
    if (n_shared == 0)
        return !rules->require_skill;
    return n_above > 0 || !rules->require_level;
}

static bool conflict(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    for (size_t i = 0; i < a->n_conflict_tags; i++)
        for (size_t j = 0; j < b->n_conflict_tags; j++)
            if (a->conflict_tags[i] == b->conflict_tags[j])
                return true;
    return false;
}

bool cvn_match_judge_allows(const struct cvn_match_judge *judge, size_t mentor_at, size_t mentee_at)
{
    const struct cvn_match_rules *rules = &judge->problem->rules;
    const struct cvn_match_person *mentor = &judge->mentors[mentor_at]->person;
    const struct cvn_match_person *mentee = &judge->mentees[mentee_at]->person;
    if (rules->require_language && count_languages(mentor, mentee) == 0)
        return false;
    if (!skills_allow(rules, mentor, mentee))
        return false;
    if (rules->min_common_hours > 0 && count_hours(mentor, mentee) < rules->min_common_hours)
        return false;
    if (compare_ids(&mentor->id, &mentee->id) == 0 || conflict(mentor, mentee))
        return false;
    if (place(&mentor->excluded, &mentee->id) || place(&mentee->excluded, &mentor->id))
        return false;
    if (rules->avoid_previous && were_paired(mentor, mentee))
        return false;
    struct cvn_match_pair_ids pair = {mentor->id, mentee->id};
    if (bsearch(&pair, judge->forbidden, judge->problem->n_forbidden, sizeof pair, compare_pairs))
        return false;
    return judge->n_locked[mentor_at] < judge->mentors[mentor_at]->capacity;
}

struct part {
    int64_t n;
    int64_t of;
};

static struct part part_of_skills(const struct cvn_match_judge *judge,
                                  const struct cvn_match_person *mentor,
                                  const struct cvn_match_person *mentee)
{
    struct part part = {0, 0};
    for (size_t i = 0; i < mentee->n_skills; i++) {
        const struct cvn_match_skill *wanted = &mentee->skills[i];
        const struct cvn_match_skill *taught = find_skill(mentor, wanted->skill);
        int64_t worth = (int64_t)wanted->priority * judge->rarity[wanted->skill];
        part.of += worth * 4;
        if (taught && taught->level >= wanted->level + 2)
            part.n += worth * 4;
        else if (taught && taught->level == wanted->level + 1)
            part.n += worth * 3;
        else if (taught)
            part.n += worth;
    }
    return part;
}

static struct part part_of_ranking(int32_t own, int32_t other)
{
    int64_t n = (own ? 2 * (CVN_MATCH_RANKED_MAX - (own - 1)) : 0) +
                (other ? CVN_MATCH_RANKED_MAX - (other - 1) : 0);
    return (struct part){n, 2 * CVN_MATCH_RANKED_MAX};
}

static int64_t add_up(const struct part parts[CVN_MATCH_TERMS],
                      const struct cvn_match_weights *weights, int64_t points[CVN_MATCH_TERMS])
{
    int64_t sum = 0;
    for (int t = 0; t < CVN_MATCH_TERMS; t++) {
        int64_t n = parts[t].n < parts[t].of ? parts[t].n : parts[t].of;
        points[t] = parts[t].of ? weights->points[t] * n / parts[t].of : 0;
        sum += points[t];
    }
    return sum;
}

/* What the two have in common, or that it is nothing. */
static const struct cvn_match_shared *find_row(const struct cvn_match_judge *judge, size_t mentee,
                                               const struct cvn_match_shared *nothing)
{
    size_t first = judge->first_shared[mentee], n = judge->first_shared[mentee + 1] - first;
    const struct cvn_match_shared *found =
        bsearch(nothing, judge->shared + first, n, sizeof *nothing, compare_shared);
    return found ? found : nothing;
}

void cvn_match_judge_score(const struct cvn_match_judge *judge, size_t mentor_at, size_t mentee_at,
                           struct cvn_match_judged *ret)
{
    const struct cvn_match_person *mentor = &judge->mentors[mentor_at]->person;
    const struct cvn_match_person *mentee = &judge->mentees[mentee_at]->person;
    struct cvn_match_shared nothing = {mentor->id, mentee->id, 0, 0};
    const struct cvn_match_shared *shared = find_row(judge, mentee_at, &nothing);
    int32_t by_mentee = place(&mentee->ranked, &mentor->id);
    int32_t by_mentor = place(&mentor->ranked, &mentee->id);
    struct part parts[CVN_MATCH_TERMS] = {
        [CVN_MATCH_TERM_SKILLS] = part_of_skills(judge, mentor, mentee),
        [CVN_MATCH_TERM_GOALS] = {__builtin_popcount(mentor->goals & mentee->goals),
                                  __builtin_popcount(mentee->goals)},
        [CVN_MATCH_TERM_HOURS] = {count_hours(mentor, mentee), CVN_MATCH_FULL_HOURS},
        [CVN_MATCH_TERM_LANGUAGES] = {count_languages(mentor, mentee), CVN_MATCH_FULL_LANGUAGES},
        [CVN_MATCH_TERM_GROUPS] = {shared->groups, CVN_MATCH_FULL_GROUPS},
        [CVN_MATCH_TERM_MEETUPS] = {shared->meetup_points, CVN_MATCH_MEETUP_POINTS_MAX},
        [CVN_MATCH_TERM_PREVIOUS] = {were_paired(mentor, mentee), 1},
        [CVN_MATCH_TERM_WAITING] = {judge->mentees[mentee_at]->waited_days,
                                    CVN_MATCH_FULL_WAITED_DAYS},
        [CVN_MATCH_TERM_RANKING] = part_of_ranking(by_mentee, by_mentor),
    };
    ret->mentee_score = add_up(parts, &judge->problem->mentee_weights, ret->mentee_points);
    parts[CVN_MATCH_TERM_RANKING] = part_of_ranking(by_mentor, by_mentee);
    ret->mentor_score = add_up(parts, &judge->problem->mentor_weights, ret->mentor_points);
}
