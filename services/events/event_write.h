/* Storing an event, whoever asks for it: one by one, or as a record of a batch. */
#ifndef CVN_SERVICES_EVENTS_EVENT_WRITE_H
#define CVN_SERVICES_EVENTS_EVENT_WRITE_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

/*
 * Adds a checked event; *event becomes what was stored. 0; CVN_REFUSED (no such group, no right,
 * external id taken) with nothing written; a fault.
 */
int cvn_event_create(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish);

struct cvn_event_register_how {
    bool publish;       /* what is created; what exists keeps its publication */
    bool validate_only; /* decide and write nothing */
};

/*
 * Creates or updates a checked event by group and external id; *event becomes what was stored.
 * Results as for create, and refused when the capacity would be below the seats taken.
 */
int cvn_event_register(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                       struct cvn_event_register_how how,
                       Convene__Events__V1__RegisterResult__Outcome *ret_outcome);

#endif
