#include "matching/matching.h"

#include <assert.h>

const char *cvn_match_rule_name(enum cvn_match_rule rule)
{
    static const char *const names[CVN_MATCH_RULES] = {
        [CVN_MATCH_RULE_NONE] = "none",
        [CVN_MATCH_RULE_SELF] = "same person",
        [CVN_MATCH_RULE_FORBIDDEN] = "forbidden pair",
        [CVN_MATCH_RULE_EXCLUDED] = "exclusion",
        [CVN_MATCH_RULE_CONFLICT] = "conflict tag",
        [CVN_MATCH_RULE_PREVIOUS] = "previous partner",
        [CVN_MATCH_RULE_LANGUAGE] = "common language",
        [CVN_MATCH_RULE_HOURS] = "common hours",
        [CVN_MATCH_RULE_SKILL] = "common skill",
        [CVN_MATCH_RULE_LEVEL] = "level above",
        [CVN_MATCH_RULE_SEATS] = "free seat",
    };
    assert(rule >= 0 && rule < CVN_MATCH_RULES);
    return names[rule];
}

const char *cvn_match_term_name(enum cvn_match_term term)
{
    static const char *const names[CVN_MATCH_TERMS] = {
        [CVN_MATCH_TERM_SKILLS] = "skills",     [CVN_MATCH_TERM_GOALS] = "goals",
        [CVN_MATCH_TERM_HOURS] = "hours",       [CVN_MATCH_TERM_LANGUAGES] = "languages",
        [CVN_MATCH_TERM_GROUPS] = "groups",     [CVN_MATCH_TERM_MEETUPS] = "meetups",
        [CVN_MATCH_TERM_PREVIOUS] = "previous", [CVN_MATCH_TERM_WAITING] = "waiting",
        [CVN_MATCH_TERM_RANKING] = "ranking",
    };
    assert(term >= 0 && term < CVN_MATCH_TERMS);
    return names[term];
}

const char *cvn_match_mode_name(enum cvn_match_mode mode)
{
    static const char *const names[CVN_MATCH_MODES] = {
        [CVN_MATCH_STABLE] = "stable",
        [CVN_MATCH_OPTIMAL] = "optimal",
        [CVN_MATCH_MOST] = "most placed",
        [CVN_MATCH_FAIR] = "fair",
    };
    assert(mode >= 0 && mode < CVN_MATCH_MODES);
    return names[mode];
}

const char *cvn_match_phase_name(enum cvn_match_phase phase)
{
    switch (phase) {
    case CVN_MATCH_PHASE_PREPARE:
        return "prepare";
    case CVN_MATCH_PHASE_CANDIDATES:
        return "find candidates";
    case CVN_MATCH_PHASE_SOLVE:
        return "solve";
    case CVN_MATCH_PHASE_REPORT:
        return "report";
    case CVN_MATCH_PHASE_CHECK:
        return "check";
    }
    return "";
}

struct cvn_match_rules cvn_match_rules_default(void)
{
    return (struct cvn_match_rules){
        .min_common_hours = 1,
        .require_language = true,
        .require_skill = true,
        .require_level = true,
        .avoid_previous = true,
    };
}

struct cvn_match_weights cvn_match_mentee_weights_default(void)
{
    return (struct cvn_match_weights){{
        [CVN_MATCH_TERM_SKILLS] = 500,
        [CVN_MATCH_TERM_GOALS] = 150,
        [CVN_MATCH_TERM_HOURS] = 100,
        [CVN_MATCH_TERM_LANGUAGES] = 50,
        [CVN_MATCH_TERM_GROUPS] = 50,
        [CVN_MATCH_TERM_MEETUPS] = 100,
        [CVN_MATCH_TERM_PREVIOUS] = 0,
        [CVN_MATCH_TERM_WAITING] = 0,
        [CVN_MATCH_TERM_RANKING] = 600,
    }};
}

struct cvn_match_weights cvn_match_mentor_weights_default(void)
{
    return (struct cvn_match_weights){{
        [CVN_MATCH_TERM_SKILLS] = 250,
        [CVN_MATCH_TERM_GOALS] = 250,
        [CVN_MATCH_TERM_HOURS] = 200,
        [CVN_MATCH_TERM_LANGUAGES] = 50,
        [CVN_MATCH_TERM_GROUPS] = 50,
        [CVN_MATCH_TERM_MEETUPS] = 100,
        [CVN_MATCH_TERM_PREVIOUS] = 0,
        [CVN_MATCH_TERM_WAITING] = 150,
        [CVN_MATCH_TERM_RANKING] = 600,
    }};
}
