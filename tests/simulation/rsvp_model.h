/*
 * What the answers to one event should come to, written down from docs/architecture.md and
 * proto/convene/events/v1, and sharing no code with the service: people in an array, the queue
 * found by looking at all of them.
 */
#ifndef CVN_TESTS_RSVP_MODEL_H
#define CVN_TESTS_RSVP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { MODEL_PEOPLE = 20, MODEL_OVERTAKEN_MAX = 3, MODEL_OFFER_HOURS = 24 };

/* The numbers are those of RsvpState. */
enum model_state {
    MODEL_NONE,
    MODEL_INVITED,
    MODEL_REQUESTED,
    MODEL_YES,
    MODEL_WAITLISTED,
    MODEL_OFFERED,
    MODEL_NO,
    MODEL_EXPIRED,
    MODEL_REJECTED,
    MODEL_REMOVED,
    MODEL_ATTENDED,
    MODEL_NO_SHOW,
    MODEL_EXCUSED,
};

enum model_action {
    MODEL_SAY_YES,
    MODEL_SAY_NO,
    MODEL_INVITE,
    MODEL_APPROVE,
    MODEL_REJECT,
    MODEL_REMOVE,
    MODEL_MARK_ATTENDED,
    MODEL_MARK_NO_SHOW,
    MODEL_MARK_EXCUSED,
    MODEL_ADD,      /* the party is as for yes */
    MODEL_ADD_OVER, /* the same, over the capacity */
    MODEL_WALK_IN,
    MODEL_UNMARK,
    MODEL_MOVE, /* the party is the place in the queue */
    MODEL_ACTIONS,
};

enum model_mode { MODEL_MODE_NONE, MODEL_MODE_AUTO, MODEL_MODE_OFFER };
enum model_policy { MODEL_STRICT, MODEL_FIRST_FIT, MODEL_BOUNDED };

struct model_person {
    enum model_state state;
    bool answered; /* there is a row */
    bool walked_in;
    uint32_t party;
    uint64_t number; /* in the queue */
    uint32_t place;  /* in the queue, from 1 */
    uint32_t overtaken;
    int64_t offer_ends_ms;
};

struct model_event {
    uint32_t capacity; /* 0: no limit */
    uint32_t guests_max;
    bool approval, cancelled, postponed;
    bool frozen; /* offers stand still */
    enum model_mode mode;
    enum model_policy policy;
    int64_t start_ms;
    uint64_t next_number;
    struct model_person people[MODEL_PEOPLE];
};

/* Acts for a person. False when it is refused, and then nothing has changed. */
bool model_act(struct model_event *event, unsigned person, enum model_action action, uint32_t party,
               int64_t now_ms);

/* After the event itself was changed. */
void model_settle(struct model_event *event, int64_t now_ms);

uint32_t model_taken(const struct model_event *event);
uint32_t model_waiting(const struct model_event *event);
uint32_t model_offers(const struct model_event *event);
uint32_t model_rows(const struct model_event *event);
bool model_holds(enum model_state state);

#endif
