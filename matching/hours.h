/* Hours in common, counted for a whole block of mentors at once. */
#ifndef CVN_MATCHING_HOURS_H
#define CVN_MATCHING_HOURS_H

#include "matching/rows.h"
#include "matching/rules.h"

/*
 * Fills row with those of a block who have fewer than so many hours in common with a person, from 1
 * to CVN_MATCH_MIN_HOURS_MAX. Vertically: bit b of 64 mentors' counters is one word. The counters
 * start at 2^bits - least, so that the carry out of the top says that enough hours have been seen.
 */
CVN_MATCH_INLINE void cvn_match_hours_row(const struct cvn_match_cohort *cohort,
                                          const struct cvn_match_person *person, size_t block,
                                          uint32_t least, struct cvn_match_sieve *sieve,
                                          uint64_t *restrict row)
{
    uint32_t bits = least > 1 ? 32 - (uint32_t)__builtin_clz(least - 1) : 0;
    uint32_t start = ((uint32_t)1 << bits) - least;
    cvn_match_row_fill(row);
    for (uint32_t b = 0; b < bits; b++)
        memset(sieve->counters + b * CVN_MATCH_BLOCK_WORDS, start >> b & 1 ? 0xff : 0,
               CVN_MATCH_ROW_BYTES);
    for (uint32_t i = 0; i < 3; i++)
        for (uint64_t left = person->hours.bits[i]; left; left &= left - 1) {
            struct cvn_match_value value = {i * 64 + (uint32_t)__builtin_ctzll(left), 1};
            const uint64_t *seen =
                cvn_match_vertical_block(&cohort->hours, value, block, sieve->scratch);
            if (bits) {
                memcpy(sieve->above, seen, CVN_MATCH_ROW_BYTES);
                cvn_match_row_count(sieve->counters, bits, sieve->above);
                seen = sieve->above;
            }
            cvn_match_row_remove(row, seen);
        }
}

#endif
