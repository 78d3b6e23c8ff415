/*
 * The mentors of a block who can still matter to a mentee, far fewer than there are: the rules and
 * what it takes at least are decided 64 mentors at a time, what they teach is summed from the same
 * bits, and only who is left is looked at one by one.
 */
#ifndef CVN_MATCHING_SIFT_H
#define CVN_MATCHING_SIFT_H

#include "matching/lesson.h"
#include "matching/rules.h"
#include "matching/wish.h"

/* A mentor whom no rule removes, and what the two have in common. */
struct cvn_match_prospect {
    uint32_t mentor;
    uint32_t taught;
    uint32_t n_goals;
    uint32_t n_hours;
    uint32_t n_languages;
};

/*
 * What mentors may have in common with a mentee, and how much of what the bar asks each is worth at
 * most, in CVN_MATCH_TALLY_FULL-ths, rounded up.
 */
enum {
    CVN_MATCH_TALLY_BITS = 5,
    CVN_MATCH_TALLY_FULL = 1 << CVN_MATCH_TALLY_BITS,
    CVN_MATCH_TALLY_EACH = 8, /* goals, and languages; more of them are taken for granted */
    CVN_MATCH_TALLY_ROWS = CVN_MATCH_LESSONS_MAX + 2 * CVN_MATCH_TALLY_EACH,
};

struct cvn_match_tally {
    uint32_t n;
    const uint64_t *rows[CVN_MATCH_TALLY_ROWS];
    uint32_t parts[CVN_MATCH_TALLY_ROWS];
    uint64_t room[2 * CVN_MATCH_TALLY_EACH][CVN_MATCH_BLOCK_WORDS];
};

/* One thread's. */
struct cvn_match_sifter {
    const struct cvn_match_cohort *cohort;
    bool is_wide; /* works in registers of 256 bits; what it lists is the same */
    struct cvn_match_sieve sieve;
    struct cvn_match_lessons lessons;
    struct cvn_match_tally tally;
    struct cvn_match_prospect prospects[CVN_MATCH_BLOCK_MENTORS];
};

/* In wide registers where the machine has them. The cohort must outlive the sifter. */
void cvn_match_sifter_init(struct cvn_match_sifter *sifter, const struct cvn_match_cohort *cohort);

/* Before blocks are sifted for another mentee. */
static inline void cvn_match_sift_for(struct cvn_match_sifter *sifter,
                                      const struct cvn_match_wish *wish)
{
    cvn_match_lessons_list(&sifter->lessons, wish->person, wish->worth);
}

/*
 * Lists in prospects those of a block who pass every rule and fall short of the bar in nothing, but
 * for those of whom something special is known (special.h). Returns how many.
 */
uint32_t cvn_match_sift(struct cvn_match_sifter *sifter, uint32_t mentee,
                        const struct cvn_match_wish *wish, const struct cvn_match_bar *bar,
                        size_t block);

/* Points of a prospect. */
static inline int32_t cvn_match_prospect_points(const struct cvn_match_prospect *prospect,
                                                const struct cvn_match_wish *wish)
{
    return wish->same + cvn_match_wish_skills(wish, prospect->taught) +
           wish->goals[prospect->n_goals] +
           wish->hours[cvn_match_at_most((int32_t)prospect->n_hours, CVN_MATCH_FULL_HOURS)] +
           wish->languages[cvn_match_at_most((int32_t)prospect->n_languages,
                                             CVN_MATCH_FULL_LANGUAGES)];
}

#endif
