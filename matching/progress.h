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

/*
 * Work of one phase that goes through several loops: told of after every so many steps, whichever
 * loop takes them.
 */
struct cvn_match_pace {
    const struct cvn_match_progress *progress;
    enum cvn_match_phase phase;
    uint64_t done;
    uint64_t total; /* as it was guessed; done may be more in the end */
    uint64_t next;  /* when to tell */
};

enum { CVN_MATCH_PACE_STEPS = 1 << 14 };

/* Tells, without a step done. 0 or CVN_MATCH_CANCELLED. */
static inline int cvn_match_breathe(struct cvn_match_pace *pace)
{
    if (!pace)
        return 0;
    pace->next = pace->done + CVN_MATCH_PACE_STEPS;
    return cvn_match_tell(pace->progress, pace->phase,
                          pace->done < pace->total ? pace->done : pace->total, pace->total);
}

/* n more steps are done. 0 or CVN_MATCH_CANCELLED; a pace of NULL is nobody's. */
static inline int cvn_match_step(struct cvn_match_pace *pace, uint64_t n)
{
    if (!pace || (pace->done += n) < pace->next)
        return 0;
    return cvn_match_breathe(pace);
}

#endif
