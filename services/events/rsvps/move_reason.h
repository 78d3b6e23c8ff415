/*
 * Why a step of an event's history (move_log.h) was taken, as an organiser wrote it: kept beside
 * the history, which holds a hash of it, so that it can be taken out with the person whom it is
 * about and the chain of the history still holds. The hash is BLAKE2b-256 of a random salt and the
 * text; the salt goes with the text, so that what was written cannot be guessed and tried.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_MOVE_REASON_H
#define CVN_SERVICES_EVENTS_RSVPS_MOVE_REASON_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

enum { CVN_MOVE_SALT_BYTES = 16 };

extern const struct cvn_table cvn_move_reason_table;

/* By person; for erasures. */
extern const struct cvn_index cvn_move_reason_index;

/*
 * Takes the reason out of a step that has its number and its person, and puts it beside the
 * history; the step gets the hash instead. 0 or a fault.
 */
int cvn_move_reason_put_aside(struct cvn_ctx *ctx, const struct cvn_id *event,
                              Convene__Events__V1__RsvpMove *move);

/* Fills in the reason and its salt, in the arena, where they are kept. 0 or a fault. */
int cvn_move_reason_fill(struct cvn_ctx *ctx, const struct cvn_id *event,
                         Convene__Events__V1__RsvpMove *move);

/* Whether a step with a hash and what was filled in is as it was written. Pure. */
bool cvn_move_reason_is_right(const Convene__Events__V1__RsvpMove *move);

/* Deletes the row of that key. 0; CVN_STORE_ABSENT; a fault. */
int cvn_move_reason_delete(struct cvn_ctx *ctx, struct cvn_slice key);

#endif
