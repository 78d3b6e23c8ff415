/* The candidates of a prepared problem and of all its results; the last user frees them. */
#ifndef CVN_MATCHING_LISTING_H
#define CVN_MATCHING_LISTING_H

#include "matching/candidates.h"

#include <stdatomic.h>

struct cvn_match_listing {
    struct cvn_match_graph graph;
    atomic_uint n_users;
};

/* A listing with one user, which takes the graph out of what it is given; NULL without memory. */
struct cvn_match_listing *cvn_match_listing_new(struct cvn_match_graph *graph);

/* One user more. Any thread. */
struct cvn_match_listing *cvn_match_listing_share(struct cvn_match_listing *listing);

/* One user less. Any thread; accepts NULL. */
void cvn_match_listing_release(struct cvn_match_listing *listing);

#endif
