/*
 * What mentoring holds of a person, given out and forgotten. The person's other traces, as in other
 * services, are for those to tell.
 */
#ifndef CVN_SERVICES_MENTORING_PERSON_DATA_H
#define CVN_SERVICES_MENTORING_PERSON_DATA_H

#include "convene/mentoring/v1/person_data.pb-c.h"
#include "services/runtime/ctx.h"

enum {
    CVN_PERSON_ENROLMENTS_MAX = 1000,  /* that are given out, and looked at when forgetting */
    CVN_PERSON_MENTORSHIPS_MAX = 2000, /* likewise */
    CVN_PERSON_MATCHES_MAX = 2000,     /* rows of runs that one call takes a person out of */
};

/* In place of a name that was forgotten. */
#define CVN_FORGOTTEN_NAME "(forgotten)"

/* Fills in what is held, in the context's arena. 0 or a fault. */
int cvn_person_data_read(struct cvn_ctx *ctx, const struct cvn_id *person,
                         Convene__Mentoring__V1__PersonData *ret);

/* Forgets; what was forgotten before is no fault. 0 or a fault. */
int cvn_person_data_erase(struct cvn_ctx *ctx, const struct cvn_id *person,
                          Convene__Mentoring__V1__ErasePersonDataResponse *ret);

#endif
