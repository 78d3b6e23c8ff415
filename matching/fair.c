#include "matching/fair.h"

#include <errno.h>
#include <stdlib.h>

/* The part of an instance whose edges are worth a floor or more. */
struct part {
    struct cvn_match_instance instance;
    uint64_t *first;
    struct cvn_match_candidate *edges;
    uint64_t *origin; /* by edge of the part: the edge of the whole */
};

static int part_init(struct part *part, const struct cvn_match_instance *whole)
{
    uint64_t n_edges = whole->first[whole->n_mentees];
    part->first = malloc(((size_t)whole->n_mentees + 1) * sizeof *part->first);
    part->edges = malloc((n_edges + 1) * sizeof *part->edges);
    part->origin = malloc((n_edges + 1) * sizeof *part->origin);
    part->instance = *whole;
    part->instance.first = part->first;
    part->instance.edges = part->edges;
    return part->first && part->edges && part->origin ? 0 : -ENOMEM;
}

static void part_deinit(struct part *part)
{
    free(part->first);
    free(part->edges);
    free(part->origin);
}

static void part_fill(struct part *part, const struct cvn_match_instance *whole, int32_t floor)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < whole->n_mentees; i++) {
        part->first[i] = n;
        for (uint64_t e = whole->first[i]; e < whole->first[i + 1]; e++)
            if (cvn_match_worth(&whole->edges[e]) >= floor) {
                part->origin[n] = e;
                part->edges[n++] = whole->edges[e];
            }
    }
    part->first[whole->n_mentees] = n;
}

/*
 * The highest floor at which as many can be placed as without one, and the cover which proves that
 * a higher one places fewer, in floor and above of *made.
 */
static int find_floor(struct part *part, const struct cvn_match_instance *whole, int64_t n_most,
                      const struct cvn_match_progress *progress, struct cvn_match_assignment *made)
{
    int32_t low = 0, high = n_most > 0 ? 2 * (int32_t)UINT16_MAX : 0;
    int r = 0;
    /* No edge is worth more than the highest, which takes no cover. */
    made->above = calloc((size_t)whole->n_mentors + 1, sizeof *made->above);
    if (!made->above)
        return -ENOMEM;
    while (r == 0 && low < high) {
        struct cvn_match_assignment most = {0};
        int32_t middle = low + (high - low + 1) / 2;
        part_fill(part, whole, middle);
        r = cvn_match_place_most(&most, &part->instance, progress);
        if (r == 0 && most.n_placed < n_most) {
            high = middle - 1;
            free(made->above);
            made->above = most.price;
            most.price = NULL;
        } else {
            low = middle;
        }
        cvn_match_assignment_deinit(&most);
    }
    made->floor = low;
    return r;
}

int cvn_match_share_out(struct cvn_match_assignment *ret, const struct cvn_match_instance *instance,
                        const struct cvn_match_progress *progress)
{
    struct part part = {0};
    struct cvn_match_assignment made = {0}, most = {0}, floor = {0};
    int r = part_init(&part, instance);
    if (r == 0)
        r = cvn_match_place_most(&most, instance, progress);
    if (r == 0)
        r = find_floor(&part, instance, most.n_placed, progress, &floor);
    if (r == 0) {
        part_fill(&part, instance, floor.floor);
        r = cvn_match_assign(&made, &part.instance, CVN_MATCH_AIM_PARTICIPATION, progress);
    }
    for (uint32_t i = 0; r == 0 && i < instance->n_mentees; i++)
        if (made.edge[i] != CVN_MATCH_NO_EDGE)
            made.edge[i] = part.origin[made.edge[i]];
    if (r == 0) {
        free(made.cover);
        made.cover = most.price;
        most.price = NULL;
        made.floor = floor.floor;
        made.above = floor.above;
        floor.above = NULL;
        *ret = made;
    }
    cvn_match_assignment_deinit(&most);
    cvn_match_assignment_deinit(&floor);
    part_deinit(&part);
    return r;
}
