/*
 * Numbered items worked on by several threads. What comes out does not depend on how many there
 * are, as long as no item's work looks at another's.
 */
#ifndef CVN_MATCHING_CREW_H
#define CVN_MATCHING_CREW_H

#include "matching/matching.h"

/* What the members of a crew work with, where it differs in nothing to begin with. */
struct cvn_match_members {
    void *items[CVN_MATCH_THREADS_MAX];
    int32_t n;
};

/*
 * As many copies of one as the problem has threads, each in memory of its own. 0 or -ENOMEM; either
 * way to be deinitialised.
 */
int cvn_match_members_init(struct cvn_match_members *members,
                           const struct cvn_match_problem *problem, const void *like, size_t size);
void cvn_match_members_deinit(struct cvn_match_members *members);

struct cvn_match_crew {
    uint64_t n_items;
    uint64_t chunk; /* items that one member takes at a time; milliseconds of work */
    /*
     * Works on the items from one up to another. 0, or a result that ends the run: members then
     * finish what they have begun and take no more.
     */
    int (*work)(void *member, uint64_t from, uint64_t to);
    void *const *members; /* what each works with; members[0] is for the calling thread */
    int32_t n_members;    /* 1 to CVN_MATCH_THREADS_MAX */
    const struct cvn_match_progress *progress;
    enum cvn_match_phase phase;
};

/*
 * Works on all items. 0; CVN_MATCH_CANCELLED by the progress callback, which is called on this
 * thread only; or the result of the first item, by number, that ended the run, with *ret_member the
 * one that met it. ret_member may be NULL. Threads that the system does not give are done without.
 */
int cvn_match_crew_run(const struct cvn_match_crew *crew, int32_t *ret_member);

#endif
