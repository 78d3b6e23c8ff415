/* What the files of the seats share; nobody else includes it. */
#ifndef CVN_SERVICES_EVENTS_SEATS_PARTS_H
#define CVN_SERVICES_EVENTS_SEATS_PARTS_H

#include "services/events/seats.h"

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

#endif
