/*
 * The order of a list: events by start and id, merged from one or more ranges of an index, each of
 * which is in that order.
 */
#ifndef CVN_SERVICES_EVENTS_EVENT_STREAM_H
#define CVN_SERVICES_EVENTS_EVENT_STREAM_H

#include "base/geo.h"
#include "services/events/event_list.h"
#include "services/events/event_table.h"

/* A place in the order. */
struct cvn_event_place {
    int64_t start_ms;
    struct cvn_id id;
};

/* -1, 0 or 1, as for memcmp. */
int cvn_event_place_compare(const struct cvn_event_place *a, const struct cvn_event_place *b);

/* The place of an entry of an index that ends in the start. 0 or -EUCLEAN. */
int cvn_event_place_read(const struct cvn_index_entry *entry, struct cvn_event_place *ret);

/* One range of an index. */
struct cvn_event_range {
    struct cvn_index_cursor cursor;
    bool open; /* the cursor was begun */
    bool live; /* head is its next event */
    struct cvn_event_place head;
};

/* Embedded by value. Zeroed means empty. */
struct cvn_event_stream {
    struct cvn_txn *txn;
    struct cvn_event_range ranges[CVN_EVENT_LIST_STREAMS_MAX];
    size_t n_ranges;
    /* For an attendee's events, which no index has by start: places in order. */
    struct cvn_event_place *places;
    size_t n_places;
    size_t at; /* the next of places */
};

/* Which starts, in milliseconds; and after which place, NULL for from the beginning. */
struct cvn_event_window {
    int64_t from_ms;
    int64_t before_ms;
    const struct cvn_event_place *after;
};

/*
 * Adds the range of the index whose keys begin with prefix (the fields before the start), within
 * the window. 0 or a fault.
 */
int cvn_event_stream_add(struct cvn_event_stream *stream, int index, const struct cvn_key *prefix,
                         const struct cvn_event_window *window);

/* Adds the cells that cover the circle. 0 or a fault. */
int cvn_event_stream_add_circle(struct cvn_event_stream *stream, struct cvn_point centre,
                                double radius_m, const struct cvn_event_window *window);

/* Makes it the places given, sorted and narrowed to the window. They are the caller's. */
void cvn_event_stream_set_places(struct cvn_event_stream *stream, struct cvn_event_place *places,
                                 size_t n, const struct cvn_event_window *window);

/* The next event. 0; CVN_STORE_ABSENT at the end; a fault. */
int cvn_event_stream_next(struct cvn_event_stream *stream, struct cvn_event_place *ret);

/* Ends all cursors. */
void cvn_event_stream_deinit(struct cvn_event_stream *stream);

#endif
