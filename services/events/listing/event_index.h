/*
 * The indexes of events. Every event is in them, drafts too: they are few, and their organisers
 * list them. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_INDEX_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_INDEX_H

#include "base/tokens.h"
#include "convene/events/v1/event.pb-c.h"
#include "storage/table.h"

/*
 * All but two end in the start, so that within what stands before it each is walked in the order of
 * a list, by start and then by id:
 *
 *     start      [start]
 *     group      [group][start]
 *     topic      [folded topic][start]
 *     city       [folded city][start]
 *     cell       [bits of the cell][cell][start]; see event_cells.h
 *     topic_cell [folded topic][bits of the cell][cell][start]
 *     series     [series][start]
 *     token      [whole 0, stem 1][token][start]: text; see base/tokens.h
 *     language   [lower-case tag, or a beginning of it][start]
 *     mode       [attendance mode][start]
 *     traits      [event]
 *     external   [group][external id]
 *
 * The value of those by start is the event's traits (event_traits.h), but for tokens and series,
 * which have none; that of traits the start in 8 bytes, as in a key, and the traits.
 */
enum {
    CVN_EVENT_BY_START,
    CVN_EVENT_BY_GROUP,
    CVN_EVENT_BY_TOPIC,
    CVN_EVENT_BY_CITY,
    CVN_EVENT_BY_CELL,
    CVN_EVENT_BY_EXTERNAL_ID,
    CVN_EVENT_BY_SERIES,
    CVN_EVENT_BY_TOKEN,
    CVN_EVENT_BY_LANGUAGE,
    CVN_EVENT_BY_MODE,
    CVN_EVENT_TRAITS,
    CVN_EVENT_BY_TOPIC_CELL,
    CVN_EVENT_INDEXES,
};
extern const struct cvn_index cvn_event_indexes[CVN_EVENT_INDEXES];

/* In the keys of CVN_EVENT_BY_TOKEN. */
enum { CVN_EVENT_TOKEN_WHOLE = 0, CVN_EVENT_TOKEN_STEM = 1 };

/*
 * What an event is found by in CVN_EVENT_BY_TOKEN: the first of its tokens, in the order of title,
 * topics, group, venue and description. Of a description only the beginning is read.
 */
enum {
    CVN_EVENT_TOKENS_MAX = 900,
    CVN_EVENT_TOKEN_BYTES_MAX = 8000,
};

/* The event's tokens, in the arena. 0; -EBADMSG; -ENOMEM. */
int cvn_event_tokens(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                     struct cvn_tokens *ret);

/* The derive of the table of events. */
cvn_table_derive cvn_event_derive;

#endif
