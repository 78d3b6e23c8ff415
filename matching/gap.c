#include "matching/gap.h"

#include "matching/crew.h"
#include "matching/lesson.h"
#include "matching/measure.h"
#include "matching/progress.h"
#include "matching/rules.h"

#include <errno.h>
#include <stdlib.h>

enum { SIDES = 2 };

/* The worth of a pair about which nothing special is known, by what the two have in common. */
struct worths {
    uint32_t skills[SIDES]; /* weights */
    uint32_t wanted;
    uint32_t eighths[CVN_MATCH_SKILLS_MAX];
    int32_t same;
    int32_t most_beside; /* hours and languages */
    int32_t goals[CVN_MATCH_GOALS_MAX + 1];
    int32_t hours[CVN_MATCH_FULL_HOURS + 1];
    int32_t languages[CVN_MATCH_FULL_LANGUAGES + 1];
};

/* One thread's work. */
struct survey {
    const struct cvn_match_cohort *cohort;
    const struct cvn_match_answer *answer;
    const int64_t *price; /* by mentor, see price_seats */
    struct worths worths;
    struct cvn_match_sieve sieve;
    struct cvn_match_lessons lessons;
    int64_t gains; /* summed over the mentees seen */
    int64_t n_tempted;
};

/* Both sides' points for part of a whole, each rounded down as in a score. */
static int32_t share_of(const struct cvn_match_problem *problem, enum cvn_match_term term,
                        uint32_t part, uint32_t whole)
{
    return (int32_t)(cvn_match_share((uint32_t)problem->mentee_weights.points[term], part, whole) +
                     cvn_match_share((uint32_t)problem->mentor_weights.points[term], part, whole));
}

static void make_worths(const struct cvn_match_cohort *cohort, uint32_t index, struct worths *ret)
{
    const struct cvn_match_problem *problem = cohort->problem;
    const struct cvn_match_mentee *mentee = cvn_match_cohort_mentee(cohort, index);
    const struct cvn_match_person *person = &mentee->person;
    uint32_t n_goals = (uint32_t)__builtin_popcount(person->goals);
    *ret = (struct worths){
        .skills = {(uint32_t)problem->mentee_weights.points[CVN_MATCH_TERM_SKILLS],
                   (uint32_t)problem->mentor_weights.points[CVN_MATCH_TERM_SKILLS]},
        .same = share_of(problem, CVN_MATCH_TERM_WAITING,
                         cvn_match_at_most(mentee->waited_days, CVN_MATCH_FULL_WAITED_DAYS),
                         CVN_MATCH_FULL_WAITED_DAYS),
    };
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        ret->eighths[i] = skill->priority * cohort->rarity[skill->skill];
        ret->wanted += ret->eighths[i] * CVN_MATCH_TAUGHT_FULL;
    }
    for (uint32_t i = 0; i <= n_goals; i++)
        ret->goals[i] = share_of(problem, CVN_MATCH_TERM_GOALS, i, n_goals);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_HOURS; i++)
        ret->hours[i] = share_of(problem, CVN_MATCH_TERM_HOURS, i, CVN_MATCH_FULL_HOURS);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_LANGUAGES; i++)
        ret->languages[i] =
            share_of(problem, CVN_MATCH_TERM_LANGUAGES, i, CVN_MATCH_FULL_LANGUAGES);
    ret->most_beside = ret->hours[CVN_MATCH_FULL_HOURS] + ret->languages[CVN_MATCH_FULL_LANGUAGES];
}

static void gain_most(int64_t *most, int64_t gain)
{
    if (gain > *most)
        *most = gain;
}

/* Pairs of which something is known; takes them out of the bits of the block. */
static void survey_specials(struct survey *survey, uint32_t mentee, size_t block, int64_t *most)
{
    const struct cvn_match_cohort *cohort = survey->cohort;
    uint64_t *allowed = survey->sieve.rows[CVN_MATCH_RULE_NONE];
    for (size_t i = cohort->specials.first[mentee]; i < cohort->specials.end[mentee]; i++) {
        const struct cvn_match_special *special = &cohort->specials.items[i];
        uint32_t at = special->mentor - (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
        if (at >= CVN_MATCH_BLOCK_MENTORS || !(allowed[at / 64] >> at % 64 & 1))
            continue;
        struct cvn_match_measure measure;
        int16_t points[CVN_MATCH_TERMS];
        cvn_match_measure_known(cohort, mentee, special->mentor, special, &measure);
        int32_t worth = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                                         &cohort->problem->mentee_weights, points) +
                        cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                         &cohort->problem->mentor_weights, points);
        gain_most(most, worth - survey->price[special->mentor]);
        allowed[at / 64] &= ~((uint64_t)1 << at % 64);
    }
}

static void survey_plain(const struct survey *survey, const struct cvn_match_person *person,
                         uint32_t mentor, uint32_t taught, int64_t *most)
{
    const struct worths *worths = &survey->worths;
    int64_t gain = worths->same - survey->price[mentor];
    gain += worths->goals[__builtin_popcount(survey->cohort->goals[mentor] & person->goals)];
    for (int side = 0; side < SIDES; side++)
        gain += cvn_match_share(worths->skills[side], taught, worths->wanted);
    if (gain + worths->most_beside <= *most)
        return;
    const struct cvn_match_lean_mentor *lean = &survey->cohort->lean[mentor];
    int32_t hours = (int32_t)cvn_match_count_hours(&lean->hours, &person->hours), languages = 0;
    for (int i = 0; i < 2; i++)
        languages += __builtin_popcountll(lean->languages.bits[i] & person->languages.bits[i]);
    gain += worths->hours[cvn_match_at_most(hours, CVN_MATCH_FULL_HOURS)];
    gain += worths->languages[cvn_match_at_most(languages, CVN_MATCH_FULL_LANGUAGES)];
    gain_most(most, gain);
}

static void survey_block(struct survey *survey, uint32_t mentee, size_t block, int64_t *most)
{
    const struct cvn_match_person *person =
        &cvn_match_cohort_mentee(survey->cohort, mentee)->person;
    const uint64_t *allowed = survey->sieve.rows[CVN_MATCH_RULE_NONE];
    if (!cvn_match_allow_block(survey->cohort, mentee, block, &survey->sieve))
        return;
    survey_specials(survey, mentee, block, most);
    cvn_match_lessons_list(&survey->lessons, survey->cohort, person, survey->worths.eighths, block);
    for (uint32_t w = 0; w < CVN_MATCH_BLOCK_WORDS; w++) {
        if (allowed[w])
            cvn_match_lessons_open(&survey->lessons, w);
        for (uint64_t left = allowed[w]; left; left &= left - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(left);
            survey_plain(survey, person, (uint32_t)(block * CVN_MATCH_BLOCK_MENTORS + w * 64 + bit),
                         cvn_match_lessons_sum(&survey->lessons, bit), most);
        }
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
        make_worths(survey->cohort, mentee, &survey->worths);
        for (size_t block = 0; block < survey->cohort->n_blocks; block++)
            survey_block(survey, mentee, block, &most);
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
