#include "matching/candidates.h"

#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/rules.h"
#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = CVN_MATCH_BLOCK_WORDS };

struct entry {
    uint64_t tie;
    int32_t score;
    uint32_t mentor;
};

/* What a mentee's search needs that does not depend on the mentor. */
struct wish {
    const struct cvn_match_person *person;
    uint64_t tie_key;
    uint32_t skills_weight;
    uint32_t skills_wanted;
    uint32_t worth[CVN_MATCH_SKILLS_MAX]; /* of an eighth of each skill */
    int32_t same;                         /* points that every mentor gets */
    int32_t most;                         /* by goals, hours and languages together */
    int16_t goals[CVN_MATCH_GOALS_MAX + 1];
    int16_t hours[CVN_MATCH_FULL_HOURS + 1];
    int16_t languages[CVN_MATCH_FULL_LANGUAGES + 1];
};

struct search {
    const struct cvn_match_cohort *cohort;
    struct wish wish;
    struct entry heap[CVN_MATCH_CANDIDATES_MAX]; /* the worst on top */
    uint32_t n;
    uint32_t k;
    uint32_t least_taught; /* who teaches less cannot enter the full heap any more */
    uint32_t n_allowed;
    int64_t n_scored;
    struct cvn_match_sieve sieve;
    uint32_t taught[CVN_MATCH_BLOCK_MENTORS];
};

static bool is_better(const struct entry *a, const struct entry *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return a->tie != b->tie ? a->tie < b->tie : a->mentor < b->mentor;
}

static void sift_down(struct entry *heap, uint32_t n, uint32_t at)
{
    struct entry moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_better(&heap[child], &heap[child + 1]))
            child++;
        if (!is_better(&moved, &heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void sift_up(struct entry *heap, uint32_t at)
{
    struct entry moved = heap[at];
    for (uint32_t parent; at > 0 && is_better(&heap[parent = (at - 1) / 2], &moved); at = parent)
        heap[at] = heap[parent];
    heap[at] = moved;
}

/* How much a mentor has to teach so that the best of everything else could reach the worst kept. */
static uint32_t least_taught(const struct wish *wish, int32_t worst)
{
    int32_t gap = worst - wish->same - wish->most;
    if (gap <= 0)
        return 0;
    if (wish->skills_weight == 0)
        return UINT32_MAX;
    uint64_t product = (uint64_t)gap * wish->skills_wanted + wish->skills_weight - 1;
    uint64_t least = product / wish->skills_weight;
    return least < UINT32_MAX && wish->skills_wanted ? (uint32_t)least : UINT32_MAX;
}

static void offer(struct search *search, uint32_t mentor, int32_t score)
{
    if (search->n == search->k && score < search->heap[0].score)
        return;
    uint64_t key = search->cohort->lean[mentor].tie_key;
    struct entry entry = {cvn_match_tie_of_keys(key, search->wish.tie_key), score, mentor};
    if (search->n < search->k) {
        search->heap[search->n] = entry;
        sift_up(search->heap, search->n++);
    } else if (is_better(&entry, &search->heap[0])) {
        search->heap[0] = entry;
        sift_down(search->heap, search->n, 0);
    } else {
        return;
    }
    if (search->n == search->k)
        search->least_taught = least_taught(&search->wish, search->heap[0].score);
}

static void make_wish(const struct cvn_match_cohort *cohort, uint32_t index, struct wish *wish)
{
    const struct cvn_match_mentee *mentee = cvn_match_cohort_mentee(cohort, index);
    const struct cvn_match_person *person = &mentee->person;
    const int32_t *weights = cohort->problem->mentee_weights.points;
    *wish =
        (struct wish){.person = person, .skills_weight = (uint32_t)weights[CVN_MATCH_TERM_SKILLS]};
    wish->tie_key = cvn_match_tie_mentee_key(cohort->problem->seed, &person->id);
    for (size_t i = 0; i < person->n_skills; i++) {
        wish->worth[i] = person->skills[i].priority * cohort->rarity[person->skills[i].skill];
        wish->skills_wanted += wish->worth[i] * CVN_MATCH_TAUGHT_FULL;
    }
    uint32_t n_goals = (uint32_t)__builtin_popcount(person->goals), n_languages = 0;
    uint32_t n_hours = cvn_match_count_hours(&person->hours, &person->hours);
    for (int i = 0; i < 2; i++)
        n_languages += (uint32_t)__builtin_popcountll(person->languages.bits[i]);
    for (uint32_t i = 0; i <= n_goals; i++)
        wish->goals[i] =
            (int16_t)cvn_match_share((uint32_t)weights[CVN_MATCH_TERM_GOALS], i, n_goals);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_HOURS; i++)
        wish->hours[i] = (int16_t)cvn_match_share((uint32_t)weights[CVN_MATCH_TERM_HOURS], i,
                                                  CVN_MATCH_FULL_HOURS);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_LANGUAGES; i++)
        wish->languages[i] = (int16_t)cvn_match_share((uint32_t)weights[CVN_MATCH_TERM_LANGUAGES],
                                                      i, CVN_MATCH_FULL_LANGUAGES);
    wish->same =
        (int32_t)cvn_match_share((uint32_t)weights[CVN_MATCH_TERM_WAITING],
                                 cvn_match_at_most(mentee->waited_days, CVN_MATCH_FULL_WAITED_DAYS),
                                 CVN_MATCH_FULL_WAITED_DAYS);
    wish->most = wish->goals[n_goals] +
                 wish->hours[cvn_match_at_most((int32_t)n_hours, CVN_MATCH_FULL_HOURS)] +
                 wish->languages[cvn_match_at_most((int32_t)n_languages, CVN_MATCH_FULL_LANGUAGES)];
}

/* The score of a pair of which nothing special is known: the terms without it are zero. */
static int32_t score_plain(const struct wish *wish, const struct cvn_match_lean_mentor *mentor,
                           uint32_t taught)
{
    const struct cvn_match_person *person = wish->person;
    uint32_t hours = cvn_match_count_hours(&mentor->hours, &person->hours), languages = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t both = mentor->languages.bits[i] & person->languages.bits[i];
        languages += both ? 1 + ((both & (both - 1)) != 0) : 0;
    }
    uint32_t goals = (uint32_t)__builtin_popcount(mentor->goals & person->goals);
    return (int32_t)cvn_match_share(wish->skills_weight, taught, wish->skills_wanted) +
           wish->goals[goals] +
           wish->hours[cvn_match_at_most((int32_t)hours, CVN_MATCH_FULL_HOURS)] +
           wish->languages[cvn_match_at_most((int32_t)languages, CVN_MATCH_FULL_LANGUAGES)] +
           wish->same;
}

/* Scores the pairs of which something is known and takes them out of the bits of the block. */
static void search_specials(struct search *search, uint32_t mentee, size_t block)
{
    const struct cvn_match_specials *specials = &search->cohort->specials;
    uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    for (size_t i = specials->first[mentee]; i < specials->end[mentee]; i++) {
        const struct cvn_match_special *special = &specials->items[i];
        uint32_t at = special->mentor - (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
        if (at >= CVN_MATCH_BLOCK_MENTORS || !(allowed[at / 64] >> at % 64 & 1))
            continue;
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        cvn_match_measure_known(search->cohort, mentee, special->mentor, special, &measure);
        offer(search, special->mentor,
              cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                               &search->cohort->problem->mentee_weights, points));
        allowed[at / 64] &= ~((uint64_t)1 << at % 64);
        search->n_scored++;
    }
}

static void add_taught(struct search *search, const uint64_t *row, uint32_t worth)
{
    const uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    for (uint32_t w = 0; w < WORDS; w++)
        for (uint64_t left = row[w] & allowed[w]; left; left &= left - 1)
            search->taught[w * 64 + (uint32_t)__builtin_ctzll(left)] += worth;
}

/* Each level that the mentor is up adds its difference to what a lower one would teach. */
static void sum_taught(struct search *search, size_t block)
{
    const struct wish *wish = &search->wish;
    const struct cvn_match_vertical *skills = &search->cohort->skills;
    memset(search->taught, 0, sizeof search->taught);
    for (size_t i = 0; i < wish->person->n_skills; i++) {
        const struct cvn_match_skill *skill = &wish->person->skills[i];
        const struct {
            uint32_t level, eighths;
        } steps[] = {
            {1, CVN_MATCH_TAUGHT_NO_HIGHER},
            {skill->level + 1u, CVN_MATCH_TAUGHT_ONE_UP - CVN_MATCH_TAUGHT_NO_HIGHER},
            {skill->level + 2u, CVN_MATCH_TAUGHT_FULL - CVN_MATCH_TAUGHT_ONE_UP},
        };
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            struct cvn_match_value value = {skill->skill, steps[s].level};
            if (value.level <= CVN_MATCH_LEVEL_MAX)
                add_taught(search,
                           cvn_match_vertical_block(skills, value, block, search->sieve.scratch),
                           wish->worth[i] * steps[s].eighths);
        }
    }
}

static void search_block(struct search *search, uint32_t mentee, size_t block)
{
    const uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    cvn_match_sieve_block(search->cohort, mentee, block, CVN_MATCH_SIEVE_ALLOWED, &search->sieve);
    uint32_t n_allowed = 0;
    for (int w = 0; w < WORDS; w++)
        n_allowed += allowed[w] ? (uint32_t)__builtin_popcountll(allowed[w]) : 0;
    if (n_allowed == 0)
        return;
    search->n_allowed += n_allowed;
    search_specials(search, mentee, block);
    sum_taught(search, block);
    for (uint32_t w = 0; w < WORDS; w++)
        for (uint64_t left = allowed[w]; left; left &= left - 1) {
            uint32_t at = w * 64 + (uint32_t)__builtin_ctzll(left);
            if (search->taught[at] < search->least_taught)
                continue;
            uint32_t mentor = (uint32_t)block * CVN_MATCH_BLOCK_MENTORS + at;
            offer(search, mentor,
                  score_plain(&search->wish, &search->cohort->lean[mentor], search->taught[at]));
            search->n_scored++;
        }
}

/* Heap sort in place: the worst goes to the end, then the next. */
static void sort_best_first(struct entry *heap, uint32_t n)
{
    for (uint32_t left = n; left > 1;) {
        struct entry worst = heap[0];
        heap[0] = heap[--left];
        heap[left] = worst;
        sift_down(heap, left, 0);
    }
}

static int reserve(struct cvn_match_graph *graph, size_t n)
{
    if (n <= graph->capacity)
        return 0;
    size_t capacity = n + n / 2 + 1024;
    struct cvn_match_candidate *items = realloc(graph->items, capacity * sizeof *items);
    if (!items)
        return -ENOMEM;
    graph->items = items;
    graph->capacity = capacity;
    return 0;
}

static int search_mentee(struct search *search, struct cvn_match_graph *graph, uint32_t mentee)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    uint64_t at = graph->first[mentee];
    graph->first[mentee + 1] = at;
    if (cohort->locked[mentee] != CVN_MATCH_NOBODY)
        return 0;
    search->n = search->n_allowed = search->least_taught = 0;
    make_wish(cohort, mentee, &search->wish);
    for (size_t block = 0; block < cohort->n_blocks; block++)
        search_block(search, mentee, block);
    graph->n_allowed[mentee] = search->n_allowed;
    int r = reserve(graph, at + search->n);
    if (r != 0)
        return r;
    sort_best_first(search->heap, search->n);
    for (uint32_t i = 0; i < search->n; i++) {
        const struct entry *entry = &search->heap[i];
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        cvn_match_measure_pair(cohort, mentee, entry->mentor, &measure);
        int32_t back = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                        &cohort->problem->mentor_weights, points);
        graph->items[at + i] =
            (struct cvn_match_candidate){entry->mentor, (uint16_t)entry->score, (uint16_t)back};
    }
    graph->first[mentee + 1] = at + search->n;
    return 0;
}

int cvn_match_graph_init(struct cvn_match_graph *graph, const struct cvn_match_cohort *cohort,
                         const struct cvn_match_progress *progress)
{
    uint32_t n = cohort->mentees.n;
    uint64_t every = cvn_match_tell_every(cohort->mentors.n);
    struct cvn_match_graph made = {
        .first = calloc((size_t)n + 1, sizeof *made.first),
        .n_allowed = calloc((size_t)n + 1, sizeof *made.n_allowed),
    };
    struct search *search = malloc(sizeof *search);
    int r = made.first && made.n_allowed && search ? 0 : -ENOMEM;
    if (r == 0) {
        search->cohort = cohort;
        search->k = (uint32_t)cohort->problem->candidates_per_mentee;
        search->n_scored = 0;
        r = reserve(&made, 1);
    }
    for (uint32_t i = 0; r == 0 && i < n; i++) {
        if (i % every == 0)
            r = cvn_match_tell(progress, CVN_MATCH_PHASE_CANDIDATES, i, n);
        if (r == 0)
            r = search_mentee(search, &made, i);
    }
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_CANDIDATES, n, n);
    if (r == 0) {
        made.n_scored = search->n_scored;
        *graph = made;
    } else {
        cvn_match_graph_deinit(&made);
    }
    free(search);
    return r;
}

void cvn_match_graph_deinit(struct cvn_match_graph *graph)
{
    free(graph->first);
    free(graph->items);
    free(graph->n_allowed);
    *graph = (struct cvn_match_graph){0};
}
