/* Between the public structs and the contract's messages. */
#ifndef CVN_CLIENT_LIB_CONVERT_H
#define CVN_CLIENT_LIB_CONVERT_H

#include "base/arena.h"
#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"

#include <stdint.h>

/* A message that borrows from the event; its parts are in the arena. NULL when that is spent. */
Convene__Events__V1__Event *cvn_event_to_message(struct cvn_arena *arena,
                                                 const struct convene_event *event);

/* An event that borrows from the message. */
void cvn_event_of_message(struct convene_event *event, const Convene__Events__V1__Event *message);

/* Copies an id, cut to what the public structs hold. */
void cvn_copy_id(char id[CONVENE_ID_BYTES], const char *from);

/* What became of one event; the result's status is to be cleared. */
void cvn_registered_of_message(struct convene_registered *result,
                               const Convene__Events__V1__RegisterResult *from);

void cvn_rsvp_of_message(struct convene_rsvp *rsvp, const Convene__Events__V1__Rsvp *message);

/* The messages that a filter is made of on the way out; the request is what is sent. */
struct cvn_filter_parts {
    Convene__Events__V1__ListEventsRequest request;
    Google__Protobuf__Timestamp from;
    Google__Protobuf__Timestamp before;
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
};

/* Fills the parts, which borrow from the filter and point to one another. */
void cvn_filter_to_request(struct cvn_filter_parts *parts,
                           const struct convene_event_filter *filter);

/* Milliseconds since 1970; 0 where absent. */
int64_t cvn_ms_of_timestamp(const Google__Protobuf__Timestamp *time);

/* A borrowed string for a message: "" for NULL. protobuf-c's strings are not const. */
char *cvn_text(const char *text);

#endif
