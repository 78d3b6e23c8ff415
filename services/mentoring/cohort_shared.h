/* What mentors and mentees have in common outside the programme: meetups and groups. Pure. */
#ifndef CVN_SERVICES_MENTORING_COHORT_SHARED_H
#define CVN_SERVICES_MENTORING_COHORT_SHARED_H

#include "services/mentoring/cohort.h"

/* Fills problem->shared, in the order of ids. 0 or -ENOMEM. */
int cvn_cohort_share(const struct cvn_cohort_input *input, struct cvn_arena *arena,
                     struct cvn_match_problem *problem);

#endif
