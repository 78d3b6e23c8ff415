/*
 * Messages to bytes and back, in an arena. protobuf-c does not check that strings are UTF-8, as
 * proto3 asks, nor how deeply messages nest or how much memory they unfold to; this does.
 */
#ifndef CVN_RPC_MESSAGE_H
#define CVN_RPC_MESSAGE_H

#include "base/arena.h"
#include "base/problems.h"

#include <protobuf-c/protobuf-c.h>

enum {
    CVN_MESSAGE_DEPTH_MAX = 32,         /* what check lets pass */
    CVN_MESSAGE_UNPACK_DEPTH_MAX = 100, /* what is unpacked at all, as protobuf's own parsers do */
};

/* Packs into the arena. 0 or -ENOMEM. */
int cvn_message_pack(const ProtobufCMessage *message, struct cvn_arena *arena,
                     struct cvn_slice *ret);

/*
 * Unpacks into the arena. 0; -EBADMSG for bytes that are no such message, or one that nests deeper
 * than CVN_MESSAGE_UNPACK_DEPTH_MAX; -ENOMEM when it unfolds to more than the arena has left. The
 * message needs no freeing.
 */
int cvn_message_unpack(const ProtobufCMessageDescriptor *type, struct cvn_arena *arena,
                       struct cvn_slice bytes, ProtobufCMessage **ret);

/*
 * Notes a problem for each string that is not valid UTF-8, by its path ("event.title"), and for
 * messages nested deeper than CVN_MESSAGE_DEPTH_MAX.
 */
void cvn_message_check(const ProtobufCMessage *message, struct cvn_problems *problems);

#endif
