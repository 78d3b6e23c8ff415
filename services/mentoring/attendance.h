/*
 * Where the people of a cohort were, asked of the events service on behalf of whoever wants to pair
 * them, and taken from what is kept where the events service says that it has not changed.
 */
#ifndef CVN_SERVICES_MENTORING_ATTENDANCE_H
#define CVN_SERVICES_MENTORING_ATTENDANCE_H

#include "cohort/cohort.h"
#include "rpc/status.h"

#include <stdatomic.h>
#include <stdint.h>

struct cvn_attendance_cache;
struct cvn_channel;

/* One reading, that may be taken up again where it stopped. Zero what you do not care about. */
struct cvn_attendance_reading {
    struct cvn_channel *events;
    struct cvn_attendance_cache *cache;
    struct cvn_arena *arena;
    const struct cvn_id *subject; /* on whose behalf; NULL: the service's own, for administrators */
    struct cvn_cohort_input *input; /* whose members are filled in */
    const atomic_bool *cancel;      /* ends a call; NULL: none does */
    int64_t deadline_ms;            /* on the clock of deadlines; 0: none */
    /* Before each call: how many are done. False to stop. NULL: nobody wants to know. */
    bool (*tell)(void *arg, size_t done, size_t total);
    void *arg;
    size_t n_done; /* out: mentors come first */
    size_t n_unchanged;
    size_t n_asked, n_calls; /* out: people that the events service was asked about, and calls */
    uint64_t number;         /* its own: what is kept of the number needs no asking */
    bool begun;
    struct cvn_status status; /* out: how the last call ended */
};

/* Outcomes beside 0, done, and faults. */
enum {
    CVN_ATTENDANCE_STOPPED = 1, /* tell or cancel said so */
    CVN_ATTENDANCE_REFUSED = 2, /* status says why; UNAVAILABLE when the events service is away */
};

/* Fills in the attendance of the members from n_done on. Waits; in no transaction. */
int cvn_attendance_read(struct cvn_attendance_reading *reading);

/* Takes out again what was filled in, of everybody. */
void cvn_attendance_forget(struct cvn_cohort_input *input);

/* "Meetups and groups are as the events service had them at …", in the arena; NULL without room. */
char *cvn_attendance_note_used(struct cvn_arena *arena, const struct cvn_id *subject,
                               int64_t now_ms);
/* "Meetups and groups are not part of the score: …"; the same. */
char *cvn_attendance_note_unused(struct cvn_arena *arena, const char *why);

#endif
