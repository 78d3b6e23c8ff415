/*
 * What a mentor is worth to a mentee by what the two have in common, where nothing else is known of
 * the pair; and what a mentor must have at least to be worth some points.
 */
#ifndef CVN_MATCHING_WISH_H
#define CVN_MATCHING_WISH_H

#include "matching/cohort.h"
#include "matching/score.h"

struct cvn_match_wish {
    const struct cvn_match_person *person;
    uint32_t skills[2];                   /* weights, of the mentee's points and the mentor's */
    uint32_t wanted;                      /* eighths of all the skills, each by its worth */
    uint32_t worth[CVN_MATCH_SKILLS_MAX]; /* of an eighth of each skill */
    uint32_t n_goals, n_languages;
    int32_t same; /* points that every mentor gets */
    int32_t most_hours, most_languages;
    int16_t goals[CVN_MATCH_GOALS_MAX + 1];
    int16_t hours[CVN_MATCH_FULL_HOURS + 1];
    int16_t languages[CVN_MATCH_FULL_LANGUAGES + 1];
};

enum cvn_match_wish_side { CVN_MATCH_WISH_MENTEE, CVN_MATCH_WISH_BOTH };

/* Counts the mentee's points, or those of both sides. The cohort must outlive the wish. */
void cvn_match_wish_init(struct cvn_match_wish *wish, const struct cvn_match_cohort *cohort,
                         uint32_t mentee, enum cvn_match_wish_side side);

/* Points by what is taught. */
static inline int32_t cvn_match_wish_skills(const struct cvn_match_wish *wish, uint32_t taught)
{
    uint32_t points = cvn_match_share(wish->skills[0], taught, wish->wanted);
    if (wish->skills[1])
        points += cvn_match_share(wish->skills[1], taught, wish->wanted);
    return (int32_t)points;
}

/*
 * What it takes to be sought, all else at its best. Who falls short in one of these is not worth
 * the points; who does not may still be worth less.
 */
struct cvn_match_bar {
    bool is_out_of_reach;                     /* nobody can be worth as much */
    uint32_t taught[CVN_MATCH_GOALS_MAX + 1]; /* at least, by goals in common */
    uint8_t steps[CVN_MATCH_SKILLS_MAX];      /* lessons of each skill, 0: it may be missing */
    uint32_t n_goals;
    uint32_t n_hours;
    int64_t beside_hours; /* points by skills, goals and languages together */
};

/* For those who are worth so many points or more. */
void cvn_match_bar_set(struct cvn_match_bar *bar, const struct cvn_match_wish *wish,
                       int64_t points);

#endif
