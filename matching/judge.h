/*
 * The checker's own reading of rules and scores, written from the public header alone. It shares no
 * code with the solver but sorting, and prefers the plain way to the quick one.
 */
#ifndef CVN_MATCHING_JUDGE_H
#define CVN_MATCHING_JUDGE_H

#include "matching/matching.h"
#include "matching/progress.h"

struct cvn_match_judge {
    const struct cvn_match_problem *problem;
    const struct cvn_match_mentor **mentors; /* by id */
    const struct cvn_match_mentee **mentees; /* by id */
    struct cvn_match_shared *shared;         /* by mentee, then mentor */
    size_t *first_shared;                    /* by mentee: in shared; n_mentees + 1 */
    struct cvn_match_pair_ids *forbidden;    /* likewise */
    struct cvn_match_pair_ids *locked;       /* likewise */
    int32_t *n_locked;                       /* by mentor as in mentors */
    uint32_t *rarity;                        /* by skill, in 64ths */
};

struct cvn_match_judged {
    int64_t mentee_score;
    int64_t mentor_score;
    int64_t mentee_points[CVN_MATCH_TERMS];
    int64_t mentor_points[CVN_MATCH_TERMS];
};

/*
 * Of a valid problem, which must outlive it; the steps of a pace are those of sorting. 0,
 * CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_judge_init(struct cvn_match_judge *judge, const struct cvn_match_problem *problem,
                         struct cvn_match_pace *pace);

/* A zeroed judge is accepted. */
void cvn_match_judge_deinit(struct cvn_match_judge *judge);

/* The place of an id in mentors or mentees, or SIZE_MAX. */
size_t cvn_match_judge_mentor(const struct cvn_match_judge *judge, const struct cvn_id *id);
size_t cvn_match_judge_mentee(const struct cvn_match_judge *judge, const struct cvn_id *id);

/* The mentor that a mentee is locked with, or NULL. */
const struct cvn_id *cvn_match_judge_locked(const struct cvn_match_judge *judge,
                                            const struct cvn_id *mentee_id);

/* Whether the rules let a mentor (by place) and a mentee be paired. */
bool cvn_match_judge_allows(const struct cvn_match_judge *judge, size_t mentor, size_t mentee);

void cvn_match_judge_score(const struct cvn_match_judge *judge, size_t mentor, size_t mentee,
                           struct cvn_match_judged *ret);

#endif
