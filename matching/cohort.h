/*
 * A problem prepared for solving: everybody in the order of their ids, mentors by attribute, and
 * what is known of single pairs. Read only once made.
 */
#ifndef CVN_MATCHING_COHORT_H
#define CVN_MATCHING_COHORT_H

#include "matching/directory.h"
#include "matching/matching.h"
#include "matching/special.h"
#include "matching/vertical.h"

/* The part of a mentor that scoring reads most, in one line of the cache. */
struct cvn_match_lean_mentor {
    _Alignas(64) struct cvn_match_hours hours;
    struct cvn_match_languages languages;
    uint64_t tie_key;
    uint32_t goals;
};

struct cvn_match_cohort {
    const struct cvn_match_problem *problem;
    struct cvn_match_directory mentors;
    struct cvn_match_directory mentees;
    struct cvn_match_specials specials;
    struct cvn_match_vertical skills;
    struct cvn_match_vertical languages;
    struct cvn_match_vertical hours;
    struct cvn_match_vertical tags;
    struct cvn_match_vertical aims; /* by goal */
    uint32_t *rarity;               /* by skill, see cvn_match_rarity */
    uint32_t *tag_names;            /* the mentors' distinct conflict tags, ascending */
    uint32_t n_tags;
    struct cvn_match_lean_mentor *lean;
    uint32_t *alike;  /* mentees in the order of alike.h */
    uint32_t *locked; /* by mentee: the mentor, or CVN_MATCH_NOBODY */
    uint8_t *seats;   /* by mentor: free after the locked pairs */
    uint64_t *full;   /* bits of the mentors without a free seat, whole blocks */
    uint64_t *open;   /* those with one */
    size_t n_blocks;
};

/*
 * Of a valid problem whose directories are given, which it owns from then on, also on failure; as
 * many steps of a pace, which may be NULL, as its parts take. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 * The problem must outlive the cohort.
 */
int cvn_match_cohort_init(struct cvn_match_cohort *cohort, const struct cvn_match_problem *problem,
                          struct cvn_match_directory *mentors, struct cvn_match_directory *mentees,
                          struct cvn_match_pace *pace);

/* A zeroed cohort is accepted. */
void cvn_match_cohort_deinit(struct cvn_match_cohort *cohort);

static inline const struct cvn_match_mentor *
cvn_match_cohort_mentor(const struct cvn_match_cohort *cohort, uint32_t mentor)
{
    return &cohort->problem->mentors[cohort->mentors.rows[mentor]];
}

static inline const struct cvn_match_mentee *
cvn_match_cohort_mentee(const struct cvn_match_cohort *cohort, uint32_t mentee)
{
    return &cohort->problem->mentees[cohort->mentees.rows[mentee]];
}

/* The number of a conflict tag among the mentors' tags, or CVN_MATCH_NOBODY. */
uint32_t cvn_match_cohort_tag(const struct cvn_match_cohort *cohort, uint32_t tag);

#endif
