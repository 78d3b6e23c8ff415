/*
 * Fields of messages by path ("event.venue.city"), set from text and named for people. It is what
 * options, CSV columns and JSON records share: none of them knows a generated struct.
 */
#ifndef CVN_CLIENT_CLI_FIELD_H
#define CVN_CLIENT_CLI_FIELD_H

#include "base/arena.h"
#include "base/error.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Sets the field at path from text; messages on the way are made in the arena, and so is what the
 * field borrows. Repeated fields take a list separated by ';' and append. Enums take their name
 * without its prefix, in any case, with '-' for '_': "no-show". Messages with a short form
 * (client/cli/values.h) take that. Empty text leaves the field alone. 0; -EINVAL with a phrase in
 * err that follows the field's name; -ENOENT when there is no such field; -ENOMEM.
 */
int cvn_field_set(struct cvn_arena *arena, ProtobufCMessage *message, const char *path,
                  const char *text, struct cvn_error *err);

/* Empties the field at path, where the messages on the way are there. */
void cvn_field_clear(ProtobufCMessage *message, const char *path);

/* "no-show" for RSVP_STATE_NO_SHOW, in the arena; "" for the unspecified value and when spent. */
const char *cvn_field_enum_text(struct cvn_arena *arena, const ProtobufCEnumDescriptor *type,
                                int value);

#endif
