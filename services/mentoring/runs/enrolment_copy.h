/*
 * Enrolments for a run: what matching reads of each, with texts that many have in common kept once.
 * As they are unpacked they would take four times the memory, and a run holds everybody's.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_ENROLMENT_COPY_H
#define CVN_SERVICES_MENTORING_RUNS_ENROLMENT_COPY_H

#include "base/arena.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"

struct cvn_shared_text;

/* Embedded by value; zeroed but for the arena, which holds the copies. */
struct cvn_enrolment_copier {
    struct cvn_arena *arena;
    struct cvn_shared_text *texts; /* by what they say; the table is the heap's */
};

/*
 * A copy without update_time, waiting_since_time and etag. NULL when the arena is spent.
 */
Convene__Mentoring__V1__Enrolment *
cvn_enrolment_copy(struct cvn_enrolment_copier *copier,
                   const Convene__Mentoring__V1__Enrolment *enrolment);

/* Frees what copying needed; the copies stay. */
void cvn_enrolment_copier_deinit(struct cvn_enrolment_copier *copier);

#endif
