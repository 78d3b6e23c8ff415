/* The lists that are asked of a made-up community (world.h): the first page of each kind. */
#ifndef CVN_BENCH_FINDING_ASKS_H
#define CVN_BENCH_FINDING_ASKS_H

#include "bench/finding/world.h"
#include "convene/events/v1/event.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <stdbool.h>

enum { ASK_TEXT_BYTES = 64 };

/* A request, and what it points at. */
struct list {
    Convene__Events__V1__ListEventsRequest request;
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
    Google__Protobuf__Timestamp from, before;
    char text[ASK_TEXT_BYTES];
    char *topics[1];
    bool as_me; /* an agenda is asked for as the caller's own */
};

enum { ASK_KINDS = 7 };

struct ask_kind {
    const char *name;
    /* Fills an initialised request for the i-th place, topic, word, group or person. */
    void (*ask)(const struct world *world, struct list *list, uint32_t i);
};
extern const struct ask_kind ask_kinds[ASK_KINDS];

void list_init(struct list *list, bool as_me);

#endif
