/* What becomes of RSVPs as time passes: offers run out, lots are drawn. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_TASK_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_TASK_H

#include "services/events/service.h"

#include <stdint.h>

struct cvn_store;

enum { CVN_RSVP_TASK_MAX = 200 }; /* events looked after in one turn */

/*
 * One turn: ends the offers whose time has come and serves who is next, in one update of the store
 * for each event, and draws the lots that are due. 1 when there is more to do at once; 0 when not,
 * and *ret_next_ms is when there will be, INT64_MAX for not as things are; or the first fault, with
 * all others looked after. An event with a fault is tried again with the next turn. To be called by
 * one thread, not the store's writer.
 */
int cvn_rsvp_task_turn(struct cvn_events_service *service, struct cvn_store *store, int64_t now_ms,
                       int64_t *ret_next_ms);

#endif
