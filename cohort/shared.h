/* What mentors and mentees have in common outside the programme: meetups and groups. Pure. */
#ifndef CVN_COHORT_SHARED_H
#define CVN_COHORT_SHARED_H

#include "cohort/cohort.h"

/* Fills the problem's shared rows and met from the input, in the order of ids. 0;
 * CVN_COHORT_STOPPED; -ENOMEM. */
int cvn_cohort_share(struct cvn_cohort *cohort, struct cvn_arena *arena);

#endif
