#include "matching/listing.h"

#include <stdlib.h>

struct cvn_match_listing *cvn_match_listing_new(struct cvn_match_graph *graph)
{
    struct cvn_match_listing *listing = malloc(sizeof *listing);
    if (!listing)
        return NULL;
    listing->graph = *graph;
    atomic_init(&listing->n_users, 1);
    *graph = (struct cvn_match_graph){0};
    return listing;
}

struct cvn_match_listing *cvn_match_listing_share(struct cvn_match_listing *listing)
{
    atomic_fetch_add(&listing->n_users, 1);
    return listing;
}

void cvn_match_listing_release(struct cvn_match_listing *listing)
{
    if (!listing || atomic_fetch_sub(&listing->n_users, 1) > 1)
        return;
    cvn_match_graph_deinit(&listing->graph);
    free(listing);
}
