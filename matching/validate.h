/* Limits and contradictions of a problem. */
#ifndef CVN_MATCHING_VALIDATE_H
#define CVN_MATCHING_VALIDATE_H

#include "matching/directory.h"
#include "matching/matching.h"
#include "matching/progress.h"

/*
 * As cvn_match_validate, and on 0 leaves the directories made on the way to the caller. On anything
 * else they are untouched, as when a pace, which may be NULL, is cancelled. Twice as many steps as
 * there are people, and two for each pair that shares something.
 */
int cvn_match_validate_and_list(const struct cvn_match_problem *problem,
                                struct cvn_problems *problems, struct cvn_match_pace *pace,
                                struct cvn_match_directory *mentors,
                                struct cvn_match_directory *mentees);

#endif
