/* A matching problem as bytes, so that what a run was made from can be asked about later. Pure. */
#ifndef CVN_COHORT_PROBLEM_BYTES_H
#define CVN_COHORT_PROBLEM_BYTES_H

#include "base/arena.h"
#include "base/slice.h"
#include "matching/matching.h"

/*
 * Writes a problem, all but how many threads work on it, in the arena; mentors and mentees are in
 * the order of their ids, and whoever is in shared is among them. 0 or -ENOMEM.
 */
int cvn_problem_write(const struct cvn_match_problem *problem, struct cvn_arena *arena,
                      struct cvn_slice *ret);

/*
 * Reads one into the arena; it does not point into the bytes. Numbers are as they were written, not
 * checked against the limits of the library. 0; -EBADMSG when the bytes are no problem; -ENOMEM.
 */
int cvn_problem_read(struct cvn_slice bytes, struct cvn_arena *arena,
                     struct cvn_match_problem *ret);

#endif
