/* What the files of the seats share; nobody else includes it. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_SEATS_PARTS_H
#define CVN_SERVICES_EVENTS_RSVPS_SEATS_PARTS_H

#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/seats.h"

/* Begins without ending offers. 0 or a fault. */
int cvn_seating_load(struct cvn_seating *seating, struct cvn_ctx *ctx,
                     const struct cvn_id *event_id, const Convene__Events__V1__Event *event);

/* The event with the counts of one kind of seats as they are at this moment of the write. */
const struct cvn_rsvp_event *cvn_seating_facts(struct cvn_seating *seating,
                                               enum cvn_seat_kind kind);

/* An action of the server's own, on a row that says it is possible. 0 or a fault. */
int cvn_seating_must(struct cvn_seating *seating, const struct cvn_id *person,
                     enum cvn_rsvp_action action);

/* Promotes who can be from both queues. 0 or a fault. */
int cvn_seating_serve(struct cvn_seating *seating);

/* Ends offers whose time has come, or has them stand still. *ret_n is how many ended. */
int cvn_seating_end_offers(struct cvn_seating *seating, uint32_t *ret_n);

/* Starts or stops the clock of all offers, as the event now asks for. 0 or a fault. */
int cvn_seating_freeze(struct cvn_seating *seating);

/* Notes the event's seats in the history where they are not as it says. 0 or a fault. */
int cvn_seating_note_settings(struct cvn_seating *seating);

/* What the history says of a step. */
struct cvn_seating_why {
    Convene__Events__V1__RsvpMoveKind kind;
    const char *reason;
};

/*
 * Writes somebody's new place in the queue: its row, the step and the RSVP, which is given new
 * number and rank. The row of the old place is the caller's to delete before. 0 or a fault.
 */
int cvn_seating_replace(struct cvn_seating *seating, Convene__Events__V1__Rsvp *rsvp,
                        const struct cvn_queued *row, const struct cvn_seating_why *why);

#endif
