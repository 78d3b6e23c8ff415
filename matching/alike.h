/* Who looks for the same. */
#ifndef CVN_MATCHING_ALIKE_H
#define CVN_MATCHING_ALIKE_H

#include "matching/cohort.h"

/*
 * All mentees of a cohort in an order in which those come together who want the same skill most and
 * are free at the same time of day: they read the same of the mentors. Two steps of a pace, which
 * may be NULL, for each. 0, CVN_MATCH_CANCELLED or -ENOMEM; *ret is the caller's, to be freed.
 */
int cvn_match_put_alike_together(const struct cvn_match_cohort *cohort, struct cvn_match_pace *pace,
                                 uint32_t **ret);

#endif
