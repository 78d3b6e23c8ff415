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
};

/*
 * Of one mentee and one block. Each skill has up to three lessons: that the mentor has it, is a
 * level above the mentee, is two above; levels that there are not have none.
 */
struct cvn_match_lessons {
    uint32_t n;
    uint32_t first[CVN_MATCH_SKILLS_MAX + 1];    /* lesson of each skill */
    const uint64_t *rows[CVN_MATCH_LESSONS_MAX]; /* bits of the mentors who teach each */
    uint32_t worths[CVN_MATCH_LESSONS_MAX];
    uint64_t room[CVN_MATCH_LESSONS_MAX][CVN_MATCH_BLOCK_WORDS]; /* for rows that are lists */
};

/* Before blocks are opened: worth[i] is that of an eighth of the mentee's skill i. */
void cvn_match_lessons_list(struct cvn_match_lessons *lessons,
                            const struct cvn_match_person *person,
                            const uint32_t worth[CVN_MATCH_SKILLS_MAX]);

/* Points the rows to a block. */
void cvn_match_lessons_point(struct cvn_match_lessons *lessons,
                             const struct cvn_match_vertical *skills,
                             const struct cvn_match_person *person, size_t block);

/* What a mentor of the block teaches. No branch depends on a bit, which nobody could guess. */
static inline uint32_t cvn_match_lessons_sum(const struct cvn_match_lessons *lessons, uint32_t at)
{
    uint32_t sum = 0;
    for (uint32_t l = 0; l < lessons->n; l++)
        sum += lessons->worths[l] & -(uint32_t)(lessons->rows[l][at / 64] >> at % 64 & 1);
    return sum;
}

#endif
