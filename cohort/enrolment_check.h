/* What an enrolment must be like, apart from what the store and the events service know. Pure. */
#ifndef CVN_COHORT_ENROLMENT_CHECK_H
#define CVN_COHORT_ENROLMENT_CHECK_H

#include "base/problems.h"
#include "base/zone.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"

enum {
    CVN_ENROLMENT_SKILLS_MAX = 30,
    CVN_ENROLMENT_SKILL_BYTES_MAX = 50,
    CVN_ENROLMENT_LANGUAGES_MAX = 16,
    CVN_ENROLMENT_LANGUAGE_BYTES_MAX = 35,
    CVN_ENROLMENT_SPANS_MAX = 42,
    CVN_ENROLMENT_CAPACITY_MAX = 20,
    CVN_ENROLMENT_TAGS_MAX = 20,
    CVN_ENROLMENT_TAG_BYTES_MAX = 50,
    CVN_ENROLMENT_EXCLUDED_MAX = 100,
    CVN_ENROLMENT_RANKED_MAX = 20,
};

/*
 * Notes what is wrong under the path given ("enrolment" or "enrolments[3]"); enrolment may be
 * NULL. 0 or -ENOMEM.
 */
int cvn_enrolment_check(struct cvn_problems *problems, const char *path,
                        const Convene__Mentoring__V1__Enrolment *enrolment,
                        struct cvn_zones *zones);

/* Puts in the levels, priorities and seats that were left out, as the .proto says for each role. */
void cvn_enrolment_set_levels(Convene__Mentoring__V1__Enrolment *enrolment);

#endif
