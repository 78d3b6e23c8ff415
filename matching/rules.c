#include "matching/rules.h"

#include <string.h>

enum { WORDS = CVN_MATCH_BLOCK_WORDS };

static void set_all(uint64_t *row)
{
    memset(row, 0xff, WORDS * sizeof *row);
}

static void set_none(uint64_t *row)
{
    memset(row, 0, WORDS * sizeof *row);
}

static void add(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < WORDS; w++)
        row[w] |= other[w];
}

static void remove_from(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < WORDS; w++)
        row[w] &= ~other[w];
}

static bool is_empty(const uint64_t *row)
{
    uint64_t any = 0;
    for (int w = 0; w < WORDS; w++)
        any |= row[w];
    return any == 0;
}

/* The mentors that exist: all but the bits behind the last one. */
static void set_present(uint64_t *row, uint32_t n_mentors, size_t block)
{
    size_t n = n_mentors - block * CVN_MATCH_BLOCK_MENTORS;
    for (size_t w = 0; w < WORDS; w++) {
        size_t before = w * 64;
        if (n >= before + 64)
            row[w] = UINT64_MAX;
        else
            row[w] = n > before ? ((uint64_t)1 << (n - before)) - 1 : 0;
    }
}

static void sieve_language(const struct cvn_match_cohort *cohort,
                           const struct cvn_match_person *person, size_t block,
                           struct cvn_match_sieve *sieve)
{
    uint64_t *row = sieve->rows[CVN_MATCH_RULE_LANGUAGE];
    set_all(row);
    for (uint32_t w = 0; w < 2; w++)
        for (uint64_t left = person->languages.bits[w]; left; left &= left - 1) {
            struct cvn_match_value value = {w * 64 + (uint32_t)__builtin_ctzll(left), 1};
            remove_from(row,
                        cvn_match_vertical_block(&cohort->languages, value, block, sieve->scratch));
        }
}

/* Adds the carry to one bit of the counters and leaves what goes to the next. */
static void count_one(uint64_t *restrict bit, uint64_t *restrict carry)
{
    for (int w = 0; w < WORDS; w++) {
        uint64_t both = bit[w] & carry[w];
        bit[w] ^= carry[w];
        carry[w] = both;
    }
}

/*
 * Counts common hours vertically: bit b of 64 mentors' counters is one word. The counters start at
 * 2^bits - least, so that the carry out of the top says that enough hours have been seen.
 */
static void sieve_hours(const struct cvn_match_cohort *cohort,
                        const struct cvn_match_person *person, size_t block,
                        struct cvn_match_sieve *sieve)
{
    uint32_t least = (uint32_t)cohort->problem->rules.min_common_hours;
    uint32_t bits = least > 1 ? 32 - (uint32_t)__builtin_clz(least - 1) : 0;
    uint32_t start = ((uint32_t)1 << bits) - least;
    uint64_t *row = sieve->rows[CVN_MATCH_RULE_HOURS];
    set_all(row);
    for (uint32_t b = 0; b < bits; b++)
        memset(sieve->counter + b * WORDS, start >> b & 1 ? 0xff : 0, WORDS * sizeof *row);
    for (uint32_t i = 0; i < 3; i++)
        for (uint64_t left = person->hours.bits[i]; left; left &= left - 1) {
            struct cvn_match_value value = {i * 64 + (uint32_t)__builtin_ctzll(left), 1};
            const uint64_t *seen =
                cvn_match_vertical_block(&cohort->hours, value, block, sieve->scratch);
            if (bits) {
                memcpy(sieve->above, seen, WORDS * sizeof *seen);
                seen = sieve->above;
            }
            for (uint32_t b = 0; b < bits; b++)
                count_one(sieve->counter + b * WORDS, sieve->above);
            remove_from(row, seen);
        }
}

/* Fills the rows SKILL and LEVEL: who offers nothing wanted, and who only what is mastered. */
static void sieve_skills(const struct cvn_match_cohort *cohort,
                         const struct cvn_match_person *person, size_t block,
                         struct cvn_match_sieve *sieve)
{
    uint64_t *none = sieve->rows[CVN_MATCH_RULE_SKILL], *level = sieve->rows[CVN_MATCH_RULE_LEVEL];
    set_all(none);
    set_none(sieve->above);
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        struct cvn_match_value value = {skill->skill, 1};
        remove_from(none, cvn_match_vertical_block(&cohort->skills, value, block, sieve->scratch));
        value.level = skill->level + 1u;
        if (value.level <= CVN_MATCH_LEVEL_MAX)
            add(sieve->above,
                cvn_match_vertical_block(&cohort->skills, value, block, sieve->scratch));
    }
    for (int w = 0; w < WORDS; w++)
        level[w] = ~none[w] & ~sieve->above[w];
    if (!cohort->problem->rules.require_skill)
        set_none(none);
    if (!cohort->problem->rules.require_level)
        set_none(level);
}

static void sieve_conflicts(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person, size_t block,
                            struct cvn_match_sieve *sieve)
{
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        struct cvn_match_value value = {cvn_match_cohort_tag(cohort, person->conflict_tags[i]), 1};
        if (value.value != CVN_MATCH_NOBODY)
            add(sieve->rows[CVN_MATCH_RULE_CONFLICT],
                cvn_match_vertical_block(&cohort->tags, value, block, sieve->scratch));
    }
}

/* The flags of a special pair that forbid it. */
static uint8_t obeyed_flags(const struct cvn_match_rules *rules)
{
    return CVN_MATCH_SPECIAL_SELF | CVN_MATCH_SPECIAL_FORBIDDEN | CVN_MATCH_SPECIAL_EXCLUDED |
           (rules->avoid_previous ? CVN_MATCH_SPECIAL_PREVIOUS : 0);
}

static void sieve_specials(const struct cvn_match_cohort *cohort, uint32_t mentee, size_t block,
                           struct cvn_match_sieve *sieve)
{
    uint8_t obeyed = obeyed_flags(&cohort->problem->rules);
    static const struct {
        uint8_t flag;
        uint8_t rule;
    } rules[] = {
        {CVN_MATCH_SPECIAL_SELF, CVN_MATCH_RULE_SELF},
        {CVN_MATCH_SPECIAL_FORBIDDEN, CVN_MATCH_RULE_FORBIDDEN},
        {CVN_MATCH_SPECIAL_EXCLUDED, CVN_MATCH_RULE_EXCLUDED},
        {CVN_MATCH_SPECIAL_PREVIOUS, CVN_MATCH_RULE_PREVIOUS},
    };
    for (size_t i = cohort->specials.first[mentee]; i < cohort->specials.end[mentee]; i++) {
        const struct cvn_match_special *special = &cohort->specials.items[i];
        uint32_t at = special->mentor - (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
        if (at >= CVN_MATCH_BLOCK_MENTORS)
            continue;
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
            if (special->flags & obeyed & rules[r].flag)
                sieve->rows[rules[r].rule][at / 64] |= (uint64_t)1 << at % 64;
    }
}

void cvn_match_sieve_block(const struct cvn_match_cohort *cohort, uint32_t mentee, size_t block,
                           struct cvn_match_sieve *sieve)
{
    const struct cvn_match_rules *rules = &cohort->problem->rules;
    const struct cvn_match_person *person = &cvn_match_cohort_mentee(cohort, mentee)->person;
    uint64_t *allowed = sieve->rows[CVN_MATCH_RULE_NONE];
    set_present(allowed, cohort->mentors.n, block);
    for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++)
        set_none(sieve->rows[r]);
    sieve_specials(cohort, mentee, block, sieve);
    sieve_conflicts(cohort, person, block, sieve);
    if (rules->require_language)
        sieve_language(cohort, person, block, sieve);
    if (rules->require_skill || rules->require_level)
        sieve_skills(cohort, person, block, sieve);
    if (rules->min_common_hours > 0)
        sieve_hours(cohort, person, block, sieve);
    add(sieve->rows[CVN_MATCH_RULE_SEATS], cohort->full + block * WORDS);
    for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++)
        remove_from(allowed, sieve->rows[r]);
}

static void keep(uint64_t *restrict row, const uint64_t *restrict other)
{
    for (int w = 0; w < WORDS; w++)
        row[w] &= other[w];
}

/* Keeps those who offer something wanted, and as the rules ask above the mentee in some of it. */
static void keep_skilled(const struct cvn_match_cohort *cohort,
                         const struct cvn_match_person *person, size_t block,
                         struct cvn_match_sieve *sieve)
{
    const struct cvn_match_rules *rules = &cohort->problem->rules;
    uint64_t *some = sieve->rows[CVN_MATCH_RULE_SKILL];
    set_none(some);
    if (!rules->require_skill) {
        sieve_skills(cohort, person, block, sieve);
        remove_from(sieve->rows[CVN_MATCH_RULE_NONE], sieve->rows[CVN_MATCH_RULE_LEVEL]);
        return;
    }
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        struct cvn_match_value value = {skill->skill, rules->require_level ? skill->level + 1u : 1};
        if (value.level <= CVN_MATCH_LEVEL_MAX)
            add(some, cvn_match_vertical_block(&cohort->skills, value, block, sieve->scratch));
    }
    keep(sieve->rows[CVN_MATCH_RULE_NONE], some);
}

static void drop_conflicts_and_specials(const struct cvn_match_cohort *cohort, uint32_t mentee,
                                        size_t block, struct cvn_match_sieve *sieve)
{
    const struct cvn_match_person *person = &cvn_match_cohort_mentee(cohort, mentee)->person;
    uint64_t *allowed = sieve->rows[CVN_MATCH_RULE_NONE];
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        struct cvn_match_value value = {cvn_match_cohort_tag(cohort, person->conflict_tags[i]), 1};
        if (value.value != CVN_MATCH_NOBODY)
            remove_from(allowed,
                        cvn_match_vertical_block(&cohort->tags, value, block, sieve->scratch));
    }
    uint8_t obeyed = obeyed_flags(&cohort->problem->rules);
    for (size_t i = cohort->specials.first[mentee]; i < cohort->specials.end[mentee]; i++) {
        const struct cvn_match_special *special = &cohort->specials.items[i];
        uint32_t at = special->mentor - (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
        if (at < CVN_MATCH_BLOCK_MENTORS && (special->flags & obeyed))
            allowed[at / 64] &= ~((uint64_t)1 << at % 64);
    }
}

bool cvn_match_allow_block(const struct cvn_match_cohort *cohort, uint32_t mentee, size_t block,
                           struct cvn_match_sieve *sieve)
{
    const struct cvn_match_rules *rules = &cohort->problem->rules;
    const struct cvn_match_person *person = &cvn_match_cohort_mentee(cohort, mentee)->person;
    uint64_t *allowed = sieve->rows[CVN_MATCH_RULE_NONE];
    set_present(allowed, cohort->mentors.n, block);
    if (rules->require_skill || rules->require_level)
        keep_skilled(cohort, person, block, sieve);
    if (rules->require_language) {
        sieve_language(cohort, person, block, sieve);
        remove_from(allowed, sieve->rows[CVN_MATCH_RULE_LANGUAGE]);
    }
    remove_from(allowed, cohort->full + block * WORDS);
    if (is_empty(allowed))
        return false;
    if (rules->min_common_hours > 0) {
        sieve_hours(cohort, person, block, sieve);
        remove_from(allowed, sieve->rows[CVN_MATCH_RULE_HOURS]);
    }
    drop_conflicts_and_specials(cohort, mentee, block, sieve);
    return !is_empty(allowed);
}

void cvn_match_count_removed(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             struct cvn_match_sieve *sieve, struct cvn_match_removed *ret)
{
    *ret = (struct cvn_match_removed){0};
    uint64_t present[WORDS];
    for (size_t block = 0; block < cohort->n_blocks; block++) {
        cvn_match_sieve_block(cohort, mentee, block, sieve);
        set_present(present, cohort->mentors.n, block);
        for (int w = 0; w < WORDS && present[w]; w++) {
            uint64_t once = 0, again = 0;
            for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++) {
                uint64_t row = sieve->rows[r][w];
                again |= once & row;
                once |= row;
            }
            for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++) {
                uint64_t row = sieve->rows[r][w] & present[w];
                ret->by[r] += __builtin_popcountll(row);
                ret->alone[r] += __builtin_popcountll(row & ~again);
            }
            ret->n_allowed += __builtin_popcountll(sieve->rows[CVN_MATCH_RULE_NONE][w]);
        }
    }
}
