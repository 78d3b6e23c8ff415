#include "matching/directory.h"

#include "matching/matching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct cvn_id id;
    uint32_t row;
};

/* By id; by row where ids are doubled, so that the later one is named as the double. */
static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int r = memcmp(x->id.bytes, y->id.bytes, CVN_ID_BYTES);
    return r ? r : (x->row > y->row) - (x->row < y->row);
}

static int init(struct cvn_match_directory *directory, const void *first_id, size_t stride,
                size_t n)
{
    struct entry *entries = malloc(n ? n * sizeof *entries : 1);
    struct cvn_match_directory made = {.ids = malloc(n ? n * sizeof *made.ids : 1),
                                       .rows = malloc(n ? n * sizeof *made.rows : 1),
                                       .n = (uint32_t)n};
    if (!entries || !made.ids || !made.rows) {
        free(entries);
        cvn_match_directory_deinit(&made);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(&entries[i].id, (const char *)first_id + i * stride, sizeof entries[i].id);
        entries[i].row = (uint32_t)i;
    }
    qsort(entries, n, sizeof *entries, compare);
    for (size_t i = 0; i < n; i++) {
        made.ids[i] = entries[i].id;
        made.rows[i] = entries[i].row;
    }
    free(entries);
    *directory = made;
    return 0;
}

int cvn_match_directory_init_mentors(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem)
{
    return init(directory, problem->n_mentors ? &problem->mentors[0].person.id : NULL,
                sizeof *problem->mentors, problem->n_mentors);
}

int cvn_match_directory_init_mentees(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem)
{
    return init(directory, problem->n_mentees ? &problem->mentees[0].person.id : NULL,
                sizeof *problem->mentees, problem->n_mentees);
}

void cvn_match_directory_deinit(struct cvn_match_directory *directory)
{
    free(directory->ids);
    free(directory->rows);
    *directory = (struct cvn_match_directory){0};
}

uint32_t cvn_match_directory_find(const struct cvn_match_directory *directory,
                                  const struct cvn_id *id)
{
    uint32_t low = 0, high = directory->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int r = memcmp(directory->ids[middle].bytes, id->bytes, CVN_ID_BYTES);
        if (r == 0)
            return middle;
        if (r < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return CVN_MATCH_NOBODY;
}
