#include "matching/decide.h"
#include "matching/explainer.h"
#include "matching/score.h"

static const struct cvn_match_skill *find_skill(const struct cvn_match_person *person,
                                                uint32_t skill)
{
    for (size_t i = 0; i < person->n_skills; i++)
        if (person->skills[i].skill == skill)
            return &person->skills[i];
    return NULL;
}

static void add_skills(const struct cvn_match_explainer *explainer,
                       const struct cvn_match_person *mentor, const struct cvn_match_person *mentee,
                       struct cvn_match_measure *measure, struct cvn_match_facts *facts)
{
    uint32_t worth[CVN_MATCH_SKILLS_MAX];
    for (size_t i = 0; i < mentee->n_skills; i++) {
        const struct cvn_match_skill *wanted = &mentee->skills[i];
        const struct cvn_match_skill *taught = find_skill(mentor, wanted->skill);
        uint32_t n_offer = explainer->n_offer[wanted->skill];
        worth[i] = wanted->priority * cvn_match_rarity(explainer->mentors.n, n_offer);
        if (taught)
            facts->skills[facts->n_skills++] = (struct cvn_match_shared_skill){
                wanted->skill, taught->level, wanted->level, wanted->priority, 0, (int32_t)n_offer};
    }
    cvn_match_measure_skills(measure, mentor, mentee, worth);
}

static void add_knowledge(const struct cvn_match_special *special,
                          struct cvn_match_measure *measure, struct cvn_match_facts *facts)
{
    measure->groups = facts->shared_groups = special->groups;
    measure->meetup_points = facts->meetup_points = special->meetup_points;
    measure->previous = facts->previous = special->flags & CVN_MATCH_SPECIAL_PREVIOUS;
    measure->mentee_ranked = facts->mentee_ranked = special->mentee_ranked;
    measure->mentor_ranked = facts->mentor_ranked = special->mentor_ranked;
}

static void add_common(const struct cvn_match_person *mentor, const struct cvn_match_person *mentee,
                       struct cvn_match_facts *facts)
{
    facts->goals = mentor->goals & mentee->goals;
    for (int i = 0; i < 2; i++)
        facts->languages.bits[i] = mentor->languages.bits[i] & mentee->languages.bits[i];
    for (int i = 0; i < 3; i++)
        facts->hours.bits[i] = mentor->hours.bits[i] & mentee->hours.bits[i];
}

int cvn_match_explain_pair(const struct cvn_match_explainer *explainer,
                           const struct cvn_id *mentor_id, const struct cvn_id *mentee_id,
                           struct cvn_match_facts *ret)
{
    const struct cvn_match_problem *problem = explainer->problem;
    uint32_t teacher = cvn_match_directory_find(&explainer->mentors, mentor_id);
    uint32_t learner = cvn_match_directory_find(&explainer->mentees, mentee_id);
    if (teacher == CVN_MATCH_NOBODY || learner == CVN_MATCH_NOBODY)
        return CVN_MATCH_UNKNOWN;
    const struct cvn_match_person *mentor =
        &problem->mentors[explainer->mentors.rows[teacher]].person;
    const struct cvn_match_mentee *mentee = &problem->mentees[explainer->mentees.rows[learner]];
    const struct cvn_match_special *special =
        cvn_match_specials_find(&explainer->specials, learner, teacher);
    uint32_t refused_by = cvn_match_explainer_refuse(explainer, learner, teacher, special);
    struct cvn_match_measure measure = {0};
    struct cvn_match_facts facts = {.refused_by = cvn_match_first_rule(refused_by),
                                    .waited_days = mentee->waited_days};
    add_common(mentor, &mentee->person, &facts);
    add_skills(explainer, mentor, &mentee->person, &measure, &facts);
    if (special)
        add_knowledge(special, &measure, &facts);
    cvn_match_measure_people(&measure, mentor, mentee);
    facts.n_common_hours = measure.n_hours;
    facts.n_common_languages = measure.n_languages;
    facts.mentee_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE, &problem->mentee_weights,
                                          facts.mentee_points);
    facts.mentor_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR, &problem->mentor_weights,
                                          facts.mentor_points);
    *ret = facts;
    return 0;
}
