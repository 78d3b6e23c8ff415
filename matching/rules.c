#include "matching/rules.h"

#include "matching/hours.h"
#include "matching/rows.h"
#include "matching/score.h"

enum { WORDS = CVN_MATCH_BLOCK_WORDS };

static void sieve_language(const struct cvn_match_cohort *cohort,
                           const struct cvn_match_person *person, size_t block,
                           struct cvn_match_sieve *sieve)
{
    uint64_t *row = sieve->rows[CVN_MATCH_RULE_LANGUAGE];
    cvn_match_row_fill(row);
    for (uint32_t w = 0; w < 2; w++)
        for (uint64_t left = person->languages.bits[w]; left; left &= left - 1) {
            struct cvn_match_value value = {w * 64 + (uint32_t)__builtin_ctzll(left), 1};
            cvn_match_row_remove(
                row, cvn_match_vertical_block(&cohort->languages, value, block, sieve->scratch));
        }
}

void cvn_match_sieve_skills(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person, size_t block,
                            struct cvn_match_sieve *sieve)
{
    uint64_t *none = sieve->rows[CVN_MATCH_RULE_SKILL], *level = sieve->rows[CVN_MATCH_RULE_LEVEL];
    cvn_match_row_fill(none);
    cvn_match_row_clear(sieve->above);
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        struct cvn_match_value value = {skill->skill, 1};
        cvn_match_row_remove(
            none, cvn_match_vertical_block(&cohort->skills, value, block, sieve->scratch));
        value.level = skill->level + 1u;
        if (value.level <= CVN_MATCH_LEVEL_MAX)
            cvn_match_row_add(sieve->above, cvn_match_vertical_block(&cohort->skills, value, block,
                                                                     sieve->scratch));
    }
    for (int w = 0; w < WORDS; w++)
        level[w] = ~none[w] & ~sieve->above[w];
    if (!cohort->problem->rules.require_skill)
        cvn_match_row_clear(none);
    if (!cohort->problem->rules.require_level)
        cvn_match_row_clear(level);
}

static void sieve_conflicts(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person, size_t block,
                            struct cvn_match_sieve *sieve)
{
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        struct cvn_match_value value = {cvn_match_cohort_tag(cohort, person->conflict_tags[i]), 1};
        if (value.value != CVN_MATCH_NOBODY)
            cvn_match_row_add(
                sieve->rows[CVN_MATCH_RULE_CONFLICT],
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
    cvn_match_row_present(allowed, cohort->mentors.n, block);
    for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++)
        cvn_match_row_clear(sieve->rows[r]);
    sieve_specials(cohort, mentee, block, sieve);
    sieve_conflicts(cohort, person, block, sieve);
    if (rules->require_language)
        sieve_language(cohort, person, block, sieve);
    if (rules->require_skill || rules->require_level)
        cvn_match_sieve_skills(cohort, person, block, sieve);
    if (rules->min_common_hours > 0)
        cvn_match_hours_row(cohort, person, block, (uint32_t)rules->min_common_hours, sieve,
                            sieve->rows[CVN_MATCH_RULE_HOURS]);
    cvn_match_row_add(sieve->rows[CVN_MATCH_RULE_SEATS], cohort->full + block * WORDS);
    for (int r = CVN_MATCH_RULE_SELF; r < CVN_MATCH_RULES; r++)
        cvn_match_row_remove(allowed, sieve->rows[r]);
}

static bool skills_allow(const struct cvn_match_rules *rules, const struct cvn_match_person *mentor,
                         const struct cvn_match_person *mentee)
{
    bool some = false, above = false;
    for (size_t i = 0; i < mentee->n_skills; i++)
        for (size_t j = 0; j < mentor->n_skills; j++)
            if (mentor->skills[j].skill == mentee->skills[i].skill) {
                some = true;
                above = above || mentor->skills[j].level > mentee->skills[i].level;
            }
    return some ? above || !rules->require_level : !rules->require_skill;
}

static bool are_in_conflict(const struct cvn_match_person *a, const struct cvn_match_person *b)
{
    for (size_t i = 0; i < a->n_conflict_tags; i++)
        for (size_t j = 0; j < b->n_conflict_tags; j++)
            if (a->conflict_tags[i] == b->conflict_tags[j])
                return true;
    return false;
}

bool cvn_match_allow_special(const struct cvn_match_cohort *cohort, uint32_t mentee_at,
                             const struct cvn_match_special *special)
{
    const struct cvn_match_rules *rules = &cohort->problem->rules;
    const struct cvn_match_person *mentee = &cvn_match_cohort_mentee(cohort, mentee_at)->person;
    const struct cvn_match_person *mentor =
        &cvn_match_cohort_mentor(cohort, special->mentor)->person;
    uint64_t spoken = 0;
    for (int i = 0; i < 2; i++)
        spoken |= mentor->languages.bits[i] & mentee->languages.bits[i];
    return !(special->flags & obeyed_flags(rules)) && cohort->seats[special->mentor] > 0 &&
           (spoken || !rules->require_language) &&
           (int32_t)cvn_match_count_hours(&mentor->hours, &mentee->hours) >=
               rules->min_common_hours &&
           skills_allow(rules, mentor, mentee) && !are_in_conflict(mentor, mentee);
}

void cvn_match_count_removed(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             struct cvn_match_sieve *sieve, struct cvn_match_removed *ret)
{
    *ret = (struct cvn_match_removed){0};
    uint64_t present[WORDS];
    for (size_t block = 0; block < cohort->n_blocks; block++) {
        cvn_match_sieve_block(cohort, mentee, block, sieve);
        cvn_match_row_present(present, cohort->mentors.n, block);
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
