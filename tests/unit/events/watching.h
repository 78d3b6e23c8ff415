/* A watch of WatchEvents without a call: what it is told, in words; and an owner with a group. */
#ifndef CVN_TESTS_EVENTS_WATCHING_H
#define CVN_TESTS_EVENTS_WATCHING_H

#include "tests/unit/events/fixture.h"

enum { WATCH_TEXT_BYTES = 16384, WATCH_CURSOR_BYTES = 1024 };

/* Somebody who watches: takes room messages in each step, and notes "kind:what" of each. */
struct watching {
    struct harness *harness;
    struct cvn_principal who;
    Convene__Events__V1__ListEventsRequest filter;
    bool snapshot;
    char cursor[WATCH_CURSOR_BYTES];
    char told[WATCH_TEXT_BYTES];
    size_t n; /* messages with a change, ever */
    int room; /* messages the sink still takes; -1: any number */
    bool live;
    int result; /* of opening: 0 or CVN_REFUSED */
    enum cvn_code code;
    char reason[64];
    char person_seen[CVN_ID_TEXT_BYTES]; /* of the last RSVP or member */
    int32_t seats;                       /* of the last counts */
    char text[64];                       /* of the last comment */
    char comment_seen[CVN_ID_TEXT_BYTES];
    char event_seen[CVN_ID_TEXT_BYTES];
    int64_t sequence;
};

struct watching watch_of(struct harness *harness, const struct client *client);

/* Opens the watch at its cursor, lets it tell what it can, and notes that. */
void catch_up(struct watching *w);

/* The same, and asserts that what it was told is this: "kind:what", with spaces between. */
void expect(struct watching *w, const char *told);

/* An owner with a group, and a draft in it. */
struct watch_scene {
    struct cvn_id owner_id, other_id, group;
    struct draft draft;
    char group_text[CVN_ID_TEXT_BYTES];
};

/* Of one test at a time. */
struct watch_scene *watch_scene_set(struct harness *harness);

#endif
