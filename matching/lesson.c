#include "matching/lesson.h"

#include "matching/score.h"

void cvn_match_lessons_list(struct cvn_match_lessons *lessons,
                            const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person,
                            const uint32_t worth[CVN_MATCH_SKILLS_MAX], size_t block)
{
    uint32_t n = 0;
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        const struct {
            uint32_t level, eighths;
        } steps[CVN_MATCH_LESSON_STEPS] = {
            {1, CVN_MATCH_TAUGHT_NO_HIGHER},
            {skill->level + 1u, CVN_MATCH_TAUGHT_ONE_UP - CVN_MATCH_TAUGHT_NO_HIGHER},
            {skill->level + 2u, CVN_MATCH_TAUGHT_FULL - CVN_MATCH_TAUGHT_ONE_UP},
        };
        for (size_t s = 0; s < CVN_MATCH_LESSON_STEPS && steps[s].level <= CVN_MATCH_LEVEL_MAX;
             s++) {
            struct cvn_match_value value = {skill->skill, steps[s].level};
            lessons->worths.each[n] = worth[i] * steps[s].eighths;
            lessons->rows[n] =
                cvn_match_vertical_block(&cohort->skills, value, block, lessons->room[n]);
            n++;
        }
    }
    lessons->n = n;
    for (; n % 4 != 0; n++)
        lessons->worths.each[n] = 0;
}
