/* A binary heap of mentors by their distance, for the shortest-path searches of the market. */
#ifndef CVN_MATCH_HEAP_H
#define CVN_MATCH_HEAP_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct cvn_match_stop {
    int64_t distance;
    uint32_t mentor;
};

/* The nearest on top; old entries of a mentor are passed over by who reads it. {0} is empty. */
struct cvn_match_heap {
    struct cvn_match_stop *stops;
    size_t n, max;
};

static inline int cvn_match_heap_push(struct cvn_match_heap *heap, struct cvn_match_stop stop)
{
    if (heap->n == heap->max) {
        size_t max = heap->max ? 2 * heap->max : 1024;
        struct cvn_match_stop *stops = realloc(heap->stops, max * sizeof *stops);
        if (!stops)
            return -ENOMEM;
        heap->stops = stops;
        heap->max = max;
    }
    size_t at = heap->n++;
    for (size_t parent; at > 0 && heap->stops[parent = (at - 1) / 2].distance > stop.distance;
         at = parent)
        heap->stops[at] = heap->stops[parent];
    heap->stops[at] = stop;
    return 0;
}

/* The nearest, taken out; the heap is not empty. */
static inline struct cvn_match_stop cvn_match_heap_pop(struct cvn_match_heap *heap)
{
    struct cvn_match_stop *stops = heap->stops, top = stops[0], moved = stops[--heap->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->n; at = child) {
        if (child + 1 < heap->n && stops[child + 1].distance < stops[child].distance)
            child++;
        if (stops[child].distance >= moved.distance)
            break;
        stops[at] = stops[child];
    }
    stops[at] = moved;
    return top;
}

#endif
