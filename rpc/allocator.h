/* Lets protobuf-c build messages in an arena, so that a call's memory is capped and freed at once.
 */
#ifndef CVN_RPC_ALLOCATOR_H
#define CVN_RPC_ALLOCATOR_H

#include "base/arena.h"

#include <protobuf-c/protobuf-c.h>

/* An allocator that takes from the arena and frees nothing; as long-lived as the arena. */
ProtobufCAllocator cvn_arena_allocator(struct cvn_arena *arena);

#endif
