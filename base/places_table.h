/* The table of places as make_places lays it out. All offsets are bytes from the beginning. */
#ifndef CVN_BASE_PLACES_TABLE_H
#define CVN_BASE_PLACES_TABLE_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdint.h>

struct cvn_places_city {
    uint32_t name;    /* offset of a terminated text */
    int32_t lat, lon; /* thousandths of a degree */
    uint32_t population;
    char country[4], region[8]; /* terminated */
};

/*
 * A name by which a city is found; sorted by key and by the city's number, which begins at 0 with
 * the most populous one.
 */
struct cvn_places_name {
    uint32_t key; /* offset of a terminated text */
    uint32_t city;
};

struct cvn_places_table {
    uint32_t n_cities, n_names;
    uint32_t cities, names; /* offsets */
};

/* The table in the program, aligned for all of the above. */
extern const uint64_t cvn_places_table[];

/* A name as it stands in the table: its folded words with blanks between. Results as for find. */
int cvn_places_key(struct cvn_arena *arena, struct cvn_slice name, struct cvn_slice *ret);

#endif
