/*
 * Where people were, as the events service said last and to whom: kept up to a bound, so that a
 * run after others, with other weights or locks, has nothing sent again that has not changed. It is
 * never used without asking: the events service says of its mark for whom anything has changed
 * since (BatchGetAttendanceRequest.mark), and of a person's revision whether that is still what it
 * would answer.
 */
#ifndef CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H
#define CVN_SERVICES_MENTORING_ATTENDANCE_CACHE_H

#include "base/arena.h"
#include "base/id.h"

struct cvn_attendance_cache;

enum {
    CVN_ATTENDANCE_CACHE_BYTES_MAX = 128 << 20, /* what was not asked for longest goes first */
    CVN_ATTENDANCE_MARKS_MAX = 64,              /* subjects whose mark is kept; likewise */
    CVN_ATTENDANCE_MARK_BYTES = 128,            /* with the NUL; a longer mark is not kept */
};

/* Of whom, and on whose behalf it was asked: two people may be shown different things. */
struct cvn_attendance_key {
    struct cvn_id subject; /* zeros: the service's own */
    struct cvn_id person;
};

/* max_bytes 0 means CVN_ATTENDANCE_CACHE_BYTES_MAX. 0 or -ENOMEM. *ret is the caller's. */
int cvn_attendance_cache_new(struct cvn_attendance_cache **ret, size_t max_bytes);
void cvn_attendance_cache_free(struct cvn_attendance_cache *cache);

/*
 * How things stood at the events service when a subject asked last. Entries of the number are as
 * they were then; 0 is no entry's.
 */
struct cvn_attendance_stand {
    uint64_t number;
    char mark[CVN_ATTENDANCE_MARK_BYTES];
};

/* The subject's last one; zeros where there is none. */
void cvn_attendance_cache_stand(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                struct cvn_attendance_stand *ret);

/*
 * Notes a newer mark of the subject's: things stand as they did at `since`, a number from above, or
 * for 0 otherwise. The number for what is asked from now on; 0 for a mark that is empty or too
 * long, with which nothing can be told.
 */
uint64_t cvn_attendance_cache_note(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                   const char *mark, uint64_t since);

/*
 * What is kept, copied into the arena, and as of which number. False when there is nothing, or no
 * room in the arena.
 */
bool cvn_attendance_cache_get(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_arena *arena,
                              struct cvn_slice *ret, uint64_t *ret_number);

/* What is kept is so as of the number, too. */
void cvn_attendance_cache_renew(struct cvn_attendance_cache *cache,
                                const struct cvn_attendance_key *key, uint64_t number);

/*
 * What is kept of the subject as of numbers[0] is so as of numbers[1], too, but for the people, who
 * are sorted; where a number is 0 nothing is. Time: all that is kept.
 */
void cvn_attendance_cache_carry(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                const uint64_t numbers[2], const struct cvn_id *people, size_t n);

/*
 * Keeps the bytes as of the number, over what was there. What does not fit, finds no memory, or
 * would take the place of what is kept as of the same number, is not kept: of a cohort that is too
 * large a part stays, instead of each taking the place of the next.
 */
void cvn_attendance_cache_put(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_slice bytes,
                              uint64_t number);

/* Bytes kept, with what keeping them takes. */
size_t cvn_attendance_cache_bytes(struct cvn_attendance_cache *cache);

#endif
