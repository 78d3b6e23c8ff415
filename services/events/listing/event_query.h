/* A request of ListEvents as it is compared: read and checked once, then asked of many events. */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_QUERY_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_QUERY_H

#include "base/geo.h"
#include "base/tokens.h"
#include "convene/events/v1/event.pb-c.h"
#include "services/events/listing/event_groups.h"
#include "services/events/listing/event_stream.h"
#include "services/events/listing/event_traits.h"
#include "services/runtime/ctx.h"

enum {
    CVN_EVENT_QUERY_GROUPS_MAX = 50,
    CVN_EVENT_QUERY_TOPICS_MAX = 50,
    CVN_EVENT_QUERY_LANGUAGES_MAX = 20,
    CVN_EVENT_QUERY_TEXT_MAX = 200, /* bytes */
    CVN_EVENT_QUERY_WORDS_MAX = 16,
    CVN_EVENT_QUERY_REGION_MAX = 20,  /* bytes */
    CVN_EVENT_QUERY_RADIUS_M = 25000, /* around a city, where none is given */
};

/* A filter of which one of several words is enough. */
struct cvn_event_words {
    struct cvn_slice *items; /* folded topics, or languages in lower case */
    uint64_t *signs;         /* of each, see event_traits.h */
    size_t n;                /* 0: any */
};

/* What an event may have to be asked itself, in bits: filters of which traits do not tell all. */
enum {
    CVN_EVENT_ASK_CIRCLE = 1,
    CVN_EVENT_ASK_CITY = 2,
    CVN_EVENT_ASK_TOPICS = 4,
    CVN_EVENT_ASK_LANGUAGES = 8,
    CVN_EVENT_ASK_TEXT = 16,
};

/* Embedded by value; memory is the call's arena. */
struct cvn_event_query {
    struct cvn_ctx *ctx;
    struct cvn_ctx row; /* the same call, its arena for what is looked at and not kept */
    const Convene__Events__V1__ListEventsRequest *request;
    struct cvn_event_window window;
    enum cvn_direction direction;
    struct cvn_event_place after;
    bool by_attendee, by_series, by_groups, by_circle;
    struct cvn_id attendee, series;
    struct cvn_id *groups; /* any of them; ascending */
    size_t n_groups;
    struct cvn_point centre;
    double radius_m;
    Convene__Events__V1__FoundPlace *place; /* that the request names, or NULL */
    struct cvn_slice city;                  /* folded; empty: any */
    struct cvn_event_words topics, languages;
    struct cvn_token tokens[CVN_EVENT_QUERY_WORDS_MAX];
    size_t n_tokens;
    bool reads_tokens; /* the last token's words are too many: events are asked themselves */
    unsigned told;     /* questions that the indexes walked answer */
    struct cvn_event_groups of_events;
    bool left_cancelled, left_unpublished; /* an event, for maybe no other reason */
};

/* Notes what is wrong with the request, in ctx->problems; what the store knows is not asked. */
void cvn_event_query_check(struct cvn_ctx *ctx,
                           const Convene__Events__V1__ListEventsRequest *request);

/*
 * Reads a checked request. row_arena, empty and the caller's, is emptied for each event looked at.
 * 0; CVN_REFUSED; a fault. The query must stay where it is.
 */
int cvn_event_query_read(struct cvn_event_query *query, struct cvn_ctx *ctx,
                         const Convene__Events__V1__ListEventsRequest *request,
                         struct cvn_arena *row_arena);

/* Whether traits leave it possible that the event is wanted; *ret is the answer. 0 or a fault. */
int cvn_event_query_admits(struct cvn_event_query *query, const struct cvn_event_traits *traits,
                           bool *ret);

/*
 * What is still to be asked of an event that traits admitted, mostly nothing; traits may be NULL,
 * for all that the query asks.
 */
unsigned cvn_event_query_questions(const struct cvn_event_query *query,
                                   const struct cvn_event_traits *traits);

/* Whether the event as it is stored is wanted, its traits having admitted it. 0 or a fault. */
int cvn_event_query_matches_row(struct cvn_event_query *query,
                                const struct cvn_event_traits *traits, struct cvn_slice row,
                                bool *ret);

/*
 * What the questions say of an event that is unpacked, if only in part. Free seats are not asked
 * here. Memory is taken from the row's arena. 0 or a fault.
 */
int cvn_event_query_matches(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                            unsigned questions, bool *ret);

/*
 * What no event of the query's own list need be asked, since indexes tell it: whether the event has
 * the text; is of the series; or may be, by its group. 0 or a fault.
 */
int cvn_event_query_has_text(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                             bool *ret);
bool cvn_event_query_is_of_series(const struct cvn_event_query *query,
                                  const Convene__Events__V1__Event *event);
bool cvn_event_query_takes_group(const struct cvn_event_query *query, const struct cvn_id *group);

/*
 * Whether an event that traits admitted may be found although its group may be archived. What such
 * a group had ahead then is not found any more, but by its organisers where they ask for what is
 * unpublished, and among the events of an attendee. 0 or a fault.
 */
int cvn_event_query_is_held(struct cvn_event_query *query, const struct cvn_event_traits *traits,
                            int64_t start_ms, bool *ret);

/* Whether a seat of the event is free. 0 or a fault. */
int cvn_event_query_has_seats(struct cvn_event_query *query, const struct cvn_id *id,
                              const struct cvn_event_traits *traits, bool *ret);

/* The caller's role in the group. 0 or a fault. */
int cvn_event_query_role(struct cvn_event_query *query, const struct cvn_id *group,
                         Convene__Events__V1__GroupRole *ret);

/* What matched, in the call's arena; NULL when it is spent. */
Convene__Events__V1__EventMatch *cvn_event_query_tell(const struct cvn_event_query *query,
                                                      const Convene__Events__V1__Event *event);

#endif
