/*
 * What became of a mentee's candidates, as it is stored: up to 32 sentences that differ in nothing
 * but their numbers would be most of a row. The first of its kind is stored whole, and of the
 * others which one that is and their numbers. Pure.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_OUTCOME_TEXT_H
#define CVN_SERVICES_MENTORING_RUNS_OUTCOME_TEXT_H

#include "base/arena.h"
#include "convene/mentoring/v1/match.pb-c.h"

/* Shortens the outcomes of the alternatives, which stay in their order. 0 or -ENOMEM. */
int cvn_outcomes_shorten(Convene__Mentoring__V1__Alternative *const *alternatives, size_t n,
                         struct cvn_arena *arena);

/*
 * Makes them as they were; what is whole already stays so. 0; -EUCLEAN for what nobody shortened
 * so; -ENOMEM.
 */
int cvn_outcomes_restore(Convene__Mentoring__V1__Alternative *const *alternatives, size_t n,
                         struct cvn_arena *arena);

#endif
