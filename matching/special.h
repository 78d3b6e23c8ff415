/*
 * Pairs about which something is known beyond what the two people bring each for themselves:
 * exclusions, rankings, earlier pairings, meetups in common. They are few, and kept by mentee.
 */
#ifndef CVN_MATCHING_SPECIAL_H
#define CVN_MATCHING_SPECIAL_H

#include "matching/directory.h"
#include "matching/progress.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_MATCH_SPECIAL_SELF = 1 << 0,
    CVN_MATCH_SPECIAL_FORBIDDEN = 1 << 1,
    CVN_MATCH_SPECIAL_EXCLUDED = 1 << 2,
    CVN_MATCH_SPECIAL_PREVIOUS = 1 << 3,
};

struct cvn_match_special {
    uint32_t mentor;
    uint16_t meetup_points;
    uint16_t groups;
    uint8_t flags;
    uint8_t mentee_ranked; /* the mentor's place in the mentee's ranking, from 1; 0: none */
    uint8_t mentor_ranked;
};

/* The pairs of mentee i are items[first[i]] up to items[end[i]], by mentor, each mentor once. */
struct cvn_match_specials {
    struct cvn_match_special *items;
    size_t *first; /* n_mentees + 1 */
    size_t *end;
};

/*
 * Of a valid problem; two steps of a pace, which may be NULL, for each mentee and one for each
 * mentor and each pair that shares something. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_specials_init(struct cvn_match_specials *specials,
                            const struct cvn_match_problem *problem,
                            const struct cvn_match_directory *mentors,
                            const struct cvn_match_directory *mentees, struct cvn_match_pace *pace);

/* What is known of a pair, or NULL. */
const struct cvn_match_special *cvn_match_specials_find(const struct cvn_match_specials *specials,
                                                        uint32_t mentee, uint32_t mentor);

/* Zeroed ones are accepted. */
void cvn_match_specials_deinit(struct cvn_match_specials *specials);

#endif
