/* The hard rules for one pair. */
#ifndef CVN_MENTORING_MATCHING_DECIDE_H
#define CVN_MENTORING_MATCHING_DECIDE_H

#include "services/mentoring/matching/matching.h"

/*
 * The first rule in the way of two that binds the programme's manager as well: the same person, an
 * exclusion, a conflict tag. Forbidden pairs are not looked at.
 */
enum cvn_match_rule cvn_match_decide_personal(const struct cvn_match_person *mentor,
                                              const struct cvn_match_person *mentee);

#endif
