#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ALIGNMENT = 16,
    FIRST_BLOCK_BYTES = 992, /* with its header no more than malloc keeps at hand */
    LARGEST_BLOCK_BYTES = 1 << 20,
};

struct cvn_arena_block {
    struct cvn_arena_block *next;
    size_t size; /* bytes behind the header */
    size_t used;
    size_t is_borrowed; /* the caller's; a whole word keeps what is behind the header aligned */
};

_Static_assert(sizeof(struct cvn_arena_block) % ALIGNMENT == 0, "block header breaks alignment");

void cvn_arena_init(struct cvn_arena *arena, size_t cap_bytes)
{
    *arena = (struct cvn_arena){.cap_bytes = cap_bytes};
}

void cvn_arena_init_with(struct cvn_arena *arena, size_t cap_bytes, void *room, size_t room_bytes)
{
    struct cvn_arena_block *block = room;
    *block = (struct cvn_arena_block){.size = room_bytes - sizeof *block, .is_borrowed = 1};
    *arena = (struct cvn_arena){.blocks = block, .cap_bytes = cap_bytes};
}

void cvn_arena_reset(struct cvn_arena *arena)
{
    struct cvn_arena_block *block = arena->blocks, *kept = NULL;
    while (block) {
        struct cvn_arena_block *next = block->next;
        if (block->is_borrowed)
            kept = block;
        else
            free(block);
        block = next;
    }
    if (kept)
        kept->used = 0;
    *arena = (struct cvn_arena){.blocks = kept, .cap_bytes = arena->cap_bytes};
}

void cvn_arena_deinit(struct cvn_arena *arena)
{
    cvn_arena_reset(arena);
}

/* Blocks double in size, so that a call of any size costs few mallocs. */
static struct cvn_arena_block *add_block(struct cvn_arena *arena, size_t need)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK_BYTES;
    if (size < FIRST_BLOCK_BYTES)
        size = FIRST_BLOCK_BYTES;
    if (size > LARGEST_BLOCK_BYTES)
        size = LARGEST_BLOCK_BYTES;
    if (size < need)
        size = need;
    struct cvn_arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    block->used = 0;
    block->is_borrowed = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

static void *take(struct cvn_arena *arena, size_t size)
{
    size_t left = arena->cap_bytes - arena->used_bytes;
    size_t need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (need < size || need > left)
        goto refused;
    struct cvn_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < need) {
        block = add_block(arena, need);
        if (!block)
            goto refused;
    }
    void *p = (char *)(block + 1) + block->used;
    block->used += need;
    arena->used_bytes += need;
    return p;
refused:
    arena->overflowed = true;
    return NULL;
}

void *cvn_arena_alloc_unset(struct cvn_arena *arena, size_t size)
{
    return take(arena, size ? size : 1);
}

void *cvn_arena_alloc(struct cvn_arena *arena, size_t size)
{
    void *p = take(arena, size ? size : 1);
    return p ? memset(p, 0, size) : NULL;
}

void *cvn_arena_alloc_array(struct cvn_arena *arena, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        arena->overflowed = true;
        return NULL;
    }
    return cvn_arena_alloc(arena, total);
}

void *cvn_arena_copy(struct cvn_arena *arena, const void *data, size_t len)
{
    if (len == SIZE_MAX) {
        arena->overflowed = true;
        return NULL;
    }
    char *p = take(arena, len + 1);
    if (!p)
        return NULL;
    if (len)
        memcpy(p, data, len);
    p[len] = '\0';
    return p;
}

char *cvn_arena_strdup(struct cvn_arena *arena, const char *s)
{
    return cvn_arena_copy(arena, s, strlen(s));
}

char *cvn_arena_vprintf(struct cvn_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *p = len < 0 ? NULL : take(arena, (size_t)len + 1);
    if (p)
        (void)vsnprintf(p, (size_t)len + 1, format, again);
    va_end(again);
    return p;
}

char *cvn_arena_printf(struct cvn_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *p = cvn_arena_vprintf(arena, format, args);
    va_end(args);
    return p;
}

struct cvn_slice cvn_arena_slice(struct cvn_arena *arena, struct cvn_slice s)
{
    void *p = cvn_arena_copy(arena, s.data, s.len);
    return p ? cvn_slice(p, s.len) : cvn_slice(NULL, 0);
}
