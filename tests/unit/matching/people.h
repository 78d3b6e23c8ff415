/* A handful of people who may all be paired, for tests to change. */
#ifndef CVN_TESTS_UNIT_MATCHING_PEOPLE_H
#define CVN_TESTS_UNIT_MATCHING_PEOPLE_H

#include "matching/matching.h"

enum { PEOPLE_MAX = 8 };

/* Not to be moved: it points into itself. */
struct people {
    struct cvn_match_problem problem;
    struct cvn_match_mentor mentors[PEOPLE_MAX];
    struct cvn_match_mentee mentees[PEOPLE_MAX];
    struct cvn_match_skill offered[PEOPLE_MAX]; /* one each: skill 0 at level 4 */
    struct cvn_match_skill wanted[PEOPLE_MAX];  /* one each: skill 0, standing at level 1 */
};

/* Mentor n has the id 1n, mentee n the id 2n; all speak language 0 and are free in hours 0 to 9. */
void people_init(struct people *people, size_t n_mentors, size_t n_mentees);

/* The id whose last byte is n. */
struct cvn_id people_id(uint8_t n);

/* Solves, which has to succeed, and has the answer checked against all pairs. */
struct cvn_match_result *people_solve(const struct cvn_match_problem *problem);

/* An explainer, which has to succeed; the caller's. The result may be NULL. */
struct cvn_match_explainer *people_explain(const struct cvn_match_problem *problem,
                                           const struct cvn_match_result *result);

/* The rule in the way of mentor 0 and mentee 0. */
enum cvn_match_rule people_decide(const struct people *people);

#endif
