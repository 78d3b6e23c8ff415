#include "base/geo.h"

#include <math.h>

enum { AXIS_BITS = CVN_GEO_BITS / 2 };

static const double earth_radius_m = 6371008.8;
static const double radians = M_PI / 180;

bool cvn_point_valid(struct cvn_point p)
{
    return fabs(p.lat) <= 90 && fabs(p.lon) <= 180; /* false for NaN */
}

double cvn_geo_distance_m(struct cvn_point a, struct cvn_point b)
{
    double dlat = sin((b.lat - a.lat) * radians / 2);
    double dlon = sin((b.lon - a.lon) * radians / 2);
    double h = dlat * dlat + cos(a.lat * radians) * cos(b.lat * radians) * dlon * dlon;
    return 2 * earth_radius_m * asin(sqrt(h < 1 ? h : 1));
}

/* Which of the axis's equal parts the degree lies in; the top one is in the last part. */
static uint64_t part_of(double degree, double from, double extent)
{
    static const double parts = UINT64_C(1) << AXIS_BITS;
    double part = floor((degree - from) / extent * parts);
    return (uint64_t)fmax(0, fmin(part, parts - 1));
}

static uint64_t lat_part(double lat)
{
    return part_of(lat, -90, 180);
}

/* A longitude goes round: 180 east is 180 west, and 190 east 170 west. */
static uint64_t lon_part(double lon)
{
    return part_of(lon - 360 * floor((lon + 180) / 360), -180, 360);
}

/* Puts a bit 0 before each of the low 32 bits. */
static uint64_t spread(uint64_t x)
{
    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x = (x | x << 2) & UINT64_C(0x3333333333333333);
    return (x | x << 1) & UINT64_C(0x5555555555555555);
}

/* The code of a cell: longitude has the first bit and, where they are odd, the last as well. */
static uint64_t interleave(uint64_t lon, uint64_t lat, int bits)
{
    return bits % 2 ? spread(lon) | spread(lat) << 1 : spread(lon) << 1 | spread(lat);
}

uint64_t cvn_geo_code(struct cvn_point p)
{
    return interleave(lon_part(p.lon), lat_part(p.lat), CVN_GEO_BITS);
}

/* Degrees that hold the circle; over a pole, all longitudes. */
struct box {
    double lat_min, lat_max;
    double lon_from; /* going east */
    double lon_extent;
};

static struct box box_around(struct cvn_point centre, double radius_m)
{
    /* A metre and a bit more, so that rounding here never loses what distance_m finds inside. */
    double angle = (radius_m * (1 + 1e-9) + 1) / earth_radius_m;
    struct box box = {
        .lat_min = centre.lat - angle / radians,
        .lat_max = centre.lat + angle / radians,
        .lon_from = -180,
        .lon_extent = 360,
    };
    if (box.lat_min > -90 && box.lat_max < 90) {
        double half = asin(fmin(1, sin(angle) / cos(centre.lat * radians))) / radians;
        box.lon_from = centre.lon - half;
        box.lon_extent = 2 * half;
    }
    box.lat_min = fmax(box.lat_min, -90);
    box.lat_max = fmin(box.lat_max, 90);
    return box;
}

/* The cells of one precision that touch a box: columns go east from lon, and round. */
struct grid {
    int bits;
    uint64_t lon, n_lon;
    uint64_t lat, n_lat;
};

/* The cells of full precision at its corners, of which those of any other are the beginnings. */
struct corners {
    uint64_t lon_from, lon_to;
    uint64_t lat_from, lat_to;
    bool all_round;
};

static struct corners corners_of(const struct box *box)
{
    return (struct corners){
        .lon_from = lon_part(box->lon_from),
        .lon_to = lon_part(box->lon_from + box->lon_extent),
        .lat_from = lat_part(box->lat_min),
        .lat_to = lat_part(box->lat_max),
        .all_round = box->lon_extent >= 360, /* else at most 180, never round to its start */
    };
}

static struct grid grid_over(const struct corners *at, int bits)
{
    int lon_bits = (bits + 1) / 2, lat_bits = bits / 2;
    uint64_t columns = UINT64_C(1) << lon_bits;
    uint64_t lon = at->lon_from >> (AXIS_BITS - lon_bits);
    uint64_t lat = at->lat_from >> (AXIS_BITS - lat_bits);
    uint64_t n_lon = (((at->lon_to >> (AXIS_BITS - lon_bits)) - lon) & (columns - 1)) + 1;
    return (struct grid){
        .bits = bits,
        .lon = at->all_round ? 0 : lon,
        .n_lon = at->all_round ? columns : n_lon,
        .lat = lat,
        .n_lat = (at->lat_to >> (AXIS_BITS - lat_bits)) - lat + 1,
    };
}

/* Keeps the ranges ascending; there are few. */
static size_t insert(struct cvn_geo_range *ranges, size_t n, struct cvn_geo_range range)
{
    size_t at = n;
    for (; at > 0 && ranges[at - 1].first > range.first; at--)
        ranges[at] = ranges[at - 1];
    ranges[at] = range;
    return n + 1;
}

static size_t join_adjacent(struct cvn_geo_range *ranges, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && ranges[kept - 1].last + 1 == ranges[i].first)
            ranges[kept - 1].last = ranges[i].last;
        else
            ranges[kept++] = ranges[i];
    }
    return kept;
}

size_t cvn_geo_cover(struct cvn_point centre, double radius_m, struct cvn_geo_range *ranges,
                     size_t max)
{
    struct box box = box_around(centre, radius_m);
    struct corners corners = corners_of(&box);
    struct grid grid = grid_over(&corners, 0);
    for (int bits = 1; bits <= CVN_GEO_BITS; bits++) {
        struct grid finer = grid_over(&corners, bits);
        if (finer.n_lon > max || finer.n_lat > max || finer.n_lon * finer.n_lat > max)
            break;
        grid = finer;
    }
    uint64_t columns = UINT64_C(1) << (grid.bits + 1) / 2;
    int shift = CVN_GEO_BITS - grid.bits;
    size_t n = 0;
    for (uint64_t i = 0; i < grid.n_lon * grid.n_lat; i++) {
        uint64_t lon = (grid.lon + i % grid.n_lon) & (columns - 1);
        uint64_t code = interleave(lon, grid.lat + i / grid.n_lon, grid.bits);
        struct cvn_geo_range cell = {code << shift, ((code + 1) << shift) - 1};
        n = insert(ranges, n, cell);
    }
    return join_adjacent(ranges, n);
}
