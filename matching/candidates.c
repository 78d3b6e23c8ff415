#include "matching/candidates.h"

#include "matching/crew.h"
#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/sift.h"
#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t tie;
    int32_t score;
    uint32_t mentor;
    uint32_t taught; /* of the skills wanted; SPECIAL for a special pair */
};

enum { SPECIAL = UINT32_MAX };

/* One mentee, and the best found so far. */
struct seeker {
    struct cvn_match_wish wish;
    struct cvn_match_bar bar;
    uint64_t tie_key;
    struct entry heap[CVN_MATCH_CANDIDATES_MAX]; /* the worst on top */
    uint32_t n;
    int32_t worst; /* the score that the bar is set for */
};

/* Mentees, alike, who go through the mentors block by block together: a block is in the cache. */
enum { BATCH = 128 };

/* One thread's work. */
struct search {
    const struct cvn_match_cohort *cohort;
    struct cvn_match_graph *graph;
    struct seeker seekers[BATCH];
    uint32_t k;
    int64_t n_scored;
    struct cvn_match_sifter sifter;
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

static void offer(struct search *search, struct seeker *seeker, uint32_t mentor, int32_t score,
                  uint32_t taught)
{
    if (seeker->n == search->k && score < seeker->heap[0].score)
        return;
    uint64_t key = search->cohort->lean[mentor].tie_key;
    struct entry entry = {cvn_match_tie_of_keys(key, seeker->tie_key), score, mentor, taught};
    if (seeker->n < search->k) {
        seeker->heap[seeker->n] = entry;
        sift_up(seeker->heap, seeker->n++);
    } else if (is_better(&entry, &seeker->heap[0])) {
        seeker->heap[0] = entry;
        sift_down(seeker->heap, seeker->n, 0);
    }
}

/* The pairs of which something is known. */
static void offer_specials(struct search *search, struct seeker *seeker, uint32_t mentee)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    const struct cvn_match_specials *specials = &cohort->specials;
    for (size_t i = specials->first[mentee]; i < specials->end[mentee]; i++) {
        const struct cvn_match_special *special = &specials->items[i];
        if (!cvn_match_allow_special(cohort, mentee, special))
            continue;
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        cvn_match_measure_known(cohort, mentee, special->mentor, special, &measure);
        offer(search, seeker, special->mentor,
              cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE, &cohort->problem->mentee_weights,
                               points),
              SPECIAL);
    }
}

/* Offers those of a block who may be worth as much as the bar asks. */
static void search_block(struct search *search, struct seeker *seeker, uint32_t mentee,
                         size_t block)
{
    const struct cvn_match_wish *wish = &seeker->wish;
    cvn_match_sift_for(&search->sifter, wish);
    uint32_t n = cvn_match_sift(&search->sifter, mentee, wish, &seeker->bar, block);
    for (uint32_t i = 0; i < n; i++) {
        const struct cvn_match_prospect *prospect = &search->sifter.prospects[i];
        int32_t score = cvn_match_prospect_points(prospect, wish);
        search->n_scored++;
        if (score >= seeker->worst)
            offer(search, seeker, prospect->mentor, score, prospect->taught);
    }
}

/* Raises the bar to the worst of k who are known. */
static void raise_bar(struct search *search, struct seeker *seeker)
{
    if (seeker->n < search->k || seeker->heap[0].score <= seeker->worst)
        return;
    seeker->worst = seeker->heap[0].score;
    cvn_match_bar_set(&seeker->bar, &seeker->wish, seeker->worst);
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
static void measure_entry(const struct search *search, const struct seeker *seeker, uint32_t mentee,
                          const struct entry *entry, struct cvn_match_measure *ret)
{
    const struct cvn_match_wish *wish = &seeker->wish;
    if (entry->taught == SPECIAL) {
        cvn_match_measure_pair(search->cohort, mentee, entry->mentor, ret);
        return;
    }
    const struct cvn_match_lean_mentor *mentor = &search->cohort->lean[entry->mentor];
    const struct cvn_match_person *person = wish->person;
    *ret = (struct cvn_match_measure){
        .skills_taught = entry->taught,
        .skills_wanted = wish->wanted,
        .n_goals = __builtin_popcount(mentor->goals & person->goals),
        .n_goals_wanted = (int32_t)wish->n_goals,
        .n_hours = (int32_t)cvn_match_count_hours(&mentor->hours, &person->hours),
        .waited_days = cvn_match_cohort_mentee(search->cohort, mentee)->waited_days,
    };
    for (int i = 0; i < 2; i++)
        ret->n_languages +=
            __builtin_popcountll(mentor->languages.bits[i] & person->languages.bits[i]);
}

/* Leaves the list of a mentee in its own part of the items, and its length in first. */
static void list_found(struct search *search, struct seeker *seeker, uint32_t mentee)
{
    struct cvn_match_graph *graph = search->graph;
    struct cvn_match_candidate *items = graph->items + (size_t)mentee * search->k;
    graph->first[mentee + 1] = seeker->n;
    sort_best_first(seeker->heap, seeker->n);
    for (uint32_t i = 0; i < seeker->n; i++) {
        const struct entry *entry = &seeker->heap[i];
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        measure_entry(search, seeker, mentee, entry, &measure);
        int32_t back = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                        &search->cohort->problem->mentor_weights, points);
        items[i] =
            (struct cvn_match_candidate){entry->mentor, (uint16_t)entry->score, (uint16_t)back};
    }
}

/* Nobody is sought for those who are locked. */
static void begin(struct search *search, struct seeker *seeker, uint32_t mentee)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    seeker->n = 0;
    seeker->worst = 0;
    cvn_match_wish_init(&seeker->wish, cohort, mentee, CVN_MATCH_WISH_MENTEE);
    cvn_match_bar_set(&seeker->bar, &seeker->wish, 0);
    seeker->tie_key = cvn_match_tie_mentee_key(cohort->problem->seed, &cohort->mentees.ids[mentee]);
    if (cohort->locked[mentee] == CVN_MATCH_NOBODY)
        offer_specials(search, seeker, mentee);
}

static void search_batch(struct search *search, const uint32_t *mentees, uint32_t n)
{
    const struct cvn_match_cohort *cohort = search->cohort;
    for (uint32_t i = 0; i < n; i++)
        begin(search, &search->seekers[i], mentees[i]);
    for (size_t block = 0; block < cohort->n_blocks; block++)
        for (uint32_t i = 0; i < n; i++)
            if (cohort->locked[mentees[i]] == CVN_MATCH_NOBODY) {
                search_block(search, &search->seekers[i], mentees[i], block);
                raise_bar(search, &search->seekers[i]);
            }
    for (uint32_t i = 0; i < n; i++)
        list_found(search, &search->seekers[i], mentees[i]);
}

static int search_mentees(void *member, uint64_t from, uint64_t to)
{
    struct search *search = member;
    for (uint64_t i = from; i < to; i += BATCH)
        search_batch(search, search->cohort->alike + i,
                     to - i < BATCH ? (uint32_t)(to - i) : BATCH);
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

static int search_all(struct cvn_match_graph *graph, const struct search *like,
                      const struct cvn_match_progress *progress)
{
    const struct cvn_match_cohort *cohort = like->cohort;
    struct cvn_match_members members;
    uint64_t every = cvn_match_tell_every(cohort->mentors.n);
    int r = cvn_match_members_init(&members, cohort->problem, like, sizeof *like);
    struct cvn_match_crew crew = {
        .n_items = cohort->mentees.n,
        .chunk = every > BATCH ? every : BATCH,
        .work = search_mentees,
        .members = members.items,
        .n_members = members.n,
        .progress = progress,
        .phase = CVN_MATCH_PHASE_CANDIDATES,
    };
    if (r == 0)
        r = cvn_match_crew_run(&crew, NULL);
    for (int32_t i = 0; r == 0 && i < members.n; i++)
        graph->n_scored += ((const struct search *)members.items[i])->n_scored;
    cvn_match_members_deinit(&members);
    return r;
}

int cvn_match_graph_init(struct cvn_match_graph *graph, const struct cvn_match_cohort *cohort,
                         const struct cvn_match_progress *progress)
{
    uint32_t n = cohort->mentees.n, k = (uint32_t)cohort->problem->candidates_per_mentee;
    struct cvn_match_graph made = {
        .first = calloc((size_t)n + 1, sizeof *made.first),
        .items = malloc(((size_t)n * k + 1) * sizeof *made.items),
    };
    struct search *search = calloc(1, sizeof *search);
    int r = made.first && made.items && search ? 0 : -ENOMEM;
    if (r == 0) {
        search->cohort = cohort;
        search->graph = &made;
        search->k = k;
        cvn_match_sifter_init(&search->sifter, cohort);
        r = search_all(&made, search, progress);
    }
    free(search);
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
    *graph = (struct cvn_match_graph){0};
}
