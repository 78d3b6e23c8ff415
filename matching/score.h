/* The points of a pair: each term a part of a whole, times its weight. Integers throughout. */
#ifndef CVN_MATCHING_SCORE_H
#define CVN_MATCHING_SCORE_H

#include "matching/matching.h"

enum cvn_match_side { CVN_MATCH_SIDE_MENTEE, CVN_MATCH_SIDE_MENTOR };

enum {
    CVN_MATCH_TAUGHT_FULL = 8, /* eighths of a skill, by how far the mentor is above */
    CVN_MATCH_TAUGHT_ONE_UP = 6,
    CVN_MATCH_TAUGHT_NO_HIGHER = 2,
};

/* What the points of a pair are computed from. */
struct cvn_match_measure {
    uint32_t skills_taught; /* of skills_wanted; below 2^20, see cvn_match_rarity */
    uint32_t skills_wanted;
    int32_t n_goals;
    int32_t n_goals_wanted;
    int32_t n_hours;
    int32_t n_languages;
    int32_t groups;
    int32_t meetup_points;
    int32_t waited_days;
    int32_t mentee_ranked; /* places from 1, 0: none */
    int32_t mentor_ranked;
    bool previous;
};

/* 64 * log2(n) rounded down, exact for n up to CVN_MATCH_MENTORS_MAX; 0 for n = 0. */
uint32_t cvn_match_log2_64ths(uint32_t n);

/*
 * How rare a skill is among mentors, in 64ths, at most 64 * 21. An eighth of a wanted skill is
 * worth rarity times priority, at most 4,032: thirty skills of eight eighths stay below 2^20, so
 * that a thousand times their sum fits 32 bits.
 */
uint32_t cvn_match_rarity(uint32_t n_mentors, uint32_t n_offer);

/* Eighths of a skill that a mentor of one level teaches a mentee of another; 0 for level 0. */
uint32_t cvn_match_taught(uint32_t mentor_level, uint32_t mentee_level);

/* Adds the skills of a pair; worth[i] is rarity times priority of the mentee's skill i. */
void cvn_match_measure_skills(struct cvn_match_measure *measure,
                              const struct cvn_match_person *mentor,
                              const struct cvn_match_person *mentee,
                              const uint32_t worth[CVN_MATCH_SKILLS_MAX]);

/* Adds goals, hours and languages, and how long the mentee waited. */
void cvn_match_measure_people(struct cvn_match_measure *measure,
                              const struct cvn_match_person *mentor,
                              const struct cvn_match_mentee *mentee);

/* Fills in the points of one side and returns their sum, 0 to 9,000. */
int32_t cvn_match_points(const struct cvn_match_measure *measure, enum cvn_match_side side,
                         const struct cvn_match_weights *weights, int16_t points[CVN_MATCH_TERMS]);

/* A part of a weight; a whole of 0 earns nothing. */
static inline uint32_t cvn_match_share(uint32_t weight, uint32_t part, uint32_t whole)
{
    return whole ? weight * part / whole : 0;
}

static inline uint32_t cvn_match_at_most(int32_t n, int32_t most)
{
    return (uint32_t)(n < most ? n : most);
}

/* Bits set in three words: two words' worth of counting for three, without special instructions. */
static inline uint32_t cvn_match_count_hours(const struct cvn_match_hours *a,
                                             const struct cvn_match_hours *b)
{
    uint64_t x = a->bits[0] & b->bits[0], y = a->bits[1] & b->bits[1], z = a->bits[2] & b->bits[2];
    uint64_t ones = x ^ y ^ z, twos = (x & y) | (z & (x ^ y));
    const uint64_t m1 = 0x5555555555555555u, m2 = 0x3333333333333333u, m4 = 0x0f0f0f0f0f0f0f0fu;
    ones -= ones >> 1 & m1;
    twos -= twos >> 1 & m1;
    ones = (ones & m2) + (ones >> 2 & m2);
    twos = (twos & m2) + (twos >> 2 & m2);
    ones = ((ones + (ones >> 4)) & m4) + 2 * ((twos + (twos >> 4)) & m4);
    return (uint32_t)(ones * 0x0101010101010101u >> 56);
}

#endif
