/*
 * RSVPs as stored: a packed Rsvp under event and person, found by person too; for those who wait a
 * row in the queue, and for those with an offer a row by the time it expires.
 */
#ifndef CVN_SERVICES_EVENTS_RSVP_TABLE_H
#define CVN_SERVICES_EVENTS_RSVP_TABLE_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_EVENT_PREFIX "evt"

/*
 * RSVP by person: the index key is the person's id, the primary key the RSVP's row, which names the
 * event, the value one byte, the state.
 */
extern const struct cvn_table cvn_rsvp_table;

void cvn_rsvp_key(struct cvn_key *key, const struct cvn_id *event, const struct cvn_id *person);
void cvn_queue_key(struct cvn_key *key, const struct cvn_id *event, uint64_t queue_number);

/* The event and the person of an RSVP's key. False when it is none. */
bool cvn_rsvp_of_key(struct cvn_slice key, struct cvn_id *ret_event, struct cvn_id *ret_person);

/* Reads one RSVP into the arena, ids filled in, name and position not. 0; CVN_STORE_ABSENT; a
 * fault. */
int cvn_rsvp_get(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 Convene__Events__V1__Rsvp **ret_rsvp);

/* Writes an RSVP without what is filled in when it is shown. 0 or a fault. */
int cvn_rsvp_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                 const Convene__Events__V1__Rsvp *rsvp);

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

/* One party in the queue. */
struct cvn_queued {
    uint64_t queue_number;
    struct cvn_id person;
    uint32_t party;
    uint32_t overtaken; /* by how many it has been passed (rules/waitlist.h) */
};

int cvn_queue_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_queued *queued);
int cvn_queue_delete(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number);

/* Reads a row of the queue. False when it is damaged. */
bool cvn_queue_read(struct cvn_slice key, struct cvn_slice value, struct cvn_queued *ret);

/*
 * The first max parties of the queue; *ret is an array in the arena. 0 or a fault.
 */
int cvn_queue_head(struct cvn_ctx *ctx, const struct cvn_id *event, size_t max,
                   struct cvn_queued **ret, size_t *ret_n);

/* How many parties are in the queue before that number. 0 or a fault. */
int cvn_queue_before(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t queue_number,
                     uint32_t *ret_n);

int cvn_offer_put(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                  const struct cvn_id *person);
int cvn_offer_delete(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t expire_ms,
                     const struct cvn_id *person);

/*
 * The offer that expires first, if it does so at or before until_ms. 0; CVN_STORE_ABSENT; a fault.
 */
int cvn_offer_due(struct cvn_ctx *ctx, const struct cvn_id *event, int64_t until_ms,
                  struct cvn_id *ret_person);

#endif
