/* The hard rules for one mentee against a whole block of mentors at once. */
#ifndef CVN_MATCHING_RULES_H
#define CVN_MATCHING_RULES_H

#include "matching/cohort.h"

/* By rule the mentors of a block that it removes; under NONE those that no rule removes. */
struct cvn_match_sieve {
    uint64_t rows[CVN_MATCH_RULES][CVN_MATCH_BLOCK_WORDS];
    uint64_t scratch[CVN_MATCH_BLOCK_WORDS];
    uint64_t above[CVN_MATCH_BLOCK_WORDS];
    uint64_t counters[CVN_MATCH_BLOCK_WORDS * 6]; /* 6 bits count to CVN_MATCH_MIN_HOURS_MAX */
};

/* Fills every row of the sieve for a mentee and a block. */
void cvn_match_sieve_block(const struct cvn_match_cohort *cohort, uint32_t mentee, size_t block,
                           struct cvn_match_sieve *sieve);

/* Part of that, SKILL and LEVEL: who offers nothing wanted, and who only what is mastered. */
void cvn_match_sieve_skills(const struct cvn_match_cohort *cohort,
                            const struct cvn_match_person *person, size_t block,
                            struct cvn_match_sieve *sieve);

/* Whether no rule removes the mentor of a pair of which something special is known. */
bool cvn_match_allow_special(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             const struct cvn_match_special *special);

/* Counts what each rule does to a mentee's choice among all mentors. */
void cvn_match_count_removed(const struct cvn_match_cohort *cohort, uint32_t mentee,
                             struct cvn_match_sieve *sieve, struct cvn_match_removed *ret);

#endif
