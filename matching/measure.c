#include "matching/measure.h"

void cvn_match_measure_known(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             uint32_t mentor, const struct cvn_match_special *special,
                             struct cvn_match_measure *ret)
{
    const struct cvn_match_person *teacher = &cvn_match_cohort_mentor(cohort, mentor)->person;
    const struct cvn_match_mentee *learner = cvn_match_cohort_mentee(cohort, mentee);
    uint32_t worth[CVN_MATCH_SKILLS_MAX];
    for (size_t i = 0; i < learner->person.n_skills; i++) {
        const struct cvn_match_skill *skill = &learner->person.skills[i];
        worth[i] = skill->priority * cohort->rarity[skill->skill];
    }
    *ret = (struct cvn_match_measure){0};
    cvn_match_measure_skills(ret, teacher, &learner->person, worth);
    cvn_match_measure_people(ret, teacher, learner);
    if (special) {
        ret->groups = special->groups;
        ret->meetup_points = special->meetup_points;
        ret->previous = special->flags & CVN_MATCH_SPECIAL_PREVIOUS;
        ret->mentee_ranked = special->mentee_ranked;
        ret->mentor_ranked = special->mentor_ranked;
    }
}

void cvn_match_measure_pair(const struct cvn_match_cohort *cohort, uint32_t mentee, uint32_t mentor,
                            struct cvn_match_measure *ret)
{
    cvn_match_measure_known(cohort, mentee, mentor,
                            cvn_match_specials_find(&cohort->specials, mentee, mentor), ret);
}

void cvn_match_score_pair(const struct cvn_match_cohort *cohort, uint32_t mentee, uint32_t mentor,
                          const struct cvn_match_special *special, struct cvn_match_candidate *ret)
{
    const struct cvn_match_problem *problem = cohort->problem;
    struct cvn_match_measure measure;
    int16_t points[CVN_MATCH_TERMS];
    cvn_match_measure_known(cohort, mentee, mentor, special, &measure);
    *ret =
        (struct cvn_match_candidate){mentor,
                                     (uint16_t)cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE,
                                                                &problem->mentee_weights, points),
                                     (uint16_t)cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR,
                                                                &problem->mentor_weights, points)};
}
