#include "services/events/event_stream.h"

#include <errno.h>
#include <stdlib.h>

int cvn_event_place_compare(const struct cvn_event_place *a, const struct cvn_event_place *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    int c = memcmp(a->id.bytes, b->id.bytes, CVN_ID_BYTES);
    return (c > 0) - (c < 0);
}

/* The start ends the entry's key, the id is in the row's. */
int cvn_event_place_read(const struct cvn_index_entry *entry, struct cvn_event_place *ret)
{
    struct cvn_key_reader reader;
    if (entry->key.len < 8)
        return -EUCLEAN;
    cvn_key_reader_init(&reader,
                        cvn_slice((const uint8_t *)entry->key.data + entry->key.len - 8, 8));
    ret->start_ms = cvn_key_get_i64(&reader);
    cvn_key_reader_init(&reader, entry->primary);
    (void)cvn_key_get_u8(&reader);
    ret->id = cvn_key_get_id(&reader);
    return reader.failed ? -EUCLEAN : 0;
}

static int advance(struct cvn_event_range *range)
{
    struct cvn_index_entry entry;
    range->live = false;
    int r = cvn_index_cursor_next(&range->cursor, &entry);
    if (r == CVN_STORE_ABSENT)
        return 0;
    if (r == 0)
        r = cvn_event_place_read(&entry, &range->head);
    range->live = r == 0;
    return r;
}

static struct cvn_key with_start(const struct cvn_key *prefix, int64_t start_ms)
{
    struct cvn_key key = *prefix;
    cvn_key_put_i64(&key, start_ms);
    return key;
}

int cvn_event_stream_add(struct cvn_event_stream *stream, int index, const struct cvn_key *prefix,
                         const struct cvn_event_window *window)
{
    if (stream->n_ranges == CVN_EVENT_LIST_STREAMS_MAX)
        return -E2BIG;
    struct cvn_event_range *range = &stream->ranges[stream->n_ranges];
    struct cvn_key lo = with_start(prefix, window->from_ms);
    struct cvn_key hi = with_start(prefix, window->before_ms);
    if (cvn_slice_compare(cvn_key_slice(&lo), cvn_key_slice(&hi)) >= 0)
        return 0;
    int r = cvn_index_cursor_init(&range->cursor, stream->txn, &cvn_event_indexes[index],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r)
        return r;
    range->open = true;
    stream->n_ranges++;
    if (window->after && window->after->start_ms >= window->from_ms) {
        struct cvn_key at = with_start(prefix, window->after->start_ms), primary;
        cvn_event_key(&primary, &window->after->id);
        r = cvn_index_cursor_resume(&range->cursor, cvn_key_slice(&at), cvn_key_slice(&primary));
    }
    return r ? r : advance(range);
}

/* How many cells of so many bits the ranges touch. */
static size_t count_cells(const struct cvn_geo_range *ranges, size_t n, unsigned bits)
{
    size_t n_cells = 0;
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t a = ranges[i].first >> (CVN_GEO_BITS - bits);
        uint64_t b = ranges[i].last >> (CVN_GEO_BITS - bits);
        n_cells += b - a + (a != last);
        last = b;
    }
    return n_cells;
}

static int add_cells(struct cvn_event_stream *stream, const struct cvn_geo_range *ranges, size_t n,
                     uint8_t bits, const struct cvn_event_window *window)
{
    uint64_t next = 0; /* the first cell that is not added yet */
    for (size_t i = 0; i < n; i++) {
        uint64_t cell = ranges[i].first >> (CVN_GEO_BITS - bits);
        uint64_t last = ranges[i].last >> (CVN_GEO_BITS - bits);
        for (cell = cell < next ? next : cell; cell <= last; cell++) {
            struct cvn_key prefix;
            cvn_key_init(&prefix);
            cvn_key_put_u8(&prefix, bits);
            cvn_key_put_u32(&prefix, (uint32_t)cell);
            int r = cvn_event_stream_add(stream, CVN_EVENT_BY_CELL, &prefix, window);
            if (r)
                return r;
            next = cell + 1;
        }
    }
    return 0;
}

int cvn_event_stream_add_circle(struct cvn_event_stream *stream, struct cvn_point centre,
                                double radius_m, const struct cvn_event_window *window)
{
    struct cvn_geo_range ranges[CVN_GEO_RANGES_MAX];
    size_t n = cvn_geo_cover(centre, radius_m, ranges, CVN_EVENT_LIST_STREAMS_MAX);
    int size = CVN_EVENT_CELL_SIZES - 1;
    while (size > 0 &&
           count_cells(ranges, n, cvn_event_cell_bits[size]) > CVN_EVENT_LIST_STREAMS_MAX)
        size--;
    if (count_cells(ranges, n, cvn_event_cell_bits[size]) <= CVN_EVENT_LIST_STREAMS_MAX)
        return add_cells(stream, ranges, n, cvn_event_cell_bits[size], window);
    /* Around a pole even the coarsest cells are many: walk all and measure. */
    struct cvn_key all;
    cvn_key_init(&all);
    return cvn_event_stream_add(stream, CVN_EVENT_BY_START, &all, window);
}

static int compare_places(const void *a, const void *b)
{
    return cvn_event_place_compare(a, b);
}

void cvn_event_stream_set_places(struct cvn_event_stream *stream, struct cvn_event_place *places,
                                 size_t n, const struct cvn_event_window *window)
{
    if (n > 0)
        qsort(places, n, sizeof *places, compare_places);
    size_t first = 0;
    while (first < n &&
           (places[first].start_ms < window->from_ms ||
            (window->after && cvn_event_place_compare(&places[first], window->after) <= 0)))
        first++;
    while (n > first && places[n - 1].start_ms >= window->before_ms)
        n--;
    stream->places = places;
    stream->at = first;
    stream->n_places = n;
}

int cvn_event_stream_next(struct cvn_event_stream *stream, struct cvn_event_place *ret)
{
    if (stream->at < stream->n_places) {
        *ret = stream->places[stream->at++];
        return 0;
    }
    struct cvn_event_range *best = NULL;
    for (size_t i = 0; i < stream->n_ranges; i++) {
        struct cvn_event_range *range = &stream->ranges[i];
        if (range->live && (!best || cvn_event_place_compare(&range->head, &best->head) < 0))
            best = range;
    }
    if (!best)
        return CVN_STORE_ABSENT;
    *ret = best->head;
    return advance(best);
}

void cvn_event_stream_deinit(struct cvn_event_stream *stream)
{
    for (size_t i = 0; i < stream->n_ranges; i++)
        if (stream->ranges[i].open)
            cvn_index_cursor_deinit(&stream->ranges[i].cursor);
    stream->n_ranges = 0;
}
