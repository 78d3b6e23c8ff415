#include "matching/candidates.h"

#include "matching/crew.h"
#include "matching/lesson.h"
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
    uint32_t taught; /* of the skills wanted; SPECIAL for a special pair */
};

enum { SPECIAL = UINT32_MAX };

/* What a mentee's search needs that does not depend on the mentor. */
struct wish {
    const struct cvn_match_person *person;
    uint64_t tie_key;
    uint32_t skills_weight;
    uint32_t skills_wanted;
    uint32_t worth[CVN_MATCH_SKILLS_MAX]; /* of an eighth of each skill */
    int32_t same;                         /* points that every mentor gets */
    int32_t most_beside;                  /* points by hours and languages together */
    uint32_t n_goals;
    int16_t goals[CVN_MATCH_GOALS_MAX + 1];
    int16_t hours[CVN_MATCH_FULL_HOURS + 1];
    int16_t languages[CVN_MATCH_FULL_LANGUAGES + 1];
};

/* One mentee, and the best found so far. */
struct seeker {
    struct wish wish;
    struct entry heap[CVN_MATCH_CANDIDATES_MAX]; /* the worst on top */
    uint32_t n;
    uint32_t n_allowed;
    int32_t worst; /* the score on top when least_taught was worked out; -1: the heap is not full */
    /* By goals in common: who teaches less cannot enter the heap any more. */
    uint32_t least_taught[CVN_MATCH_GOALS_MAX + 1];
};

/* Mentees who go through the mentors block by block together, so that a block is in the cache. */
enum { BATCH = 32 };

/* One thread's work. */
struct search {
    const struct cvn_match_cohort *cohort;
    struct cvn_match_graph *graph;
    struct seeker seekers[BATCH];
    struct seeker *now; /* the one at work */
    uint32_t k;
    int64_t n_scored;
    struct cvn_match_sieve sieve;
    struct cvn_match_lessons lessons;
    uint16_t left[CVN_MATCH_BLOCK_MENTORS];   /* to be looked at in a block */
    uint32_t taught[CVN_MATCH_BLOCK_MENTORS]; /* by each mentor of a block */
    uint8_t n_goals[CVN_MATCH_BLOCK_MENTORS]; /* in common with each */
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

/*
 * How much a mentor with so many of the goals has to teach so that the best of hours and languages
 * could reach the worst kept.
 */
static uint32_t least_taught(const struct wish *wish, int32_t worst, uint32_t n_goals)
{
    int32_t gap = worst - wish->same - wish->most_beside - wish->goals[n_goals];
    if (gap <= 0)
        return 0;
    if (wish->skills_weight == 0)
        return UINT32_MAX;
    uint64_t product = (uint64_t)gap * wish->skills_wanted + wish->skills_weight - 1;
    uint64_t least = product / wish->skills_weight;
    return least < UINT32_MAX && wish->skills_wanted ? (uint32_t)least : UINT32_MAX;
}

/* Works out anew what it takes to enter the heap. */
static void raise_bar(struct seeker *seeker, uint32_t k)
{
    if (seeker->n < k || seeker->heap[0].score == seeker->worst)
        return;
    seeker->worst = seeker->heap[0].score;
    for (uint32_t g = 0; g <= seeker->wish.n_goals; g++)
        seeker->least_taught[g] = least_taught(&seeker->wish, seeker->worst, g);
}

static void offer(struct search *search, uint32_t mentor, int32_t score, uint32_t taught)
{
    if (search->now->n == search->k && score < search->now->heap[0].score)
        return;
    uint64_t key = search->cohort->lean[mentor].tie_key;
    struct entry entry = {cvn_match_tie_of_keys(key, search->now->wish.tie_key), score, mentor,
                          taught};
    if (search->now->n < search->k) {
        search->now->heap[search->now->n] = entry;
        sift_up(search->now->heap, search->now->n++);
    } else if (is_better(&entry, &search->now->heap[0])) {
        search->now->heap[0] = entry;
        sift_down(search->now->heap, search->now->n, 0);
    }
}

/* Bits set, without special instructions and without a branch that nobody could guess. */
static uint32_t count_goals(uint32_t goals)
{
    goals -= goals >> 1 & 0x55555555u;
    goals = (goals & 0x33333333u) + (goals >> 2 & 0x33333333u);
    return ((goals + (goals >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

static void wish_for_skills(struct search *search, const struct cvn_match_person *person)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    struct wish *wish = &search->now->wish;
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        wish->worth[i] = skill->priority * cohort->rarity[skill->skill];
        wish->skills_wanted += wish->worth[i] * CVN_MATCH_TAUGHT_FULL;
    }
}

static void make_wish(struct search *search, uint32_t index)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    const struct cvn_match_mentee *mentee = cvn_match_cohort_mentee(cohort, index);
    const struct cvn_match_person *person = &mentee->person;
    const int32_t *weights = cohort->problem->mentee_weights.points;
    struct wish *wish = &search->now->wish;
    *wish =
        (struct wish){.person = person, .skills_weight = (uint32_t)weights[CVN_MATCH_TERM_SKILLS]};
    wish->tie_key = cvn_match_tie_mentee_key(cohort->problem->seed, &person->id);
    wish_for_skills(search, person);
    uint32_t n_goals = wish->n_goals = count_goals(person->goals), n_languages = 0;
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
    wish->most_beside =
        wish->hours[cvn_match_at_most((int32_t)n_hours, CVN_MATCH_FULL_HOURS)] +
        wish->languages[cvn_match_at_most((int32_t)n_languages, CVN_MATCH_FULL_LANGUAGES)];
}

/* The score of a pair of which nothing special is known: the terms without it are zero. */
static int32_t score_plain(const struct search *search, uint32_t mentor, uint32_t taught)
{
    const struct wish *wish = &search->now->wish;
    const struct cvn_match_person *person = wish->person;
    const struct cvn_match_lean_mentor *lean = &search->cohort->lean[mentor];
    uint32_t hours = cvn_match_count_hours(&lean->hours, &person->hours), languages = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t both = lean->languages.bits[i] & person->languages.bits[i];
        languages += (both != 0) + ((both & (both - 1)) != 0);
    }
    return (int32_t)cvn_match_share(wish->skills_weight, taught, wish->skills_wanted) + wish->same +
           wish->goals[count_goals(search->cohort->goals[mentor] & person->goals)] +
           wish->hours[cvn_match_at_most((int32_t)hours, CVN_MATCH_FULL_HOURS)] +
           wish->languages[cvn_match_at_most((int32_t)languages, CVN_MATCH_FULL_LANGUAGES)];
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
                               &search->cohort->problem->mentee_weights, points),
              SPECIAL);
        allowed[at / 64] &= ~((uint64_t)1 << at % 64);
        search->n_scored++;
    }
}

/*
 * Adds up what each of the block's mentors teaches and lists those who could enter the heap with
 * that and their goals. Returns how many.
 */
static uint32_t list_teachers(struct search *search, size_t block)
{
    const struct seeker *now = search->now;
    const struct wish *wish = &now->wish;
    const uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    const uint32_t *goals = search->cohort->goals + block * CVN_MATCH_BLOCK_MENTORS;
    uint32_t n = 0;
    cvn_match_lessons_list(&search->lessons, search->cohort, wish->person, wish->worth, block);
    for (uint32_t w = 0; w < WORDS; w++) {
        if (allowed[w])
            cvn_match_lessons_open(&search->lessons, w);
        for (uint64_t left = allowed[w]; left; left &= left - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(left), at = w * 64 + bit;
            uint32_t taught = cvn_match_lessons_sum(&search->lessons, bit);
            search->taught[at] = taught;
            search->n_goals[at] = (uint8_t)count_goals(goals[at] & wish->person->goals);
            search->left[n] = (uint16_t)at;
            n += taught >= now->least_taught[search->n_goals[at]];
        }
    }
    return n;
}

/* The lowest level at which a skill teaches an eighth or more of what is given. */
static uint32_t level_for(uint32_t eighths, uint32_t mentee_level)
{
    return eighths <= CVN_MATCH_TAUGHT_NO_HIGHER ? 1
           : eighths <= CVN_MATCH_TAUGHT_ONE_UP  ? mentee_level + 1
                                                 : mentee_level + 2;
}

/*
 * Who is to teach nearly all that is wanted has to teach each single skill that the rest cannot
 * make up for: takes the others out of the bits of the block.
 */
static void narrow(struct search *search, size_t block)
{
    const struct wish *wish = &search->now->wish;
    uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    uint32_t least = search->now->least_taught[wish->n_goals];
    if (least == 0)
        return;
    if (least > wish->skills_wanted) {
        memset(allowed, 0, WORDS * sizeof *allowed);
        return;
    }
    uint32_t dispensable = wish->skills_wanted - least;
    for (size_t i = 0; i < wish->person->n_skills; i++) {
        const struct cvn_match_skill *skill = &wish->person->skills[i];
        uint32_t whole = wish->worth[i] * CVN_MATCH_TAUGHT_FULL;
        if (dispensable >= whole)
            continue;
        uint32_t eighths = (whole - dispensable + wish->worth[i] - 1) / wish->worth[i];
        struct cvn_match_value value = {skill->skill, level_for(eighths, skill->level)};
        if (value.level > CVN_MATCH_LEVEL_MAX) {
            memset(allowed, 0, WORDS * sizeof *allowed);
            return;
        }
        const uint64_t *row =
            cvn_match_vertical_block(&search->cohort->skills, value, block, search->sieve.scratch);
        for (int w = 0; w < WORDS; w++)
            allowed[w] &= row[w];
    }
}

/* Bits set, two words at a time where the compiler can; without special instructions. */
static uint32_t count_bits(const uint64_t row[WORDS])
{
    const uint64_t m1 = 0x5555555555555555u, m2 = 0x3333333333333333u, m4 = 0x0f0f0f0f0f0f0f0fu;
    uint64_t sum = 0; /* of bytes, each at most 64 times 8, in halves of a word */
    for (int w = 0; w < WORDS; w++) {
        uint64_t x = row[w];
        x -= x >> 1 & m1;
        x = (x & m2) + (x >> 2 & m2);
        x = (x + (x >> 4)) & m4;
        sum += (x & 0x00ff00ff00ff00ffu) + (x >> 8 & 0x00ff00ff00ff00ffu);
    }
    return (uint32_t)((sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff) + (sum >> 48));
}

/* Scores those of the block's n who teach as much as it takes, and keeps the rest for later. */
static uint32_t score_those_who_teach(struct search *search, size_t block, uint32_t n,
                                      uint32_t least)
{
    const uint32_t *bars = search->now->least_taught;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = search->left[i], taught = search->taught[at];
        uint32_t mentor = (uint32_t)block * CVN_MATCH_BLOCK_MENTORS + at;
        if (taught < least) {
            search->left[n_kept++] = (uint16_t)at;
        } else if (taught >= bars[search->n_goals[at]]) {
            offer(search, mentor, score_plain(search, mentor, taught), taught);
            search->n_scored++;
        }
    }
    return n_kept;
}

/* In this many turns, those who teach most first: the sooner the kept are good, the fewer are
 * scored. */
enum { TURNS = 4 };

static void search_block(struct search *search, uint32_t mentee, size_t block)
{
    const uint64_t *allowed = search->sieve.rows[CVN_MATCH_RULE_NONE];
    if (!cvn_match_allow_block(search->cohort, mentee, block, &search->sieve))
        return;
    search->now->n_allowed += count_bits(allowed);
    search_specials(search, mentee, block);
    raise_bar(search->now, search->k);
    narrow(search, block);
    uint32_t n = list_teachers(search, block), wanted = search->now->wish.skills_wanted;
    for (uint32_t turn = 1; turn <= TURNS && n > 0; turn++) {
        n = score_those_who_teach(search, block, n, wanted / TURNS * (TURNS - turn));
        raise_bar(search->now, search->k);
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

/* What the mentor's points of a candidate are computed from. */
static void measure_entry(const struct search *search, uint32_t mentee, const struct entry *entry,
                          struct cvn_match_measure *ret)
{
    const struct wish *wish = &search->now->wish;
    if (entry->taught == SPECIAL) {
        cvn_match_measure_pair(search->cohort, mentee, entry->mentor, ret);
        return;
    }
    const struct cvn_match_lean_mentor *mentor = &search->cohort->lean[entry->mentor];
    const struct cvn_match_person *person = wish->person;
    *ret = (struct cvn_match_measure){
        .skills_taught = entry->taught,
        .skills_wanted = wish->skills_wanted,
        .n_goals = (int32_t)count_goals(search->cohort->goals[entry->mentor] & person->goals),
        .n_goals_wanted = (int32_t)wish->n_goals,
        .n_hours = (int32_t)cvn_match_count_hours(&mentor->hours, &person->hours),
        .waited_days = cvn_match_cohort_mentee(search->cohort, mentee)->waited_days,
    };
    for (int i = 0; i < 2; i++)
        ret->n_languages +=
            __builtin_popcountll(mentor->languages.bits[i] & person->languages.bits[i]);
}

/* Leaves the list of a mentee in its own part of the items, and its length in first. */
static void list_found(struct search *search, uint32_t mentee)
{
    struct cvn_match_graph *graph = search->graph;
    struct seeker *now = search->now;
    struct cvn_match_candidate *items = graph->items + (size_t)mentee * search->k;
    graph->n_allowed[mentee] = now->n_allowed;
    graph->first[mentee + 1] = now->n;
    sort_best_first(now->heap, now->n);
    for (uint32_t i = 0; i < now->n; i++) {
        const struct entry *entry = &now->heap[i];
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        measure_entry(search, mentee, entry, &measure);
        int32_t back = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                        &search->cohort->problem->mentor_weights, points);
        items[i] =
            (struct cvn_match_candidate){entry->mentor, (uint16_t)entry->score, (uint16_t)back};
    }
}

/* Some mentees from one on; nobody is sought for those who are locked. */
static void search_batch(struct search *search, uint32_t from, uint32_t n)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    for (uint32_t i = 0; i < n; i++) {
        search->now = &search->seekers[i];
        search->now->n = search->now->n_allowed = 0;
        search->now->worst = -1;
        memset(search->now->least_taught, 0, sizeof search->now->least_taught);
        make_wish(search, from + i);
    }
    for (size_t block = 0; block < cohort->n_blocks; block++)
        for (uint32_t i = 0; i < n; i++) {
            search->now = &search->seekers[i];
            if (cohort->locked[from + i] == CVN_MATCH_NOBODY)
                search_block(search, from + i, block);
        }
    for (uint32_t i = 0; i < n; i++) {
        search->now = &search->seekers[i];
        list_found(search, from + i);
    }
}

static int search_mentees(void *member, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i += BATCH)
        search_batch(member, (uint32_t)i, to - i < BATCH ? (uint32_t)(to - i) : BATCH);
    return 0;
}

/* Moves the lists together and turns their lengths into places. */
static void close_up(struct cvn_match_graph *graph, uint32_t n_mentees, uint32_t k)
{
    for (uint32_t i = 0; i < n_mentees; i++) {
        uint64_t at = graph->first[i], n = graph->first[i + 1];
        memmove(graph->items + at, graph->items + (size_t)i * k, n * sizeof *graph->items);
        graph->first[i + 1] = at + n;
    }
    struct cvn_match_candidate *items =
        realloc(graph->items, (graph->first[n_mentees] + 1) * sizeof *items);
    graph->items = items ? items : graph->items;
}

static struct search *search_new(const struct cvn_match_cohort *cohort,
                                 struct cvn_match_graph *graph)
{
    struct search *search = malloc(sizeof *search);
    if (!search)
        return NULL;
    search->cohort = cohort;
    search->graph = graph;
    search->k = (uint32_t)cohort->problem->candidates_per_mentee;
    search->n_scored = 0;
    return search;
}

static int search_all(struct cvn_match_graph *graph, const struct cvn_match_cohort *cohort,
                      const struct cvn_match_progress *progress)
{
    void *searches[CVN_MATCH_THREADS_MAX] = {NULL};
    uint64_t every = cvn_match_tell_every(cohort->mentors.n);
    struct cvn_match_crew crew = {
        .n_items = cohort->mentees.n,
        .chunk = every > BATCH ? every : BATCH,
        .work = search_mentees,
        .members = searches,
        .n_members = cohort->problem->n_threads ? cohort->problem->n_threads : 1,
        .progress = progress,
        .phase = CVN_MATCH_PHASE_CANDIDATES,
    };
    int r = 0;
    for (int32_t i = 0; r == 0 && i < crew.n_members; i++)
        r = (searches[i] = search_new(cohort, graph)) ? 0 : -ENOMEM;
    if (r == 0)
        r = cvn_match_crew_run(&crew, NULL);
    for (int32_t i = 0; i < crew.n_members && searches[i]; i++) {
        struct search *search = searches[i];
        graph->n_scored += search->n_scored;
        free(search);
    }
    return r;
}

int cvn_match_graph_init(struct cvn_match_graph *graph, const struct cvn_match_cohort *cohort,
                         const struct cvn_match_progress *progress)
{
    uint32_t n = cohort->mentees.n, k = (uint32_t)cohort->problem->candidates_per_mentee;
    struct cvn_match_graph made = {
        .first = calloc((size_t)n + 1, sizeof *made.first),
        .items = malloc(((size_t)n * k + 1) * sizeof *made.items),
        .n_allowed = calloc((size_t)n + 1, sizeof *made.n_allowed),
    };
    int r = made.first && made.items && made.n_allowed ? 0 : -ENOMEM;
    if (r == 0)
        r = search_all(&made, cohort, progress);
    if (r == 0) {
        close_up(&made, n, k);
        *graph = made;
    } else {
        cvn_match_graph_deinit(&made);
    }
    return r;
}

void cvn_match_graph_deinit(struct cvn_match_graph *graph)
{
    free(graph->first);
    free(graph->items);
    free(graph->n_allowed);
    *graph = (struct cvn_match_graph){0};
}
