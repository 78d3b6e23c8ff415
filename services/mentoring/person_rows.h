/* Where rows about a person are, a bounded piece at a time. */
#ifndef CVN_SERVICES_MENTORING_PERSON_ROWS_H
#define CVN_SERVICES_MENTORING_PERSON_ROWS_H

#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/key.h"

enum {
    CVN_PERSON_PROGRAMS_LOOKED_AT = 200,
    CVN_PERSON_MENTORSHIPS_LOOKED_AT = 10, /* with at most CVN_LOG_ENTRIES_MAX rows each */
};

/*
 * The person that a request means: empty or "me" is who calls; somebody else only for
 * administrators. 0 or CVN_REFUSED.
 */
int cvn_person_named(struct cvn_ctx *ctx, const char *text, struct cvn_id *ret);

/*
 * The next programmes from the key on, which is moved behind the last one; *n is how many, at most
 * CVN_PERSON_PROGRAMS_LOOKED_AT, fewer at the end. 0 or a fault.
 */
int cvn_person_programs(struct cvn_ctx *ctx, struct cvn_key *from,
                        struct cvn_id ids[CVN_PERSON_PROGRAMS_LOOKED_AT], size_t *n);

/*
 * The person's mentorships from the id on, in the order of their ids, whether open or not; the id
 * becomes the one to go on with. *n is how many, at most CVN_PERSON_MENTORSHIPS_LOOKED_AT, fewer at
 * the end. 0 or a fault.
 */
int cvn_person_mentorships(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_id *from,
                           struct cvn_id ids[CVN_PERSON_MENTORSHIPS_LOOKED_AT], size_t *n);

/* What the person of that id's text is in the mentorship, which is one of theirs. */
Convene__Mentoring__V1__Role cvn_person_role_in(const char *person_id,
                                                const Convene__Mentoring__V1__Mentorship *row);

#endif
