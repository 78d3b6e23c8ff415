/*
 * Where people were, as the events service said last and to whom: kept up to a bound, so that a
 * run after others, with other weights or locks, has nothing sent again that has not changed. It is
 * never used without asking: what is kept says its revision, and the events service whether that is
 * still what it would answer (Attendance.revision).
 */
#ifndef CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H
#define CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H

#include "base/arena.h"
#include "base/id.h"

struct cvn_attendance_cache;

enum {
    CVN_ATTENDANCE_CACHE_BYTES_MAX = 64 << 20, /* what was not asked for longest goes first */
};

/* Of whom, and on whose behalf it was asked: two people may be shown different things. */
struct cvn_attendance_key {
    struct cvn_id subject; /* zeros: the service's own */
    struct cvn_id person;
};

/* max_bytes 0 means CVN_ATTENDANCE_CACHE_BYTES_MAX. 0 or -ENOMEM. *ret is the caller's. */
int cvn_attendance_cache_new(struct cvn_attendance_cache **ret, size_t max_bytes);
void cvn_attendance_cache_free(struct cvn_attendance_cache *cache);

/* What is kept, copied into the arena. False when there is nothing, or no room in the arena. */
bool cvn_attendance_cache_get(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_arena *arena,
                              struct cvn_slice *ret);

/* Keeps the bytes, over what was there. What does not fit, or finds no memory, is not kept. */
void cvn_attendance_cache_put(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_slice bytes);

/* Bytes kept, with what keeping them takes. */
size_t cvn_attendance_cache_bytes(struct cvn_attendance_cache *cache);

#endif
