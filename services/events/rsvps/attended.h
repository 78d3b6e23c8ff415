/* Who came to what: past events of people, read once for all who came to them. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_ATTENDED_H
#define CVN_SERVICES_EVENTS_RSVPS_ATTENDED_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "services/runtime/ctx.h"

enum {
    CVN_ATTENDED_PEOPLE_MAX = 500, /* that one call asks for */
    CVN_ATTENDED_EVENTS_MAX = 500, /* of one person, the newest */
};

struct cvn_attended_event;

/* Embedded by value; zeroed but for the first two. Rows are in the call's arena. */
struct cvn_attended {
    struct cvn_ctx *ctx;
    int64_t since_ms;
    struct cvn_attended_event *events; /* by id; the table is the heap's */
};

/* Since when a request asks: two years before now where it does not say. */
int64_t cvn_attended_since_ms(const struct cvn_ctx *ctx, const Google__Protobuf__Timestamp *since);

/* Notes a problem for each of a request's people that is no id, or for too many of them. */
void cvn_attended_check_people(struct cvn_ctx *ctx, const char *field, char *const *ids, size_t n);

/*
 * Whether the person's RSVP in that state means that they came, until an organiser says otherwise,
 * and who calls may know: their own, and what RSVPs of others they are shown (rsvp_access.h).
 */
bool cvn_attended_counts(const struct cvn_attended *attended,
                         const struct cvn_attended_event *event, const struct cvn_id *person,
                         Convene__Events__V1__RsvpState state);

/*
 * The events that took place, since then, and that the person came to as far as who calls may know:
 * newest first, in the arena. 0 or a fault.
 */
int cvn_attended_by(struct cvn_attended *attended, const struct cvn_id *person,
                    const struct cvn_attended_event ***ret, size_t *ret_n);

const struct cvn_id *cvn_attended_event_id(const struct cvn_attended_event *event);

/* The event as a message in the arena. 0 or -ENOMEM. */
int cvn_attended_message(struct cvn_ctx *ctx, const struct cvn_attended_event *event,
                         Convene__Events__V1__AttendedEvent **ret);

void cvn_attended_deinit(struct cvn_attended *attended);

#endif
