/* RSVPs as stored: a packed Rsvp under event and person, found by person too. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_TABLE_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_TABLE_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_EVENT_PREFIX "evt"

/*
 * RSVP by person: the index key is the person's id, the primary key the RSVP's row, which names the
 * event, the value one byte, the state.
 */
extern const struct cvn_table cvn_rsvp_table;

/* What the keys of an event's rows of one kind (spaces.h) begin with. */
void cvn_event_kind_key(struct cvn_key *key, const struct cvn_id *event, uint8_t kind);

void cvn_rsvp_key(struct cvn_key *key, const struct cvn_id *event, const struct cvn_id *person);

/* The event and the person of an RSVP's key. False when it is none. */
bool cvn_rsvp_of_key(struct cvn_slice key, struct cvn_id *ret_event, struct cvn_id *ret_person);

/* Reads one RSVP into the arena, ids filled in, name and position not. 0; CVN_STORE_ABSENT; a
 * fault. */
int cvn_rsvp_get(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 Convene__Events__V1__Rsvp **ret_rsvp);

/*
 * Writes an RSVP without what is filled in when it is shown, and notes the change in the log. 0 or
 * a fault.
 */
int cvn_rsvp_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 const Convene__Events__V1__Rsvp *rsvp);

/* An offer of whichever event, by its end. */
struct cvn_rsvp_offer {
    int64_t ends_ms; /* 0: before the first */
    struct cvn_id event;
    struct cvn_id person;
};

/* Steps to the offer that ends next after this one. 0; CVN_STORE_ABSENT; a fault. */
int cvn_rsvp_next_offer(struct cvn_txn *txn, struct cvn_rsvp_offer *offer);

/* One event of a person, as the index tells it. */
struct cvn_rsvp_of_person {
    struct cvn_id event;
    Convene__Events__V1__RsvpState state;
};

enum { CVN_RSVPS_OF_PERSON_MAX = 5000 };

/*
 * The RSVPs of a person, those to events registered last first, at most CVN_RSVPS_OF_PERSON_MAX;
 * *ret is an array in the arena. 0 or a fault.
 */
int cvn_rsvps_of_person(struct cvn_ctx *ctx, const struct cvn_id *person,
                        struct cvn_rsvp_of_person **ret, size_t *ret_n);

#endif
