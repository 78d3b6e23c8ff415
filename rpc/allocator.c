#include "rpc/allocator.h"

static void *take(void *arena, size_t size)
{
    return cvn_arena_alloc_unset(arena, size);
}

static void leave(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

ProtobufCAllocator cvn_arena_allocator(struct cvn_arena *arena)
{
    return (ProtobufCAllocator){.alloc = take, .free = leave, .allocator_data = arena};
}
