/* Who is in a problem: ids in their order, which gives everybody an index that rows do not. */
#ifndef CVN_MATCHING_DIRECTORY_H
#define CVN_MATCHING_DIRECTORY_H

#include "base/id.h"

#include <stddef.h>
#include <stdint.h>

enum { CVN_MATCH_NOBODY = UINT32_MAX };

struct cvn_match_pace;
struct cvn_match_problem;

struct cvn_match_directory {
    struct cvn_id *ids; /* ascending */
    uint32_t *rows;     /* of the problem, by index */
    uint32_t n;
};

/*
 * The mentors or the mentees of a problem within its limits; as many steps of a pace, which may be
 * NULL. 0, CVN_MATCH_CANCELLED or -ENOMEM.
 */
int cvn_match_directory_init_mentors(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem,
                                     struct cvn_match_pace *pace);
int cvn_match_directory_init_mentees(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem,
                                     struct cvn_match_pace *pace);

/* A zeroed directory is accepted. */
void cvn_match_directory_deinit(struct cvn_match_directory *directory);

/* The index of an id, or CVN_MATCH_NOBODY. Of ids that occur twice, any. */
uint32_t cvn_match_directory_find(const struct cvn_match_directory *directory,
                                  const struct cvn_id *id);

#endif
