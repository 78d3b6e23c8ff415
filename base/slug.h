/* Slugs: names fit for an address, as in "r-ladies-berlin". */
#ifndef CVN_BASE_SLUG_H
#define CVN_BASE_SLUG_H

#include "base/slice.h"

#include <stdbool.h>

enum {
    CVN_SLUG_MAX = 63, /* bytes, as for a DNS label */
    CVN_SLUG_BYTES = CVN_SLUG_MAX + 1,
};

/* Whether it is 1 to CVN_SLUG_MAX of a-z and 0-9 with single hyphens between. */
bool cvn_slug_valid(const char *slug);

/*
 * Makes a slug of a name: folded, everything but ASCII letters and digits to single hyphens, cut at
 * CVN_SLUG_MAX. False, with slug untouched, when nothing remains ("東京") or text is not UTF-8:
 * then somebody must think of one.
 */
bool cvn_slug_make(char slug[CVN_SLUG_BYTES], struct cvn_slice text);

#endif
