/* Rows of bits, one for each mentor of a block. */
#ifndef CVN_MATCHING_ROWS_H
#define CVN_MATCHING_ROWS_H

#include "matching/vertical.h"

#include <stdbool.h>
#include <string.h>

/*
 * For what works on rows: it becomes part of whoever calls it, and so is compiled for the wider
 * registers where the caller is (sift.c).
 */
#define CVN_MATCH_INLINE static inline __attribute__((always_inline))

enum { CVN_MATCH_ROW_BYTES = CVN_MATCH_BLOCK_WORDS * sizeof(uint64_t) };

CVN_MATCH_INLINE void cvn_match_row_fill(uint64_t *row)
{
    memset(row, 0xff, CVN_MATCH_ROW_BYTES);
}

CVN_MATCH_INLINE void cvn_match_row_clear(uint64_t *row)
{
    memset(row, 0, CVN_MATCH_ROW_BYTES);
}

CVN_MATCH_INLINE void cvn_match_row_add(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++)
        row[w] |= other[w];
}

CVN_MATCH_INLINE void cvn_match_row_keep(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++)
        row[w] &= other[w];
}

CVN_MATCH_INLINE void cvn_match_row_remove(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++)
        row[w] &= ~other[w];
}

CVN_MATCH_INLINE bool cvn_match_row_is_empty(const uint64_t *row)
{
    uint64_t any = 0;
    for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++)
        any |= row[w];
    return any == 0;
}

/* Adds a row to counters of so many bits, each a row, and leaves in it what overflows them. */
CVN_MATCH_INLINE void cvn_match_row_count(uint64_t *restrict counters, uint32_t bits,
                                          uint64_t *restrict row)
{
    for (uint32_t b = 0; b < bits; b++)
        for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++) {
            uint64_t *bit = &counters[b * CVN_MATCH_BLOCK_WORDS + w], both = *bit & row[w];
            *bit ^= row[w];
            row[w] = both;
        }
}

/* The mentors that exist: all but the bits behind the last one. */
CVN_MATCH_INLINE void cvn_match_row_present(uint64_t *row, uint32_t n_mentors, size_t block)
{
    size_t n = n_mentors - block * CVN_MATCH_BLOCK_MENTORS;
    for (size_t w = 0; w < CVN_MATCH_BLOCK_WORDS; w++) {
        size_t before = w * 64;
        if (n >= before + 64)
            row[w] = UINT64_MAX;
        else
            row[w] = n > before ? ((uint64_t)1 << (n - before)) - 1 : 0;
    }
}

#endif
