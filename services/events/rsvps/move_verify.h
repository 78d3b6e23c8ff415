/*
 * Replays the history of an event's RSVPs (move_log.h) and compares what it comes to with the rows
 * there are: whether each step is chained to the one before it, follows from it, and gave no seats
 * that there were not.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_MOVE_VERIFY_H
#define CVN_SERVICES_EVENTS_RSVPS_MOVE_VERIFY_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"

enum {
    CVN_MOVE_FAULTS_MAX = 20,            /* told of; all are counted */
    CVN_MOVE_VERIFY_PEOPLE_MAX = 400000, /* in one event's history */
};

/* Fills the report. 0; -EFBIG for more people than can be held; another fault. */
int cvn_moves_verify(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__VerifyRsvpMovesResponse *report);

#endif
