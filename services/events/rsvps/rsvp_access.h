/* The event that a request about RSVPs means, what its caller is to it, and RSVPs as shown. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_ACCESS_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_ACCESS_H

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "services/events/rsvps/seats.h"
#include "services/runtime/ctx.h"

enum { CVN_RSVP_GUESTS_MAX = 10 }; /* as event.proto says of max_guests */

struct cvn_rsvp_case {
    struct cvn_id event_id;
    struct cvn_id group_id;
    Convene__Events__V1__Event *event;
    Convene__Events__V1__GroupRole caller; /* in the event's group; administrators are owners */
};

/*
 * Reads the event of an id given in a field of the request. 0; CVN_REFUSED with NOT_FOUND where
 * there is none that the caller may see (those who organise see all, who has an RSVP sees the
 * event, others what is published and open to them); a fault.
 */
int cvn_rsvp_case_find(struct cvn_ctx *ctx, const char *field, const char *event_id,
                       struct cvn_rsvp_case *ret);

/* Whether the caller organises the event, or administers. */
bool cvn_rsvp_case_organised(const struct cvn_rsvp_case *c);

/* Which RSVPs of others a caller is shown. */
enum cvn_rsvp_sight {
    CVN_RSVP_SIGHT_NONE,   /* the event is not for them */
    CVN_RSVP_SIGHT_COMING, /* who said yes and is not marked: what everybody sees who sees the event
                            */
    CVN_RSVP_SIGHT_ALL,    /* organisers, administrators */
};

/* Whether an RSVP of that state is shown. Pure. */
bool cvn_rsvp_sight_shows(enum cvn_rsvp_sight sight, Convene__Events__V1__RsvpState state);

/*
 * What the caller is shown of an event that they did not name, so that knowing its id does not
 * count. 0 or a fault. Memory of ctx->arena is used.
 */
int cvn_rsvp_sight(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                   Convene__Events__V1__Event *event, enum cvn_rsvp_sight *ret);

/*
 * Fills in what is known of the action's person: that there is one, whether they are banned from
 * the group, and whether the event is for members and they are none. 0; CVN_REFUSED with NOT_FOUND;
 * a fault.
 */
int cvn_rsvp_case_person(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                         struct cvn_seating_action *action);

/* An offer that ran out and that no write has ended yet is shown as what it is. */
void cvn_rsvp_show_state(const struct cvn_ctx *ctx, Convene__Events__V1__Rsvp *rsvp);

/* Whether lots are still to be drawn, so that the order of those who wait means nothing. */
bool cvn_rsvp_case_gathers(const struct cvn_rsvp_case *c);

/* Reads an RSVP with name and position, as shown. 0; CVN_STORE_ABSENT; a fault. */
int cvn_rsvp_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, const struct cvn_id *person,
                  Convene__Events__V1__Rsvp *reply);

/*
 * Reads a request's `way` into the action: which seats of a hybrid event are meant. 0, or
 * CVN_REFUSED for a way that the event does not offer.
 */
int cvn_rsvp_case_way(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                      Convene__Events__V1__AttendanceMode way, struct cvn_seating_action *action);

/*
 * Does the action and shows what became of the RSVP; whether the person is banned is looked up. 0;
 * CVN_REFUSED, with FAILED_PRECONDITION for coming to an archived group's event, with NOT_FOUND
 * where nothing was and nothing changed; a fault.
 */
int cvn_rsvp_case_act(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                      const struct cvn_seating_action *given, Convene__Events__V1__Rsvp *reply);

#endif
