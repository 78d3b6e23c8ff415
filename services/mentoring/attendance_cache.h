/*
 * Where people were, as the events service said last: kept for a short time and up to a bound, so
 * that runs that follow each other, with other weights or locks, do not ask again.
 */
#ifndef CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H
#define CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H

#include "base/arena.h"
#include "base/id.h"

#include <stdint.h>

struct cvn_attendance_cache;

enum {
    CVN_ATTENDANCE_KEEP_MS = 60000,
    CVN_ATTENDANCE_CACHE_BYTES_MAX = 64 << 20, /* what has been kept longest goes first */
};

/* max_bytes 0 means CVN_ATTENDANCE_CACHE_BYTES_MAX. 0 or -ENOMEM. *ret is the caller's. */
int cvn_attendance_cache_new(struct cvn_attendance_cache **ret, size_t max_bytes);
void cvn_attendance_cache_free(struct cvn_attendance_cache *cache);

/*
 * What was kept of a person no longer ago than CVN_ATTENDANCE_KEEP_MS, copied into the arena, and
 * when it was asked. False when there is nothing, or no room in the arena.
 */
bool cvn_attendance_cache_get(struct cvn_attendance_cache *cache, const struct cvn_id *person,
                              int64_t now_ms, struct cvn_arena *arena, struct cvn_slice *ret,
                              int64_t *ret_asked_ms);

/*
 * Keeps the bytes, over what was there; empty for somebody of whom there is nothing. What does not
 * fit, or finds no memory, is not kept.
 */
void cvn_attendance_cache_put(struct cvn_attendance_cache *cache, const struct cvn_id *person,
                              int64_t now_ms, struct cvn_slice bytes);

/* Bytes kept, with what keeping them takes. */
size_t cvn_attendance_cache_bytes(struct cvn_attendance_cache *cache);

#endif
