/*
 * Unpacks messages as they are nearly always, in a fraction of what protobuf-c takes: what is
 * copied is copied once for the whole message. All that is seldom is left to protobuf-c.
 */
#ifndef CVN_RPC_UNPACK_H
#define CVN_RPC_UNPACK_H

#include "base/arena.h"
#include "base/slice.h"

#include <protobuf-c/protobuf-c.h>

enum { CVN_UNPACK_SELDOM = 1 };

/*
 * The message that protobuf_c_message_unpack makes of the bytes, in the arena. 0; -ENOMEM; or
 * CVN_UNPACK_SELDOM for bytes that are no such message, and for what protobuf-c is to look at:
 * unknown fields, packed lists, a message field or a oneof given twice, types with required fields.
 * Recurses as deep as messages nest.
 */
int cvn_unpack(const ProtobufCMessageDescriptor *type, struct cvn_arena *arena,
               struct cvn_slice bytes, ProtobufCMessage **ret);

#endif
