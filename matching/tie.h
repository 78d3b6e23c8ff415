/* Numbers drawn from a seed and stable ids, so that no tie is ever broken by a position. */
#ifndef CVN_MATCHING_TIE_H
#define CVN_MATCHING_TIE_H

#include "base/id.h"

#include <stdint.h>

/* The two halves of cvn_match_tie, kept per person by who needs many ties. */
uint64_t cvn_match_tie_mentor_key(uint64_t seed, const struct cvn_id *mentor_id);
uint64_t cvn_match_tie_mentee_key(uint64_t seed, const struct cvn_id *mentee_id);

/* The finaliser of splitmix64 (Steele, Lea and Flood 2014): a bijection that spreads every bit. */
static inline uint64_t cvn_match_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline uint64_t cvn_match_tie_of_keys(uint64_t mentor_key, uint64_t mentee_key)
{
    return cvn_match_mix(mentor_key ^ mentee_key);
}

#endif
