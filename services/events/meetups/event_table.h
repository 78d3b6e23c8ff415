/* Events as stored: a packed Event under its id, found by the indexes of event_index.h. */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_TABLE_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_TABLE_H

#include "convene/events/v1/event.pb-c.h"
#include "services/events/listing/event_index.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

extern const struct cvn_table cvn_event_table;

void cvn_event_key(struct cvn_key *key, const struct cvn_id *event);

/* Reads one event into the arena, its counts not filled in. 0; CVN_STORE_ABSENT; a fault. */
int cvn_event_get(struct cvn_ctx *ctx, const struct cvn_id *event,
                  Convene__Events__V1__Event **ret_event);

/* The id behind a group's external id. 0; CVN_STORE_ABSENT; a fault. */
int cvn_event_by_external_id(struct cvn_ctx *ctx, const struct cvn_id *group,
                             const char *external_id, struct cvn_id *ret_event);

/* Takes out the counters, which are kept beside the event. */
void cvn_event_clear_counts(Convene__Events__V1__Event *event);

/*
 * Writes an event, whose group_id is an id, without its counts, and notes the change in the log. 0;
 * CVN_TABLE_DUPLICATE when the group has another of that external id; a fault.
 */
int cvn_event_put(struct cvn_ctx *ctx, const struct cvn_id *event,
                  const Convene__Events__V1__Event *message);

/* Deletes an event's row; nobody has ever answered it. 0 or a fault. */
int cvn_event_delete(struct cvn_ctx *ctx, const struct cvn_id *event);

/* Fills in the etag of the event as it is stored. 0 or -ENOMEM. */
int cvn_event_set_etag(struct cvn_ctx *ctx, Convene__Events__V1__Event *event);

/* Refuses with ABORTED where the etag given is not that of the event; see etag.h. */
int cvn_event_require_etag(struct cvn_ctx *ctx, const char *given,
                           const Convene__Events__V1__Event *event);

/* The instant of the start, in milliseconds since 1970, UTC. */
int64_t cvn_event_start_ms(const Convene__Events__V1__Event *event);

/* Whether the caller holds a seat of the event. 0 or a fault. */
int cvn_event_holds_seat(struct cvn_ctx *ctx, const struct cvn_id *event, bool *ret);

/*
 * Makes a stored event what the caller is shown: counts filled in, the etag for those who organise
 * it, and the online address left out unless they do (role in its group), administer, or hold a
 * seat. 0 or a fault.
 */
int cvn_event_show(struct cvn_ctx *ctx, const struct cvn_id *id, bool organised,
                   Convene__Events__V1__Event *event);

#endif
