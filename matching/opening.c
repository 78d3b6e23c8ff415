#include "matching/opening.h"

#include "matching/crew.h"
#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/sift.h"
#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>

/* The mentee whom a mentor without a free seat likes least of its own. */
struct last {
    bool is_full;
    uint32_t score;
    uint64_t draw;
    uint32_t mentee;
};

struct opening {
    struct cvn_match_candidate pair;
    uint64_t tie;
};

/* One thread's work. */
struct search {
    const struct cvn_match_cohort *cohort;
    const uint32_t *seekers;
    const struct last *lasts; /* by mentor */
    struct cvn_match_finds *finds;
    struct cvn_match_wish wish, both; /* counting the mentee's points, and those of both sides */
    struct cvn_match_bar bar;
    struct cvn_match_sifter sifter;
    uint32_t mentee; /* who is looked for at present */
    uint64_t draw;
    uint64_t tie_key;
    struct opening openings[CVN_MATCH_FINDS_EACH]; /* best first */
    uint32_t n;
};

static bool is_liked_less(uint32_t score, uint64_t draw, uint32_t mentee, const struct last *last)
{
    if (score != last->score)
        return score < last->score;
    return draw != last->draw ? draw > last->draw : mentee > last->mentee;
}

static bool is_better(const struct opening *a, const struct opening *b)
{
    if (a->pair.mentee_score != b->pair.mentee_score)
        return a->pair.mentee_score > b->pair.mentee_score;
    return a->tie != b->tie ? a->tie < b->tie : a->pair.mentor < b->pair.mentor;
}

/* What a mentor must be worth to be among the best found. */
static int32_t least_score(const struct search *search)
{
    return search->n < CVN_MATCH_FINDS_EACH ? 0 : search->openings[search->n - 1].pair.mentee_score;
}

static void consider(struct search *search, struct cvn_match_candidate pair)
{
    const struct last *last = &search->lasts[pair.mentor];
    if (last->is_full && is_liked_less(pair.mentor_score, search->draw, search->mentee, last))
        return;
    struct opening opening = {
        pair, cvn_match_tie_of_keys(search->cohort->lean[pair.mentor].tie_key, search->tie_key)};
    if (search->n == CVN_MATCH_FINDS_EACH && !is_better(&opening, &search->openings[search->n - 1]))
        return;
    uint32_t at = search->n < CVN_MATCH_FINDS_EACH ? search->n++ : search->n - 1;
    for (; at > 0 && is_better(&opening, &search->openings[at - 1]); at--)
        search->openings[at] = search->openings[at - 1];
    search->openings[at] = opening;
}

static void search_specials(struct search *search)
{
    const struct cvn_match_specials *specials = &search->cohort->specials;
    for (size_t i = specials->first[search->mentee]; i < specials->end[search->mentee]; i++) {
        const struct cvn_match_special *special = &specials->items[i];
        struct cvn_match_candidate pair;
        if (!cvn_match_allow_special(search->cohort, search->mentee, special))
            continue;
        cvn_match_score_pair(search->cohort, search->mentee, special->mentor, special, &pair);
        consider(search, pair);
    }
}

static void search_plain(struct search *search)
{
    const struct cvn_match_wish *wish = &search->wish;
    int32_t least = least_score(search);
    cvn_match_bar_set(&search->bar, wish, least);
    for (size_t block = 0; block < search->cohort->n_blocks; block++) {
        uint32_t n = cvn_match_sift(&search->sifter, search->mentee, wish, &search->bar, block);
        for (uint32_t i = 0; i < n; i++) {
            const struct cvn_match_prospect *prospect = &search->sifter.prospects[i];
            int32_t score = cvn_match_prospect_points(prospect, wish);
            if (score < least_score(search))
                continue;
            int32_t back = cvn_match_prospect_points(prospect, &search->both) - score;
            consider(search, (struct cvn_match_candidate){prospect->mentor, (uint16_t)score,
                                                          (uint16_t)back});
        }
        if (least_score(search) > least)
            cvn_match_bar_set(&search->bar, wish, least = least_score(search));
    }
}

static int search_mentees(void *member, uint64_t from, uint64_t to)
{
    struct search *search = member;
    const struct cvn_match_cohort *cohort = search->cohort;
    for (uint64_t i = from; i < to; i++) {
        uint32_t mentee = search->mentee = search->seekers[i];
        const struct cvn_id *id = &cohort->mentees.ids[mentee];
        search->n = 0;
        search->draw = cvn_match_lottery(cohort->problem->seed, id);
        search->tie_key = cvn_match_tie_mentee_key(cohort->problem->seed, id);
        cvn_match_wish_init(&search->wish, cohort, mentee, CVN_MATCH_WISH_MENTEE);
        cvn_match_wish_init(&search->both, cohort, mentee, CVN_MATCH_WISH_BOTH);
        cvn_match_sift_for(&search->sifter, &search->wish);
        search_specials(search);
        search_plain(search);
        for (uint32_t k = 0; k < search->n; k++)
            search->finds->items[mentee][k] = search->openings[k].pair;
        search->finds->n[mentee] = (uint8_t)search->n;
    }
    return 0;
}

static struct last *find_lasts(const struct cvn_match_cohort *cohort,
                               const struct cvn_match_graph *graph, const uint32_t *choice)
{
    struct last *lasts = calloc((size_t)cohort->mentors.n + 1, sizeof *lasts);
    uint32_t *n_free = malloc(((size_t)cohort->mentors.n + 1) * sizeof *n_free);
    for (uint32_t j = 0; lasts && n_free && j < cohort->mentors.n; j++) {
        n_free[j] = cohort->seats[j];
        lasts[j] = (struct last){cohort->seats[j] == 0, UINT32_MAX, 0, 0};
    }
    for (uint32_t i = 0; lasts && n_free && i < cohort->mentees.n; i++) {
        if (choice[i] == CVN_MATCH_NOBODY)
            continue;
        const struct cvn_match_candidate *pair = &graph->items[graph->first[i] + choice[i]];
        struct last *last = &lasts[pair->mentor];
        uint64_t draw = cvn_match_lottery(cohort->problem->seed, &cohort->mentees.ids[i]);
        last->is_full = --n_free[pair->mentor] == 0;
        if (is_liked_less(pair->mentor_score, draw, i, last))
            *last = (struct last){last->is_full, pair->mentor_score, draw, i};
    }
    if (!n_free) {
        free(lasts);
        lasts = NULL;
    }
    free(n_free);
    return lasts;
}

static int run(const struct search *like, uint32_t n_seekers,
               const struct cvn_match_progress *progress)
{
    struct cvn_match_members members;
    int r = cvn_match_members_init(&members, like->cohort->problem, like, sizeof *like);
    struct cvn_match_crew crew = {
        .n_items = n_seekers,
        .chunk = cvn_match_tell_every(like->cohort->mentors.n),
        .work = search_mentees,
        .members = members.items,
        .n_members = members.n,
        .progress = progress,
        .phase = CVN_MATCH_PHASE_CANDIDATES,
    };
    if (r == 0)
        r = cvn_match_crew_run(&crew, NULL);
    cvn_match_members_deinit(&members);
    return r;
}

int cvn_match_find_openings(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_graph *graph, const uint32_t *choice,
                            struct cvn_match_seekers seekers, struct cvn_match_finds *finds,
                            const struct cvn_match_progress *progress)
{
    struct last *lasts = find_lasts(cohort, graph, choice);
    struct search *search = calloc(1, sizeof *search);
    int r = lasts && search ? 0 : -ENOMEM;
    if (r == 0) {
        search->cohort = cohort;
        search->seekers = seekers.mentees;
        search->lasts = lasts;
        search->finds = finds;
        cvn_match_sifter_init(&search->sifter, cohort);
        r = run(search, seekers.n, progress);
    }
    free(search);
    free(lasts);
    return r;
}
