#include "cohort/weights.h"

int32_t *cvn_cohort_weight(Convene__Mentoring__V1__MatchWeights *weights, enum cvn_match_term term)
{
    switch (term) {
    case CVN_MATCH_TERM_SKILLS:
        return &weights->skills;
    case CVN_MATCH_TERM_GOALS:
        return &weights->goals;
    case CVN_MATCH_TERM_HOURS:
        return &weights->hours;
    case CVN_MATCH_TERM_LANGUAGES:
        return &weights->languages;
    case CVN_MATCH_TERM_GROUPS:
        return &weights->groups;
    case CVN_MATCH_TERM_MEETUPS:
        return &weights->meetups;
    case CVN_MATCH_TERM_PREVIOUS:
        return &weights->previous;
    case CVN_MATCH_TERM_WAITING:
        return &weights->waiting;
    case CVN_MATCH_TERM_RANKING:
        return &weights->ranking;
    case CVN_MATCH_TERMS:
        break;
    }
    return NULL;
}
