#include "matching/vertical.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * With fewer than one mentor in so many a list is quicker than planes, and smaller. The first where
 * all planes fit the budget, else the last, where planes take at most ten times what lists would.
 */
static const uint32_t list_below_one_in[] = {256, 128, 64};
enum { BELOWS = sizeof list_below_one_in / sizeof *list_below_one_in };
#define PLANES_BUDGET_BYTES ((size_t)256 << 20)

static bool is_dense(const struct cvn_match_vertical *vertical, uint32_t value)
{
    size_t n = vertical->counts[value];
    return n && n * vertical->list_below >= vertical->n_mentors;
}

static void choose_below(struct cvn_match_vertical *vertical)
{
    size_t plane_bytes = vertical->plane_words * sizeof(uint64_t);
    for (int i = 0; i < BELOWS; i++) {
        size_t n_planes = 0;
        vertical->list_below = list_below_one_in[i];
        for (uint32_t value = 0; value < vertical->n_values; value++)
            n_planes += is_dense(vertical, value) ? vertical->n_levels : 0;
        if (n_planes <= PLANES_BUDGET_BYTES / plane_bytes)
            return;
    }
}

static int count(struct cvn_match_vertical *vertical,
                 const struct cvn_match_vertical_source *source, struct cvn_match_pace *pace)
{
    int r = 0;
    struct cvn_match_value values[CVN_MATCH_VALUES_MAX];
    for (uint32_t mentor = 0; r == 0 && mentor < source->n_mentors; mentor++) {
        uint32_t n = source->read(source->context, mentor, values);
        for (uint32_t i = 0; i < n; i++)
            vertical->counts[values[i].value]++;
        r = cvn_match_step(pace, 1);
    }
    return r;
}

/* Gives each value its place and allocates what the places need. */
static int lay_out(struct cvn_match_vertical *vertical)
{
    uint32_t n_planes = 0, n_postings = 0;
    for (uint32_t value = 0; value < vertical->n_values; value++) {
        if (is_dense(vertical, value)) {
            vertical->places[value] = n_planes;
            n_planes += vertical->n_levels;
        } else {
            vertical->places[value] = n_postings;
            n_postings += vertical->counts[value];
        }
    }
    vertical->planes = calloc(n_planes ? n_planes : 1, vertical->plane_words * sizeof(uint64_t));
    vertical->postings = malloc(n_postings ? n_postings * sizeof(uint32_t) : 1);
    return vertical->planes && vertical->postings ? 0 : -ENOMEM;
}

static int fill(struct cvn_match_vertical *vertical, const struct cvn_match_vertical_source *source,
                uint32_t *next, struct cvn_match_pace *pace)
{
    struct cvn_match_value values[CVN_MATCH_VALUES_MAX];
    for (uint32_t mentor = 0; mentor < source->n_mentors; mentor++) {
        if (cvn_match_step(pace, 1) != 0)
            return CVN_MATCH_CANCELLED;
        uint32_t n = source->read(source->context, mentor, values);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t value = values[i].value;
            if (!is_dense(vertical, value)) {
                vertical->postings[next[value]++] = mentor << 3 | values[i].level;
                continue;
            }
            for (uint32_t level = 0; level < values[i].level; level++) {
                size_t plane = vertical->places[value] + level;
                vertical->planes[plane * vertical->plane_words + mentor / 64] |= (uint64_t)1
                                                                                 << mentor % 64;
            }
        }
    }
    return 0;
}

int cvn_match_vertical_init(struct cvn_match_vertical *vertical,
                            const struct cvn_match_vertical_source *source,
                            struct cvn_match_pace *pace)
{
    size_t n_blocks =
        ((size_t)source->n_mentors + CVN_MATCH_BLOCK_MENTORS - 1) / CVN_MATCH_BLOCK_MENTORS;
    size_t n_values = source->n_values ? source->n_values : 1;
    struct cvn_match_vertical made = {
        .n_mentors = source->n_mentors,
        .n_values = source->n_values,
        .n_levels = source->n_levels,
        .plane_words = (n_blocks ? n_blocks : 1) * CVN_MATCH_BLOCK_WORDS,
        .counts = calloc(n_values, sizeof(uint32_t)),
        .places = calloc(n_values, sizeof(uint32_t)),
    };
    uint32_t *next = malloc(n_values * sizeof *next);
    int r = made.counts && made.places && next ? 0 : -ENOMEM;
    if (r == 0)
        r = count(&made, source, pace);
    if (r == 0) {
        choose_below(&made);
        r = lay_out(&made);
    }
    if (r == 0) {
        memcpy(next, made.places, n_values * sizeof *next);
        r = fill(&made, source, next, pace);
    }
    if (r == 0)
        *vertical = made;
    else
        cvn_match_vertical_deinit(&made);
    free(next);
    return r;
}

void cvn_match_vertical_deinit(struct cvn_match_vertical *vertical)
{
    free(vertical->counts);
    free(vertical->places);
    free(vertical->postings);
    free(vertical->planes);
    *vertical = (struct cvn_match_vertical){0};
}

/* Halves what is left without a branch, as nobody could guess which. */
static const uint32_t *first_at_least(const uint32_t *from, size_t n, uint32_t posting)
{
    for (; n > 1; n -= n / 2)
        from += from[n / 2 - 1] < posting ? n / 2 : 0;
    return from + (n == 1 && *from < posting);
}

void cvn_match_vertical_rows(const struct cvn_match_vertical *vertical, uint32_t value,
                             const uint32_t *levels, uint32_t n_levels, size_t block,
                             uint64_t (*room)[CVN_MATCH_BLOCK_WORDS], const uint64_t **rows)
{
    if (is_dense(vertical, value)) {
        const uint64_t *planes = vertical->planes +
                                 (size_t)vertical->places[value] * vertical->plane_words +
                                 block * CVN_MATCH_BLOCK_WORDS;
        for (uint32_t l = 0; l < n_levels; l++)
            rows[l] = planes + (levels[l] - 1) * vertical->plane_words;
        return;
    }
    memset(room, 0, n_levels * sizeof *room);
    for (uint32_t l = 0; l < n_levels; l++)
        rows[l] = room[l];
    const uint32_t *postings = vertical->postings + vertical->places[value];
    const uint32_t *end = postings + vertical->counts[value];
    uint32_t first_mentor = (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
    uint32_t past = (first_mentor + CVN_MATCH_BLOCK_MENTORS) << 3;
    for (postings = first_at_least(postings, vertical->counts[value], first_mentor << 3);
         postings < end && *postings < past; postings++) {
        uint32_t mentor = (*postings >> 3) - first_mentor, level = *postings & 7;
        for (uint32_t l = 0; l < n_levels; l++)
            room[l][mentor / 64] |= (uint64_t)(level >= levels[l]) << mentor % 64;
    }
}

const uint64_t *cvn_match_vertical_block(const struct cvn_match_vertical *vertical,
                                         struct cvn_match_value value, size_t block,
                                         uint64_t scratch[CVN_MATCH_BLOCK_WORDS])
{
    const uint64_t *row;
    cvn_match_vertical_rows(vertical, value.value, &value.level, 1, block,
                            (uint64_t(*)[CVN_MATCH_BLOCK_WORDS])scratch, &row);
    return row;
}
