/*
 * Mentors by attribute: for each skill, language, hour or tag one bit for each mentor, so that one
 * machine word decides 64 mentors at once. Attributes of few mentors are lists of them instead,
 * which keeps the memory linear in what was given; both are read as blocks of bits.
 */
#ifndef CVN_MATCHING_VERTICAL_H
#define CVN_MATCHING_VERTICAL_H

#include "matching/progress.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_MATCH_BLOCK_WORDS = 64,
    CVN_MATCH_BLOCK_MENTORS = CVN_MATCH_BLOCK_WORDS * 64,
    CVN_MATCH_VALUES_MAX = 168, /* of one mentor in one vertical */
};

/* One attribute of a mentor; the level is 1 to n_levels. */
struct cvn_match_value {
    uint32_t value;
    uint32_t level;
};

struct cvn_match_vertical {
    uint32_t n_mentors;
    uint32_t n_values;
    uint32_t n_levels;
    uint32_t list_below; /* values of fewer than one mentor in so many are lists */
    size_t plane_words;  /* whole blocks */
    uint32_t *counts;    /* mentors by value */
    uint32_t *places;    /* by value: number of the first plane, or of the first posting */
    uint32_t *postings;  /* mentor << 3 | level, ascending by mentor within a value */
    uint64_t *planes;    /* n_levels in a row for a value: mentors of at least that level */
};

/* Where a vertical takes its values from. */
struct cvn_match_vertical_source {
    uint32_t n_mentors;
    uint32_t n_values;
    uint32_t n_levels; /* at most 7 */
    /* Fills in the values of one mentor, each once, and returns how many; called repeatedly. */
    uint32_t (*read)(const void *context, uint32_t mentor,
                     struct cvn_match_value values[CVN_MATCH_VALUES_MAX]);
    const void *context;
};

/* Two steps of a pace, which may be NULL, for each mentor. 0, CVN_MATCH_CANCELLED or -ENOMEM. */
int cvn_match_vertical_init(struct cvn_match_vertical *vertical,
                            const struct cvn_match_vertical_source *source,
                            struct cvn_match_pace *pace);

/* A zeroed vertical is accepted. */
void cvn_match_vertical_deinit(struct cvn_match_vertical *vertical);

/*
 * The bits of one block: the mentors that have the value with at least this level (from 1). Points
 * into the vertical or to scratch, which is then filled.
 */
const uint64_t *cvn_match_vertical_block(const struct cvn_match_vertical *vertical,
                                         struct cvn_match_value value, size_t block,
                                         uint64_t scratch[CVN_MATCH_BLOCK_WORDS]);

/* Likewise for several levels of one value, ascending: points rows into the vertical or to room. */
void cvn_match_vertical_rows(const struct cvn_match_vertical *vertical, uint32_t value,
                             const uint32_t *levels, uint32_t n_levels, size_t block,
                             uint64_t (*room)[CVN_MATCH_BLOCK_WORDS], const uint64_t **rows);

#endif
