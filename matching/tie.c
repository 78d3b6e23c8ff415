#include "matching/tie.h"

#include "matching/matching.h"

/* Big-endian by hand, so that every machine draws the same. */
static uint64_t half(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint64_t draw(uint64_t seed, uint64_t purpose, const struct cvn_id *id)
{
    uint64_t h = cvn_match_mix(seed ^ cvn_match_mix(purpose));
    h = cvn_match_mix(h ^ half(id->bytes));
    return cvn_match_mix(h ^ half(id->bytes + 8));
}

uint64_t cvn_match_lottery(uint64_t seed, const struct cvn_id *mentee_id)
{
    return draw(seed, 1, mentee_id);
}

uint64_t cvn_match_tie_mentor_key(uint64_t seed, const struct cvn_id *mentor_id)
{
    return draw(seed, 2, mentor_id);
}

uint64_t cvn_match_tie_mentee_key(uint64_t seed, const struct cvn_id *mentee_id)
{
    return draw(seed, 3, mentee_id);
}

uint64_t cvn_match_tie(uint64_t seed, const struct cvn_id *mentor_id,
                       const struct cvn_id *mentee_id)
{
    return cvn_match_tie_of_keys(cvn_match_tie_mentor_key(seed, mentor_id),
                                 cvn_match_tie_mentee_key(seed, mentee_id));
}
