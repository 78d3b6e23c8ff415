/*
 * The cells of the map that events are indexed by: geohash's (base/geo.h), in a few sizes, so that
 * a circle of any radius is a few of them. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_CELLS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_CELLS_H

#include "base/geo.h"
#include "storage/key.h"

enum {
    CVN_EVENT_CELL_SIZES = 4,
    CVN_EVENT_CELLS_MAX = 16, /* that cover one circle */
    /* Of topics: cells of about 80 by 80 km at the equator, and at most so many of all topics. */
    CVN_EVENT_TOPIC_CELL_BITS = 17,
    CVN_EVENT_TOPIC_CELLS_MAX = 32,
};

/* The sizes of cells in bits, coarse to fine. */
extern const uint8_t cvn_event_cell_bits[CVN_EVENT_CELL_SIZES];

/* Appends the cell of so many bits in which the point with the code lies. */
void cvn_event_cell_put(struct cvn_key *key, uint8_t bits, uint64_t code);

/* Cells of one size. */
struct cvn_event_cells {
    uint8_t bits;
    size_t n;
    uint64_t codes[CVN_EVENT_TOPIC_CELLS_MAX]; /* the first of each, ascending */
};

/*
 * The cells of so many bits that cover the circle. False where they are more than max, which is at
 * most CVN_EVENT_TOPIC_CELLS_MAX.
 */
bool cvn_event_cells_cover(struct cvn_event_cells *ret, uint8_t bits, struct cvn_point centre,
                           double radius_m, size_t max);

/*
 * The finest of cvn_event_cell_bits that cover the circle with at most CVN_EVENT_CELLS_MAX. False
 * where even the coarsest are more, as around a pole.
 */
bool cvn_event_cells_cover_finest(struct cvn_event_cells *ret, struct cvn_point centre,
                                  double radius_m);

#endif
