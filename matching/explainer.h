/* What explaining looks up, made once of a problem and its result. Read only from then on. */
#ifndef CVN_MATCHING_EXPLAINER_H
#define CVN_MATCHING_EXPLAINER_H

#include "matching/directory.h"
#include "matching/matching.h"
#include "matching/special.h"

/* Who has seats of a mentor: ids[first[j]] up to ids[first[j + 1]], best first, locked ones last.
 */
struct cvn_match_holders {
    struct cvn_id *ids;
    uint32_t *first;      /* n_mentors + 1 */
    int32_t *lowest_held; /* by mentor: the lowest score of those not locked; 0 where none */
};

/*
 * Who has a mentor among the candidates: keys[first[j]] up to keys[first[j + 1]], in the order in
 * which the mentor likes them.
 */
struct cvn_match_rivals {
    uint64_t *keys;  /* see cvn_match_rival_key */
    uint64_t *first; /* n_mentors + 1 */
    uint32_t *draw;  /* by mentee: the place in the draw among mentors' equals */
};

/* The higher the mentor's score, and of equals the earlier in the draw, the lower. */
static inline uint64_t cvn_match_rival_key(uint16_t mentor_score, uint32_t draw)
{
    return (uint64_t)(UINT16_MAX - mentor_score) << 32 | draw;
}

struct cvn_match_explainer {
    const struct cvn_match_problem *problem;
    const struct cvn_match_answer *answer; /* NULL without a result, and then no more than: */
    struct cvn_match_directory mentors;
    struct cvn_match_directory mentees;
    struct cvn_match_specials specials;
    uint32_t *n_offer; /* by skill: mentors */
    int32_t *n_locked; /* by mentor: seats */
    struct cvn_match_holders holders;
    struct cvn_match_rivals rivals;
};

/* The set of rules (matching/decide.h) in the way of two, by index; special is known of them, or
 * NULL. */
uint32_t cvn_match_explainer_refuse(const struct cvn_match_explainer *explainer, uint32_t mentee,
                                    uint32_t mentor, const struct cvn_match_special *special);

#endif
