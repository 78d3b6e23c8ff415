#include "matching/survey.h"

#include "matching/crew.h"
#include "matching/instance.h"
#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/sift.h"
#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>

/* What a mentee would gain from somebody. */
struct offer {
    int64_t gain;
    int64_t worth;
    uint64_t tie;
    uint32_t mentor;
};

/* One thread's work. */
struct survey {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_graph *graph;
    struct cvn_match_count count;
    const int64_t *price; /* by mentor, see price_seats */
    struct cvn_match_finds *finds;
    struct cvn_match_wish wish;
    struct cvn_match_bar bar;
    struct cvn_match_sifter sifter;
    struct offer offers[CVN_MATCH_FINDS_EACH]; /* to the present mentee, best first */
    uint32_t n_offers;
    uint64_t tie_key; /* of the present mentee */
    int64_t known;    /* what the present mentee could gain among the candidates */
    int64_t gains;    /* summed over the mentees seen */
    int64_t n_tempted;
};

/* By gain; equals by worth, and then so that they spread over equals. */
static bool is_better(const struct offer *a, const struct offer *b)
{
    if (a->gain != b->gain)
        return a->gain > b->gain;
    if (a->worth != b->worth)
        return a->worth > b->worth;
    return a->tie != b->tie ? a->tie < b->tie : a->mentor < b->mentor;
}

static void consider(struct survey *survey, uint32_t mentor, int64_t worth)
{
    struct offer *offers = survey->offers, offer = {
                                               .gain = (worth & survey->count.mask) +
                                                       survey->count.bonus - survey->price[mentor],
                                               .worth = worth,
                                               .mentor = mentor,
                                           };
    if (worth < survey->count.floor || offer.gain <= survey->known)
        return;
    offer.tie = cvn_match_tie_of_keys(survey->cohort->lean[mentor].tie_key, survey->tie_key);
    bool is_full = survey->n_offers == CVN_MATCH_FINDS_EACH;
    if (is_full && !is_better(&offer, &offers[survey->n_offers - 1]))
        return;
    uint32_t at = is_full ? survey->n_offers - 1 : survey->n_offers++;
    for (; at > 0 && is_better(&offer, &offers[at - 1]); at--)
        offers[at] = offers[at - 1];
    offers[at] = offer;
}

/* What somebody must be worth at least to be offered, as no price is negative. */
static int64_t least_worth(const struct survey *survey)
{
    const struct cvn_match_count *count = &survey->count;
    int64_t least = survey->n_offers < CVN_MATCH_FINDS_EACH
                        ? survey->known + 1
                        : survey->offers[survey->n_offers - 1].gain;
    least = count->mask ? least - count->bonus : 0;
    return least > count->floor ? least : count->floor;
}

/* Pairs of which something is known. */
static void survey_specials(struct survey *survey, uint32_t mentee)
{
    const struct cvn_match_cohort *cohort = survey->cohort;
    for (size_t i = cohort->specials.first[mentee]; i < cohort->specials.end[mentee]; i++) {
        const struct cvn_match_special *special = &cohort->specials.items[i];
        struct cvn_match_candidate pair;
        if (!cvn_match_allow_special(cohort, mentee, special))
            continue;
        cvn_match_score_pair(cohort, mentee, special->mentor, special, &pair);
        consider(survey, pair.mentor, cvn_match_worth(&pair));
    }
}

static void survey_plain(struct survey *survey, uint32_t mentee)
{
    const struct cvn_match_wish *wish = &survey->wish;
    int64_t least = least_worth(survey);
    cvn_match_bar_set(&survey->bar, wish, least);
    for (size_t block = 0; block < survey->cohort->n_blocks; block++) {
        uint32_t n = cvn_match_sift(&survey->sifter, mentee, wish, &survey->bar, block);
        for (uint32_t i = 0; i < n; i++) {
            const struct cvn_match_prospect *prospect = &survey->sifter.prospects[i];
            consider(survey, prospect->mentor, cvn_match_prospect_points(prospect, wish));
        }
        if (least_worth(survey) > least)
            cvn_match_bar_set(&survey->bar, wish, least = least_worth(survey));
    }
}

/* What a mentee could gain among the candidates. */
static int64_t gain_known(const struct survey *survey, uint32_t mentee)
{
    const struct cvn_match_graph *graph = survey->graph;
    const struct cvn_match_count *count = &survey->count;
    int64_t most = 0;
    for (uint64_t e = graph->first[mentee]; e < graph->first[mentee + 1]; e++) {
        int64_t worth = cvn_match_worth(&graph->items[e]);
        int64_t gain = (worth & count->mask) + count->bonus - survey->price[graph->items[e].mentor];
        if (worth >= count->floor && gain > most)
            most = gain;
    }
    return most;
}

/* Whether nobody at all could be more than the candidates, because all count alike. */
static bool has_most(const struct survey *survey)
{
    return survey->count.mask == 0 && survey->known >= survey->count.bonus;
}

static void note_offers(struct survey *survey, uint32_t mentee)
{
    struct cvn_match_finds *finds = survey->finds;
    for (uint32_t i = 0; i < survey->n_offers; i++) {
        uint32_t mentor = survey->offers[i].mentor;
        cvn_match_score_pair(survey->cohort, mentee, mentor,
                             cvn_match_specials_find(&survey->cohort->specials, mentee, mentor),
                             &finds->items[mentee][i]);
    }
    finds->n[mentee] = (uint8_t)survey->n_offers;
}

static void survey_mentee(struct survey *survey, uint32_t mentee)
{
    const struct cvn_match_cohort *cohort = survey->cohort;
    survey->tie_key = cvn_match_tie_mentee_key(cohort->problem->seed, &cohort->mentees.ids[mentee]);
    cvn_match_wish_init(&survey->wish, cohort, mentee, CVN_MATCH_WISH_BOTH);
    cvn_match_sift_for(&survey->sifter, &survey->wish);
    survey_specials(survey, mentee);
    survey_plain(survey, mentee);
}

static int survey_mentees(void *member, uint64_t from, uint64_t to)
{
    struct survey *survey = member;
    for (uint64_t i = from; i < to; i++) {
        uint32_t mentee = (uint32_t)i;
        survey->n_offers = 0;
        survey->finds->n[mentee] = 0;
        if (survey->cohort->locked[mentee] != CVN_MATCH_NOBODY)
            continue;
        survey->known = gain_known(survey, mentee);
        if (!has_most(survey))
            survey_mentee(survey, mentee);
        survey->gains += survey->n_offers > 0 ? survey->offers[0].gain : survey->known;
        survey->n_tempted += survey->n_offers > 0;
        note_offers(survey, mentee);
    }
    return 0;
}

/* Adds up what the members found. */
static int run(const struct survey *like, const struct cvn_match_progress *progress,
               struct cvn_match_survey *ret)
{
    struct cvn_match_members members;
    int r = cvn_match_members_init(&members, like->cohort->problem, like, sizeof *like);
    struct cvn_match_crew crew = {
        .n_items = like->cohort->mentees.n,
        .chunk = cvn_match_tell_every(like->cohort->mentors.n),
        .work = survey_mentees,
        .members = members.items,
        .n_members = members.n,
        .progress = progress,
        .phase = CVN_MATCH_PHASE_CANDIDATES,
    };
    if (r == 0)
        r = cvn_match_crew_run(&crew, NULL);
    for (int32_t i = 0; r == 0 && i < members.n; i++) {
        const struct survey *survey = members.items[i];
        ret->bound += survey->gains;
        ret->n_tempted += survey->n_tempted;
    }
    cvn_match_members_deinit(&members);
    return r;
}

/*
 * Whoever lists a mentor that fewer list than there are seats sits there, so for them a price makes
 * no difference; others could have the seats that are left, which therefore are free.
 */
static int64_t *price_seats(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_graph *graph, const int64_t *of_graph,
                            int64_t floor)
{
    int64_t *price = calloc((size_t)cohort->mentors.n + 1, sizeof *price);
    for (uint64_t e = 0; price && e < graph->first[cohort->mentees.n]; e++)
        price[graph->items[e].mentor] += cvn_match_worth(&graph->items[e]) >= floor;
    for (uint32_t j = 0; price && j < cohort->mentors.n; j++)
        price[j] = price[j] < cohort->seats[j] ? 0 : of_graph[j];
    return price;
}

int cvn_match_survey(const struct cvn_match_cohort *cohort, const struct cvn_match_graph *graph,
                     const int64_t *of_graph, struct cvn_match_count count,
                     struct cvn_match_finds *finds, const struct cvn_match_progress *progress,
                     struct cvn_match_survey *ret)
{
    struct cvn_match_survey made = {0};
    int64_t *price = price_seats(cohort, graph, of_graph, count.floor);
    struct survey *survey = calloc(1, sizeof *survey);
    int r = price && survey ? 0 : -ENOMEM;
    if (r == 0) {
        for (uint32_t j = 0; j < cohort->mentors.n; j++)
            made.bound += price[j] * cohort->seats[j];
        survey->cohort = cohort;
        survey->graph = graph;
        survey->count = count;
        survey->price = price;
        survey->finds = finds;
        cvn_match_sifter_init(&survey->sifter, cohort);
        r = run(survey, progress, &made);
    }
    if (r == 0)
        *ret = made;
    free(survey);
    free(price);
    return r;
}
