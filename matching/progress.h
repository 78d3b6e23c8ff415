/* Telling the caller how far a run is, at bounded intervals of work. */
#ifndef CVN_MATCHING_PROGRESS_H
#define CVN_MATCHING_PROGRESS_H

#include "matching/matching.h"

/* Pairs of people that may pass between two calls: below a few milliseconds of work. */
enum { CVN_MATCH_PROGRESS_PAIRS = 1 << 18 };

/* 0 or CVN_MATCH_CANCELLED. */
static inline int cvn_match_tell(const struct cvn_match_progress *progress,
                                 enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    if (!progress || !progress->call || progress->call(progress->context, phase, done, total))
        return 0;
    return CVN_MATCH_CANCELLED;
}

/* After how many of a side to tell, where each of them meets n_others. */
static inline uint64_t cvn_match_tell_every(uint64_t n_others)
{
    return n_others < CVN_MATCH_PROGRESS_PAIRS ? CVN_MATCH_PROGRESS_PAIRS / (n_others + 1) + 1 : 1;
}

#endif
