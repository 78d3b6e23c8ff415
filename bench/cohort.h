/*
 * A seeded generator of people for a mentoring programme: skills by Zipf's law in overlapping
 * tracks, 24 time zones, 15 languages, evenings and weekends free, capacities 1 to 6. The same
 * shape and seed give the same people everywhere.
 */
#ifndef CVN_BENCH_COHORT_H
#define CVN_BENCH_COHORT_H

#include "matching/matching.h"

struct cohort_shape {
    size_t n_mentees;
    size_t n_mentors;
    uint32_t n_skills;
    uint32_t n_zones;     /* 1 to 24 */
    uint32_t n_languages; /* 1 to 15 */
    uint32_t n_teams;     /* conflict tags; 0: none */
    uint32_t excluded;    /* of each person on average, in hundredths */
    uint32_t ranked;      /* likewise */
    uint32_t previous;    /* likewise, of each mentee */
    uint32_t shared;      /* rows for each mentee, in hundredths */
    uint64_t seed;
};

/* The shape for figures: mentors a quarter of the mentees, 200 skills. */
struct cohort_shape cohort_shape_of(size_t n_mentees, uint64_t seed);

struct cohort {
    struct cvn_match_problem problem; /* points to the rest; rules and weights by default */
    struct cvn_match_mentor *mentors;
    struct cvn_match_mentee *mentees;
    struct cvn_match_shared *shared;
    struct cvn_arena arena; /* lists of the people */
};

/* 0 or -ENOMEM. */
int cohort_init(struct cohort *cohort, const struct cohort_shape *shape);

void cohort_deinit(struct cohort *cohort);

/* The next number of a stream (splitmix64). */
uint64_t cohort_random(uint64_t *state);

/* A number below n, which is not 0. */
uint32_t cohort_below(uint64_t *state, uint32_t n);

#endif
