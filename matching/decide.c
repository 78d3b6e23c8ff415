#include "matching/decide.h"

static bool contains(const struct cvn_match_ids *ids, const struct cvn_id *id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (cvn_id_equal(&ids->items[i], id))
            return true;
    return false;
}

static bool is_listed(const struct cvn_match_pair_ids *pairs, size_t n,
                      const struct cvn_id *mentor_id, const struct cvn_id *mentee_id)
{
    for (size_t i = 0; i < n; i++)
        if (cvn_id_equal(&pairs[i].mentor_id, mentor_id) &&
            cvn_id_equal(&pairs[i].mentee_id, mentee_id))
            return true;
    return false;
}

static bool have_common_tag(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    for (size_t i = 0; i < a->n_conflict_tags; i++)
        for (size_t j = 0; j < b->n_conflict_tags; j++)
            if (a->conflict_tags[i] == b->conflict_tags[j])
                return true;
    return false;
}

static uint32_t rule_if(bool broken, enum cvn_match_rule rule)
{
    return broken ? (uint32_t)1 << rule : 0;
}

enum cvn_match_rule cvn_match_first_rule(uint32_t set)
{
    return set ? (enum cvn_match_rule)__builtin_ctz(set) : CVN_MATCH_RULE_NONE;
}

uint32_t cvn_match_decide_personal(const struct cvn_match_person *mentor,
                                   const struct cvn_match_person *mentee)
{
    bool excluded =
        contains(&mentor->excluded, &mentee->id) || contains(&mentee->excluded, &mentor->id);
    return rule_if(cvn_id_equal(&mentor->id, &mentee->id), CVN_MATCH_RULE_SELF) |
           rule_if(excluded, CVN_MATCH_RULE_EXCLUDED) |
           rule_if(have_common_tag(mentor, mentee), CVN_MATCH_RULE_CONFLICT);
}

static int32_t common_hours(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    int32_t n = 0;
    for (int i = 0; i < 3; i++)
        n += __builtin_popcountll(a->hours.bits[i] & b->hours.bits[i]);
    return n;
}

static bool have_common_language(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    return (a->languages.bits[0] & b->languages.bits[0]) ||
           (a->languages.bits[1] & b->languages.bits[1]);
}

static uint32_t decide_skills(const struct cvn_match_rules *rules,
                              const struct cvn_match_person *mentor,
                              const struct cvn_match_person *mentee)
{
    bool shared = false, above = false;
    for (size_t i = 0; i < mentee->n_skills; i++)
        for (size_t j = 0; j < mentor->n_skills; j++)
            if (mentee->skills[i].skill == mentor->skills[j].skill) {
                shared = true;
                above = above || mentor->skills[j].level > mentee->skills[i].level;
            }
    return rule_if(rules->require_skill && !shared, CVN_MATCH_RULE_SKILL) |
           rule_if(rules->require_level && shared && !above, CVN_MATCH_RULE_LEVEL);
}

uint32_t cvn_match_decide_by_themselves(const struct cvn_match_rules *rules,
                                        const struct cvn_match_person *mentor,
                                        const struct cvn_match_person *mentee)
{
    bool previous =
        contains(&mentor->previous, &mentee->id) || contains(&mentee->previous, &mentor->id);
    bool hours = common_hours(mentor, mentee) >= rules->min_common_hours;
    return cvn_match_decide_personal(mentor, mentee) | decide_skills(rules, mentor, mentee) |
           rule_if(rules->avoid_previous && previous, CVN_MATCH_RULE_PREVIOUS) |
           rule_if(rules->require_language && !have_common_language(mentor, mentee),
                   CVN_MATCH_RULE_LANGUAGE) |
           rule_if(!hours, CVN_MATCH_RULE_HOURS);
}

static bool has_free_seat(const struct cvn_match_problem *problem,
                          const struct cvn_match_mentor *mentor)
{
    int32_t n_locked = 0;
    for (size_t i = 0; i < problem->n_locked; i++)
        n_locked += cvn_id_equal(&problem->locked[i].mentor_id, &mentor->person.id);
    return n_locked < mentor->capacity;
}

enum cvn_match_rule cvn_match_decide(const struct cvn_match_problem *problem,
                                     const struct cvn_match_mentor *mentor,
                                     const struct cvn_match_mentee *mentee)
{
    bool forbidden =
        is_listed(problem->forbidden, problem->n_forbidden, &mentor->person.id, &mentee->person.id);
    return cvn_match_first_rule(
        cvn_match_decide_by_themselves(&problem->rules, &mentor->person, &mentee->person) |
        rule_if(forbidden, CVN_MATCH_RULE_FORBIDDEN) |
        rule_if(!has_free_seat(problem, mentor), CVN_MATCH_RULE_SEATS));
}
