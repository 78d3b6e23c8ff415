#include "matching/gap.h"

#include "matching/crew.h"
#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/sift.h"

#include <errno.h>
#include <stdlib.h>

/* One thread's work. */
struct survey {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_answer *answer;
    const int64_t *price; /* by mentor, see price_seats */
    struct cvn_match_wish wish;
    struct cvn_match_sifter sifter;
    int64_t gains; /* summed over the mentees seen */
    int64_t n_tempted;
};

static void gain_most(int64_t *most, int64_t gain)
{
    if (gain > *most)
        *most = gain;
}

/* Pairs of which something is known. */
static void survey_specials(struct survey *survey, uint32_t mentee, int64_t *most)
{
    const struct cvn_match_cohort *cohort = survey->cohort;
    for (size_t i = cohort->specials.first[mentee]; i < cohort->specials.end[mentee]; i++) {
        const struct cvn_match_special *special = &cohort->specials.items[i];
        if (!cvn_match_allow_special(cohort, mentee, special))
            continue;
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        cvn_match_measure_known(cohort, mentee, special->mentor, special, &measure);
        int32_t worth = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                                         &cohort->problem->mentee_weights, points) +
                        cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                         &cohort->problem->mentor_weights, points);
        gain_most(most, worth - survey->price[special->mentor]);
    }
}

/* All others; only who is worth more than the most so far can be a gain, as no price is negative.
 */
static void survey_plain(struct survey *survey, uint32_t mentee, int64_t *most)
{
    const struct cvn_match_wish *wish = &survey->wish;
    struct cvn_match_bar bar;
    cvn_match_bar_set(&bar, wish, *most + 1);
    for (size_t block = 0; block < survey->cohort->n_blocks; block++) {
        int64_t before = *most;
        uint32_t n = cvn_match_sift(&survey->sifter, mentee, wish, &bar, block);
        for (uint32_t i = 0; i < n; i++) {
            const struct cvn_match_prospect *prospect = &survey->sifter.prospects[i];
            gain_most(most,
                      cvn_match_prospect_points(prospect, wish) - survey->price[prospect->mentor]);
        }
        if (*most > before)
            cvn_match_bar_set(&bar, wish, *most + 1);
    }
}

/* What a mentee could gain among the candidates. */
static int64_t gain_known(const struct survey *survey, uint32_t mentee)
{
    const struct cvn_match_answer *answer = survey->answer;
    int64_t most = 0;
    for (uint64_t e = answer->first[mentee]; e < answer->first[mentee + 1]; e++) {
        const struct cvn_match_candidate *edge = &answer->candidates[e];
        gain_most(&most, edge->mentee_score + edge->mentor_score - survey->price[edge->mentor]);
    }
    return most;
}

static int survey_mentees(void *member, uint64_t from, uint64_t to)
{
    struct survey *survey = member;
    for (uint64_t i = from; i < to; i++) {
        uint32_t mentee = (uint32_t)i;
        if (survey->cohort->locked[mentee] != CVN_MATCH_NOBODY)
            continue;
        int64_t known = gain_known(survey, mentee), most = known;
        cvn_match_wish_init(&survey->wish, survey->cohort, mentee, CVN_MATCH_WISH_BOTH);
        cvn_match_sift_for(&survey->sifter, &survey->wish);
        survey_specials(survey, mentee, &most);
        survey_plain(survey, mentee, &most);
        survey->gains += most;
        survey->n_tempted += most > known;
    }
    return 0;
}

/* Adds up what the members found. */
static int run(const struct cvn_match_cohort *cohort, const struct cvn_match_answer *answer,
               const int64_t *price, const struct cvn_match_progress *progress,
               struct cvn_match_gap *ret)
{
    void *surveys[CVN_MATCH_THREADS_MAX] = {NULL};
    struct cvn_match_crew crew = {
        .n_items = cohort->mentees.n,
        .chunk = cvn_match_tell_every(cohort->mentors.n),
        .work = survey_mentees,
        .members = surveys,
        .n_members = cohort->problem->n_threads ? cohort->problem->n_threads : 1,
        .progress = progress,
        .phase = CVN_MATCH_PHASE_CHECK,
    };
    int r = 0;
    for (int32_t i = 0; r == 0 && i < crew.n_members; i++) {
        struct survey *survey = surveys[i] = calloc(1, sizeof *survey);
        r = survey ? 0 : -ENOMEM;
        if (survey) {
            survey->cohort = cohort;
            cvn_match_sifter_init(&survey->sifter, cohort);
            survey->answer = answer;
            survey->price = price;
        }
    }
    if (r == 0)
        r = cvn_match_crew_run(&crew, NULL);
    for (int32_t i = 0; i < crew.n_members && surveys[i]; i++) {
        const struct survey *survey = surveys[i];
        ret->bound += survey->gains;
        ret->n_tempted += survey->n_tempted;
        free(surveys[i]);
    }
    return r;
}

/*
 * Whoever lists a mentor that fewer list than there are seats sits there, so for them a price makes
 * no difference; others could have the seats that are left, which therefore are free.
 */
static int64_t *price_seats(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_answer *answer)
{
    int64_t *price = calloc((size_t)cohort->mentors.n + 1, sizeof *price);
    for (uint64_t e = 0; price && e < answer->first[answer->n_mentees]; e++)
        price[answer->candidates[e].mentor]++;
    for (uint32_t j = 0; price && j < cohort->mentors.n; j++)
        price[j] = price[j] < cohort->seats[j] ? 0 : answer->prices.price[j];
    return price;
}

int cvn_match_find_gap(const struct cvn_match_cohort *cohort, const struct cvn_match_answer *answer,
                       const struct cvn_match_progress *progress, struct cvn_match_gap *ret)
{
    struct cvn_match_gap gap = {0};
    int64_t *price = price_seats(cohort, answer);
    if (!price)
        return -ENOMEM;
    for (uint32_t j = 0; j < cohort->mentors.n; j++)
        gap.bound += price[j] * cohort->seats[j];
    for (size_t i = 0; i < answer->n_pairs; i++)
        if (answer->pairs[i].mentee_choice > 0)
            gap.worth += answer->pairs[i].mentee_score + answer->pairs[i].mentor_score;
    int r = run(cohort, answer, price, progress, &gap);
    if (r == 0)
        *ret = gap;
    free(price);
    return r;
}
