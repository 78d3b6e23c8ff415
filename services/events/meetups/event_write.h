/* Storing an event, whoever asks for it: one by one, or as a record of a batch. */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_WRITE_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_WRITE_H

#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

/*
 * Adds a checked event; *event becomes what was stored. 0; CVN_REFUSED (no such group, no right,
 * external id taken) with nothing written; a fault.
 */
int cvn_event_create(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish);

/*
 * Adds a completed event (event_check.h) whose publication and status are the caller's decision;
 * its id and times of writing are new. Results as for create.
 */
int cvn_event_add(struct cvn_ctx *ctx, Convene__Events__V1__Event *event);

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

/*
 * Stores what a checked and completed event became of the one before, which is in the store under
 * the id: fields of the server's stay, a published event's SEQUENCE rises, and one that moves is
 * rescheduled. Results as for register; *ret_outcome is UPDATED or UNCHANGED.
 */
int cvn_event_change(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Event *event, const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome);

/* What change would store, in *event, without storing it. 0 or -ENOMEM. */
int cvn_event_revise(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                     const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome);

/*
 * Makes of *event, which its series makes of one of its occurrences, what is to
 * be stored of it: as revise, but the series, the recurrence_id and the
 * external id become the event's. 0 or -ENOMEM.
 */
int cvn_event_follow(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                     const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome);

/* Stores the event as written now, and brings its seats in line. Results as for
 * register. */
int cvn_event_store(struct cvn_ctx *ctx, const struct cvn_id *id,
                    Convene__Events__V1__Event *event);

/*
 * Finds the event's group, refuses who does not organise it and one that is archived, and completes
 * the checked event (event_check.h). 0; CVN_REFUSED; a fault.
 */
int cvn_event_place_in_group(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                             struct cvn_id *ret_group);

/* Takes out of an event to be added what only the server sets. */
void cvn_event_clear_output(Convene__Events__V1__Event *event);

#endif
