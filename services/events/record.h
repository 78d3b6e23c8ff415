/* Messages as stored bytes: packing and unpacking with an arena's memory, where there is no call.
 */
#ifndef CVN_SERVICES_EVENTS_RECORD_H
#define CVN_SERVICES_EVENTS_RECORD_H

#include "base/arena.h"
#include "base/problems.h"
#include "convene/events/v1/person.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <stdint.h>

/* Unpacks into the arena. 0; -ENOMEM; -EBADMSG when the bytes are no such message. */
int cvn_record_unpack(struct cvn_arena *arena, const ProtobufCMessageDescriptor *type,
                      struct cvn_slice bytes, void *ret_message);

/* The instant as a message in the arena; NULL when it is spent. */
Google__Protobuf__Timestamp *cvn_record_time(struct cvn_arena *arena, int64_t utc_ms);

/* Milliseconds since 1970; fallback for NULL. Out of any calendar's range is clipped. */
int64_t cvn_record_time_ms(const Google__Protobuf__Timestamp *time, int64_t fallback_ms);

/*
 * The line of a batch's report for a record with problems: REFUSED, with an INVALID_ARGUMENT status
 * that carries a google.rpc.BadRequest. In the problems' arena; NULL when it is spent.
 */
Convene__Events__V1__RegisterResult *cvn_record_refused(const struct cvn_problems *problems);

/* The line for a record that was stored, or was so already. In the arena; NULL when it is spent. */
Convene__Events__V1__RegisterResult *
cvn_record_stored(struct cvn_arena *arena, const char *id,
                  Convene__Events__V1__RegisterResult__Outcome outcome);

/*
 * Whether two messages pack to the same bytes. 1 or 0, or -ENOMEM when the arena is spent.
 */
int cvn_record_same(struct cvn_arena *arena, const ProtobufCMessage *a, const ProtobufCMessage *b);

#endif
