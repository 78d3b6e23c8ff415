#include "matching/lesson.h"

#include "matching/score.h"

void cvn_match_lessons_list(struct cvn_match_lessons *lessons,
                            const struct cvn_match_person *person,
                            const uint32_t worth[CVN_MATCH_SKILLS_MAX])
{
    static const uint32_t eighths[CVN_MATCH_LESSON_STEPS] = {
        CVN_MATCH_TAUGHT_NO_HIGHER,
        CVN_MATCH_TAUGHT_ONE_UP - CVN_MATCH_TAUGHT_NO_HIGHER,
        CVN_MATCH_TAUGHT_FULL - CVN_MATCH_TAUGHT_ONE_UP,
    };
    uint32_t n = 0;
    for (size_t i = 0; i < person->n_skills; i++) {
        lessons->first[i] = n;
        for (uint32_t s = 0; s < CVN_MATCH_LESSON_STEPS; s++)
            if (s == 0 || person->skills[i].level + s <= CVN_MATCH_LEVEL_MAX)
                lessons->worths[n++] = worth[i] * eighths[s];
    }
    lessons->first[person->n_skills] = lessons->n = n;
}

void cvn_match_lessons_point(struct cvn_match_lessons *lessons,
                             const struct cvn_match_vertical *skills,
                             const struct cvn_match_person *person, size_t block)
{
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        uint32_t levels[CVN_MATCH_LESSON_STEPS] = {1, skill->level + 1u, skill->level + 2u};
        uint32_t first = lessons->first[i];
        cvn_match_vertical_rows(skills, skill->skill, levels, lessons->first[i + 1] - first, block,
                                lessons->room + first, lessons->rows + first);
    }
}
