#include "matching/directory.h"

#include "matching/matching.h"
#include "matching/sort.h"

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
                size_t n, struct cvn_match_pace *pace)
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
    int r = cvn_match_sort(entries, n, sizeof *entries, compare, pace);
    for (size_t i = 0; r == 0 && i < n; i++) {
        made.ids[i] = entries[i].id;
        made.rows[i] = entries[i].row;
    }
    free(entries);
    if (r == 0)
        *directory = made;
    else
        cvn_match_directory_deinit(&made);
    return r;
}

int cvn_match_directory_init_mentors(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem,
                                     struct cvn_match_pace *pace)
{
    return init(directory, problem->n_mentors ? &problem->mentors[0].person.id : NULL,
                sizeof *problem->mentors, problem->n_mentors, pace);
}

int cvn_match_directory_init_mentees(struct cvn_match_directory *directory,
                                     const struct cvn_match_problem *problem,
                                     struct cvn_match_pace *pace)
{
    return init(directory, problem->n_mentees ? &problem->mentees[0].person.id : NULL,
                sizeof *problem->mentees, problem->n_mentees, pace);
}

void cvn_match_directory_deinit(struct cvn_match_directory *directory)
{
    free(directory->ids);
    free(directory->rows);
    *directory = (struct cvn_match_directory){0};
}

static bool is_before(const struct cvn_id *a, const struct cvn_id *b)
{
    return memcmp(a->bytes, b->bytes, CVN_ID_BYTES) < 0;
}

/* The first bytes of an id as a number, in the order of ids. */
static uint64_t lead(const struct cvn_id *id)
{
    uint64_t lead = 0;
    for (int i = 0; i < 8; i++)
        lead = lead << 8 | id->bytes[i];
    return lead;
}

/* Where an id would be if all were spread evenly, as random ones are. */
static uint32_t guess(const struct cvn_match_directory *directory, const struct cvn_id *id)
{
    uint64_t low = lead(&directory->ids[0]), high = lead(&directory->ids[directory->n - 1]);
    uint64_t sought = lead(id);
    if (sought <= low || high == low)
        return 0;
    if (sought >= high)
        return directory->n - 1;
    return (uint32_t)((double)(sought - low) / (double)(high - low) * (directory->n - 1));
}

/*
 * From where the id is likely to be, in growing steps to both sides until it is between, then by
 * halves: however ids are spread it is a few times the logarithm.
 */
uint32_t cvn_match_directory_find(const struct cvn_match_directory *directory,
                                  const struct cvn_id *id)
{
    if (directory->n == 0)
        return CVN_MATCH_NOBODY;
    uint32_t at = guess(directory, id), low = at, high = at;
    for (uint32_t step = 16; low > 0 && is_before(id, &directory->ids[low]); step *= 2)
        low = low > step ? low - step : 0;
    for (uint32_t step = 16; high < directory->n && !is_before(id, &directory->ids[high]);
         step *= 2)
        high = directory->n - high > step ? high + step : directory->n;
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
