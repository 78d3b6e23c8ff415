/* The hard rules for one pair. */
#ifndef CVN_MATCHING_DECIDE_H
#define CVN_MATCHING_DECIDE_H

#include "matching/matching.h"

/* A set of rules: rule r is bit r. */

/* What stands between two that binds the programme's manager as well: SELF, EXCLUDED, CONFLICT. */
uint32_t cvn_match_decide_personal(const struct cvn_match_person *mentor,
                                   const struct cvn_match_person *mentee);

/* All rules in the way of two but FORBIDDEN and SEATS, which depend on lists of the problem. */
uint32_t cvn_match_decide_by_themselves(const struct cvn_match_rules *rules,
                                        const struct cvn_match_person *mentor,
                                        const struct cvn_match_person *mentee);

/* The rule of a set that is named first; NONE for the empty set. */
enum cvn_match_rule cvn_match_first_rule(uint32_t set);

#endif
