#include "matching/score.h"

/*
 * By squaring a mantissa of 32 bits six times, each time one more bit of the logarithm. What the
 * cut mantissa loses could only matter if n^64 came within a millionth of a power of two; a test
 * compares with exact powers.
 */
uint32_t cvn_match_log2_64ths(uint32_t n)
{
    if (n == 0)
        return 0;
    uint32_t whole = 31 - (uint32_t)__builtin_clz(n), log = whole;
    uint64_t mantissa = (uint64_t)n << (31 - whole); /* 1.0 is 2^31 */
    for (int bit = 0; bit < 6; bit++) {
        mantissa = mantissa * mantissa >> 31;
        log <<= 1;
        if (mantissa >> 32) {
            mantissa >>= 1;
            log |= 1;
        }
    }
    return log;
}

uint32_t cvn_match_rarity(uint32_t n_mentors, uint32_t n_offer)
{
    return 64 + cvn_match_log2_64ths(n_mentors) - cvn_match_log2_64ths(n_offer);
}

uint32_t cvn_match_taught(uint32_t mentor_level, uint32_t mentee_level)
{
    if (mentor_level == 0)
        return 0;
    if (mentor_level >= mentee_level + 2)
        return CVN_MATCH_TAUGHT_FULL;
    return mentor_level > mentee_level ? CVN_MATCH_TAUGHT_ONE_UP : CVN_MATCH_TAUGHT_NO_HIGHER;
}

static uint32_t level_of(const struct cvn_match_person *mentor, uint32_t skill)
{
    for (size_t i = 0; i < mentor->n_skills; i++)
        if (mentor->skills[i].skill == skill)
            return mentor->skills[i].level;
    return 0;
}

void cvn_match_measure_skills(struct cvn_match_measure *measure,
                              const struct cvn_match_person *mentor,
                              const struct cvn_match_person *mentee,
                              const uint32_t worth[CVN_MATCH_SKILLS_MAX])
{
    for (size_t i = 0; i < mentee->n_skills; i++) {
        const struct cvn_match_skill *skill = &mentee->skills[i];
        measure->skills_wanted += worth[i] * CVN_MATCH_TAUGHT_FULL;
        measure->skills_taught +=
            worth[i] * cvn_match_taught(level_of(mentor, skill->skill), skill->level);
    }
}

void cvn_match_measure_people(struct cvn_match_measure *measure,
                              const struct cvn_match_person *mentor,
                              const struct cvn_match_mentee *mentee)
{
    const struct cvn_match_person *person = &mentee->person;
    measure->n_goals = __builtin_popcount(mentor->goals & person->goals);
    measure->n_goals_wanted = __builtin_popcount(person->goals);
    measure->n_hours = (int32_t)cvn_match_count_hours(&mentor->hours, &person->hours);
    for (int i = 0; i < 2; i++)
        measure->n_languages +=
            __builtin_popcountll(mentor->languages.bits[i] & person->languages.bits[i]);
    measure->waited_days = mentee->waited_days;
}

/* In fortieths: one's own ranking counts double that of the other side. */
static uint32_t ranking(int32_t own, int32_t other)
{
    uint32_t fortieths = 0;
    if (own)
        fortieths += 2 * (uint32_t)(CVN_MATCH_RANKED_MAX + 1 - own);
    if (other)
        fortieths += (uint32_t)(CVN_MATCH_RANKED_MAX + 1 - other);
    return fortieths < 2 * CVN_MATCH_RANKED_MAX ? fortieths : 2 * CVN_MATCH_RANKED_MAX;
}

int32_t cvn_match_points(const struct cvn_match_measure *measure, enum cvn_match_side side,
                         const struct cvn_match_weights *weights, int16_t points[CVN_MATCH_TERMS])
{
    bool mentee = side == CVN_MATCH_SIDE_MENTEE;
    int32_t own = mentee ? measure->mentee_ranked : measure->mentor_ranked;
    int32_t other = mentee ? measure->mentor_ranked : measure->mentee_ranked;
    const struct {
        uint32_t part, whole;
    } shares[CVN_MATCH_TERMS] = {
        [CVN_MATCH_TERM_SKILLS] = {measure->skills_taught, measure->skills_wanted},
        [CVN_MATCH_TERM_GOALS] = {(uint32_t)measure->n_goals, (uint32_t)measure->n_goals_wanted},
        [CVN_MATCH_TERM_HOURS] = {cvn_match_at_most(measure->n_hours, CVN_MATCH_FULL_HOURS),
                                  CVN_MATCH_FULL_HOURS},
        [CVN_MATCH_TERM_LANGUAGES] = {cvn_match_at_most(measure->n_languages,
                                                        CVN_MATCH_FULL_LANGUAGES),
                                      CVN_MATCH_FULL_LANGUAGES},
        [CVN_MATCH_TERM_GROUPS] = {cvn_match_at_most(measure->groups, CVN_MATCH_FULL_GROUPS),
                                   CVN_MATCH_FULL_GROUPS},
        [CVN_MATCH_TERM_MEETUPS] = {(uint32_t)measure->meetup_points, CVN_MATCH_MEETUP_POINTS_MAX},
        [CVN_MATCH_TERM_PREVIOUS] = {measure->previous, 1},
        [CVN_MATCH_TERM_WAITING] = {cvn_match_at_most(measure->waited_days,
                                                      CVN_MATCH_FULL_WAITED_DAYS),
                                    CVN_MATCH_FULL_WAITED_DAYS},
        [CVN_MATCH_TERM_RANKING] = {ranking(own, other), 2 * CVN_MATCH_RANKED_MAX},
    };
    int32_t sum = 0;
    for (int t = 0; t < CVN_MATCH_TERMS; t++) {
        points[t] =
            (int16_t)cvn_match_share((uint32_t)weights->points[t], shares[t].part, shares[t].whole);
        sum += points[t];
    }
    return sum;
}
