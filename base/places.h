/*
 * The table of places: cities of at least 15,000 people by their names in many languages, from
 * GeoNames (www.geonames.org, CC BY 4.0; base/cities.tsv says more). It is part of the program.
 * Pure.
 */
#ifndef CVN_BASE_PLACES_H
#define CVN_BASE_PLACES_H

#include "base/arena.h"
#include "base/geo.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVN_PLACE_REGION_BYTES = 8,
    CVN_PLACES_CLEAR_RATIO = 5, /* see cvn_places_clear */
};

/* One city. Its name is borrowed from the table. */
struct cvn_place {
    const char *name;
    char country[3];                     /* ISO 3166-1 alpha-2, lower case */
    char region[CVN_PLACE_REGION_BYTES]; /* GeoNames' first-level division; may be empty */
    struct cvn_point at;
    uint32_t population;
};

/* What is asked for; country and region may be empty, and are compared whatever their case. */
struct cvn_place_asked {
    const char *name;
    const char *country;
    const char *region;
};

/*
 * Finds cities that have the name, in any language, whatever its case, accents and punctuation; if
 * there is none, those of which a name begins with it and a further word ("Frankfurt" for
 * "Frankfurt am Main"). Writes the most populous ones first, at most max, and how many to *ret_n.
 * 0, with *ret_n 0 for none; CVN_TEXT_INVALID; -ENOMEM when the arena, which takes the folded name,
 * is spent.
 */
int cvn_places_find(struct cvn_arena *arena, const struct cvn_place_asked *asked,
                    struct cvn_place *ret, size_t max, size_t *ret_n);

/* Whether it is clear that the first of those found is meant: the others are far smaller. */
bool cvn_places_clear(const struct cvn_place *places, size_t n);

/* Names that are spelt nearly like this one, the nearest first; results as for find. */
int cvn_places_suggest(struct cvn_arena *arena, const struct cvn_place_asked *asked,
                       struct cvn_place *ret, size_t max, size_t *ret_n);

#endif
