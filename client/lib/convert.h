/* Between the public structs and the contract's messages. */
#ifndef CVN_CLIENT_LIB_CONVERT_H
#define CVN_CLIENT_LIB_CONVERT_H

#include "base/arena.h"
#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"

#include <stdint.h>

/* A message that borrows from the event; its parts are in the arena. NULL when that is spent. */
Convene__Events__V1__Event *cvn_event_to_message(struct cvn_arena *arena,
                                                 const struct convene_event *event);

/* An event that borrows from the message. */
void cvn_event_of_message(struct convene_event *event, const Convene__Events__V1__Event *message);

/* Milliseconds since 1970; 0 where absent. */
int64_t cvn_ms_of_timestamp(const Google__Protobuf__Timestamp *time);

/* A borrowed string for a message: "" for NULL. protobuf-c's strings are not const. */
char *cvn_text(const char *text);

#endif
