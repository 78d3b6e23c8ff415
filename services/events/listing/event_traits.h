/*
 * What an index entry of an event says of it, so that a list turns away most of what it does not
 * want without reading the event. All but topics, languages and city are exact; of these there is a
 * signature, which may claim too much and never too little. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_TRAITS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_TRAITS_H

#include "base/arena.h"
#include "base/geo.h"
#include "base/id.h"
#include "base/slice.h"
#include "convene/events/v1/event.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

enum { CVN_EVENT_TRAITS_BYTES = 41 };

struct cvn_event_traits {
    bool published; /* or archived, which was published */
    bool cancelled;
    bool located;
    Convene__Events__V1__Visibility visibility;
    Convene__Events__V1__AttendanceMode mode;
    uint32_t capacity;         /* 0: without limit */
    uint32_t virtual_capacity; /* of a MIXED event; 0: without limit */
    uint64_t signature;
    struct cvn_point at; /* exact to 0.02 m, where located */
    struct cvn_id group;
};

/* Of what a bit of a signature is. */
enum cvn_event_sign {
    CVN_EVENT_SIGN_TOPIC,    /* folded */
    CVN_EVENT_SIGN_LANGUAGE, /* lower case, with each of its beginnings; empty for none */
    CVN_EVENT_SIGN_CITY,     /* folded */
};

/* The bits that an event with that word has set. */
uint64_t cvn_event_sign(enum cvn_event_sign sign, struct cvn_slice word);

/*
 * The traits of a stored event; memory for folding comes from the arena. 0; -EBADMSG for one that
 * cannot have been stored; -ENOMEM.
 */
int cvn_event_traits_of(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                        struct cvn_event_traits *ret);

/*
 * The same of a stored event's bytes, but for what is said of words and places: no signature, and
 * located nowhere. 0 or -EBADMSG.
 */
int cvn_event_traits_of_row(struct cvn_slice row, struct cvn_event_traits *ret);

/* The point at which lists around a place find an event: its venue's, or its city's; or NULL. */
const Convene__Events__V1__LatLng *cvn_event_point(const Convene__Events__V1__Event *event);

/*
 * Calls visit with the language in lower case and then with each shorter tag that finds it, as
 * "pt-br" and "pt"; with "" where there is none. 0, or what visit returned first other than 0.
 */
int cvn_event_languages(const char *language, int (*visit)(void *arg, struct cvn_slice tag),
                        void *arg);

void cvn_event_traits_pack(uint8_t bytes[CVN_EVENT_TRAITS_BYTES],
                           const struct cvn_event_traits *traits);
/* False when the bytes are none. */
bool cvn_event_traits_unpack(struct cvn_slice bytes, struct cvn_event_traits *ret);

#endif
