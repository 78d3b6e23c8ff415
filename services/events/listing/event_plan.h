/*
 * How a list finds its events: which indexes are walked, in step where one leaves too much, and
 * what is told from their entries alone.
 *
 * Every filter that stands in an index gives a stream, of one range or several, in the order of
 * start and id. The first entries of each tell how dense it is, and the sparsest leads. What traits
 * tell (event_traits.h) is asked of each entry of it; words of a text stand in no traits, so their
 * streams go along by seeks: whichever is behind jumps to where the others are.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_PLAN_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_PLAN_H

#include "services/events/listing/event_query.h"
#include "services/events/listing/event_stream.h"
#include "services/events/meetups/event_row.h"

enum {
    CVN_EVENT_PLAN_SPENT = 1, /* outcome: as many entries were looked at as may be */

    /* Streams of one plan: texts' words, and one of each other filter. */
    CVN_EVENT_PLAN_STREAMS_MAX = CVN_EVENT_QUERY_WORDS_MAX + 9,
    /* Words or stems that one beginning stands for; of more, events of a shorter one are asked. */
    CVN_EVENT_PLAN_WORDS_MAX = 32,
    /* Entries that tell how dense a stream is. */
    CVN_EVENT_PLAN_PROBE = 12,
};

/* Embedded by value; the fields are its own, but for passed. */
struct cvn_event_plan {
    struct cvn_event_query *query;
    struct cvn_event_stream streams[CVN_EVENT_PLAN_STREAMS_MAX];
    size_t n_streams;
    struct cvn_event_stream *walked[CVN_EVENT_PLAN_STREAMS_MAX]; /* the first leads */
    size_t n_walked;
    bool empty; /* a filter leaves nothing whatever the others do */
    size_t n_seen, n_seen_max;
    struct cvn_event_rows rows;
    struct cvn_event_row row; /* of the event given last, if row_read */
    bool row_read;
    bool any_passed;
    struct cvn_event_place passed; /* all up to it, itself included, were dealt with */
};

/* Opens what the query needs; at most so many entries will be looked at. 0 or a fault. */
int cvn_event_plan_open(struct cvn_event_plan *plan, struct cvn_event_query *query,
                        size_t n_seen_max);

/*
 * The next event that traits admit. 0; CVN_STORE_ABSENT at the end; CVN_EVENT_PLAN_SPENT; a fault.
 */
int cvn_event_plan_next(struct cvn_event_plan *plan, struct cvn_event_place *ret_place,
                        struct cvn_event_traits *ret_traits);

/* Reads the row of the event given last. 0; -EUCLEAN where there is none; another fault. */
int cvn_event_plan_row(struct cvn_event_plan *plan, const struct cvn_event_place *place,
                       const struct cvn_event_row **ret);

/* Notes that the event was read, which counts as so many entries. */
void cvn_event_plan_charge(struct cvn_event_plan *plan, size_t n_entries);

/* Ends all streams. A zeroed plan is accepted. */
void cvn_event_plan_deinit(struct cvn_event_plan *plan);

#endif
