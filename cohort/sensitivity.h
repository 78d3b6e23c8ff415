/* Which weights would give a mentee another mentor, as it is shown. Pure. */
#ifndef CVN_COHORT_SENSITIVITY_H
#define CVN_COHORT_SENSITIVITY_H

#include "base/arena.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "matching/matching.h"

/* How mentors are called. */
struct cvn_sensitivity_names {
    /* Sets the id and the name, "" where it is not known, in the arena or borrowed. 0 or a fault.
     */
    int (*call)(void *context, const struct cvn_id *mentor, char **ret_id, char **ret_name);
    void *context;
};

/*
 * Fills in the turns that were found, in the arena. 0, -ENOMEM or what the names gave. Of the
 * problem only the weights are looked at.
 */
int cvn_sensitivity_fill(Convene__Mentoring__V1__MatchSensitivity *ret, struct cvn_arena *arena,
                         const struct cvn_match_problem *problem,
                         const struct cvn_match_sensitivity *found,
                         const struct cvn_sensitivity_names *names);

#endif
