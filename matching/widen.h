/*
 * From the candidates to all pairs, in rounds: everybody is seated, those who could do better with
 * somebody who is no candidate get them as candidates as well, and so on until nobody could.
 *
 * STABLE: who is refused by all candidates goes on to the mentors who would have them. As mentors
 * only get to like their mentees better, the end is the stable matching over lists of everybody.
 * The other modes: who would profit more from others at the prices of seats (column generation:
 * Ford and Fulkerson 1958, Gilmore and Gomory 1961). That ends close to the best, and with a bound;
 * how many are placed, and FAIR's floor, come first and have covers for prices.
 */
#ifndef CVN_MATCHING_WIDEN_H
#define CVN_MATCHING_WIDEN_H

#include "matching/listing.h"
#include "matching/seating.h"

/*
 * Each round finds somebody for somebody; a handful is usual. Where one person's move makes the
 * next one's possible, along a chain of many, it may take as many; what the gap tells holds then as
 * well.
 */
enum { CVN_MATCH_WIDEN_ROUNDS_MAX = 256 };

/*
 * Seats everybody. *listing, a use of which is the caller's, is replaced by a wider one, which the
 * places in the seating are of; the seating's gap is filled in. progress hears of
 * CVN_MATCH_PHASE_SOLVE alone, once. 0, CVN_MATCH_CANCELLED or -ENOMEM, each with a seating to be
 * deinitialised.
 */
int cvn_match_widen(const struct cvn_match_cohort *cohort, enum cvn_match_mode mode,
                    const struct cvn_match_progress *progress, struct cvn_match_listing **listing,
                    struct cvn_match_seating *seating);

#endif
