/*
 * The order of a list: events by start and id, ascending or descending, merged from one or more
 * ranges of indexes, each of which is in that order. What several ranges hold is given once.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_STREAM_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_STREAM_H

#include "base/arena.h"
#include "services/events/listing/event_cells.h"
#include "services/events/listing/event_index.h"

/* A place in the order. */
struct cvn_event_place {
    int64_t start_ms;
    struct cvn_id id;
};

/* Below, at or above 0, as memcmp. */
static inline int cvn_event_place_compare(const struct cvn_event_place *a,
                                          const struct cvn_event_place *b)
{
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    return memcmp(a->id.bytes, b->id.bytes, CVN_ID_BYTES);
}

/* The same in a list of that direction. */
static inline int cvn_event_place_order(const struct cvn_event_place *a,
                                        const struct cvn_event_place *b,
                                        enum cvn_direction direction)
{
    return direction == CVN_FORWARD ? cvn_event_place_compare(a, b) : cvn_event_place_compare(b, a);
}

/* The place of an entry of an index that ends in the start. 0 or -EUCLEAN. */
int cvn_event_place_read(const struct cvn_index_entry *entry, struct cvn_event_place *ret);

/* The last place before it in a list of that direction. */
struct cvn_event_place cvn_event_place_before(const struct cvn_event_place *place,
                                              enum cvn_direction direction);

/* An event as an index tells it. */
struct cvn_event_entry {
    struct cvn_event_place place;
    struct cvn_slice
        traits; /* packed, borrowed from the snapshot; empty where the index has none */
};

/* One range of an index. */
struct cvn_event_range {
    struct cvn_index_cursor cursor;
    struct cvn_key at; /* where it was sent last; its keys begin with the first prefix_len bytes */
    size_t prefix_len;
    unsigned n_steps; /* to try before the next seek */
    bool open;        /* the cursor was begun */
    bool live;        /* head is its next event */
    struct cvn_event_entry head;
};

/* Embedded by value; the fields are its own, but for those of init. */
struct cvn_event_stream {
    struct cvn_txn *txn;
    struct cvn_arena *arena;
    size_t *n_seen;               /* counts the entries looked at */
    enum cvn_direction direction; /* may be set before anything is added */
    unsigned tells;               /* the caller's: what is known of an event that is in it */
    struct cvn_event_range *ranges;
    size_t n_ranges, ranges_max;
    struct cvn_event_range **heap; /* of those that are live; the first one's head is next */
    size_t n_live;
    /* What comes before all that the ranges have: looked at ahead, or an attendee's events, which
     * no index has by start. */
    const struct cvn_event_entry *entries;
    size_t n_entries, at;
};

/* Which starts, in milliseconds; and after which place, NULL for from the beginning. */
struct cvn_event_window {
    int64_t from_ms;
    int64_t before_ms;
    const struct cvn_event_place *after;
};

/* Makes a stream, forward, of at most so many ranges; txn is a snapshot. 0 or -ENOMEM. */
int cvn_event_stream_init(struct cvn_event_stream *stream, struct cvn_txn *txn,
                          struct cvn_arena *arena, size_t ranges_max, size_t *n_seen);

/*
 * Adds the range of the index whose keys begin with prefix (the fields before the start), within
 * the window. 0, -E2BIG over ranges_max, or a fault.
 */
int cvn_event_stream_add(struct cvn_event_stream *stream, int index, const struct cvn_key *prefix,
                         const struct cvn_event_window *window);

/* Adds a range for each of the cells, which stand behind the prefix. As add. */
int cvn_event_stream_add_cells(struct cvn_event_stream *stream, int index,
                               const struct cvn_key *prefix, const struct cvn_event_cells *cells,
                               const struct cvn_event_window *window);

/* Makes it the entries given, sorted and narrowed to the window. They are the caller's. */
void cvn_event_stream_set_entries(struct cvn_event_stream *stream, struct cvn_event_entry *entries,
                                  size_t n, const struct cvn_event_window *window);

/* The next event, or NULL at the end; borrowed until the stream moves. */
const struct cvn_event_entry *cvn_event_stream_head(const struct cvn_event_stream *stream);

/* Passes the next event. 0 or a fault. */
int cvn_event_stream_pass(struct cvn_event_stream *stream);

/* Passes all that are before the place. 0 or a fault. */
int cvn_event_stream_seek(struct cvn_event_stream *stream, const struct cvn_event_place *place);

/* Reads at most so many of the next events into entries. To be called before it moves. 0 or a
 * fault. */
int cvn_event_stream_look_ahead(struct cvn_event_stream *stream, size_t n);

/* Ends all cursors. A zeroed stream is accepted. */
void cvn_event_stream_deinit(struct cvn_event_stream *stream);

#endif
