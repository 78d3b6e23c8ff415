/* A capped region of memory that is freed all at once: one per call, never per piece. */
#ifndef CVN_BASE_ARENA_H
#define CVN_BASE_ARENA_H

#include "base/slice.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct cvn_arena_block;

/* Embedded by value. Not for several threads at once. */
struct cvn_arena {
    struct cvn_arena_block *blocks; /* newest first */
    size_t cap_bytes;               /* what may be handed out in all */
    size_t used_bytes;
    bool overflowed; /* an allocation was refused since init or reset */
};

/* Makes an empty arena that hands out at most cap_bytes; allocates nothing yet. */
void cvn_arena_init(struct cvn_arena *arena, size_t cap_bytes);

/*
 * The same, but that the first bytes come from the caller's memory, which is aligned for any
 * object, lives as long as the arena and is not freed: for what is mostly small. Such an arena is
 * not moved.
 */
void cvn_arena_init_with(struct cvn_arena *arena, size_t cap_bytes, void *room, size_t room_bytes);

/* Frees everything; the arena is as after init. A zeroed arena is accepted. */
void cvn_arena_reset(struct cvn_arena *arena);

/* Frees everything. Same as reset; named for the cleanup attribute and the reader. */
void cvn_arena_deinit(struct cvn_arena *arena);

/*
 * size bytes aligned for any object, zeroed; NULL when the cap or the memory is spent, which also
 * sets overflowed. A size of 0 gives a valid pointer. The memory belongs to the arena.
 */
void *cvn_arena_alloc(struct cvn_arena *arena, size_t size);

/* The same, but that the bytes are whatever they are: for what is large and all written to. */
void *cvn_arena_alloc_unset(struct cvn_arena *arena, size_t size);

/* n objects of size bytes each, zeroed; NULL also when the product overflows. */
void *cvn_arena_alloc_array(struct cvn_arena *arena, size_t n, size_t size);

/* A copy of len bytes at data with a terminating NUL behind it. NULL as for alloc. */
void *cvn_arena_copy(struct cvn_arena *arena, const void *data, size_t len);

/* A copy of the string. NULL as for alloc. */
char *cvn_arena_strdup(struct cvn_arena *arena, const char *s);

/* A formatted string. NULL as for alloc. */
char *cvn_arena_printf(struct cvn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *cvn_arena_vprintf(struct cvn_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* A copy of the slice's bytes, so that they live as long as the arena. {NULL, 0} as for alloc. */
struct cvn_slice cvn_arena_slice(struct cvn_arena *arena, struct cvn_slice s);

/* Memory on the stack for init_with, declared before the arena; the compiler is not to fill it. */
#define CVN_ARENA_ROOM(name, bytes)                                                                \
    __attribute__((uninitialized)) _Alignas(16) unsigned char name[bytes]

#define CVN_ARENA_AUTO __attribute__((cleanup(cvn_arena_deinit))) struct cvn_arena

#endif
