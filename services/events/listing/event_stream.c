#include "services/events/listing/event_stream.h"

#include "services/events/meetups/event_table.h"

#include <errno.h>
#include <stdlib.h>

int cvn_event_place_compare(const struct cvn_event_place *a, const struct cvn_event_place *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    int c = memcmp(a->id.bytes, b->id.bytes, CVN_ID_BYTES);
    return (c > 0) - (c < 0);
}

struct cvn_event_place cvn_event_place_before(const struct cvn_event_place *place)
{
    struct cvn_event_place before = *place;
    size_t i = CVN_ID_BYTES;
    while (i > 0 && before.id.bytes[i - 1]-- == 0)
        i--;
    if (i == 0 && before.start_ms > INT64_MIN)
        before.start_ms--;
    return before;
}

int cvn_event_stream_init(struct cvn_event_stream *stream, struct cvn_txn *txn,
                          struct cvn_arena *arena, size_t ranges_max, size_t *n_seen)
{
    *stream = (struct cvn_event_stream){
        .txn = txn, .arena = arena, .n_seen = n_seen, .ranges_max = ranges_max};
    stream->ranges = cvn_arena_alloc_array(arena, ranges_max, sizeof *stream->ranges);
    return stream->ranges ? 0 : -ENOMEM;
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

static int advance(struct cvn_event_stream *stream, struct cvn_event_range *range)
{
    struct cvn_index_entry entry;
    range->live = false;
    ++*stream->n_seen;
    int r = cvn_index_cursor_next(&range->cursor, &entry);
    if (r == CVN_STORE_ABSENT)
        return 0;
    if (r == 0)
        r = cvn_event_place_read(&entry, &range->head.place);
    range->head.traits = entry.value;
    range->live = r == 0;
    return r;
}

static void choose(struct cvn_event_stream *stream)
{
    stream->best = NULL;
    for (size_t i = 0; i < stream->n_ranges; i++) {
        struct cvn_event_range *range = &stream->ranges[i];
        if (range->live &&
            (!stream->best ||
             cvn_event_place_compare(&range->head.place, &stream->best->head.place) < 0))
            stream->best = range;
    }
}

static struct cvn_key with_start(const struct cvn_key *prefix, int64_t start_ms)
{
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_raw(&key, cvn_slice(prefix->bytes, prefix->len));
    cvn_key_put_i64(&key, start_ms);
    return key;
}

/* Makes the next step give what is at the place or beyond it; or only what is beyond. */
static int aim(struct cvn_event_range *range, const struct cvn_event_place *place, bool beyond)
{
    struct cvn_key at = with_start(&range->prefix, place->start_ms), primary;
    cvn_event_key(&primary, &place->id);
    struct cvn_slice key = cvn_key_slice(&at), row = cvn_key_slice(&primary);
    return beyond ? cvn_index_cursor_resume(&range->cursor, key, row)
                  : cvn_index_cursor_seek(&range->cursor, key, row);
}

static int go_to(struct cvn_event_stream *stream, struct cvn_event_range *range,
                 const struct cvn_event_place *place)
{
    int r = aim(range, place, false);
    return r ? r : advance(stream, range);
}

static int begin_range(struct cvn_event_stream *stream, struct cvn_event_range *range, int index,
                       const struct cvn_event_window *window)
{
    struct cvn_key lo = with_start(&range->prefix, window->from_ms);
    struct cvn_key hi = with_start(&range->prefix, window->before_ms);
    if (cvn_slice_compare(cvn_key_slice(&lo), cvn_key_slice(&hi)) >= 0)
        return 0;
    int r = cvn_index_cursor_init(&range->cursor, stream->txn, &cvn_event_indexes[index],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r)
        return r;
    range->open = true;
    if (window->after && window->after->start_ms >= window->from_ms)
        r = aim(range, window->after, true);
    if (r == 0)
        r = advance(stream, range);
    range->any = range->live;
    range->first = range->head.place;
    return r;
}

int cvn_event_stream_add(struct cvn_event_stream *stream, int index, const struct cvn_key *prefix,
                         const struct cvn_event_window *window)
{
    if (stream->n_ranges == stream->ranges_max)
        return -E2BIG;
    struct cvn_event_range *range = &stream->ranges[stream->n_ranges];
    cvn_key_init(&range->prefix);
    cvn_key_put_raw(&range->prefix, cvn_slice(prefix->bytes, prefix->len));
    int r = begin_range(stream, range, index, window);
    stream->n_ranges += range->open;
    if (r == 0 && range->live &&
        (!stream->best ||
         cvn_event_place_compare(&range->head.place, &stream->best->head.place) < 0))
        stream->best = range;
    return r;
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
    size_t n = cvn_geo_cover(centre, radius_m, ranges, CVN_EVENT_STREAM_CELLS_MAX);
    int size = CVN_EVENT_CELL_SIZES - 1;
    while (size > 0 &&
           count_cells(ranges, n, cvn_event_cell_bits[size]) > CVN_EVENT_STREAM_CELLS_MAX)
        size--;
    if (count_cells(ranges, n, cvn_event_cell_bits[size]) <= CVN_EVENT_STREAM_CELLS_MAX)
        return add_cells(stream, ranges, n, cvn_event_cell_bits[size], window);
    /* Around a pole even the coarsest cells are many: walk all and measure. */
    struct cvn_key all;
    cvn_key_init(&all);
    return cvn_event_stream_add(stream, CVN_EVENT_BY_START, &all, window);
}

static int compare_entries(const void *a, const void *b)
{
    return cvn_event_place_compare(&((const struct cvn_event_entry *)a)->place,
                                   &((const struct cvn_event_entry *)b)->place);
}

void cvn_event_stream_set_entries(struct cvn_event_stream *stream, struct cvn_event_entry *entries,
                                  size_t n, const struct cvn_event_window *window)
{
    if (n > 0)
        qsort(entries, n, sizeof *entries, compare_entries);
    size_t first = 0;
    while (first < n &&
           (entries[first].place.start_ms < window->from_ms ||
            (window->after && cvn_event_place_compare(&entries[first].place, window->after) <= 0)))
        first++;
    while (n > first && entries[n - 1].place.start_ms >= window->before_ms)
        n--;
    stream->entries = entries + first;
    stream->n_entries = n - first;
    stream->listed = true;
}

const struct cvn_event_entry *cvn_event_stream_head(const struct cvn_event_stream *stream)
{
    if (stream->listed)
        return stream->at < stream->n_entries ? &stream->entries[stream->at] : NULL;
    return stream->best ? &stream->best->head : NULL;
}

int cvn_event_stream_pass(struct cvn_event_stream *stream)
{
    if (stream->listed) {
        stream->at++;
        ++*stream->n_seen;
        return 0;
    }
    const struct cvn_event_place passed = stream->best->head.place;
    for (size_t i = 0; i < stream->n_ranges; i++) {
        struct cvn_event_range *range = &stream->ranges[i];
        if (!range->live || cvn_event_place_compare(&range->head.place, &passed) != 0)
            continue;
        int r = advance(stream, range);
        if (r)
            return r;
    }
    choose(stream);
    return 0;
}

int cvn_event_stream_seek(struct cvn_event_stream *stream, const struct cvn_event_place *place)
{
    for (; stream->listed && stream->at < stream->n_entries &&
           cvn_event_place_compare(&stream->entries[stream->at].place, place) < 0;
         stream->at++)
        ++*stream->n_seen;
    for (size_t i = 0; i < stream->n_ranges; i++) {
        struct cvn_event_range *range = &stream->ranges[i];
        if (!range->live || cvn_event_place_compare(&range->head.place, place) >= 0)
            continue;
        int r = go_to(stream, range, place);
        if (r)
            return r;
    }
    choose(stream);
    return 0;
}

int cvn_event_stream_rewind(struct cvn_event_stream *stream)
{
    stream->at = 0;
    for (size_t i = 0; i < stream->n_ranges; i++) {
        struct cvn_event_range *range = &stream->ranges[i];
        if (!range->any ||
            (range->live && cvn_event_place_compare(&range->head.place, &range->first) == 0))
            continue;
        int r = go_to(stream, range, &range->first);
        if (r)
            return r;
    }
    choose(stream);
    return 0;
}

void cvn_event_stream_deinit(struct cvn_event_stream *stream)
{
    for (size_t i = 0; i < stream->n_ranges; i++)
        if (stream->ranges[i].open)
            cvn_index_cursor_deinit(&stream->ranges[i].cursor);
    stream->n_ranges = 0;
}
