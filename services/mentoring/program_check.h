/* What a programme must be like, apart from what the store knows. Pure. */
#ifndef CVN_SERVICES_MENTORING_PROGRAM_CHECK_H
#define CVN_SERVICES_MENTORING_PROGRAM_CHECK_H

#include "base/problems.h"
#include "convene/mentoring/v1/program.pb-c.h"

enum {
    CVN_PROGRAM_NAME_BYTES_MAX = 100,
    CVN_PROGRAM_DESCRIPTION_BYTES_MAX = 10000,
    CVN_PROGRAM_WEEKS_MAX = 104,
    CVN_PROGRAM_MANAGERS_MAX = 20,
    CVN_PROGRAM_MIN_HOURS_MAX = 40,
    CVN_PROGRAM_SESSION_HOURS_MAX = 8,
    CVN_PROGRAM_WEIGHT_MAX = 1000,
    CVN_PROGRAM_ACCEPTANCE_DAYS_MAX = 90,
    CVN_PROGRAM_ACCEPTANCE_DAYS_DEFAULT = 14,
};

/* Notes what is wrong with a programme under "program". */
void cvn_program_check(struct cvn_problems *problems,
                       const Convene__Mentoring__V1__Program *program);

/* The day of a checked date, in days since 1970; -1 for an empty one. */
int64_t cvn_program_day(const char *date);

#endif
