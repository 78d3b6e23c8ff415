/* What a run hands out, and what explaining needs of it. */
#ifndef CVN_MATCHING_RESULT_H
#define CVN_MATCHING_RESULT_H

#include "matching/listing.h"
#include "matching/seating.h"

struct cvn_match_result {
    struct cvn_match_answer answer; /* points to what follows */
    struct cvn_match_pair *pairs;
    struct cvn_match_unmatched *unmatched;
    struct cvn_id *mentor_ids;
    struct cvn_id *mentee_ids;
    struct cvn_match_listing *listing;
    struct cvn_match_assignment proof;
};

/*
 * Puts the answer together; shares the listing, and takes the proof out of the seating. 0,
 * CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_result_new(const struct cvn_match_cohort *cohort, struct cvn_match_listing *listing,
                         struct cvn_match_seating *seating,
                         const struct cvn_match_progress *progress, struct cvn_match_result **ret);

#endif
