/* Events to send, and the methods of EventService as plain functions; beside the harness. */
#ifndef CVN_TESTS_EVENTS_FIXTURE_H
#define CVN_TESTS_EVENTS_FIXTURE_H

#include "services/events/watch/watch_feed.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdint.h>

#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define VISIBILITY(name) CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_##name
#define MODE(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name
#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

/* An event with the least that is accepted; the parts it points at lie beside it. Not to be moved.
 */
struct draft {
    Convene__Events__V1__Event event;
    Convene__Events__V1__Venue venue; /* not yet part of the event */
    Convene__Events__V1__LatLng at;   /* not yet part of the venue */
    struct id_text group;
};
void draft_init(struct draft *draft, struct cvn_id group);

/* The message's text fields are not const; nothing writes to them. */
char *text(const char *literal);
/* n bytes 'x' behind the prefix, in the arena. */
char *long_text(struct cvn_arena *arena, const char *prefix, size_t n);

/* Each gives the reply, which lives until the client's next call, or NULL. */
const Convene__Events__V1__Event *create(struct client *client, Convene__Events__V1__Event *event,
                                         bool publish);
const Convene__Events__V1__Event *get(struct client *client, struct cvn_id event);
const Convene__Events__V1__Event *publish(struct client *client, struct cvn_id event);
const Convene__Events__V1__Event *cancel(struct client *client, struct cvn_id event,
                                         const char *reason);
const Convene__Events__V1__RegisterEventResponse *
put(struct client *client, Convene__Events__V1__Event *event, bool publish);
const Convene__Events__V1__ListEventsResponse *
list(struct client *client, const Convene__Events__V1__ListEventsRequest *request);
const Convene__Events__V1__BatchRegisterEventsResponse *
put_batch(struct client *client, const Convene__Events__V1__BatchRegisterEventsRequest *request);

/* The id of a reply; asserts that there is one. */
struct cvn_id id_of(const Convene__Events__V1__Event *event);
/* Milliseconds of its start. */
int64_t start_of(const Convene__Events__V1__Event *event);

/* Somebody who watches events. */
struct following {
    struct cvn_principal who;
    const Convene__Events__V1__WatchEventsRequest *request;
    struct cvn_watch_sink sink;
    int opened; /* out: 0 or CVN_REFUSED */
    enum cvn_code code;
    char reason[64];
};
/* Opens the watch at its cursor and lets it tell what it can. How it stopped; asserts no fault. */
int follow(struct harness *harness, struct following *following);

/* Makes the person, who calls, a member of the group; asserts. */
void join(struct client *client, struct cvn_id group);

/* What a teardown does: ends the clients of a scene, and the harness that it is set in. */
int scene_end(void **state, struct harness *harness, struct client *const *clients, size_t n);

/* Asserts that every index of the store is what its rows make it. */
void assert_indexes_right(struct harness *harness);

/* Deletes what an index has, as a store from before it is without it; how many entries that were.
 */
size_t forget_index(struct harness *harness, uint8_t index);
/* Takes the store's schema from the version before this one to it; asserts. */
void step_schema(struct harness *harness, unsigned version);

/* Steele, Lea and Flood's SplitMix64 ("Fast splittable pseudorandom number generators", 2014). */
struct dice {
    uint64_t state;
};
uint64_t roll(struct dice *dice, uint64_t n);

#endif
