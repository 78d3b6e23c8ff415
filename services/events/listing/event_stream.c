#include "services/events/listing/event_stream.h"

#include "services/events/meetups/event_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Entries that are tried before a seek. */
enum { STEPS_AT_FIRST = 4, STEPS_MAX = 16 };

/* Steps the id, as a number of 16 bytes, and with a carry the start. */
struct cvn_event_place cvn_event_place_before(const struct cvn_event_place *place,
                                              enum cvn_direction direction)
{
    const uint8_t carries = direction == CVN_FORWARD ? 0 : UINT8_MAX;
    const int step = direction == CVN_FORWARD ? -1 : 1;
    const int64_t last_ms = direction == CVN_FORWARD ? INT64_MIN : INT64_MAX;
    struct cvn_event_place before = *place;
    for (size_t i = CVN_ID_BYTES; i > 0; i--) {
        bool carry = before.id.bytes[i - 1] == carries;
        before.id.bytes[i - 1] = (uint8_t)(before.id.bytes[i - 1] + step);
        if (!carry)
            return before;
    }
    if (before.start_ms != last_ms)
        before.start_ms += step;
    return before;
}

int cvn_event_stream_init(struct cvn_event_stream *stream, struct cvn_txn *txn,
                          struct cvn_arena *arena, size_t ranges_max, size_t *n_seen)
{
    *stream = (struct cvn_event_stream){
        .txn = txn, .arena = arena, .n_seen = n_seen, .ranges_max = ranges_max};
    if (ranges_max == 0)
        return 0;
    stream->ranges = cvn_arena_alloc_unset(arena, ranges_max * sizeof *stream->ranges);
    stream->heap = cvn_arena_alloc_array(arena, ranges_max, sizeof(struct cvn_event_range *));
    return stream->ranges && stream->heap ? 0 : -ENOMEM;
}

/* The start ends the entry's key, the id is in the row's. */
int cvn_event_place_read(const struct cvn_index_entry *entry, struct cvn_event_place *ret)
{
    const size_t n = sizeof ret->start_ms;
    if (entry->key.len < n || entry->primary.len < 1 + CVN_ID_BYTES)
        return -EUCLEAN;
    ret->start_ms = cvn_key_i64_of((const uint8_t *)entry->key.data + entry->key.len - n);
    memcpy(ret->id.bytes, (const uint8_t *)entry->primary.data + 1, CVN_ID_BYTES);
    return 0;
}

/* Takes what its cursor came to as the range's head; none is left where it is not live after. */
static int take_head(struct cvn_event_range *range, int r, const struct cvn_index_entry *entry)
{
    range->live = false;
    if (r == CVN_STORE_ABSENT)
        return 0;
    if (r == 0)
        r = cvn_event_place_read(entry, &range->head.place);
    if (r == 0)
        range->head.traits = entry->value;
    range->live = r == 0;
    return r;
}

static int advance(struct cvn_event_stream *stream, struct cvn_event_range *range)
{
    struct cvn_index_entry entry;
    ++*stream->n_seen;
    int r = cvn_index_cursor_next(&range->cursor, &entry);
    return take_head(range, r, &entry);
}

static bool comes_first(const struct cvn_event_stream *stream, size_t a, size_t b)
{
    return cvn_event_place_order(&stream->heap[a]->head.place, &stream->heap[b]->head.place,
                                 stream->direction) < 0;
}

static void swap(struct cvn_event_stream *stream, size_t a, size_t b)
{
    struct cvn_event_range *range = stream->heap[a];
    stream->heap[a] = stream->heap[b];
    stream->heap[b] = range;
}

static void push(struct cvn_event_stream *stream, struct cvn_event_range *range)
{
    size_t at = stream->n_live++;
    stream->heap[at] = range;
    for (; at > 0 && comes_first(stream, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(stream, at, (at - 1) / 2);
}

/* Puts the first range, whose head has moved, where it belongs now, or takes it out. */
static void settle(struct cvn_event_stream *stream)
{
    if (!stream->heap[0]->live)
        stream->heap[0] = stream->heap[--stream->n_live];
    for (size_t at = 0; stream->n_live > 1;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < stream->n_live; child++)
            if (comes_first(stream, child, least))
                least = child;
        if (least == at)
            return;
        swap(stream, at, least);
        at = least;
    }
}

/* Makes it the key, in the store, of the place in the range. */
static void aim(struct cvn_event_range *range, const struct cvn_event_place *place)
{
    struct cvn_key *at = &range->at;
    at->len = range->prefix_len;
    cvn_key_put_i64(at, place->start_ms);
    cvn_key_put_u8(at, CVN_SPACE_EVENTS);
    cvn_key_put_id(at, &place->id);
    cvn_key_put_u8(at, CVN_EVENT_KIND_ROW);
}

/*
 * Brings the range to the place. What is near is reached in a few steps, each of which is a
 * fraction of a seek; how many are tried depends on whether they led there before.
 */
static int go_to(struct cvn_event_stream *stream, struct cvn_event_range *range,
                 const struct cvn_event_place *place)
{
    struct cvn_index_entry entry;
    unsigned n = 0;
    aim(range, place);
    int r = cvn_index_cursor_advance(&range->cursor, cvn_key_slice(&range->at), range->n_steps, &n,
                                     &entry);
    *stream->n_seen += n;
    if (n <= range->n_steps)
        range->n_steps = range->n_steps < STEPS_MAX / 2 ? 2 * range->n_steps : STEPS_MAX;
    else
        range->n_steps = range->n_steps > 1 ? range->n_steps / 2 : 1;
    return take_head(range, r, &entry);
}

/* Begins the cursor over what of the index begins with the prefix and is within the window. */
static int begin_cursor(const struct cvn_event_stream *stream, struct cvn_event_range *range,
                        int index, const struct cvn_key *prefix,
                        const struct cvn_event_window *window)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_raw(&lo, cvn_slice(prefix->bytes, prefix->len));
    cvn_key_init(&hi);
    cvn_key_put_raw(&hi, cvn_slice(prefix->bytes, prefix->len));
    cvn_key_put_i64(&lo, window->from_ms);
    cvn_key_put_i64(&hi, window->before_ms);
    if (cvn_slice_compare(cvn_key_slice(&lo), cvn_key_slice(&hi)) >= 0)
        return 0;
    int r = cvn_index_cursor_init(&range->cursor, stream->txn, &cvn_event_indexes[index],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  stream->direction);
    range->open = r == 0;
    return r;
}

static int resume(struct cvn_event_range *range, const struct cvn_key *prefix,
                  const struct cvn_event_place *after)
{
    struct cvn_key key, row;
    cvn_key_init(&key);
    cvn_key_put_raw(&key, cvn_slice(prefix->bytes, prefix->len));
    cvn_key_put_i64(&key, after->start_ms);
    cvn_event_key(&row, &after->id);
    return cvn_index_cursor_resume(&range->cursor, cvn_key_slice(&key), cvn_key_slice(&row));
}

int cvn_event_stream_add(struct cvn_event_stream *stream, int index, const struct cvn_key *prefix,
                         const struct cvn_event_window *window)
{
    if (stream->n_ranges == stream->ranges_max)
        return -E2BIG;
    struct cvn_event_range *range = &stream->ranges[stream->n_ranges];
    range->open = range->live = false;
    range->n_steps = STEPS_AT_FIRST;
    cvn_index_key_begin(&range->at, &cvn_event_indexes[index]);
    cvn_key_put_raw(&range->at, cvn_slice(prefix->bytes, prefix->len));
    range->prefix_len = range->at.len;
    int r = begin_cursor(stream, range, index, prefix, window);
    if (r || !range->open)
        return r;
    stream->n_ranges++;
    if (window->after)
        r = resume(range, prefix, window->after);
    if (r == 0)
        r = advance(stream, range);
    if (r == 0 && range->live)
        push(stream, range);
    return r;
}

int cvn_event_stream_add_cells(struct cvn_event_stream *stream, int index,
                               const struct cvn_key *prefix, const struct cvn_event_cells *cells,
                               const struct cvn_event_window *window)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < cells->n; i++) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, cvn_slice(prefix->bytes, prefix->len));
        cvn_event_cell_put(&key, cells->bits, cells->codes[i]);
        r = cvn_event_stream_add(stream, index, &key, window);
    }
    return r;
}

static int compare_entries(const void *a, const void *b)
{
    return cvn_event_place_compare(&((const struct cvn_event_entry *)a)->place,
                                   &((const struct cvn_event_entry *)b)->place);
}

static void reverse(struct cvn_event_entry *entries, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct cvn_event_entry entry = entries[i];
        entries[i] = entries[n - 1 - i];
        entries[n - 1 - i] = entry;
    }
}

static bool is_in_window(const struct cvn_event_stream *stream, const struct cvn_event_place *place,
                         const struct cvn_event_window *window)
{
    return place->start_ms >= window->from_ms && place->start_ms < window->before_ms &&
           (!window->after || cvn_event_place_order(place, window->after, stream->direction) > 0);
}

void cvn_event_stream_set_entries(struct cvn_event_stream *stream, struct cvn_event_entry *entries,
                                  size_t n, const struct cvn_event_window *window)
{
    size_t n_in = 0;
    for (size_t i = 0; i < n; i++)
        if (is_in_window(stream, &entries[i].place, window))
            entries[n_in++] = entries[i];
    if (n_in > 0)
        qsort(entries, n_in, sizeof *entries, compare_entries);
    if (stream->direction == CVN_BACKWARD)
        reverse(entries, n_in);
    stream->entries = entries;
    stream->n_entries = n_in;
}

const struct cvn_event_entry *cvn_event_stream_head(const struct cvn_event_stream *stream)
{
    if (stream->at < stream->n_entries)
        return &stream->entries[stream->at];
    return stream->n_live > 0 ? &stream->heap[0]->head : NULL;
}

int cvn_event_stream_pass(struct cvn_event_stream *stream)
{
    if (stream->at < stream->n_entries) {
        stream->at++;
        ++*stream->n_seen;
        return 0;
    }
    const struct cvn_event_place passed = stream->heap[0]->head.place;
    do {
        int r = advance(stream, stream->heap[0]);
        if (r)
            return r;
        settle(stream);
    } while (stream->n_live > 0 &&
             cvn_event_place_compare(&stream->heap[0]->head.place, &passed) == 0);
    return 0;
}

int cvn_event_stream_seek(struct cvn_event_stream *stream, const struct cvn_event_place *place)
{
    for (; stream->at < stream->n_entries; stream->at++) {
        if (cvn_event_place_order(&stream->entries[stream->at].place, place, stream->direction) >=
            0)
            return 0;
        ++*stream->n_seen;
    }
    while (stream->n_live > 0 &&
           cvn_event_place_order(&stream->heap[0]->head.place, place, stream->direction) < 0) {
        int r = go_to(stream, stream->heap[0], place);
        if (r)
            return r;
        settle(stream);
    }
    return 0;
}

int cvn_event_stream_look_ahead(struct cvn_event_stream *stream, size_t n)
{
    if (stream->n_entries > 0 || stream->n_ranges == 0)
        return 0;
    struct cvn_event_entry *entries =
        cvn_arena_alloc_unset(stream->arena, n * sizeof *stream->entries);
    size_t n_read = 0;
    int r = entries ? 0 : -ENOMEM;
    while (r == 0 && n_read < n && stream->n_live > 0) {
        entries[n_read++] = stream->heap[0]->head;
        r = cvn_event_stream_pass(stream);
    }
    stream->entries = entries;
    stream->n_entries = r == 0 ? n_read : 0;
    return r;
}

void cvn_event_stream_deinit(struct cvn_event_stream *stream)
{
    for (size_t i = 0; i < stream->n_ranges; i++)
        cvn_index_cursor_deinit(&stream->ranges[i].cursor);
    stream->n_ranges = 0;
}
