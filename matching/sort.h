/* Sorting of millions that can be watched and cancelled. */
#ifndef CVN_MATCHING_SORT_H
#define CVN_MATCHING_SORT_H

#include "matching/progress.h"

#include <stddef.h>

/*
 * As qsort, which does the small pieces, and takes n steps of a pace that may be NULL. 0;
 * CVN_MATCH_CANCELLED or -ENOMEM, which leave the items in any order.
 */
int cvn_match_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *),
                   struct cvn_match_pace *pace);

#endif
