/*
 * Places on the globe (a sphere of 6,371,008.8 m, the mean radius of GRS 80; wrong by at most 0.6
 * %) and the cells that make "within 20 km" a few ranges of keys. Codes are geohash's (Gustavo
 * Niemeyer, 2008) in binary: 30 bits each of longitude and latitude, interleaved, longitude first.
 */
#ifndef CVN_BASE_GEO_H
#define CVN_BASE_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVN_GEO_BITS = 60,
    CVN_GEO_RADIUS_MAX_M = 500000,
    CVN_GEO_RANGES_MAX = 64,
};

/* Degrees: latitude -90 to 90, longitude -180 to 180. */
struct cvn_point {
    double lat;
    double lon;
};

/* Codes from first to last, both included. */
struct cvn_geo_range {
    uint64_t first;
    uint64_t last;
};

/* Whether both degrees are finite and in their bounds. */
bool cvn_point_valid(struct cvn_point p);

/* Great-circle distance in metres (haversine). */
double cvn_geo_distance_m(struct cvn_point a, struct cvn_point b);

/* The point's code in CVN_GEO_BITS bits, in the low end; 180 degrees east is 180 west. */
uint64_t cvn_geo_code(struct cvn_point p);

/*
 * Ranges that together hold the code of every point within radius_m of the centre, and of some
 * outside: ask distance_m for those found. Ascending, disjoint, not adjacent; returns how many.
 * They are made of at most max cells of the finest precision at which so few suffice; max is 1 to
 * CVN_GEO_RANGES_MAX, the radius 0 to CVN_GEO_RADIUS_MAX_M. Right across the antimeridian and over
 * the poles.
 */
size_t cvn_geo_cover(struct cvn_point centre, double radius_m, struct cvn_geo_range *ranges,
                     size_t max);

#endif
