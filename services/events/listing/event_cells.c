#include "services/events/listing/event_cells.h"

/* About 1,250 by 600 km, 150 by 75, 40 by 40, and 20 by 10, at the equator. */
const uint8_t cvn_event_cell_bits[CVN_EVENT_CELL_SIZES] = {10, 16, 19, 22};

void cvn_event_cell_put(struct cvn_key *key, uint8_t bits, uint64_t code)
{
    cvn_key_put_u8(key, bits);
    cvn_key_put_u32(key, (uint32_t)(code >> (CVN_GEO_BITS - bits)));
}

/* Ranges of codes that together hold a circle. */
struct cover {
    struct cvn_geo_range ranges[CVN_GEO_RANGES_MAX];
    size_t n;
};

/* The cells of the size that the cover touches. False when they are more than max. */
static bool list_cells(struct cvn_event_cells *ret, uint8_t bits, const struct cover *cover,
                       size_t max)
{
    int shift = CVN_GEO_BITS - bits;
    uint64_t next = 0; /* the first cell that is not listed yet */
    ret->bits = bits;
    ret->n = 0;
    for (size_t i = 0; i < cover->n; i++) {
        uint64_t cell = cover->ranges[i].first >> shift, last = cover->ranges[i].last >> shift;
        for (cell = cell < next ? next : cell; cell <= last; next = ++cell) {
            if (ret->n == max)
                return false;
            ret->codes[ret->n++] = cell << shift;
        }
    }
    return true;
}

bool cvn_event_cells_cover(struct cvn_event_cells *ret, uint8_t bits, struct cvn_point centre,
                           double radius_m, size_t max)
{
    struct cover cover;
    cover.n = cvn_geo_cover(centre, radius_m, cover.ranges, max);
    return list_cells(ret, bits, &cover, max);
}

bool cvn_event_cells_cover_finest(struct cvn_event_cells *ret, struct cvn_point centre,
                                  double radius_m)
{
    struct cover cover;
    cover.n = cvn_geo_cover(centre, radius_m, cover.ranges, CVN_EVENT_CELLS_MAX);
    for (size_t i = CVN_EVENT_CELL_SIZES; i > 0; i--)
        if (list_cells(ret, cvn_event_cell_bits[i - 1], &cover, CVN_EVENT_CELLS_MAX))
            return true;
    return false;
}
