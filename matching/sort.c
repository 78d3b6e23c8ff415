#include "matching/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 15 };

struct sorting {
    size_t size; /* of an item */
    int (*compare)(const void *, const void *);
    struct cvn_match_pace *pace;
};

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Two sorted runs next to each other become one. */
static int merge(const struct sorting *sorting, char *to, const char *from, size_t n_left, size_t n)
{
    size_t size = sorting->size;
    const char *left = from, *left_end = from + n_left * size;
    const char *right = left_end, *right_end = from + n * size;
    for (size_t i = 0; i < n; i++, to += size) {
        bool takes_left =
            right == right_end || (left < left_end && sorting->compare(left, right) <= 0);
        const char **next = takes_left ? &left : &right;
        memcpy(to, *next, size);
        *next += size;
        if (i % PIECE == 0 && cvn_match_breathe(sorting->pace) != 0)
            return CVN_MATCH_CANCELLED;
    }
    return 0;
}

/* Runs of a width become runs of twice that. */
static int merge_all(const struct sorting *sorting, char *to, const char *from, size_t n,
                     size_t width)
{
    int r = 0;
    for (size_t at = 0; r == 0 && at < n; at += 2 * width)
        r = merge(sorting, to + at * sorting->size, from + at * sorting->size,
                  at_most(width, n - at), at_most(2 * width, n - at));
    return r;
}

int cvn_match_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *),
                   struct cvn_match_pace *pace)
{
    struct sorting sorting = {size, compare, pace};
    int r = 0;
    for (size_t at = 0; r == 0 && at < n; at += PIECE) {
        qsort((char *)items + at * size, at_most(PIECE, n - at), size, compare);
        r = cvn_match_step(pace, at_most(PIECE, n - at));
    }
    if (r != 0 || n <= PIECE)
        return r;
    char *room = malloc(n * size), *from = items, *to = room;
    if (!room)
        return -ENOMEM;
    for (size_t width = PIECE; r == 0 && width < n; width *= 2) {
        r = merge_all(&sorting, to, from, n, width);
        char *merged = to;
        to = from;
        from = merged;
    }
    if (from == room)
        memcpy(items, room, n * size);
    free(room);
    return r;
}
