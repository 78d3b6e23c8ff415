#include "matching/matching.h"
#include "matching/score.h"

static const struct cvn_match_mentor *find_mentor(const struct cvn_match_problem *problem,
                                                  const struct cvn_id *id)
{
    for (size_t i = 0; i < problem->n_mentors; i++)
        if (cvn_id_equal(&problem->mentors[i].person.id, id))
            return &problem->mentors[i];
    return NULL;
}

static const struct cvn_match_mentee *find_mentee(const struct cvn_match_problem *problem,
                                                  const struct cvn_id *id)
{
    for (size_t i = 0; i < problem->n_mentees; i++)
        if (cvn_id_equal(&problem->mentees[i].person.id, id))
            return &problem->mentees[i];
    return NULL;
}

static int32_t place(const struct cvn_match_ids *ids, const struct cvn_id *id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (cvn_id_equal(&ids->items[i], id))
            return (int32_t)i + 1;
    return 0;
}

static const struct cvn_match_skill *find_skill(const struct cvn_match_person *person,
                                                uint32_t skill)
{
    for (size_t i = 0; i < person->n_skills; i++)
        if (person->skills[i].skill == skill)
            return &person->skills[i];
    return NULL;
}

/* How many mentors offer each of the skills that the mentee wants. */
static void count_offers(const struct cvn_match_problem *problem,
                         const struct cvn_match_person *mentee,
                         uint32_t n_offer[CVN_MATCH_SKILLS_MAX])
{
    for (size_t i = 0; i < mentee->n_skills; i++)
        n_offer[i] = 0;
    for (size_t j = 0; j < problem->n_mentors; j++)
        for (size_t i = 0; i < mentee->n_skills; i++)
            n_offer[i] += find_skill(&problem->mentors[j].person, mentee->skills[i].skill) != NULL;
}

static void add_skills(const struct cvn_match_problem *problem,
                       const struct cvn_match_person *mentor, const struct cvn_match_person *mentee,
                       struct cvn_match_measure *measure, struct cvn_match_facts *facts)
{
    uint32_t n_offer[CVN_MATCH_SKILLS_MAX], worth[CVN_MATCH_SKILLS_MAX];
    count_offers(problem, mentee, n_offer);
    for (size_t i = 0; i < mentee->n_skills; i++) {
        const struct cvn_match_skill *wanted = &mentee->skills[i];
        const struct cvn_match_skill *taught = find_skill(mentor, wanted->skill);
        worth[i] = wanted->priority * cvn_match_rarity((uint32_t)problem->n_mentors, n_offer[i]);
        if (taught)
            facts->skills[facts->n_skills++] = (struct cvn_match_shared_skill){
                wanted->skill,      taught->level, wanted->level, wanted->priority, 0,
                (int32_t)n_offer[i]};
    }
    cvn_match_measure_skills(measure, mentor, mentee, worth);
}

static void add_knowledge(const struct cvn_match_problem *problem,
                          const struct cvn_match_person *mentor,
                          const struct cvn_match_person *mentee, struct cvn_match_facts *facts)
{
    facts->mentee_ranked = place(&mentee->ranked, &mentor->id);
    facts->mentor_ranked = place(&mentor->ranked, &mentee->id);
    facts->previous =
        place(&mentee->previous, &mentor->id) || place(&mentor->previous, &mentee->id);
    for (size_t i = 0; i < problem->n_shared; i++) {
        const struct cvn_match_shared *shared = &problem->shared[i];
        if (cvn_id_equal(&shared->mentor_id, &mentor->id) &&
            cvn_id_equal(&shared->mentee_id, &mentee->id)) {
            facts->meetup_points = shared->meetup_points;
            facts->shared_groups = shared->groups;
            return;
        }
    }
}

int cvn_match_explain_pair(const struct cvn_match_problem *problem, const struct cvn_id *mentor_id,
                           const struct cvn_id *mentee_id, struct cvn_match_facts *ret)
{
    const struct cvn_match_mentor *mentor = find_mentor(problem, mentor_id);
    const struct cvn_match_mentee *mentee = find_mentee(problem, mentee_id);
    if (!mentor || !mentee)
        return CVN_MATCH_UNKNOWN;
    struct cvn_match_measure measure = {0};
    struct cvn_match_facts facts = {.refused_by = cvn_match_decide(problem, mentor, mentee),
                                    .waited_days = mentee->waited_days,
                                    .goals = mentor->person.goals & mentee->person.goals};
    for (int i = 0; i < 2; i++)
        facts.languages.bits[i] =
            mentor->person.languages.bits[i] & mentee->person.languages.bits[i];
    for (int i = 0; i < 3; i++)
        facts.hours.bits[i] = mentor->person.hours.bits[i] & mentee->person.hours.bits[i];
    add_skills(problem, &mentor->person, &mentee->person, &measure, &facts);
    add_knowledge(problem, &mentor->person, &mentee->person, &facts);
    cvn_match_measure_people(&measure, &mentor->person, mentee);
    facts.n_common_hours = measure.n_hours;
    facts.n_common_languages = measure.n_languages;
    measure.groups = facts.shared_groups;
    measure.meetup_points = facts.meetup_points;
    measure.previous = facts.previous;
    measure.mentee_ranked = facts.mentee_ranked;
    measure.mentor_ranked = facts.mentor_ranked;
    facts.mentee_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTEE, &problem->mentee_weights,
                                          facts.mentee_points);
    facts.mentor_score = cvn_match_points(&measure, CVN_MATCH_SIDE_MENTOR, &problem->mentor_weights,
                                          facts.mentor_points);
    *ret = facts;
    return 0;
}
