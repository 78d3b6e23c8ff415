/*
 * What the mentors of a block teach of the skills that a mentee wants, summed from the bits of the
 * levels: each level that a mentor is up adds its difference to what a lower one would teach.
 */
#ifndef CVN_MATCHING_LESSON_H
#define CVN_MATCHING_LESSON_H

#include "matching/cohort.h"

enum {
    CVN_MATCH_LESSON_STEPS = 3,
    CVN_MATCH_LESSONS_MAX = CVN_MATCH_SKILLS_MAX * CVN_MATCH_LESSON_STEPS,
    CVN_MATCH_LESSON_FOURS_MAX = (CVN_MATCH_LESSONS_MAX + 3) / 4,
};

/* Four numbers that are worked on at once. */
typedef uint32_t cvn_match_four __attribute__((vector_size(16)));

union cvn_match_lanes {
    uint32_t each[CVN_MATCH_LESSON_FOURS_MAX * 4];
    cvn_match_four fours[CVN_MATCH_LESSON_FOURS_MAX];
};

/* Of one mentee and one block. */
struct cvn_match_lessons {
    uint32_t n;
    const uint64_t *rows[CVN_MATCH_LESSONS_MAX]; /* bits of the mentors who teach each */
    union cvn_match_lanes worths;                /* 0 behind the last */
    union cvn_match_lanes halves[2];             /* of the word last opened, of each row */
    uint64_t room[CVN_MATCH_LESSONS_MAX][CVN_MATCH_BLOCK_WORDS]; /* for rows that are lists */
};

/* worth[i] is that of an eighth of the mentee's skill i. */
void cvn_match_lessons_list(struct cvn_match_lessons *lessons,
                            const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person,
                            const uint32_t worth[CVN_MATCH_SKILLS_MAX], size_t block);

/* Makes ready to sum for the mentors of one word of the block. */
static inline void cvn_match_lessons_open(struct cvn_match_lessons *lessons, uint32_t word)
{
    for (uint32_t l = 0; l < lessons->n; l++) {
        lessons->halves[0].each[l] = (uint32_t)lessons->rows[l][word];
        lessons->halves[1].each[l] = (uint32_t)(lessons->rows[l][word] >> 32);
    }
}

/* What a mentor of the open word teaches. No branch depends on a bit, which nobody could guess. */
static inline uint32_t cvn_match_lessons_sum(const struct cvn_match_lessons *lessons, uint32_t bit)
{
    const union cvn_match_lanes *words = &lessons->halves[bit / 32];
    cvn_match_four sum = {0}, set = (cvn_match_four){0} + ((uint32_t)1 << bit % 32);
    for (uint32_t f = 0; f < (lessons->n + 3) / 4; f++)
        sum += lessons->worths.fours[f] & (cvn_match_four)((words->fours[f] & set) == set);
    return sum[0] + sum[1] + sum[2] + sum[3];
}

#endif
